"""What the routes of hydro-visualization take and give.

Incoming fields are declared as they are documented but loaded as they come: old clients send the id as a number or as
text, in the body or in the query, and the rules of parameters belong to the method that is asked for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import EXCLUDE, Schema, fields, post_load

from arangovis.domain.json import Document, JsonValue

_ID: dict[str, Any] = {
    "oneOf": [{"type": "integer"}, {"type": "string", "pattern": "^[0-9]+$"}],
    "description": "Id of the model version, in the body or in the query.",
}


@dataclass(frozen=True, slots=True)
class VersionKey:
    """Which model version is meant, as it was sent; None for what was not."""

    model_version_id: JsonValue = None
    model_name: JsonValue = None
    model_version: JsonValue = None


@dataclass(frozen=True, slots=True)
class StartBody:
    """The body of a start; `refit_transformer` is read by the forced start only."""

    key: VersionKey
    refit_transformer: JsonValue = True


@dataclass(frozen=True, slots=True)
class ParametersBody:
    """The body that sets parameters: what was given, unchecked."""

    key: VersionKey
    given: Document


@dataclass(frozen=True, slots=True)
class PollQuery:
    """Which task is asked for, and in which form its result."""

    task_id: JsonValue = None
    format: JsonValue = None


class VersionKeyQuery(Schema):
    """A model version in the query."""

    class Meta:
        """Other names are ignored."""

        unknown = EXCLUDE

    model_version_id = fields.Raw(allow_none=True, metadata=_ID)
    model_name = fields.Raw(allow_none=True, metadata={"type": "string", "description": "With `model_version`."})
    model_version = fields.Raw(allow_none=True, metadata={"type": "string", "description": "With `model_name`."})

    @post_load
    def build(self, data: Mapping[str, Any], **_: object) -> VersionKey:
        """Return the value."""
        return _key(data)


class ProjectionStartBody(VersionKeyQuery):
    """What starts a projection."""

    @post_load
    def build(self, data: Mapping[str, Any], **_: object) -> StartBody:
        """Return the value."""
        return StartBody(_key(data))


class ProjectionRestartBody(VersionKeyQuery):
    """What starts a projection anew."""

    refit_transformer = fields.Raw(
        allow_none=True,
        metadata={"type": "boolean", "default": True, "description": "False places new rows in the fitted projection."},
    )

    @post_load
    def build(self, data: Mapping[str, Any], **_: object) -> StartBody:
        """Return the value."""
        return StartBody(_key(data), data.get("refit_transformer", True))


class ProjectionParametersBody(VersionKeyQuery):
    """What sets parameters: a full replacement."""

    parameters = fields.Raw(
        allow_none=True,
        metadata={"type": "object", "description": "Every parameter of the method; see GET for their names."},
    )
    properties = fields.Raw(allow_none=True, metadata={"type": "object", "description": "The same as `parameters`."})
    production_data_sample_size = fields.Raw(
        allow_none=True, metadata={"type": "integer", "minimum": 20, "maximum": 5000, "default": 500}
    )
    training_data_sample_size = fields.Raw(
        allow_none=True, metadata={"type": "integer", "minimum": 20, "maximum": 10000, "default": 5000}
    )
    visualization_metrics = fields.Raw(
        allow_none=True,
        metadata={"type": "array", "items": {"type": "string"}, "uniqueItems": True, "default": ["global_score"]},
    )

    @post_load
    def build(self, data: Mapping[str, Any], **_: object) -> ParametersBody:
        """Return the value."""
        return ParametersBody(_key(data), {name: value for name, value in data.items() if name not in _KEY_NAMES})


class ProjectionPollQuery(Schema):
    """Which task is polled."""

    class Meta:
        """Other names are ignored."""

        unknown = EXCLUDE

    task_id = fields.Raw(metadata={"type": "string", "description": "As a start answered it."})
    format = fields.Raw(
        metadata={"type": "string", "enum": ["json", "arrow"], "description": "Form of a finished plot."}
    )

    @post_load
    def build(self, data: Mapping[str, Any], **_: object) -> PollQuery:
        """Return the value."""
        return PollQuery(**data)


class Support(Schema):
    """Whether a model version can be projected."""

    supported = fields.Boolean(required=True)
    message = fields.String(required=True)


class BuildInfo(Schema):
    """What is running."""

    name = fields.String(required=True)
    version = fields.String(required=True)
    gitHeadCommit = fields.String(required=True)  # noqa: N815 - as the clients of hydro-visualization read it
    gitCurrentBranch = fields.String(required=True)  # noqa: N815
    pythonVersion = fields.String(required=True)  # noqa: N815


class TaskStarted(Schema):
    """A task to poll."""

    task_id = fields.String(required=True)
    run = fields.String(required=True, metadata={"description": "Node id of the run in the lineage graph."})


class TaskState(Schema):
    """A task as a poll sees it."""

    state = fields.String(required=True)
    task_id = fields.String(required=True)
    run = fields.String(metadata={"description": "Node id of the run."})
    progress = fields.Float(metadata={"description": "0 to 1, while it is open."})
    stage = fields.String(metadata={"description": "What it is doing, while it is open."})
    poll_after_ms = fields.Integer(metadata={"description": "When to ask again, while it is open."})
    message = fields.String(metadata={"description": "Why there is no result; never set on success."})
    description = fields.String(metadata={"description": "The same as `message`."})
    artifact = fields.String(metadata={"description": "Node id of the plot."})
    created = fields.DateTime(metadata={"description": "When the result was made."})
    stale = fields.Boolean(metadata={"description": "Whether traffic arrived since."})
    result = fields.Dict(metadata={"description": "The projection."})


class ProjectionParameters(Schema):
    """Parameters in force."""

    parameters = fields.Dict(required=True)
    visualization_metrics = fields.List(fields.String(), required=True)
    production_data_sample_size = fields.Integer(required=True)
    training_data_sample_size = fields.Integer(required=True)


class ParametersSet(Schema):
    """Parameters were put in force."""

    message = fields.String(required=True)


_KEY_NAMES = tuple(VersionKey.__dataclass_fields__)


def _key(data: Mapping[str, Any]) -> VersionKey:
    return VersionKey(**{name: data.get(name) for name in _KEY_NAMES})
