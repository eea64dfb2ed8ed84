"""Aliases, gates, and the administration of projects."""

import falcon

from arangovis.domain.graph import Page
from arangovis.domain.ids import NodeId
from arangovis.domain.wire import to_wire
from arangovis.services.catalogue.aliases import Alias, AliasChange
from arangovis.services.catalogue.gates import Gate
from arangovis.services.catalogue.names import find_project
from arangovis.services.catalogue.projects import ProjectBytes, ProjectOverview
from arangovis.wiring import Arangovis
from arangovis_api.conditional import graph_is_unchanged
from arangovis_api.encode import send
from arangovis_api.middleware import caller_of
from arangovis_api.operation import operation
from arangovis_api.resources.projects import send_registered
from arangovis_api.schemas.answers import Registered
from arangovis_api.schemas.generated import answer_schema, page_schema
from arangovis_api.schemas.pipeline_life import (
    AliasBody,
    AliasBodySchema,
    AliasesSchema,
    AliasQuery,
    GateBody,
    GateBodySchema,
    OneAliasQuery,
    OneAliasSchema,
    OverviewsQuery,
    OverviewsSchema,
    ProjectChange,
    ProjectChangeSchema,
    ProjectNameSchema,
    ProjectQuery,
)

_OVERVIEW = answer_schema(ProjectOverview)


class Aliases:
    """Names of one version of a model at a time."""

    def __init__(self, service: Arangovis) -> None:
        self._service = service

    @operation("Read the aliases of a model", query=AliasesSchema, answers={200: page_schema(Alias), 304: None})
    def on_get(self, req: falcon.Request, resp: falcon.Response, *, query: AliasQuery) -> None:
        """Answer all of them by name, or the one asked for; as they are, or were."""
        if graph_is_unchanged(self._service.store, req, resp):
            return
        aliases = self._service.pipeline.aliases
        model = aliases.model(query.project, query.model)
        if query.alias is None:
            found = aliases.of_model(model, at=query.at)
        else:
            found = [aliases.get(model, query.alias, at=query.at)]
        send(resp, to_wire(Page(found)))

    @operation("Give a version an alias", body=AliasBodySchema, answers={200: answer_schema(Alias)})
    def on_put(self, req: falcon.Request, resp: falcon.Response, *, body: AliasBody) -> None:
        """Answer the alias; the version that had it before has it no more."""
        aliases = self._service.pipeline.aliases
        model = aliases.model(body.project, body.model)
        version = self._service.catalogue.version(body.number).id
        send(resp, to_wire(aliases.put(model, body.alias, version, caller_of(req))))

    @operation("Take an alias away", query=OneAliasSchema, answers={204: None})
    def on_delete(self, req: falcon.Request, resp: falcon.Response, *, query: OneAliasQuery) -> None:
        """Take it away; its history stays."""
        aliases = self._service.pipeline.aliases
        aliases.remove(aliases.model(query.project, query.model), query.alias, caller_of(req))
        resp.status = 204

    @operation("Read every move of an alias", query=OneAliasSchema, answers={200: page_schema(AliasChange), 304: None})
    def on_get_history(self, req: falcon.Request, resp: falcon.Response, *, query: OneAliasQuery) -> None:
        """Answer who moved it, when, from where and to where, oldest first."""
        if graph_is_unchanged(self._service.store, req, resp):
            return
        aliases = self._service.pipeline.aliases
        send(resp, to_wire(Page(aliases.history(aliases.model(query.project, query.model), query.alias))))


class Gates:
    """Conditions that runs must meet before they are deployed."""

    def __init__(self, service: Arangovis) -> None:
        self._service = service

    @operation("List the gates of a project", query=ProjectNameSchema, answers={200: page_schema(Gate), 304: None})
    def on_get(self, req: falcon.Request, resp: falcon.Response, *, query: ProjectQuery) -> None:
        """Answer all of them, by name."""
        if not graph_is_unchanged(self._service.store, req, resp):
            project = find_project(self._service.store, query.project).id.key
            send(resp, to_wire(Page(self._service.pipeline.gates.all(project))))

    @operation("Make or change a gate", body=GateBodySchema, answers={201: Registered, 200: Registered})
    def on_put(self, req: falcon.Request, resp: falcon.Response, *, body: GateBody) -> None:
        """Answer 201 with its node; 200 if one of this name was there, which it takes the place of."""
        pipeline = self._service.pipeline
        model = None if body.model is None else pipeline.aliases.model(body.project, body.model)
        gates, caller = pipeline.gates, caller_of(req)
        send_registered(resp, gates.put(body.project, body.name, body.filter, caller, model=model))


class ProjectOverviews:
    """All projects and what is in them."""

    def __init__(self, service: Arangovis) -> None:
        self._service = service

    @operation("List projects with what is in them", query=OverviewsSchema, answers={200: page_schema(ProjectOverview)})
    def on_get(self, req: falcon.Request, resp: falcon.Response, *, query: OverviewsQuery) -> None:
        """Answer all of them by name, each with distinct counts."""
        send(resp, to_wire(Page(self._service.pipeline.projects.overviews(archived=query.archived))))


class OneProject:
    """A project, as its owner sees it."""

    def __init__(self, service: Arangovis) -> None:
        self._service = service

    @operation("Read a project", answers={200: _OVERVIEW, 304: None})
    def on_get(self, req: falcon.Request, resp: falcon.Response, *, key: str) -> None:
        """Answer it with distinct counts of what is in it."""
        if not graph_is_unchanged(self._service.store, req, resp):
            send(resp, to_wire(self._service.pipeline.projects.overview(NodeId.of("project", key))))

    @operation("Rename a project, archive it, or bring it back", body=ProjectChangeSchema, answers={200: _OVERVIEW})
    def on_patch(self, req: falcon.Request, resp: falcon.Response, *, key: str, body: ProjectChange) -> None:
        """Answer it as it is now."""
        projects, project = self._service.pipeline.projects, NodeId.of("project", key)
        if body.name is not None:
            projects.rename(project, body.name, caller_of(req))
        if body.archived is not None:
            projects.archive(project, caller_of(req), archived=body.archived)
        send(resp, to_wire(projects.overview(project)))

    @operation("Read how many bytes a project keeps", answers={200: answer_schema(ProjectBytes)})
    def on_get_bytes(self, req: falcon.Request, resp: falcon.Response, *, key: str) -> None:
        """Answer the bytes of its artifacts and data sets, those with several references once."""
        send(resp, to_wire(self._service.pipeline.projects.bytes(NodeId.of("project", key))))
