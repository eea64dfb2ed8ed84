"""Domain values as JSON, straight from the dataclasses: through marshmallow a large lineage costs five times as much.

Tests check samples of these against the declared schemas.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import falcon
import orjson

from arangovis.domain.graph import Edge, Node, Page, Version, Visit

T = TypeVar("T")

_NO_ATTRIBUTES: dict[str, Any] = {}


def send(resp: falcon.Response, document: object, status: int = 200) -> None:
    """Answer with JSON; non-finite numbers become null, so that the answer is strict JSON."""
    resp.status = status
    resp.content_type = falcon.MEDIA_JSON
    resp.data = json_bytes(document)


def json_bytes(document: object) -> bytes:
    """Return a document as JSON."""
    return orjson.dumps(document, default=_plain, option=orjson.OPT_NON_STR_KEYS)


def page_document(page: Page[T], item: Callable[[T], dict[str, Any]]) -> dict[str, Any]:
    """Return a page as JSON, each of its items through `item`."""
    return {"items": [item(value) for value in page.items], "next_cursor": page.next_cursor}


def node_document(node: Node) -> dict[str, Any]:
    """Return a node as JSON."""
    return {
        "id": str(node.id),
        "kind": node.id.kind,
        "project": node.project,
        "attributes": node.attributes or _NO_ATTRIBUTES,
        "version": version_document(node.version),
        "created": node.created,
    }


def visit_document(visit: Visit) -> dict[str, Any]:
    """Return a node that a walk reached as JSON."""
    document = node_document(visit.node)
    document["depth"] = visit.depth
    return document


def edge_document(edge: Edge) -> dict[str, Any]:
    """Return an edge as JSON."""
    edge_id, version = edge.id, edge.version
    return {
        "kind": edge_id.kind,
        "from": f"{edge_id.source.kind}/{edge_id.source.key}",
        "to": f"{edge_id.target.kind}/{edge_id.target.key}",
        "role": edge_id.role,
        "attributes": edge.attributes or _NO_ATTRIBUTES,
        "since": version.valid_from,
        "actor": version.actor,
    }


def version_document(version: Version) -> dict[str, Any]:
    """Return a version as JSON."""
    return {
        "number": version.number,
        "valid_from": version.valid_from,
        "valid_to": version.valid_to,
        "actor": version.actor,
        "request_id": version.request_id,
        "action_id": version.action_id,
        "deleted": version.deleted,
    }


def _plain(value: object) -> object:
    """Help orjson with the read-only mappings that documents may be."""
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is not JSON")
