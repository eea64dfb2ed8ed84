"""Comparisons of two models by what they predicted."""

from typing import Any

import falcon

from arangovis.compatibility.methods import COMPARE
from arangovis.domain.errors import NotFound
from arangovis.domain.ids import NodeId
from arangovis.services.compatibility.comparisons import Comparison, ComparisonWanted
from arangovis.services.compatibility.instances import note_of, position_of
from arangovis.services.search import NodeQuestion
from arangovis.wiring import Arangovis
from arangovis_api.conditional import graph_is_unchanged
from arangovis_api.encode import node_document, page_document, send
from arangovis_api.middleware import caller_of
from arangovis_api.operation import operation
from arangovis_api.pictures import send_picture
from arangovis_api.resources.compatibility import TAG
from arangovis_api.resources.compatibility_documents import comparison_document, instance_page
from arangovis_api.schemas.answers import NodePage
from arangovis_api.schemas.catalogue import ListQuery, ListSchema
from arangovis_api.schemas.compatibility import ComparisonSchema, InstancesQuery, InstancesSchema
from arangovis_api.schemas.compatibility_answers import ComparisonAnswer, InstancePage, OneInstanceAnswer


class Comparisons:
    """All comparisons."""

    def __init__(self, service: Arangovis) -> None:
        self._service = service

    @operation("List comparisons", query=ListSchema, answers={200: NodePage, 304: None}, tag=TAG)
    def on_get(self, req: falcon.Request, resp: falcon.Response, *, query: ListQuery) -> None:
        """Answer a page of their runs, newest first."""
        if graph_is_unchanged(self._service.store, req, resp):
            return
        question = NodeQuestion(
            "run", query.filter, (("method", COMPARE),), query.project, query.limit, query.cursor, query.order
        )
        send(resp, page_document(self._service.search.find(question), node_document))

    @operation(
        "Compare two models by what they predicted",
        body=ComparisonSchema,
        answers={201: ComparisonAnswer, 200: ComparisonAnswer},
        tag=TAG,
    )
    def on_post(self, req: falcon.Request, resp: falcon.Response, *, body: ComparisonWanted) -> None:
        """Answer the comparison; 200 if the same predictions were compared before."""
        run, created = self._service.comparisons.make(body, caller_of(req))
        resp.location = f"/api/v1/compatibility/comparisons/{run.id.key}"
        send(resp, comparison_document(self._service.comparisons.get(run.id)), 201 if created else 200)


class OneComparison:
    """A comparison."""

    def __init__(self, service: Arangovis) -> None:
        self._service = service

    @operation("Read a comparison", answers={200: ComparisonAnswer}, tag=TAG)
    def on_get(self, req: falcon.Request, resp: falcon.Response, *, key: str) -> None:
        """Answer its scores, classes and circles; the rows are read apart."""
        send(resp, comparison_document(self._comparison(key)))

    @operation("Read the rows on which a model errs", query=InstancesSchema, answers={200: InstancePage}, tag=TAG)
    def on_get_instances(self, req: falcon.Request, resp: falcon.Response, *, key: str, query: InstancesQuery) -> None:
        """Answer a page, in the order of the data."""
        found = self._comparison(key)
        attached = self._service.instances.attachments.of(found.run.id)
        send(resp, instance_page(found.evaluation.instances, found.stored, attached, query))

    @operation("Read what a row is", answers={200: OneInstanceAnswer}, tag=TAG)
    def on_get_instance(self, req: falcon.Request, resp: falcon.Response, *, key: str, instance: str) -> None:
        """Answer its position and the text about it."""
        found = self._comparison(key)
        position = _position(found, instance)
        attached = self._service.instances.attachments.of(found.run.id)
        document: dict[str, Any] = {"id": found.stored.ids[position], "split": None, "position": position}
        send(resp, {**document, "metadata": note_of(attached, found.stored, position)})

    @operation("See a row", answers={200: "*/*"}, tag=TAG)
    def on_get_image(self, req: falcon.Request, resp: falcon.Response, *, key: str, instance: str) -> None:
        """Answer its picture; blank if there is none."""
        found = self._comparison(key)
        position = _position(found, instance)
        send_picture(resp, self._service.instances.compared(found, found.stored.ids[position]))

    def _comparison(self, key: str) -> Comparison:
        return self._service.comparisons.get(NodeId.of("run", key))


def _position(found: Comparison, instance: str) -> int:
    position = position_of(found.stored, instance)
    if position is None:
        raise NotFound(f"{found.run.id} has no row {instance[:80]!r}")
    return position
