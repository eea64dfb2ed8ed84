"""Any node: as it is, as it was, and all of its versions."""

from typing import Any

import falcon

from arangovis.domain.graph import Direction, Page
from arangovis.domain.ids import NodeId
from arangovis.services.lineage.edge_pages import EdgesQuestion, Neighbour
from arangovis.wiring import Arangovis
from arangovis_api.conditional import graph_is_unchanged
from arangovis_api.encode import edge_document, node_document, page_document, send
from arangovis_api.operation import operation
from arangovis_api.schemas.answers import NeighbourPage, NodeAnswer, NodePage
from arangovis_api.schemas.graph import AtQuery, AtSchema, EdgesQuery, EdgesSchema


class Nodes:
    """A node of any kind."""

    def __init__(self, service: Arangovis) -> None:
        self._service = service

    @operation("Read a node", query=AtSchema, answers={200: NodeAnswer, 304: None})
    def on_get(self, req: falcon.Request, resp: falcon.Response, *, kind: str, key: str, query: AtQuery) -> None:
        """Answer it as it is, or as it was at a time; a deleted node is its tombstone."""
        if not graph_is_unchanged(self._service.store, req, resp):
            send(resp, node_document(self._service.lineage.node(NodeId.of(kind, key), at=query.at)))

    @operation("List the edges of a node", query=EdgesSchema, answers={200: NeighbourPage, 304: None})
    def on_get_edges(
        self, req: falcon.Request, resp: falcon.Response, *, kind: str, key: str, query: EdgesQuery
    ) -> None:
        """Answer a page of them, each with the node at its other end, kind of edge by kind of edge."""
        if graph_is_unchanged(self._service.store, req, resp):
            return
        question = EdgesQuestion(
            node=NodeId.of(kind, key),
            direction=Direction(query.direction),
            edges=query.edges,
            cursor=query.cursor,
            limit=query.limit,
            at=query.at,
        )
        send(resp, page_document(self._service.lineage.edges(question), _neighbour_document))

    @operation("Read every version of a node", answers={200: NodePage, 304: None})
    def on_get_history(self, req: falcon.Request, resp: falcon.Response, *, kind: str, key: str) -> None:
        """Answer all versions, oldest first."""
        if not graph_is_unchanged(self._service.store, req, resp):
            versions = self._service.lineage.history(NodeId.of(kind, key))
            send(resp, page_document(Page(versions), node_document))


def _neighbour_document(neighbour: Neighbour) -> dict[str, Any]:
    return {**edge_document(neighbour.edge), "node": node_document(neighbour.node)}
