"""Questions to the graph."""

from dataclasses import dataclass

from marshmallow import fields, validate

from arangovis.domain.graph import Direction
from arangovis.services.lineage import DEPTH_DEFAULT, NODE_LIMIT_DEFAULT
from arangovis.stores.base import DEPTH_MAX, NODE_LIMIT_MAX
from arangovis_api.schemas.base import Moment, Names, QuerySchema, page_limit
from arangovis_schema import LINEAGE_EDGE_KINDS

_AT = {"description": "As of this time: microseconds since 1970, or ISO 8601."}


@dataclass(frozen=True, slots=True)
class AtQuery:
    """As of when."""

    at: int | None = None


@dataclass(frozen=True, slots=True)
class LineageQuery:
    """Which part of the lineage."""

    direction: Direction = Direction.UPSTREAM
    depth: int = DEPTH_DEFAULT
    limit: int = NODE_LIMIT_DEFAULT
    kinds: frozenset[str] = frozenset()
    edges: frozenset[str] = frozenset(LINEAGE_EDGE_KINDS)
    at: int | None = None


class AtSchema(QuerySchema):
    """As of when."""

    target = AtQuery
    at = Moment(metadata=_AT)


class LineageSchema(QuerySchema):
    """Which part of the lineage."""

    target = LineageQuery
    direction = fields.Enum(Direction, by_value=True, metadata={"description": "Which way to go."})
    depth = fields.Integer(validate=validate.Range(0, DEPTH_MAX), metadata={"description": "Edges away at most."})
    limit = page_limit(NODE_LIMIT_MAX)
    kinds = Names(metadata={"description": "Kinds of node to show, separated by commas; all are walked through."})
    edges = Names(metadata={"description": "Kinds of edge to follow, separated by commas; lineage if left out."})
    at = Moment(metadata=_AT)


__all__ = ["AtQuery", "AtSchema", "LineageQuery", "LineageSchema"]
