"""Questions of lineage: what is upstream, what is downstream, and where a thing comes from."""

from collections.abc import Sequence
from dataclasses import dataclass

from arangovis.domain.errors import Fault, InvalidInput, NotFound
from arangovis.domain.graph import Cut, Direction, Edge, Node, Visit, Walk
from arangovis.domain.ids import NodeId
from arangovis.stores.base import DEPTH_MAX, NODE_LIMIT_MAX, GraphStore
from arangovis_schema import LINEAGE_EDGE_KINDS

DEPTH_DEFAULT = 100
NODE_LIMIT_DEFAULT = 10_000


@dataclass(frozen=True, slots=True)
class LineageQuestion:
    """What to walk. `kinds` limits the nodes that are shown, not those walked through."""

    start: NodeId
    direction: Direction = Direction.UPSTREAM
    depth: int = DEPTH_DEFAULT
    limit: int = NODE_LIMIT_DEFAULT
    kinds: frozenset[str] = frozenset()
    edges: frozenset[str] = frozenset(LINEAGE_EDGE_KINDS)
    at: int | None = None


@dataclass(frozen=True, slots=True)
class LineageAnswer:
    """Nodes by depth and the edges among them; `cuts` says why it may not be everything."""

    start: NodeId
    visits: Sequence[Visit]
    edges: Sequence[Edge]
    cuts: frozenset[Cut]


class LineageService:
    """Lineage over any store."""

    def __init__(self, store: GraphStore) -> None:
        self._store = store

    def ask(self, question: LineageQuestion) -> LineageAnswer:
        """Answer a question of lineage.

        Raises:
            NotFound: the start does not exist, or not yet at that time.
            InvalidInput: depth, limit, or a kind is out of range.

        """
        self._check(question)
        walk = Walk(
            starts=(question.start,),
            direction=question.direction,
            edge_kinds=question.edges,
            depth_max=question.depth,
            node_limit=question.limit,
            at=question.at,
        )
        found = self._store.walk(walk)
        if not found.visits:
            raise NotFound(f"there is no {question.start}")
        if not question.kinds:
            return LineageAnswer(question.start, found.visits, found.edges, found.cuts)
        visits = [visit for visit in found.visits if visit.depth == 0 or visit.node.id.kind in question.kinds]
        shown = {visit.node.id for visit in visits}
        edges = [edge for edge in found.edges if edge.id.source in shown and edge.id.target in shown]
        return LineageAnswer(question.start, visits, edges, found.cuts)

    def history(self, node_id: NodeId) -> Sequence[Node]:
        """Return every version of a node, oldest first.

        Raises:
            NotFound: it never existed.

        """
        versions = self._store.history(node_id)
        if not versions:
            raise NotFound(f"there is no {node_id}")
        return versions

    def node(self, node_id: NodeId, *, at: int | None = None) -> Node:
        """Return a node, tombstone or not, as it is or was.

        Raises:
            NotFound: it never existed, or not yet at that time.

        """
        return self._store.get(node_id, at=at)

    def _check(self, question: LineageQuestion) -> None:
        faults = []
        if not 0 <= question.depth <= DEPTH_MAX:
            faults.append(Fault("depth", f"{question.depth} is not between 0 and {DEPTH_MAX}"))
        if not 1 <= question.limit <= NODE_LIMIT_MAX:
            faults.append(Fault("limit", f"{question.limit} is not between 1 and {NODE_LIMIT_MAX}"))
        if (question.kinds or question.edges != frozenset(LINEAGE_EDGE_KINDS)) and not faults:
            schema = self._store.schema()
            faults += [
                Fault("kinds", f"{kind!r} is no vertex kind") for kind in question.kinds - schema.vertices.keys()
            ]
            faults += [Fault("edges", f"{kind!r} is no edge kind") for kind in question.edges - schema.edges.keys()]
        if faults:
            raise InvalidInput.of(*faults)
