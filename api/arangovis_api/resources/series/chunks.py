"""Rows that runs log, and values of fields for a whole run."""

import falcon

from arangovis.domain.errors import Fault, InvalidInput
from arangovis.domain.ids import NodeId
from arangovis.domain.wire import to_wire
from arangovis.series.sent import check_size, read_stream
from arangovis.services.series.aiming import Sent
from arangovis.services.series.appending import Append, ChunkStored
from arangovis.services.series.attributes import RunAttributes
from arangovis.tabular.arrow_stream import MEDIA_TYPE as ARROW
from arangovis.wiring import Arangovis
from arangovis_api.encode import send
from arangovis_api.middleware import caller_of
from arangovis_api.operation import JSON, Body, check_media_type, operation, read_json
from arangovis_api.schemas.generated import answer_schema
from arangovis_api.schemas.series import (
    AttributesBody,
    AttributesQuery,
    AttributesSchema,
    ChunkBody,
    ChunkQuery,
    ChunkSchema,
)

_STORED, _ATTRIBUTES = answer_schema(ChunkStored), answer_schema(RunAttributes)


class Chunks:
    """The rows of a run."""

    def __init__(self, service: Arangovis) -> None:
        self._appending = service.series.appending

    @operation(
        "Append rows to a run",
        query=ChunkSchema,
        body=Body(media_types=(ARROW, JSON), described=ChunkBody),
        answers={201: _STORED, 200: _STORED},
    )
    def on_post(self, req: falcon.Request, resp: falcon.Response, *, key: str, query: ChunkQuery) -> None:
        """Answer 201; 200 if this chunk came before. JSON has the form `{"columns": {name: [values]}}`."""
        run = NodeId.of("run", key)
        sent = Sent(run, query.logger, query.sequence, query.generation, query.series, query.strict)
        append = self._append(req, sent)
        send(resp, to_wire(append.stored), 201 if append.created else 200)

    def _append(self, req: falcon.Request, sent: Sent) -> Append:
        caller = caller_of(req)
        check_size(req.content_length or 0)
        if check_media_type(req, (ARROW, JSON)) == ARROW:
            return self._appending.append(sent, read_stream(req.bounded_stream.read()), caller)
        columns = read_json(req).get("columns")
        if not isinstance(columns, dict) or not columns:
            raise InvalidInput.of(Fault("columns", "must map names of fields to lists of values"))
        return self._appending.append_lists(sent, columns, caller)


class Attributes:
    """The attributes of a run."""

    def __init__(self, service: Arangovis) -> None:
        self._attributes = service.series.attributes

    @operation("Read the attributes of a run", answers={200: _ATTRIBUTES})
    def on_get(self, req: falcon.Request, resp: falcon.Response, *, key: str) -> None:
        """Answer the values by the current names of their fields; times are microseconds since 1970."""
        send(resp, to_wire(self._attributes.of(NodeId.of("run", key))))

    @operation(
        "Set attributes of a run",
        query=AttributesSchema,
        body=Body(described=AttributesBody),
        answers={200: _ATTRIBUTES},
    )
    def on_put(self, req: falcon.Request, resp: falcon.Response, *, key: str, query: AttributesQuery) -> None:
        """Set one value of each field that the JSON object names; others stay. Nothing is set if one is refused."""
        run, values = NodeId.of("run", key), read_json(req)
        done = self._attributes.put(run, values, caller_of(req), generation=query.generation, create=query.create)
        send(resp, to_wire(done))
