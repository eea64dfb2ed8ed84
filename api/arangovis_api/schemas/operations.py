"""What is sent about schedules, webhooks and retention."""

from dataclasses import dataclass
from typing import Any

from marshmallow import fields, post_load, validate

from arangovis.services.catalogue import NAME_LENGTH_MAX
from arangovis.services.retention.rules import FINAL_STATES, KEEP_MAX, LIMIT_MAX, Per, RetentionRule, What
from arangovis.services.schedules.actions import ACTIONS
from arangovis.services.schedules.schedules import ScheduleWanted
from arangovis.services.schedules.times import CRON_LENGTH_MAX, EVERY_MAX_S, EVERY_MIN_S, ZONE_DEFAULT, Times
from arangovis.services.webhooks.deliveries import DeliveryState
from arangovis.services.webhooks.events import SUBSCRIBABLE
from arangovis.services.webhooks.hosts import URL_LENGTH_MAX
from arangovis.services.webhooks.subscriptions import WebhookWanted
from arangovis_api.schemas.base import LoadedSchema, Name, Number, QuerySchema

DESCRIPTION_MAX = 10_000
FILTER_MAX = 10_000
_TEXT = validate.Length(0, DESCRIPTION_MAX)


class ScheduleSchema(LoadedSchema):
    """A schedule: what is done, and either `cron` or `every_s`."""

    target = ScheduleWanted
    name = Name("Unique in its project, or among those of none.", required=True)
    action = fields.String(
        required=True, validate=validate.OneOf(list(ACTIONS)), metadata={"description": "What is done."}
    )
    options = fields.Dict(keys=fields.String(), metadata={"description": "Options of the action."})
    cron = fields.String(
        validate=validate.Length(1, CRON_LENGTH_MAX),
        metadata={"description": "Minute, hour, day of month, month, day of week."},
    )
    every_s = fields.Integer(
        strict=True,
        validate=validate.Range(EVERY_MIN_S, EVERY_MAX_S),
        metadata={"description": "Every so many seconds."},
    )
    zone = fields.String(
        validate=validate.Length(1, 80), metadata={"description": "Time zone of `cron`; UTC if left out."}
    )
    project = Name("Whose it is; of the whole service if left out.")
    description = fields.String(validate=_TEXT, metadata={"description": "What it is for."})
    enabled = fields.Boolean(metadata={"description": "Whether it fires."})

    @post_load
    def _build(self, data: dict[str, Any], **given: object) -> object:
        times = Times(data.pop("cron", None), data.pop("every_s", None), data.pop("zone", ZONE_DEFAULT))
        return super()._build({**data, "times": times}, **given)


@dataclass(frozen=True, slots=True)
class Switch:
    """Whether something is on."""

    enabled: bool


class SwitchSchema(LoadedSchema):
    """Whether it is on."""

    target = Switch
    enabled = fields.Boolean(required=True, metadata={"description": "Whether it is on."})


@dataclass(frozen=True, slots=True)
class OfProject:
    """Of which project."""

    project: str | None = None


class OfProjectSchema(QuerySchema):
    """Of which project."""

    target = OfProject
    project = Name("Only of the project of this name.")


class WebhookSchema(LoadedSchema):
    """A webhook."""

    target = WebhookWanted
    name = Name("Unique in its project, or among those of none.", required=True)
    url = fields.String(
        required=True, validate=validate.Length(1, URL_LENGTH_MAX), metadata={"description": "Where messages are sent."}
    )
    events = fields.List(
        fields.String(validate=validate.OneOf(SUBSCRIBABLE)),
        required=True,
        validate=validate.Length(1, len(SUBSCRIBABLE)),
        metadata={"description": "What it is told of."},
    )
    filter = fields.String(
        validate=validate.Length(0, FILTER_MAX), metadata={"description": "Only of runs that this holds for."}
    )
    project = Name("Only of runs of this project; of all if left out.")
    description = fields.String(validate=_TEXT, metadata={"description": "What it is for."})
    enabled = fields.Boolean(metadata={"description": "Whether it is told anything."})
    secret = fields.String(
        load_only=True,
        validate=validate.Length(1, 200),
        metadata={"description": "`whsec_` and 24 to 64 bytes in base64; if left out, one is made and shown once."},
    )

    @post_load
    def _build(self, data: dict[str, Any], **given: object) -> object:
        return super()._build({**data, "events": tuple(data["events"])}, **given)


@dataclass(frozen=True, slots=True)
class OfState:
    """In which state."""

    state: DeliveryState | None = None


class OfStateSchema(QuerySchema):
    """In which state."""

    target = OfState
    state = fields.Enum(DeliveryState, by_value=True, metadata={"description": "Only those in this state."})


class RuleSchema(LoadedSchema):
    """A rule of retention: runs that all of it is true of, but for those to be kept."""

    target = RetentionRule
    project = Name("Of this project; if left out, of all that the token is for.")
    older_than_days = Number(metadata={"description": "Ended so long ago; 30 if left out."})
    states = fields.List(
        fields.String(validate=validate.OneOf(FINAL_STATES)), metadata={"description": "In one of these states."}
    )
    tags = fields.List(
        fields.String(validate=validate.Length(1, NAME_LENGTH_MAX)), metadata={"description": "With all of these tags."}
    )
    methods = fields.List(
        fields.String(validate=validate.Length(1, NAME_LENGTH_MAX)),
        metadata={"description": "Of one of these methods."},
    )
    where = fields.String(validate=validate.Length(0, FILTER_MAX), metadata={"description": "That this holds for."})
    keep_last = fields.Integer(
        strict=True, validate=validate.Range(0, KEEP_MAX), metadata={"description": "So many of the newest are kept."}
    )
    keep_best = fields.Integer(
        strict=True, validate=validate.Range(0, KEEP_MAX), metadata={"description": "So many of the best are kept."}
    )
    metric = Name("What best means.")
    lowest = fields.Boolean(metadata={"description": "Whether less is better."})
    per = fields.String(validate=validate.OneOf(list(Per)), metadata={"description": "Within what the two count."})
    what = fields.String(validate=validate.OneOf(list(What)), metadata={"description": "Files, or runs as well."})
    limit = fields.Integer(
        strict=True, validate=validate.Range(1, LIMIT_MAX), metadata={"description": "So many runs at most."}
    )

    @post_load
    def _build(self, data: dict[str, Any], **given: object) -> object:
        lists = {name: tuple(data[name]) for name in ("states", "tags", "methods") if name in data}
        return super()._build({**data, **lists}, **given)


@dataclass(frozen=True, slots=True)
class Collection:
    """Whether to remove anything."""

    dry_run: bool = True


class CollectionSchema(LoadedSchema):
    """Whether anything is removed."""

    target = Collection
    dry_run = fields.Boolean(metadata={"description": "Whether it is only counted; true if left out."})
