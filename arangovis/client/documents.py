"""The REST API's JSON as the values that the services use."""

from collections.abc import Mapping
from typing import Any

from arangovis.domain.catalogue import ModelVersion, ProjectionParams, Signature
from arangovis.domain.graph import Cut, Node, Version, Visit
from arangovis.domain.ids import NodeId
from arangovis.domain.wire import edge_of, node_of
from arangovis.services.lineage.edge_pages import Neighbour
from arangovis.services.lineage.lineage import LineageAnswer
from arangovis.services.lineage.origin import Origin, OriginInput, ParametersSet
from arangovis.services.params import Revision

Json = Mapping[str, Any]


def neighbour_of(document: Json) -> Neighbour:
    """Read an edge of a node and the node at its other end."""
    return Neighbour(edge_of(document), node_of(document["node"]))


def lineage_of(document: Json) -> LineageAnswer:
    """Read a lineage."""
    visits = tuple(Visit(node_of(node), node["depth"]) for node in document["nodes"])
    edges = tuple(edge_of(edge) for edge in document["edges"])
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


def origin_of(document: Json, node: Node) -> Origin:
    """Read the origin of a node."""
    run, requested_at = document["run"], document["requested_at"]
    return Origin(
        node=node,
        created=_version(document["created_at"], document["created_by"]),
        run=None if run is None else node_of(run),
        requested=None if requested_at is None else _version(requested_at, document["requested_by"]),
        inputs=[_origin_input(item) for item in document["inputs"]],
        parameters=document["parameters"],
        parameters_set=_parameters_set(document["parameters_set_by"]),
    )


def model_version_of(document: Json) -> ModelVersion:
    """Read a model version."""
    return ModelVersion(
        id=NodeId.parse(document["node"]),
        project=document["project"],
        number=document["id"],
        name=document["name"],
        version=document["version"],
        model=NodeId.parse(document["model"]),
        signature=Signature.of(document["signature"]),
    )


def _origin_input(document: Json) -> OriginInput:
    sources = tuple(NodeId.parse(source) for source in document["derived_from"])
    return OriginInput(document["role"], node_of(document["node"]), sources)


def _parameters_set(document: Json | None) -> ParametersSet | None:
    if document is None:
        return None
    return ParametersSet(NodeId.parse(document["node"]), document["actor"], document["at"])


def _version(since: int, actor: str) -> Version:
    """Return a first version of which only the beginning and the actor travel."""
    return Version(1, since, None, actor, "", "")
