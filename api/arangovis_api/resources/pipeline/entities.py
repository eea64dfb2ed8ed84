"""Nodes of any kind found, made, changed and deleted; links; and the kinds that users declare."""

import falcon

from arangovis.domain.access import Role
from arangovis.domain.graph import Page
from arangovis.domain.ids import NodeId
from arangovis.domain.wire import to_wire
from arangovis.services.catalogue.entities import NewNode, NodeLink
from arangovis.services.catalogue.kinds import Kind, RemovedKind
from arangovis.services.catalogue.lookup import Wanted
from arangovis.wiring import Arangovis
from arangovis_api.conditional import graph_is_unchanged
from arangovis_api.encode import node_document, page_document, send
from arangovis_api.middleware import caller_of
from arangovis_api.operation import operation
from arangovis_api.resources.nodes import Nodes
from arangovis_api.resources.projects import send_registered
from arangovis_api.schemas.answers import NodeAnswer, NodePage, Registered
from arangovis_api.schemas.generated import answer_schema, page_schema
from arangovis_api.schemas.pipeline_data import (
    ChangeBody,
    ChangeSchema,
    FindQuery,
    FindSchema,
    ForceQuery,
    ForceSchema,
    KindQuery,
    KindSchema,
    LinkBody,
    NewKindSchema,
    NewLinkSchema,
    NewNodeSchema,
    OldLinkSchema,
    node_of_kind,
)
from arangovis_schema import EdgeKind, VertexKind

_KINDS, _LINK = page_schema(Kind), answer_schema(NodeLink)


class NodesOfKind:
    """All nodes of one kind."""

    def __init__(self, service: Arangovis) -> None:
        self._service = service

    @operation("Find nodes of a kind", query=FindSchema, answers={200: NodePage, 304: None})
    def on_get(self, req: falcon.Request, resp: falcon.Response, *, kind: str, query: FindQuery) -> None:
        """Answer a page, newest first; empty if nothing is found."""
        if graph_is_unchanged(self._service.store, req, resp):
            return
        conditions = (query.name, query.tag, query.attribute, query.wanted, query.filter, query.project)
        found = self._service.pipeline.lookup.find(Wanted(kind, *conditions), limit=query.limit, cursor=query.cursor)
        send(resp, page_document(found, node_document))

    @operation("Make a node of a user's kind", body=NewNodeSchema, answers={201: Registered, 200: Registered})
    def on_post(self, req: falcon.Request, resp: falcon.Response, *, kind: str, body: NewNode) -> None:
        """Answer 201 with its node; 200 if it was there with the same content."""
        made = self._service.pipeline.entities.create(node_of_kind(kind, body), caller_of(req))
        send_registered(resp, made)


class OneNode(Nodes):
    """A node of any kind: also changed and deleted."""

    @operation("Change attributes of a node", body=ChangeSchema, answers={200: NodeAnswer})
    def on_patch(self, req: falcon.Request, resp: falcon.Response, *, kind: str, key: str, body: ChangeBody) -> None:
        """Answer the node as it is now; its versions before stay."""
        node = NodeId.of(kind, key)
        self._service.pipeline.entities.update(node, body.attributes, caller_of(req))
        send(resp, node_document(self._service.lineage.node(node)))

    @operation("Delete a node", query=ForceSchema, answers={204: None})
    def on_delete(self, req: falcon.Request, resp: falcon.Response, *, kind: str, key: str, query: ForceQuery) -> None:
        """Leave a tombstone; what is in use is a conflict that lists what depends on it, unless forced."""
        self._service.pipeline.entities.delete(NodeId.of(kind, key), caller_of(req), force=query.force)
        resp.status = 204


class Links:
    """Links between nodes."""

    def __init__(self, service: Arangovis) -> None:
        self._service = service

    @operation("Link two nodes", body=NewLinkSchema, answers={201: _LINK, 200: _LINK})
    def on_post(self, req: falcon.Request, resp: falcon.Response, *, body: LinkBody) -> None:
        """Answer 201; 200 if they were linked so."""
        made = self._service.pipeline.entities.link(body.edge, caller_of(req), body.attributes)
        send(resp, to_wire(made), 201 if made.created else 200)

    @operation("Take a link away", query=OldLinkSchema, answers={204: None})
    def on_delete(self, req: falcon.Request, resp: falcon.Response, *, query: LinkBody) -> None:
        """Take it away; as of before it stays readable."""
        self._service.pipeline.entities.unlink(query.edge, caller_of(req))
        resp.status = 204


class Kinds:
    """Kinds of vertex and edge."""

    def __init__(self, service: Arangovis) -> None:
        self._service = service

    @operation("List the kinds in force", answers={200: _KINDS})
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer the built-in ones and the users', vertex kinds first."""
        send(resp, to_wire(Page(self._service.pipeline.kinds.all())))

    @operation(
        "Declare a kind of vertex or edge",
        body=NewKindSchema,
        answers={201: answer_schema(Kind), 200: answer_schema(Kind)},
        needs=Role.ADMIN,
    )
    def on_post(self, req: falcon.Request, resp: falcon.Response, *, body: VertexKind | EdgeKind) -> None:
        """Answer 201; 200 if it was declared so."""
        kinds, caller = self._service.pipeline.kinds, caller_of(req)
        of = "edge" if isinstance(body, EdgeKind) else "vertex"
        made = kinds.declare_edge(body, caller) if isinstance(body, EdgeKind) else kinds.declare_vertex(body, caller)
        declared = next(kind for kind in kinds.all() if (kind.of, kind.name) == (of, body.name))
        send(resp, to_wire(declared), 201 if made else 200)


class OneKind:
    """A kind that a user declared."""

    def __init__(self, service: Arangovis) -> None:
        self._service = service

    @operation("Take a kind back", query=KindSchema, answers={200: answer_schema(RemovedKind)}, needs=Role.ADMIN)
    def on_delete(self, req: falcon.Request, resp: falcon.Response, *, kind: str, query: KindQuery) -> None:
        """Answer how much went with it; one that is in use is a conflict, unless forced."""
        removed = self._service.pipeline.kinds.remove(query.of, kind, caller_of(req), force=query.force)
        send(resp, to_wire(removed))
