"""From rows to values. Versions are shared between the rows of one action, which is what makes large answers cheap."""

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

import orjson

from arangovis.domain.graph import Edge, EdgeId, Node, Record, Version
from arangovis.domain.ids import NodeId
from arangovis.domain.json import EMPTY, Document, decode, encode

Row: TypeAlias = tuple[Any, ...]

NODE_COLUMNS = "n.id, n.kind, n.key, n.project, n.number, n.valid_from, NULL, n.deleted, n.created, n.document"
NODE_VERSION_COLUMNS = (
    "n.id, n.kind, n.key, v.project, v.number, v.valid_from, v.valid_to, v.deleted, n.created, v.document"
)
EDGE_COLUMNS = "e.source, e.target, e.kind, e.role, e.number, e.valid_from, NULL, e.document"
EDGE_VERSION_COLUMNS = "e.source, e.target, e.kind, e.role, e.number, e.valid_from, e.valid_to, e.document"
RECORD_COLUMNS = 'kind, key, "group", due, data'

_EMPTY_BYTES = b"{}"
_ACTIONS = "SELECT time, action_id, actor, request_id FROM json_each(?) CROSS JOIN action ON time = value"


def listed(values: Iterable[object]) -> str:
    """Return a list as the JSON text that `json_each` reads, so that one bound value carries any number."""
    return orjson.dumps(list(values)).decode()


def node_id_of(row: Row) -> NodeId:
    """Return the id of a node's row."""
    return NodeId(row[1], row[2])


def nodes_of(connection: sqlite3.Connection, rows: Sequence[Row]) -> list[Node]:
    """Return the nodes of rows of NODE_COLUMNS."""
    versions = _Versions(connection, {row[5] for row in rows})
    return [
        Node(NodeId(kind, key), project, decode(document), versions.of(number, valid_from, valid_to, deleted), created)
        for _, kind, key, project, number, valid_from, valid_to, deleted, created, document in rows
    ]


def edges_of(connection: sqlite3.Connection, rows: Sequence[Row], ends: dict[int, NodeId]) -> list[Edge]:
    """Return the edges of rows of EDGE_COLUMNS; `ends` holds the ids of their nodes."""
    versions = _Versions(connection, {row[5] for row in rows})
    return [
        Edge(
            EdgeId(kind, ends[source], ends[target], role),
            attributes_of(document),
            versions.of(number, valid_from, valid_to, 0),
        )
        for source, target, kind, role, number, valid_from, valid_to, document in rows
    ]


def record_of(row: Row) -> Record:
    """Return the record of a row of RECORD_COLUMNS."""
    kind, key, group, due, data = row
    return Record(kind, key, group, due, decode(data))


def attributes_of(document: bytes | None) -> Document:
    """Return the attributes of an edge, most of which have none."""
    return EMPTY if document is None else decode(document)


def edge_document(attributes: Document) -> bytes | None:
    """Return what is stored for an edge's attributes."""
    document = encode(attributes) if attributes else _EMPTY_BYTES
    return None if document == _EMPTY_BYTES else document


class _Versions:
    """Makes versions of an answer, one object for all rows that share it."""

    def __init__(self, connection: sqlite3.Connection, times: set[int]) -> None:
        rows = connection.execute(_ACTIONS, (listed(times),)) if times else ()
        self._actions: dict[int, tuple[str, str, str]] = {row[0]: row[1:] for row in rows}
        self._made: dict[tuple[int, int, int | None, int], Version] = {}

    def of(self, number: int, valid_from: int, valid_to: int | None, deleted: int) -> Version:
        key = (number, valid_from, valid_to, deleted)
        made = self._made.get(key)
        if made is None:
            action_id, actor, request_id = self._actions[valid_from]
            made = Version(number, valid_from, valid_to, actor, request_id, action_id, bool(deleted))
            self._made[key] = made
        return made
