"""Searches over several kinds, saved ones, and the questions that are searches at heart."""

from collections.abc import Sequence

import falcon

from arangovis.domain.access import Role
from arangovis.domain.graph import Page
from arangovis.domain.ids import NodeId
from arangovis.domain.wire import to_wire
from arangovis.services.searching.content import ContentUses
from arangovis.services.searching.failures import FailedRuns
from arangovis.services.searching.saved import SavedSearch
from arangovis.services.searching.searches import SearchableNames, SearchQuestion, SearchResult
from arangovis.wiring import Arangovis
from arangovis_api.conditional import graph_is_unchanged
from arangovis_api.encode import send
from arangovis_api.middleware import caller_of
from arangovis_api.operation import operation
from arangovis_api.resources.projects import send_registered
from arangovis_api.routes import Route
from arangovis_api.schemas.answers import Registered
from arangovis_api.schemas.generated import answer_schema, page_schema
from arangovis_api.schemas.graph import AtQuery, AtSchema
from arangovis_api.schemas.searches import (
    FailuresQuery,
    FailuresSchema,
    KindQuery,
    KindSchema,
    ProjectQuery,
    ProjectSchema,
    RunQuery,
    RunSchema,
    SavedBody,
    SavedSchema,
    SearchSchema,
)

ROOT = "/api/v1"
TAG = "search"


def routes(service: Arangovis) -> Sequence[Route]:
    """Return the routes of searching."""
    search, saved = Searches(service), OneSavedSearch(service)
    return (
        Route(f"{ROOT}/search", search),
        Route(f"{ROOT}/search/names", search, "names"),
        Route(f"{ROOT}/content/{{digest}}", search, "content"),
        Route(f"{ROOT}/failures/{{kind}}/{{key}}", search, "failures"),
        Route(f"{ROOT}/saved-searches", SavedSearches(service)),
        Route(f"{ROOT}/saved-searches/{{name}}", saved),
        Route(f"{ROOT}/saved-searches/{{name}}/history", saved, "history"),
        Route(f"{ROOT}/saved-searches/{{name}}/run", saved, "run"),
    )


class Searches:
    """Nodes by what they say, by their content, by how they ended."""

    def __init__(self, service: Arangovis) -> None:
        self._service = service
        self._searching = service.searching

    @operation("Search", body=SearchSchema, answers={200: answer_schema(SearchResult)}, tag=TAG, needs=Role.READ)
    def on_post(self, _: falcon.Request, resp: falcon.Response, *, body: SearchQuestion) -> None:
        """Answer a page of nodes of one kind or of several, and the facets; nothing is changed."""
        send(resp, to_wire(self._searching.searches.find(body)))

    @operation(
        "Read what a kind is searched by",
        query=KindSchema,
        answers={200: answer_schema(SearchableNames), 304: None},
        tag=TAG,
    )
    def on_get_names(self, req: falcon.Request, resp: falcon.Response, *, query: KindQuery) -> None:
        """Answer the names in use, with their types and how many of the newest nodes have each."""
        if not graph_is_unchanged(self._service.store, req, resp):
            send(resp, to_wire(self._searching.searches.names(query.kind)))

    @operation(
        "Look content up by its hash", query=AtSchema, answers={200: answer_schema(ContentUses), 304: None}, tag=TAG
    )
    def on_get_content(self, req: falcon.Request, resp: falcon.Response, *, digest: str, query: AtQuery) -> None:
        """Answer what has exactly this content, whatever its name, and the runs that made and read it."""
        if not graph_is_unchanged(self._service.store, req, resp):
            send(resp, to_wire(self._searching.contents.of(digest, at=query.at)))

    @operation(
        "Read which runs failed with an input",
        query=FailuresSchema,
        answers={200: answer_schema(FailedRuns), 304: None},
        tag=TAG,
    )
    def on_get_failures(
        self, req: falcon.Request, resp: falcon.Response, *, kind: str, key: str, query: FailuresQuery
    ) -> None:
        """Answer them newest first, with the code that ran, and whether a retry succeeded."""
        if not graph_is_unchanged(self._service.store, req, resp):
            node = NodeId.of(kind, key)
            send(resp, to_wire(self._searching.failures.with_input(node, limit=query.limit, at=query.at)))


class SavedSearches:
    """Searches with a name."""

    def __init__(self, service: Arangovis) -> None:
        self._service = service
        self._saved = service.searching.saved

    @operation("List saved searches", query=ProjectSchema, answers={200: page_schema(SavedSearch), 304: None}, tag=TAG)
    def on_get(self, req: falcon.Request, resp: falcon.Response, *, query: ProjectQuery) -> None:
        """Answer those of a project, by name."""
        if not graph_is_unchanged(self._service.store, req, resp):
            send(resp, to_wire(Page(self._saved.all(query.project))))

    @operation("Save a search", body=SavedSchema, answers={201: Registered, 200: Registered}, tag=TAG)
    def on_post(self, req: falcon.Request, resp: falcon.Response, *, body: SavedBody) -> None:
        """Answer 201 with its node; 200 if there was one of this name, which then has a new version if it differs."""
        caller = caller_of(req)
        registered = self._saved.save(
            body.name, body.question, caller, project=body.project, description=body.description
        )
        send_registered(resp, registered)


class OneSavedSearch:
    """A saved search."""

    def __init__(self, service: Arangovis) -> None:
        self._service = service
        self._saved = service.searching.saved

    @operation(
        "Read a saved search", query=ProjectSchema, answers={200: answer_schema(SavedSearch), 304: None}, tag=TAG
    )
    def on_get(self, req: falcon.Request, resp: falcon.Response, *, name: str, query: ProjectQuery) -> None:
        """Answer it as it stands."""
        if not graph_is_unchanged(self._service.store, req, resp):
            send(resp, to_wire(self._saved.get(name, project=query.project)))

    @operation("Delete a saved search", query=ProjectSchema, answers={204: None}, tag=TAG)
    def on_delete(self, req: falcon.Request, resp: falcon.Response, *, name: str, query: ProjectQuery) -> None:
        """Delete it; its versions are kept."""
        self._saved.delete(name, caller_of(req), project=query.project)
        resp.status = falcon.HTTP_204

    @operation(
        "Read every version of a saved search", query=ProjectSchema, answers={200: page_schema(SavedSearch)}, tag=TAG
    )
    def on_get_history(self, _: falcon.Request, resp: falcon.Response, *, name: str, query: ProjectQuery) -> None:
        """Answer its versions, oldest first."""
        send(resp, to_wire(Page(self._saved.history(name, project=query.project))))

    @operation("Run a saved search", query=RunSchema, answers={200: answer_schema(SearchResult)}, tag=TAG)
    def on_get_run(self, _: falcon.Request, resp: falcon.Response, *, name: str, query: RunQuery) -> None:
        """Answer a page of what it finds now, or found as of a time."""
        found = self._saved.run(name, project=query.project, limit=query.limit, cursor=query.cursor, at=query.at)
        send(resp, to_wire(found))
