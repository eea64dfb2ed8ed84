"""The neighbours of a data set under a metric: searched once, read by whoever wants no more of them."""

from dataclasses import asdict, dataclass, field

from arangovis.domain.graph import Node
from arangovis.domain.json import JsonValue, Scalar, digest_of
from arangovis.domain.views import integer, mapping
from arangovis.projections.base import Matrix, Neighbours, Progress, no_progress
from arangovis.projections.metrics import MetricChoice
from arangovis.projections.neighbours import (
    ALGORITHM_VERSION,
    NeighbourIndex,
    neighbours_from_bundle,
    neighbours_to_bundle,
)
from arangovis.services.stages import Stages
from arangovis.tabular.bundle import ArrayBundle

__all__ = ["TOP_METRIC", "TOP_NEIGHBOURS", "TOP_ROLE", "NeighbourStage", "Searched"]

TOP_NEIGHBOURS = 100
"""What the neighbours panel shows of each row; no search keeps fewer, so that the panel and most fits share one."""
TOP_METRIC = MetricChoice("euclidean")
TOP_ROLE = "neighbours"
"""As which a run reads the neighbours that the panel shows."""


@dataclass(frozen=True, slots=True)
class Searched:
    """The rows that are searched among themselves: which they are, as which a run reads their neighbours."""

    role: str
    digest: str
    matrix: Matrix


@dataclass(slots=True)
class NeighbourStage:
    """The neighbours that one run needs. Their key names data, metric and version only, not how many there are."""

    stages: Stages
    _known: dict[str, Neighbours] = field(default_factory=dict)

    def of(
        self, searched: Searched, metric: MetricChoice, count: int, *, progress: Progress = no_progress
    ) -> Neighbours:
        """Return `count` neighbours of each row (all others, if there are fewer).

        Raises:
            InvalidInput, NotSupported: as `nearest_neighbours`.

        """
        key = neighbours_key(searched.digest, metric)
        enough = min(count, len(searched.matrix) - 1)
        if key not in self._known or self._known[key].indices.shape[1] < enough:
            self._known[key] = self._stage(searched, metric, (key, count), progress)
        known = self._known[key]
        return Neighbours(known.indices[:, :enough], known.distances[:, :enough])

    def _stage(
        self, searched: Searched, metric: MetricChoice, wanted: tuple[str, int], progress: Progress
    ) -> Neighbours:
        key, count = wanted
        kept = min(max(count, TOP_NEIGHBOURS), len(searched.matrix) - 1)

        def search() -> ArrayBundle:
            found = NeighbourIndex(searched.matrix, metric=metric).among(kept, progress=progress)
            facts: dict[str, Scalar] = {
                "metric": metric.name,
                "p": metric.p,
                "threshold": metric.threshold,
                "count": kept,
                "rows": len(searched.matrix),
                "search": found.search,
                "recall": found.recall,
            }
            return neighbours_to_bundle(found.neighbours, facts)

        def suits(artifact: Node) -> bool:
            return integer(mapping(artifact.attributes, "facts"), "count", 0) >= min(count, kept)

        return neighbours_from_bundle(self.stages.bundle(searched.role, key, search, suits=suits))


def neighbours_key(digest: str, metric: MetricChoice) -> str:
    """Return the stage key of the neighbours of some rows, by the digest of these."""
    chosen: JsonValue = {**asdict(metric), "weights": list(metric.weights)}
    return digest_of(["neighbours", ALGORITHM_VERSION, digest, chosen])
