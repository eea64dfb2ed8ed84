"""What is asked of a run, and what computing it gives."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from arangovis.domain.ids import NodeId
from arangovis.domain.json import Document, Scalar
from arangovis.domain.runs import Priority, Run


@dataclass(frozen=True, slots=True)
class Input:
    """What a run reads, and as what."""

    node: NodeId
    role: str


@dataclass(frozen=True, slots=True)
class RunRequest:
    """A run that is asked for. An equal `run_key` shares the run; without one it is always a new run."""

    method: str
    project: str | None
    inputs: tuple[Input, ...]
    params: Mapping[str, Scalar]
    options: Document = field(default_factory=dict)
    seed: int = 0
    run_key: str | None = None
    question: str | None = None
    generation: int = 0
    priority: Priority = Priority.NORMAL
    name: str | None = None
    plan: NodeId | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """A run that a worker holds: what it needs to compute, and to prove that it still holds it."""

    run: Run
    owner: str
    attempt: int


@dataclass(frozen=True, slots=True)
class Made:
    """A file that a run made. Equal `stage_key` means equal content was asked for."""

    role: str
    data: bytes
    media_type: str
    stage_key: str | None = None
    facts: Mapping[str, Scalar] | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What computing a run gave: what it made, and what it found and read."""

    made: tuple[Made, ...] = ()
    found: tuple[Input, ...] = ()
    metrics: Mapping[str, Scalar] | None = None
    environment: Mapping[str, Scalar] | None = None
