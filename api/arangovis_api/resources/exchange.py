"""OpenLineage events that come in, and lineage that goes out in the formats of others."""

import zlib
from collections.abc import Sequence
from typing import Any

import falcon
import orjson

from arangovis.domain.errors import Fault, InvalidInput, TooLarge, UnsupportedMedia
from arangovis.domain.ids import NodeId
from arangovis.domain.wire import to_wire
from arangovis.services.exchange.events import BatchTaken, EventTaken
from arangovis.services.exchange.exporting import MEDIA_TYPES, ExportQuestion
from arangovis.wiring import Arangovis
from arangovis_api.conditional import graph_is_unchanged
from arangovis_api.encode import send
from arangovis_api.middleware import caller_of
from arangovis_api.nesting import check_nesting
from arangovis_api.operation import JSON_BYTES_MAX, Body, operation
from arangovis_api.routes import Route
from arangovis_api.schemas.exchange import EventsQuery, EventsSchema, ExportQuery, ExportSchema, LineageEventSchema
from arangovis_api.schemas.generated import answer_schema

ROOT = "/api/v1"
TAG = "exchange"
PARTIAL = "X-Arangovis-Partial"
"""Header of an export that is cut: why, separated by commas."""
_CODING = {"Content-Encoding": "`gzip`, if the body is compressed."}


def routes(service: Arangovis) -> Sequence[Route]:
    """Return the routes of the exchange."""
    events = Events(service)
    return (
        Route(f"{ROOT}/lineage", events),
        Route(f"{ROOT}/lineage/batch", events, "batch"),
        Route(f"{ROOT}/export/{{kind}}/{{key}}", Exports(service)),
    )


class Events:
    """Events of OpenLineage."""

    def __init__(self, service: Arangovis) -> None:
        self._events = service.lineage_events

    @operation(
        "Take an OpenLineage event",
        query=EventsSchema,
        body=Body(described=LineageEventSchema),
        answers={200: answer_schema(EventTaken), 201: answer_schema(EventTaken)},
        tag=TAG,
        headers=_CODING,
    )
    def on_post(self, req: falcon.Request, resp: falcon.Response, *, query: EventsQuery) -> None:
        """Answer what it became: 201, or 200 if it said nothing new."""
        taken = self._events.take(_json_of(req), caller_of(req), project=query.project)
        send(resp, to_wire(taken), 201 if taken.changed else 200)

    @operation(
        "Take OpenLineage events",
        query=EventsSchema,
        body=Body(),
        answers={200: answer_schema(BatchTaken)},
        tag=TAG,
        headers=_CODING,
    )
    def on_post_batch(self, req: falcon.Request, resp: falcon.Response, *, query: EventsQuery) -> None:
        """Take each event of a list by itself, and answer which were not taken and why."""
        documents = _json_of(req)
        if not isinstance(documents, list):
            raise InvalidInput.of(Fault("body", "is not a list of events"))
        send(resp, to_wire(self._events.take_all(documents, caller_of(req), project=query.project)))


class Exports:
    """Lineage in the formats of others."""

    def __init__(self, service: Arangovis) -> None:
        self._service = service

    @operation(
        "Export the lineage of a node",
        query=ExportSchema,
        answers={200: tuple(dict.fromkeys(MEDIA_TYPES.values())), 304: None},
        tag=TAG,
    )
    def on_get(self, req: falcon.Request, resp: falcon.Response, *, kind: str, key: str, query: ExportQuery) -> None:
        """Answer the lineage in the format; the header `X-Arangovis-Partial` says why it is cut, if it is."""
        if graph_is_unchanged(self._service.store, req, resp):
            return
        asked = ExportQuestion(NodeId.of(kind, key), query.format, query.direction, query.depth, query.limit, query.at)
        export = self._service.lineage_exports.of(asked)
        resp.content_type, resp.data = export.media_type, export.text.encode()
        resp.set_header("X-Content-Type-Options", "nosniff")
        if export.partial_reasons:
            resp.set_header(PARTIAL, ", ".join(export.partial_reasons))


def _json_of(req: falcon.Request) -> Any:
    try:
        found = orjson.loads(_body_of(req))
    except orjson.JSONDecodeError as error:
        raise InvalidInput.of(Fault("body", f"is not valid JSON: {error}")) from error
    check_nesting("body", found)
    return found


def _body_of(req: falcon.Request) -> bytes:
    """Return the body, unpacked; never more than what is read of JSON anyway."""
    coding = (req.get_header("Content-Encoding") or "identity").strip().lower()
    if coding not in ("identity", "gzip"):
        raise UnsupportedMedia.of(Fault("Content-Encoding", f"{coding[:80]!r} is neither gzip nor identity"))
    if (req.content_length or 0) > JSON_BYTES_MAX:
        raise TooLarge(f"the body has {req.content_length} bytes; at most {JSON_BYTES_MAX} of JSON are read here")
    data = req.bounded_stream.read()
    return data if coding == "identity" else _unpacked(data)


def _unpacked(data: bytes) -> bytes:
    unpacking = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        found = unpacking.decompress(data, JSON_BYTES_MAX + 1)
    except zlib.error as error:
        raise InvalidInput.of(Fault("body", "is not valid gzip")) from error
    if len(found) > JSON_BYTES_MAX:
        raise TooLarge(f"the body has more than {JSON_BYTES_MAX} bytes of JSON, unpacked")
    if not unpacking.eof:
        raise InvalidInput.of(Fault("body", "is not whole: the gzip has no end"))
    return found
