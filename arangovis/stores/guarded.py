"""A store as it looks from a scope: the one place where projects are kept apart.

What may not be seen is as if it were not there: nodes, their edges, what a search finds, the versions of the past.
Only a walk that asks for it shows the ends of hidden edges, redacted to their ids. What an action writes is looked at
after it ran and before anything is stored. Records are not told apart: they belong to nodes, by which they are found.

In the open scope, which is that of workers, of commands and of the SDK on a home, every call goes straight through.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import TypeVar

from arangovis.domain.access import Scope, acting_in, current_scope
from arangovis.domain.facets import Facets
from arangovis.domain.graph import Action, Caller, Direction, Edge, EdgeId, Lineage, Node, Page, Record, Walk
from arangovis.domain.ids import NodeId
from arangovis.domain.search import ID, PROJECT, AllOf, AnyOf, Comparison, Filter, Not, Operator, Present, Search
from arangovis.stores.base import EDGE_PAGE_MAX, SCAN_LIMIT_MAX, GraphStore
from arangovis.stores.frozen import FrozenStore
from arangovis.stores.guarded_walk import within
from arangovis.stores.guarded_writes import check_writes
from arangovis.stores.transaction import Transaction
from arangovis_schema import Schema

T = TypeVar("T")


class GuardedStore(GraphStore):
    """A store that answers the scope of the thread that asks."""

    def __init__(self, inner: GraphStore) -> None:
        self._inner = inner
        self.watch: Callable[[float], None] | None = None
        """Is told how long each action took, in seconds."""

    @property
    def inner(self) -> GraphStore:
        """The store itself."""
        return self._inner

    @property
    def actions_take_turns(self) -> bool:  # type: ignore[override]  # of the instance, since it is that of another
        """See `GraphStore`."""
        return self._inner.actions_take_turns

    # --- what is the same for all -----------------------------------------------------------------------------

    def migrate(self) -> int:
        """See `GraphStore`."""
        return self._inner.migrate()

    def close(self) -> None:
        """See `GraphStore`."""
        self._inner.close()

    def now(self) -> int:
        """See `GraphStore`."""
        return self._inner.now()

    def record(self, kind: str, key: str) -> Record | None:
        """See `GraphStore`."""
        return self._inner.record(kind, key)

    def records(
        self,
        kind: str,
        group: str | None = None,
        *,
        due_max: int | None = None,
        after: Record | None = None,
        limit: int = 1000,
    ) -> Sequence[Record]:
        """See `GraphStore`."""
        return self._inner.records(kind, group, due_max=due_max, after=after, limit=limit)

    def change_number(self) -> int:
        """See `GraphStore`."""
        return self._inner.change_number()

    def schema(self) -> Schema:
        """See `GraphStore`."""
        return self._inner.schema()

    def load(self, actions: Sequence[Action]) -> int:
        """See `GraphStore`."""
        return self._inner.load(actions)

    # --- writing ----------------------------------------------------------------------------------------------

    def transact(self, action: Callable[[Transaction], T], caller: Caller) -> T:
        """See `GraphStore`.

        Raises:
            Forbidden: the scope may not write, or not there.

        """
        scope = current_scope()
        if scope.is_open:
            return self._timed(action, caller)

        def guarded(transaction: Transaction) -> T:
            transaction.scope = scope
            with acting_in(scope):  # the store may run it in a thread of its own
                result = action(transaction)
                check_writes(transaction, self._names)
            return result

        return self._timed(guarded, caller)

    def _names(self, digest: str) -> bool:
        """Say whether a file that may be seen has these bytes."""
        return bool(self.search(Search("artifact", Comparison("digest", Operator.EQUAL, digest), limit=1)).items)

    def _timed(self, action: Callable[[Transaction], T], caller: Caller) -> T:
        if self.watch is None:
            return self._inner.transact(action, caller)
        began = time.perf_counter()
        try:
            return self._inner.transact(action, caller)
        finally:
            self.watch(time.perf_counter() - began)

    # --- reading ----------------------------------------------------------------------------------------------

    def get_many(self, ids: Sequence[NodeId], *, at: int | None = None) -> Mapping[NodeId, Node]:
        """See `GraphStore`."""
        found = self._inner.get_many(ids, at=at)
        scope = current_scope()
        if scope.projects is None:
            return found
        return {node_id: node for node_id, node in found.items() if scope.sees(node_id, node.project)}

    def edges_of(
        self,
        ids: Sequence[NodeId],
        direction: Direction,
        kinds: Iterable[str] | None = None,
        *,
        at: int | None = None,
        limit: int = SCAN_LIMIT_MAX,
    ) -> Sequence[Edge]:
        """See `GraphStore`."""
        if current_scope().projects is None:
            return self._inner.edges_of(ids, direction, kinds, at=at, limit=limit)
        wanted = None if kinds is None else tuple(kinds)
        found = self._inner.edges_of(ids, direction, wanted, at=at, limit=SCAN_LIMIT_MAX)
        if len(found) >= SCAN_LIMIT_MAX:  # which ones were left out is not known: they are read one after another
            found = list(self._every_edge(ids, direction, wanted, at))
        return self._visible(found)[:limit]

    def _every_edge(
        self, ids: Sequence[NodeId], direction: Direction, kinds: Sequence[str] | None, at: int | None
    ) -> Iterable[Edge]:
        ways = (Direction.UPSTREAM, Direction.DOWNSTREAM) if direction is Direction.BOTH else (direction,)
        known = kinds if kinds is not None else tuple(self._inner.schema().edges)
        return {
            edge.id: edge
            for node_id in ids
            for way in ways
            for kind in known
            for edge in self._inner.all_edges(node_id, way, kind, at=at)
        }.values()

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
        """See `GraphStore`."""
        found: list[Edge] = []
        while True:
            page = self._inner.edge_page(node_id, direction, kind, at=at, after=after, limit=limit)
            if current_scope().projects is None:
                return page
            found += self._visible(page)
            if len(page) < limit or len(found) >= limit:
                return found[:limit]
            after = page[-1].id

    def walk(self, walk: Walk) -> Lineage:
        """See `GraphStore`."""
        scope = current_scope()
        found = self._inner.walk(walk)
        return found if scope.projects is None else within(scope, walk, found)

    def search(self, search: Search) -> Page[Node]:
        """See `GraphStore`."""
        return self._inner.search(_narrowed(search, current_scope()))

    def facets(self, search: Search, names: Sequence[str], limit: int) -> Facets:
        """See `GraphStore`."""
        return self._inner.facets(_narrowed(search, current_scope()), names, limit)

    def history(self, node_id: NodeId) -> Sequence[Node]:
        """See `GraphStore`."""
        scope = current_scope()
        return [node for node in self._inner.history(node_id) if scope.sees(node_id, node.project)]

    def edge_history(self, node_id: NodeId, *, limit: int = SCAN_LIMIT_MAX) -> Sequence[Edge]:
        """See `GraphStore`."""
        return self._visible(self._inner.edge_history(node_id, limit=limit))

    def changed_since(self, kind: str, change_number: int, *, limit: int) -> Sequence[Node] | None:
        """See `GraphStore`."""
        scope = current_scope()
        found = self._inner.changed_since(kind, change_number, limit=limit)
        return found if found is None else [node for node in found if scope.sees(node.id, node.project)]

    @contextmanager
    def _frozen_within(self, scope: Scope) -> Iterator[FrozenStore]:
        with self._inner.frozen() as state:
            yield _FrozenWithin(state, scope)

    def frozen(self) -> AbstractContextManager[FrozenStore]:
        """See `GraphStore`. Within projects, it is the nodes only."""
        scope = current_scope()
        return self._inner.frozen() if scope.projects is None else self._frozen_within(scope)

    def _visible(self, edges: Sequence[Edge]) -> Sequence[Edge]:
        """Return the edges both ends of which may be seen."""
        if current_scope().projects is None:
            return edges
        ends = {end for edge in edges for end in (edge.id.source, edge.id.target)}
        seen = self.get_many(sorted(ends))
        return [edge for edge in edges if edge.id.source in seen and edge.id.target in seen]


class _FrozenWithin(FrozenStore):
    """The nodes of some projects in one state of a store."""

    def __init__(self, state: FrozenStore, scope: Scope) -> None:
        self.at = state.at
        self._state = state
        self._scope = scope

    def actions(self, *, after: int = 0, until: int | None = None) -> Iterator[Action]:
        """Yield the actions with those of their nodes that may be seen, and no edges."""
        sees = self._scope.sees
        for action in self._state.actions(after=after, until=until):
            yield action._replace(nodes=tuple(node for node in action.nodes if sees(node.id, node.project)), edges=())

    def action_count(self, *, after: int = 0, until: int | None = None) -> int:
        """Return how many actions there are, those of other projects included."""
        return self._state.action_count(after=after, until=until)

    def records(self, kind: str) -> Iterator[Record]:  # noqa: ARG002
        """Yield nothing: a copy of a part is no copy."""
        return iter(())


def guarded(store: GraphStore) -> GuardedStore:
    """Return the store, guarded once."""
    return store if isinstance(store, GuardedStore) else GuardedStore(store)


def watch_commits(store: GraphStore, watch: Callable[[float], None]) -> None:
    """Have somebody told how long each action of a guarded store takes, in seconds."""
    if isinstance(store, GuardedStore):
        store.watch = watch


def _narrowed(search: Search, scope: Scope) -> Search:
    if scope.projects is None:
        return search
    own = search.where.terms if isinstance(search.where, AllOf) else (search.where,)
    return replace(search, where=AllOf((*own, _of_projects(search.kind, scope.projects))))


def _of_projects(kind: str, projects: Iterable[str]) -> Filter:
    if kind == "project":
        return AnyOf(tuple(Comparison(ID, Operator.EQUAL, f"project/{key}") for key in sorted(projects)))
    of_them = (Comparison(PROJECT, Operator.EQUAL, key) for key in sorted(projects))
    return AnyOf((*of_them, Not(Present(PROJECT))))
