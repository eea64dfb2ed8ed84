"""Taking over what other trackers recorded."""

import falcon

from arangovis.domain.wire import to_wire
from arangovis.exchange.imported import ImportPart
from arangovis.services.importing.values import ImportAnswer
from arangovis.wiring import Arangovis
from arangovis_api.encode import send
from arangovis_api.middleware import caller_of
from arangovis_api.operation import Body, operation
from arangovis_api.schemas.generated import answer_schema
from arangovis_api.schemas.imports import ImportPartSchema, read_part


class Imports:
    """Runs, model versions and models of another tracker, many at a time."""

    def __init__(self, service: Arangovis) -> None:
        self._service = service

    @operation(
        "Take over runs and models of another tracker",
        body=Body(ImportPartSchema, read=read_part),
        answers={200: answer_schema(ImportAnswer)},
    )
    def on_post(self, req: falcon.Request, resp: falcon.Response, *, body: ImportPart) -> None:
        """Answer what became of each: new, changed, unchanged, or refused and why. The same again changes nothing."""
        send(resp, to_wire(self._service.importing.take(body, caller_of(req))))
