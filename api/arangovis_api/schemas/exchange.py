"""Exchange with other systems: events that come in, and what is asked for when lineage goes out."""

from dataclasses import dataclass

from marshmallow import INCLUDE, Schema, fields, validate

from arangovis.domain.graph import Direction
from arangovis.exchange.openlineage.events import EventType
from arangovis.services.exchange.exporting import EXPORT_LIMIT_MAX, Format
from arangovis.services.lineage.lineage import DEPTH_DEFAULT
from arangovis.stores.base import DEPTH_MAX
from arangovis_api.schemas.base import Moment, Name, QuerySchema, page_limit


@dataclass(frozen=True, slots=True)
class EventsQuery:
    """Where what events speak of is put."""

    project: str | None = None


@dataclass(frozen=True, slots=True)
class ExportQuery:
    """What to write down, and how."""

    format: Format
    direction: Direction = Direction.UPSTREAM
    depth: int = DEPTH_DEFAULT
    limit: int = EXPORT_LIMIT_MAX
    at: int | None = None


class LineageEventSchema(Schema):
    """A run event, job event or data set event of OpenLineage; facets are kept as they are."""

    class Meta:
        """Facets, and names that the standard may add."""

        unknown = INCLUDE

    eventTime = fields.String(required=True, metadata={"description": "ISO 8601."})  # noqa: N815
    producer = fields.String(required=True)
    schemaURL = fields.String(required=True)  # noqa: N815
    eventType = fields.String(validate=validate.OneOf([kind.value for kind in EventType]))  # noqa: N815
    run = fields.Dict(metadata={"description": "`runId`, a UUID, and `facets`."})
    job = fields.Dict(metadata={"description": "`namespace`, `name` and `facets`."})
    dataset = fields.Dict(metadata={"description": "`namespace`, `name` and `facets`."})
    inputs = fields.List(fields.Dict())
    outputs = fields.List(fields.Dict())


class EventsSchema(QuerySchema):
    """Where what events speak of is put."""

    target = EventsQuery
    project = Name("The name of a project that exists; without it, runs and data sets are of none.")


class ExportSchema(QuerySchema):
    """What to write down, and how."""

    target = ExportQuery
    format = fields.Enum(Format, by_value=True, required=True, metadata={"description": "The format."})
    direction = fields.Enum(Direction, by_value=True, metadata={"description": "Which way to go."})
    depth = fields.Integer(validate=validate.Range(0, DEPTH_MAX), metadata={"description": "Edges away at most."})
    limit = page_limit(EXPORT_LIMIT_MAX)
    at = Moment(metadata={"description": "As of this time: microseconds since 1970, or ISO 8601."})
