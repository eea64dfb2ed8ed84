"""What stands around nodes: the edges among them, and how many neighbours each has. For drawing a part of the graph."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from arangovis.domain.errors import Fault, InvalidInput
from arangovis.domain.graph import Direction, Edge, Node
from arangovis.domain.ids import NodeId
from arangovis.services.lineage.reach import LINEAGE
from arangovis.stores.base import EDGE_PAGE_MAX, SCAN_LIMIT_MAX, GraphStore

AROUND_MAX = 1000
"""So many nodes are asked about at once."""


class Degree(NamedTuple):
    """How many nodes are one step upstream and downstream of a node; `at_least` says that there may be more:
    of a hub, not every edge is counted.
    """

    node: NodeId
    upstream: int
    downstream: int
    at_least: bool


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Nodes, the edges of lineage among them, and how many neighbours each has in all. Unknown nodes are left out."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    degrees: tuple[Degree, ...]


class Around:
    """Looks one step around nodes, over any store."""

    def __init__(self, store: GraphStore) -> None:
        self._store = store

    def of(self, ids: Sequence[NodeId], *, at: int | None = None) -> Surroundings:
        """Return what stands around nodes, now or as of a time.

        Raises:
            InvalidInput: there are too many nodes.

        """
        if len(ids) > AROUND_MAX:
            raise InvalidInput.of(Fault("nodes", f"{len(ids)} are more than {AROUND_MAX}"))
        nodes = self._store.get_many(tuple(dict.fromkeys(ids)), at=at)
        entering, leaving = (self._edges(tuple(nodes), way, at) for way in (Direction.UPSTREAM, Direction.DOWNSTREAM))
        above, below = _ends(entering, Direction.UPSTREAM), _ends(leaving, Direction.DOWNSTREAM)
        degrees = tuple(_degree(node, len(above[node]), len(below[node])) for node in nodes)
        # a hub's page may lack an edge that its other end has
        known = {edge.id: edge for edge in (*entering, *leaving)}
        among = tuple(edge for edge in known.values() if edge.id.source in nodes and edge.id.target in nodes)
        return Surroundings(tuple(nodes.values()), among, degrees)

    def _edges(self, ids: Sequence[NodeId], way: Direction, at: int | None) -> Sequence[Edge]:
        """Return all edges of nodes one way; of each node a page of a kind, if together they have too many."""
        found = self._store.edges_of(ids, way, LINEAGE, at=at)
        if len(found) < SCAN_LIMIT_MAX:
            return found
        pages = (self._store.edge_page(node, way, kind, at=at) for node in ids for kind in sorted(LINEAGE))
        return [edge for page in pages for edge in page]


def _degree(node: NodeId, upstream: int, downstream: int) -> Degree:
    return Degree(node, upstream, downstream, max(upstream, downstream) >= EDGE_PAGE_MAX)


def _ends(edges: Iterable[Edge], way: Direction) -> dict[NodeId, set[NodeId]]:
    """Return the neighbours of each node that edges were asked of."""
    ends: dict[NodeId, set[NodeId]] = defaultdict(set)
    for edge in edges:
        own, other = edge.id.target, edge.id.source
        if way is Direction.DOWNSTREAM:
            own, other = other, own
        ends[own].add(other)
    return ends
