"""Questions of stewards and about trials: what comes in. What goes out is declared by the services."""

from dataclasses import dataclass

from marshmallow import fields, validate

from arangovis.domain.graph import Direction
from arangovis.services.lineage.columns import COLUMN_LENGTH_MAX, LINKS_DEFAULT, LINKS_MAX
from arangovis.services.rows.previews import RowChoice
from arangovis.services.rows.questions import FILES_DEFAULT, FILES_MAX, ROW_LENGTH_MAX
from arangovis.services.stewardship import audit, retention, verifying
from arangovis.services.stewardship.environments import NODES_DEFAULT
from arangovis.services.trials import choosing
from arangovis.services.trials.data import TrialPeriod
from arangovis.services.trials.techniques import Goal, MetricGoal
from arangovis.services.trials.trials import TrialScope
from arangovis.stores.base import NODE_LIMIT_MAX
from arangovis_api.schemas.base import LoadedSchema, Moment, Name, Names, QuerySchema, cursor, page_limit

_AT = {"description": "As of this time: microseconds since 1970, or ISO 8601."}
_POINT_MAX = 2**53
_FILTER_LENGTH_MAX = 10_000


@dataclass(frozen=True, slots=True)
class RowQuery:
    """Which row, as of when, and how many files may be opened."""

    row: str
    at: int | None = None
    files: int = FILES_DEFAULT


class RowSchema(QuerySchema):
    """Which row."""

    target = RowQuery
    row = fields.String(
        required=True,
        validate=validate.Length(1, ROW_LENGTH_MAX),
        metadata={"description": "The row's id; of a parsed file its number, from 0."},
    )
    files = fields.Integer(
        validate=validate.Range(1, FILES_MAX), metadata={"description": "Files that are opened at most."}
    )
    at = Moment(metadata=_AT)


@dataclass(frozen=True, slots=True)
class PointQuery:
    """Which point, as of when."""

    point: int
    at: int | None = None


class PointSchema(QuerySchema):
    """Which point."""

    target = PointQuery
    point = fields.Integer(
        required=True, validate=validate.Range(0, _POINT_MAX), metadata={"description": "Its number, from 0."}
    )
    at = Moment(metadata=_AT)


class ChoiceSchema(QuerySchema):
    """Which row: one of the two."""

    target = RowChoice
    row = fields.String(validate=validate.Length(1, ROW_LENGTH_MAX), metadata={"description": "The row's id."})
    position = fields.Integer(
        validate=validate.Range(0, _POINT_MAX),
        metadata={"description": "Its number, from 0: in a sample that in the sample."},
    )


@dataclass(frozen=True, slots=True)
class ColumnQuery:
    """Which column, which way, as of when."""

    column: str | None = None
    direction: Direction = Direction.UPSTREAM
    at: int | None = None
    limit: int = LINKS_DEFAULT


class ColumnSchema(QuerySchema):
    """Which column."""

    target = ColumnQuery
    column = fields.String(
        validate=validate.Length(1, COLUMN_LENGTH_MAX),
        metadata={"description": "Its name; all that the node is known to have if left out."},
    )
    direction = fields.Enum(Direction, by_value=True, metadata={"description": "`upstream` or `downstream`."})
    limit = page_limit(LINKS_MAX)
    at = Moment(metadata=_AT)


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """Until when, and how much."""

    at: int | None = None
    limit: int = audit.ENTRIES_DEFAULT


class AuditSchema(QuerySchema):
    """Until when, and how much."""

    target = AuditQuery
    limit = page_limit(audit.ENTRIES_MAX)
    at = Moment(metadata=_AT)


@dataclass(frozen=True, slots=True)
class WalkQuery:
    """How many nodes to walk through at most, and as of when."""

    limit: int = NODES_DEFAULT
    at: int | None = None


class LimitSchema(QuerySchema):
    """How many nodes to walk through at most."""

    target = WalkQuery
    limit = page_limit(NODE_LIMIT_MAX)


@dataclass(frozen=True, slots=True)
class RetentionQuery:
    """What to look for."""

    project: str | None = None
    older_than_days: float = retention.DAYS_DEFAULT
    limit: int = retention.LIMIT_DEFAULT
    cursor: str | None = None


class RetentionSchema(QuerySchema):
    """What to look for."""

    target = RetentionQuery
    project = Name("Only of the project of this name.")
    older_than_days = fields.Float(
        validate=validate.Range(0, retention.DAYS_MAX), metadata={"description": "Made so many days ago, or earlier."}
    )
    limit = page_limit(retention.LIMIT_MAX)
    cursor = cursor()


@dataclass(frozen=True, slots=True)
class VerifyBody:
    """What to verify."""

    upstream: bool = True
    budget_bytes: int = verifying.BUDGET_DEFAULT
    record: bool = False


class VerifySchema(LoadedSchema):
    """What to verify."""

    target = VerifyBody
    upstream = fields.Boolean(metadata={"description": "Whether everything upstream is verified too; it is."})
    budget_bytes = fields.Integer(
        strict=True,
        validate=validate.Range(0, verifying.BUDGET_MAX),
        metadata={"description": "Bytes that are read while you wait; if there are more, a worker reads them."},
    )
    record = fields.Boolean(metadata={"description": "Whether a small report is stored as a run's product too."})


@dataclass(frozen=True, slots=True)
class EnvironmentQuery:
    """Which package, as of when."""

    package: str | None = None
    at: int | None = None
    limit: int = NODES_DEFAULT


class EnvironmentSchema(QuerySchema):
    """Which package, as of when."""

    target = EnvironmentQuery
    package = Name("Only this package; case, `-`, `_` and `.` make no difference.")
    limit = page_limit(NODE_LIMIT_MAX)
    at = Moment(metadata=_AT)


@dataclass(frozen=True, slots=True)
class PackageQuery:
    """Which versions, and what to show."""

    versions: str = ""
    kinds: frozenset[str] = frozenset()
    at: int | None = None
    limit: int = NODES_DEFAULT


class PackageSchema(QuerySchema):
    """Which versions, and what to show."""

    target = PackageQuery
    versions = fields.String(metadata={"description": "Such as `>=1.2,<2`; every version if left out."})
    kinds = Names(metadata={"description": "Kinds of node to show, separated by commas; all if left out."})
    limit = page_limit(NODE_LIMIT_MAX)
    at = Moment(metadata=_AT)


# --- trials -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TrialQuery:
    """Whose trials, and by which metric."""

    project: str | None = None
    task: str | None = None
    at: int | None = None
    metric: str | None = None
    goal: Goal = Goal.MAXIMISE
    attribute: str = ""
    start: int | None = None
    end: int | None = None
    filter: str = ""
    limit: int | None = None

    @property
    def scope(self) -> TrialScope:
        """Whose trials."""
        return TrialScope(self.project, self.task, self.at)

    @property
    def period(self) -> TrialPeriod:
        """When they began."""
        return TrialPeriod(self.start, self.end)

    @property
    def measured(self) -> MetricGoal | None:
        """By what they are compared."""
        return None if self.metric is None else MetricGoal(self.metric, self.goal)


class ScopeSchema(QuerySchema):
    """Whose trials."""

    target = TrialQuery
    project = Name("Only of the project of this name.")
    task = Name("Only of models whose attribute `task`, or one of whose tags, is this.")
    at = Moment(metadata=_AT)


class InfluenceSchema(ScopeSchema):
    """Whose models, and how many nodes to walk through."""

    limit = page_limit(NODE_LIMIT_MAX)


class TechniqueSchema(ScopeSchema):
    """Whose trials, and by which metric."""

    metric = Name("The metric that says which is best.")
    goal = fields.Enum(Goal, by_value=True, metadata={"description": "`maximise` (if left out) or `minimise`."})


class EffectSchema(ScopeSchema):
    """Whose trials, by which metric."""

    metric = Name("The metric that is compared.", required=True)
    goal = fields.Enum(Goal, by_value=True, metadata={"description": "`maximise` (if left out) or `minimise`."})


class GainSchema(EffectSchema):
    """Whose trials, by which metric, with and without which feature."""

    attribute = Name("The feature that was added.", required=True)


class PeriodSchema(ScopeSchema):
    """Whose trials, begun when."""

    start = Moment(metadata={"description": "Runs that began then or later."})
    end = Moment(metadata={"description": "Runs that began before then."})


class RankingSchema(EffectSchema):
    """Whose trials, by which metric, under which filter."""

    filter = fields.String(
        validate=validate.Length(max=_FILTER_LENGTH_MAX),
        metadata={"description": "A filter over the runs, in the filter language."},
    )
    limit = page_limit(choosing.LIMIT_MAX)


@dataclass(frozen=True, slots=True)
class DerivedQuery:
    """What came of a data set."""

    active: bool = False
    at: int | None = None
    limit: int = NODES_DEFAULT


class DerivedSchema(QuerySchema):
    """What came of a data set."""

    target = DerivedQuery
    active = fields.Boolean(metadata={"description": "Only deployments in service, and the models that they serve."})
    limit = page_limit(NODE_LIMIT_MAX)
    at = Moment(metadata=_AT)
