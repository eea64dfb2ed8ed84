"""The embedded store: puts the parts together."""

import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from arangovis.domain.errors import NotSupported
from arangovis.domain.facets import Facets, check_facets
from arangovis.domain.graph import Action, Caller, Direction, Edge, EdgeId, Lineage, Node, Page, Record, Walk
from arangovis.domain.ids import NodeId
from arangovis.domain.search import CREATED, Search
from arangovis.stores.base import EDGE_PAGE_MAX, SCAN_LIMIT_MAX, GraphStore
from arangovis.stores.embedded import queries
from arangovis.stores.embedded.connection import SQLITE_VERSION_MIN, ReaderPool, connect, unavailable
from arangovis.stores.embedded.facets import facets as facets_of
from arangovis.stores.embedded.forks import register
from arangovis.stores.embedded.frozen import frozen
from arangovis.stores.embedded.ordered import ordered_page
from arangovis.stores.embedded.rows import edges_of, nodes_of, record_of
from arangovis.stores.embedded.schema import upgrade
from arangovis.stores.embedded.search import page_by_age
from arangovis.stores.embedded.turns import Turn
from arangovis.stores.embedded.walk import walk as lineage_of
from arangovis.stores.embedded.writer import Writer
from arangovis.stores.frozen import FrozenStore, new_actions
from arangovis.stores.transaction import Transaction

T = TypeVar("T")


class EmbeddedStore(GraphStore):
    """A graph in one SQLite file, for any number of threads and processes of one machine.

    Opening does not touch the file: it is `migrate` that makes it, and until then every other call raises
    StoreUnavailable. Beside the file lie SQLite's write-ahead log and two lock files. The file must not be on a
    network file system. A forked process may go on using a store that its parent opened; an action must not fork.

    Args:
        path: the file; its directory must exist.
        clock: microseconds since 1970; the system's clock by default.

    Raises:
        NotSupported: Python was built with an SQLite older than 3.38.

    """

    def __init__(self, path: Path, *, clock: Callable[[], int] | None = None) -> None:
        if sqlite3.sqlite_version_info < SQLITE_VERSION_MIN:
            oldest = ".".join(map(str, SQLITE_VERSION_MIN))
            raise NotSupported(f"SQLite {sqlite3.sqlite_version} is too old; {oldest} or later is needed")
        self._path = path
        self._clock = clock or _system_clock
        self._readers = ReaderPool(path)
        self._writer = Writer(path, self._clock)
        register(self)

    def migrate(self) -> int:
        """See `GraphStore.migrate`. It waits for its turn among writers, and is one transaction."""
        turn = Turn(self._path)
        try:
            with turn:
                connection = connect(self._path, create=True)
                try:
                    return _migrated(connection)
                finally:
                    connection.close()
        except sqlite3.Error as error:
            raise unavailable(error) from error
        finally:
            turn.close()

    def close(self) -> None:
        """See `GraphStore.close`. A commit under way is waited for."""
        self._readers.close()
        self._writer.close()

    def now(self) -> int:
        """See `GraphStore.now`."""
        return self._clock()

    def transact(self, action: Callable[[Transaction], T], caller: Caller) -> T:
        """See `GraphStore.transact`. The action may run in the thread of another caller.

        Raises:
            Conflict: it was called from inside an action.

        """
        return self._writer.transact(action, caller)

    def get_many(self, ids: Sequence[NodeId], *, at: int | None = None) -> Mapping[NodeId, Node]:
        """See `GraphStore.get_many`."""
        with self._readers.snapshot() as connection:
            nodes = nodes_of(connection, queries.nodes_by_id(connection, ids, at))
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
        with self._readers.snapshot() as connection:
            row_ids = [row[0] for row in queries.nodes_by_id(connection, ids, at)]
            rows = queries.edges_at(connection, row_ids, direction, kinds, at=at, limit=limit)
            found = queries.ids_by_row(connection, {end for row in rows for end in row[:2]})
            return edges_of(connection, rows, {row_id: NodeId(kind, key) for row_id, kind, key in found})

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
        """See `GraphStore.edge_page`. The order is that of the other ends' integer ids, oldest first."""
        self._check_one_way(direction)
        with self._readers.snapshot() as connection:
            scan = queries.edge_scan(connection, node_id, direction, kind, after)
            rows = [] if scan is None else queries.edge_page(connection, scan, at=at, limit=limit)
            found = queries.ids_by_row(connection, {end for row in rows for end in row[:2]})
            return edges_of(connection, rows, {row_id: NodeId(kind, key) for row_id, kind, key in found})

    def walk(self, walk: Walk) -> Lineage:
        """See `GraphStore.walk`."""
        with self._readers.snapshot() as connection:
            return lineage_of(connection, walk)

    def search(self, search: Search) -> Page[Node]:
        """See `GraphStore.search`."""
        with self._readers.snapshot() as connection:
            if search.order is None or search.order.name == CREATED:
                return page_by_age(connection, search)
            return ordered_page(connection, search, search.order)

    def facets(self, search: Search, names: Sequence[str], limit: int) -> Facets:
        """See `GraphStore.facets`."""
        check_facets(names, limit)
        with self._readers.snapshot() as connection:
            return facets_of(connection, search, names, limit)

    def edge_history(self, node_id: NodeId, *, limit: int = SCAN_LIMIT_MAX) -> Sequence[Edge]:
        """See `GraphStore.edge_history`."""
        with self._readers.snapshot() as connection:
            row_ids = [row[0] for row in queries.nodes_by_id(connection, (node_id,), None)]
            rows = queries.edge_history(connection, row_ids[0], limit) if row_ids else []
            found = queries.ids_by_row(connection, {end for row in rows for end in row[:2]})
            return edges_of(connection, rows, {row_id: NodeId(kind, key) for row_id, kind, key in found})

    def history(self, node_id: NodeId) -> Sequence[Node]:
        """See `GraphStore.history`."""
        with self._readers.snapshot() as connection:
            return nodes_of(connection, queries.history(connection, node_id))

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
        scan = queries.RecordScan(kind, group, due_max, after, limit)
        with self._readers.snapshot() as connection:
            return [record_of(row) for row in queries.records(connection, scan)]

    def record(self, kind: str, key: str) -> Record | None:
        """See `GraphStore.record`."""
        with self._readers.snapshot() as connection:
            rows = queries.record(connection, kind, key)
        return record_of(rows[0]) if rows else None

    def change_number(self) -> int:
        """See `GraphStore.change_number`."""
        with self._readers.snapshot() as connection:
            return queries.last_time(connection)

    def changed_since(self, kind: str, change_number: int, *, limit: int) -> Sequence[Node] | None:
        """See `GraphStore.changed_since`. What it costs depends on how many nodes were written, not on how many are."""
        with self._readers.snapshot() as connection:
            row_ids = queries.written_since(connection, change_number, limit)
            if row_ids is None:
                return None
            nodes = nodes_of(connection, queries.nodes_by_row(connection, row_ids, None))
        return [node for node in nodes if node.id.kind == kind]

    @contextmanager
    def frozen(self) -> Iterator[FrozenStore]:
        """See `GraphStore.frozen`. The process must not fork meanwhile."""
        with frozen(self._path) as state:
            yield state

    def load(self, actions: Sequence[Action]) -> int:
        """See `GraphStore.load`. All that is new is one commit."""
        with self.frozen() as present:
            fresh = new_actions(actions, present)
        self._writer.load(fresh)
        return len(fresh)

    # --- forks; see `forks.Forkable` --------------------------------------------------------------------------

    def hold(self) -> None:
        """Let go of all connections before a fork."""
        self._writer.hold()
        self._readers.hold()

    def resume(self) -> None:
        """Go on in the process that forked."""
        self._readers.resume()
        self._writer.resume()

    def start_afresh(self) -> None:
        """Go on in the child."""
        self._readers.start_afresh()
        self._writer.start_afresh()


def _system_clock() -> int:
    return time.time_ns() // 1000


def _migrated(connection: sqlite3.Connection) -> int:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("BEGIN IMMEDIATE")
    version = upgrade(connection)
    connection.execute("COMMIT")
    return version
