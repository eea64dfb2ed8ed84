"""Projections: what comes in and goes out."""

from collections.abc import Sequence
from dataclasses import dataclass

from marshmallow import Schema, fields, validate

from arangovis.domain.json import Document
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
    periods: Sequence[str] = ()
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class ParametersGiven:
    """What sets parameters, unchecked; None for what was not given."""

    parameters: Document
    production_data_sample_size: int | None = None
    training_data_sample_size: int | None = None
    visualization_metrics: Sequence[str] | None = None

    def given(self) -> Document:
        """Return what was given, by name."""
        return {name: value for name in self.__slots__ if (value := getattr(self, name)) is not None}


@dataclass(frozen=True, slots=True)
class PlacedQuery:
    """A page of placed rows."""

    limit: int = PAGE_ROWS_DEFAULT
    cursor: int = 0


@dataclass(frozen=True, slots=True)
class TableQuery:
    """Placed rows from `start` on, `rows` of them; None: up to the last. `columns` are what they are coloured by."""

    start: int = 0
    rows: int | None = None
    columns: str = ""


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
    periods = fields.List(
        fields.String(validate=validate.Length(1, 300)),
        metadata={"description": "With `sample`: other data sets to place in the same plot, such as `dataset/...`."},
    )
    fresh = fields.Boolean(
        metadata={"description": "With `sample`: fit anew on a new sample of the traffic, even if there is a plot."}
    )


class ParametersSchema(LoadedSchema):
    """Parameters to put in force: a full replacement. What a method takes is in `GET /projection-methods`."""

    target = ParametersGiven
    parameters = fields.Dict(keys=fields.String(), required=True, metadata={"description": "Those of the method."})
    production_data_sample_size = fields.Integer(strict=True, metadata={"description": "Rows of production data."})
    training_data_sample_size = fields.Integer(strict=True, metadata={"description": "Rows of training data."})
    visualization_metrics = fields.List(fields.String(), metadata={"description": "Measures of quality to add."})


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
    columns = fields.String(
        validate=validate.Length(max=10_000),
        metadata={"description": "Outputs and metrics to add, separated by commas; `*`: all that the rows have."},
    )


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
