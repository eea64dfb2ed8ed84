"""Views of the page that have a name."""

from collections.abc import Sequence

import falcon

from arangovis.domain.ids import NodeId
from arangovis.domain.wire import to_wire
from arangovis.services.searching.saved_views import SavedView, ViewChange, ViewWanted
from arangovis.wiring import Arangovis
from arangovis_api.conditional import graph_is_unchanged
from arangovis_api.encode import send
from arangovis_api.middleware import caller_of
from arangovis_api.operation import operation
from arangovis_api.resources.projects import send_registered
from arangovis_api.routes import Route
from arangovis_api.schemas.answers import Registered
from arangovis_api.schemas.generated import answer_schema, page_schema
from arangovis_api.schemas.saved_views import ViewChangeSchema, ViewsQuery, ViewsSchema, ViewWantedSchema

ROOT = "/api/v1/saved-views"
TAG = "search"
KIND = "saved_view"


def routes(service: Arangovis) -> Sequence[Route]:
    """Return the routes of saved views."""
    return (Route(ROOT, SavedViews(service)), Route(f"{ROOT}/{{key}}", OneSavedView(service)))


class SavedViews:
    """Views with a name."""

    def __init__(self, service: Arangovis) -> None:
        self._store = service.store
        self._views = service.searching.views

    @operation("List saved views", query=ViewsSchema, answers={200: page_schema(SavedView), 304: None}, tag=TAG)
    def on_get(self, req: falcon.Request, resp: falcon.Response, *, query: ViewsQuery) -> None:
        """Answer a page by name, of one project or of all that may be seen."""
        if not graph_is_unchanged(self._store, req, resp):
            page = self._views.page(project=query.project, view=query.view, limit=query.limit, cursor=query.cursor)
            send(resp, to_wire(page))

    @operation("Save a view", body=ViewWantedSchema, answers={201: Registered, 200: Registered}, tag=TAG)
    def on_post(self, req: falcon.Request, resp: falcon.Response, *, body: ViewWanted) -> None:
        """Answer 201 with its node; 200 if there was one of this name, which then has a new version if it differs."""
        send_registered(resp, self._views.save(body, caller_of(req)))


class OneSavedView:
    """A saved view."""

    def __init__(self, service: Arangovis) -> None:
        self._store = service.store
        self._views = service.searching.views

    @operation("Read a saved view", answers={200: answer_schema(SavedView), 304: None}, tag=TAG)
    def on_get(self, req: falcon.Request, resp: falcon.Response, *, key: str) -> None:
        """Answer it as it stands."""
        if not graph_is_unchanged(self._store, req, resp):
            send(resp, to_wire(self._views.get(NodeId.of(KIND, key))))

    @operation("Change a saved view", body=ViewChangeSchema, answers={200: answer_schema(SavedView)}, tag=TAG)
    def on_patch(self, req: falcon.Request, resp: falcon.Response, *, key: str, body: ViewChange) -> None:
        """Give it another name, address or description; links to it go on working."""
        send(resp, to_wire(self._views.change(NodeId.of(KIND, key), body, caller_of(req))))

    @operation("Delete a saved view", answers={204: None}, tag=TAG)
    def on_delete(self, req: falcon.Request, resp: falcon.Response, *, key: str) -> None:
        """Delete it and free its name; its versions are kept."""
        self._views.delete(NodeId.of(KIND, key), caller_of(req))
        resp.status = falcon.HTTP_204
