"""Projections: what comes in and goes out."""

from dataclasses import dataclass

from marshmallow import Schema, fields, validate

from arangovis.services.projections.all_rows_plan import OPTIONS
from arangovis_api.schemas.base import LoadedSchema, QuerySchema, page_limit

ROWS_CHOICES = ("sample", "all")
PAGE_ROWS_MAX = 10_000
PAGE_ROWS_DEFAULT = 1_000
_FIT_ROWS, _PARTITION_ROWS = OPTIONS.parameters


@dataclass(frozen=True, slots=True)
class ProjectionBody:
    """Which projection of which model version; sizes that are None are chosen."""

    model_version: int
    method: str = "umap"
    rows: str = "sample"
    fit_rows: int | None = None
    partition_rows: int | None = None


@dataclass(frozen=True, slots=True)
class PlacedQuery:
    """A page of placed rows."""

    limit: int = PAGE_ROWS_DEFAULT
    cursor: int = 0


@dataclass(frozen=True, slots=True)
class TableQuery:
    """Placed rows from `start` on, `rows` of them; None: up to the last."""

    start: int = 0
    rows: int | None = None


class ProjectionSchema(LoadedSchema):
    """A projection to ask for; its parameters are those in force."""

    target = ProjectionBody
    model_version = fields.Integer(
        required=True, strict=True, metadata={"description": "The integer id of a model version."}
    )
    method = fields.String(metadata={"description": "Such as `umap`."})
    rows = fields.String(
        validate=validate.OneOf(ROWS_CHOICES),
        metadata={"description": "`sample` makes a plot of a sample; `all` places every row without an error."},
    )
    fit_rows = fields.Integer(strict=True, metadata={"description": f"With `all`: {_FIT_ROWS.description}"})
    partition_rows = fields.Integer(strict=True, metadata={"description": f"With `all`: {_PARTITION_ROWS.description}"})


class PlacedSchema(QuerySchema):
    """A page of placed rows."""

    target = PlacedQuery
    limit = page_limit(PAGE_ROWS_MAX)
    cursor = fields.Integer(
        validate=validate.Range(0, 2**53), metadata={"description": "`next_cursor` of the page before."}
    )


class TableSchema(QuerySchema):
    """Placed rows."""

    target = TableQuery
    start = fields.Integer(validate=validate.Range(0, 2**53), metadata={"description": "The first row, from 0."})
    rows = fields.Integer(validate=validate.Range(1, 2**53), metadata={"description": "How many; all, if left out."})


class ProjectionAnswer(Schema):
    """How a projection of all rows stands."""

    run = fields.String(required=True)
    method = fields.String(required=True)
    state = fields.String(required=True)
    reason = fields.String(required=True, allow_none=True)
    message = fields.String(required=True, allow_none=True)
    steps = fields.Integer(required=True)
    steps_done = fields.Integer(required=True)
    result = fields.String(
        required=True, allow_none=True, metadata={"description": "The artifact that lists its parts."}
    )
    rows = fields.Integer(required=True, allow_none=True)
    columns = fields.List(fields.String(), required=True, allow_none=True)
    quality = fields.Dict(required=True, allow_none=True)


class PlacedRowAnswer(Schema):
    """A row and where it lies."""

    id = fields.String(required=True)
    coordinates = fields.List(fields.Float(), required=True)


class PlacedPage(Schema):
    """A page of placed rows, in the order in which they came."""

    items = fields.List(fields.Nested(PlacedRowAnswer), required=True)
    next_cursor = fields.String(required=True, allow_none=True)
