"""Rows read back, what there is to read, and runs found as a page with boxes does."""

from collections.abc import Mapping
from typing import Any

import falcon
import orjson

from arangovis.domain.access import Role
from arangovis.domain.errors import Fault, InvalidInput
from arangovis.domain.ids import NodeId
from arangovis.domain.wire import to_wire
from arangovis.series.cursors import Cursor
from arangovis.series.ipc import MEDIA_TYPE as ARROW
from arangovis.series.ipc import json_columns, stream_of, together
from arangovis.services.run_search.search import RunQuestion, RunsFound
from arangovis.services.series.reading.listing import InCommon, RunSeries
from arangovis.services.series.reading.many import RUNS_MAX, ManyQuestion
from arangovis.services.series.reading.question import SeriesQuestion
from arangovis.services.series.reading.reading import RunRows
from arangovis.wiring import Arangovis
from arangovis_api.conditional import is_unchanged
from arangovis_api.encode import send
from arangovis_api.middleware import caller_of
from arangovis_api.operation import JSON, operation
from arangovis_api.schemas.generated import answer_schema
from arangovis_api.schemas.series_reading import (
    ManyRowsAnswer,
    RowsQuery,
    RowsSchema,
    RunSearchSchema,
    RunSetBody,
    RunSetSchema,
    SeriesQuerySchema,
    SeriesRowsAnswer,
    SeriesRowsSchema,
)

FACTS = "arangovis"
"""In the metadata of an Arrow schema: what a JSON answer says beside the columns, as JSON."""
RUN_COLUMN = "_run"
"""In rows of many runs: the key of the run that a row is of."""
_ROWS = {200: (SeriesRowsAnswer, ARROW), 304: None}


class RunRowsResource:
    """The rows of a run."""

    def __init__(self, service: Arangovis) -> None:
        self._reading = service.series_reading

    @operation("List the series of a run", answers={200: answer_schema(RunSeries)})
    def on_get_series(self, req: falcon.Request, resp: falcon.Response, *, key: str) -> None:
        """Answer how many rows each has and the statistics of its columns; no row is read."""
        send(resp, to_wire(self._reading.listing.of(NodeId.of("run", key))))

    @operation("Read a series of a run", query=SeriesRowsSchema, answers=_ROWS)
    def on_get_one(self, req: falcon.Request, resp: falcon.Response, *, key: str, name: str, query: RowsQuery) -> None:
        """Answer its rows, as JSON or as an Arrow stream; with `since`, those that are new."""
        self._send(req, resp, key, query.question(name), query.since)

    @operation("Read rows of a run", query=RowsSchema, answers=_ROWS)
    def on_get_rows(self, req: falcon.Request, resp: falcon.Response, *, key: str, query: RowsQuery) -> None:
        """Answer the rows of every series of the run that has all the fields."""
        self._send(req, resp, key, query.question(), query.since)

    def _send(
        self, req: falcon.Request, resp: falcon.Response, key: str, question: SeriesQuestion, since: str | None
    ) -> None:
        cursor = None if since is None else Cursor.of(since)
        look = self._reading.rows.look(NodeId.of("run", key), question, cursor)
        form = _form(req)
        if is_unchanged(req, resp, f"{look.tag}-{'a' if form == ARROW else 'j'}"):
            return
        rows = self._reading.rows.rows(look)
        if form == ARROW:
            _send_arrow(resp, stream_of(rows.table, _facts(to_wire(rows.facts))))
        else:
            _send_json(resp, _rows_document(rows))


class SeriesQueries:
    """One question to many runs."""

    def __init__(self, service: Arangovis) -> None:
        self._many = service.series_reading.many

    @operation(
        "Read rows of many runs", body=SeriesQuerySchema, answers={200: (ManyRowsAnswer, ARROW)}, needs=Role.READ
    )
    def on_post(self, req: falcon.Request, resp: falcon.Response, *, body: ManyQuestion) -> None:
        """Answer what is new of each run, and which runs are gone."""
        answer = self._many.rows(self._many.look(body), caller_of(req))
        document = to_wire(answer.facts)
        if _form(req) == ARROW:
            document["runs"] = [to_wire(rows.facts) for rows in answer.runs]
            tables = {rows.run.key: rows.table for rows in answer.runs}
            _send_arrow(resp, stream_of(together(tables, RUN_COLUMN), _facts(document)))
        else:
            document["runs"] = [_rows_document(rows) for rows in answer.runs]
            _send_json(resp, document)


class SeriesInCommon:
    """What runs have in common."""

    def __init__(self, service: Arangovis) -> None:
        self._reading = service.series_reading

    @operation(
        "Find what runs have in common", body=RunSetSchema, answers={200: answer_schema(InCommon)}, needs=Role.READ
    )
    def on_post(self, req: falcon.Request, resp: falcon.Response, *, body: RunSetBody) -> None:
        """Answer the series, fields and attributes that every one of the runs has."""
        if body.runs is None:
            runs = [run.id for run in self._reading.runs.matching(body.where)]
        elif len(body.runs) > RUNS_MAX:
            raise InvalidInput.of(Fault("runs", f"{len(body.runs)} are more than {RUNS_MAX}"))
        else:
            runs = [NodeId.of("run", key) for key in body.runs]
        send(resp, to_wire(self._reading.listing.common(runs)))


class RunSearches:
    """Finding runs."""

    def __init__(self, service: Arangovis) -> None:
        self._runs = service.series_reading.runs

    @operation("Find runs, with counts", body=RunSearchSchema, answers={200: answer_schema(RunsFound)}, needs=Role.READ)
    def on_post(self, req: falcon.Request, resp: falcon.Response, *, body: RunQuestion) -> None:
        """Answer a page of runs, newest first, and beside each option how many runs it would find."""
        send(resp, to_wire(self._runs.find(body)))


def _form(req: falcon.Request) -> str:
    return req.client_prefers((JSON, ARROW)) or JSON


def _rows_document(rows: RunRows) -> dict[str, Any]:
    return {**to_wire(rows.facts), "columns": json_columns(rows.table)}


def _facts(document: Mapping[str, Any]) -> dict[str, str]:
    return {FACTS: orjson.dumps(document).decode()}


def _send_arrow(resp: falcon.Response, data: bytes) -> None:
    resp.content_type = ARROW
    resp.data = data


def _send_json(resp: falcon.Response, document: Mapping[str, Any]) -> None:
    resp.content_type = falcon.MEDIA_JSON
    resp.data = orjson.dumps(document, option=orjson.OPT_SERIALIZE_NUMPY)
