"""The ArangoDB store: puts the parts together."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import ClassVar, TypeVar

from arangovis.domain.facets import Facets, check_facets
from arangovis.domain.graph import Action, Caller, Direction, Edge, EdgeId, Lineage, Node, Page, Record, Walk
from arangovis.domain.ids import NodeId
from arangovis.domain.search import Search
from arangovis.stores.arango import reads
from arangovis.stores.arango.actions import Actions
from arangovis.stores.arango.address import Address
from arangovis.stores.arango.aql import Query
from arangovis.stores.arango.clock import ServerClock
from arangovis.stores.arango.connection import Connection, Patience
from arangovis.stores.arango.documents import NOW, edge_id_of, edge_of, moment, node_of, record_of
from arangovis.stores.arango.frozen import frozen, snapshot
from arangovis.stores.arango.loading import load
from arangovis.stores.arango.places import node_place, record_place
from arangovis.stores.arango.reads import EdgePage, RecordScan, rows_of
from arangovis.stores.arango.schema import migrate
from arangovis.stores.arango.search import page_of, search_query
from arangovis.stores.arango.server import Server
from arangovis.stores.arango.sorting import facets_of, facets_query
from arangovis.stores.arango.walk import lineage_of, walk_query
from arangovis.stores.base import EDGE_PAGE_MAX, SCAN_LIMIT_MAX, GraphStore
from arangovis.stores.frozen import FrozenStore, new_actions
from arangovis.stores.transaction import Transaction

T = TypeVar("T")


class ArangoStore(GraphStore):
    """A graph in one ArangoDB database, 3.12 or later: a single server, or a OneShard database of a cluster.

    Opening asks the server nothing: it is `migrate` that makes the collections, and until then every other call
    raises StoreUnavailable. `provision` makes the database itself. Each read is one call to the server; an action is
    one for each of its reads and one for all its writes.

    Args:
        address: where the database is.
        clock: microseconds since 1970; the server's time by default.
        patience: how long to wait for the server.

    """

    actions_take_turns: ClassVar[bool] = False

    def __init__(
        self, address: Address, *, clock: Callable[[], int] | None = None, patience: Patience | None = None
    ) -> None:
        self._server = Server(Connection(address, patience or Patience()), ServerClock(clock))
        self._actions = Actions(self._server)

    def migrate(self) -> int:
        """See `GraphStore.migrate`. Several processes may do it at once."""
        return migrate(self._server)

    def close(self) -> None:
        """See `GraphStore.close`."""
        self._server.connection.close()

    def now(self) -> int:
        """See `GraphStore.now`. It is the server's time, as far as its answers tell it."""
        return self._server.clock.now()

    def transact(self, action: Callable[[Transaction], T], caller: Caller) -> T:
        """See `GraphStore.transact`. Actions run side by side; one that collided with another is run again."""
        return self._actions.transact(action, caller)

    def get_many(self, ids: Sequence[NodeId], *, at: int | None = None) -> Mapping[NodeId, Node]:
        """See `GraphStore.get_many`."""
        query = Query()
        if not reads.add_nodes(query, ids, moment(at)):
            return {}
        nodes = (node_of(row) for row in rows_of(self._server.read(query)))
        return {node.id: node for node in nodes}

    def edges_of(
        self,
        ids: Sequence[NodeId],
        direction: Direction,
        kinds: Iterable[str] | None = None,
        *,
        at: int | None = None,
        limit: int = SCAN_LIMIT_MAX,
    ) -> Sequence[Edge]:
        """See `GraphStore.edges_of`."""
        query = Query()
        chosen = None if kinds is None else sorted(kinds)
        if not reads.add_edges(query, ids, direction, chosen, at=moment(at), limit=limit):
            return []
        found = {edge_id_of(row): row for row in rows_of(self._server.read(query))}
        return [edge_of(row) for row in found.values()][:limit]

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
        """See `GraphStore.edge_page`. The order is that of the edges' digests."""
        self._check_one_way(direction)
        query = Query()
        reads.add_edge_page(query, EdgePage(node_id, direction, kind, after), at=moment(at), limit=limit)
        return [edge_of(row) for row in rows_of(self._server.read(query))]

    def walk(self, walk: Walk) -> Lineage:
        """See `GraphStore.walk`."""
        return lineage_of(walk, self._server.read(walk_query(walk)))

    def search(self, search: Search) -> Page[Node]:
        """See `GraphStore.search`."""
        return page_of(search, self._server.read(search_query(search)))

    def facets(self, search: Search, names: Sequence[str], limit: int) -> Facets:
        """See `GraphStore.facets`."""
        check_facets(names, limit)
        return facets_of(names, limit, self._server.read(facets_query(search, names, limit)))

    def edge_history(self, node_id: NodeId, *, limit: int = SCAN_LIMIT_MAX) -> Sequence[Edge]:
        """See `GraphStore.edge_history`."""
        query = Query()
        reads.add_edge_history(query, node_id, limit)
        found = {(edge.id, edge.version.number): edge for edge in map(edge_of, rows_of(self._server.read(query)))}
        return sorted(found.values(), key=lambda edge: edge.version.valid_from)[:limit]

    def history(self, node_id: NodeId) -> Sequence[Node]:
        """See `GraphStore.history`."""
        query = Query()
        query.part("history", {"node": str(node_place(node_id))})
        reads.add_nodes(query, [node_id], NOW)
        return [node_of(row) for row in rows_of(self._server.read(query))]

    def records(
        self,
        kind: str,
        group: str | None = None,
        *,
        due_max: int | None = None,
        after: Record | None = None,
        limit: int = 1000,
    ) -> Sequence[Record]:
        """See `GraphStore.records`."""
        query = Query()
        reads.add_scans(query, [RecordScan(kind, group, due_max, after)], limit)
        ((rows,),) = self._server.read(query)
        return [record_of(row) for row in rows]

    def record(self, kind: str, key: str) -> Record | None:
        """See `GraphStore.record`."""
        query = Query()
        reads.add_documents(query, [record_place(kind, key)])
        ((*rows,),) = self._server.read(query)
        return record_of(rows[0]) if rows and rows[0].get("kind") is not None else None

    def change_number(self) -> int:
        """See `GraphStore.change_number`. A count: the latest time would not grow with an action that commits late."""
        query = Query()
        query.part("change_number", {})
        ((count,),) = self._server.read(query)
        return int(count)

    def frozen(self) -> AbstractContextManager[FrozenStore]:
        """See `GraphStore.frozen`."""
        return frozen(self._server.connection)

    def load(self, actions: Sequence[Action]) -> int:
        """See `GraphStore.load`. A page of actions is one read and one commit."""
        with snapshot(self._server.connection) as present:
            fresh, last = new_actions(actions, present), present.at
        load(self._server, fresh, after=last)
        return len(fresh)
