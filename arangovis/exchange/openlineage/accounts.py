"""All that events said of one run, put together so that their order does not matter.

What is said later, by the events' own times, holds; of two things said at one time the one whose bytes are greater.
So the same event again changes nothing, and the events of a run give the same account in whatever order they come.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple
from uuid import UUID

from arangovis.domain.ids import NodeId
from arangovis.domain.json import EMPTY, Document, canonical
from arangovis.domain.views import integer, items, mapping, optional_integer, optional_text, text
from arangovis.exchange.openlineage.events import DatasetSaid, Event, EventType

DELETED = "_deleted"
KEPT = "openlineage"
"""Where in `extra` of a node it is kept what events said."""
_SEVERITY = (EventType.COMPLETE, EventType.ABORT, EventType.FAIL)


class Facet(NamedTuple):
    """A facet, and when it was said."""

    at: int
    value: Document


Facets = Mapping[str, Facet]


def merged_facets(known: Facets, said: Document, at: int, *, settled: bool = False) -> Facets:
    """Return facets with those that an event said at a time.

    With `settled`, a facet that is said again is not told of anew: it keeps the time when it was said first.
    """
    found = dict(known)
    for name, value in said.items():
        facet = Facet(at, value if isinstance(value, Mapping) else EMPTY)
        if settled and name in found and canonical(found[name].value) == canonical(facet.value):
            continue
        if name not in found or _order(found[name]) < _order(facet):
            found[name] = facet
    return found


def values_of(facets: Facets) -> Mapping[str, Document]:
    """Return the facets in force: those that were not taken back."""
    return {name: facet.value for name, facet in facets.items() if facet.value.get(DELETED) is not True}


def facets_document(facets: Facets) -> Document:
    """Return facets as they are kept."""
    return {name: {"at": facet.at, "facet": facet.value} for name, facet in sorted(facets.items())}


def facets_of(document: Document) -> Facets:
    """Read what `facets_document` wrote."""
    found = {name: value for name, value in document.items() if isinstance(value, Mapping)}
    return {name: Facet(integer(value, "at"), mapping(value, "facet")) for name, value in found.items()}


def _order(facet: Facet) -> tuple[int, bytes]:
    return facet.at, canonical(facet.value)


@dataclass(frozen=True, slots=True)
class Part:
    """A data set that the run read or made, and the node that it became."""

    namespace: str
    name: str
    facets: Facets = field(default_factory=dict)
    own: Facets = field(default_factory=dict)
    node: NodeId | None = None

    def told(self, said: DatasetSaid, at: int) -> "Part":
        """Return the part with what an event said of it."""
        return replace(
            self, facets=merged_facets(self.facets, said.facets, at), own=merged_facets(self.own, said.own, at)
        )

    @property
    def said(self) -> DatasetSaid:
        """The data set as it was said, in whatever pieces."""
        return DatasetSaid(self.namespace, self.name, values_of(self.facets), values_of(self.own))

    def document(self) -> Document:
        """Return it as it is kept."""
        given: Document = {
            "namespace": self.namespace,
            "name": self.name,
            "facets": facets_document(self.facets),
            "own": facets_document(self.own),
            "node": None if self.node is None else str(self.node),
        }
        return {name: value for name, value in given.items() if value}

    @classmethod
    def of(cls, document: Document) -> "Part":
        """Read what `document` wrote."""
        node = optional_text(document, "node")
        return cls(
            text(document, "namespace"),
            text(document, "name"),
            facets_of(mapping(document, "facets")),
            facets_of(mapping(document, "own")),
            None if node is None else NodeId.parse(node),
        )


class Job(NamedTuple):
    """The job that was named last, and when."""

    at: int
    namespace: str
    name: str


class End(NamedTuple):
    """How the run ended, and when."""

    at: int
    type: EventType


@dataclass(frozen=True, slots=True)
class Account:
    """What is known of a run by events. `began` and the times in it are microseconds since 1970."""

    job: Job
    began: int | None = None
    end: End | None = None
    run_facets: Facets = field(default_factory=dict)
    job_facets: Facets = field(default_factory=dict)
    inputs: tuple[Part, ...] = ()
    outputs: tuple[Part, ...] = ()
    is_heard: bool = True
    """False while only its children spoke of it."""
    is_guest: bool = False
    """Whether the run is logged by its own process, which has the say; events only add to it."""

    def told(self, event: Event) -> "Account":
        """Return the account with what one more event of the run said."""
        assert event.run is not None  # noqa: S101
        assert event.job is not None  # noqa: S101
        at = event.at
        job = Job(at, event.job.namespace, event.job.name)
        ends = [] if self.end is None else [self.end]
        if event.type is not None and event.type.is_end:
            ends.append(End(at, event.type))
        began = [at] if event.type is not None and not event.type.is_end else []
        return Account(
            job=max(self.job, job) if self.is_heard else job,
            began=min([*began, *([] if self.began is None or not self.is_heard else [self.began])], default=None),
            end=max(ends, key=lambda end: (end.at, _SEVERITY.index(end.type)), default=None),
            run_facets=merged_facets(self.run_facets, event.run.facets, at),
            job_facets=merged_facets(self.job_facets, event.job.facets, at),
            inputs=_told_parts(self.inputs, event.inputs, at),
            outputs=_told_parts(self.outputs, event.outputs, at),
            is_guest=self.is_guest,
        )

    @property
    def parent(self) -> tuple[str, str, str] | None:
        """The id of the run that started it, and the namespace and name of that run's job."""
        facet = values_of(self.run_facets).get("parent")
        if facet is None:
            return None
        job = mapping(facet, "job")
        return str(UUID(text(mapping(facet, "run"), "runId"))), text(job, "namespace"), text(job, "name")

    def document(self) -> Document:
        """Return it as it is kept with the run."""
        given: Document = {
            "job": {"at": self.job.at, "namespace": self.job.namespace, "name": self.job.name},
            "began": self.began,
            "end": None if self.end is None else {"at": self.end.at, "type": self.end.type.value},
            "run_facets": facets_document(self.run_facets),
            "job_facets": facets_document(self.job_facets),
            "inputs": [part.document() for part in self.inputs],
            "outputs": [part.document() for part in self.outputs],
            "is_heard": None if self.is_heard else False,
            "is_guest": self.is_guest or None,
        }
        return {name: value for name, value in given.items() if value not in (None, {}, [])}

    @classmethod
    def of(cls, document: Document) -> "Account":
        """Read what `document` wrote."""
        job, end = mapping(document, "job"), mapping(document, "end")
        return cls(
            job=Job(integer(job, "at"), text(job, "namespace"), text(job, "name")),
            began=optional_integer(document, "began"),
            end=End(integer(end, "at"), EventType(text(end, "type"))) if end else None,
            run_facets=facets_of(mapping(document, "run_facets")),
            job_facets=facets_of(mapping(document, "job_facets")),
            inputs=_parts(document, "inputs"),
            outputs=_parts(document, "outputs"),
            is_heard=document.get("is_heard") is not False,
            is_guest=document.get("is_guest") is True,
        )


def first_account(event: Event) -> Account:
    """Return what the first event of a run says."""
    assert event.job is not None  # noqa: S101
    return Account(Job(event.at, event.job.namespace, event.job.name)).told(event)


def _told_parts(known: Iterable[Part], said: Iterable[DatasetSaid], at: int) -> tuple[Part, ...]:
    found = {(part.namespace, part.name): part for part in known}
    for dataset in said:
        key = dataset.namespace, dataset.name
        found[key] = found.get(key, Part(*key)).told(dataset, at)
    return tuple(found[key] for key in sorted(found))


def _parts(document: Document, name: str) -> tuple[Part, ...]:
    return tuple(Part.of(item) for item in items(document, name) if isinstance(item, Mapping))
