"""From rows to values. Versions are shared between the rows of one action, which is what makes large answers cheap."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any, TypeAlias

import orjson

from arangovis.domain.graph import Edge, EdgeId, Node, Record, Version
from arangovis.domain.ids import NodeId
from arangovis.domain.json import EMPTY, Document, decode, decode_many, encode

Row: TypeAlias = tuple[Any, ...]

NODE_COLUMNS = "n.id, n.kind, n.key, n.project, n.number, n.valid_from, NULL, n.deleted, n.created, n.document"
NODE_VERSION_COLUMNS = (
    "n.id, n.kind, n.key, v.project, v.number, v.valid_from, v.valid_to, v.deleted, n.created, v.document"
)
EDGE_COLUMNS = "e.source, e.target, e.kind, e.role, e.number, e.valid_from, NULL, e.deleted, e.document"
EDGE_VERSION_COLUMNS = "e.source, e.target, e.kind, e.role, e.number, e.valid_from, e.valid_to, e.deleted, e.document"
_VERSION = itemgetter(slice(4, 8))
"""The number, valid_from, valid_to and deleted of a row of either."""
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
    documents = decode_many([row[9] for row in rows])
    return [
        Node(NodeId(row[1], row[2]), row[3], document, version, row[8])
        for row, document, version in zip(rows, documents, _versions_of(connection, rows), strict=True)
    ]


def edges_of(connection: sqlite3.Connection, rows: Sequence[Row], ends: Mapping[int, NodeId]) -> list[Edge]:
    """Return the edges of rows of EDGE_COLUMNS; `ends` holds the ids of their nodes."""
    return [
        Edge(EdgeId(row[2], ends[row[0]], ends[row[1]], row[3]), EMPTY if row[8] is None else decode(row[8]), version)
        for row, version in zip(rows, _versions_of(connection, rows), strict=True)
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


def _versions_of(connection: sqlite3.Connection, rows: Sequence[Row]) -> Iterator[Version]:
    versions = _Versions(connection, {row[5] for row in rows})
    return map(versions.__getitem__, map(_VERSION, rows))


class _Versions(dict[Row, Version]):
    """Versions by (number, valid_from, valid_to, deleted): one object for all rows of an answer that share it."""

    def __init__(self, connection: sqlite3.Connection, times: set[int]) -> None:
        rows = connection.execute(_ACTIONS, (listed(times),)) if times else ()
        self._actions: dict[int, tuple[str, str, str]] = {row[0]: row[1:] for row in rows}

    def __missing__(self, key: Row) -> Version:
        number, valid_from, valid_to, deleted = key
        action_id, actor, request_id = self._actions[valid_from]
        made = self[key] = Version(number, valid_from, valid_to, actor, request_id, action_id, bool(deleted))
        return made
