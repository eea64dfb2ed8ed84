"""Frames: uploaded, looked at, parsed, read."""

from typing import Any

import falcon

from arangovis.domain.access import Role
from arangovis.domain.errors import Fault, InvalidInput
from arangovis.domain.graph import Page
from arangovis.domain.ids import NodeId
from arangovis.services.frames.documents import (
    changed_setup,
    columns_document,
    hints_of,
    setup_answer,
    warning_document,
)
from arangovis.services.frames.frames import Frame, ParseRequest
from arangovis.tabular.arrow_stream import MEDIA_TYPE as ARROW
from arangovis.tabular.frames.export import csv_pieces
from arangovis.tabular.frames.types import ParseSetup
from arangovis.wiring import Arangovis
from arangovis_api.conditional import is_unchanged
from arangovis_api.encode import page_document, send
from arangovis_api.middleware import caller_of
from arangovis_api.operation import Body, operation
from arangovis_api.resources.runs import run_document
from arangovis_api.schemas.answers import RunAnswer
from arangovis_api.schemas.frames import (
    DeleteQuery,
    DeleteSchema,
    FrameAnswer,
    FrameBody,
    FramePage,
    FrameRowPage,
    FrameRowsQuery,
    FrameRowsSchema,
    FrameSchema,
    PageQuery,
    PageSchema,
    SetupAnswer,
    SetupBody,
    SetupSchema,
    UploadAnswer,
    UploadQuery,
    UploadSchema,
)

CSV = "text/csv"
UPLOADED = (CSV, "application/vnd.apache.parquet", ARROW, "application/gzip", "application/octet-stream")


class Uploads:
    """Files to make frames of."""

    def __init__(self, service: Arangovis) -> None:
        self._service = service

    @operation(
        "Upload a file",
        query=UploadSchema,
        body=Body(media_types=UPLOADED),
        answers={201: UploadAnswer, 200: UploadAnswer},
    )
    def on_post(self, req: falcon.Request, resp: falcon.Response, *, query: UploadQuery) -> None:
        """Answer 201 with its artifact; 200 if this very file was uploaded under this name before."""
        stream, caller = req.bounded_stream, caller_of(req)
        made = self._service.frames.upload(stream, query.name, caller, project=query.project)  # type: ignore[arg-type]
        resp.location = f"/api/v1/artifacts/{made.node.key}"
        document = {"node": str(made.node), "name": made.name, "digest": made.digest, "bytes": made.bytes}
        send(resp, document, 201 if made.created else 200)


class Setups:
    """How files are best read."""

    def __init__(self, service: Arangovis) -> None:
        self._service = service

    @operation(
        "Look at an upload and say how it is best read", body=SetupSchema, answers={200: SetupAnswer}, needs=Role.READ
    )
    def on_post(self, req: falcon.Request, resp: falcon.Response, *, body: SetupBody) -> None:
        """Answer separator, header, column types, first rows and warnings; nothing is stored."""
        send(resp, setup_answer(self._service.frames.guess(source_of("source", body.source), hints_of(body.setup))))


class Frames:
    """Tables parsed from uploads."""

    def __init__(self, service: Arangovis) -> None:
        self._service = service

    @operation("List frames", query=PageSchema, answers={200: FramePage})
    def on_get(self, req: falcon.Request, resp: falcon.Response, *, query: PageQuery) -> None:
        """Answer a page, newest first."""
        page = self._service.frames.list(limit=query.limit, cursor=query.cursor)
        send(resp, page_document(page, frame_document))

    @operation("Parse an upload", body=FrameSchema, answers={202: RunAnswer})
    def on_post(self, req: falcon.Request, resp: falcon.Response, *, body: FrameBody) -> None:
        """Answer 202 with the run; the frame is what it generates."""
        source = source_of("source", body.source)
        setup = self._setup(source, body)
        name = body.name or self._service.frames.find_upload(source).name
        run = self._service.frames.parse(ParseRequest(source, setup, name, strict=body.strict), caller_of(req))
        resp.location = f"/api/v1/runs/{run.id.key}"
        send(resp, run_document(self._service.lineage.node(run.id), self._service.runs.lease(run.id)), 202)

    def _setup(self, source: NodeId, body: FrameBody) -> ParseSetup:
        return changed_setup(self._service.frames.guess(source, hints_of(body.setup)), body.setup)


class OneFrame:
    """A frame."""

    def __init__(self, service: Arangovis) -> None:
        self._service = service

    @operation("Read what is known of a frame", answers={200: FrameAnswer})
    def on_get(self, req: falcon.Request, resp: falcon.Response, *, key: str) -> None:
        """Answer columns with their types and figures, and warnings."""
        send(resp, frame_document(self._frame(key)))

    @operation("Delete a frame", query=DeleteSchema, answers={204: None})
    def on_delete(self, req: falcon.Request, resp: falcon.Response, *, key: str, query: DeleteQuery) -> None:
        """Leave a tombstone; a frame that something was made of is deleted with `force` only."""
        self._service.frames.delete(NodeId.of("dataset", key), caller_of(req), force=query.force)
        resp.status = falcon.HTTP_204

    @operation("Read rows of a frame", query=FrameRowsSchema, answers={200: FrameRowPage})
    def on_get_rows(self, req: falcon.Request, resp: falcon.Response, *, key: str, query: FrameRowsQuery) -> None:
        """Answer a page of rows as JSON objects."""
        frame = self._frame(key)
        stop = min(query.cursor + query.limit, frame.dataset.rows)
        chosen = [name for name in frame.content.names if name in query.columns] if query.columns else None
        found = self._service.frames.reader(frame).page(query.cursor, query.limit, chosen)
        rows = [dict(zip(found.names, row, strict=True)) for row in zip(*found.columns, strict=True)]
        page = Page(rows, None if stop >= frame.dataset.rows else str(stop))
        send(resp, page_document(page, dict))

    @operation("Read a frame as CSV", answers={200: CSV, 304: None})
    def on_get_content(self, req: falcon.Request, resp: falcon.Response, *, key: str) -> None:
        """Answer the rows; the service holds a part of them at a time. Texts that look like formulas are quoted."""
        frame = self._frame(key)
        if is_unchanged(req, resp, frame.dataset.digest):
            return
        resp.content_type = CSV
        resp.stream = csv_pieces(self._service.frames.reader(frame))

    def _frame(self, key: str) -> Frame:
        return self._service.frames.get(NodeId.of("dataset", key))


def frame_document(frame: Frame) -> dict[str, Any]:
    """Return a frame as JSON."""
    dataset = frame.dataset
    return {
        "node": str(frame.id),
        "name": dataset.name,
        "project": dataset.project,
        "digest": dataset.digest,
        "rows": dataset.rows,
        "columns": columns_document(frame.content),
        "warnings": [warning_document(warning) for warning in frame.content.warnings],
        "created": frame.created,
    }


def source_of(field: str, text: str) -> NodeId:
    """Return the node that a field of a request names.

    Raises:
        InvalidInput: it is no node id.

    """
    try:
        return NodeId.parse(text)
    except InvalidInput as error:
        raise InvalidInput.of(Fault(field, error.detail)) from error
