"""Events of the OpenLineage standard, read out of their JSON.

A run event tells of a run of a job, a job event of a job without a run, a data set event of a data set alone. What
the standard asks for is checked; facets are kept as they are, whoever defined them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from arangovis.domain.errors import Fault, InvalidInput
from arangovis.domain.json import EMPTY, Document, JsonValue
from arangovis.domain.moments import microseconds_of, read_moment

NAME_LENGTH_MAX = 2000
DATASETS_MAX = 10_000
"""Inputs, or outputs, of one event."""
TIME_MAX_US = 2**62
_SHOWN_MAX = 80


class EventType(StrEnum):
    """What a run event says of its run."""

    START = "START"
    RUNNING = "RUNNING"
    COMPLETE = "COMPLETE"
    FAIL = "FAIL"
    ABORT = "ABORT"
    OTHER = "OTHER"

    @property
    def is_end(self) -> bool:
        """Whether the run has ended with it."""
        return self in (EventType.COMPLETE, EventType.FAIL, EventType.ABORT)


@dataclass(frozen=True, slots=True)
class JobSaid:
    """A job: what runs again and again."""

    namespace: str
    name: str
    facets: Document = field(default_factory=lambda: EMPTY)


@dataclass(frozen=True, slots=True)
class RunSaid:
    """A run; `id` is a UUID in lower case."""

    id: str
    facets: Document = field(default_factory=lambda: EMPTY)


@dataclass(frozen=True, slots=True)
class DatasetSaid:
    """A data set. `own` are the facets that hold for this input or output only."""

    namespace: str
    name: str
    facets: Document = field(default_factory=lambda: EMPTY)
    own: Document = field(default_factory=lambda: EMPTY)

    @property
    def version(self) -> str | None:
        """The version that its facet names, if there is one."""
        facet = self.facets.get("version")
        given = facet.get("datasetVersion") if isinstance(facet, Mapping) else None
        return str(given) if given not in (None, "") else None


@dataclass(frozen=True, slots=True)
class Event:
    """An event. `at` is its time, microseconds since 1970.

    With a run it has a job too; without a run it has either a job or a data set.
    """

    at: int
    producer: str
    type: EventType | None = None
    run: RunSaid | None = None
    job: JobSaid | None = None
    dataset: DatasetSaid | None = None
    inputs: tuple[DatasetSaid, ...] = ()
    outputs: tuple[DatasetSaid, ...] = ()


def read_event(document: object) -> Event:
    """Read an event.

    Raises:
        InvalidInput: it names every field that is not as the standard has it.

    """
    if not isinstance(document, Mapping):
        raise InvalidInput.of(Fault("", f"{_shown(document)} is not an event: a JSON object"))
    reader = _Reader()
    event = _event(reader, document)
    if reader.faults:
        raise InvalidInput.of(*reader.faults)
    return event


def moment_of(text: object) -> int | None:
    """Return a time of the standard (ISO 8601; UTC if it names no zone) in microseconds since 1970, or None."""
    if not isinstance(text, str):
        return None
    try:
        number = microseconds_of(read_moment(text))
    except (ValueError, OverflowError):
        return None
    return number if 0 <= number <= TIME_MAX_US else None


def _event(reader: "_Reader", document: Document) -> Event:
    at = reader.moment(document, "eventTime")
    producer = reader.text(document, "producer")
    reader.text(document, "schemaURL")
    has_run = document.get("run") is not None or document.get("eventType") is not None
    has_job = document.get("job") is not None
    if not has_run and not has_job:
        if document.get("dataset") is None:
            reader.fault("run", "is missing: an event has a run and a job, a job, or a dataset")
            return Event(at, producer)
        return Event(at, producer, dataset=reader.dataset(document.get("dataset"), "dataset"))
    job = reader.mapping(document, "job")
    run = reader.run(document) if has_run else None
    return Event(
        at=at,
        producer=producer,
        type=reader.type(document) if has_run else None,
        run=run,
        job=JobSaid(
            reader.text(job, "namespace", "job."),
            reader.text(job, "name", "job."),
            reader.facets(job, "facets", "job."),
        ),
        inputs=reader.datasets(document, "inputs", "inputFacets"),
        outputs=reader.datasets(document, "outputs", "outputFacets"),
    )


class _Reader:
    """Reads fields, and remembers everything that is wrong."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def fault(self, where: str, problem: str) -> None:
        self.faults.append(Fault(where, problem))

    def text(self, document: Document, name: str, where: str = "") -> str:
        value = document.get(name)
        if isinstance(value, str) and 1 <= len(value) <= NAME_LENGTH_MAX:
            return value
        self.fault(f"{where}{name}", _wrong(value, f"a text of 1 to {NAME_LENGTH_MAX} characters"))
        return ""

    def moment(self, document: Document, name: str) -> int:
        moment = moment_of(document.get(name))
        if moment is None:
            self.fault(name, _wrong(document.get(name), "a time in ISO 8601, such as 2026-01-31T12:00:00Z"))
        return moment or 0

    def type(self, document: Document) -> EventType | None:
        value = document.get("eventType")
        if value is None:
            return None
        if isinstance(value, str) and value in EventType.__members__:
            return EventType(value)
        self.fault("eventType", _wrong(value, f"one of {', '.join(EventType)}"))
        return None

    def mapping(self, document: Document, name: str, where: str = "") -> Document:
        value = document.get(name)
        if isinstance(value, Mapping):
            return value
        self.fault(f"{where}{name}", _wrong(value, "an object"))
        return EMPTY

    def run(self, document: Document) -> RunSaid:
        run = self.mapping(document, "run")
        if not run:
            return RunSaid("")
        return RunSaid(self.uuid(run.get("runId"), "run.runId"), self._run_facets(run))

    def uuid(self, value: object, where: str) -> str:
        try:
            return str(UUID(value)) if isinstance(value, str) else self._no_uuid(value, where)
        except ValueError:
            return self._no_uuid(value, where)

    def _no_uuid(self, value: object, where: str) -> str:
        self.fault(where, _wrong(value, "a UUID"))
        return ""

    def _run_facets(self, run: Document) -> Document:
        facets = self.facets(run, "facets", "run.")
        parent = facets.get("parent")
        if not isinstance(parent, Mapping) or parent.get("_deleted"):
            return facets
        where = "run.facets.parent."
        parent_run = self.mapping(parent, "run", where)
        parent_id = self.uuid(parent_run.get("runId"), f"{where}run.runId") if parent_run else ""
        if parent_id and parent_id == str(run.get("runId")).lower():
            self.fault(f"{where}run.runId", f"{parent_id!r} is the run itself; a parent is another run")
        job = self.mapping(parent, "job", where)
        for name in ("namespace", "name") if job else ():
            self.text(job, name, f"{where}job.")
        return facets

    def facets(self, document: Document, name: str, where: str) -> Document:
        value = document.get(name)
        if value is None:
            return EMPTY
        if not isinstance(value, Mapping):
            self.fault(f"{where}{name}", _wrong(value, "an object of facets by name"))
            return EMPTY
        wrong = [facet for facet, content in value.items() if content is not None and not isinstance(content, Mapping)]
        for facet in wrong:
            self.fault(f"{where}{name}.{facet}", _wrong(value[facet], "an object"))
        return {facet: content for facet, content in value.items() if isinstance(content, Mapping)}

    def datasets(self, document: Document, name: str, own: str) -> tuple[DatasetSaid, ...]:
        value = document.get(name)
        if value is None:
            return ()
        if not isinstance(value, Sequence) or isinstance(value, str) or len(value) > DATASETS_MAX:
            self.fault(name, _wrong(value, f"a list of at most {DATASETS_MAX} data sets"))
            return ()
        return tuple(self.dataset(item, f"{name}.{number}", own) for number, item in enumerate(value))

    def dataset(self, value: JsonValue, where: str, own: str | None = None) -> DatasetSaid:
        if not isinstance(value, Mapping):
            self.fault(where, _wrong(value, "a data set: an object with namespace and name"))
            return DatasetSaid("", "")
        return DatasetSaid(
            namespace=self.text(value, "namespace", f"{where}."),
            name=self.text(value, "name", f"{where}."),
            facets=self.facets(value, "facets", f"{where}."),
            own=EMPTY if own is None else self.facets(value, own, f"{where}."),
        )


def _wrong(value: object, right: str) -> str:
    return f"is missing: {right}" if value is None else f"{_shown(value)} is not {right}"


def _shown(value: object) -> str:
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "a list"
    return repr(value[:_SHOWN_MAX] if isinstance(value, str) else value)[: _SHOWN_MAX + 2]
