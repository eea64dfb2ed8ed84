"""UMAP, and densMAP, which also keeps dense groups dense."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from arangovis.domain.json import Scalar
from arangovis.domain.parameters import Parameter, ParameterSet
from arangovis.projections import fastumap_library, umap_library
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
from arangovis.projections.placing import Curve, place_by_forces
from arangovis.projections.start import principal_start
from arangovis.projections.table_encoder import CATEGORICAL_WEIGHT
from arangovis.projections.umap_engines import ENGINE, FASTUMAP, UMAP_LEARN, Plan, Sketch, chosen_engine

__all__ = ["MIN_ROWS", "PARAMETERS", "Densmap", "Umap"]

MIN_ROWS = 5
"""Fewer rows have too few neighbours to say who is near."""

_START_SIZE = 10.0

LABEL_WEIGHT = Parameter(
    "label_weight",
    float,
    0.0,
    "How strongly rows of one known class are drawn together; 0 does not look at classes.",
    minimum=0.0,
    maximum=1.0,
    optional=True,
)
_DENSITY_WEIGHT = Parameter(
    "density_weight",
    float,
    2.0,
    "How strongly the plot keeps which groups are dense and which are loose.",
    minimum=0.0,
    maximum=10.0,
    optional=True,
)
_SHARED = (
    METRIC,
    Parameter("min_dist", float, 0.1, "How close points may lie in the plot.", minimum=0.0, maximum=0.99),
    COMPONENTS,
    Parameter(
        "n_neighbours",
        int,
        15,
        "How many neighbours of a row, itself counted, shape its place; large values favour the global picture.",
        minimum=2,
        maximum=200,
        aliases=("n_neighbors",),
    ),
    ENGINE,
    LABEL_WEIGHT,
)
PARAMETERS = ParameterSet((*_SHARED, *METRIC_PARAMETERS, CATEGORICAL_WEIGHT))

_ENGINES: Mapping[str, Callable[[Plan, Progress], Sketch]] = MappingProxyType(
    {FASTUMAP: fastumap_library.lay_out, UMAP_LEARN: umap_library.lay_out}
)


class Umap(NeighbourProjector):
    """UMAP on given neighbours from a PCA start, on one thread: the same seed gives the same layout."""

    name = "umap"
    title = "UMAP"
    summary = "Keeps neighbourhoods and shows groups."
    parameters = PARAMETERS
    algorithm_version = 2
    rows_min = MIN_ROWS

    def engine(self, parameters: Mapping[str, Scalar] = MappingProxyType({})) -> str:
        """Return the library that the parameters choose, and its version."""
        return engine_name(chosen_engine(parameters, dense=False))

    def _wanted(self, values: Mapping[str, Scalar]) -> int:
        return int(values["n_neighbours"] or 0) - 1

    def _lay_out(self, problem: Problem, progress: Progress) -> tuple[Matrix, Mapping[str, Scalar]]:
        return _laid_out(problem, progress, dense=False)

    def _place(self, fitted: Placed, nearest: Neighbours, *, seed: int, progress: Progress) -> Matrix:
        curve = Curve(float(fitted.facts["a"] or 0.0), float(fitted.facts["b"] or 0.0))
        return place_by_forces(fitted.coordinates, nearest, curve, seed=seed, progress=progress)


class Densmap(Umap):
    """UMAP that keeps densities (Narayan, Berger and Cho 2021).

    Its default engine is the reference, umap-learn, which keeps more neighbours here. New rows are placed as in
    UMAP: they do not change the densities of the fitted ones.
    """

    name = "densmap"
    title = "densMAP"
    summary = "UMAP that also keeps which groups are dense and which are loose."
    parameters = ParameterSet((*_SHARED, _DENSITY_WEIGHT, *METRIC_PARAMETERS, CATEGORICAL_WEIGHT))
    algorithm_version = 1

    def engine(self, parameters: Mapping[str, Scalar] = MappingProxyType({})) -> str:
        """Return the library that the parameters choose, and its version."""
        return engine_name(chosen_engine(parameters, dense=True))

    def _lay_out(self, problem: Problem, progress: Progress) -> tuple[Matrix, Mapping[str, Scalar]]:
        return _laid_out(problem, progress, dense=True)


def _laid_out(problem: Problem, progress: Progress, *, dense: bool) -> tuple[Matrix, Mapping[str, Scalar]]:
    plan = Plan(
        problem.rows,
        problem.neighbours,
        principal_start(problem.rows, problem.components, size=_START_SIZE, seed=problem.seed),
        min_dist=problem.number("min_dist"),
        seed=problem.seed,
        labels=problem.labels,
        label_weight=problem.number(LABEL_WEIGHT.name),
        density_weight=problem.number(_DENSITY_WEIGHT.name) if dense else 0.0,
    )
    sketch = _ENGINES[chosen_engine(problem.values, dense=dense)](plan, progress)
    used = problem.neighbours.indices.shape[1] + 1
    return sketch.coordinates, {"a": sketch.a, "b": sketch.b, "neighbours_used": used}
