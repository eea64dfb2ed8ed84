"""Creating, changing and dropping named graphs (page "HTTP interface for named graphs")."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from tests.arango_simulator.collection import DOCUMENTS, EDGES
from tests.arango_simulator.database import Database
from tests.arango_simulator.errors import error
from tests.arango_simulator.graphs import Graph, check_definitions
from tests.arango_simulator.world import EdgeDefinition

GRAPHS = "_graphs"


class GraphChanges:
    """Changes the graphs of a database; missing collections are created."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, name: object, definitions: Sequence[EdgeDefinition], orphans: Iterable[str]) -> Graph:
        """Create a graph; 1922 without a name, 1925 if it is taken, 1920 or 1921 if its relations collide."""
        if not isinstance(name, str) or not name:
            raise error(1922)
        with self._database.lock:
            if name in self._database.graphs:
                raise error(1925)
            check_definitions(definitions, self._database.graphs.values())
            joined = {v for d in definitions for v in (*d.sources, *d.targets)}
            alone = tuple(sorted(set(orphans) - joined))
            return self._keep(Graph(name, tuple(definitions), alone, ""))

    def drop(self, name: str, *, with_collections: bool) -> None:
        """Drop a graph, and with it the collections that no other graph uses."""
        with self._database.lock:
            graph = self._database.graph(name)
            del self._database.graphs[name]
            with self._database.transaction(write=[GRAPHS]) as world:
                world.remove(GRAPHS, name, rev=None)
            if with_collections:
                self._drop_unused(graph.collections())

    def add_orphan(self, name: str, collection: object) -> Graph:
        """Add a vertex collection without a relation; 1938 if it is one, 1929 if a relation has it."""
        with self._database.lock:
            graph = self._database.graph(name)
            if not isinstance(collection, str) or not collection:
                raise error(10, "missing 'collection'")
            if collection in graph.orphans:
                raise error(1938)
            if collection in graph.collections():
                raise error(1929)
            return self._keep(replace(graph, orphans=(*graph.orphans, collection)))

    def remove_orphan(self, name: str, collection: str, *, with_collection: bool) -> Graph:
        """Remove a vertex collection; 1928 if a relation has it, 1926 if the graph does not."""
        with self._database.lock:
            graph = self._database.graph(name)
            if collection not in graph.vertex_collections():
                raise error(1926)
            if collection not in graph.orphans:
                raise error(1928)
            kept = tuple(orphan for orphan in graph.orphans if orphan != collection)
            graph = self._keep(replace(graph, orphans=kept))
            if with_collection:
                self._drop_unused([collection])
            return graph

    def add_definition(self, name: str, definition: EdgeDefinition) -> Graph:
        """Add a relation; 1920 if the graph has its edge collection, 1921 if another graph has it with other ends."""
        with self._database.lock:
            graph = self._database.graph(name)
            definitions = (*graph.definitions, definition)
            check_definitions(definitions, self._others(name))
            joined = {*definition.sources, *definition.targets}
            orphans = tuple(orphan for orphan in graph.orphans if orphan not in joined)
            return self._keep(replace(graph, definitions=definitions, orphans=orphans))

    def replace_definition(self, name: str, definition: EdgeDefinition, *, with_collections: bool) -> Graph:
        """Give an edge collection other ends, in all graphs that have it."""
        with self._database.lock:
            graph = self._database.graph(name)
            graph.definition(definition.collection)
            before = set(graph.vertex_collections())
            for each in [graph, *self._others(name)]:
                if definition.collection in each.edge_collections():
                    self._keep(self._with(each, definition))
            after = self._database.graph(name)
            if with_collections:
                self._drop_unused(before - set(after.vertex_collections()))
            return after

    def _with(self, graph: Graph, definition: EdgeDefinition) -> Graph:
        """Vertex collections that lose their relation stay as orphans."""
        changed = tuple(definition if each.collection == definition.collection else each for each in graph.definitions)
        joined = {v for each in changed for v in (*each.sources, *each.targets)}
        orphans = tuple(name for name in graph.vertex_collections() if name not in joined)
        return replace(graph, definitions=changed, orphans=orphans)

    def remove_definition(self, name: str, collection: str, *, with_collection: bool) -> Graph:
        """Remove a relation; its vertex collections stay as orphans."""
        with self._database.lock:
            graph = self._database.graph(name)
            graph.definition(collection)
            kept = tuple(each for each in graph.definitions if each.collection != collection)
            joined = {v for each in kept for v in (*each.sources, *each.targets)}
            orphans = tuple(vertices for vertices in graph.vertex_collections() if vertices not in joined)
            graph = self._keep(replace(graph, definitions=kept, orphans=orphans))
            if with_collection:
                self._drop_unused([collection])
            return graph

    def _others(self, name: str) -> list[Graph]:
        return [graph for graph in self._database.graphs.values() if graph.name != name]

    def _keep(self, graph: Graph) -> Graph:
        """Create the missing collections, and write the graph down in `_graphs` too."""
        for collection in graph.vertex_collections():
            self._ensure(collection, DOCUMENTS)
        for collection in graph.edge_collections():
            self._ensure(collection, EDGES)
        with self._database.transaction(write=[GRAPHS]) as world:
            _, written = world.insert(GRAPHS, graph.described(), overwrite="replace")
        kept = replace(graph, revision=written["_rev"])
        self._database.graphs[graph.name] = kept
        return kept

    def _ensure(self, name: str, kind: int) -> None:
        collections = self._database.collections
        if name not in collections:
            self._database.create_collection(name, {"type": kind})
        elif kind == EDGES and collections[name].type != EDGES:
            raise error(1944, name)

    def _drop_unused(self, names: Iterable[str]) -> None:
        used = {name for graph in self._database.graphs.values() for name in graph.collections()}
        for name in set(names) - used:
            self._database.drop_collection(name)
