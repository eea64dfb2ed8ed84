"""Projections: asked for, watched, and their rows read. Plots of samples are read as artifacts of their runs."""

from typing import Any

import falcon

from arangovis.domain.errors import Fault, InvalidInput
from arangovis.domain.graph import Page
from arangovis.domain.ids import NodeId
from arangovis.domain.json import digest_of
from arangovis.domain.runs import Run
from arangovis.domain.views import text
from arangovis.domain.wire import to_wire
from arangovis.services.projections.all_rows import AllRowsJob
from arangovis.services.projections.all_rows_plan import AllRowsOptions
from arangovis.services.projections.all_rows_result import Manifest
from arangovis.services.projections.declared import ProjectionMethods
from arangovis.services.projections.methods import projection_methods
from arangovis.tabular.arrow_stream import MEDIA_TYPE
from arangovis.wiring import Arangovis
from arangovis_api.conditional import is_unchanged
from arangovis_api.encode import page_document, send
from arangovis_api.middleware import caller_of
from arangovis_api.operation import operation
from arangovis_api.resources.runs import run_document
from arangovis_api.schemas.answers import RunAnswer
from arangovis_api.schemas.generated import answer_schema
from arangovis_api.schemas.projections import (
    PlacedPage,
    PlacedQuery,
    PlacedSchema,
    ProjectionAnswer,
    ProjectionBody,
    ProjectionSchema,
    TableQuery,
    TableSchema,
)


class ProjectionMethodsResource:
    """What can be asked of projections."""

    @operation("List the methods of projection", answers={200: answer_schema(ProjectionMethods), 304: None})
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer methods with parameters, limits, defaults and engines, distances, and measures of quality."""
        document = to_wire(projection_methods())
        if not is_unchanged(req, resp, f"projection-methods-{digest_of(document)[:16]}"):
            send(resp, document)


class Projections:
    """Projections of production data."""

    def __init__(self, service: Arangovis) -> None:
        self._service = service

    @operation("Ask for a projection", body=ProjectionSchema, answers={202: RunAnswer, 200: RunAnswer})
    def on_post(self, req: falcon.Request, resp: falcon.Response, *, body: ProjectionBody) -> None:
        """Answer its run: 202 while it is to be computed, 200 if it has ended already."""
        run = self._request(req, body)
        resp.location = f"/api/v1/{'projections' if body.rows == 'all' else 'runs'}/{run.id.key}"
        node = self._service.lineage.node(run.id)
        send(resp, run_document(node, self._service.runs.lease(run.id)), 202 if run.state.is_open else 200)

    def _request(self, req: falcon.Request, body: ProjectionBody) -> Run:
        version, caller = self._service.catalogue.version(body.model_version), caller_of(req)
        sizes = {"fit_rows": body.fit_rows, "partition_rows": body.partition_rows}
        given = {name: size for name, size in sizes.items() if size is not None}
        periods = [NodeId.parse(node) for node in body.periods]
        if body.rows == "all":
            if periods:
                raise InvalidInput.of(Fault("periods", 'goes with "rows": "sample" only'))
            if body.fresh:
                raise InvalidInput.of(Fault("fresh", 'goes with "rows": "sample" only'))
            return self._service.all_rows.request(version, body.method, AllRowsOptions(**given), caller)
        if given:
            raise InvalidInput.of(*(Fault(name, 'goes with "rows": "all" only') for name in given))
        if body.fresh:
            if periods:
                raise InvalidInput.of(Fault("fresh", "goes without periods only"))
            return self._service.projections.recompute(version, body.method, caller, refit=True)
        return self._service.projections.plottable(version, body.method, caller, periods=periods)


class OneProjection:
    """A projection of all rows."""

    def __init__(self, service: Arangovis) -> None:
        self._service = service

    @operation("Watch a projection of all rows", answers={200: ProjectionAnswer})
    def on_get(self, req: falcon.Request, resp: falcon.Response, *, key: str) -> None:
        """Answer how many of its steps are done and, once it succeeded, its size and quality."""
        send(resp, _job_document(self._service.all_rows.job(NodeId.of("run", key))))

    @operation("Read rows of a projection", query=PlacedSchema, answers={200: PlacedPage, 304: None})
    def on_get_rows(self, req: falcon.Request, resp: falcon.Response, *, key: str, query: PlacedQuery) -> None:
        """Answer a page, in the order in which the rows came."""
        manifest = self._service.all_rows.manifest(NodeId.of("run", key))
        if is_unchanged(req, resp, _tag(key)):
            return
        stop = min(query.cursor + query.limit, manifest.rows)
        found = self._service.all_rows.rows(manifest, query.cursor, stop)
        items = [item for part in found for item in zip(part.ids, part.coordinates.tolist(), strict=True)]
        page = Page(items, None if stop == manifest.rows else str(stop))
        send(resp, page_document(page, lambda item: {"id": item[0], "coordinates": item[1]}))

    @operation("Read a projection as a table", query=TableSchema, answers={200: MEDIA_TYPE, 304: None})
    def on_get_table(self, req: falcon.Request, resp: falcon.Response, *, key: str, query: TableQuery) -> None:
        """Answer `id` and coordinates as an Arrow stream, and what colours them; the service holds a part at a time."""
        plan = NodeId.of("run", key)
        manifest = self._service.all_rows.manifest(plan)
        colours = self._service.row_colours.of(plan, query.columns)
        if is_unchanged(req, resp, f"{_tag(key)}-{colours.digest[:16]}"):
            return
        resp.content_type = MEDIA_TYPE
        resp.stream = self._service.all_rows.arrow(manifest, query.start, _stop(manifest, query), colours)


def _stop(manifest: Manifest, query: TableQuery) -> int:
    return manifest.rows if query.rows is None else min(query.start + query.rows, manifest.rows)


def _tag(key: str) -> str:
    """Return the tag of what never changes: a projection that succeeded."""
    return f"projection-{key}"


def _job_document(job: AllRowsJob) -> dict[str, Any]:
    plan, manifest = job.plan, job.manifest
    return {
        "run": str(plan.id),
        "method": text(plan.options, "method"),
        "state": plan.state.value,
        "reason": plan.reason,
        "message": plan.message,
        "steps": job.steps,
        "steps_done": job.steps_done,
        "result": None if job.result is None else str(job.result),
        "rows": None if manifest is None else manifest.rows,
        "columns": None if manifest is None else list(manifest.columns),
        "quality": None if manifest is None else dict(manifest.quality),
    }
