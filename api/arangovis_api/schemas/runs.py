"""Runs and batches: what comes in. Bodies are read by `reading.py`; these schemas document them."""

from dataclasses import dataclass

from marshmallow import fields, validate

from arangovis.domain.runs import RunState
from arangovis.domain.work import Input
from arangovis.services.batch import ACTIONS_MAX
from arangovis.services.catalogue import NAME_LENGTH_MAX
from arangovis.services.run_log import LoggedRun, Output
from arangovis_api.schemas.base import (
    LIMIT_DEFAULT,
    LIST_CURSOR_MAX,
    LoadedSchema,
    Moment,
    Name,
    QuerySchema,
    cursor,
    ordered_by,
    page_limit,
)
from arangovis_api.schemas.reading import LINKS_MAX, LOGGED_STATES, TAGS_MAX

_TEXT = validate.Length(1, NAME_LENGTH_MAX)


@dataclass(frozen=True, slots=True)
class RunsQuery:
    """Which runs."""

    filter: str = ""
    method: str | None = None
    state: str | None = None
    project: str | None = None
    limit: int = LIMIT_DEFAULT
    cursor: str | None = None
    order: str | None = None


@dataclass(frozen=True, slots=True)
class Nothing:
    """A body without fields."""


class NothingSchema(LoadedSchema):
    """A body without fields."""

    target = Nothing


class RunsSchema(QuerySchema):
    """Which runs; all conditions hold together."""

    target = RunsQuery
    filter = fields.String(metadata={"description": "A condition of the filter language."})
    method = fields.String(metadata={"description": "Such as `projection.umap`."})
    state = fields.String(validate=validate.OneOf(list(RunState)))
    project = fields.String(metadata={"description": "The name of a project."})
    limit = page_limit()
    cursor = cursor(LIST_CURSOR_MAX)
    order = ordered_by()


class InputSchema(LoadedSchema):
    """Something that a run read."""

    target = Input
    node = fields.String(required=True, metadata={"description": "`kind/key`"})
    role = fields.String(load_default="", validate=validate.Length(max=NAME_LENGTH_MAX))


class OutputSchema(LoadedSchema):
    """Something that a run made: a node that exists, or a kind and attributes of a new one."""

    target = Output
    role = fields.String(required=True, validate=_TEXT)
    node = fields.String(metadata={"description": "`kind/key`"})
    kind = fields.String(metadata={"description": "Of a new node; artifact if left out."})
    attributes = fields.Dict(keys=fields.String())


class LoggedRunSchema(LoadedSchema):
    """A run that the user's own process made."""

    target = LoggedRun
    method = Name("What it did, such as `training`.", required=True)
    project = Name("The name of its project.")
    key = fields.String(metadata={"description": "A UUID of your own: the same content again is the same run."})
    name = Name("The name people know it by.")
    state = fields.String(validate=validate.OneOf(LOGGED_STATES), metadata={"description": "SUCCESS if left out."})
    params = fields.Dict(keys=fields.String(), metadata={"description": "Names and scalars."})
    metrics = fields.Dict(keys=fields.String(), metadata={"description": "Names and scalars."})
    tags = fields.List(fields.String(validate=_TEXT), validate=validate.Length(max=TAGS_MAX))
    attributes = fields.Dict(keys=fields.String(), metadata={"description": "Names and scalars."})
    inputs = fields.List(fields.Nested(InputSchema), validate=validate.Length(max=LINKS_MAX))
    outputs = fields.List(fields.Nested(OutputSchema), validate=validate.Length(max=LINKS_MAX))
    started = Moment()
    ended = Moment()
    evaluation = fields.Dict(
        keys=fields.String(), metadata={"description": "Measured performance; it becomes a node of its own."}
    )
    params_node = fields.Boolean(metadata={"description": "Whether the parameters become a node of their own too."})
    deployment_tag = Name("What a deployment can be made by.")
    extra = fields.Dict(keys=fields.String(), metadata={"description": "Further facts of any shape, not searched."})


class BatchSchema(LoadedSchema):
    """Actions, each with a field `action`: project, model, link or run; the rest as in their own routes."""

    actions = fields.List(fields.Dict(), required=True, validate=validate.Length(1, ACTIONS_MAX))
