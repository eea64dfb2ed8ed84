"""Graphs of arangopipe taken in. No path is opened here: the documents are sent."""

import falcon

from arangovis.domain.wire import to_wire
from arangovis.services.exchange.arangopipe import ArangopipeImport, ArangopipeTaken
from arangovis.wiring import Arangovis
from arangovis_api.encode import send
from arangovis_api.middleware import caller_of
from arangovis_api.operation import operation
from arangovis_api.schemas.arangopipe import ArangopipeBody, ArangopipeSchema
from arangovis_api.schemas.generated import answer_schema


class ArangopipeImports:
    """Pieces of exported graphs."""

    def __init__(self, service: Arangovis) -> None:
        self._imports = ArangopipeImport(service.store, service.blobs, service.catalogue)

    @operation(
        "Take in pieces of a graph of arangopipe", body=ArangopipeSchema, answers={200: answer_schema(ArangopipeTaken)}
    )
    def on_post(self, req: falcon.Request, resp: falcon.Response, *, body: ArangopipeBody) -> None:
        """Answer how each piece went: it is written whole, was there already, or has a problem that is named."""
        send(resp, to_wire(self._imports.write(body.graph, body.bundles, caller_of(req))))
