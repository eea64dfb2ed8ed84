"""What workers compute of a sweep: what the old model answers, and the trainings."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import numpy as np
import numpy.typing as npt

from arangovis.compatibility.evaluation import Split
from arangovis.compatibility.factories import allowed_factories
from arangovis.compatibility.labels import labels_of
from arangovis.compatibility.losses import Dissonance
from arangovis.compatibility.methods import REFERENCE, TRAIN
from arangovis.compatibility.sweep import SPLITS, Point, PointResult, SweepOptions, options_document, points, run_point
from arangovis.domain.errors import ArangovisError, ComputeFailed, Fault, InvalidInput, MissingExtra, NoData
from arangovis.domain.graph import Direction
from arangovis.domain.json import JsonValue, Scalar, digest_of
from arangovis.domain.runs import Run
from arangovis.domain.views import mapping, text
from arangovis.domain.work import Made, MadeModel, Outcome
from arangovis.projections.base import Progress
from arangovis.services.blobs import Blobs
from arangovis.services.compatibility.sweep_ask import H1, DataUse, ModelUse, SweepAsk, point_label
from arangovis.services.compatibility.sweep_files import (
    StoredSplit,
    evaluation_artifact,
    metrics_of,
    read_split,
    split_artifact,
)
from arangovis.services.compatibility.weights import MEDIA_TYPE, ROLE
from arangovis.services.datasets import Datasets
from arangovis.services.snapshots import Snapshots
from arangovis.stores.base import GraphStore
from arangovis.tabular import EMBEDDING, ROW_ID, Rows

if TYPE_CHECKING:
    from arangovis.compatibility.pytorch.models import Module
    from arangovis.compatibility.pytorch.trainer import RawBatch, TorchTrainer


class SweepSteps:
    """The handler of `compatibility.reference` and `compatibility.train`.

    The last trainer is kept: a warm process that gets the next point of a sweep reads models and rows once.
    """

    def __init__(
        self, store: GraphStore, blobs: Blobs, datasets: Datasets, snapshots: Snapshots, *, factories: str = ""
    ) -> None:
        self._store = store
        self._blobs = blobs
        self._datasets = datasets
        self._snapshots = snapshots
        self._allowed = allowed_factories(factories)
        self._kept: tuple[str, TorchTrainer, Mapping[str, Split]] | None = None

    def __call__(self, run: Run, progress: Progress) -> Outcome:
        """Compute a step.

        Raises:
            MissingExtra: PyTorch is not installed here.
            NoData, InvalidInput, ComputeFailed, IntegrityError: with a text for the person who asked.

        """
        compute = {REFERENCE: self._reference, TRAIN: self._train}[run.method]
        with _explained():
            return replace(compute(run, progress), environment=_environment())

    # --- the old model ----------------------------------------------------------------------------------------

    def _reference(self, run: Run, progress: Progress) -> Outcome:
        from arangovis.compatibility.pytorch.trainer import old_answers

        use, binary = DataUse.of(mapping(run.options, "data")), run.options.get("binary") is True
        batches = self._batches(use, binary=binary)
        progress(0.2)
        outputs = old_answers(self._model(ModelUse.of(mapping(run.options, "model")), run.seed), batches, binary=binary)
        pivot = float(str(run.options.get("pivot", 0.5)))
        stored = StoredSplit(_split(batches, outputs, pivot), outputs)
        return Outcome((split_artifact(H1, stored, stage_key=run.run_key),), metrics={"rows": len(outputs)})

    # --- a training -------------------------------------------------------------------------------------------

    def _train(self, run: Run, progress: Progress) -> Outcome:
        ask = SweepAsk.of(run.project, None, run.options)
        point = _point(run, ask.options)
        trainer, splits = self._trainer(run, ask)
        return point_outcome(run_point(trainer, point, splits, progress), splits, ask.base)

    def _trainer(self, run: Run, ask: SweepAsk) -> "tuple[TorchTrainer, Mapping[str, Split]]":
        from arangovis.compatibility.pytorch.trainer import Models, TorchTrainer

        files = self._h1_digests(run)
        key = digest_of([_shared(ask), *files.values()])
        if self._kept is None or self._kept[0] != key:
            binary = ask.options.loss(Dissonance.NEW_ERROR).binary
            stored = {name: read_split(self._blobs.read(digest)) for name, digest in files.items()}
            known = {name: item.outputs for name, item in stored.items() if item.outputs is not None}
            models = Models(None, self._model(ask.base, ask.options.seed))
            data = {name: self._batches(use, binary=binary) for name, use in ask.data.items()}
            trainer = TorchTrainer(ask.options, models, data, known=known)
            self._kept = key, trainer, {name: item.split for name, item in stored.items()}
        return self._kept[1], self._kept[2]

    # --- what a step reads ------------------------------------------------------------------------------------

    def _h1_digests(self, run: Run) -> Mapping[str, str]:
        edges = self._store.edges_of((run.id,), Direction.UPSTREAM, ("input_to",))
        nodes = self._store.get_many([edge.id.source for edge in edges])
        by_role = {edge.id.role: nodes[edge.id.source] for edge in edges}
        return {split: text(by_role[f"{H1}_{split}"].attributes, "digest") for split in SPLITS}

    def _model(self, use: ModelUse, seed: int) -> "Module":
        from arangovis.compatibility.pytorch.factories import make_model
        from arangovis.compatibility.pytorch.weights import load_weights

        model = make_model(use.factory, use.arguments, self._allowed, seed=seed)
        if use.weights is not None:
            load_weights(model, self._blobs.read(use.weights))
        return model

    def _batches(self, use: DataUse, *, binary: bool) -> "list[RawBatch]":
        from arangovis.compatibility.pytorch.trainer import in_batches

        rows = self._rows(use)
        return in_batches(rows.ids, features_of(rows, use), _target(rows, use, binary=binary), use.batch_size)

    def _rows(self, use: DataUse) -> Rows:
        dataset = self._datasets.find(use.dataset)
        if dataset is None:
            raise NoData(f"{use.dataset}, which this run reads, was deleted")
        if dataset.selection is not None:
            return self._snapshots.rows(dataset)
        count = dataset.rows if dataset.source is not None else self._snapshots.count(dataset)
        if count == 0:
            raise NoData(f"{use.dataset} has no rows without errors")
        return self._snapshots.some(dataset, np.arange(count), (ROW_ID, *use.features, use.target))


def point_outcome(result: PointResult, splits: Mapping[str, Split], base: ModelUse | None) -> Outcome:
    """Return what a training made: weights and a model version, and the comparisons on both data sets."""
    made = tuple(
        evaluation_artifact(f"evaluation_{name}", splits[name], result.predictions[name], evaluation, result.losses)
        for name, evaluation in result.evaluations.items()
    )
    metrics = metrics_of(result.evaluations, result.losses)
    if result.weights is None or base is None:
        return Outcome(made, metrics=metrics)
    facts: dict[str, Scalar] = {"lambda_c": result.point.lambda_c, "dissonance": result.point.dissonance.value}
    weights = Made(ROLE, result.weights, MEDIA_TYPE, facts=facts)
    label = point_label(result.point)
    model = MadeModel(base.version, label, ROLE, f"trained for compatibility: {label}")
    return Outcome((weights, *made), metrics=metrics, models=(model,))


def features_of(rows: Rows, use: DataUse) -> npt.NDArray[np.float32]:
    """Return the features, float32 (rows, features).

    Raises:
        InvalidInput: a column is not there, or holds no numbers.

    """
    parts = [_feature(rows, name) for name in use.features]
    matrix = np.concatenate(parts, axis=1)
    if not np.isfinite(matrix).all():
        raise InvalidInput.of(Fault("features", "a row has no value, or one that is not finite"))
    return matrix


def _feature(rows: Rows, name: str) -> npt.NDArray[np.float32]:
    if not rows.has(name):
        raise InvalidInput.of(Fault("features", f"the rows have no column {name!r}"))
    if name == EMBEDDING:
        return cast("npt.NDArray[np.float32]", rows.embedding)
    return rows.numbers(name).astype(np.float32)[:, None]


def _target(rows: Rows, use: DataUse, *, binary: bool) -> npt.NDArray[np.generic]:
    if not rows.has(use.target):
        raise InvalidInput.of(Fault("target", f"the rows have no column {use.target!r}"))
    values = rows.values(use.target)
    if not all(isinstance(value, int) and value >= 0 for value in values):
        raise InvalidInput.of(Fault("target", f"{use.target!r} does not hold a class, an integer from 0, in each row"))
    if binary and any(value not in (0, 1) for value in values):
        raise InvalidInput.of(Fault("target", f"{use.target!r} holds other than 0 and 1, which a binary loss needs"))
    return np.asarray(values, dtype=np.float32 if binary else np.int64)


def _split(batches: "Sequence[RawBatch]", outputs: npt.NDArray[np.floating], pivot: float) -> Split:
    ids = [key for batch in batches for key in batch[0]]
    truth = np.concatenate([batch[2].numpy() for batch in batches]).astype(np.int64)
    classes = tuple(range(outputs.shape[1])) if outputs.ndim == 2 else None
    return Split(truth, labels_of("h1", outputs, pivot=pivot), ids=ids, classes=classes)


def _point(run: Run, options: SweepOptions) -> Point:
    wanted = text(run.options, "dissonance")
    return next(point for point in points(options) if wanted in {kind.value for kind in point.dissonances})


def _shared(ask: SweepAsk) -> JsonValue:
    """Return what all trainings of a sweep share."""
    options = options_document(replace(ask.options, lambdas=(0.0,)))
    return [ask.base.key, [use.key for use in ask.data.values()], options]


@contextmanager
def _explained() -> Iterator[None]:
    """Tell what a library said of the user's model and rows; whatever is ours keeps its own text."""
    try:
        yield
    except ArangovisError:
        raise
    except ModuleNotFoundError as error:
        raise MissingExtra("PyTorch is not installed here; install arangovis[compatibility]") from error
    except (RuntimeError, ValueError, TypeError, IndexError) as error:
        raise ComputeFailed(f"the model could not be trained: {str(error)[:500]}") from error


def _environment() -> dict[str, Scalar]:
    from importlib.metadata import version

    return {name: version(name) for name in ("torch", "numpy")}
