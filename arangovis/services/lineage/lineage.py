"""Questions of lineage: what is upstream, what is downstream, and where a thing comes from."""

from collections.abc import Sequence
from dataclasses import dataclass

from arangovis.domain.errors import Fault, InvalidInput, NotFound
from arangovis.domain.graph import Cut, Direction, Edge, EdgeId, Node, Page, Visit, Walk
from arangovis.domain.ids import NodeId
from arangovis.services.lineage.edge_pages import EdgesQuestion, Neighbour, bad_cursor, page_of
from arangovis.services.lineage.erasures import with_later_erasure
from arangovis.stores.base import DEPTH_MAX, NODE_LIMIT_MAX, GraphStore
from arangovis_schema import BUILT_IN, LINEAGE_EDGE_KINDS

DEPTH_DEFAULT = 100
NODE_LIMIT_DEFAULT = 10_000


@dataclass(frozen=True, slots=True)
class LineageQuestion:
    """What to walk. `kinds` limits the nodes that are shown, not those walked through; see `Walk.shows_hidden`."""

    start: NodeId
    direction: Direction = Direction.UPSTREAM
    depth: int = DEPTH_DEFAULT
    limit: int = NODE_LIMIT_DEFAULT
    kinds: frozenset[str] = frozenset()
    edges: frozenset[str] = frozenset(LINEAGE_EDGE_KINDS)
    at: int | None = None
    shows_hidden: bool = False


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
            shows_hidden=question.shows_hidden,
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

    def edges(self, question: EdgesQuestion) -> Page[Neighbour]:
        """Return a page of the edges of a node; what it costs does not depend on how many edges there are.

        An edge that is written or deleted between two pages may come or not; every other one comes once.

        Raises:
            NotFound: the node does not exist, or not yet at that time.
            InvalidInput: direction, limit, cursor or a kind is not valid.

        """
        faults = [*question.faults(), *self._unknown_kinds(question.edges)]
        if faults:
            raise InvalidInput.of(*faults)
        after = question.after()
        self._check_ends(question, after)
        edges = page_of(self._store, question, after)
        shown = edges[: question.limit]
        ends = [question.other_end(edge.id) for edge in shown]
        nodes = self._store.get_many(ends, at=question.at)
        found = [Neighbour(edge, nodes[end]) for edge, end in zip(shown, ends, strict=True)]
        return Page(found, question.cursor_behind(shown[-1].id) if len(edges) > len(shown) else None)

    def _check_ends(self, question: EdgesQuestion, after: EdgeId | None) -> None:
        ends = () if after is None else (question.other_end(after),)
        known = self._store.get_many((question.node, *ends), at=question.at)
        if question.node not in known:
            raise NotFound(f"there is no {question.node}")
        if not known.keys() >= set(ends):
            raise bad_cursor()

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
        found = self._store.get(node_id, at=at)
        return found if at is None else with_later_erasure(self._store, found)

    def _check(self, question: LineageQuestion) -> None:
        faults = []
        if not 0 <= question.depth <= DEPTH_MAX:
            faults.append(Fault("depth", f"{question.depth} is not between 0 and {DEPTH_MAX}"))
        if not 1 <= question.limit <= NODE_LIMIT_MAX:
            faults.append(Fault("limit", f"{question.limit} is not between 1 and {NODE_LIMIT_MAX}"))
        if question.kinds and not faults:
            known = self._store.schema().vertices.keys()
            faults += [Fault("kinds", f"{kind!r} is no vertex kind") for kind in sorted(question.kinds - known)]
        faults += self._unknown_kinds(question.edges)
        if faults:
            raise InvalidInput.of(*faults)

    def _unknown_kinds(self, edges: frozenset[str]) -> list[Fault]:
        if edges <= BUILT_IN.edges.keys():
            return []  # as nearly always; what users declared is in the store
        unknown = edges - self._store.schema().edges.keys()
        return [Fault("edges", f"{kind!r} is no edge kind") for kind in sorted(unknown)]
