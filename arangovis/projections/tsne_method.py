"""t-SNE."""

from collections.abc import Mapping
from types import MappingProxyType

from arangovis.domain.json import Scalar
from arangovis.domain.parameters import Parameter, ParameterSet
from arangovis.projections import tsne_library
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

__all__ = ["PARAMETERS", "Tsne"]

_NEIGHBOURS_PER_PERPLEXITY = 3
_START_DEVIATION = 1e-4
_PLACING_PERPLEXITY = 5.0

PARAMETERS = ParameterSet(
    (
        METRIC,
        COMPONENTS,
        Parameter(
            "perplexity",
            float,
            30.0,
            "How many rows count as near; three times as many neighbours are looked at.",
            minimum=2.0,
            maximum=100.0,
        ),
        *METRIC_PARAMETERS,
        CATEGORICAL_WEIGHT,
    )
)


class Tsne(NeighbourProjector):
    """t-SNE (van der Maaten and Hinton 2008) by openTSNE, from a PCA start: the same seed gives the same layout."""

    name = "tsne"
    title = "t-SNE"
    summary = "Keeps neighbourhoods best, and costs most."
    parameters = PARAMETERS
    algorithm_version = 1
    rows_min = 5

    def engine(self, parameters: Mapping[str, Scalar] = MappingProxyType({})) -> str:  # noqa: ARG002 - there is one
        """Return the library and its version."""
        return engine_name("openTSNE")

    def _wanted(self, values: Mapping[str, Scalar]) -> int:
        return int(_NEIGHBOURS_PER_PERPLEXITY * float(values["perplexity"] or 0.0))

    def _placing_neighbours(self, values: Mapping[str, Scalar]) -> int:  # noqa: ARG002 - the same for all
        return int(_NEIGHBOURS_PER_PERPLEXITY * _PLACING_PERPLEXITY)

    def _lay_out(self, problem: Problem, progress: Progress) -> tuple[Matrix, Mapping[str, Scalar]]:
        start = principal_start(problem.rows, problem.components, size=1.0, seed=problem.seed)
        start *= _START_DEVIATION / max(float(start[:, 0].std()), _START_DEVIATION)
        used = _fitting(problem.number("perplexity"), problem.neighbours)
        found = tsne_library.lay_out(problem.neighbours, start, perplexity=used, seed=problem.seed, progress=progress)
        return found, {"perplexity_used": used}

    def _place(self, fitted: Placed, nearest: Neighbours, *, seed: int, progress: Progress) -> Matrix:  # noqa: ARG002 - no chance in it
        starts = place_by_mean(fitted.coordinates, nearest)
        used = _fitting(_PLACING_PERPLEXITY, nearest)
        return tsne_library.place(fitted.coordinates, starts, nearest, perplexity=used, progress=progress)


def _fitting(perplexity: float, neighbours: Neighbours) -> float:
    """Return the perplexity, or the largest that so few neighbours allow."""
    return float(min(perplexity, neighbours.indices.shape[1] / _NEIGHBOURS_PER_PERPLEXITY))
