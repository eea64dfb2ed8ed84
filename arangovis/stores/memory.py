"""The memory store: the reference model of `GraphStore`, for tests and throw-away graphs. Nothing is kept on disk."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from threading import Lock
from typing import TypeVar
from uuid import uuid4

from arangovis.domain.errors import Conflict, Fault, InvalidInput
from arangovis.domain.facets import Facets, check_facets, counted
from arangovis.domain.graph import (
    Action,
    Caller,
    Cut,
    Direction,
    Edge,
    EdgeId,
    Lineage,
    Node,
    Page,
    Record,
    Visit,
    Walk,
)
from arangovis.domain.ids import NodeId
from arangovis.domain.ordering import Order, Position, cursor_of, position_of, rank_of
from arangovis.domain.search import CREATED, PAGE_SIZE_MAX, Property, Search, matches, node_properties
from arangovis.stores.base import EDGE_PAGE_MAX, SCAN_LIMIT_MAX, GraphStore
from arangovis.stores.frozen import FrozenStore, new_actions
from arangovis.stores.memory_content import Content, MemoryTransaction, position
from arangovis.stores.transaction import Transaction
from arangovis_schema import SCHEMA_VERSION

T = TypeVar("T")


def wall_clock() -> int:
    """Return the time of this machine in microseconds since 1970."""
    return time.time_ns() // 1000


class MemoryStore(GraphStore):
    """A graph store in this process's memory: one lock, one action at a time, every version kept.

    Args:
        clock: what tells the time, in microseconds since 1970.

    Raises:
        MissingExtra: networkx is not installed.

    """

    def __init__(self, *, clock: Callable[[], int] = wall_clock) -> None:
        self._clock = clock
        self._lock = Lock()
        self._content = Content()

    def migrate(self) -> int:
        """Return SCHEMA_VERSION: a memory store is always new."""
        return SCHEMA_VERSION

    def close(self) -> None:
        """Release nothing: the content goes with the store."""

    def now(self) -> int:
        """Ask the clock."""
        return self._clock()

    def transact(self, action: Callable[[Transaction], T], caller: Caller) -> T:
        """Run the action while nothing else runs."""
        with self._lock:
            transaction = MemoryTransaction(self._content, now=self.now())
            answer = action(transaction)
            self._content.apply(transaction.writes, now=self.now(), caller=caller, action_id=uuid4().hex)
        return answer

    def get_many(self, ids: Sequence[NodeId], *, at: int | None = None) -> Mapping[NodeId, Node]:
        """Look up each node."""
        with self._lock:
            found = (self._content.node(node_id, at) for node_id in dict.fromkeys(ids))
            return {node.id: node for node in found if node is not None}

    def edges_of(
        self,
        ids: Sequence[NodeId],
        direction: Direction,
        kinds: Iterable[str] | None = None,
        *,
        at: int | None = None,
        limit: int = SCAN_LIMIT_MAX,
    ) -> Sequence[Edge]:
        """Collect the edges at each node."""
        wanted = None if kinds is None else frozenset(kinds)
        with self._lock:
            return tuple(islice(self._edges(ids, direction, wanted, at=at), limit))

    def edge_page(
        self,
        node_id: NodeId,
        direction: Direction,
        kind: str,
        *,
        at: int | None = None,
        after: EdgeId | None = None,
        limit: int = EDGE_PAGE_MAX,
    ) -> Sequence[Edge]:
        """Sort the edges by their ids and cut the page out."""
        self._check_one_way(direction)
        with self._lock:
            found = sorted(self._edges((node_id,), direction, frozenset((kind,)), at=at), key=lambda edge: edge.id)
        return [edge for edge in found if after is None or edge.id > after][:limit]

    def walk(self, walk: Walk) -> Lineage:
        """Find the nodes level by level, then the followed edges among them."""
        with self._lock:
            depths, cuts = self._depths(walk)
            edges = self._edges(depths, walk.direction, walk.edge_kinds, at=walk.at)
            among = tuple(edge for edge in edges if edge.id.source in depths and edge.id.target in depths)
            nodes = ((self._content.node(node_id, walk.at), depth) for node_id, depth in depths.items())
            return Lineage(tuple(Visit(node, depth) for node, depth in nodes if node), among, frozenset(cuts))

    def search(self, search: Search) -> Page[Node]:
        """Look at every node and cut the page out of all that match."""
        _check_limit(search.limit)
        order = search.order or NEWEST
        behind = None if search.cursor is None else _read_cursor(order, search.cursor)
        with self._lock:
            found = [(_place(order, node, properties), node) for node, properties in self._found(search)]
        ranked = sorted(found, key=lambda item: _sort_key(order, item[0]), reverse=order.descending)
        rest = [item for item in ranked if behind is None or _is_behind(order, item[0], behind)]
        page = rest[: search.limit]
        return Page([node for _, node in page], _cursor(order, page[-1][0]) if len(rest) > len(page) else None)

    def facets(self, search: Search, names: Sequence[str], limit: int) -> Facets:
        """Look at every node and count."""
        check_facets(names, limit)
        with self._lock:
            return counted((properties for _, properties in self._found(search)), names, limit)

    def edge_history(self, node_id: NodeId, *, limit: int = SCAN_LIMIT_MAX) -> Sequence[Edge]:
        """List the versions of each edge at the node."""
        with self._lock:
            return tuple(islice(self._content.edge_versions(node_id), limit))

    def history(self, node_id: NodeId) -> Sequence[Node]:
        """Return all that is kept of a node."""
        with self._lock:
            return self._content.versions(node_id)

    def records(
        self,
        kind: str,
        group: str | None = None,
        *,
        due_max: int | None = None,
        after: Record | None = None,
        limit: int = 1000,
    ) -> Sequence[Record]:
        """Sort all records of the scan and cut the page out."""
        with self._lock:
            scan = self._content.records(kind, group, due_max)
        return [record for record in scan if after is None or position(record) > position(after)][:limit]

    def record(self, kind: str, key: str) -> Record | None:
        """Look up a record."""
        with self._lock:
            return self._content.record(kind, key)

    def change_number(self) -> int:
        """Return how many actions wrote a node or an edge."""
        with self._lock:
            return self._content.change_number

    @contextmanager
    def frozen(self) -> Iterator[FrozenStore]:
        """List all that is there."""
        with self._lock:
            content = self._content.frozen()
        yield content

    def load(self, actions: Sequence[Action]) -> int:
        """Replay each action that is new."""
        with self._lock:
            fresh = new_actions(actions, self._content.frozen())
            for action in fresh:
                self._replay(action)
        return len(fresh)

    # --- under the lock ---------------------------------------------------------------------------------------

    def _replay(self, action: Action) -> None:
        if action.time <= self._content.last_time:
            raise Conflict(f"the actions are not in order of time at {action.time}")
        transaction = MemoryTransaction(self._content, now=action.time)
        transaction.replay(action)
        caller = Caller(action.actor, action.request_id)
        self._content.apply(transaction.writes, now=action.time, caller=caller, action_id=action.action_id)

    def _edges(
        self, ids: Iterable[NodeId], direction: Direction, kinds: frozenset[str] | None, *, at: int | None
    ) -> Iterable[Edge]:
        """Return the edges at the nodes, each once."""
        found = (edge for node_id in ids for edge in self._content.edges_at(node_id, direction, at))
        return {edge.id: edge for edge in found if kinds is None or edge.id.kind in kinds}.values()

    def _depths(self, walk: Walk) -> tuple[dict[NodeId, int], set[Cut]]:
        """Return the least depth of every node that a walk reaches, in order, and why it went no further."""
        depths: dict[NodeId, int] = {}
        level = [start for start in dict.fromkeys(walk.starts) if self._content.node(start, walk.at)]
        depth = 0
        while level:
            if depth > walk.depth_max:
                return depths, {Cut.DEPTH}
            room = walk.node_limit - len(depths)
            depths.update((node_id, depth) for node_id in level[:room])
            if len(level) > room:
                return depths, {Cut.LIMIT}
            level = [node_id for node_id in self._neighbours(level, walk) if node_id not in depths]
            depth += 1
        return depths, set()

    def _neighbours(self, level: Sequence[NodeId], walk: Walk) -> Iterable[NodeId]:
        """Return the ends, both of them, of the edges that a walk follows from these nodes, each once."""
        edges = self._edges(level, walk.direction, walk.edge_kinds, at=walk.at)
        return dict.fromkeys(end for edge in edges for end in (edge.id.source, edge.id.target))

    def _found(self, search: Search) -> Iterable[tuple[Node, Sequence[Property]]]:
        kind = self._content.vertex_kind(search.kind)
        if kind is None:
            return
        for node in self._content.nodes():
            wanted = node.id.kind == search.kind and not node.version.deleted
            if not wanted or search.project not in (None, node.project):
                continue
            properties = node_properties(kind, node)
            if matches(search.where, properties):
                yield node, properties


NEWEST = Order(CREATED, descending=True)


def _place(order: Order, node: Node, properties: Sequence[Property]) -> Position:
    rank = None if order.name == CREATED else rank_of(order, properties)
    return Position(rank, node.created, node.id.key)


def _sort_key(order: Order, position: Position) -> tuple[object, ...]:
    return position.sort_key(descending=order.descending)


def _is_behind(order: Order, position: Position, last: Position) -> bool:
    mine, other = (place.sort_key(descending=order.descending) for place in (position, last))
    return mine < other if order.descending else mine > other


def _cursor(order: Order, last: Position) -> str:
    return f"{last.created}:{last.key}" if order.name == CREATED else cursor_of(order, last)


def _read_cursor(order: Order, cursor: str) -> Position:
    if order.name != CREATED:
        return position_of(order, cursor)
    created, colon, key = cursor.partition(":")
    if not (colon and key and len(created) < 20 and created.isascii() and created.isdecimal()):
        raise InvalidInput.of(Fault("cursor", "is not the cursor of a page"))
    return Position(None, int(created), key)


def _check_limit(limit: int) -> None:
    if not 1 <= limit <= PAGE_SIZE_MAX:
        raise InvalidInput.of(Fault("limit", f"{limit} is not between 1 and {PAGE_SIZE_MAX}"))


__all__ = ["MemoryStore", "wall_clock"]
