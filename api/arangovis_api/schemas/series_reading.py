"""Reading series and finding runs: what comes in, and the answers that hold rows."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from marshmallow import Schema, ValidationError, fields, post_load, validate

from arangovis.services.run_search.conditions import AttributeCondition, RunFilter, TagCondition
from arangovis.services.run_search.search import PAGE_MAX, RunQuestion
from arangovis.services.series.reading.many import RUNS_MAX, ManyFacts, ManyQuestion
from arangovis.services.series.reading.question import SeriesQuestion
from arangovis.services.series.reading.reading import RowsFacts
from arangovis_api.schemas.base import LoadedSchema, Moment, Name, Number, QuerySchema, cursor
from arangovis_api.schemas.generated import answer_schema


class Listed(fields.Field[tuple[str, ...]]):
    """Names: separated by commas, or, for names with commas, the parameter several times."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: object) -> tuple[str, ...]:
        if isinstance(value, list) and all(isinstance(name, str) for name in value):
            return tuple(value)
        if not isinstance(value, str):
            raise ValidationError("Not names separated by commas.")
        return tuple(name.strip() for name in value.split(",") if name.strip())


class Scalars(fields.Field[tuple[Any, ...]]):
    """A list of texts, numbers and booleans."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: object) -> tuple[Any, ...]:
        if not isinstance(value, list) or not all(isinstance(member, str | int | float) for member in value):
            raise ValidationError("Not a list of texts, numbers and booleans.")
        return tuple(value)


class _Tupled(LoadedSchema):
    """Loads lists as tuples."""

    @post_load
    def _build(self, data: dict[str, Any], **_: object) -> object:
        return self.target(**{name: _tupled(value) for name, value in data.items()})


def _tupled(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


# --- rows of one run ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RowsQuery:
    """Which rows of a run, and what of them the reader has."""

    series: str | None = None
    fields: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    filter: str = ""
    window: int | None = None
    stride: int = 1
    group: tuple[str, ...] = ()
    order: str | None = None
    decimate: int | None = None
    x: str | None = None
    since: str | None = None

    def question(self, series: str | None = None) -> SeriesQuestion:
        """Return what is asked, of the series that the path names if it names one."""
        asked = {name: getattr(self, name) for name in _ASKED}
        return SeriesQuestion(series=series or self.series, **asked)


_ASKED = ("fields", "attributes", "filter", "window", "stride", "group", "order", "decimate", "x")
_FILTER = "Only rows that this is true of, in the filter language."
_WINDOW = "The mean of so many rows, up to and including each row of its group, in order."
_STRIDE = "With a window: every how many rows of a group there is a mean."
_GROUP = "Fields whose values tell one line of a plot from another."
_ORDER = "The field that rows are in order of; as they were logged if left out."
_DECIMATE = "So many points are enough: rows that hold the extremes of their stretch are kept."
_X = "The field that goes along the axis; that of `order` if left out."
_FIELDS = "Fields; one that the series does not have may be an attribute of the run."
_ATTRIBUTES = "Attributes of the run that are wanted in every row."
_SINCE = "The `cursor` of the answer before: only what is new is answered."


def _text(description: str) -> fields.String:
    return fields.String(metadata={"description": description})


def _whole(description: str) -> fields.Integer:
    return fields.Integer(metadata={"description": description})


class SeriesRowsSchema(QuerySchema):
    """Which rows of a series of a run."""

    target: ClassVar[type] = RowsQuery
    attributes = Listed(metadata={"description": _ATTRIBUTES})
    filter = _text(_FILTER)
    window = _whole(_WINDOW)
    stride = _whole(_STRIDE)
    group = Listed(metadata={"description": _GROUP})
    order = _text(_ORDER)
    decimate = _whole(_DECIMATE)
    x = _text(_X)
    since = _text(_SINCE)
    fields = Listed(metadata={"description": f"{_FIELDS} All of the series if left out."})  # type: ignore[assignment]


class RowsSchema(SeriesRowsSchema):
    """Which rows of whatever series of a run has the fields."""

    series = _text("The name of a series; every series that has all the fields if left out.")


# --- which runs ---------------------------------------------------------------------------------------------------


def _names(description: str) -> fields.List[Any]:
    return fields.List(fields.String(), metadata={"description": description})


class TagConditionSchema(_Tupled):
    """Which tags a run has."""

    target = TagCondition
    any = _names("At least one of these.")
    all = _names("Every one of these.")
    none = _names("Not a single one of these.")
    not_all = _names("Not all of these together.")


class AttributeConditionSchema(_Tupled):
    """What an attribute of a run is: `minimum <= value < maximum`, or one of the values."""

    target = AttributeCondition
    name = Name("A field, or a searchable name of runs such as `params.lr`.", required=True)
    minimum = Number(metadata={"description": "At least this; no lower end if left out."})
    maximum = Number(metadata={"description": "Less than this; no upper end if left out."})
    values = Scalars(metadata={"description": "One of these, of the same type; any if left out, none if empty."})
    include_missing = fields.Boolean(metadata={"description": "A run without the attribute is as good."})


class RunFilterSchema(_Tupled):
    """Which runs; everything that is given holds together."""

    target: ClassVar[type] = RunFilter
    project = Name("The name of a project; all if left out.")
    tags = fields.Nested(TagConditionSchema)
    attributes = fields.List(fields.Nested(AttributeConditionSchema))
    started_from = Moment(metadata={"description": "Started (or created) at this time or later."})
    started_before = Moment(metadata={"description": "Started (or created) before this time."})


class RunSearchSchema(RunFilterSchema):
    """A search for runs, with counts beside the options."""

    target: ClassVar[type] = RunQuestion
    facets = _names("Attributes whose values are counted; every field that runs have a value of if left out.")
    limit = fields.Integer(strict=True, validate=validate.Range(0, PAGE_MAX))
    cursor = cursor()

    @post_load
    def _build(self, data: dict[str, Any], **_: object) -> object:
        facets = data.pop("facets", None)
        page = {name: data.pop(name) for name in ("limit", "cursor") if name in data}
        where = RunFilter(**{name: _tupled(value) for name, value in data.items()})
        return RunQuestion(where, None if facets is None else tuple(facets), **page)


@dataclass(frozen=True, slots=True)
class RunSetBody:
    """Some runs: by key, or those that a filter finds."""

    runs: tuple[str, ...] | None = None
    where: RunFilter = field(default_factory=RunFilter)


class RunSetSchema(_Tupled):
    """Some runs: by key, or those that a filter finds."""

    target: ClassVar[type] = RunSetBody
    runs = fields.List(fields.String(), metadata={"description": f"Keys of runs, at most {RUNS_MAX}."})
    where = fields.Nested(RunFilterSchema, metadata={"description": "Which runs, if no keys are given."})


class SeriesQuerySchema(RunSetSchema):
    """One question to many runs. The answer has what is new since the cursors, or since the token."""

    target: ClassVar[type] = ManyQuestion
    series = _text("The name of a series; every series that has all the fields if left out.")
    attributes = _names(_ATTRIBUTES)
    filter = _text(_FILTER)
    window = _whole(_WINDOW)
    stride = _whole(_STRIDE)
    group = _names(_GROUP)
    order = _text(_ORDER)
    decimate = _whole(_DECIMATE)
    x = _text(_X)
    cursors = fields.Dict(
        keys=fields.String(), values=fields.String(), metadata={"description": "By key of a run, its `cursor`."}
    )
    token = _text("In place of cursors: the `token` of the answer before.")
    keep = fields.Boolean(metadata={"description": "Keep the reader's place here, and answer a `token`."})
    fields = _names(_FIELDS)  # type: ignore[assignment]  # declared as the other fields are

    @post_load
    def _build(self, data: dict[str, Any], **_: object) -> object:
        plain: dict[str, Any] = {name: _tupled(value) for name, value in data.items()}
        asked: dict[str, Any] = {name: plain.pop(name) for name in ("series", *_ASKED) if name in plain}
        return ManyQuestion(SeriesQuestion(**asked), **plain)


# --- answers ------------------------------------------------------------------------------------------------------

SeriesRowsAnswer: type[Schema] = type(
    "SeriesRowsAnswer",
    (answer_schema(RowsFacts),),
    {
        "__doc__": "Rows of a run, by column. Times are microseconds since 1970; NaN and infinities are null.",
        "columns": fields.Dict(keys=fields.String(), values=fields.List(fields.Raw(allow_none=True)), required=True),
    },
)

ManyRowsAnswer: type[Schema] = type(
    "ManyRowsAnswer",
    (answer_schema(ManyFacts),),
    {"__doc__": "What is new of many runs.", "runs": fields.List(fields.Nested(SeriesRowsAnswer), required=True)},
)
