"""What a process says of its own run, and what it is answered. Times are microseconds since 1970."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from arangovis.domain.ids import NodeId
from arangovis.domain.json import Document, Scalar
from arangovis.domain.runs import RunState

METHOD_DEFAULT = "script"
CONTENT_KINDS = ("artifact", "dataset")
UNKNOWN_MEDIA_TYPE = "application/octet-stream"


class Mode(StrEnum):
    """How a process comes to a run."""

    BEGIN = "begin"
    """The run is new."""
    JOIN = "join"
    """It is one of several that log to the same run; the first of them makes it."""
    RESUME = "resume"
    """It goes on where another ended or died."""
    REPLACE = "replace"
    """It does the run anew: what was logged before is not shown any more."""


class Relation(StrEnum):
    """What a run is to the run that it came from."""

    CHILD = "child"
    FORK = "fork"
    RETRY = "retry"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a run; None and what is empty leave things as they are."""

    name: str | None = None
    description: str | None = None
    params: Mapping[str, Scalar] = field(default_factory=dict)
    metrics: Mapping[str, Scalar] = field(default_factory=dict)
    environment: Mapping[str, Scalar] = field(default_factory=dict)
    code: Mapping[str, Scalar] = field(default_factory=dict)
    process: Mapping[str, Scalar] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Content:
    """Something that a run read or made: a node that exists, or content known by its SHA-256."""

    role: str
    node: NodeId | None = None
    digest: str | None = None
    kind: str = "artifact"
    name: str | None = None
    bytes: int | None = None
    rows: int | None = None
    media_type: str = UNKNOWN_MEDIA_TYPE
    facts: Mapping[str, Scalar] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Begin:
    """A process comes to a run. `session` is an id that it made for itself: the same again changes nothing.

    A run that hears nothing for `within_s` seconds counts as lost; without it nobody waits for a sign of life.
    """

    session: str
    mode: Mode = Mode.BEGIN
    generation: int | None = None
    method: str = METHOD_DEFAULT
    project: str | None = None
    create_project: bool = False
    facts: Facts = field(default_factory=Facts)
    tags: tuple[str, ...] = ()
    inputs: tuple[Content, ...] = ()
    parent: NodeId | None = None
    relation: Relation = Relation.CHILD
    started: int | None = None
    within_s: float | None = None


@dataclass(frozen=True, slots=True)
class End:
    """A process ends its part of a run; without a session, the whole run."""

    state: RunState
    session: str | None = None
    reason: str | None = None
    message: str | None = None
    facts: Facts = field(default_factory=Facts)
    ended: int | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How a run stands. `generation` grows each time it is replaced."""

    node: NodeId
    generation: int
    state: RunState


@dataclass(frozen=True, slots=True)
class Linked:
    """What a run was linked to, in the order asked."""

    node: NodeId
    links: tuple[NodeId, ...]


@dataclass(frozen=True, slots=True)
class LoggedFile:
    """A file that a run made: its node, and the SHA-256 and size of its bytes."""

    node: NodeId
    digest: str
    bytes: int


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What a process says of a file that it logs."""

    name: str
    role: str = "file"
    media_type: str = UNKNOWN_MEDIA_TYPE
    facts: Document = field(default_factory=dict)
