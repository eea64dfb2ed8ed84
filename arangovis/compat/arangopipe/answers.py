"""Nodes as arangopipe's documents: its `_id`, `_key`, `_rev`, and what was registered."""

from typing import Any, TypeAlias

from arangovis.client.client import Client
from arangovis.client.exporting_arangopipe import whole_document
from arangovis.domain.graph import Node
from arangovis.exchange.arangopipe import outgoing
from arangovis.exchange.arangopipe.graph import related_texts
from arangovis.exchange.arangopipe.names import RELATED

Seed: TypeAlias = dict[str, Any]


def document_of(client: Client, node: Node, collection: str | None = None) -> Seed:
    """Return a node as a document; long texts are read from their files."""
    return whole_document(client, node, collection)


def with_related(client: Client, node: Node, document: Seed) -> Seed:
    """Return a document with the ids of what it is linked to, joined by commas, as arangopipe kept them."""
    linked = client.edges(node.id, direction="downstream", edges=["linked"])
    ids = [outgoing.identity_of(other)["_id"] for edge, other in linked if edge.id.role == RELATED]
    return {**document, **related_texts(document, ids)}
