"""Embedders of model versions: what makes vectors of rows that have none."""

import falcon

from arangovis.domain.wire import to_wire
from arangovis.services.embedding.embedder import Embedder
from arangovis.services.embedding.embedders import EmbedderFile, RegisteredEmbedder
from arangovis.wiring import Arangovis
from arangovis_api.arguments import version_number
from arangovis_api.conditional import graph_is_unchanged
from arangovis_api.encode import send
from arangovis_api.middleware import caller_of
from arangovis_api.operation import Body, operation
from arangovis_api.schemas.embedders import EmbedderSchema
from arangovis_api.schemas.generated import answer_schema

BYTES = "application/octet-stream"
_REGISTERED, _FILE = answer_schema(RegisteredEmbedder), answer_schema(EmbedderFile)


class VersionEmbedder:
    """The embedder of a model version."""

    def __init__(self, service: Arangovis) -> None:
        self._service = service

    @operation("Read the embedder of a model version", answers={200: _REGISTERED, 304: None})
    def on_get(self, req: falcon.Request, resp: falcon.Response, *, number: str) -> None:
        """Answer the one in force."""
        if not graph_is_unchanged(self._service.store, req, resp):
            version = self._service.catalogue.version(version_number(number))
            send(resp, to_wire(self._service.embedders.of(version)))

    @operation("Give a model version an embedder", body=EmbedderSchema, answers={201: _REGISTERED, 200: _REGISTERED})
    def on_post(self, req: falcon.Request, resp: falcon.Response, *, number: str, body: Embedder) -> None:
        """Answer 201 with it; 200 if it was the embedder already. The ones before stay on record as revisions."""
        version = self._service.catalogue.version(version_number(number))
        registered, created = self._service.embedders.set(version, body, caller_of(req))
        send(resp, to_wire(registered), 201 if created else 200)

    @operation("Upload the file of an embedder", body=Body(media_types=(BYTES,)), answers={201: _FILE, 200: _FILE})
    def on_post_file(self, req: falcon.Request, resp: falcon.Response, *, number: str) -> None:
        """Answer its artifact, 200 if these bytes were uploaded before. It is used once an embedder names it."""
        version, data = self._service.catalogue.version(version_number(number)), req.bounded_stream.read()
        file, created = self._service.embedders.upload(version, data, caller_of(req))
        resp.location = f"/api/v1/artifacts/{file.artifact.key}"
        send(resp, to_wire(file), 201 if created else 200)
