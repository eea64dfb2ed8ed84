"""Computing a projection: the stages, then the plot and the answer in the dialect of hydro-visualization."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from arangovis.domain.catalogue import Dataset, ModelVersion, Profile
from arangovis.domain.errors import NoData
from arangovis.domain.ids import NodeId
from arangovis.domain.json import JsonValue, Scalar, digest_of
from arangovis.domain.runs import Run
from arangovis.domain.views import integer, items, optional_text, text
from arangovis.domain.work import Outcome
from arangovis.projections.as_given import suited
from arangovis.projections.base import Labels, Matrix, Neighbours, Progress, Projector, no_progress
from arangovis.projections.metrics import chosen_metric
from arangovis.projections.neighbours import nearest_neighbours
from arangovis.projections.quality import Layout, evaluate
from arangovis.projections.registry import projector
from arangovis.services.anomaly.monitoring import Monitoring
from arangovis.services.blobs import Blobs
from arangovis.services.catalogue import Catalogue
from arangovis.services.datasets import Datasets
from arangovis.services.projections.aligning import FITTED, FITTED_NODE, FITTED_ON, Aligning, Shown
from arangovis.services.projections.neighbour_stage import (
    TOP_METRIC,
    TOP_NEIGHBOURS,
    TOP_ROLE,
    NeighbourStage,
    Searched,
)
from arangovis.services.projections.parameters import METHOD_PREFIX
from arangovis.services.projections.placed import ADRIFT, Placed, adrift_of, placed_among, placed_apart
from arangovis.services.projections.result import Projected, plot_artifact, result_artifact
from arangovis.services.snapshots import Snapshots
from arangovis.services.stages import REPRODUCES, Stages
from arangovis.stores.base import GraphStore
from arangovis.tabular import Rows
from arangovis.tabular.bundle import ArrayBundle

QUALITY_VERSION = 2
"""Raised by hand when the same coordinates would measure otherwise."""
_CLASSES = (Profile.CATEGORICAL, Profile.NOMINAL)
_FIT_SHARE = 0.7
"""The part of the progress that the fit and the transform take."""


@dataclass(frozen=True, slots=True)
class _Data:
    """What a projection computes on."""

    production: Dataset
    production_rows: Rows
    production_matrix: Matrix
    training: Dataset | None
    training_matrix: Matrix | None
    fit_labels: Labels | None = None

    @property
    def fitted(self) -> tuple[Dataset, Matrix]:
        """The rows that the projection is learnt from: training data where there are any."""
        if self.training is not None and self.training_matrix is not None:
            return self.training, self.training_matrix
        return self.production, self.production_matrix


@dataclass(frozen=True, slots=True)
class _Measured:
    """A layout whose quality is measured."""

    data: _Data
    shown: Shown
    coordinates: Matrix
    labels: Sequence[str | None] | None
    neighbours: Neighbours

    def layout(self, run: Run, engine: Projector) -> Layout:
        """Return production rows and, where the fit placed them, training rows with their points."""
        original, projected, labels = self.data.production_matrix, self.coordinates, self.labels
        nearest: npt.NDArray[np.int64] | None = self.neighbours.indices
        fitted = self.shown.fitted_coordinates(self.data.training)
        if fitted is not None and self.data.training_matrix is not None:
            original = np.concatenate([original, self.data.training_matrix])
            projected = np.concatenate([projected, fitted])
            nearest = None  # those of the production rows among themselves
            labels = None if labels is None else [*labels, *([None] * len(fitted))]

        def refit(part: npt.NDArray[np.int64]) -> Matrix:
            rows = original[part]
            wanted = engine.neighbours_needed(run.params, len(rows))
            neighbours = nearest_neighbours(rows, wanted, metric=chosen_metric(run.params)) if wanted else None
            fit = engine.fit(rows, run.params, neighbours=neighbours, seed=run.seed, progress=no_progress)
            return fit.coordinates

        return Layout(original, projected, run.seed, labels, refit, nearest)


class ProjectionRun:
    """The handler of `projection.*` runs."""

    def __init__(
        self,
        store: GraphStore,
        blobs: Blobs,
        *,
        catalogue: Catalogue,
        datasets: Datasets,
        snapshots: Snapshots,
        monitoring: Monitoring,
    ) -> None:
        self._store = store
        self._blobs = blobs
        self._catalogue = catalogue
        self._datasets = datasets
        self._snapshots = snapshots
        self._monitoring = monitoring
        self._aligning = Aligning(datasets, snapshots)

    def __call__(self, run: Run, progress: Progress) -> Outcome:
        """Compute a run.

        Raises:
            NoData, NotSupported, ComputeFailed, IntegrityError: with a text for the person who asked.

        """
        stages = Stages(self._store, self._blobs, fresh=REPRODUCES in run.options)
        search = NeighbourStage(stages)
        data = self._data(run)
        engine = _engine(run, data)
        progress(0.05)
        fit = self._transformer(run, engine, search, (data, progress))
        shown = self._aligning(run, stages, fit) if engine.turns_freely else Shown.of(*fit)
        placed = _coordinates(run, engine, stages, (data, shown, progress))
        progress(0.05 + _FIT_SHARE)
        top = _top_neighbours(search, data)
        progress(0.85)
        measured = _Measured(data, shown, placed.coordinates, self._classes(run, data.production_rows), top)
        quality = _quality(run, engine, stages, measured)
        progress(0.95)
        projected = self._projected(run, data, (shown, placed, top, quality))
        made = (*stages.made, plot_artifact(projected), result_artifact(projected))
        metrics = {
            name: value for name, value in (*quality.items(), *shown.facts.items()) if not isinstance(value, str)
        }
        environment = environment_of(engine, run.params)
        return Outcome(made, tuple(stages.found), metrics=metrics, environment=environment)

    def _data(self, run: Run) -> _Data:
        production = self._snapshot(text(run.options, "production"))
        rows = self._snapshots.rows(production)
        if rows.embedding is None:
            raise NoData("The production data have no embeddings.")
        training_id = optional_text(run.options, "training")
        training = None if training_id is None else self._snapshot(training_id)
        known = None if training is None else self._snapshots.rows(training)
        if training is None or known is None or known.embedding is None:
            return _Data(production, rows, rows.embedding, None, None, self._fit_labels(run, rows))
        return _Data(production, rows, rows.embedding, training, known.embedding, self._fit_labels(run, known))

    def _fit_labels(self, run: Run, rows: Rows) -> Labels | None:
        """Return the classes of the rows that are fitted on, as numbers, if the parameters ask for them."""
        classes = self._classes(run, rows) if run.params.get("label_weight") else None
        if classes is None:
            return None
        codes = {name: code for code, name in enumerate(sorted({name for name in classes if name is not None}))}
        return np.array([-1 if name is None else codes[name] for name in classes], dtype=np.int64)

    def _classes(self, run: Run, rows: Rows) -> Sequence[str | None] | None:
        """Return the classes of rows by the first output that names any, or None."""
        version = ModelVersion.of(self._store.get(NodeId.parse(text(run.options, "model_version"))))
        names = [field.name for field in version.signature.scalar_outputs if field.profile in _CLASSES]
        found = next((name for name in names if rows.has(name)), None)
        if found is None:
            return None
        return [None if value is None else str(value) for value in np.asarray(rows.values(found)).tolist()]

    def _snapshot(self, node_id: str) -> Dataset:
        found = self._datasets.find(NodeId.parse(node_id))
        if found is None:
            raise NoData("A sample that this run reads was deleted.")
        return found

    def _transformer(
        self, run: Run, engine: Projector, search: NeighbourStage, work: tuple[_Data, Progress]
    ) -> tuple[ArrayBundle, str]:
        data, progress = work
        stages = search.stages
        given = optional_text(run.options, "transformer")
        if given is not None:
            return stages.given(NodeId.parse(given))
        dataset, matrix = data.fitted
        labels = data.fit_labels
        identity: list[JsonValue] = [engine.name, engine.engine(run.params), engine.algorithm_version]
        generation = integer(run.options, "refit_generation", 0)
        classes: JsonValue = None if labels is None else digest_of(labels.tolist())
        key = digest_of(["transformer", *identity, dataset.digest, dict(run.params), run.seed, generation, classes])

        def fit() -> ArrayBundle:
            wanted = engine.neighbours_needed(run.params, len(matrix))
            neighbours = _fit_neighbours(run, search, data, wanted) if wanted else None
            part = _part(progress, 0.1, 0.1 + _FIT_SHARE * 0.7)
            fitted = engine.fit(matrix, run.params, neighbours=neighbours, seed=run.seed, progress=part, labels=labels)
            placed = placed_apart(run.params, matrix, (fitted.coordinates, neighbours))
            arrays = {**fitted.transformer.arrays, FITTED: placed.coordinates, ADRIFT: placed.adrift}
            of_data: dict[str, Scalar] = {FITTED_ON: dataset.digest, FITTED_NODE: str(dataset.id)}
            return ArrayBundle(arrays, {**fitted.transformer.facts, **of_data})

        return stages.bundle("transformer", key, fit), key

    def _projected(
        self,
        run: Run,
        data: _Data,
        parts: tuple[Shown, Placed, Neighbours, Mapping[str, float | str]],
    ) -> Projected:
        shown, placed, top, quality = parts
        version = ModelVersion.of(self._store.get(NodeId.parse(text(run.options, "model_version"))))
        asked = items(run.options, "metric_specs")  # one registered since is not among the inputs of this run
        specs = tuple(spec for spec in self._catalogue.metric_specs(version) if str(spec.id) in asked)
        return Projected(
            run=run,
            version=version,
            specs=specs,
            rows=self._monitoring.with_scores(data.production_rows, specs),
            coordinates=placed.coordinates,
            adrift=placed.adrift,
            training_coordinates=shown.fitted_coordinates(data.training),
            alignment=shown.alignment,
            neighbours=top,
            quality=quality,
            inputs={"production": data.production.digest, "training": data.training.digest if data.training else None},
            environment=environment_of(_engine(run, data), run.params),
        )


def _engine(run: Run, data: _Data) -> Projector:
    asked = projector(run.method.removeprefix(METHOD_PREFIX))
    return suited(asked, run.params, data.production_matrix.shape[1])


def _fit_neighbours(run: Run, search: NeighbourStage, data: _Data, count: int) -> Neighbours:
    dataset, matrix = data.fitted
    metric = chosen_metric(run.params)
    shared = dataset is data.production and metric == TOP_METRIC
    role = TOP_ROLE if shared else "fit_neighbours"
    return search.of(Searched(role, dataset.digest, matrix), metric, count)


def _coordinates(run: Run, engine: Projector, stages: Stages, work: tuple[_Data, Shown, Progress]) -> Placed:
    data, shown, progress = work
    transformer, fitted = shown.transformer, shown.fitted_coordinates(data.production)
    if fitted is not None:
        return Placed(fitted, adrift_of(transformer, len(fitted)))
    key = digest_of(["coordinates", shown.key, data.production.digest, run.seed])

    def place() -> ArrayBundle:
        part = _part(progress, 0.1 + _FIT_SHARE * 0.7, 0.05 + _FIT_SHARE)
        coordinates = engine.transform(transformer, data.production_matrix, seed=run.seed, progress=part)
        around = np.asarray(transformer.arrays[FITTED], dtype=np.float32)
        placed = placed_among(run.params, (data.fitted[1], data.production_matrix), (coordinates, around))
        turned = shown.turned(placed.coordinates)
        return ArrayBundle({"coordinates": turned, ADRIFT: placed.adrift}, {"rows": len(turned)})

    bundle = stages.bundle("coordinates", key, place)
    coordinates = np.asarray(bundle.arrays["coordinates"], dtype=np.float32)
    return Placed(coordinates, adrift_of(bundle, len(coordinates)))


def _top_neighbours(search: NeighbourStage, data: _Data) -> Neighbours:
    searched = Searched(TOP_ROLE, data.production.digest, data.production_matrix)
    return search.of(searched, TOP_METRIC, TOP_NEIGHBOURS)


def _quality(run: Run, engine: Projector, stages: Stages, measured: _Measured) -> Mapping[str, float | str]:
    data = measured.data
    names = [str(name) for name in items(run.options, "visualization_metrics")]
    if not names:
        return {}
    sources = [data.production.digest, data.training.digest if data.training else None]
    key = digest_of(["quality", QUALITY_VERSION, sorted(names), measured.shown.key, sources, run.seed])

    def measure() -> ArrayBundle:
        return ArrayBundle({}, dict(evaluate(names, measured.layout(run, engine))))

    facts = stages.bundle("quality", key, measure).facts
    return {name: value for name, value in facts.items() if isinstance(value, float | str)}


def _part(progress: Progress, start: float, end: float) -> Progress:
    return lambda fraction: progress(start + (end - start) * fraction)


def environment_of(engine: Projector, parameters: Mapping[str, Scalar]) -> Mapping[str, Scalar]:
    """Return the versions that a method's results depend on; the parameters choose the engine."""
    import platform

    from arangovis.domain.version import VERSION

    return {
        "arangovis": VERSION,
        "engine": engine.engine(parameters),
        "algorithm_version": engine.algorithm_version,
        "numpy": np.__version__,
        "python": platform.python_version(),
    }
