"""Fields, series, and rows that runs log: what comes in."""

from dataclasses import dataclass

from marshmallow import INCLUDE, Schema, fields, validate

from arangovis.domain.series import LOGGER_LENGTH_MAX, SEQUENCE_MAX
from arangovis_api.schemas.base import LIMIT_DEFAULT, LoadedSchema, Name, QuerySchema, cursor, page_limit

KINDS = ("int", "float", "text", "string", "bool", "timestamp")
DESCRIPTION_LENGTH_MAX = 2000


@dataclass(frozen=True, slots=True)
class FieldBody:
    """A field to create."""

    project: str
    name: str
    kind: str
    description: str | None = None


@dataclass(frozen=True, slots=True)
class FieldChangeBody:
    """What to change of a field."""

    name: str | None = None
    description: str | None = None
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class SeriesBody:
    """A series to create."""

    project: str
    name: str
    names: list[str]
    description: str = ""


@dataclass(frozen=True, slots=True)
class ProjectPageQuery:
    """A page of what a project has."""

    project: str | None = None
    limit: int = LIMIT_DEFAULT
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class ChunkQuery:
    """Where a chunk belongs."""

    logger: str
    sequence: int
    generation: int | None = None
    series: str | None = None
    strict: bool = False


@dataclass(frozen=True, slots=True)
class AttributesQuery:
    """How to set attributes."""

    generation: int | None = None
    create: bool = False


def _description() -> fields.String:
    return fields.String(
        validate=validate.Length(0, DESCRIPTION_LENGTH_MAX), metadata={"description": "What it is, in a sentence."}
    )


def _kind(*, required: bool) -> fields.String:
    return fields.String(
        required=required,
        validate=validate.OneOf(KINDS),
        metadata={"description": "Its type; `string` is another name of `text`."},
    )


def _generation() -> fields.Integer:
    return fields.Integer(
        validate=validate.Range(0, SEQUENCE_MAX),
        metadata={"description": "The generation of the run that this is meant for; the current one if left out."},
    )


class FieldSchema(LoadedSchema):
    """A field to create."""

    target = FieldBody

    project = Name("The project's name.", required=True)
    name = Name("What to call it.", required=True)
    kind = _kind(required=True)
    description = _description()


class FieldChangeSchema(LoadedSchema):
    """What to change of a field; what is left out stays."""

    target = FieldChangeBody

    name = Name("Its new name.")
    description = _description()
    kind = _kind(required=False)


class SeriesSchema(LoadedSchema):
    """A series to create."""

    target = SeriesBody

    project = Name("The project's name.", required=True)
    name = Name("What to call it.", required=True)
    names = fields.List(
        fields.String(),
        required=True,
        data_key="fields",  # a schema has `fields` of its own
        metadata={"description": "Names of its fields, in order."},
    )
    description = _description()


class ProjectPageSchema(QuerySchema):
    """A page of what a project has."""

    target = ProjectPageQuery

    project = Name("The project's name; every project if left out.")
    limit = page_limit()
    cursor = cursor()


class ChunkSchema(QuerySchema):
    """Where a chunk belongs."""

    target = ChunkQuery

    logger = fields.String(
        required=True,
        validate=validate.Length(1, LOGGER_LENGTH_MAX),
        metadata={"description": "Who sends: a name of its own for each process that logs, of A-Z a-z 0-9 _-."},
    )
    sequence = fields.Integer(
        required=True,
        validate=validate.Range(0, SEQUENCE_MAX),
        metadata={"description": "0, 1, 2, ... for each series or set of fields that the logger sends to."},
    )
    generation = _generation()
    series = Name("A series that has exactly these fields; the implicit one if left out.")
    strict = fields.Boolean(metadata={"description": "Refuse fields that do not exist, instead of making them."})


class AttributesSchema(QuerySchema):
    """How to set attributes."""

    target = AttributesQuery

    generation = _generation()
    create = fields.Boolean(metadata={"description": "Make fields that do not exist, of the kinds of the values."})


class ChunkBody(Schema):
    """Rows as JSON: a list of values for each field, all of one length."""

    columns = fields.Dict(keys=fields.String(), values=fields.List(fields.Raw()), required=True)


class AttributesBody(Schema):
    """Values by the names of their fields."""

    class Meta:
        """Any name may be that of a field."""

        unknown = INCLUDE
