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
    request_id: str = ""
    """Of the request that the run came of: what is done for the run is recorded and logged with it."""


@dataclass(frozen=True, slots=True)
class Made:
    """A file that a run made. Equal `stage_key` means equal content was asked for."""

    role: str
    data: bytes
    media_type: str
    stage_key: str | None = None
    facts: Mapping[str, Scalar] | None = None
    name: str | None = None
    row_filter: Document | None = None
    """Of the ids of the rows that it holds, if it holds rows by their ids."""


@dataclass(frozen=True, slots=True)
class MadeModel:
    """A model version that a run made: trained further from `base`, with its weights in the file of role `file`."""

    base: NodeId
    version: str
    file: str
    reason: str


@dataclass(frozen=True, slots=True)
class MadeSegment:
    """A part of a data set that a run made: how many rows, and the digest of its bytes, which are staged already."""

    digest: str
    rows: int
    bytes: int


@dataclass(frozen=True, slots=True)
class MadeDataset:
    """A data set that a run made: its segments, and what else its node says."""

    role: str
    name: str
    segments: tuple[MadeSegment, ...]
    columns: Document
    facts: Mapping[str, Scalar] = field(default_factory=dict)
    frame: Document = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MadeDetector:
    """A model version that a run made from scratch, with its state in the file of role `file`."""

    name: str
    signature: Document
    file: str
    facts: Mapping[str, Scalar] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What computing a run gave: what it made, and what it found and read."""

    made: tuple[Made, ...] = ()
    found: tuple[Input, ...] = ()
    metrics: Mapping[str, Scalar] | None = None
    environment: Mapping[str, Scalar] | None = None
    models: tuple[MadeModel, ...] = ()
    datasets: tuple[MadeDataset, ...] = ()
    detectors: tuple[MadeDetector, ...] = ()

    @property
    def staged(self) -> tuple[str, ...]:
        """Digests of what the computation stored itself, and the run's end must keep."""
        return tuple(segment.digest for dataset in self.datasets for segment in dataset.segments)
