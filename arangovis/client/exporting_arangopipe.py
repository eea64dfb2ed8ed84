"""A whole graph read through the client, as arangopipe's collections."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from arangovis.domain.errors import NotFound
from arangovis.domain.graph import Edge, Node
from arangovis.domain.ids import NodeId
from arangovis.exchange.arangopipe.graph import SeedGraph, related_texts
from arangovis.exchange.arangopipe.incoming import FILE_ROLE
from arangovis.exchange.arangopipe.names import COLLECTIONS, EDGE_COLLECTIONS, RELATED
from arangovis.exchange.arangopipe.outgoing import KEY, REV, document_of, edges_of, origin_of

if TYPE_CHECKING:
    from arangovis.client.client import Client

_VERSION = "model_version"
_OF_THEIRS = {
    (spec.kind, *((spec.target, spec.source) if spec.reversed else (spec.source, spec.target))): (name, spec.reversed)
    for name, spec in EDGE_COLLECTIONS.items()
}
"""Our kind of edge, and the collections it leads from and to -> their collection, and whether theirs leads back."""
_BUILT_IN = tuple(sorted({kind for kind, _, _ in _OF_THEIRS}))


def collected(client: "Client", name: str) -> SeedGraph:
    """Return everything that has a place in arangopipe's graph, apart from the project of its name."""
    return _Collected(client, name).graph()


def whole_document(client: "Client", node: Node, collection: str | None = None) -> dict[str, Any]:
    """Return a node as a document; long texts are read from the files that they are in.

    Raises:
        NotFound: one was never delivered; logging the run again delivers it.

    """
    run = NodeId.parse(str(node.attributes.get("owner", "run/unknown")))

    def read(name: str, digest: str) -> str:
        for edge, other in client.edges(run, direction="downstream", edges=["generated"]):
            if edge.id.role == FILE_ROLE and other.attributes.get("digest") == digest:
                return client.content(other.id).decode("utf-8", "surrogatepass")
        raise NotFound(f"{run} has no file of {name!r}: log the run again to deliver it")

    return document_of(node, collection, read)


class _Collected:
    """Documents by collection and key, and the ids that nodes have there."""

    def __init__(self, client: "Client", name: str) -> None:
        self._client = client
        self._name = name
        kinds = [kind for kind in client.kinds() if not kind.built_in]
        self._own_edges = {
            kind.name: _original_name(kind.name, kind.description) for kind in kinds if kind.of == "edge"
        }
        own = {_original_name(kind.name, kind.description): kind.name for kind in kinds if kind.of == "vertex"}
        self._kinds = {**COLLECTIONS, **{name: kind for name, kind in own.items() if kind != "alias"}}
        self._vertices: dict[str, dict[str, dict[str, Any]]] = {}
        self._edges: dict[str, dict[tuple[str, str, str], dict[str, Any]]] = {}
        self._ids: dict[NodeId, str] = {}
        self._related: dict[str, list[str]] = {}
        self._joined: set[tuple[str, str, str]] = set()

    def graph(self) -> SeedGraph:
        """Read all nodes, then all edges."""
        nodes = [node for collection, kind in self._kinds.items() for node in self._read(collection, kind)]
        for version in self._client.find(_VERSION):
            model = self._ids.get(NodeId.parse(str(version.attributes["model"])))
            if model is not None:
                self._ids[version.id] = model
                nodes.append(version)
        for node in nodes:
            for edge, _ in self._client.edges(node.id, edges=[*_BUILT_IN, *self._own_edges, "linked"]):
                self._take(edge)
        self._relate()
        vertices = {name: tuple(found.values()) for name, found in self._vertices.items()}
        edges = {name: tuple(found.values()) for name, found in self._edges.items()}
        return SeedGraph(vertices, edges, self._name)

    def _read(self, collection: str, kind: str) -> Iterator[Node]:
        for node in self._client.find(kind):
            if self._has_no_place(node):
                continue
            document = whole_document(self._client, node, collection)
            self._vertices.setdefault(collection, {})[document["_key"]] = document
            self._ids[node.id] = document["_id"]
            for name, edge in edges_of(node):
                self._put_edge(name, edge)
            yield node

    def _has_no_place(self, node: Node) -> bool:
        """Say whether it is the project that stands for the graph, or parameters of a model version."""
        is_home = node.id.kind == "project" and node.attributes["name"] == self._name and not origin_of(node).get(KEY)
        return is_home or (node.id.kind == "params" and "revision" in node.attributes)

    def _take(self, edge: Edge) -> None:
        ends = self._ids.get(edge.id.source), self._ids.get(edge.id.target)
        if ends[0] is None or ends[1] is None:
            return
        if edge.id.kind in self._own_edges:
            self._take_own(edge, (ends[0], ends[1]))
        elif edge.id.kind == "linked":
            if edge.id.role == RELATED:
                self._related.setdefault(ends[0], []).append(ends[1])
        else:
            self._take_known(edge.id.kind, ends[0], ends[1])

    def _take_known(self, kind: str, source: str, target: str) -> None:
        found = _OF_THEIRS.get((kind, source.partition("/")[0], target.partition("/")[0]))
        if found is None:
            return
        name, is_reversed = found
        first, second = (target, source) if is_reversed else (source, target)
        if (name, first, second) in self._joined:
            return
        keys = [first.partition("/")[2], second.partition("/")[2]]
        key = "-".join(reversed(keys) if name == "run_models" else keys)
        self._put_edge(name, {"_id": f"{name}/{key}", "_key": key, "_from": first, "_to": second})

    def _take_own(self, edge: Edge, ends: tuple[str, str]) -> None:
        name = self._own_edges[edge.id.kind]
        told = {field: value for field, value in edge.attributes.items() if field not in (KEY, REV)}
        key = str(edge.attributes.get(KEY) or "-".join(end.partition("/")[2] for end in ends))
        rev = {"_rev": edge.attributes[REV]} if edge.attributes.get(REV) else {}
        self._put_edge(name, {"_id": f"{name}/{key}", "_key": key, **rev, "_from": ends[0], "_to": ends[1], **told})

    def _put_edge(self, name: str, document: dict[str, Any]) -> None:
        ends = str(document["_from"]), str(document["_to"])
        self._joined.add((name, *ends))
        self._edges.setdefault(name, {})[(*ends, str(document["_key"]))] = document

    def _relate(self) -> None:
        for source, targets in self._related.items():
            collection, _, key = source.partition("/")
            document = self._vertices[collection][key]
            document |= related_texts(document, targets)


def _original_name(kind: str, description: str) -> str:
    """Return the name of the collection that a kind was made for; its description begins with it."""
    name, comma, rest = description.partition(", ")
    return name if comma and rest == "a collection of arangopipe's." else kind
