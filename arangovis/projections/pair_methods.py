"""TriMap and PaCMAP: layouts by chosen pairs and triplets, which keep more of the global picture."""

from abc import abstractmethod
from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from arangovis.domain.json import Scalar
from arangovis.domain.parameters import Parameter, ParameterSet
from arangovis.projections import pacmap_layout, trimap_layout
from arangovis.projections.base import Matrix, Neighbours, Progress
from arangovis.projections.method import engine_name
from arangovis.projections.neighbour_method import (
    COMPONENTS,
    METRIC,
    METRIC_PARAMETERS,
    NeighbourProjector,
    Placed,
    Problem,
)
from arangovis.projections.placing import place_by_mean
from arangovis.projections.start import principal_start
from arangovis.projections.table_encoder import CATEGORICAL_WEIGHT

__all__ = ["Pacmap", "Trimap"]

_START_SCALE = 0.01
_PLACING_NEIGHBOURS = 8
_SHARED = (*METRIC_PARAMETERS, CATEGORICAL_WEIGHT)

_INLIERS = Parameter("n_inliers", int, 12, "How many near rows pull each row.", minimum=2, maximum=50)
_OUTLIERS = Parameter("n_outliers", int, 4, "How many far rows push for each that pulls.", minimum=1, maximum=20)
_CHANCE = Parameter(
    "n_random", int, 3, "How many triplets of rows drawn at random each row has.", minimum=0, maximum=20
)

_NEIGHBOURS = Parameter(
    "n_neighbours", int, 10, "How many near rows pull each row.", minimum=2, maximum=100, aliases=("n_neighbors",)
)
_MID_NEAR = Parameter("mid_near_ratio", float, 0.5, "Mid-near pairs for each near pair.", minimum=0.0, maximum=5.0)
_FAR = Parameter("far_ratio", float, 2.0, "Far pairs for each near pair.", minimum=0.1, maximum=10.0)


class _PairProjector(NeighbourProjector):
    """What both do alike."""

    rows_min = 5

    def engine(self, parameters: Mapping[str, Scalar] = MappingProxyType({})) -> str:  # noqa: ARG002 - there is one
        """Return the library that computes, and its version: the method itself is ours."""
        return engine_name("numpy")

    @abstractmethod
    def _descended(self, problem: Problem, start: Matrix, progress: Progress) -> Matrix:
        """Return the layout from a start."""

    def _lay_out(self, problem: Problem, progress: Progress) -> tuple[Matrix, Mapping[str, Scalar]]:
        spread = float(np.abs(problem.rows - problem.rows.mean(axis=0)).max())
        size = _START_SCALE * max(1.0, spread)
        start = principal_start(problem.rows, problem.components, size=size, seed=problem.seed)
        return self._descended(problem, start.astype(np.float32), progress), {}

    def _placing_neighbours(self, values: Mapping[str, Scalar]) -> int:  # noqa: ARG002 - the same for all
        return _PLACING_NEIGHBOURS

    def _place(self, fitted: Placed, nearest: Neighbours, *, seed: int, progress: Progress) -> Matrix:  # noqa: ARG002 - no chance in it
        placed = place_by_mean(fitted.coordinates, nearest)
        progress(1.0)
        return placed


class Trimap(_PairProjector):
    """TriMap (Amid and Warmuth 2019), seeded: the same seed gives the same layout."""

    name = "trimap"
    title = "TriMap"
    summary = "Keeps more of how groups lie to each other, by triplets of rows."
    parameters = ParameterSet((METRIC, COMPONENTS, _INLIERS, _OUTLIERS, _CHANCE, *_SHARED))
    algorithm_version = 1

    def _wanted(self, values: Mapping[str, Scalar]) -> int:
        return int(values["n_inliers"] or 0) + trimap_layout.EXTRA_NEIGHBOURS

    def _descended(self, problem: Problem, start: Matrix, progress: Progress) -> Matrix:
        inliers, outliers, chance = (int(problem.number(p.name)) for p in (_INLIERS, _OUTLIERS, _CHANCE))
        counts = trimap_layout.Counts(inliers, outliers, chance)
        return trimap_layout.lay_out(
            problem.rows, problem.neighbours, start, counts=counts, seed=problem.seed, progress=progress
        )


class Pacmap(_PairProjector):
    """PaCMAP (Wang, Huang, Rudin and Shaposhnik 2021), seeded: the same seed gives the same layout."""

    name = "pacmap"
    title = "PaCMAP"
    summary = "Keeps neighbourhoods, and how groups lie to each other, by near, mid-near and far pairs."
    parameters = ParameterSet((METRIC, COMPONENTS, _NEIGHBOURS, _MID_NEAR, _FAR, *_SHARED))
    algorithm_version = 1

    def _wanted(self, values: Mapping[str, Scalar]) -> int:
        return int(values["n_neighbours"] or 0) + pacmap_layout.EXTRA_NEIGHBOURS

    def _descended(self, problem: Problem, start: Matrix, progress: Progress) -> Matrix:
        near = int(problem.number("n_neighbours"))
        mid_near, far = (max(1, round(near * problem.number(p.name))) for p in (_MID_NEAR, _FAR))
        counts = pacmap_layout.Counts(near, mid_near if problem.number(_MID_NEAR.name) else 0, far)
        return pacmap_layout.lay_out(
            problem.rows, problem.neighbours, start, counts=counts, seed=problem.seed, progress=progress
        )
