"""Questions of stewards, each in one call: rows, columns, who did what, what may go, whether bytes are sound."""

from collections.abc import Sequence

import falcon

from arangovis.domain.ids import NodeId
from arangovis.domain.wire import to_wire
from arangovis.services.lineage.columns import ColumnQuestion, ColumnTrace
from arangovis.services.rows.points import PointOrigin
from arangovis.services.rows.previews import RowChoice, RowPreviews, RowTexts
from arangovis.services.rows.questions import RowIndexed, RowLineage
from arangovis.services.stewardship.audit import AuditTrail
from arangovis.services.stewardship.deletion import DeletePlan
from arangovis.services.stewardship.environments import Environments, PackageSweep
from arangovis.services.stewardship.retention import RetentionPage, RetentionQuestion
from arangovis.services.stewardship.verifying import ByteQuestion, ByteReport
from arangovis.wiring import Arangovis
from arangovis_api.conditional import graph_is_unchanged
from arangovis_api.encode import send
from arangovis_api.middleware import caller_of
from arangovis_api.operation import Body, operation
from arangovis_api.pictures import send_picture
from arangovis_api.resources.trials import routes as trial_routes
from arangovis_api.routes import Route
from arangovis_api.schemas.generated import answer_schema
from arangovis_api.schemas.stewardship import (
    AuditQuery,
    AuditSchema,
    ChoiceSchema,
    ColumnQuery,
    ColumnSchema,
    EnvironmentQuery,
    EnvironmentSchema,
    LimitSchema,
    PackageQuery,
    PackageSchema,
    PointQuery,
    PointSchema,
    RetentionQuery,
    RetentionSchema,
    RowQuery,
    RowSchema,
    VerifyBody,
    VerifySchema,
    WalkQuery,
)

ROOT = "/api/v1"
TAG = "stewardship"


def routes(service: Arangovis) -> Sequence[Route]:
    """Return the routes of these questions, and of those about trials."""
    node = "{kind}/{key}"
    rows, looks, care, software = Rows(service), Looks(service), Care(service), Software(service)
    return (
        Route(f"{ROOT}/rows/{node}", rows),
        Route(f"{ROOT}/rows/{node}/index", rows, "index"),
        Route(f"{ROOT}/rows/{node}/previews", looks),
        Route(f"{ROOT}/rows/{node}/image", looks, "image"),
        Route(f"{ROOT}/rows/{node}/texts", looks, "texts"),
        Route(f"{ROOT}/points/{node}", rows, "point"),
        Route(f"{ROOT}/columns/{node}", rows, "columns"),
        Route(f"{ROOT}/audit/{node}", care, "audit"),
        Route(f"{ROOT}/delete-plan/{node}", care, "deletion"),
        Route(f"{ROOT}/retention", care, "retention"),
        Route(f"{ROOT}/verify/{node}", care, "verify"),
        Route(f"{ROOT}/environments/{node}", software),
        Route(f"{ROOT}/packages/{{package}}/uses", software, "package"),
        *trial_routes(service, ROOT),
    )


class _Resource:
    def __init__(self, service: Arangovis) -> None:
        self._service = service
        self._questions = service.stewardship


class Rows(_Resource):
    """Single rows, points and columns."""

    @operation("Read what holds a row", query=RowSchema, answers={200: answer_schema(RowLineage), 304: None}, tag=TAG)
    def on_get(self, req: falcon.Request, resp: falcon.Response, *, kind: str, key: str, query: RowQuery) -> None:
        """Answer the samples, runs and results that hold a row of a data set, and where in them it is."""
        if graph_is_unchanged(self._service.store, req, resp):
            return
        rows, node = self._questions.rows, NodeId.of(kind, key)
        send(resp, to_wire(rows.holders(node, query.row, at=query.at, files_max=query.files)))

    @operation("Index the rows of a data set", answers={200: answer_schema(RowIndexed)}, tag=TAG)
    def on_post_index(self, req: falcon.Request, resp: falcon.Response, *, kind: str, key: str) -> None:
        """Make the filters that its segments and samples lack."""
        send(resp, to_wire(self._questions.rows.index(NodeId.of(kind, key), caller_of(req))))

    @operation(
        "Read which row a point is", query=PointSchema, answers={200: answer_schema(PointOrigin), 304: None}, tag=TAG
    )
    def on_get_point(
        self, req: falcon.Request, resp: falcon.Response, *, kind: str, key: str, query: PointQuery
    ) -> None:
        """Answer the row of the data set that a point of a plot is, or a row of a result."""
        if not graph_is_unchanged(self._service.store, req, resp):
            send(resp, to_wire(self._questions.points.origin(NodeId.of(kind, key), query.point, at=query.at)))

    @operation(
        "Read the lineage of columns",
        query=ColumnSchema,
        answers={200: answer_schema(ColumnTrace), 304: None},
        tag=TAG,
    )
    def on_get_columns(
        self, req: falcon.Request, resp: falcon.Response, *, kind: str, key: str, query: ColumnQuery
    ) -> None:
        """Answer which columns a column was made of, or what was made of it; what nobody recorded is unknown."""
        if graph_is_unchanged(self._service.store, req, resp):
            return
        asked = ColumnQuestion(NodeId.of(kind, key), query.column, query.direction, query.at, query.limit)
        send(resp, to_wire(self._questions.columns.ask(asked)))


class Looks(_Resource):
    """Rows as people look at them."""

    @operation("Read what rows have to look at", answers={200: answer_schema(RowPreviews), 304: None}, tag=TAG)
    def on_get(self, req: falcon.Request, resp: falcon.Response, *, kind: str, key: str) -> None:
        """Answer which field is their picture and which are texts, by the signature of the model."""
        if not graph_is_unchanged(self._service.store, req, resp):
            send(resp, to_wire(self._questions.previews.of(NodeId.of(kind, key))))

    @operation("See a row as a picture", query=ChoiceSchema, answers={200: "image/*", 304: None}, tag=TAG)
    def on_get_image(
        self, req: falcon.Request, resp: falcon.Response, *, kind: str, key: str, query: RowChoice
    ) -> None:
        """Answer the picture of a row: a PNG that is drawn from its numbers, or the file that it holds."""
        if not graph_is_unchanged(self._service.store, req, resp):
            send_picture(resp, self._questions.previews.image(NodeId.of(kind, key), query))

    @operation(
        "Read the texts of a row", query=ChoiceSchema, answers={200: answer_schema(RowTexts), 304: None}, tag=TAG
    )
    def on_get_texts(
        self, req: falcon.Request, resp: falcon.Response, *, kind: str, key: str, query: RowChoice
    ) -> None:
        """Answer the values of the fields that the signature declares as texts."""
        if not graph_is_unchanged(self._service.store, req, resp):
            send(resp, to_wire(self._questions.previews.texts(NodeId.of(kind, key), query)))


class Care(_Resource):
    """Who did what, what may go, and whether bytes are sound."""

    @operation("Read who did what", query=AuditSchema, answers={200: answer_schema(AuditTrail), 304: None}, tag=TAG)
    def on_get_audit(
        self, req: falcon.Request, resp: falcon.Response, *, kind: str, key: str, query: AuditQuery
    ) -> None:
        """Answer every change of a node and its edges, and what was done with it, newest first."""
        if not graph_is_unchanged(self._service.store, req, resp):
            send(resp, to_wire(self._questions.audit.trail(NodeId.of(kind, key), at=query.at, limit=query.limit)))

    @operation(
        "Read what deleting a node would do",
        query=LimitSchema,
        answers={200: answer_schema(DeletePlan), 304: None},
        tag=TAG,
    )
    def on_get_deletion(
        self, req: falcon.Request, resp: falcon.Response, *, kind: str, key: str, query: WalkQuery
    ) -> None:
        """Answer what depends on it, what stays, and which bytes could go. Nothing is deleted."""
        if not graph_is_unchanged(self._service.store, req, resp):
            send(resp, to_wire(self._questions.deletions.plan(NodeId.of(kind, key), limit=query.limit)))

    @operation("Find what could go", query=RetentionSchema, answers={200: answer_schema(RetentionPage)}, tag=TAG)
    def on_get_retention(self, req: falcon.Request, resp: falcon.Response, *, query: RetentionQuery) -> None:
        """Answer files and data sets without consumers that nothing keeps, with their bytes."""
        asked = RetentionQuestion(query.project, query.older_than_days, query.limit, query.cursor)
        send(resp, to_wire(self._questions.retention.candidates(asked)))

    @operation(
        "Verify the bytes upstream of a node",
        body=Body(VerifySchema, optional=True),
        answers={200: answer_schema(ByteReport), 202: answer_schema(ByteReport)},
        tag=TAG,
    )
    def on_post_verify(
        self, req: falcon.Request, resp: falcon.Response, *, kind: str, key: str, body: VerifyBody
    ) -> None:
        """Answer whether stored bytes are what their digests say; 202 if there are so many that a worker reads them."""
        asked = ByteQuestion(NodeId.of(kind, key), body.upstream, body.budget_bytes, body.record)
        report = self._questions.checks.verify(asked, caller_of(req))
        send(resp, to_wire(report), 200 if report.state == "SUCCESS" else 202)


class Software(_Resource):
    """Which software ran."""

    @operation(
        "Read which software ran upstream",
        query=EnvironmentSchema,
        answers={200: answer_schema(Environments), 304: None},
        tag=TAG,
    )
    def on_get(
        self, req: falcon.Request, resp: falcon.Response, *, kind: str, key: str, query: EnvironmentQuery
    ) -> None:
        """Answer the packages and versions of all runs upstream of a node."""
        if graph_is_unchanged(self._service.store, req, resp):
            return
        node, sweeps = NodeId.of(kind, key), self._questions.environments
        send(resp, to_wire(sweeps.upstream(node, package=query.package, at=query.at, limit=query.limit)))

    @operation(
        "Read what came of a package",
        query=PackageSchema,
        answers={200: answer_schema(PackageSweep), 304: None},
        tag=TAG,
    )
    def on_get_package(self, req: falcon.Request, resp: falcon.Response, *, package: str, query: PackageQuery) -> None:
        """Answer the runs that used a package in a range of versions, and all that is downstream of them."""
        if graph_is_unchanged(self._service.store, req, resp):
            return
        found = self._questions.environments.downstream(
            package, versions=query.versions, kinds=query.kinds, at=query.at, limit=query.limit
        )
        send(resp, to_wire(found))
