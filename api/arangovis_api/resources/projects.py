"""Projects and models."""

import falcon

from arangovis.services.catalogue import Registered
from arangovis.services.search import NodeQuestion
from arangovis.wiring import Arangovis
from arangovis_api.conditional import graph_is_unchanged
from arangovis_api.encode import node_document, page_document, send
from arangovis_api.middleware import caller_of
from arangovis_api.operation import operation
from arangovis_api.schemas.answers import NodePage
from arangovis_api.schemas.answers import Registered as RegisteredAnswer
from arangovis_api.schemas.catalogue import (
    ListQuery,
    ListSchema,
    ModelBody,
    ModelSchema,
    ProjectBody,
    ProjectSchema,
)


class Projects:
    """Name spaces of teams."""

    def __init__(self, service: Arangovis) -> None:
        self._service = service

    @operation("List projects", query=ListSchema, answers={200: NodePage, 304: None})
    def on_get(self, req: falcon.Request, resp: falcon.Response, *, query: ListQuery) -> None:
        """Answer a page, newest first."""
        send_list(self._service, req, resp, kind="project", query=query)

    @operation("Register a project", body=ProjectSchema, answers={201: RegisteredAnswer, 200: RegisteredAnswer})
    def on_post(self, req: falcon.Request, resp: falcon.Response, *, body: ProjectBody) -> None:
        """Answer 201 with its node; 200 if it was there with the same facts."""
        catalogue = self._service.catalogue
        send_registered(resp, catalogue.register_project(body.name, caller_of(req), facts=body.facts.document()))


class Models:
    """Models under development."""

    def __init__(self, service: Arangovis) -> None:
        self._service = service

    @operation("List models", query=ListSchema, answers={200: NodePage, 304: None})
    def on_get(self, req: falcon.Request, resp: falcon.Response, *, query: ListQuery) -> None:
        """Answer a page, newest first."""
        send_list(self._service, req, resp, kind="model", query=query)

    @operation("Register a model", body=ModelSchema, answers={201: RegisteredAnswer, 200: RegisteredAnswer})
    def on_post(self, req: falcon.Request, resp: falcon.Response, *, body: ModelBody) -> None:
        """Answer 201 with its node; 200 if it was there with the same facts."""
        facts = body.facts.document()
        registered = self._service.catalogue.register_model(body.project, body.name, caller_of(req), facts=facts)
        send_registered(resp, registered)


def send_registered(resp: falcon.Response, registered: Registered) -> None:
    """Answer which node was registered, and whether it is new."""
    resp.location = f"/api/v1/nodes/{registered.node}"
    send(resp, {"node": str(registered.node)}, 201 if registered.created else 200)


def send_list(service: Arangovis, req: falcon.Request, resp: falcon.Response, *, kind: str, query: ListQuery) -> None:
    """Answer a page of nodes of a kind."""
    if graph_is_unchanged(service.store, req, resp):
        return
    question = NodeQuestion(kind, query.filter, (), query.project, query.limit, query.cursor, query.order)
    send(resp, page_document(service.search.find(question), node_document))
