"""Nodes as arangopipe's documents: its `_id`, `_key`, `_rev`, and what was registered."""

from typing import Any, TypeAlias

from arangovis.client.client import Client
from arangovis.domain.errors import NotFound
from arangovis.domain.graph import Node
from arangovis.domain.ids import NodeId
from arangovis.exchange.arangopipe import outgoing
from arangovis.exchange.arangopipe.graph import related_texts
from arangovis.exchange.arangopipe.incoming import FILE_ROLE
from arangovis.exchange.arangopipe.names import RELATED

Seed: TypeAlias = dict[str, Any]


def document_of(client: Client, node: Node, collection: str | None = None) -> Seed:
    """Return a node as a document; long texts are read from their files."""
    run = NodeId.parse(str(node.attributes.get("owner", "run/unknown")))
    return outgoing.document_of(node, collection, lambda name, digest: text_of(client, run, name, digest))


def with_related(client: Client, node: Node, document: Seed) -> Seed:
    """Return a document with the ids of what it is linked to, joined by commas, as arangopipe kept them."""
    linked = client.edges(node.id, direction="downstream", edges=["linked"])
    ids = [outgoing.identity_of(other)["_id"] for edge, other in linked if edge.id.role == RELATED]
    return {**document, **related_texts(document, ids)}


def text_of(client: Client, run: NodeId, name: str, digest: str) -> str:
    """Return the text of a long parameter of a run, from the file that it is in.

    Raises:
        NotFound: it was never delivered; logging the run again delivers it.

    """
    for edge, other in client.edges(run, direction="downstream", edges=["generated"]):
        if edge.id.role == FILE_ROLE and other.attributes.get("digest") == digest:
            return client.content(other.id).decode("utf-8", "surrogatepass")
    raise NotFound(f"{run} has no file of {name!r}: log the run again to deliver it")
