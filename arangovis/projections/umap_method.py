"""UMAP."""

from collections.abc import Mapping

import numpy as np

from arangovis.domain.errors import IntegrityError, InvalidInput
from arangovis.domain.json import Scalar
from arangovis.domain.parameters import Parameter, ParameterSet
from arangovis.projections import umap_library
from arangovis.projections.base import Fitted, Matrix, Neighbours, Progress, Projector
from arangovis.projections.method import (
    check_dimension,
    complete_parameters,
    engine_name,
    fit_facts,
    usable_rows,
)
from arangovis.projections.metrics import METRIC_NAMES, check_metric
from arangovis.projections.neighbours import NeighbourIndex, nearest_neighbours
from arangovis.projections.progress import part
from arangovis.projections.umap_library import Layout, Model, Settings
from arangovis.tabular.bundle import ArrayBundle

__all__ = ["MIN_ROWS", "PARAMETERS", "Umap"]

MIN_ROWS = 5
"""The library's first placing of the rows fails below, in three dimensions."""

PARAMETERS = ParameterSet(
    (
        Parameter("metric", str, "euclidean", "Distance between embeddings.", choices=METRIC_NAMES),
        Parameter("min_dist", float, 0.1, "How close points may lie in the plot.", minimum=0.0, maximum=0.99),
        Parameter("n_components", int, 2, "Dimensions of the plot.", minimum=2, maximum=3),
        Parameter(
            "n_neighbours",
            int,
            15,
            "How many neighbours of a row, itself counted, shape its place; large values favour the global picture.",
            minimum=2,
            maximum=200,
            aliases=("n_neighbors",),
        ),
    )
)

_ARRAYS = ("rows", "coordinates", "rhos", "sigmas", "neighbour_indices", "neighbour_distances")


class Umap(Projector):
    """UMAP by umap-learn, on exact neighbours, on one thread: the same seed gives the same layout."""

    name = "umap"
    parameters = PARAMETERS
    algorithm_version = 1

    def engine(self) -> str:
        """Return the library and its version."""
        return engine_name("umap-learn")

    def neighbours_needed(self, parameters: Mapping[str, Scalar], rows: int) -> int:
        """Return how many other rows shape each row's place: one less than `n_neighbours`, clipped to the data."""
        return _settings(parameters, rows).n_neighbours - 1

    def fit(
        self,
        matrix: Matrix,
        parameters: Mapping[str, Scalar],
        *,
        neighbours: Neighbours | None,
        seed: int,
        progress: Progress,
    ) -> Fitted:
        """Lay out the rows. Neighbours of the parameters' metric may be given; else they are searched.

        Raises:
            InvalidInput: a parameter is outside its limits, values are not finite, or the neighbours do not fit.
            NotSupported: fewer than MIN_ROWS rows, or the data do not suit the metric.
            ComputeFailed: umap-learn raised.

        """
        rows = usable_rows(matrix, rows_min=MIN_ROWS, method=self.name)
        settings = _settings(parameters, len(rows))
        check_metric(settings.metric, rows)
        progress(0.0)
        nearest = _usable(neighbours, rows, settings=settings, progress=part(progress, start=0.0, end=0.2))
        layout = umap_library.fit(
            rows, nearest, settings=settings, seed=seed, progress=part(progress, start=0.2, end=0.99)
        )
        facts = fit_facts(self, complete_parameters(PARAMETERS, parameters), seed=seed)
        transformer = _transformer(
            rows, layout, nearest=nearest, facts={**facts, "neighbours_used": settings.n_neighbours}
        )
        progress(1.0)
        return Fitted(layout.coordinates, transformer)

    def transform(self, transformer: ArrayBundle, matrix: Matrix, *, seed: int, progress: Progress) -> Matrix:
        """Place new rows among the fitted ones; the fitted rows themselves keep their coordinates.

        Where a row comes to lie depends a little on the rows transformed with it.

        Raises:
            InvalidInput: another dimension than the fitted rows, or values that are not finite.
            NotSupported: the rows do not suit the metric.
            ComputeFailed: umap-learn raised.

        """
        fitted = _restored(transformer)
        check_dimension(matrix, fitted.rows.shape[1])
        rows = usable_rows(matrix, rows_min=0, method=self.name)
        progress(0.0)
        if len(rows) == 0 or np.array_equal(rows, fitted.rows):
            progress(1.0)
            return np.array(fitted.layout.coordinates[: len(rows)])
        # The library asks for the neighbours itself; searched before, so that their progress is told apart.
        index = NeighbourIndex(fitted.rows, metric=fitted.settings.metric)
        nearest = index.query(rows, fitted.settings.n_neighbours, progress=part(progress, start=0.0, end=0.3))
        rest = part(progress, start=0.3, end=0.99)
        coordinates = umap_library.transform(fitted, rows, nearest=nearest, seed=seed, progress=rest)
        progress(1.0)
        return coordinates


def _settings(parameters: Mapping[str, Scalar], rows: int) -> Settings:
    values = complete_parameters(PARAMETERS, parameters)
    wanted = int(values["n_neighbours"] or 0)
    return Settings(
        metric=str(values["metric"]),
        min_dist=float(values["min_dist"] or 0.0),
        n_components=int(values["n_components"] or 0),
        n_neighbours=max(2, min(wanted, rows - 1)),
    )


def _usable(given: Neighbours | None, rows: Matrix, *, settings: Settings, progress: Progress) -> Neighbours:
    others = settings.n_neighbours - 1
    if given is None:
        return nearest_neighbours(rows, others, metric=settings.metric, progress=progress)
    progress(1.0)
    if len(given.indices) != len(rows) or given.indices.shape[1] < others:
        raise InvalidInput(
            f"{others} neighbours of each of {len(rows)} rows are needed; given are {given.indices.shape}"
        )
    return Neighbours(given.indices[:, :others], given.distances[:, :others])


def _transformer(rows: Matrix, layout: Layout, *, nearest: Neighbours, facts: Mapping[str, Scalar]) -> ArrayBundle:
    arrays = {
        "rows": rows,
        "coordinates": layout.coordinates,
        "rhos": layout.rhos,
        "sigmas": layout.sigmas,
        "neighbour_indices": nearest.indices.astype(np.int32),
        "neighbour_distances": nearest.distances,
    }
    return ArrayBundle(arrays, {**facts, "a": layout.a, "b": layout.b})


def _restored(transformer: ArrayBundle) -> Model:
    facts, arrays = transformer.facts, transformer.arrays
    if facts.get("method") != Umap.name or any(name not in arrays for name in _ARRAYS):
        raise IntegrityError("the stored arrays are not a fitted umap projection")
    real = {name: arrays[name].astype(np.float32, copy=False) for name in _ARRAYS}
    layout = Layout(
        real["coordinates"],
        a=float(facts["a"] or 0.0),
        b=float(facts["b"] or 0.0),
        rhos=real["rhos"],
        sigmas=real["sigmas"],
    )
    settings = _settings({p.name: facts[p.name] for p in PARAMETERS.parameters}, len(real["rows"]))
    return Model(real["rows"], layout, settings)
