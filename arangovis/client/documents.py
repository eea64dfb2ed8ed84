"""The REST API's JSON as the values that the services use."""

from collections.abc import Mapping
from typing import Any

from arangovis.domain.catalogue import ProjectionParams
from arangovis.domain.graph import Cut, Edge, EdgeId, Node, Version, Visit
from arangovis.domain.ids import NodeId
from arangovis.services.lineage import LineageAnswer
from arangovis.services.params import Revision

Json = Mapping[str, Any]


def node_of(document: Json) -> Node:
    """Read a node."""
    version = document["version"]
    return Node(
        NodeId.parse(document["id"]),
        document["project"],
        document["attributes"],
        Version(**version),
        document["created"],
    )


def edge_of(document: Json) -> Edge:
    """Read an edge of a lineage; of its version only the beginning and the actor travel."""
    ends = NodeId.parse(document["from"]), NodeId.parse(document["to"])
    version = Version(1, document["since"], None, document["actor"], "", "")
    return Edge(EdgeId(document["kind"], *ends, document["role"]), document["attributes"], version)


def lineage_of(document: Json) -> LineageAnswer:
    """Read a lineage."""
    visits = [Visit(node_of(node), node["depth"]) for node in document["nodes"]]
    edges = [edge_of(edge) for edge in document["edges"]]
    cuts = frozenset(Cut(reason) for reason in document["partial_reasons"])
    return LineageAnswer(NodeId.parse(document["start"]), visits, edges, cuts)


def revision_of(document: Json) -> Revision:
    """Read a revision of parameters."""
    return Revision(
        node=NodeId.parse(document["node"]),
        number=document["revision"],
        params=ProjectionParams.of({"values": document["values"], "options": document["options"]}),
        actor=document["actor"],
        request_id=document["request_id"],
        at=document["at"],
        runs=tuple(NodeId.parse(run) for run in document["runs"]),
        current=document["current"],
    )
