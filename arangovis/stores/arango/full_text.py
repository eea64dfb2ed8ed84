"""Migration to schema version 2: the words of nodes that were written before, and who wrote them as text that sorts.

Nodes come in pages by the time of their version; one that is done is told by its `actor_key`, so a migration that died
goes on where it was. A node that somebody changes meanwhile is done by that change.
"""

from typing import Any

from arangovis.domain.errors import StoreUnavailable
from arangovis.stores.arango import reads
from arangovis.stores.arango.aql import Query
from arangovis.stores.arango.commit import EMPTY_KEEP_S, index_marks, indexed_of, property_rows
from arangovis.stores.arango.connection import Connection
from arangovis.stores.arango.documents import Row, loaded, record_of
from arangovis.stores.arango.places import VERTEX_COLLECTIONS
from arangovis.stores.arango.problems import Collision
from arangovis.stores.arango.properties import Stored, stored_properties
from arangovis.stores.arango.reads import NO_LIMIT, RecordScan
from arangovis.stores.arango.sortable import text_key
from arangovis_schema import BUILT_IN, VertexKind
from arangovis_schema.declarations import vertex_kind_of

NODES_PER_PAGE = 200
TRIES_MAX = 20


def add_words(connection: Connection) -> None:
    """Write words beside the searchable values of all nodes that have none yet.

    Raises:
        StoreUnavailable: others kept changing the same nodes.

    """
    kinds = dict(BUILT_IN.vertices) | {kind.name: kind for kind in _declared(connection)}
    for collection in VERTEX_COLLECTIONS:
        after = 0
        while rows := _page(connection, collection, after):
            after = rows[-1]["valid_from"]
            _write(connection, collection, rows, kinds)


def _declared(connection: Connection) -> list[VertexKind]:
    query = Query()
    reads.add_scans(query, [RecordScan("kind", "vertex")], NO_LIMIT)
    ((found,),) = _asked(connection, query)
    return [vertex_kind_of(record_of(row).data) for row in found]


def _page(connection: Connection, collection: str, after: int) -> list[Row]:
    query = Query()
    query.part("migrate_page", {"@vertices": collection, "after": after, "limit": NODES_PER_PAGE})
    (rows,) = _asked(connection, query)
    return rows


def _write(connection: Connection, collection: str, rows: list[Row], kinds: dict[str, VertexKind]) -> None:
    done, places = [], []
    for row in rows:
        searchable = [] if row["deleted"] else stored_properties(kinds[row["kind"]], row["project"], loaded(row))
        indexed = indexed_of(searchable)
        new = row | index_marks(indexed)
        done.append(_changes(new, searchable))
        places += property_rows(new, indexed, row)
    query = Query()
    query.let("fresh", "true")
    query.let("time", "0")
    query.part("migrate_nodes", {"@vertices": collection, "nodes": done}, hidden=True)
    if places:
        query.part("commit_properties", {"properties": places, "keep_s": EMPTY_KEEP_S}, hidden=True)
    _patiently(connection, query)


def _changes(row: Row, searchable: list[Stored]) -> Row:
    return {
        "_key": row["_key"],
        "_rev": row["_rev"],
        "slots": row["slots"],
        "searchable": row["searchable"],
        "actor_key": text_key(row["actor"]),
        "properties": [item._asdict() for item in searchable],
    }


def _patiently(connection: Connection, query: Query) -> None:
    """Write a page; where somebody changed one of its nodes nothing is written, and the next page has the rest."""
    for _ in range(TRIES_MAX):
        try:
            _asked(connection, query)
        except Collision:
            continue
        return
    raise StoreUnavailable("the store is busy with other changes; migrate again")


def _asked(connection: Connection, query: Query) -> list[list[Any]]:
    parts: list[list[Any]] = connection.run(query.text, query.binds)["parts"]
    return parts


__all__ = ["add_words"]
