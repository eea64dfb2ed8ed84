"""A database in memory for the tests of AQL, and short ways to ask it."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.arango_simulator import aql
from tests.arango_simulator.clock import Clock
from tests.arango_simulator.database import Database
from tests.arango_simulator.errors import ArangoError
from tests.arango_simulator.graphs import Graph
from tests.arango_simulator.index_requests import build, definition_of
from tests.arango_simulator.world import EdgeDefinition, QueryOptions, QueryResult

Documents = Sequence[Mapping[str, Any]]


class AqlWorld:
    """Collections of documents to run queries on."""

    def __init__(self, **collections: Documents) -> None:
        self.require_with = False
        self.database = Database("test", clock=Clock(), transaction_idle_s=60, lock_timeout_s=1)
        for name, documents in collections.items():
            self.add(name, documents)

    def add(self, name: str, documents: Documents) -> None:
        """Add a collection; one of edges if its documents have `_from`."""
        edges = any("_from" in document for document in documents)
        self.database.create_collection(name, {"type": 3 if edges else 2})
        with self.database.transaction(write=[name]) as world:
            for document in documents:
                world.insert(name, dict(document))

    def add_index(self, collection: str, *fields: str, **more: Any) -> None:
        """Add a persistent index."""
        definition = definition_of({"type": "persistent", "fields": list(fields), **more})
        build(self.database.collection(collection), definition)

    def add_graph(self, name: str, edges: str, vertices: str) -> None:
        """Add a named graph of one edge and one vertex collection."""
        definition = EdgeDefinition(edges, (vertices,), (vertices,))
        self.database.graphs[name] = Graph(name, (definition,), (), "1")

    def run(self, query: str, binds: Mapping[str, Any] | None = None, **options: Any) -> QueryResult:
        """Run a query in a transaction of its own."""
        binds = binds or {}
        _, written = aql.collections_of(query, binds)
        self.known(written)
        with self.database.transaction(write=written) as world:
            world.require_with = self.require_with  # type: ignore[attr-defined]
            return aql.execute(world, query, binds, QueryOptions(**options))

    def known(self, written: set[str]) -> None:
        """Raise 1203 for a collection that does not exist, as beginning the transaction does."""
        for name in written:
            self.database.collection(name)

    def rows(self, query: str, binds: Mapping[str, Any] | None = None, **options: Any) -> list[Any]:
        """Return the rows of a query."""
        return self.run(query, binds, **options).rows

    def refusal(self, query: str, binds: Mapping[str, Any] | None = None, **options: Any) -> int:
        """Return the number of the error that a query ends with, 0 if it has none."""
        try:
            self.run(query, binds, **options)
        except ArangoError as refusal:
            return refusal.number
        return 0


def value_of(expression: str, binds: Mapping[str, Any] | None = None) -> Any:
    """Return what an expression gives."""
    (value,) = AqlWorld().rows(f"RETURN {expression}", binds)
    return value


def warnings_of(expression: str) -> list[int]:
    """Return the numbers of the warnings of an expression."""
    return [number for number, _ in AqlWorld().run(f"RETURN {expression}").warnings]
