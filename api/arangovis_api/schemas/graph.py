"""Questions to the graph."""

from collections.abc import Sequence
from dataclasses import dataclass

from marshmallow import fields, validate

from arangovis.domain.graph import Direction
from arangovis.domain.ids import NodeId
from arangovis.services.lineage.around import AROUND_MAX
from arangovis.services.lineage.edge_pages import EDGES_DEFAULT
from arangovis.services.lineage.lineage import DEPTH_DEFAULT, NODE_LIMIT_DEFAULT
from arangovis.stores.base import DEPTH_MAX, EDGE_PAGE_MAX, NODE_LIMIT_MAX
from arangovis_api.schemas.base import LoadedSchema, Moment, Names, QuerySchema, cursor, page_limit
from arangovis_api.schemas.questions import Node
from arangovis_schema import LINEAGE_EDGE_KINDS

EDGE_CURSOR_MAX = 3000
"""It carries the role of an edge, which is a text of the user's."""
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


@dataclass(frozen=True, slots=True)
class EdgesQuery:
    """Which edges of a node."""

    direction: str = Direction.UPSTREAM.value
    edges: frozenset[str] = frozenset(LINEAGE_EDGE_KINDS)
    cursor: str | None = None
    limit: int = EDGES_DEFAULT
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


class EdgesSchema(QuerySchema):
    """Which edges of a node."""

    target = EdgesQuery
    direction = fields.String(
        validate=validate.OneOf((Direction.UPSTREAM.value, Direction.DOWNSTREAM.value)),
        metadata={"description": "Those that enter it (`upstream`, if left out) or leave it (`downstream`)."},
    )
    edges = Names(metadata={"description": "Kinds of edge to list, separated by commas; lineage if left out."})
    cursor = cursor(EDGE_CURSOR_MAX)
    limit = page_limit(EDGE_PAGE_MAX)
    at = Moment(metadata=_AT)


@dataclass(frozen=True, slots=True)
class AroundBody:
    """Around which nodes to look, and as of when."""

    nodes: Sequence[NodeId]
    at: int | None = None


class AroundSchema(LoadedSchema):
    """Around which nodes to look, and as of when."""

    target = AroundBody
    nodes = fields.List(
        Node(), required=True, validate=validate.Length(1, AROUND_MAX), metadata={"description": "Ids, `kind/key`."}
    )
    at = Moment(metadata=_AT)


__all__ = [
    "AroundBody",
    "AroundSchema",
    "AtQuery",
    "AtSchema",
    "EdgesQuery",
    "EdgesSchema",
    "LineageQuery",
    "LineageSchema",
]
