"""Nodes of the graph as documents of arangopipe."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from arangovis.domain.graph import Node
from arangovis.domain.ids import NodeId
from arangovis.exchange.arangopipe.documents import ORIGIN, decoded
from arangovis.exchange.arangopipe.names import collection_of

KEY, REV, DIGEST, EDGES = (f"{ORIGIN}{name}" for name in ("key", "rev", "digest", "edges"))
"""Attributes of what was imported: its key, its revision, the digest of its document, its edges as they were."""

_ALSO: Mapping[str, Mapping[str, str]] = {
    "dataset": {"description": "description", "url": "source", "version": "version", "digest": "digest"},
    "featureset": {"description": "description", "version": "version"},
    "model": {"description": "description"},
    "project": {"description": "description"},
    "deployment": {"deployment_tag": "tag", "state": "status"},
    "run": {"deployment_tag": "deployment_tag"},
    "serving_performance": {"period": "period"},
}
"""Fields of ours that a document of theirs says under another name."""
_MEASURED = ("evaluation", "serving_performance")


def identity_of(node: Node, collection: str | None = None) -> dict[str, Any]:
    """Return the `_id`, `_key` and `_rev` of a node; what was imported has its own."""
    key = key_of(node)
    rev = origin_of(node).get(REV, str(node.version.valid_from))
    return {"_id": f"{collection or collection_of(node.id.kind)}/{key}", "_key": key, "_rev": rev}


def key_of(node: Node) -> str:
    """Return the key that arangopipe gave it; parameters and performance of a run have the run's."""
    own = node.attributes.get("attributes")
    known = origin_of(node).get(KEY)
    if known is not None:
        return str(known)
    if node.id.kind == "params":
        return NodeId.parse(str(node.attributes.get("owner", node.id))).key
    if node.id.kind == "evaluation" and isinstance(own, Mapping) and "run_id" in own:
        return str(own["run_id"])
    return node.id.key


def document_of(
    node: Node, collection: str | None = None, read: Callable[[str, str], str] | None = None
) -> dict[str, Any]:
    """Return a node as a document; `read` gives a long text by its name and digest."""
    own = _facts(node)
    facts = decoded(own, read)
    identity = identity_of(node, collection)
    if KEY in origin_of(node):
        return {**identity, **facts}
    if node.id.kind == "params":
        return {**identity, "run_id": identity["_key"], **facts}
    return {**identity, **_fields(node), **facts}


def origin_of(node: Node) -> Mapping[str, Any]:
    """Return what is known of where an imported node came from."""
    if node.id.kind == "params":
        options = node.attributes.get("options")
        return options if isinstance(options, Mapping) else {}
    return _facts(node)


def edges_of(node: Node) -> list[tuple[str, dict[str, Any]]]:
    """Return the edges that an imported node came with, each with its collection."""
    kept = origin_of(node).get(EDGES, ())
    return [(collection, document) for collection, document in map(json.loads, kept)]


def _facts(node: Node) -> Mapping[str, Any]:
    found = node.attributes.get("values" if node.id.kind == "params" else "attributes")
    return found if isinstance(found, Mapping) else {}


def _fields(node: Node) -> dict[str, Any]:
    attributes = node.attributes
    names = {"name": "name", **_ALSO.get(node.id.kind, {})}
    told = {theirs: attributes[ours] for ours, theirs in names.items() if attributes.get(ours) is not None}
    tags, metrics, features = (attributes.get(name) for name in ("tags", "metrics", "features"))
    first = {"tag": tags[0]} if isinstance(tags, list | tuple) and tags else {}
    measured = dict(metrics) if isinstance(metrics, Mapping) and node.id.kind in _MEASURED else {}
    columns = {str(f["name"]): f["dtype"] for f in features} if isinstance(features, list | tuple) else {}
    return {**columns, **measured, **first, **told}
