"""The shortest chain between two nodes, found from both ends at once, a level at a time."""

from collections.abc import Mapping
from dataclasses import dataclass

from arangovis.domain.errors import NotFound
from arangovis.domain.graph import Cut, Direction, Edge, Node
from arangovis.domain.ids import NodeId
from arangovis.services.lineage.reach import BUDGET, LINEAGE, Budget, reasons
from arangovis.stores.base import SCAN_LIMIT_MAX, GraphStore

_BACK: Mapping[Direction, Direction] = {
    Direction.DOWNSTREAM: Direction.UPSTREAM,
    Direction.UPSTREAM: Direction.DOWNSTREAM,
    Direction.BOTH: Direction.BOTH,
}


@dataclass(frozen=True, slots=True)
class PathQuestion:
    """Which chain. DOWNSTREAM follows the data from `source` to `target`; BOTH takes edges either way."""

    source: NodeId
    target: NodeId
    direction: Direction = Direction.DOWNSTREAM
    edges: frozenset[str] = LINEAGE
    budget: Budget = BUDGET
    at: int | None = None


@dataclass(frozen=True, slots=True)
class Chain:
    """The shortest chain from one node to another: its nodes in order and the edges between them.

    `found` is false if there is none; then `partial` says that there may be one beyond the budget.
    """

    source: NodeId
    target: NodeId
    found: bool
    length: int
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    partial_reasons: tuple[str, ...]


class Paths:
    """Finds chains over any store."""

    def __init__(self, store: GraphStore) -> None:
        self._store = store

    def between(self, question: PathQuestion) -> Chain:
        """Return a shortest chain; of several, always the same one.

        Raises:
            NotFound: one of the nodes does not exist, or not yet at that time.
            InvalidInput: the budget or a kind of edge is out of range.

        """
        known = self._store.get_many((question.source, question.target), at=question.at)
        for node in (question.source, question.target):
            if node not in known:
                raise NotFound(f"there is no {node}")
        search = _TwoEnds(self._store, question)
        meeting = search.run()
        edges = () if meeting is None else search.chain(meeting)
        ids = _nodes_along(question.source, edges) if meeting is not None else ()
        nodes = self._store.get_many(ids, at=question.at)
        return Chain(
            source=question.source,
            target=question.target,
            found=meeting is not None,
            length=len(edges),
            nodes=tuple(nodes[node] for node in ids),
            edges=edges,
            partial_reasons=reasons(search.cuts) if meeting is None or search.cuts else (),
        )


class _Side:
    """What was reached from one end: each node with the edge that led to it."""

    def __init__(self, start: NodeId, direction: Direction) -> None:
        self.direction = direction
        self.came_by: dict[NodeId, Edge | None] = {start: None}
        self.frontier: list[NodeId] = [start]

    def take(self, edges: list[Edge]) -> None:
        """Move the frontier over these edges."""
        reached: dict[NodeId, None] = {}
        inside = set(self.frontier)
        for edge in edges:
            for here, there in _ways(edge, self.direction):
                if here in inside and there not in self.came_by:
                    self.came_by[there] = edge
                    reached[there] = None
        self.frontier = list(reached)

    def back(self, node: NodeId) -> list[Edge]:
        """Return the edges from the start to a node."""
        found: list[Edge] = []
        while (edge := self.came_by[node]) is not None:
            found.append(edge)
            node = next(here for here, there in _ways(edge, self.direction) if there == node)
        return found[::-1]


class _TwoEnds:
    """Breadth first from both ends in turns, the smaller side first."""

    def __init__(self, store: GraphStore, question: PathQuestion) -> None:
        self._store = store
        self._question = question
        self._sides = (
            _Side(question.source, question.direction),
            _Side(question.target, _BACK[question.direction]),
        )
        self.cuts: set[Cut] = set()

    def run(self) -> NodeId | None:
        """Return where the two sides meet, or None. Each level grown makes the chain that is looked for one longer."""
        first, second = self._sides
        for _ in range(self._question.budget.depth + 1):
            met = first.came_by.keys() & second.came_by.keys()
            if met:
                return min(met)
            if not (first.frontier and second.frontier):
                return None
            if len(first.came_by) + len(second.came_by) > self._question.budget.limit:
                self.cuts.add(Cut.LIMIT)
                return None
            self._grow()
        self.cuts.add(Cut.DEPTH)
        return None

    def chain(self, meeting: NodeId) -> tuple[Edge, ...]:
        """Return the edges from the source over the meeting to the target."""
        first, second = self._sides
        return (*first.back(meeting), *second.back(meeting)[::-1])

    def _grow(self) -> None:
        """Move one side a level on: the one with the smaller frontier, unless a hub is there and not on the other."""
        sides = sorted(self._sides, key=lambda side: len(side.frontier))
        for side in sides:
            edges = self._edges_of(side)
            if len(edges) < SCAN_LIMIT_MAX:
                side.take(edges)
                return
        self.cuts.add(Cut.LIMIT)
        sides[-1].take(edges)

    def _edges_of(self, side: _Side) -> list[Edge]:
        asked = self._question
        edges = self._store.edges_of(side.frontier, side.direction, asked.edges, at=asked.at, limit=SCAN_LIMIT_MAX)
        return sorted(edges, key=lambda edge: edge.id)


def _ways(edge: Edge, direction: Direction) -> tuple[tuple[NodeId, NodeId], ...]:
    down, up = (edge.id.source, edge.id.target), (edge.id.target, edge.id.source)
    match direction:
        case Direction.DOWNSTREAM:
            return (down,)
        case Direction.UPSTREAM:
            return (up,)
        case _:
            return (down, up)


def _nodes_along(start: NodeId, edges: tuple[Edge, ...]) -> tuple[NodeId, ...]:
    nodes = [start]
    for edge in edges:
        nodes.append(edge.id.target if edge.id.source == nodes[-1] else edge.id.source)
    return tuple(nodes)
