"""The points of a finished plot, in the form that a client asks for, and their neighbours in pages."""

from hashlib import sha256

import falcon

from arangovis.domain.ids import NodeId
from arangovis.domain.wire import to_wire
from arangovis.services.projections.answers import Job
from arangovis.services.projections.points import PointNeighbours, PointsTable, PointsWanted
from arangovis.services.projections.selections import SavedSelection
from arangovis.tabular.arrow_stream import MEDIA_TYPE as ARROW
from arangovis.tabular.parquet_columns import PARQUET
from arangovis.wiring import Arangovis
from arangovis_api.compressed import send_bytes, tag_weakly
from arangovis_api.conditional import is_unchanged
from arangovis_api.encode import send
from arangovis_api.middleware import caller_of
from arangovis_api.operation import operation
from arangovis_api.schemas.generated import answer_schema, page_schema
from arangovis_api.schemas.projection_points import (
    FORMATS,
    NeighboursQuery,
    NeighboursSchema,
    PointsAnswer,
    PointsQuery,
    PointsSchema,
    SelectionBody,
    SelectionSchema,
)

_MEDIA_TYPES = dict(zip(FORMATS, (ARROW, PARQUET, falcon.MEDIA_JSON), strict=True))


class ProjectionPoints:
    """The points of a plot of a sample."""

    def __init__(self, service: Arangovis) -> None:
        self._service = service

    @operation(
        "Read the points of a plot in columns",
        query=PointsSchema,
        answers={200: (PointsAnswer, ARROW, PARQUET), 304: None},
    )
    def on_get_points(self, req: falcon.Request, resp: falcon.Response, *, key: str, query: PointsQuery) -> None:
        """Answer as Arrow unless another form is preferred; what was stored never changes, so neither does this."""
        points = self._service.plot_points
        job = points.finished(NodeId.of("run", key))
        media_type = _preferred(req, query)
        if tag_weakly(req, resp, _tag(job, query, media_type)):
            return
        names = tuple(name for name in query.columns.split(",") if name)
        found = points.table(job, PointsWanted(query.neighbours, names, query.set))
        resp.content_type = media_type
        send_bytes(req, resp, _written(found, media_type))

    @operation(
        "Read the nearest rows of the rows in a plot",
        query=NeighboursSchema,
        answers={200: page_schema(PointNeighbours), 304: None},
    )
    def on_get_neighbours(
        self, req: falcon.Request, resp: falcon.Response, *, key: str, query: NeighboursQuery
    ) -> None:
        """Answer a page of rows, each with its nearest among the rows themselves, or one row."""
        points = self._service.plot_points
        job = points.finished(NodeId.of("run", key))
        if is_unchanged(req, resp, f"neighbours-{job.run.id.key}"):
            return
        alone = query.row is not None
        start, rows = (query.row or 0, 1) if alone else (query.cursor, query.limit)
        page = points.neighbours(job, start=start, rows=rows, count=query.k)
        document = to_wire(page)
        send(resp, {**document, "next_cursor": None} if alone else document)


class PlotSelections:
    """Points of a plot that somebody chose."""

    def __init__(self, service: Arangovis) -> None:
        self._service = service

    @operation("Keep points of a plot as data sets", body=SelectionSchema, answers={201: answer_schema(SavedSelection)})
    def on_post(self, req: falcon.Request, resp: falcon.Response, *, key: str, body: SelectionBody) -> None:
        """Answer a data set for each set of rows among them, and the run that records the choice."""
        job = self._service.plot_points.finished(NodeId.of("run", key))
        saved = self._service.selections.save(job, body.name, body.rows, caller_of(req))
        send(resp, to_wire(saved), 201)


def _preferred(req: falcon.Request, query: PointsQuery) -> str:
    if query.format is not None:
        return _MEDIA_TYPES[query.format]
    return req.client_prefers(tuple(_MEDIA_TYPES.values())) or ARROW


def _tag(job: Job, query: PointsQuery, media_type: str) -> str:
    asked = sha256(repr((query, media_type)).encode()).hexdigest()[:16]
    return f"{job.plot.digest if job.plot else job.run.id.key}-{asked}"


def _written(found: PointsTable, media_type: str) -> bytes:
    if media_type == ARROW:
        return found.table.to_arrow()
    return found.table.to_parquet() if media_type == PARQUET else found.table.to_json({"metadata": found.facts})
