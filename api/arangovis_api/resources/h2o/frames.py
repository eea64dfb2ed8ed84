"""Frames: listed, looked at, read, deleted."""

from typing import Any

import falcon

from arangovis.domain.errors import Fault, InvalidInput
from arangovis.services.frames.frames import Frame
from arangovis.tabular.frames.export import csv_pieces
from arangovis.wiring import Arangovis
from arangovis_api.middleware import caller_of
from arangovis_api.operation import operation
from arangovis_api.resources.h2o.bodies import Fields
from arangovis_api.resources.h2o.path import unquoted
from arangovis_api.resources.h2o.shapes import answer, column, key, meta
from arangovis_api.resources.h2o.tags import ANSWER, TAG

ROWS_DEFAULT, ROWS_MAX = 100, 10_000
COLUMNS_MAX = 1000
_SCHEMA = ("FramesV3", "Frames")


class Frames:
    """The frames that have a name."""

    def __init__(self, service: Arangovis) -> None:
        self._service = service

    @operation("List frames", answers=ANSWER, tag=TAG)
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer their names and sizes."""
        found = [_brief(name, frame) for name, frame in self._service.h2o_names.frames()]
        answer(req, resp, _SCHEMA, {"frames": found})


class OneFrame:
    """A frame."""

    def __init__(self, service: Arangovis) -> None:
        self._service = service

    @operation("Read a page of a frame", answers=ANSWER, tag=TAG)
    def on_get(self, req: falcon.Request, resp: falcon.Response, *, name: str) -> None:
        """Answer columns with their figures, and rows."""
        self._answer(req, resp, unquoted(name))

    @operation("Read a summary of a frame", answers=ANSWER, tag=TAG)
    def on_get_summary(self, req: falcon.Request, resp: falcon.Response, *, name: str) -> None:
        """Answer as without `summary`."""
        self._answer(req, resp, unquoted(name))

    @operation("Read a frame without its distribution", answers=ANSWER, tag=TAG)
    def on_get_light(self, req: falcon.Request, resp: falcon.Response, *, name: str) -> None:
        """Answer as without `light`."""
        self._answer(req, resp, unquoted(name))

    @operation("Delete a frame", answers=ANSWER, tag=TAG)
    def on_delete(self, req: falcon.Request, resp: falcon.Response, *, name: str) -> None:
        """Leave a tombstone; lineage still shows it."""
        wanted = unquoted(name)
        names = self._service.h2o_names
        frame = names.frame(wanted)
        self._service.frames.delete(frame.id, caller_of(req), force=True, also=names.taking(wanted))
        answer(req, resp, _SCHEMA, {"frame_id": key(wanted, "Frame", "Frames")})

    def _answer(self, req: falcon.Request, resp: falcon.Response, name: str) -> None:
        frame = self._service.h2o_names.frame(name)
        answer(req, resp, _SCHEMA, {"frames": [_document(self._service, name, frame, Fields(req.params))]})


class DownloadDataset:
    """A whole frame."""

    def __init__(self, service: Arangovis) -> None:
        self._service = service

    @operation("Read a frame as CSV", answers={200: "text/csv"}, tag=TAG)
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer its rows; the service holds a part of them at a time."""
        frame = self._service.h2o_names.frame(Fields(req.params).needed("frame_id"))
        resp.content_type = "text/csv"
        resp.downloadable_as = "frame.csv"
        resp.stream = csv_pieces(self._service.frames.reader(frame))


def frame_page(service: Arangovis, frame: Frame, rows: tuple[int, int], columns: tuple[int, int]) -> list[Any]:
    """Return the columns (offset, count) of a frame with the values of rows (offset, count)."""
    chosen = frame.content.columns[columns[0] : columns[0] + columns[1]]
    page = service.frames.reader(frame).page(*rows, [found.name for found in chosen])
    return [column(found, values) for found, values in zip(chosen, page.columns, strict=True)]


def _document(service: Arangovis, name: str, frame: Frame, fields: Fields) -> dict[str, Any]:
    rows = _range(fields, "row", ROWS_DEFAULT, ROWS_MAX)
    columns = _range(fields, "column", COLUMNS_MAX, COLUMNS_MAX)
    found = frame_page(service, frame, rows, columns)
    return {
        **_brief(name, frame),
        "row_offset": rows[0],
        "row_count": max(0, min(rows[1], frame.dataset.rows - rows[0])),
        "column_offset": columns[0],
        "column_count": len(found),
        "full_column_count": len(frame.content.columns),
        "total_column_count": len(frame.content.columns),
        "columns": found,
        "compatible_models": [],
        "chunk_summary": None,
        "distribution_summary": None,
    }


def _brief(name: str, frame: Frame) -> dict[str, Any]:
    return {
        "__meta": meta("FrameV3", "Frame"),
        "frame_id": key(name, "Frame", "Frames"),
        "rows": frame.dataset.rows,
        "num_columns": len(frame.content.columns),
        "byte_size": 0,
        "is_text": False,
        "checksum": int(frame.dataset.digest[:15], 16),
        "default_percentiles": [],
    }


def _range(fields: Fields, what: str, default: int, most: int) -> tuple[int, int]:
    """Return offset and count of rows or columns; a count of -1 or 0 is the default one."""
    offset, count = fields.integer(f"{what}_offset", 0), fields.integer(f"{what}_count", default)
    if offset < 0:
        raise InvalidInput.of(Fault(f"{what}_offset", f"{offset} is negative"))
    if count > most:
        raise InvalidInput.of(Fault(f"{what}_count", f"{count} is more than {most}"))
    return offset, count if count > 0 else default
