"""Questions to the whole graph: what comes in. What goes out is declared by the services."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from marshmallow import ValidationError, fields, validate

from arangovis.domain.errors import InvalidInput
from arangovis.domain.graph import Direction
from arangovis.domain.ids import NodeId
from arangovis.services.lineage.leakage import TEST_WORDS
from arangovis.services.lineage.lineage import DEPTH_DEFAULT, NODE_LIMIT_DEFAULT
from arangovis.services.lineage.reach import LINEAGE, Budget
from arangovis.services.lineage.running import WORK_MAX
from arangovis.services.lineage.staleness import WHYS
from arangovis.stores.base import DEPTH_MAX, NODE_LIMIT_MAX
from arangovis_api.schemas.base import LoadedSchema, Moment, Name, Names, QuerySchema, page_limit

_AT = {"description": "As of this time: microseconds since 1970, or ISO 8601."}
_KINDS = {"description": "What to show, separated by commas: vertex kinds, `plot`, `projection`, `model`."}
REPLACED_MAX = 1000


class Node(fields.Field[NodeId]):
    """A node id of the form `kind/key`."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: object) -> NodeId:
        if not isinstance(value, str):
            raise ValidationError("Not a node id of the form kind/key.")
        try:
            return NodeId.parse(value)
        except InvalidInput as error:
            raise ValidationError(error.detail) from error


def _node(description: str, **more: Any) -> Node:
    return Node(required=True, metadata={"description": description}, **more)


@dataclass(frozen=True, slots=True)
class BudgetQuery:
    """How far to look, and as of when."""

    depth: int = DEPTH_DEFAULT
    limit: int = NODE_LIMIT_DEFAULT
    at: int | None = None

    @property
    def budget(self) -> Budget:
        """The budget of the question."""
        return Budget(self.depth, self.limit)


class BudgetSchema(QuerySchema):
    """How far to look, and as of when."""

    target: ClassVar[type] = BudgetQuery
    depth = fields.Integer(validate=validate.Range(0, DEPTH_MAX), metadata={"description": "Edges away at most."})
    limit = page_limit(NODE_LIMIT_MAX)
    at = Moment(metadata=_AT)


@dataclass(frozen=True, slots=True)
class ImpactQuery(BudgetQuery):
    """Whose impact."""

    kinds: frozenset[str] = frozenset()
    project: str | None = None


class ImpactSchema(BudgetSchema):
    """Whose impact."""

    target = ImpactQuery
    kinds = Names(metadata=_KINDS)
    project = Name("Only nodes of this project.")


@dataclass(frozen=True, slots=True)
class DryRunQuery:
    """Whether only to say what would be done."""

    dry_run: bool = False


class DryRunSchema(QuerySchema):
    """Whether only to say what would be done."""

    target = DryRunQuery
    dry_run = fields.Boolean(metadata={"description": "Only say what would be done."})


@dataclass(frozen=True, slots=True)
class RecomputeBody:
    """What takes the place of what."""

    replace: Mapping[NodeId, NodeId] = field(default_factory=dict)
    project: str | None = None
    depth: int = DEPTH_DEFAULT
    limit: int = NODE_LIMIT_DEFAULT


class RecomputeSchema(LoadedSchema):
    """What takes the place of what."""

    target = RecomputeBody
    replace = fields.Dict(
        keys=Node(),
        values=Node(),
        validate=validate.Length(max=REPLACED_MAX),
        metadata={"description": "Node id to node id; without it the newest successor takes the place of the node."},
    )
    project = Name("Only do runs of this project again.")
    depth = fields.Integer(
        strict=True, validate=validate.Range(0, DEPTH_MAX), metadata={"description": "Edges away at most."}
    )
    limit = fields.Integer(
        strict=True, validate=validate.Range(1, NODE_LIMIT_MAX), metadata={"description": "Nodes at most."}
    )


@dataclass(frozen=True, slots=True)
class FieldQuery:
    """Which field of a node."""

    name: str
    method: str = "umap"
    at: int | None = None


class FieldSchema(QuerySchema):
    """Which field of a node."""

    target = FieldQuery
    name = fields.String(required=True, metadata={"description": "Such as `params.n_neighbours` or `metrics.loss`."})
    method = fields.String(metadata={"description": "Whose parameters, of a model version."})
    at = Moment(metadata=_AT)


@dataclass(frozen=True, slots=True)
class PairQuery(BudgetQuery):
    """Two nodes."""

    a: NodeId = field(kw_only=True)
    b: NodeId = field(kw_only=True)


class PairSchema(BudgetSchema):
    """Two nodes."""

    target = PairQuery
    a = _node("The first node, `kind/key`.")
    b = _node("The second node.")


@dataclass(frozen=True, slots=True)
class StaleQuery(BudgetQuery):
    """Where to look for what is stale."""

    project: str | None = None
    kinds: frozenset[str] = frozenset()
    why: frozenset[str] = frozenset()


class WhySchema(BudgetSchema):
    """Which causes count."""

    target = StaleQuery
    why = Names(metadata={"description": f"Only these causes, separated by commas: {', '.join(sorted(WHYS))}."})


class StaleSchema(WhySchema):
    """Where to look for what is stale."""

    kinds = Names(metadata=_KINDS)
    project = Name("Only nodes of this project.")


@dataclass(frozen=True, slots=True)
class PathQuery(BudgetQuery):
    """Between which nodes."""

    source: NodeId = field(kw_only=True)
    target: NodeId = field(kw_only=True)
    direction: Direction = Direction.DOWNSTREAM
    edges: frozenset[str] = LINEAGE


class PathSchema(BudgetSchema):
    """Between which nodes."""

    target = PathQuery
    direction = fields.Enum(
        Direction, by_value=True, metadata={"description": "`downstream` follows the data; `both` goes either way."}
    )
    edges = Names(metadata={"description": "Kinds of edge to follow, separated by commas; lineage if left out."})

    class Meta:
        """`from` is no name in Python."""

        include = {
            "from": _node("Where the chain begins, `kind/key`.", attribute="source"),
            "to": _node("Where it ends.", attribute="target"),
        }


@dataclass(frozen=True, slots=True)
class LeakageQuery(BudgetQuery):
    """Whose training, and what counts as test data."""

    model: NodeId = field(kw_only=True)
    roles: frozenset[str] = TEST_WORDS
    tags: frozenset[str] = TEST_WORDS
    strict: bool = False


class LeakageSchema(BudgetSchema):
    """Whose training, and what counts as test data."""

    target = LeakageQuery
    model = _node("A model version, or a model with all its versions.")
    roles = Names(metadata={"description": "Roles of input that make test data of what is read so."})
    tags = Names(metadata={"description": "Tags that mark test data."})
    strict = fields.Boolean(metadata={"description": "Training runs must not read test data in such a role either."})


@dataclass(frozen=True, slots=True)
class TimelineQuery(BudgetQuery):
    """Which metric."""

    metric: str = field(kw_only=True)


class TimelineSchema(BudgetSchema):
    """Which metric."""

    target = TimelineQuery
    metric = Name("The metric, as runs and evaluations call it.", required=True)


@dataclass(frozen=True, slots=True)
class RunningQuery:
    """Which open runs."""

    project: str | None = None
    limit: int = WORK_MAX


class RunningSchema(QuerySchema):
    """Which open runs."""

    target = RunningQuery
    project = Name("Only runs of this project.")
    limit = page_limit(WORK_MAX)


@dataclass(frozen=True, slots=True)
class JobQuery(BudgetQuery):
    """Which job."""

    method: str = field(kw_only=True)
    name: str | None = None
    project: str | None = None
    direction: Direction = Direction.BOTH
    by_name: bool = False


class JobSchema(BudgetSchema):
    """Which job."""

    target = JobQuery
    method = Name("The method of its runs, such as `projection.umap`.", required=True)
    name = Name("Only runs of this name.")
    project = Name("Only runs of this project.")
    direction = fields.Enum(Direction, by_value=True, metadata={"description": "Which way to go; both if left out."})
    by_name = fields.Boolean(metadata={"description": "Whether runs of other names are other jobs."})
