"""From arangopipe's ids, keys, names and tags to nodes."""

from collections.abc import Iterator
from typing import Any

from arangovis.client.client import Client
from arangovis.domain.errors import Fault, InvalidInput, NotFound
from arangovis.domain.graph import Node
from arangovis.domain.ids import NodeId
from arangovis.exchange.arangopipe.documents import searched
from arangovis.exchange.arangopipe.names import COLLECTIONS, kind_of
from arangovis.exchange.arangopipe.outgoing import KEY

_OF_A_RUN = {"params": ("input_to", "upstream"), "evaluation": ("generated", "downstream")}


def parsed(entity_id: object) -> tuple[str, str]:
    """Return the collection and the key of an id.

    Raises:
        InvalidInput: it is no id.

    """
    parts = entity_id.split("/") if isinstance(entity_id, str) else []
    if len(parts) != 2 or not all(parts):
        raise InvalidInput.of(Fault("id", f"{str(entity_id)[:80]!r} is not of the form collection/key"))
    return parts[0], parts[1]


def find_by_key(client: Client, collection: str, key: str) -> Node | None:
    """Return the node of a key: its own, that of the run it belongs to, or the one that arangopipe gave it."""
    kind = kind_of(collection)
    node = _node(client, kind, key)
    if node is None and kind in _OF_A_RUN:
        run = _node(client, "run", key)
        node = None if run is None else part_of(client, run.id, kind)
    return node or _original(client, kind, key)


def get_by_id(client: Client, entity_id: object) -> Node:
    """Return the node of an id.

    Raises:
        InvalidInput: it is no id.
        NotFound: there is no such node.

    """
    collection, key = parsed(entity_id)
    node = find_by_key(client, collection, key)
    if node is None:
        raise NotFound(f"there is no {collection}/{key[:80]}")
    return node


def part_of(client: Client, run: NodeId, kind: str) -> Node | None:
    """Return the parameters or the evaluation of a run."""
    edges, direction = _OF_A_RUN[kind]
    found = client.edges(run, direction=direction, edges=[edges])
    return next((other for _, other in found if other.id.kind == kind), None)


def tagged_run(client: Client, tag: str) -> Node | None:
    """Return the newest run of a tag, or else of a deployment tag."""
    newest = next(client.find("run", tag=tag, limit=1), None)
    return newest or next(client.find("run", "deployment_tag", tag, limit=1), None)


def find_equal(client: Client, collection: str, attribute: str, value: Any) -> Iterator[Node]:
    """Yield the nodes of a collection whose documents have an attribute of this value, newest first."""
    kind = kind_of(collection)
    if not _is_declared(client, collection, kind):
        raise InvalidInput.of(Fault("asset_type", f"{collection[:80]!r} is no collection"))
    if attribute in ("_key", "_id"):
        node = find_by_key(client, collection, str(value).rpartition("/")[2])
        return iter(() if node is None else (node,))
    if attribute == "name" and isinstance(value, str):
        return client.find(kind, name=value)
    if attribute == "tag" and isinstance(value, str):
        return client.find(
            kind, **({"tag": value} if kind != "deployment" else {"attribute": "deployment_tag", "value": value})
        )
    return client.find(kind, *_condition(kind, attribute, value))


def _condition(kind: str, attribute: str, value: Any) -> tuple[str, Any]:
    if kind == "run" and attribute == "deployment_tag":
        return attribute, value
    stored, kept = searched(attribute, value)
    return f"{'values' if kind == 'params' else 'attributes'}.{stored}", kept


def _is_declared(client: Client, collection: str, kind: str) -> bool:
    return collection in COLLECTIONS or any(one.name == kind and one.of == "vertex" for one in client.kinds())


def _node(client: Client, kind: str, key: str) -> Node | None:
    try:
        node = client.node(NodeId.of(kind, key))
    except (NotFound, InvalidInput):
        return None
    return None if node.version.deleted else node


def _original(client: Client, kind: str, key: str) -> Node | None:
    if kind == "params":
        return None
    return next(client.find(kind, f"attributes.{KEY}", key, limit=1), None)
