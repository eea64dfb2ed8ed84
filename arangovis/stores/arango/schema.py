"""Collections, indexes and the named graph, made from the declarations; and what brings a database up to date.

Everything is made only where it is missing, so several processes may do it at once, and one that died half-way is
finished by the next. The version is written last.
"""

from collections.abc import Callable, Iterator
from typing import Any

from arangovis.domain.errors import Conflict, StoreUnavailable
from arangovis.stores.arango.aql import Query
from arangovis.stores.arango.connection import Connection, Database
from arangovis.stores.arango.full_text import add_words
from arangovis.stores.arango.places import (
    CUSTOM_EDGE,
    EDGE_COLLECTIONS,
    GRAPH,
    VERTEX_COLLECTIONS,
)
from arangovis.stores.arango.problems import Collision, Missing, Unanswered
from arangovis.stores.arango.server import Server
from arangovis_schema import BUILT_IN, SCHEMA_VERSION
from arangovis_schema.kinds import ANY_KIND

PLAIN_COLLECTIONS = ("node_version", "edge_version", "property", "record", "action", "receipt", "meta")


def _persistent(name: str, *fields: str) -> dict[str, Any]:
    return {"type": "persistent", "name": name, "fields": list(fields), "inBackground": True}


_WRITTEN = _persistent("written", "valid_from")
_EXPIRY: dict[str, Any] = {"type": "ttl", "name": "expiry", "fields": ["expires"], "expireAfter": 0}

INDEXES: dict[str, tuple[dict[str, Any], ...]] = {
    **dict.fromkeys(VERTEX_COLLECTIONS, (_persistent("newest", "kind", "deleted", "created", "order"), _WRITTEN)),
    **dict.fromkeys(
        EDGE_COLLECTIONS,
        (
            _persistent("alive_out", "_from", "alive_to", "alive_from"),
            _persistent("alive_in", "_to", "alive_to", "alive_from"),
            _persistent("page_out", "_from", "kind", "edge"),
            _persistent("page_in", "_to", "kind", "edge"),
            _WRITTEN,
        ),
    ),
    "node_version": (_persistent("history", "node", "valid_from"), _WRITTEN),
    "edge_version": (_persistent("history", "edge", "valid_from"), _WRITTEN),
    "property": (_persistent("by_value", "kind", "name", "type", "value", "created", "order"), _EXPIRY),
    "record": (_persistent("by_place", "kind", "place"), _EXPIRY),
    "action": ({**_persistent("by_time", "time"), "unique": True},),
    "receipt": (_EXPIRY,),
}


def migrate(server: Server) -> int:
    """See `GraphStore.migrate`. On a database that is up to date it is one call."""
    try:
        present = _version(server)
        if present > SCHEMA_VERSION:
            raise Conflict(f"the store has schema version {present}; this program knows {SCHEMA_VERSION}: upgrade it")
        if present < SCHEMA_VERSION:
            create(server.connection)
            for version in range(max(present, 1) + 1, SCHEMA_VERSION + 1):
                MIGRATIONS[version](server.connection)
            _write_version(server)
    except Unanswered:
        raise StoreUnavailable("the store does not answer") from None
    return SCHEMA_VERSION


def _version(server: Server) -> int:
    """Return the schema version of a database; 0 for an empty one."""
    query = Query()
    query.part("read_meta", {})
    try:
        (found,) = server.ask(query)
    except Missing:
        return 0
    return int(found[0]) if found else 0


def _write_version(server: Server) -> None:
    query = Query()
    query.part("write_meta", {"version": SCHEMA_VERSION}, hidden=True)
    try:
        server.ask(query)
    except Collision:
        return  # another process wrote it at the same time


def create(connection: Connection) -> None:
    """Make what is missing of the collections, the indexes and the graph; in an empty database that is all."""
    for make in _steps():
        connection.patiently(make)


def _steps() -> Iterator[Callable[[Database], None]]:
    """Yield what makes the schema, each part where it is missing."""
    yield lambda database: database.ensure_graph(GRAPH, edge_definitions())
    for name in PLAIN_COLLECTIONS:
        yield lambda database, name=name: database.ensure_collection(name)  # type: ignore[misc]
    for name, indexes in INDEXES.items():
        for index in indexes:
            yield lambda database, name=name, index=index: database.ensure_index(name, index)  # type: ignore[misc]


MIGRATIONS: dict[int, Callable[[Connection], None]] = {2: add_words}
"""What changes the documents of the version before to those of this one, once `create` has made what they need."""


def edge_definitions() -> list[dict[str, Any]]:
    """Return the relations of the named graph; it makes their collections."""
    every = list(VERTEX_COLLECTIONS)
    declared = [
        {
            "edge_collection": kind.name,
            "from_vertex_collections": every if ANY_KIND in kind.sources else list(kind.sources),
            "to_vertex_collections": every if ANY_KIND in kind.targets else list(kind.targets),
        }
        for kind in BUILT_IN.edge_kinds
    ]
    custom = {"edge_collection": CUSTOM_EDGE, "from_vertex_collections": every, "to_vertex_collections": every}
    return [*declared, custom]
