"""Where nodes and edges are kept: a collection for each built-in kind, one for all kinds that users declare."""

from collections.abc import Iterable
from typing import NamedTuple

from arangovis.domain.graph import EdgeId
from arangovis.domain.ids import NodeId
from arangovis.domain.json import digest_of
from arangovis_schema import BUILT_IN

GRAPH = "lineage"
CUSTOM_VERTEX = "custom_vertex"
CUSTOM_EDGE = "custom_edge"
VERTEX_COLLECTIONS = (*BUILT_IN.vertices, CUSTOM_VERTEX)
EDGE_COLLECTIONS = (*BUILT_IN.edges, CUSTOM_EDGE)

_DIGEST_LENGTH = 32


class Place(NamedTuple):
    """A document's collection and `_key`."""

    collection: str
    key: str

    def __str__(self) -> str:
        return f"{self.collection}/{self.key}"


def vertex_collection(kind: str) -> str:
    """Return the collection of a vertex kind."""
    return kind if kind in BUILT_IN.vertices else CUSTOM_VERTEX


def edge_collection(kind: str) -> str:
    """Return the collection of an edge kind."""
    return kind if kind in BUILT_IN.edges else CUSTOM_EDGE


def edge_collections(kinds: Iterable[str] | None) -> list[str]:
    """Return the collections that hold edges of these kinds, or of any."""
    return list(EDGE_COLLECTIONS) if kinds is None else sorted({edge_collection(kind) for kind in kinds})


def node_place(node_id: NodeId) -> Place:
    """Return where a node is kept. No kind has a colon, so the keys of users' kinds do not meet."""
    collection = vertex_collection(node_id.kind)
    return Place(collection, node_id.key if collection == node_id.kind else f"{node_id.kind}:{node_id.key}")


def node_id_of(document_id: str) -> NodeId:
    """Return the node that is kept under a document id."""
    collection, _, key = document_id.partition("/")
    if collection != CUSTOM_VERTEX:
        return NodeId(collection, key)
    kind, _, key = key.partition(":")
    return NodeId(kind, key)


def edge_place(edge_id: EdgeId) -> Place:
    """Return where the current version of an edge is kept."""
    parts = [edge_id.kind, str(edge_id.source), str(edge_id.target), edge_id.role]
    return Place(edge_collection(edge_id.kind), digest_of(parts)[:_DIGEST_LENGTH])


def record_place(kind: str, key: str) -> Place:
    """Return where a record is kept."""
    return Place("record", digest_of([kind, key])[:_DIGEST_LENGTH])


def digest_of_node(node_id: NodeId) -> str:
    """Return what the keys of a node's versions and properties begin with."""
    return digest_of([node_id.kind, node_id.key])[:_DIGEST_LENGTH]
