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
from arangovis.projections.base import Matrix, Neighbours, Progress, Projector, no_progress
from arangovis.projections.neighbours import (
    ALGORITHM_VERSION,
    nearest_neighbours,
    neighbours_from_bundle,
    neighbours_to_bundle,
)
from arangovis.projections.quality import Layout, evaluate
from arangovis.projections.registry import projector
from arangovis.services.anomaly.monitoring import Monitoring
from arangovis.services.blobs import Blobs
from arangovis.services.catalogue import Catalogue
from arangovis.services.datasets import Datasets
from arangovis.services.projections.parameters import METHOD_PREFIX
from arangovis.services.projections.result import Projected, plot_artifact, result_artifact
from arangovis.services.snapshots import Snapshots
from arangovis.services.stages import REPRODUCES, Stages
from arangovis.stores.base import GraphStore
from arangovis.tabular import Rows
from arangovis.tabular.bundle import ArrayBundle

TOP_NEIGHBOURS = 100
TOP_METRIC = "euclidean"
QUALITY_VERSION = 2
"""Raised by hand when the same coordinates would measure otherwise."""
_CLASSES = (Profile.CATEGORICAL, Profile.NOMINAL)
_FITTED = "fitted_coordinates"
_FITTED_ON = "fitted_on"
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
    transformer: ArrayBundle
    coordinates: Matrix
    labels: Sequence[str | None] | None

    def layout(self, run: Run, engine: Projector) -> Layout:
        """Return production rows and, where the fit placed them, training rows with their points."""
        original, projected, labels = self.data.production_matrix, self.coordinates, self.labels
        fitted = _fitted_coordinates(self.transformer, self.data.training)
        if fitted is not None and self.data.training_matrix is not None:
            original = np.concatenate([original, self.data.training_matrix])
            projected = np.concatenate([projected, fitted])
            labels = None if labels is None else [*labels, *([None] * len(fitted))]

        def refit(part: npt.NDArray[np.int64]) -> Matrix:
            rows = original[part]
            wanted = engine.neighbours_needed(run.params, len(rows))
            metric = str(run.params.get("metric", TOP_METRIC))
            neighbours = nearest_neighbours(rows, wanted, metric=metric) if wanted else None
            fit = engine.fit(rows, run.params, neighbours=neighbours, seed=run.seed, progress=no_progress)
            return fit.coordinates

        return Layout(original, projected, run.seed, labels, refit)


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

    def __call__(self, run: Run, progress: Progress) -> Outcome:
        """Compute a run.

        Raises:
            NoData, NotSupported, ComputeFailed, IntegrityError: with a text for the person who asked.

        """
        engine = projector(run.method.removeprefix(METHOD_PREFIX))
        stages = Stages(self._store, self._blobs, fresh=REPRODUCES in run.options)
        data = self._data(run)
        progress(0.05)
        transformer, key = self._transformer(run, engine, stages, (data, progress))
        coordinates = _coordinates(run, engine, stages, (data, transformer, key, progress))
        progress(0.05 + _FIT_SHARE)
        top = _top_neighbours(stages, data)
        progress(0.85)
        measured = _Measured(data, transformer, coordinates, self._labels(run, data))
        quality = _quality(run, engine, stages, (measured, key))
        progress(0.95)
        projected = self._projected(run, data, (transformer, coordinates, top, quality))
        made = (*stages.made, plot_artifact(projected), result_artifact(projected))
        metrics = {name: value for name, value in quality.items() if not isinstance(value, str)}
        return Outcome(made, tuple(stages.found), metrics=metrics, environment=environment_of(engine))

    def _data(self, run: Run) -> _Data:
        production = self._snapshot(text(run.options, "production"))
        rows = self._snapshots.rows(production)
        if rows.embedding is None:
            raise NoData("The production data have no embeddings.")
        training_id = optional_text(run.options, "training")
        training = None if training_id is None else self._snapshot(training_id)
        matrix = None if training is None else self._snapshots.rows(training).embedding
        return _Data(production, rows, rows.embedding, training if matrix is not None else None, matrix)

    def _labels(self, run: Run, data: _Data) -> Sequence[str | None] | None:
        """Return the classes of the production rows by the first output that names any, or None."""
        version = ModelVersion.of(self._store.get(NodeId.parse(text(run.options, "model_version"))))
        rows = data.production_rows
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
        self, run: Run, engine: Projector, stages: Stages, work: tuple[_Data, Progress]
    ) -> tuple[ArrayBundle, str]:
        data, progress = work
        given = optional_text(run.options, "transformer")
        if given is not None:
            return stages.given(NodeId.parse(given))
        dataset, matrix = data.fitted
        identity: list[JsonValue] = [engine.name, engine.engine(), engine.algorithm_version]
        generation = integer(run.options, "refit_generation", 0)
        key = digest_of(["transformer", *identity, dataset.digest, dict(run.params), run.seed, generation])

        def fit() -> ArrayBundle:
            wanted = engine.neighbours_needed(run.params, len(matrix))
            neighbours = _fit_neighbours(run, stages, dataset, (matrix, wanted)) if wanted else None
            part = _part(progress, 0.1, 0.1 + _FIT_SHARE * 0.7)
            fitted = engine.fit(matrix, run.params, neighbours=neighbours, seed=run.seed, progress=part)
            arrays = {**fitted.transformer.arrays, _FITTED: fitted.coordinates}
            return ArrayBundle(arrays, {**fitted.transformer.facts, _FITTED_ON: dataset.digest})

        return stages.bundle("transformer", key, fit), key

    def _projected(
        self,
        run: Run,
        data: _Data,
        parts: tuple[ArrayBundle, Matrix, Neighbours, Mapping[str, float | str]],
    ) -> Projected:
        transformer, coordinates, top, quality = parts
        version = ModelVersion.of(self._store.get(NodeId.parse(text(run.options, "model_version"))))
        asked = items(run.options, "metric_specs")  # one registered since is not among the inputs of this run
        specs = tuple(spec for spec in self._catalogue.metric_specs(version) if str(spec.id) in asked)
        return Projected(
            run=run,
            version=version,
            specs=specs,
            rows=self._monitoring.with_scores(data.production_rows, specs),
            coordinates=coordinates,
            training_coordinates=_fitted_coordinates(transformer, data.training),
            neighbours=top,
            quality=quality,
            inputs={"production": data.production.digest, "training": data.training.digest if data.training else None},
            environment=environment_of(projector(run.method.removeprefix(METHOD_PREFIX))),
        )


def _fit_neighbours(run: Run, stages: Stages, dataset: Dataset, work: tuple[Matrix, int]) -> Neighbours:
    matrix, count = work
    metric = str(run.params.get("metric", TOP_METRIC))
    return _neighbours(stages, "fit_neighbours", dataset, (matrix, count, metric))


def _neighbours(stages: Stages, role: str, dataset: Dataset, work: tuple[Matrix, int, str]) -> Neighbours:
    matrix, count, metric = work
    key = digest_of(["neighbours", ALGORITHM_VERSION, dataset.digest, metric, count])

    def search() -> ArrayBundle:
        found = nearest_neighbours(matrix, count, metric=metric)
        return neighbours_to_bundle(found, {"metric": metric, "count": count, "rows": len(matrix)})

    return neighbours_from_bundle(stages.bundle(role, key, search))


def _coordinates(run: Run, engine: Projector, stages: Stages, work: tuple[_Data, ArrayBundle, str, Progress]) -> Matrix:
    data, transformer, transformer_key, progress = work
    fitted = _fitted_coordinates(transformer, data.production)
    if fitted is not None:
        return fitted
    key = digest_of(["coordinates", transformer_key, data.production.digest, run.seed])

    def place() -> ArrayBundle:
        part = _part(progress, 0.1 + _FIT_SHARE * 0.7, 0.05 + _FIT_SHARE)
        placed = engine.transform(transformer, data.production_matrix, seed=run.seed, progress=part)
        return ArrayBundle({"coordinates": placed}, {"rows": len(placed)})

    bundle = stages.bundle("coordinates", key, place)
    return np.asarray(bundle.arrays["coordinates"], dtype=np.float32)


def _fitted_coordinates(transformer: ArrayBundle, dataset: Dataset | None) -> Matrix | None:
    """Return where the fit put the rows of a data set, or None if it was not fitted on them."""
    if dataset is None or transformer.facts.get(_FITTED_ON) != dataset.digest:
        return None
    return np.asarray(transformer.arrays[_FITTED], dtype=np.float32)


def _top_neighbours(stages: Stages, data: _Data) -> Neighbours:
    return _neighbours(stages, "neighbours", data.production, (data.production_matrix, TOP_NEIGHBOURS, TOP_METRIC))


def _quality(run: Run, engine: Projector, stages: Stages, work: tuple[_Measured, str]) -> Mapping[str, float | str]:
    measured, transformer_key = work
    data = measured.data
    names = [str(name) for name in items(run.options, "visualization_metrics")]
    if not names:
        return {}
    sources = [data.production.digest, data.training.digest if data.training else None]
    key = digest_of(["quality", QUALITY_VERSION, sorted(names), transformer_key, sources, run.seed])

    def measure() -> ArrayBundle:
        return ArrayBundle({}, dict(evaluate(names, measured.layout(run, engine))))

    facts = stages.bundle("quality", key, measure).facts
    return {name: value for name, value in facts.items() if isinstance(value, float | str)}


def _part(progress: Progress, start: float, end: float) -> Progress:
    return lambda fraction: progress(start + (end - start) * fraction)


def environment_of(engine: Projector) -> Mapping[str, Scalar]:
    """Return the versions that a method's results depend on."""
    import platform

    from arangovis.domain.version import VERSION

    return {
        "arangovis": VERSION,
        "engine": engine.engine(),
        "algorithm_version": engine.algorithm_version,
        "numpy": np.__version__,
        "python": platform.python_version(),
    }
