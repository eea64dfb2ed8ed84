"""Edges and nodes of many at once, however many there are."""

from collections.abc import Iterable, Mapping, Sequence

from arangovis.domain.graph import Direction, Edge, Node
from arangovis.domain.ids import NodeId
from arangovis.stores.base import SCAN_LIMIT_MAX, GraphStore

AT_ONCE = 2000
"""Nodes whose edges are asked for in one call."""


def edges_at(
    store: GraphStore, ids: Iterable[NodeId], direction: Direction, kinds: Sequence[str], *, at: int | None = None
) -> list[Edge]:
    """Return every edge of some kinds that leaves or enters the nodes, one way."""
    wanted = list(dict.fromkeys(ids))
    found: list[Edge] = []
    for first in range(0, len(wanted), AT_ONCE):
        found += _edges(store, wanted[first : first + AT_ONCE], direction, kinds, at=at)
    return found


def live_nodes(store: GraphStore, ids: Iterable[NodeId], *, at: int | None = None) -> Mapping[NodeId, Node]:
    """Return the nodes that exist and are not deleted, in the order asked for."""
    wanted = tuple(dict.fromkeys(ids))
    found = store.get_many(wanted, at=at) if wanted else {}
    return {node: found[node] for node in wanted if node in found and not found[node].version.deleted}


def maker_of(store: GraphStore, node: NodeId, *, at: int | None = None) -> NodeId | None:
    """Return the run that made a node, the newest of several; None if none did."""
    made = store.all_edges(node, Direction.UPSTREAM, "generated", at=at)
    newest = max(made, key=lambda edge: (edge.version.valid_from, edge.id.source), default=None)
    return None if newest is None else newest.id.source


def _edges(
    store: GraphStore, ids: Sequence[NodeId], direction: Direction, kinds: Sequence[str], *, at: int | None
) -> Sequence[Edge]:
    some = store.edges_of(ids, direction, kinds, at=at, limit=SCAN_LIMIT_MAX) if ids else ()
    if len(some) < SCAN_LIMIT_MAX:
        return some
    if len(ids) == 1:
        return [edge for kind in kinds for edge in store.all_edges(ids[0], direction, kind, at=at)]
    half = len(ids) // 2
    first = _edges(store, ids[:half], direction, kinds, at=at)
    return [*first, *_edges(store, ids[half:], direction, kinds, at=at)]
