# ruff: noqa: S608  statements are put together from constants; every value is bound
"""One state of the database for copying, in one long read transaction.

Versions lie in order of their things, not of time, so they are sorted, by SQLite, in temporary
files. While the transaction is open the write-ahead log is not cut back: it grows with what others write.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from arangovis.domain.graph import Action, Edge, EdgeId, Node, Record, Version
from arangovis.domain.ids import NodeId
from arangovis.domain.json import decode
from arangovis.stores.embedded import queries
from arangovis.stores.embedded.connection import open_reader, unavailable
from arangovis.stores.embedded.rows import RECORD_COLUMNS, Row, attributes_of, record_of
from arangovis.stores.frozen import FrozenStore

_PERIOD = "time > ? AND time <= ?"
_ACTIONS = f"SELECT time, action_id, actor, request_id FROM action WHERE {_PERIOD} ORDER BY time"
_COUNT = f"SELECT count(*) FROM action WHERE {_PERIOD}"
_NODES = """
SELECT n.valid_from, n.kind, n.key, n.project, n.number, n.deleted, n.created, n.document
FROM node n WHERE n.valid_from > ?1 AND n.valid_from <= ?2
UNION ALL
SELECT v.valid_from, n.kind, n.key, v.project, v.number, v.deleted, n.created, v.document
FROM node_version v CROSS JOIN node n ON n.id = v.node WHERE v.valid_from > ?1 AND v.valid_from <= ?2
ORDER BY 1, 2, 3
"""
_ENDS = "CROSS JOIN node s ON s.id = e.source CROSS JOIN node t ON t.id = e.target"
_EDGE_COLUMNS = "e.valid_from, e.kind, s.kind, s.key, t.kind, t.key, e.role, e.number, e.deleted, e.document"
_EDGES = f"""
SELECT {_EDGE_COLUMNS} FROM edge e {_ENDS} WHERE e.valid_from > ?1 AND e.valid_from <= ?2
UNION ALL
SELECT {_EDGE_COLUMNS} FROM edge_version e {_ENDS} WHERE e.valid_from > ?1 AND e.valid_from <= ?2
ORDER BY 1, 2, 3, 4, 5, 6, 7
"""
_RECORDS = f'SELECT {RECORD_COLUMNS} FROM record WHERE kind = ? ORDER BY "group", due, key'


class EmbeddedFrozen(FrozenStore):
    """What one read transaction sees."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.at = queries.last_time(connection)

    def actions(self, *, after: int = 0, until: int | None = None) -> Iterator[Action]:
        """Merge actions, node versions and edge versions, which all come in order of time."""
        period = (after, self.at if until is None else until)
        nodes = _Sorted(self._connection.execute(_NODES, period))
        edges = _Sorted(self._connection.execute(_EDGES, period))
        for time, action_id, actor, request_id in self._connection.execute(_ACTIONS, period):
            version = Version(1, time, None, actor, request_id, action_id)
            written = tuple(_node(row, version) for row in nodes.at(time))
            linked = tuple(_edge(row, version) for row in edges.at(time))
            yield Action(time, action_id, actor, request_id, written, linked)

    def action_count(self, *, after: int = 0, until: int | None = None) -> int:
        """Count the rows of actions."""
        period = (after, self.at if until is None else until)
        return int(self._connection.execute(_COUNT, period).fetchone()[0])

    def records(self, kind: str) -> Iterator[Record]:
        """Walk the index of records."""
        return map(record_of, self._connection.execute(_RECORDS, (kind,)))


@contextmanager
def frozen(path: Path) -> Iterator[EmbeddedFrozen]:
    """Open a connection of its own; see `GraphStore.frozen`."""
    try:
        connection = open_reader(path)
        try:
            connection.execute("PRAGMA temp_store = FILE")  # what is sorted is as large as the database
            connection.execute("BEGIN")
            yield EmbeddedFrozen(connection)
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise unavailable(error) from error


class _Sorted:
    """Rows whose first column, a time, never falls, taken time by time."""

    def __init__(self, rows: Iterator[Row]) -> None:
        self._rows = rows
        self._next: Row | None = next(rows, None)

    def at(self, time: int) -> Iterator[Row]:
        while self._next is not None and self._next[0] == time:
            yield self._next
            self._next = next(self._rows, None)


def _node(row: Row, version: Version) -> Node:
    _, kind, key, project, number, deleted, created, document = row
    own = version._replace(number=number, deleted=bool(deleted))
    return Node(NodeId(kind, key), project, decode(document), own, created)


def _edge(row: Row, version: Version) -> Edge:
    _, kind, source_kind, source_key, target_kind, target_key, role, number, deleted, document = row
    edge_id = EdgeId(kind, NodeId(source_kind, source_key), NodeId(target_kind, target_key), role)
    return Edge(edge_id, attributes_of(document), version._replace(number=number, deleted=bool(deleted)))
