"""What an action wrote becomes rows: new versions beside the ones they replace, the search projection, records."""

import sqlite3
from collections.abc import Callable, Iterable

from arangovis.domain.errors import Conflict
from arangovis.domain.graph import Caller, Record
from arangovis.domain.json import encode
from arangovis.stores.embedded.properties import WORDS, Stored, stored_properties
from arangovis.stores.embedded.rows import edge_document
from arangovis.stores.embedded.transaction import EmbeddedTransaction
from arangovis.stores.transaction import Draft

_ACTION = "INSERT INTO action (time, action_id, actor, request_id) VALUES (?, ?, ?, ?)"
_NEW_NODE = "INSERT INTO node VALUES (?, ?, ?, ?, 1, ?, ?, ?, ?)"
_KEEP_NODE = (
    "INSERT INTO node_version SELECT id, number, project, valid_from, ?, deleted, document FROM node WHERE id = ?"
)
_CHANGE_NODE = (
    "UPDATE node SET project = ?, number = number + 1, valid_from = ?, deleted = ?, document = ? WHERE id = ?"
)
_NEW_PROPERTY = "INSERT OR IGNORE INTO property VALUES (?, ?, ?, ?)"
_PROPERTIES = "SELECT name, type, value FROM property WHERE node = ?"
_NEW_INDEXED = "INSERT OR IGNORE INTO property_by_value (node, name, type, value) VALUES (?, ?, ?, ?)"
_DROP_INDEXED = "DELETE FROM property_by_value WHERE node = ? AND name = ? AND type = ? AND value = ?"
_DROP_PROPERTY = "DELETE FROM property WHERE node = ? AND name = ? AND type = ? AND value = ?"
_NEW_EDGE = "INSERT INTO edge VALUES (?, ?, ?, ?, 1, ?, ?, ?)"
_KEEP_EDGE = (
    "INSERT INTO edge_version SELECT source, kind, target, role, number, valid_from, ?, deleted, document"
    " FROM edge WHERE source = ? AND kind = ? AND target = ? AND role = ?"
)
_CHANGE_EDGE = (
    "UPDATE edge SET number = number + 1, valid_from = ?, deleted = ?, document = ?"
    " WHERE source = ? AND kind = ? AND target = ? AND role = ?"
)
_PUT_RECORD = (
    "INSERT INTO record VALUES (?, ?, ?, ?, ?) ON CONFLICT (kind, key)"
    ' DO UPDATE SET "group" = excluded."group", due = excluded.due, data = excluded.data'
)
_REMOVE_RECORD = "DELETE FROM record WHERE kind = ? AND key = ?"
_LAST = "SELECT (SELECT max(time) FROM action), (SELECT max(id) FROM node), (SELECT node FROM indexed)"
_INDEX_PROPERTIES = (
    "INSERT INTO property_by_value SELECT name, type, value, node FROM property WHERE node > ? AND type < ?"
    " ORDER BY 1, 2, 3, 4"
)
_INDEX_WORDS = (
    "INSERT INTO words_index (rowid, words) SELECT node, value FROM property WHERE node > ? AND type = ? ORDER BY node"
)
_NEW_WORDS = "INSERT INTO words_index (rowid, words) VALUES (?, ?)"
_DROP_WORDS = "INSERT INTO words_index (words_index, rowid, words) VALUES ('delete', ?, ?)"
_INDEXED = "UPDATE indexed SET node = ?"

INDEX_LAG_MAX = 128
"""How many of the last nodes are not in the index by value; a search looks at each of them."""


class Numbers:
    """Hands out action times and integer ids inside one SQLite transaction, which nobody else writes during."""

    def __init__(self, connection: sqlite3.Connection, clock: Callable[[], int]) -> None:
        time, row_id, indexed = connection.execute(_LAST).fetchone()
        self.indexed: int = indexed
        """The last node whose properties are indexed by value."""
        self._connection = connection
        self._time: int = time or 0
        self._row_id: int = row_id or 0
        self._clock = clock

    def next_time(self) -> int:
        """Return the clock's time, or one microsecond after the last action if the clock is not later."""
        self._time = max(self._clock(), self._time + 1)
        return self._time

    def next_stamp(self, given: tuple[int, str] | None) -> tuple[int, str]:
        """Return the time and the id of an action: new ones, or those it had in another store.

        Raises:
            Conflict: a given time is not later than that of the last action.

        """
        if given is None:
            time = self.next_time()
            return time, f"{time:x}"
        if given[0] <= self._time:
            raise Conflict(f"the actions are not in order of time at {given[0]}")
        self._time = given[0]
        return given

    def next_row_id(self) -> int:
        """Return the integer id of a new node."""
        self._row_id += 1
        return self._row_id

    def index_properties(self) -> None:
        """Index the properties of the last nodes by value, if they have become many. To be done last."""
        if self._row_id - self.indexed > INDEX_LAG_MAX:
            self._connection.execute(_INDEX_PROPERTIES, (self.indexed, WORDS))
            self._connection.execute(_INDEX_WORDS, (self.indexed, WORDS))
            self._connection.execute(_INDEXED, (self._row_id,))


def flush(transaction: EmbeddedTransaction, caller: Caller, numbers: Numbers) -> None:
    """Write all that an action wrote.

    Raises:
        Conflict: the time that it brings is not later than the last one.
        InvalidInput: a document is not JSON.
        OverflowError: an integer does not fit 64 bits.
        sqlite3.IntegrityError: a node that is new by its random id is there already.
        sqlite3.Error: the database failed.

    """
    writes = transaction.writes
    if writes.touches_graph:
        time, action_id = numbers.next_stamp(transaction.stamp)
        transaction.connection.execute(_ACTION, (time, action_id, caller.actor, caller.request_id))
        _write_nodes(transaction, time, numbers)
        _write_edges(transaction, time)
    if writes.records:
        _write_records(transaction.connection, writes.records.items())


def _write_nodes(transaction: EmbeddedTransaction, time: int, numbers: Numbers) -> None:
    rows: list[tuple[object, ...]] = []
    properties: list[tuple[object, ...]] = []
    for draft in sorted(transaction.writes.nodes.values(), key=_key):
        if not transaction.is_new(draft.id):
            _change_node(transaction, draft, time, numbers)
            continue
        row_id = transaction.row_ids[draft.id] = numbers.next_row_id()
        document = encode(draft.attributes)
        rows.append((row_id, draft.id.kind, draft.id.key, draft.project, time, draft.deleted, time, document))
        properties += [(row_id, *item) for item in _properties(transaction, draft)]
    transaction.connection.executemany(_NEW_NODE, rows)
    transaction.connection.executemany(_NEW_PROPERTY, properties)


def _key(draft: Draft) -> str:
    return draft.id.key


def _change_node(transaction: EmbeddedTransaction, draft: Draft, time: int, numbers: Numbers) -> None:
    connection, row_id = transaction.connection, transaction.row_ids[draft.id]
    connection.execute(_KEEP_NODE, (time, row_id))
    connection.execute(_CHANGE_NODE, (draft.project, time, draft.deleted, encode(draft.attributes), row_id))
    before = set(connection.execute(_PROPERTIES, (row_id,)))
    after = set(_properties(transaction, draft))
    gone, new = ([(row_id, *item) for item in items] for items in (before - after, after - before))
    connection.executemany(_DROP_PROPERTY, gone)
    connection.executemany(_NEW_PROPERTY, new)
    if row_id <= numbers.indexed:
        connection.executemany(_DROP_INDEXED, _valued(gone))
        connection.executemany(_NEW_INDEXED, _valued(new))
        connection.executemany(_DROP_WORDS, _worded(gone))
        connection.executemany(_NEW_WORDS, _worded(new))


def _valued(rows: Iterable[tuple[object, ...]]) -> list[tuple[object, ...]]:
    return [row for row in rows if row[2] != WORDS]


def _worded(rows: Iterable[tuple[object, ...]]) -> list[tuple[object, ...]]:
    return [(row[0], row[3]) for row in rows if row[2] == WORDS]


def _properties(transaction: EmbeddedTransaction, draft: Draft) -> Iterable[Stored]:
    if draft.deleted:
        return ()
    return stored_properties(transaction.vertex_kind(draft.id.kind, retired=True), draft.project, draft.attributes)


def _write_edges(transaction: EmbeddedTransaction, time: int) -> None:
    rows: list[tuple[object, ...]] = []
    for edge_id, draft in transaction.writes.edges.items():
        source, target = transaction.row_ids[edge_id.source], transaction.row_ids[edge_id.target]
        place = (source, edge_id.kind, target, edge_id.role)
        document = edge_document(draft.attributes)
        if not transaction.stored_edges or edge_id not in transaction.stored_edges:
            rows.append((*place, time, draft.deleted, document))
            continue
        transaction.connection.execute(_KEEP_EDGE, (time, *place))
        transaction.connection.execute(_CHANGE_EDGE, (time, draft.deleted, document, *place))
    transaction.connection.executemany(_NEW_EDGE, rows)


def _write_records(connection: sqlite3.Connection, written: Iterable[tuple[tuple[str, str], Record | None]]) -> None:
    for place, record in written:
        if record is None:
            connection.execute(_REMOVE_RECORD, place)
        else:
            connection.execute(_PUT_RECORD, (*place, record.group, record.due, encode(record.data)))
