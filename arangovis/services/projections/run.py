"""Computing a projection: the stages, then the plot and the answer in the dialect of hydro-visualization."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from arangovis.domain.catalogue import Dataset, ModelVersion
from arangovis.domain.errors import NotSupported
from arangovis.domain.ids import NodeId
from arangovis.domain.json import JsonValue, Scalar, digest_of
from arangovis.domain.runs import Run
from arangovis.domain.views import integer, items, optional_text, text
from arangovis.domain.work import Outcome
from arangovis.projections.as_given import suited
from arangovis.projections.base import Labels, Matrix, Neighbours, Progress, Projector, no_progress
from arangovis.projections.classes import Classes
from arangovis.projections.neighbours import nearest_neighbours
from arangovis.projections.progress import part
from arangovis.projections.quality import Layout, evaluate, with_default
from arangovis.projections.registry import projector
from arangovis.services.anomaly.monitoring import Monitoring
from arangovis.services.blobs import Blobs
from arangovis.services.catalogue import Catalogue
from arangovis.services.datasets import Datasets
from arangovis.services.embedding.vectors import Vectors
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
from arangovis.services.projections.projection_data import DataReader, ProjectionData
from arangovis.services.projections.result import PlacedPeriod, Projected, plot_artifact, result_artifact
from arangovis.services.snapshots import Snapshots
from arangovis.services.stages import REPRODUCES, Stages
from arangovis.stores.base import GraphStore
from arangovis.tabular.bundle import ArrayBundle

QUALITY_VERSION = 4
"""Raised by hand when the same coordinates would measure otherwise."""
_LOCAL = "local_trustworthiness"
_FIT_SHARE = 0.7
"""The part of the progress that the fit and the transform take."""


@dataclass(frozen=True, slots=True)
class _Measured:
    """A layout whose quality is measured."""

    data: ProjectionData
    shown: Shown
    coordinates: Matrix
    labels: Classes | None
    neighbours: Neighbours

    def layout(self, run: Run, engine: Projector) -> Layout:
        """Return production rows and, where the fit placed them, training rows with their points."""
        original, projected, labels = self.data.production_matrix, self.coordinates, self.labels
        known = self.data.fit_labels  # of the rows that were fitted: these, if there are no training rows
        nearest: npt.NDArray[np.int64] | None = self.neighbours.indices
        fitted = self.shown.fitted_coordinates(self.data.training)
        if fitted is not None and self.data.training_matrix is not None:
            original = np.concatenate([original, self.data.training_matrix])
            projected = np.concatenate([projected, fitted])
            nearest = None  # those of the production rows among themselves
            labels = None if labels is None else [*labels, *([None] * len(fitted))]
            known = _behind(known, len(self.coordinates))

        def refit(chosen: npt.NDArray[np.int64]) -> Matrix:
            rows = original[chosen]
            heeded = None if known is None else known[chosen]
            wanted = engine.neighbours_needed(run.params, len(rows))
            metric = self.data.metric(run.params)
            neighbours = nearest_neighbours(rows, wanted, metric=metric) if wanted else None
            refitted = engine.fit(
                rows, run.params, neighbours=neighbours, seed=run.seed, progress=no_progress, labels=heeded
            )
            return refitted.coordinates

        return Layout(original, projected, run.seed, labels, refit, nearest)


@dataclass(frozen=True, slots=True)
class _Quality:
    """Values by metric, or why one was skipped; and float32 (points,) of each point, production rows first, or None."""

    values: Mapping[str, float | str]
    local: npt.NDArray[np.float32] | None


def _behind(labels: Labels | None, rows: int) -> Labels | None:
    """Return labels behind so many rows whose class nobody told the fit."""
    return None if labels is None else np.concatenate([np.full(rows, -1, dtype=np.int64), labels])


class ProjectionRun:
    """The handler of `projection.*` runs."""

    def __init__(
        self,
        store: GraphStore,
        blobs: Blobs,
        *,
        catalogue: Catalogue,
        data: tuple[Datasets, Snapshots],
        monitoring: Monitoring,
        vectors: Vectors,
    ) -> None:
        datasets, snapshots = data
        self._store = store
        self._blobs = blobs
        self._catalogue = catalogue
        self._monitoring = monitoring
        self._reader = DataReader(store, datasets=datasets, snapshots=snapshots, vectors=vectors)
        self._aligning = Aligning(datasets, snapshots)

    def __call__(self, run: Run, progress: Progress) -> Outcome:
        """Compute a run.

        Raises:
            NoData, NotSupported, ComputeFailed, IntegrityError: with a text for the person who asked.

        """
        stages = Stages(self._store, self._blobs, run.project, fresh=REPRODUCES in run.options)
        search = NeighbourStage(stages)
        data = self._reader.read(run, stages, part(progress, start=0.0, end=0.05))
        engine = _engine(run, data)
        progress(0.05)
        fit = self._transformer(run, engine, search, (data, progress))
        shown = self._aligning(run, stages, fit) if engine.turns_freely else Shown.of(*fit)
        placing = _Placing(run, engine, stages, data, shown)
        start, end = 0.1 + _FIT_SHARE * 0.7, 0.05 + _FIT_SHARE
        placed = placing("coordinates", (data.production, data.production_matrix), part(progress, start=start, end=end))
        periods = placing.periods(part(progress, start=end, end=end))
        progress(0.05 + _FIT_SHARE)
        top = _top_neighbours(search, data)
        progress(0.85)
        measured = _Measured(data, shown, placed.coordinates, self._reader.classes(run, data.production_rows), top)
        quality = _quality(run, engine, stages, measured)
        progress(0.95)
        projected = replace(self._projected(run, data, (shown, placed, top, quality)), periods=periods)
        made = (*stages.made, plot_artifact(projected), result_artifact(projected))
        metrics = {
            name: value for name, value in (*quality.values.items(), *shown.facts.items()) if not isinstance(value, str)
        }
        environment = environment_of(engine, run.params)
        return Outcome(made, tuple(stages.found), metrics=metrics, environment=environment)

    def _transformer(
        self, run: Run, engine: Projector, search: NeighbourStage, work: tuple[ProjectionData, Progress]
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
            within = part(progress, start=0.1, end=0.1 + _FIT_SHARE * 0.7)
            fitted = engine.fit(
                matrix, run.params, neighbours=neighbours, seed=run.seed, progress=within, labels=labels
            )
            placed = placed_apart(data.metric(run.params), matrix, fitted.coordinates, neighbours)
            arrays = {**fitted.transformer.arrays, FITTED: placed.coordinates, ADRIFT: placed.adrift}
            of_data: dict[str, Scalar] = {FITTED_ON: dataset.digest, FITTED_NODE: str(dataset.id)}
            return ArrayBundle(arrays, {**fitted.transformer.facts, **of_data})

        return stages.bundle("transformer", key, fit), key

    def _projected(
        self,
        run: Run,
        data: ProjectionData,
        parts: tuple[Shown, Placed, Neighbours, _Quality],
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
            quality=quality.values,
            local_trustworthiness=quality.local,
            inputs={"production": data.production.digest, "training": data.training.digest if data.training else None},
            samples={"production": data.production.id, "training": data.training.id if data.training else None},
            encoding=data.encoding,
            environment=environment_of(_engine(run, data), run.params),
        )


def _engine(run: Run, data: ProjectionData) -> Projector:
    asked = projector(run.method.removeprefix(METHOD_PREFIX))
    return suited(asked, run.params, data.production_matrix.shape[1])


def _fit_neighbours(run: Run, search: NeighbourStage, data: ProjectionData, count: int) -> Neighbours:
    dataset, matrix = data.fitted
    metric = data.metric(run.params)
    shared = dataset is data.production and metric == TOP_METRIC
    role = TOP_ROLE if shared else "fit_neighbours"
    return search.of(Searched(role, dataset.digest, matrix), metric, count)


@dataclass(frozen=True, slots=True)
class _Placing:
    """A fit that rows are placed by."""

    run: Run
    engine: Projector
    stages: Stages
    data: ProjectionData
    shown: Shown

    def __call__(self, role: str, rows: tuple[Dataset, Matrix], progress: Progress) -> Placed:
        """Return where rows lie: as they were fitted, or placed among those that were."""
        dataset, matrix = rows
        fitted = self.shown.fitted_coordinates(dataset)
        if fitted is not None:
            return Placed(fitted, adrift_of(self.shown.transformer, len(fitted)))
        key = digest_of(["coordinates", self.shown.key, dataset.digest, self.run.seed])
        bundle = self.stages.bundle(role, key, lambda: self._placed(matrix, progress))
        coordinates = np.asarray(bundle.arrays["coordinates"], dtype=np.float32)
        return Placed(coordinates, adrift_of(bundle, len(coordinates)))

    def _placed(self, matrix: Matrix, progress: Progress) -> ArrayBundle:
        params, transformer, fitted = self.run.params, self.shown.transformer, self.data.fitted[1]
        metric = self.data.metric(params)
        nearest = self.data.nearest_fitted(params, matrix, self.engine.placing_needed(params, len(fitted)))
        found = self.engine.transform(transformer, matrix, seed=self.run.seed, progress=progress, nearest=nearest)
        placed = placed_among(metric, transformer, matrix, found)
        turned = self.shown.turned(placed.coordinates)
        return ArrayBundle({"coordinates": turned, ADRIFT: placed.adrift}, {"rows": len(turned)})

    def periods(self, progress: Progress) -> tuple[PlacedPeriod, ...]:
        """Return where the rows of other periods lie."""
        return tuple(
            PlacedPeriod(item.name, item.dataset, item.rows, placed.coordinates)
            for item in self.data.periods
            for placed in [self(f"{item.role} coordinates", (item.dataset, item.matrix), progress)]
        )


def _top_neighbours(search: NeighbourStage, data: ProjectionData) -> Neighbours:
    searched = Searched(TOP_ROLE, data.production.digest, data.production_matrix)
    return search.of(searched, TOP_METRIC, TOP_NEIGHBOURS)


def _quality(run: Run, engine: Projector, stages: Stages, measured: _Measured) -> _Quality:
    data = measured.data
    names = with_default(str(name) for name in items(run.options, "visualization_metrics"))
    if not names:
        return _Quality({}, None)
    sources = [data.production.digest, data.training.digest if data.training else None]
    key = digest_of(["quality", QUALITY_VERSION, sorted(names), measured.shown.key, sources, run.seed])

    def measure() -> ArrayBundle:
        layout = measured.layout(run, engine)
        values = evaluate(names, layout)
        try:
            local = {_LOCAL: layout.local_trustworthiness()}
        except NotSupported:  # too few rows, or too many: the others say why
            local = {}
        return ArrayBundle(local, dict(values))

    found = stages.bundle("quality", key, measure)
    values = {name: value for name, value in found.facts.items() if isinstance(value, float | str)}
    local = found.arrays.get(_LOCAL)
    return _Quality(values, None if local is None else np.asarray(local, dtype=np.float32))


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
