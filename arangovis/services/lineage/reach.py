"""What the questions of lineage share: how far they look, and what they call what they find."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple, TypeAlias

from arangovis.domain.errors import Fault, InvalidInput, NotFound
from arangovis.domain.graph import Cut, Direction, Edge, Lineage, Node, Visit, Walk
from arangovis.domain.ids import NodeId
from arangovis.domain.json import JsonValue, Scalar
from arangovis.domain.search import EVERYTHING, PAGE_SIZE_MAX, Filter, Search
from arangovis.domain.views import optional_text
from arangovis.services.lineage.lineage import DEPTH_DEFAULT, NODE_LIMIT_DEFAULT
from arangovis.services.searching.past import past_nodes
from arangovis.stores.base import DEPTH_MAX, NODE_LIMIT_MAX, GraphStore
from arangovis_schema import LINEAGE_EDGE_KINDS

Value: TypeAlias = Scalar | Sequence[JsonValue] | Mapping[str, JsonValue]
"""JSON in an answer; the hint can be looked at while the program runs."""
LINEAGE = frozenset(LINEAGE_EDGE_KINDS)
PLOT, PROJECTION, MODEL = "plot", "projection", "model"
SORTS = frozenset({PLOT, PROJECTION, MODEL})
"""What people ask for that is not the name of a vertex kind: plots among artifacts, projections among runs, models
for model versions."""
_PROJECTIONS = "projection."


@dataclass(frozen=True, slots=True)
class Budget:
    """How far a question looks: edges away, and nodes. Beyond it the answer is partial.

    Raises:
        InvalidInput: it is out of range.

    """

    depth: int = DEPTH_DEFAULT
    limit: int = NODE_LIMIT_DEFAULT

    def __post_init__(self) -> None:
        faults = []
        if not 0 <= self.depth <= DEPTH_MAX:
            faults.append(Fault("depth", f"{self.depth} is not between 0 and {DEPTH_MAX}"))
        if not 1 <= self.limit <= NODE_LIMIT_MAX:
            faults.append(Fault("limit", f"{self.limit} is not between 1 and {NODE_LIMIT_MAX}"))
        if faults:
            raise InvalidInput.of(*faults)


BUDGET = Budget()


def reach(
    store: GraphStore,
    starts: Iterable[NodeId],
    direction: Direction,
    budget: Budget = BUDGET,
    *,
    edges: frozenset[str] = LINEAGE,
    at: int | None = None,
) -> Lineage:
    """Return what nodes reach.

    An intermediate product that a run found instead of making it is not gone through: all that it depends on is among
    the run's other inputs, while whoever made it first may have read more.

    Raises:
        NotFound: one of them does not exist, or not yet at that time.

    """
    asked = tuple(dict.fromkeys(starts))
    found = store.walk(Walk(asked, direction, edges, budget.depth, budget.limit, at))
    known = {visit.node.id for visit in found.visits if visit.depth == 0}
    missing = [node for node in asked if node not in known]
    if missing and (Cut.LIMIT not in found.cuts or not known):
        raise NotFound(f"there is no {missing[0]}")
    return _without_found(found, known, direction)


def reach_each(
    store: GraphStore, starts: Sequence[NodeId], direction: Direction, budget: Budget = BUDGET, *, at: int | None = None
) -> tuple[Lineage, ...]:
    """Return what each of some nodes reaches, at hardly more than the cost of one: they mostly reach the same.

    The limit is one for all of them together.

    Raises:
        NotFound: one of them does not exist, or not yet at that time.

    """
    found = reach(store, starts, direction, budget, at=at)
    shared = [edge for edge in found.edges if not edge.attributes.get("found")]
    ahead = _ahead(shared, direction) if len(shared) == len(found.edges) else None
    parts = []
    for start in starts:
        edges = found.edges if ahead is not None else _without(found.edges, {start})
        depths = _depths(ahead or _ahead(edges, direction), (start,), budget.depth)
        parts.append(_part(found, depths, edges))
    return tuple(parts)


def _without_found(found: Lineage, starts: set[NodeId], direction: Direction) -> Lineage:
    kept = _without(found.edges, starts)
    if len(kept) == len(found.edges):
        return found
    return _part(found, _depths(_ahead(kept, direction), starts, DEPTH_MAX), kept)


def _without(edges: Sequence[Edge], starts: set[NodeId]) -> Sequence[Edge]:
    """Return edges without those of products that were found; from a start they are gone all the same."""
    return [edge for edge in edges if edge.id.source in starts or not edge.attributes.get("found")]


def _part(found: Lineage, depths: Mapping[NodeId, int], edges: Iterable[Edge]) -> Lineage:
    visits = [Visit(visit.node, depths[visit.node.id]) for visit in found.visits if visit.node.id in depths]
    visits.sort(key=lambda visit: visit.depth)
    within = tuple(edge for edge in edges if edge.id.source in depths and edge.id.target in depths)
    return Lineage(tuple(visits), within, found.cuts)


def _ahead(edges: Iterable[Edge], direction: Direction) -> Mapping[NodeId, list[NodeId]]:
    ahead: dict[NodeId, list[NodeId]] = {}
    for edge in edges:
        if direction is not Direction.UPSTREAM:
            ahead.setdefault(edge.id.source, []).append(edge.id.target)
        if direction is not Direction.DOWNSTREAM:
            ahead.setdefault(edge.id.target, []).append(edge.id.source)
    return ahead


def _depths(ahead: Mapping[NodeId, list[NodeId]], starts: Iterable[NodeId], depth_max: int) -> Mapping[NodeId, int]:
    """Return how far away at least everything is that can be reached."""
    depths = dict.fromkeys(starts, 0)
    todo = list(depths)
    for node in todo:
        depth = depths[node] + 1
        for other in ahead.get(node, ()) if depth <= depth_max else ():
            if other not in depths:
                depths[other] = depth
                todo.append(other)
    return depths


def reasons(*cuts: Iterable[str]) -> tuple[str, ...]:
    """Return why an answer is partial: each reason once, sorted; empty if it is whole."""
    return tuple(sorted({str(reason) for some in cuts for reason in some}))


def sort_of(node: Node) -> str:
    """Return what people call such a node: a plot, a projection, a model, or its kind."""
    kind, attributes = node.id.kind, node.attributes
    if kind == "artifact" and attributes.get("role") == PLOT:
        return PLOT
    if kind == "run" and str(attributes.get("method", "")).startswith(_PROJECTIONS):
        return PROJECTION
    return MODEL if kind == "model_version" else kind


def name_of(node: Node) -> str | None:
    """Return the name that people know a node by."""
    name = optional_text(node.attributes, "name")
    version = node.attributes.get("version")
    return f"{name} {version}" if name is not None and isinstance(version, str) and version else name


def digest_of_node(node: Node) -> str | None:
    """Return the digest of a node's content, if it has one."""
    return optional_text(node.attributes, "digest")


def check_sorts(store: GraphStore, kinds: frozenset[str]) -> None:
    """Refuse kinds that there are none of.

    Raises:
        InvalidInput: it names them.

    """
    if kinds <= SORTS:
        return
    unknown = sorted(kinds - SORTS - store.schema().vertices.keys())
    if unknown:
        raise InvalidInput.of(
            *(Fault("kinds", f"{kind!r} is no vertex kind, and none of plot, projection, model") for kind in unknown)
        )


def is_sort(node: Node, kinds: frozenset[str]) -> bool:
    """Say whether a node is of one of these kinds, by the name of its kind or what people call it."""
    return not kinds or node.id.kind in kinds or sort_of(node) in kinds


class Some(NamedTuple):
    """Nodes that were looked for, and whether there are more."""

    nodes: Sequence[Node]
    cut: bool


def every(
    store: GraphStore, kind: str, where: Filter = EVERYTHING, *, project: str | None = None, limit: int
) -> Iterator[Node]:
    """Yield the nodes of a kind, newest first, at most `limit`; they are read page by page."""
    page = min(limit, PAGE_SIZE_MAX)
    return islice(store.all_nodes(Search(kind, where, project, page)), limit)


def some(
    store: GraphStore,
    kinds: Iterable[str],
    where: Filter = EVERYTHING,
    *,
    project: str | None = None,
    limit: int,
    at: int | None = None,
) -> Some:
    """Return the nodes of some kinds, newest first, at most `limit` of each: those that there were at a time, whether
    they are still there or not, or those there are now.
    """
    if at is not None:
        return _then(store, tuple(kinds), where, project=project, limit=limit, at=at)
    found = [list(every(store, kind, where, project=project, limit=limit + 1)) for kind in kinds]
    return _limited(found, limit, cut=False)


def _then(store: GraphStore, kinds: Sequence[str], where: Filter, *, project: str | None, limit: int, at: int) -> Some:
    vertices = store.schema().vertices
    past = past_nodes(store, {kind: vertices[kind] for kind in kinds}, project=project, at=at).where(where)
    nodes = sorted((node for node, _ in past.found), key=lambda node: (node.created, node.id), reverse=True)
    found = [[node for node in nodes if node.id.kind == kind] for kind in kinds]
    return _limited(found, limit, cut=not past.complete)


def _limited(found: Sequence[Sequence[Node]], limit: int, *, cut: bool) -> Some:
    nodes = [node for nodes in found for node in nodes[:limit]]
    return Some(nodes, cut or any(len(nodes) > limit for nodes in found))
