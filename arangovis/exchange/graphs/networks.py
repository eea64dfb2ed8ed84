"""GraphML and node-link JSON, written by networkx."""

import json
import re
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from arangovis.domain.errors import MissingExtra
from arangovis.domain.graph import Edge, Node
from arangovis.exchange.excerpt import Excerpt, iso, label, plain_json

if TYPE_CHECKING:
    import networkx as nx

_NOT_XML = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML cannot hold, or does not give back."""


def graphml(excerpt: Excerpt) -> str:
    """Return an excerpt in GraphML; `json` of each node and edge is all of it, exactly.

    Raises:
        MissingExtra: networkx is not installed.

    """
    import networkx as nx

    lines = nx.generate_graphml(_network(excerpt, is_flat=True))
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + "\n".join(lines) + "\n"


def node_link(excerpt: Excerpt) -> str:
    """Return an excerpt as the JSON of `networkx.node_link_data`.

    Raises:
        MissingExtra: networkx is not installed.

    """
    network = _network(excerpt, is_flat=False)
    import networkx as nx

    return json.dumps(nx.node_link_data(network, edges="edges"), ensure_ascii=False, allow_nan=False)


def _network(excerpt: Excerpt, *, is_flat: bool) -> "nx.MultiDiGraph":
    if find_spec("networkx") is None:
        raise MissingExtra("networkx is not installed; install arangovis[memory]")
    import networkx as nx

    network = nx.MultiDiGraph(**_about(excerpt, is_flat=is_flat))
    for node in excerpt.nodes:
        network.add_node(str(node.id), **_written(_node(node), node.attributes, is_flat=is_flat))
    for number, edge in enumerate(excerpt.edges):
        told = _written(_edge(edge), edge.attributes, is_flat=is_flat)
        network.add_edge(str(edge.id.source), str(edge.id.target), key=str(number), **told)
    return network


def _about(excerpt: Excerpt, *, is_flat: bool) -> dict[str, Any]:
    reasons = ", ".join(excerpt.partial_reasons) if is_flat else list(excerpt.partial_reasons)
    at = {} if excerpt.at is None else {"at": iso(excerpt.at)}
    told = {"start": str(excerpt.start), "direction": excerpt.direction.value, **at}
    return {**told, "partial": bool(excerpt.partial_reasons), "partial_reasons": reasons}


def _node(node: Node) -> dict[str, Any]:
    state = node.attributes.get("state")
    told = {"kind": node.id.kind, "label": label(node), "created": iso(node.created), "actor": node.version.actor}
    return told | ({"state": state} if isinstance(state, str) else {}) | {"deleted": node.version.deleted}


def _edge(edge: Edge) -> dict[str, Any]:
    return {"kind": edge.id.kind, "role": edge.id.role, "since": iso(edge.version.valid_from)} | {
        "actor": edge.version.actor
    }


def _written(told: dict[str, Any], attributes: Any, *, is_flat: bool) -> dict[str, Any]:
    if not is_flat:
        return told | {"attributes": json.loads(plain_json(attributes))}
    whole = plain_json({**told, "attributes": attributes})
    texts = {name: _NOT_XML.sub("\ufffd", value) if isinstance(value, str) else value for name, value in told.items()}
    return texts | {"json": whole}
