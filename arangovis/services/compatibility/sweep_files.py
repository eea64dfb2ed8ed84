"""The files of a sweep: what the old model answers to a data set, once; and of each point only where it errs.

A point's file names the rows on which the new model errs and what it said; with the file of the data set that makes
the whole comparison again. So neither the rows nor the old model's errors are stored a second time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt

from arangovis.compatibility.evaluation import Evaluation, InstanceId, Label, Split, evaluate
from arangovis.compatibility.labels import Labels, as_labels
from arangovis.compatibility.scores import Compatibility
from arangovis.domain.errors import IntegrityError
from arangovis.domain.json import Document, Scalar, decode, encode
from arangovis.domain.views import items
from arangovis.domain.work import Made
from arangovis.tabular.arrow_stream import MEDIA_TYPE, Column, arrow_metadata, from_arrow, to_arrow
from arangovis.tabular.bloom import BloomFilter

_FACTS = "arangovis"
SCORES = ("btc", "bec", "bec_h2")
COUNTS = ("rows", "h1_errors", "h2_errors", "common", "regress", "progress")


@dataclass(frozen=True, slots=True)
class StoredSplit:
    """A data set of a sweep as it is stored.

    Args:
        split: ids, right answers and the old model's predictions.
        outputs: what the old model answers, shape (n, classes) or (n,); None if only its predictions are known.
        notes: a text about each row, or None.

    """

    split: Split
    outputs: npt.NDArray[np.floating] | None = None
    notes: Sequence[str] | None = None

    @property
    def ids(self) -> Sequence[InstanceId]:
        """The id of each row."""
        return range(len(self.split.truth)) if self.split.ids is None else self.split.ids


def split_artifact(role: str, stored: StoredSplit, *, stage_key: str | None = None) -> Made:
    """Return the file of a data set: an Arrow stream with `id`, `truth`, `h1`, and `output` and `note` if known."""
    split = stored.split
    columns: dict[str, Column] = {
        "id": _column(list(stored.ids)),
        "truth": _column(split.truth),
        "h1": _column(split.h1),
    }
    if stored.outputs is not None:
        columns["output"] = np.ascontiguousarray(stored.outputs)
    if stored.notes is not None:
        columns["note"] = list(stored.notes)
    known: Document = {
        "h1_performance": split.h1_performance,
        "classes": None if split.classes is None else list(split.classes),
        "batch_ends": None if split.batch_ends is None else list(split.batch_ends),
    }
    data = to_arrow(columns, metadata={_FACTS: encode(known).decode()})
    held = BloomFilter.of([str(key) for key in stored.ids]).document()
    facts: dict[str, Scalar] = {"rows": len(split.truth)}
    return Made(role, data, MEDIA_TYPE, stage_key=stage_key, facts=facts, row_filter=held)


def read_split(data: bytes) -> StoredSplit:
    """Read what `split_artifact` wrote.

    Raises:
        IntegrityError: the bytes are something else.

    """
    columns, known = from_arrow(data), _metadata(data)
    if not {"id", "truth", "h1"} <= columns.keys():
        raise IntegrityError("the stored columns are no data set of a sweep")
    performance, ends = known.get("h1_performance"), known.get("batch_ends")
    split = Split(
        truth=_labels(columns["truth"]),
        h1=_labels(columns["h1"]),
        ids=cast("Sequence[InstanceId]", _list(columns["id"])),
        h1_performance=None if performance is None else float(str(performance)),
        classes=None if known.get("classes") is None else cast("tuple[Label, ...]", items(known, "classes")),
        batch_ends=None if ends is None else cast("tuple[int, ...]", items(known, "batch_ends")),
    )
    outputs, notes = columns.get("output"), columns.get("note")
    found = None if outputs is None else cast("npt.NDArray[np.floating]", np.array(outputs))
    return StoredSplit(split, found, None if notes is None else cast("Sequence[str]", notes))


@dataclass(frozen=True, slots=True)
class StoredErrors:
    """Where a new model errs: positions of rows, what it says there, and its performance metric."""

    rows: npt.NDArray[np.int64]
    said: Labels
    performance: float
    losses: tuple[float, ...] = ()


def evaluation_artifact(
    role: str, split: Split, predictions: Labels, evaluation: Evaluation, losses: Sequence[float] = ()
) -> Made:
    """Return the file of a comparison: an Arrow stream with `row` and `h2`, only where the new model errs."""
    truth, said = as_labels("truth", split.truth), as_labels("h2", predictions)
    rows = np.flatnonzero(truth != said)
    known: Document = {"performance": evaluation.h2_performance, "losses": list(losses)}
    columns: dict[str, Column] = {"row": rows.astype(np.int64), "h2": _column(said[rows])}
    data = to_arrow(columns, metadata={_FACTS: encode(known).decode()})
    return Made(role, data, MEDIA_TYPE, facts=scores_of(evaluation))


def read_errors(data: bytes) -> StoredErrors:
    """Read what `evaluation_artifact` wrote.

    Raises:
        IntegrityError: the bytes are something else.

    """
    columns, known = from_arrow(data), _metadata(data)
    if not {"row", "h2"} <= columns.keys():
        raise IntegrityError("the stored columns are no comparison")
    losses = tuple(float(str(value)) for value in items(known, "losses"))
    rows = np.asarray(columns["row"], dtype=np.int64)
    return StoredErrors(rows, _labels(columns["h2"]), float(str(known.get("performance"))), losses)


def evaluation_of(split: Split, errors: StoredErrors) -> Evaluation:
    """Return the comparison again, from the two files.

    Raises:
        IntegrityError: they do not belong together.

    """
    said = as_labels("truth", split.truth).astype(object)
    if len(errors.rows) and errors.rows.max() >= len(said):
        raise IntegrityError("the comparison is of another data set")
    said[errors.rows] = _list(errors.said)
    return evaluate(split, said, performance=errors.performance)


def scores_of(evaluation: Evaluation) -> dict[str, Scalar]:
    """Return scores and counts by name; what is not defined is left out."""
    found: Compatibility = evaluation.scores
    values: dict[str, Scalar | None] = {name: getattr(found, name) for name in (*SCORES, *COUNTS)}
    performance = {"performance": evaluation.h2_performance, "h1_performance": evaluation.h1_performance}
    return {name: value for name, value in {**values, **performance}.items() if value is not None}


def metrics_of(evaluations: Mapping[str, Evaluation], losses: Sequence[float]) -> dict[str, Scalar]:
    """Return the metrics of a point: each score as `test_btc`, `train_btc`, ..., and the `loss` of the last epoch."""
    found = {
        f"{split}_{name}": value
        for split, evaluation in evaluations.items()
        for name, value in scores_of(evaluation).items()
    }
    return {**found, "loss": losses[-1]} if losses else found


def _column(values: object) -> Column:
    array = np.asarray(values)
    return array.tolist() if array.dtype.kind in "OUS" else array


def _labels(values: object) -> Labels:
    return np.asarray(values, dtype=object) if isinstance(values, list) else cast("Labels", values)


def _list(values: object) -> list[object]:
    return values.tolist() if isinstance(values, np.ndarray) else list(cast("Sequence[object]", values))


def _metadata(data: bytes) -> Document:
    try:
        return decode(arrow_metadata(data)[_FACTS])
    except (KeyError, ValueError) as error:
        raise IntegrityError("the stored columns do not say what they are") from error
