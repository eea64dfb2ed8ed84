"""A database that was copied is as one that a store set up itself."""

from typing import Any

from arangovis.stores.arango import ArangoStore
from arangovis_schema import SCHEMA_VERSION
from tests.arango_databases import PATIENCE, Server
from tests.arango_simulator.process import Simulator


def described(database: Any) -> dict[str, Any]:
    """Return all that a database is asked to keep, without what is new in each: ids and revisions."""
    collections = sorted(found["name"] for found in database.collections())
    return {
        "graphs": [
            {name: graph[name] for name in ("name", "edge_definitions", "orphan_collections")}
            for graph in database.graphs()
        ],
        "indexes": {
            name: [{key: value for key, value in index.items() if key != "id"} for index in database[name].indexes()]
            for name in collections
        },
        "properties": {
            name: {key: value for key, value in database[name].properties().items() if key not in ("id", "global_id")}
            for name in collections
        },
        "documents": {
            name: [{key: value for key, value in document.items() if key != "_rev"} for document in database[name]]
            for name in collections
        },
    }


def test_a_copy_is_as_a_database_that_was_set_up(simulator: Simulator) -> None:
    server = Server(simulator.url, simulator.root_password, simulator)
    copied, own = server.migrated(), server.fresh()
    store = ArangoStore(own, patience=PATIENCE)
    store.migrate()
    copy = ArangoStore(copied, patience=PATIENCE)
    simulator.reset_requests()

    assert copy.migrate() == SCHEMA_VERSION

    assert sum(simulator.requests(copied.database).values()) == 1
    assert described(copy._server.connection._database()) == described(store._server.connection._database())
    simulator.copy(own.database, copied.database)  # is one already
    assert len(described(copy._server.connection._database())["documents"]["meta"]) == 1
    for each in (store, copy):
        each.close()
