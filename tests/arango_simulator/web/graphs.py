"""Named graphs and their vertices and edges (page "HTTP interface for named graphs")."""

from typing import Any

import falcon

from tests.arango_simulator.documents import EDGE_ENDS, split_id
from tests.arango_simulator.errors import ArangoError, error, not_implemented
from tests.arango_simulator.graph_changes import GraphChanges
from tests.arango_simulator.graphs import Graph, parse_definition
from tests.arango_simulator.transaction import Transaction
from tests.arango_simulator.web.context import (
    body_of,
    check_administrator,
    database_of,
    flag,
    succeed,
    transaction_of,
)
from tests.arango_simulator.web.documents import Wanted, identity, key_of, locate, read, revision_of, wanted
from tests.arango_simulator.world import Document


def graph_of(request: falcon.Request, name: str) -> Graph:
    """Return the graph that a path names."""
    return database_of(request).graph(name)


def changes_of(request: falcon.Request) -> GraphChanges:
    """Return what changes graphs, for someone who may."""
    check_administrator(request)
    return GraphChanges(database_of(request))


def changed(request: falcon.Request) -> int:
    """Return the status of a change of a graph: 201 if it was waited for, else 202."""
    return 201 if flag(request, "waitForSync") else 202


def check_options(body: dict[str, Any]) -> None:
    """Raise 501 for smart and satellite graphs."""
    options = body.get("options") or {}
    if body.get("isSmart") or body.get("isDisjoint") or options.get("satellites"):
        raise not_implemented("smart and satellite graphs")


class Graphs:
    """`/_api/gharial`."""

    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
        succeed(response, graphs=[graph.described() for graph in list(database_of(request).graphs.values())])

    def on_post(self, request: falcon.Request, response: falcon.Response) -> None:
        body, changes = body_of(request), changes_of(request)
        check_options(body)
        definitions = [parse_definition(given) for given in body.get("edgeDefinitions") or ()]
        graph = changes.create(body.get("name"), definitions, body.get("orphanCollections") or ())
        succeed(response, changed(request), graph=graph.described())


class OneGraph:
    """`/_api/gharial/<name>`."""

    def on_get(self, request: falcon.Request, response: falcon.Response, name: str) -> None:
        succeed(response, graph=graph_of(request, name).described())

    def on_delete(self, request: falcon.Request, response: falcon.Response, name: str) -> None:
        changes_of(request).drop(name, with_collections=flag(request, "dropCollections"))
        succeed(response, 202, removed=True)


class VertexCollections:
    """`/_api/gharial/<name>/vertex[/<collection>]`."""

    def on_get(self, request: falcon.Request, response: falcon.Response, name: str) -> None:
        succeed(response, collections=graph_of(request, name).vertex_collections())

    def on_post(self, request: falcon.Request, response: falcon.Response, name: str) -> None:
        changes, collection = changes_of(request), body_of(request).get("collection")
        graph = changes.add_orphan(name, collection)
        succeed(response, changed(request), graph=graph.described())

    def on_delete_one(self, request: falcon.Request, response: falcon.Response, name: str, collection: str) -> None:
        changes, drop = changes_of(request), flag(request, "dropCollection")
        graph = changes.remove_orphan(name, collection, with_collection=drop)
        succeed(response, changed(request), graph=graph.described())

    def on_post_one(self, request: falcon.Request, response: falcon.Response, name: str, collection: str) -> None:
        graph_of(request, name).check_vertex_collection(collection)
        insert(request, response, collection, label="vertex", links=None)


class EdgeCollections:
    """`/_api/gharial/<name>/edge[/<collection>]`."""

    def on_get(self, request: falcon.Request, response: falcon.Response, name: str) -> None:
        succeed(response, collections=sorted(graph_of(request, name).edge_collections()))

    def on_post(self, request: falcon.Request, response: falcon.Response, name: str) -> None:
        changes, definition = changes_of(request), parse_definition(body_of(request))
        succeed(response, changed(request), graph=changes.add_definition(name, definition).described())

    def on_put_one(self, request: falcon.Request, response: falcon.Response, name: str, collection: str) -> None:
        changes, definition = changes_of(request), parse_definition(body_of(request))
        if definition.collection != collection:
            raise error(1930)
        drop = flag(request, "dropCollections")
        graph = changes.replace_definition(name, definition, with_collections=drop)
        succeed(response, changed(request), graph=graph.described())

    def on_delete_one(self, request: falcon.Request, response: falcon.Response, name: str, collection: str) -> None:
        changes, drop = changes_of(request), flag(request, "dropCollections")
        graph = changes.remove_definition(name, collection, with_collection=drop)
        succeed(response, changed(request), graph=graph.described())

    def on_post_one(self, request: falcon.Request, response: falcon.Response, name: str, collection: str) -> None:
        graph = graph_of(request, name)
        graph.definition(collection)
        insert(request, response, collection, label="edge", links=graph)


# --- vertices and edges -------------------------------------------------------------------------------------------


def check_ends(world: Transaction, graph: Graph, collection: str, body: Document) -> None:
    """Raise unless the ends of an edge exist.

    Raises 1233 if an end is malformed, 1947 if it is not of the graph, 1906 if not of this relation, 1202 if missing.
    """
    definition = graph.definition(collection)
    for end, allowed in zip(EDGE_ENDS, (definition.sources, definition.targets), strict=True):
        if end not in body:
            continue
        try:
            vertices, key = split_id(body[end])
        except ArangoError:
            raise error(1233) from None
        if vertices not in graph.vertex_collections():
            raise error(1947, vertices)
        if vertices not in allowed:
            raise error(1906, f"{vertices} is not allowed for {end}")
        if world.get(vertices, key) is None:
            raise error(1202)


def status_of(request: falcon.Request, collection: str, *, done: int = 201) -> int:
    """Return the status of a write: `done` if it was waited for that it is on disk, else 202."""
    waited = flag(request, "waitForSync") or database_of(request).collection(collection).wait_for_sync
    return done if waited else 202


def answer(response: falcon.Response, status: int, label: str, parts: dict[str, Any]) -> None:
    """Answer a write: the document's identity under its label, and `old` and `new` if they are wanted."""
    succeed(response, status, **{label: parts.pop("identity")}, **parts)


def parts_of(old: Document | None, new: Document | None, options: Wanted) -> dict[str, Any]:
    """Return what a write answers, by the names of the interface."""
    head = identity(new or old or {})
    if old is not None and new is not None:
        head["_oldRev"] = old["_rev"]
    parts: dict[str, Any] = {"identity": head}
    if options.return_old and old is not None:
        parts["old"] = old
    if options.return_new and new is not None:
        parts["new"] = new
    return parts


def insert(
    request: falcon.Request, response: falcon.Response, collection: str, *, label: str, links: Graph | None
) -> None:
    """Insert a vertex, or an edge whose ends must exist in a graph."""
    body, options, status = body_of(request), wanted(request), status_of(request, collection)
    with transaction_of(request, write=[collection]) as world:
        if links is not None:
            if not all(isinstance(body.get(end), str) for end in EDGE_ENDS):
                raise error(1233)
            check_ends(world, links, collection, body)
        _, new = world.insert(collection, body)
    locate(request, response, identity(new))
    answer(response, status, label, parts_of(None, new, options))


class _Elements:
    """One vertex or edge of a graph."""

    label = ""

    def check(self, graph: Graph, collection: str) -> None:
        """Raise unless the collection is one of the graph."""
        raise NotImplementedError

    def check_body(self, world: Transaction, graph: Graph, collection: str, body: Document) -> None:
        """Raise if the body links what does not exist."""

    def on_get(self, request: falcon.Request, response: falcon.Response, name: str, collection: str, key: str) -> None:
        self.check(graph_of(request, name), collection)
        options = wanted(request)
        with transaction_of(request, read=[collection]) as world:
            document = read(world, collection, key, options)
        response.set_header("ETag", f'"{document["_rev"]}"')
        succeed(response, **{self.label: document})

    def on_put(self, request: falcon.Request, response: falcon.Response, name: str, collection: str, key: str) -> None:
        self._modify(request, response, name, (collection, key))

    on_patch = on_put

    def _modify(self, request: falcon.Request, response: falcon.Response, name: str, place: tuple[str, str]) -> None:
        graph, (collection, key) = graph_of(request, name), place
        self.check(graph, collection)
        body, options = body_of(request), wanted(request)
        rev = revision_of(body, options)
        with transaction_of(request, write=[collection]) as world:
            self.check_body(world, graph, collection, body)
            if request.method == "PUT":
                old, new = world.replace(collection, key, body, rev=rev)
            else:
                how = {"keep_null": options.keep_null, "merge_objects": options.merge_objects}
                old, new = world.update(collection, key, body, rev=rev, **how)
        answer(response, status_of(request, collection, done=200), self.label, parts_of(old, new, options))

    def on_delete(
        self, request: falcon.Request, response: falcon.Response, name: str, collection: str, key: str
    ) -> None:
        graph = graph_of(request, name)
        self.check(graph, collection)
        options = wanted(request)
        with transaction_of(request, write=self.touched(request, graph, collection)) as world:
            old = world.remove(collection, key_of(collection, key), rev=revision_of(None, options))
            self.cascade(world, collection, key)
        parts = {"old": old} if options.return_old else {}
        succeed(response, status_of(request, collection, done=200), removed=True, **parts)

    def touched(self, request: falcon.Request, graph: Graph, collection: str) -> list[str]:
        """Return the collections that a removal writes to."""
        return [collection]

    def cascade(self, world: Transaction, collection: str, key: str) -> None:
        """Remove what hangs on a removed element."""


class Vertices(_Elements):
    """`/_api/gharial/<name>/vertex/<collection>/<key>`; edges do not outlive their vertices."""

    label = "vertex"

    def check(self, graph: Graph, collection: str) -> None:
        graph.check_vertex_collection(collection)

    def touched(self, request: falcon.Request, graph: Graph, collection: str) -> list[str]:
        """Edges of all graphs that have the vertex collection are removed, not only those of the named graph."""
        graphs = [each for each in database_of(request).graphs.values() if collection in each.vertex_collections()]
        edges = {edge for each in graphs for edge in each.edge_collections()}
        return [collection, *sorted(edges)]

    def cascade(self, world: Transaction, collection: str, key: str) -> None:
        vertex = f"{collection}/{key}"
        graphs = [each for each in world.database.graphs.values() if collection in each.vertex_collections()]
        for edges in sorted({edge for graph in graphs for edge in graph.edge_collections()}):
            for direction in ("outbound", "inbound"):
                for edge in world.edges(edges, vertex, direction):
                    world.remove(edges, edge["_key"], rev=None)


class Edges(_Elements):
    """`/_api/gharial/<name>/edge/<collection>/<key>`."""

    label = "edge"

    def check(self, graph: Graph, collection: str) -> None:
        graph.definition(collection)

    def check_body(self, world: Transaction, graph: Graph, collection: str, body: Document) -> None:
        check_ends(world, graph, collection, body)
