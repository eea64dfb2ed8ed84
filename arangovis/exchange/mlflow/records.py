"""What an MLflow tracking store holds, in its own words. Times are milliseconds since 1970."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

ACTIVE = "active"
STATUSES = ("RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED")
"""In the order in which the file store numbers them, from 1 on."""


class Measured(NamedTuple):
    """One entry of a metric's history."""

    timestamp: int
    value: float
    step: int


@dataclass(frozen=True, slots=True)
class Experiment:
    """An experiment."""

    id: str
    name: str
    lifecycle: str
    artifact_location: str | None
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DatasetUse:
    """A data set that a run read; `context` is what it was read as."""

    name: str
    digest: str
    source_type: str
    source: str
    schema: str | None
    profile: str | None
    context: str = ""


@dataclass(frozen=True, slots=True)
class TrackedRun:
    """A run. Metrics are histories, in the order in which they were logged."""

    id: str
    experiment: Experiment
    name: str | None
    status: str
    lifecycle: str
    start: int | None
    end: int | None
    user: str | None
    artifact_uri: str | None
    source: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, Sequence[Measured]] = field(default_factory=dict)
    data: Sequence[DatasetUse] = ()


@dataclass(frozen=True, slots=True)
class LoggedModel:
    """A model that a run logged, and the runs that read it."""

    id: str
    experiment: Experiment
    name: str
    model_type: str | None
    source_run: str | None
    artifact_location: str | None
    params: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    read_by: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class RegisteredVersion:
    """A version of a registered model."""

    version: str
    run: str | None
    model_id: str | None
    stage: str | None
    status: str | None
    source: str | None
    description: str | None
    user: str | None
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RegisteredModel:
    """A registered model, its versions from the first on, and their aliases."""

    name: str
    description: str | None
    tags: Mapping[str, str] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    versions: Sequence[RegisteredVersion] = ()


class Skipped(NamedTuple):
    """Something that is not taken, and why."""

    what: str
    name: str
    reason: str


class TrackingStore(Protocol):
    """Reads a store. What cannot be read is noted in `skipped`, and the rest goes on."""

    skipped: list[Skipped]

    def experiments(self) -> Sequence[Experiment]:
        """Return the experiments, those that were deleted too."""

    def count(self) -> int:
        """Return how many runs there are."""

    def runs(self) -> Iterator[TrackedRun]:
        """Yield the runs, the oldest first, so that a parent comes before its children."""

    def logged_models(self) -> Iterator[LoggedModel]:
        """Yield the models that runs logged."""

    def registered_models(self) -> Iterator[RegisteredModel]:
        """Yield the registered models."""

    def close(self) -> None:
        """Release what is open."""


def model_id_of(source: str | None) -> str | None:
    """Return the id of the logged model that a registered version was made of, as its source names it."""
    name = (source or "").removeprefix("models:/")
    return name if name.startswith("m-") and "/" not in name and name != source else None
