"""The life of external runs: what comes in."""

from dataclasses import dataclass
from typing import Any, ClassVar

from marshmallow import ValidationError, fields, post_load, validate

from arangovis.domain.errors import InvalidInput
from arangovis.domain.ids import NodeId
from arangovis.domain.runs import Reason, RunState
from arangovis.services.catalogue import NAME_LENGTH_MAX
from arangovis.services.external.values import (
    CONTENT_KINDS,
    METHOD_DEFAULT,
    UNKNOWN_MEDIA_TYPE,
    Begin,
    Content,
    End,
    Facts,
    FileFacts,
    Mode,
    Relation,
)
from arangovis_api.schemas.base import LoadedSchema, Moment, Name, Number, QuerySchema
from arangovis_api.schemas.reading import LINKS_MAX, TAGS_MAX

WITHIN_MAX_S = 30 * 24 * 3600
GENERATION_MAX = 2**62
DESCRIPTION_LENGTH_MAX = 100_000
FACTS_MAX = 100_000
BYTES = "application/octet-stream"

_TEXT = validate.Length(1, NAME_LENGTH_MAX)
_FACTS = ("name", "description", "params", "metrics", "environment", "code", "process")
_LAST_STATES = [state.value for state in RunState if not state.is_open]


@dataclass(frozen=True, slots=True)
class Beat:
    """A sign of life."""

    within_s: float
    session: str | None = None


@dataclass(frozen=True, slots=True)
class Tags:
    """Tags to add and to remove."""

    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Links:
    """What a run read and made."""

    inputs: tuple[Content, ...] = ()
    outputs: tuple[Content, ...] = ()


@dataclass(frozen=True, slots=True)
class FileQuery:
    """What is said of a file that is logged."""

    name: str
    role: str = "file"
    media_type: str = UNKNOWN_MEDIA_TYPE
    step: int | None = None

    def about(self) -> FileFacts:
        """Return it as the service takes it."""
        step = {} if self.step is None else {"step": self.step}
        return FileFacts(self.name, self.role, self.media_type, step)


@dataclass(frozen=True, slots=True)
class DeleteQuery:
    """How to delete."""

    force: bool = False


def _scalars(description: str) -> fields.Dict:
    lengths = validate.Length(max=FACTS_MAX)
    return fields.Dict(keys=fields.String(), validate=lengths, metadata={"description": description})


def _tags() -> fields.List[str]:
    return fields.List(fields.String(validate=_TEXT), validate=validate.Length(max=TAGS_MAX))


def _session(*, required: bool = False) -> fields.String:
    described = {"description": "An id that the process made for itself."}
    return fields.String(required=required, validate=validate.Length(1, 64), metadata=described)


def _within(*, required: bool = False) -> Number:
    lengths = validate.Range(0, WITHIN_MAX_S, min_inclusive=False)
    described = {"description": "The run counts as lost if nothing is heard for so many seconds."}
    return Number(required=required, validate=lengths, metadata=described)


class NodeField(fields.Field[NodeId]):
    """A node id, written `kind/key`."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: object) -> NodeId:
        try:
            return NodeId.parse(value if isinstance(value, str) else repr(value))
        except InvalidInput as error:
            raise ValidationError(error.detail) from error


class ContentSchema(LoadedSchema):
    """Something read or made: a node that exists, or content known by its SHA-256."""

    target = Content
    role = fields.String(load_default="", validate=validate.Length(max=NAME_LENGTH_MAX))
    node = NodeField(metadata={"description": "`kind/key`"})
    digest = fields.String(validate=validate.Regexp(r"[0-9a-f]{64}\Z", error="Not 64 hex digits."))
    kind = fields.String(validate=validate.OneOf(CONTENT_KINDS), metadata={"description": "Of content by digest."})
    name = Name("The name people know it by.")
    bytes = fields.Integer(strict=True, validate=validate.Range(0, 2**62), metadata={"description": "Of a file."})
    rows = fields.Integer(strict=True, validate=validate.Range(0, 2**62), metadata={"description": "Of a data set."})
    media_type = fields.String(validate=_TEXT)
    facts = _scalars("Names and scalars.")


def _contents() -> fields.List[Content]:
    return fields.List(fields.Nested(ContentSchema), validate=validate.Length(max=LINKS_MAX))


class FactsSchema(LoadedSchema):
    """What is known of a run; names that were known get the new value, what is left out stays."""

    target: ClassVar[type] = Facts
    name = Name("The name people know it by.")
    description = fields.String(validate=validate.Length(max=DESCRIPTION_LENGTH_MAX))
    params = _scalars("Names and scalars.")
    metrics = _scalars("Names and scalars.")
    environment = _scalars("Versions of the software, by name.")
    code = _scalars("Which code ran.")
    process = _scalars("The process that ran.")


class BeginSchema(FactsSchema):
    """A process begins, joins, resumes or replaces a run."""

    target = Begin
    session = _session(required=True)
    mode = fields.Enum(Mode, by_value=True)
    generation = fields.Integer(
        strict=True,
        validate=validate.Range(0, GENERATION_MAX),
        metadata={"description": "To replace: higher than any before; one more than now if left out."},
    )
    method = Name(f"What it does; `{METHOD_DEFAULT}` if left out.")
    project = Name("The name of its project.")
    create_project = fields.Boolean()
    tags = _tags()
    inputs = _contents()
    parent = NodeField(metadata={"description": "The run that it came from, `run/key`."})
    relation = fields.Enum(Relation, by_value=True, metadata={"description": "What it is to its parent."})
    started = Moment()
    within_s = _within()

    @post_load
    def _build(self, data: dict[str, Any], **_: object) -> Begin:
        return Begin(**_with_facts(data))


class EndSchema(LoadedSchema):
    """A process ends its part of a run; without a session, all of it."""

    target = End
    state = fields.String(required=True, validate=validate.OneOf(_LAST_STATES))
    session = _session()
    reason = fields.String(validate=validate.OneOf([reason.value for reason in Reason]))
    message = fields.String(validate=validate.Length(max=DESCRIPTION_LENGTH_MAX))
    metrics = _scalars("Names and scalars.")
    process = _scalars("The process that ran, such as its `exit_status`.")
    ended = Moment()

    @post_load
    def _build(self, data: dict[str, Any], **_: object) -> End:
        return End(**_with_facts({**data, "state": RunState(data["state"])}))


class BeatSchema(LoadedSchema):
    """A sign of life."""

    target = Beat
    within_s = _within(required=True)
    session = _session()


class TagsSchema(LoadedSchema):
    """Tags to add and to remove."""

    target = Tags
    add = _tags()
    remove = _tags()


class LinksSchema(LoadedSchema):
    """What a run read and made."""

    target = Links
    inputs = _contents()
    outputs = _contents()


class FileSchema(QuerySchema):
    """What is said of a file that is logged; the body is its bytes."""

    target = FileQuery
    name = Name("Its name.", required=True)
    role = Name("What it is to the run, such as `image` or `table`.")
    media_type = fields.String(validate=validate.Length(3, NAME_LENGTH_MAX))
    step = fields.Integer(validate=validate.Range(-(2**62), 2**62))


class DeleteSchema(QuerySchema):
    """How to delete."""

    target = DeleteQuery
    force = fields.Boolean(metadata={"description": "Also if something that it made is there."})


def _with_facts(data: dict[str, Any]) -> dict[str, Any]:
    """Put what is known of a run together; lists become tuples."""
    facts = Facts(**{name: data.pop(name) for name in _FACTS if name in data})
    return {name: tuple(value) if isinstance(value, list) else value for name, value in data.items()} | {"facts": facts}
