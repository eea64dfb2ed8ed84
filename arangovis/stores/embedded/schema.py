"""Tables and their migrations.

Times are microseconds since 1970. Nodes have an integer id inside; `kind` and `key` are what the outside knows.
Integer ids grow with time of creation, and with the key inside one action: so newest first is by integer id, and
the search projection need not repeat when a node was created. Whoever fills a store from elsewhere keeps to that.
Versions carry only the time of the action that wrote them; `action` knows the rest. Current versions and replaced
ones live apart, so that questions about now never walk over history.
"""

import sqlite3
from collections.abc import Callable, Iterator

from arangovis.domain.errors import Conflict
from arangovis.domain.json import decode
from arangovis.domain.words import node_words
from arangovis.stores.embedded.properties import WORDS, words_name
from arangovis_schema import BUILT_IN, SCHEMA_VERSION, VertexKind
from arangovis_schema.declarations import vertex_kind_of

_FIRST = """
CREATE TABLE action (
    time INTEGER PRIMARY KEY, action_id TEXT NOT NULL, actor TEXT NOT NULL, request_id TEXT NOT NULL
);
CREATE TABLE node (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, key TEXT NOT NULL, project TEXT, number INTEGER NOT NULL,
    valid_from INTEGER NOT NULL, deleted INTEGER NOT NULL, created INTEGER NOT NULL, document BLOB NOT NULL,
    UNIQUE (kind, key)
);
CREATE INDEX node_by_kind ON node (kind);
CREATE TABLE node_version (
    node INTEGER NOT NULL, number INTEGER NOT NULL, project TEXT, valid_from INTEGER NOT NULL,
    valid_to INTEGER NOT NULL, deleted INTEGER NOT NULL, document BLOB NOT NULL,
    UNIQUE (node, number)
);
CREATE TABLE edge (
    source INTEGER NOT NULL, kind TEXT NOT NULL, target INTEGER NOT NULL, role TEXT NOT NULL,
    number INTEGER NOT NULL, valid_from INTEGER NOT NULL, deleted INTEGER NOT NULL, document BLOB,
    PRIMARY KEY (source, kind, target, role)
) WITHOUT ROWID;
-- Holds every column: going upstream, the usual question, never looks a row up twice.
CREATE INDEX edge_into ON edge (target, kind, source, role, number, valid_from, deleted, document);
CREATE TABLE edge_version (
    source INTEGER NOT NULL, kind TEXT NOT NULL, target INTEGER NOT NULL, role TEXT NOT NULL,
    number INTEGER NOT NULL, valid_from INTEGER NOT NULL, valid_to INTEGER NOT NULL, deleted INTEGER NOT NULL,
    document BLOB,
    PRIMARY KEY (source, kind, target, role, number)
) WITHOUT ROWID;
CREATE INDEX edge_version_into ON edge_version (target, kind, source, role);
-- `name` is kind.field or kind.field.member; `type` keeps numbers, texts and booleans apart (see properties.py).
CREATE TABLE property (
    node INTEGER NOT NULL, name TEXT NOT NULL, type INTEGER NOT NULL, value NOT NULL,
    PRIMARY KEY (node, name, type, value)
) WITHOUT ROWID;
-- The same by value, of the nodes up to `indexed.node`. Each new node would touch a page of it for each of its
-- values, which costs more than all the rest of a commit; so the last few nodes are added together, in order.
CREATE TABLE property_by_value (
    name TEXT NOT NULL, type INTEGER NOT NULL, value NOT NULL, node INTEGER NOT NULL,
    PRIMARY KEY (name, type, value, node)
) WITHOUT ROWID;
CREATE TABLE indexed (node INTEGER NOT NULL);
INSERT INTO indexed VALUES (0);
CREATE TABLE record (
    kind TEXT NOT NULL, key TEXT NOT NULL, "group" TEXT NOT NULL, due INTEGER NOT NULL, data BLOB NOT NULL,
    PRIMARY KEY (kind, key)
) WITHOUT ROWID;
CREATE INDEX record_by_due ON record (kind, "group", due, key);
"""

_WORDS = """
-- Finds nodes by word, as `property_by_value` finds them by value, and lags behind as it does. The words are ours (see
-- domain/words.py), separated by blanks, and this tokenizer takes whatever is between blanks as one token.
CREATE VIRTUAL TABLE words_index USING fts5(
    words, content = '', detail = none, columnsize = 0, tokenize = "ascii tokenchars _"
);
-- Tells live nodes apart, so that those who walk a kind need not look at each.
DROP INDEX node_by_kind;
CREATE INDEX node_by_kind ON node (kind, deleted);
"""
_LIVE_NODES = "SELECT id, document FROM node WHERE kind = ? AND NOT deleted"
_ADD_WORDS = "INSERT INTO property VALUES (?, ?, ?, ?)"
_INDEX_WORDS = (
    "INSERT INTO words_index (rowid, words) SELECT node, value FROM property"
    " WHERE type = ? AND node <= (SELECT node FROM indexed) ORDER BY node"
)


def _create(connection: sqlite3.Connection) -> None:
    for statement in _FIRST.split(";\n"):
        connection.execute(statement)


def _add_words(connection: sqlite3.Connection) -> None:
    for statement in _WORDS.split(";\n"):
        connection.execute(statement)
    for kind in _vertex_kinds(connection):
        connection.executemany(_ADD_WORDS, _words_of(connection, kind))
    connection.execute(_INDEX_WORDS, (WORDS,))


def _words_of(connection: sqlite3.Connection, kind: VertexKind) -> Iterator[tuple[int, str, int, str]]:
    for row_id, document in connection.execute(_LIVE_NODES, (kind.name,)):
        words = node_words(kind, decode(document))
        if words:
            yield row_id, words_name(kind.name), WORDS, words


def _vertex_kinds(connection: sqlite3.Connection) -> list[VertexKind]:
    rows = connection.execute("SELECT data FROM record WHERE kind = 'kind' AND \"group\" = 'vertex'").fetchall()
    declared = [vertex_kind_of(decode(row[0])) for row in rows]
    return [*BUILT_IN.vertices.values(), *declared]


MIGRATIONS: dict[int, Callable[[sqlite3.Connection], None]] = {1: _create, 2: _add_words}
"""What brings a database from the version before to this one; the caller holds the transaction."""


def version_of(connection: sqlite3.Connection) -> int:
    """Return the schema version of a database; 0 for an empty one."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def upgrade(connection: sqlite3.Connection) -> int:
    """Apply the migrations that are missing, inside the caller's transaction, and return the version reached.

    Raises:
        Conflict: the database is newer than this code.

    """
    present = version_of(connection)
    if present > SCHEMA_VERSION:
        raise Conflict(f"the store has schema version {present}; this program knows {SCHEMA_VERSION}: upgrade it")
    for version in range(present + 1, SCHEMA_VERSION + 1):
        MIGRATIONS[version](connection)
    if present < SCHEMA_VERSION:
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION:d}")
    return SCHEMA_VERSION
