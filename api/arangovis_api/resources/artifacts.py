"""Artifacts: found, looked at, and their bytes."""

import re

import falcon

from arangovis.domain.errors import NoData
from arangovis.domain.ids import NodeId
from arangovis.domain.views import optional_text
from arangovis.wiring import Arangovis
from arangovis_api.conditional import graph_is_unchanged, is_unchanged
from arangovis_api.encode import node_document, send
from arangovis_api.operation import operation
from arangovis_api.resources.projects import send_list
from arangovis_api.schemas.answers import NodeAnswer, NodePage
from arangovis_api.schemas.catalogue import ListQuery, ListSchema

UNKNOWN_MEDIA = "application/octet-stream"
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,64}/[A-Za-z0-9!#$&^_.+-]{1,64}(; ?[A-Za-z0-9-]+=[A-Za-z0-9._-]+)*\Z")
_DIGEST = re.compile(r"[0-9a-f]{64}\Z")


class Artifacts:
    """Files with an origin."""

    def __init__(self, service: Arangovis) -> None:
        self._service = service

    @operation("Find artifacts", query=ListSchema, answers={200: NodePage, 304: None})
    def on_get(self, req: falcon.Request, resp: falcon.Response, *, query: ListQuery) -> None:
        """Answer a page, newest first."""
        send_list(self._service, req, resp, kind="artifact", query=query)


class OneArtifact:
    """An artifact."""

    def __init__(self, service: Arangovis) -> None:
        self._service = service

    @operation("Read an artifact", answers={200: NodeAnswer, 304: None})
    def on_get(self, req: falcon.Request, resp: falcon.Response, *, key: str) -> None:
        """Answer what is known of it."""
        if not graph_is_unchanged(self._service.store, req, resp):
            send(resp, node_document(self._service.lineage.node(NodeId.of("artifact", key))))

    @operation("Read the bytes of an artifact", answers={200: "*/*", 304: None})
    def on_get_content(self, req: falcon.Request, resp: falcon.Response, *, key: str) -> None:
        """Answer the bytes, verified by their hash, in the artifact's media type."""
        attributes = self._service.lineage.node(NodeId.of("artifact", key)).attributes
        digest = optional_text(attributes, "digest") or ""
        if not _DIGEST.match(digest) or not self._service.artifacts.exists(digest):
            raise NoData(f"the bytes of artifact/{key} are not kept here")
        if is_unchanged(req, resp, digest):
            return
        resp.data = self._service.blobs.read(digest)
        given = optional_text(attributes, "media_type") or UNKNOWN_MEDIA
        resp.content_type = given if _MEDIA_TYPE.match(given) else UNKNOWN_MEDIA
        resp.set_header("X-Content-Type-Options", "nosniff")
        # whatever a run made is not a page of ours: opened in a browser it may run nothing
        resp.set_header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox")
