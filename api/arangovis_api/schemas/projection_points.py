"""The points of a plot: what is asked and answered."""

from collections.abc import Sequence
from dataclasses import dataclass

from marshmallow import Schema, fields, validate

from arangovis.services.projections.neighbour_stage import TOP_NEIGHBOURS
from arangovis.services.projections.points import NEIGHBOURS_DEFAULT
from arangovis.services.projections.selections import ROWS_MAX
from arangovis_api.schemas.base import LoadedSchema, QuerySchema, page_limit

FORMATS = ("arrow", "parquet", "json")


@dataclass(frozen=True, slots=True)
class PointsQuery:
    """Which points, in which columns and form; None for what the Accept header says."""

    neighbours: int = 0
    columns: str = ""
    set: str | None = None
    format: str | None = None


@dataclass(frozen=True, slots=True)
class NeighboursQuery:
    """Whose neighbours and how many: of `row` alone, or of a page of rows."""

    row: int | None = None
    k: int = NEIGHBOURS_DEFAULT
    limit: int = 100
    cursor: int = 0


@dataclass(frozen=True, slots=True)
class SelectionBody:
    """Which points are to be kept, and as what."""

    name: str
    rows: Sequence[int]


class SelectionSchema(LoadedSchema):
    """Points of a plot that are to be kept as data."""

    target = SelectionBody
    name = fields.String(
        required=True, validate=validate.Length(1, 256), metadata={"description": "What the data are called."}
    )
    rows = fields.List(
        fields.Integer(strict=True),
        required=True,
        validate=validate.Length(1, ROWS_MAX),
        metadata={"description": "Numbers of points in the order of the stored plot, from 0."},
    )


class PointsSchema(QuerySchema):
    """The points of a plot."""

    target = PointsQuery
    neighbours = fields.Integer(
        validate=validate.Range(0, TOP_NEIGHBOURS), metadata={"description": "Nearest rows of each; 0 leaves them out."}
    )
    columns = fields.String(
        validate=validate.Length(max=10_000), metadata={"description": "Names with commas between; all, if left out."}
    )
    set = fields.String(
        validate=validate.Length(1, 256), metadata={"description": "`production`, `training` or another period's name."}
    )
    format = fields.String(validate=validate.OneOf(FORMATS), metadata={"description": "In place of `Accept`."})


class NeighboursSchema(QuerySchema):
    """Neighbours of production rows."""

    target = NeighboursQuery
    row = fields.Integer(validate=validate.Range(0, 2**53), metadata={"description": "Of this row only."})
    k = fields.Integer(
        validate=validate.Range(1, TOP_NEIGHBOURS), metadata={"description": "How many neighbours of each row."}
    )
    limit = page_limit()
    cursor = fields.Integer(
        validate=validate.Range(0, 2**53), metadata={"description": "`next_cursor` of the page before."}
    )


class PointsAnswer(Schema):
    """Points in columns."""

    rows = fields.Integer(required=True)
    columns = fields.Dict(required=True, metadata={"description": "A list of values for each name."})
    metadata = fields.Dict(required=True, metadata={"description": "Method, sets, and what each column is."})
