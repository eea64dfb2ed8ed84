"""Runs: everything that computes, its states, and the lease that says who computes it now."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum, StrEnum

from arangovis.domain.graph import Record
from arangovis.domain.ids import NodeId
from arangovis.domain.json import EMPTY, Document, Scalar
from arangovis.domain.views import integer, mapping, optional_integer, optional_text, scalars, text

ATTEMPTS_MAX = 3
"""A run whose computation died this often is not tried again."""


class RunState(StrEnum):
    """Where a run stands. PENDING and STARTED are open; the others are final."""

    PENDING = "PENDING"
    STARTED = "STARTED"
    SUCCESS = "SUCCESS"
    ERROR = "ERROR"
    NO_DATA = "NO_DATA"
    NOT_SUPPORTED = "NOT_SUPPORTED"
    CANCELLED = "CANCELLED"

    @property
    def is_open(self) -> bool:
        """Whether it may still change."""
        return self in {RunState.PENDING, RunState.STARTED}

    @property
    def is_shareable(self) -> bool:
        """Whether an equal request is answered by this run: it succeeded, or it is under way."""
        return self.is_open or self is RunState.SUCCESS


class Executor(StrEnum):
    """Who runs it."""

    WORKER = "worker"
    """A worker that claims it."""
    EXTERNAL = "external"
    """The user's own process, which logs it; never claimable."""
    PLAN = "plan"
    """Nobody: it stands for its steps."""


class Priority(IntEnum):
    """How urgent a run is; smaller is sooner. There are few, since each is a queue of its own."""

    URGENT = 0
    NORMAL = 1
    BACKGROUND = 2
    """A step of a plan: whoever waits for one answer goes first."""


class Reason(StrEnum):
    """Why a run ended without success."""

    FAILED = "failed"
    KILLED = "killed"
    LOST = "lost"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    MISSING_EXTRA = "missing-extra"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Run:
    """A run as the rules see it. Times are microseconds since 1970."""

    id: NodeId
    project: str | None
    method: str
    state: RunState
    executor: Executor
    run_key: str | None = None
    question: str | None = None
    attempt: int = 0
    generation: int = 0
    seed: int = 0
    params: Mapping[str, Scalar] = field(default_factory=dict)
    options: Document = field(default_factory=dict)
    metrics: Mapping[str, Scalar] = field(default_factory=dict)
    environment: Mapping[str, Scalar] = field(default_factory=dict)
    reason: str | None = None
    message: str | None = None
    name: str | None = None
    started: int | None = None
    ended: int | None = None
    plan: NodeId | None = None
    rest: Document = field(default_factory=dict)
    """Attributes that these rules do not look at: tags, the user's own facts, a plan's steps."""

    @classmethod
    def of(cls, node_id: NodeId, project: str | None, attributes: Document) -> "Run":
        """Read a run from its document."""
        plan = optional_text(attributes, "plan")
        return cls(
            id=node_id,
            project=project,
            method=text(attributes, "method"),
            state=RunState(text(attributes, "state")),
            executor=Executor(text(attributes, "executor")),
            run_key=optional_text(attributes, "run_key"),
            question=optional_text(attributes, "question"),
            attempt=integer(attributes, "attempt", 0),
            generation=integer(attributes, "generation", 0),
            seed=integer(attributes, "seed", 0),
            params=scalars(attributes, "params"),
            options=mapping(attributes, "options"),
            metrics=scalars(attributes, "metrics"),
            environment=scalars(attributes, "environment"),
            reason=optional_text(attributes, "reason"),
            message=optional_text(attributes, "message"),
            name=optional_text(attributes, "name"),
            started=optional_integer(attributes, "started"),
            ended=optional_integer(attributes, "ended"),
            plan=None if plan is None else NodeId.parse(plan),
            rest={key: value for key, value in attributes.items() if key not in _READ},
        )

    def document(self) -> Document:
        """Return the attributes to store: what is not set is left out."""
        own: dict[str, object] = {
            name: getattr(self, name) for name in _READ if getattr(self, name) not in (None, {}, EMPTY)
        }
        own["state"], own["executor"] = self.state.value, self.executor.value
        if self.plan is not None:
            own["plan"] = str(self.plan)
        return {**self.rest, **own}  # type: ignore[dict-item]

    def ended_as(self, state: RunState, *, now: int, reason: Reason | None = None, message: str | None = None) -> "Run":
        """Return the run in a final state."""
        return replace(self, state=state, ended=now, reason=None if reason is None else reason.value, message=message)


_READ = tuple(name for name in Run.__dataclass_fields__ if name not in ("id", "project", "rest"))


@dataclass(frozen=True, slots=True)
class Lease:
    """The unversioned side of an open run: its place in the queue while pending, its holder while started.

    `due` (microseconds) is when the run may be claimed: its queue time, then the lease's end. `attempt` grows with
    each claim and never falls, so that with the owner it tells one holder from every other; `failures` counts the
    attempts that died.
    """

    run: NodeId
    method: str
    due: int
    queued: int
    priority: Priority = Priority.NORMAL
    owner: str = ""
    attempt: int = 0
    failures: int = 0
    progress: float = 0.0
    stage: str = ""
    heartbeat: int = 0

    def record(self) -> Record:
        """Return the record to store."""
        data: Document = {
            "run": str(self.run),
            "method": self.method,
            "queued": self.queued,
            "priority": self.priority.value,
            "owner": self.owner,
            "attempt": self.attempt,
            "failures": self.failures,
            "progress": self.progress,
            "stage": self.stage,
            "heartbeat": self.heartbeat,
        }
        return Record("lease", self.run.key, group=queue_of(self.method, self.priority), due=self.due, data=data)

    @classmethod
    def of(cls, record: Record) -> "Lease":
        """Read a lease from its record."""
        data = record.data
        progress = data.get("progress")
        return cls(
            run=NodeId.parse(text(data, "run")),
            method=text(data, "method"),
            due=record.due,
            queued=integer(data, "queued"),
            priority=Priority(integer(data, "priority")),
            owner=text(data, "owner"),
            attempt=integer(data, "attempt", 0),
            failures=integer(data, "failures", 0),
            progress=float(progress) if isinstance(progress, int | float) else 0.0,
            stage=text(data, "stage"),
            heartbeat=integer(data, "heartbeat", 0),
        )


def queue_of(method: str, priority: Priority) -> str:
    """Return the group of the lease records that wait for a method at a priority, in order of `due`."""
    return f"{method} {priority.value}"
