"""Deployments, serving performance, aliases, gates and the administration of projects: what comes in."""

from dataclasses import dataclass
from typing import Any

from marshmallow import fields, post_load, validate

from arangovis.domain.ids import NodeId
from arangovis.services.catalogue.deployments import DeploymentState, Provision
from arangovis.services.catalogue.performance import Observed
from arangovis_api.schemas.base import LIMIT_DEFAULT, LoadedSchema, Moment, Name, QuerySchema, cursor, page_limit
from arangovis_api.schemas.catalogue import FactsSchema
from arangovis_api.schemas.pipeline_data import Id, facts_of

_AT = {"description": "As of this time: microseconds since 1970, or ISO 8601."}
_STATES = [state.value for state in DeploymentState]
_REASON_LENGTH_MAX = 1000


@dataclass(frozen=True, slots=True)
class DeploymentsQuery:
    """Which deployments."""

    tag: str | None = None
    state: str | None = None
    filter: str = ""
    project: str | None = None
    limit: int = LIMIT_DEFAULT
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class StateBody:
    """The state that a deployment is brought into."""

    state: DeploymentState
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class ReasonBody:
    """Why."""

    reason: str | None = None


@dataclass(frozen=True, slots=True)
class ObservedBody:
    """What was measured, and of which deployment."""

    observed: Observed
    deployment: NodeId | None = None
    tag: str | None = None
    project: str | None = None


@dataclass(frozen=True, slots=True)
class AliasBody:
    """Which version an alias is given to."""

    project: str
    model: str
    alias: str
    number: int


@dataclass(frozen=True, slots=True)
class AliasQuery:
    """Which aliases of a model."""

    project: str
    model: str
    alias: str | None = None
    at: int | None = None


@dataclass(frozen=True, slots=True)
class OneAliasQuery:
    """One alias of a model."""

    project: str
    model: str
    alias: str


@dataclass(frozen=True, slots=True)
class GateBody:
    """A gate to make or to change."""

    project: str
    name: str
    filter: str
    model: str | None = None


@dataclass(frozen=True, slots=True)
class ProjectQuery:
    """One project by its name."""

    project: str


@dataclass(frozen=True, slots=True)
class OverviewsQuery:
    """Which projects."""

    archived: bool = False


@dataclass(frozen=True, slots=True)
class ProjectChange:
    """What is changed of a project."""

    name: str | None = None
    archived: bool | None = None


class ProvisionSchema(FactsSchema):
    """A deployment to make from the newest run of a tag."""

    target = Provision
    tag = Name("The deployment tag of the run.", required=True)
    project = Name("The name of the run's project.")
    state = fields.Enum(DeploymentState, by_value=True, metadata={"description": "`scheduled`, if left out."})
    scheduled_for = Moment(metadata={"description": "When it is to begin."})
    name = Name("What people call it; the tag if left out.")
    override = fields.String(
        validate=validate.Length(1, _REASON_LENGTH_MAX),
        metadata={"description": "Why it is deployed though a gate refuses it; it is recorded."},
    )

    @post_load
    def _build(self, data: dict[str, Any], **_: object) -> object:
        facts = facts_of(data)
        return Provision(**data, facts=facts)


class DeploymentsSchema(QuerySchema):
    """Which deployments; all conditions hold together."""

    target = DeploymentsQuery
    tag = fields.String(metadata={"description": "The deployment tag."})
    state = fields.String(validate=validate.OneOf(_STATES))
    filter = fields.String(metadata={"description": "A condition of the filter language."})
    project = fields.String(metadata={"description": "The name of a project."})
    limit = page_limit()
    cursor = cursor()


class DeploymentStateSchema(LoadedSchema):
    """The state that a deployment is brought into."""

    target = StateBody
    state = fields.Enum(DeploymentState, by_value=True, required=True)
    reason = fields.String(validate=validate.Length(1, _REASON_LENGTH_MAX))


class ReasonSchema(LoadedSchema):
    """Why."""

    target = ReasonBody
    reason = fields.String(validate=validate.Length(1, _REASON_LENGTH_MAX))


class ObservedSchema(FactsSchema):
    """What was measured of a deployment in a period; name the deployment, or its tag."""

    target = ObservedBody
    deployment = Id(metadata={"description": "`deployment/key`"})
    tag = Name("The deployment tag: its active deployment, or the newest.")
    project = Name("The name of the project, if the tag is used in several.")
    metrics = fields.Dict(keys=fields.String(), required=True, metadata={"description": "Names and scalars."})
    period = Name("The period as people call it.")
    period_start = Moment()
    period_end = Moment()

    @post_load
    def _build(self, data: dict[str, Any], **_: object) -> object:
        about = {name: data.pop(name) for name in ("deployment", "tag", "project") if name in data}
        facts = facts_of(data)
        return ObservedBody(Observed(**data, facts=facts), **about)


class AliasBodySchema(LoadedSchema):
    """Which version of a model an alias is given to."""

    target = AliasBody
    project = Name("The name of the project.", required=True)
    model = Name("The name of the model.", required=True)
    alias = Name("Such as champion.", required=True)
    number = fields.Integer(strict=True, required=True, metadata={"description": "The integer id of the version."})


class AliasesSchema(QuerySchema):
    """Which aliases of a model."""

    target = AliasQuery
    project = Name("The name of the project.", required=True)
    model = Name("The name of the model.", required=True)
    alias = Name("Only this one.")
    at = Moment(metadata=_AT)


class OneAliasSchema(QuerySchema):
    """One alias of a model."""

    target = OneAliasQuery
    project = Name("The name of the project.", required=True)
    model = Name("The name of the model.", required=True)
    alias = Name("The alias.", required=True)


class GateBodySchema(LoadedSchema):
    """A gate: a condition that runs must meet before they are deployed."""

    target = GateBody
    project = Name("The name of the project.", required=True)
    name = Name("The gate's name.", required=True)
    filter = fields.String(required=True, metadata={"description": "The condition, in the filter language."})
    model = Name("The name of the only model that it is for.")


class ProjectNameSchema(QuerySchema):
    """A project by its name."""

    target = ProjectQuery
    project = Name("The name of the project.", required=True)


class OverviewsSchema(QuerySchema):
    """Which projects."""

    target = OverviewsQuery
    archived = fields.Boolean(metadata={"description": "Whether archived ones are shown too."})


class ProjectChangeSchema(LoadedSchema):
    """What is changed of a project."""

    target = ProjectChange
    name = Name("Its new name.")
    archived = fields.Boolean(metadata={"description": "Whether it takes nothing new and is not listed."})
