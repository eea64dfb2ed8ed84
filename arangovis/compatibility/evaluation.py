"""Two models on one data set, row by row: who errs where, by class, and what that makes together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from arangovis.compatibility.labels import Labels, as_labels, check_lengths
from arangovis.compatibility.scores import Compatibility, Errors, of_errors
from arangovis.domain.json import JsonValue

InstanceId: TypeAlias = str | int
Label: TypeAlias = str | int | bool

REGIONS = ("progress", "common", "regress")
"""Only the old model errs, both do, only the new one does."""


class Instance(NamedTuple):
    """A row on which at least one of the models errs."""

    id: InstanceId
    h1: Label
    h2: Label
    truth: Label

    @property
    def region(self) -> str:
        """Which of REGIONS it lies in."""
        if self.h1 != self.truth:
            return "common" if self.h2 != self.truth else "progress"
        return "regress"


class ClassAccuracy(NamedTuple):
    """How one model does on the rows of one class; `accuracy` is None where the class has no rows."""

    label: Label
    rows: int
    accuracy: float | None
    errors: tuple[InstanceId, ...]


@dataclass(frozen=True, slots=True)
class Split:
    """A data set, and what the old model predicts on it; all of n rows.

    Args:
        truth: the right answers.
        h1: the predictions of the old model.
        ids: the id of each row; its position by default.
        h1_performance: the old model's performance metric; its accuracy by default.
        classes: all classes, if some have no rows; those that occur by default.
        batch_ends: see `arangovis.compatibility.scores.compare`; the accuracies are means over batches then, too.

    """

    truth: Labels
    h1: Labels
    ids: Sequence[InstanceId] | None = None
    h1_performance: float | None = None
    classes: tuple[Label, ...] | None = None
    batch_ends: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What the comparison of two models on a data set found.

    Args:
        scores: BTC, BEC and the counts.
        labels: the classes that occur among the right answers, sorted.
        h1_classes: the old model by class; classes without rows too.
        h2_classes: the new model by class.
        instances: the rows on which a model errs, in the order of the data.
        h1_performance: the performance metric of the old model.
        h2_performance: the performance metric of the new model.

    """

    scores: Compatibility
    labels: tuple[Label, ...]
    h1_classes: tuple[ClassAccuracy, ...]
    h2_classes: tuple[ClassAccuracy, ...]
    instances: tuple[Instance, ...]
    h1_performance: float
    h2_performance: float

    def region(self, name: str) -> tuple[InstanceId, ...]:
        """Return the ids of the rows of one of REGIONS."""
        return tuple(instance.id for instance in self.instances if instance.region == name)

    @property
    def incompatible(self) -> dict[Label, tuple[InstanceId, ...]]:
        """Right answer -> ids of the rows that only the new model gets wrong; in order of first appearance."""
        found: dict[Label, list[InstanceId]] = {}
        for instance in self.instances:
            if instance.region == "regress":
                found.setdefault(instance.truth, []).append(instance.id)
        return {label: tuple(ids) for label, ids in found.items()}

    def record(self, metadata: Callable[[InstanceId], str] = str) -> dict[str, JsonValue]:
        """Return the evaluation in the spelling of BackwardCompatibilityML; metadata is asked for by instance id."""
        errors = [[i.id for i in self.instances if wrong(i)] for wrong in (_h1_errs, _h2_errs, _both_err)]
        return {
            "models_error_overlap": errors,
            "h2_incompatible_instance_ids_by_class": [
                {"class": label, "incompatibleInstanceIds": list(ids)} for label, ids in self.incompatible.items()
            ],
            "sorted_classes": list(self.labels),
            "h1_accuracy_by_class": [_class_record(item) for item in self.h1_classes],
            "h2_accuracy_by_class": [_class_record(item) for item in self.h2_classes],
            "h2_performance": self.h2_performance,
            "btc": self.scores.btc,
            "bec": self.scores.bec,
            "error_instances": [_instance_record(item, metadata(item.id)) for item in self.instances],
            "dataset_size": self.scores.rows,
        }


def evaluate(split: Split, h2: Labels, *, performance: float | None = None) -> Evaluation:
    """Compare the predictions of a new model on a data set with the old one's.

    Args:
        split: the data set.
        h2: what the new model predicts, shape (n,).
        performance: the new model's performance metric; its accuracy by default.

    Raises:
        InvalidInput: the lengths differ.

    """
    y, first, second = as_labels("truth", split.truth), as_labels("h1", split.h1), as_labels("h2", h2)
    names = np.arange(len(y)) if split.ids is None else np.asarray(split.ids, dtype=object)
    check_lengths(truth=y, h1=first, h2=second, ids=names)
    wrong, ends = (first != y, second != y), split.batch_ends
    occurring = tuple(np.unique(y).tolist())
    labels = occurring if split.classes is None else split.classes
    rows = np.flatnonzero(wrong[0] | wrong[1])
    columns = (values[rows].tolist() for values in (names, first, second, y))
    return Evaluation(
        scores=of_errors(*wrong, batch_ends=ends, undefined="none" if ends is None else "zero"),
        labels=occurring,
        h1_classes=_by_class(labels, y, wrong[0], names),
        h2_classes=_by_class(labels, y, wrong[1], names),
        instances=tuple(map(Instance, *columns)),
        h1_performance=accuracy(first, y, batch_ends=ends) if split.h1_performance is None else split.h1_performance,
        h2_performance=accuracy(second, y, batch_ends=ends) if performance is None else performance,
    )


def accuracy(predicted: Labels, truth: Labels, *, batch_ends: Sequence[int] | None = None) -> float:
    """Return the share of rows predicted right, of all or as the unweighted mean over batches; NaN of no rows."""
    right = as_labels("predicted", predicted) == as_labels("truth", truth)
    ends = [len(right)] if batch_ends is None else list(batch_ends)
    shares = [right[start:end].mean() for start, end in pairwise((0, *ends)) if end > start]
    return float(np.mean(shares)) if shares else float("nan")


def _by_class(
    labels: Sequence[Label], truth: npt.NDArray[np.generic], wrong: Errors, names: npt.NDArray[np.generic]
) -> tuple[ClassAccuracy, ...]:
    found = []
    for label in labels:
        members = truth == label
        rows, errors = int(members.sum()), names[members & wrong].tolist()
        found.append(ClassAccuracy(label, rows, 1 - len(errors) / rows if rows else None, tuple(errors)))
    return tuple(found)


def _h1_errs(instance: Instance) -> bool:
    return instance.h1 != instance.truth


def _h2_errs(instance: Instance) -> bool:
    return instance.h2 != instance.truth


def _both_err(instance: Instance) -> bool:
    return instance.region == "common"


def _class_record(item: ClassAccuracy) -> dict[str, JsonValue]:
    return {"class": item.label, "accuracy": item.accuracy, "error_instance_ids": list(item.errors)}


def _instance_record(item: Instance, metadata: str) -> dict[str, JsonValue]:
    return {
        "instance_id": item.id,
        "metadata": metadata,
        "h1_prediction": item.h1,
        "h2_prediction": item.h2,
        "ground_truth": item.truth,
    }
