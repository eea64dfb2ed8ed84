"""Lineage, and the one-call answer to where a thing comes from."""

from typing import Any

import falcon

from arangovis.domain.access import Role
from arangovis.domain.ids import NodeId
from arangovis.domain.wire import to_wire
from arangovis.services.lineage.around import Around, Surroundings
from arangovis.services.lineage.lineage import LineageAnswer, LineageQuestion
from arangovis.services.lineage.origin import Origin
from arangovis.wiring import Arangovis
from arangovis_api.conditional import graph_is_unchanged
from arangovis_api.encode import edge_document, node_document, send, visit_document
from arangovis_api.operation import operation
from arangovis_api.schemas.answers import LineageAnswer as LineageAnswerSchema
from arangovis_api.schemas.answers import OriginAnswer
from arangovis_api.schemas.generated import answer_schema
from arangovis_api.schemas.graph import AroundBody, AroundSchema, AtQuery, AtSchema, LineageQuery, LineageSchema

TAG = "native"


class Lineage:
    """What a node came from, and what came from it."""

    def __init__(self, service: Arangovis) -> None:
        self._service = service

    @operation("Read the lineage of a node", query=LineageSchema, answers={200: LineageAnswerSchema, 304: None})
    def on_get(self, req: falcon.Request, resp: falcon.Response, *, kind: str, key: str, query: LineageQuery) -> None:
        """Answer nodes by depth and the edges among them; `partial` says that there is more."""
        if graph_is_unchanged(self._service.store, req, resp):
            return
        question = LineageQuestion(
            start=NodeId.of(kind, key),
            direction=query.direction,
            depth=query.depth,
            limit=query.limit,
            kinds=query.kinds,
            edges=query.edges,
            at=query.at,
            shows_hidden=True,
        )
        send(resp, _lineage_document(self._service.lineage.ask(question)))


class Surrounding:
    """One step around nodes: for drawing a part of the graph, whose edges lead on."""

    def __init__(self, service: Arangovis) -> None:
        self._around = Around(service.store)

    @operation(
        "Look around nodes", body=AroundSchema, answers={200: answer_schema(Surroundings)}, tag=TAG, needs=Role.READ
    )
    def on_post(self, req: falcon.Request, resp: falcon.Response, *, body: AroundBody) -> None:
        """Answer the nodes, the edges of lineage among them, and how many neighbours each has both ways."""
        send(resp, to_wire(self._around.of(body.nodes, at=body.at)))


class Origins:
    """Which run made a node, from which data, with which parameters, set by whom."""

    def __init__(self, service: Arangovis) -> None:
        self._service = service

    @operation("Read where a node comes from", query=AtSchema, answers={200: OriginAnswer, 304: None})
    def on_get(self, req: falcon.Request, resp: falcon.Response, *, kind: str, key: str, query: AtQuery) -> None:
        """Answer the run that made it, its inputs by role, its parameters and who set them."""
        if not graph_is_unchanged(self._service.store, req, resp):
            send(resp, _origin_document(self._service.origins.of(NodeId.of(kind, key), at=query.at)))


def _lineage_document(answer: LineageAnswer) -> dict[str, Any]:
    return {
        "start": str(answer.start),
        "nodes": [visit_document(visit) for visit in answer.visits],
        "edges": [edge_document(edge) for edge in answer.edges],
        "partial": bool(answer.cuts),
        "partial_reasons": sorted(answer.cuts),
    }


def _origin_document(origin: Origin) -> dict[str, Any]:
    requested, parameters_set = origin.requested, origin.parameters_set
    return {
        "node": str(origin.node.id),
        "created_by": origin.created.actor,
        "created_at": origin.created.valid_from,
        "run": None if origin.run is None else node_document(origin.run),
        "requested_by": None if requested is None else requested.actor,
        "requested_at": None if requested is None else requested.valid_from,
        "inputs": [
            {
                "role": item.role,
                "node": node_document(item.node),
                "derived_from": [str(source) for source in item.derived_from],
            }
            for item in origin.inputs
        ],
        "parameters": dict(origin.parameters),
        "parameters_set_by": None
        if parameters_set is None
        else {"node": str(parameters_set.node), "actor": parameters_set.actor, "at": parameters_set.at},
    }
