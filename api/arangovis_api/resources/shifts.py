"""Shift detections: does a data set come from where another one came from."""

import falcon

from arangovis.domain.ids import NodeId
from arangovis.domain.wire import to_wire
from arangovis.drift.methods import DETECT
from arangovis.drift.values import DriftOptions
from arangovis.services.drift.detection import Shift, ShiftWanted
from arangovis.services.search import NodeQuestion
from arangovis.wiring import Arangovis
from arangovis_api.conditional import graph_is_unchanged
from arangovis_api.encode import node_document, page_document, send
from arangovis_api.middleware import caller_of
from arangovis_api.operation import operation
from arangovis_api.schemas.answers import NodePage
from arangovis_api.schemas.catalogue import ListQuery, ListSchema
from arangovis_api.schemas.generated import answer_schema
from arangovis_api.schemas.shifts import ShiftBody, ShiftSchema


class Shifts:
    """Detections."""

    def __init__(self, service: Arangovis) -> None:
        self._service = service

    @operation("List shift detections", query=ListSchema, answers={200: NodePage, 304: None})
    def on_get(self, req: falcon.Request, resp: falcon.Response, *, query: ListQuery) -> None:
        """Answer a page of their runs, newest first; the metric `auc` says how far a shift goes."""
        if graph_is_unchanged(self._service.store, req, resp):
            return
        question = NodeQuestion(
            "run", query.filter, (("method", DETECT),), query.project, query.limit, query.cursor, query.order
        )
        send(resp, page_document(self._service.search.find(question), node_document))

    @operation(
        "Compare two data sets", body=ShiftSchema, answers={202: answer_schema(Shift), 200: answer_schema(Shift)}
    )
    def on_post(self, req: falcon.Request, resp: falcon.Response, *, body: ShiftBody) -> None:
        """Answer 202 while the run is to be computed, 200 with the report if the same was asked before."""
        ignored = frozenset(body.ignored)
        options = DriftOptions(ignored, frozenset(), body.rows_max, body.threshold, body.alpha, body.seed)
        sides = NodeId.parse(body.reference), NodeId.parse(body.current)
        run = self._service.shifts.request(ShiftWanted(*sides, options, body.project), caller_of(req))
        resp.location = f"/api/v1/shift-detections/{run.id.key}"
        send(resp, to_wire(self._service.shifts.get(run.id)), 202 if run.state.is_open else 200)


class OneShift:
    """A detection."""

    def __init__(self, service: Arangovis) -> None:
        self._service = service

    @operation("Read a shift detection", answers={200: answer_schema(Shift), 304: None})
    def on_get(self, req: falcon.Request, resp: falcon.Response, *, key: str) -> None:
        """Answer its state, and the report once there is one: the area, its significance, and what moved."""
        if not graph_is_unchanged(self._service.store, req, resp):
            send(resp, to_wire(self._service.shifts.get(NodeId.of("run", key))))
