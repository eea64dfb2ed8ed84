"""Events of OpenLineage become runs, data sets and edges. Late, repeated and out of order, they do no harm."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from arangovis.domain.errors import ArangovisError, Conflict, Fault, InvalidInput, NotFound, StoreUnavailable
from arangovis.domain.graph import Caller, EdgeId
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Document
from arangovis.domain.runs import Executor, Run, RunState
from arangovis.domain.views import mapping, scalars
from arangovis.exchange.openlineage.accounts import KEPT, Account, Job, Part, first_account
from arangovis.exchange.openlineage.events import Event, read_event
from arangovis.exchange.openlineage.meaning import RunMeaning, run_meaning
from arangovis.services.catalogue import project_id
from arangovis.services.exchange.datasets import EventDatasets
from arangovis.services.external.editing import is_lost, load_external, with_tags
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction

EVENTS_MAX = 1000
"""In one batch."""
EDGES_MAX = 100_000
"""Of one job event: each of its outputs is made of each of its inputs."""
INPUT, OUTPUT = "input", "output"
"""The roles of what a run read and made, by events."""


@dataclass(frozen=True, slots=True)
class EventTaken:
    """What an event became: the run and its state, the data sets in the order of the event.

    `changed` is false for an event that said nothing new.
    """

    run: NodeId | None
    state: RunState | None
    datasets: tuple[NodeId, ...]
    changed: bool


@dataclass(frozen=True, slots=True)
class FailedEvent:
    """An event of a batch that was not taken. `retriable` says whether sending it again may help."""

    index: int
    reason: str
    retriable: bool


@dataclass(frozen=True, slots=True)
class BatchSummary:
    """How many events of a batch were what."""

    received: int
    successful: int
    failed: int
    retriable: int
    non_retriable: int


@dataclass(frozen=True, slots=True)
class BatchTaken:
    """What became of a batch: `success`, `partial_success` or `failure`."""

    status: str
    summary: BatchSummary
    failed_events: tuple[FailedEvent, ...]


class LineageEvents:
    """Takes events, each in one action."""

    def __init__(self, store: GraphStore) -> None:
        self._store = store

    def take(self, document: object, caller: Caller, *, project: str | None = None) -> EventTaken:
        """Take an event; what it speaks of is put into a project, or into none.

        Raises:
            InvalidInput: it is not an event; every field at fault is named.
            NotFound: there is no such project.
            RunGone: the run was deleted.
            Conflict: the run is not one that others log, or is of another project.

        """
        event = read_event(document)
        return self._store.transact(lambda tx: _take(tx, event, project), caller)

    def take_all(self, documents: Sequence[object], caller: Caller, *, project: str | None = None) -> BatchTaken:
        """Take a batch of events, one by one: what is wrong with one is told, and the others are taken.

        Raises:
            InvalidInput: there are too many.

        """
        if len(documents) > EVENTS_MAX:
            raise InvalidInput.of(Fault("", f"has {len(documents)} events; at most {EVENTS_MAX} are taken at once"))
        failed: list[FailedEvent] = []
        for index, document in enumerate(documents):
            try:
                self.take(document, caller, project=project)
            except ArangovisError as error:
                reason = "; ".join(error.detail.splitlines())
                failed.append(FailedEvent(index, reason, isinstance(error, StoreUnavailable)))
        return _batch(len(documents), tuple(failed))


def _batch(received: int, failed: tuple[FailedEvent, ...]) -> BatchTaken:
    again = sum(event.retriable for event in failed)
    status = "success" if not failed else "failure" if len(failed) == received else "partial_success"
    return BatchTaken(
        status, BatchSummary(received, received - len(failed), len(failed), again, len(failed) - again), failed
    )


def _take(transaction: Transaction, event: Event, project: str | None) -> EventTaken:
    home = None if project is None else project_id(transaction, project).key
    datasets = EventDatasets(transaction, home, event.at)
    if event.run is not None:
        taken = _take_run(transaction, event, datasets)
    elif event.job is not None:
        taken = _take_job(event, datasets)
    else:
        assert event.dataset is not None  # noqa: S101
        taken = EventTaken(None, None, (datasets.note(event.dataset),), changed=False)
    return replace(taken, changed=not transaction.writes.is_empty)


def _take_job(event: Event, datasets: EventDatasets) -> EventTaken:
    """Link what a job makes to what it makes it of; where columns are told, the columns say which of it."""
    assert event.job is not None  # noqa: S101
    if len(event.inputs) * len(event.outputs) > EDGES_MAX:
        problem = f"{len(event.inputs)} inputs and {len(event.outputs)} outputs are more than {EDGES_MAX} pairs"
        raise InvalidInput.of(Fault("outputs", problem))
    label = f"{event.job.namespace}/{event.job.name}"
    sources = [datasets.node(said) for said in event.inputs]
    targets = [datasets.node(said) for said in event.outputs]
    for target, said in zip(targets, event.outputs, strict=True):
        if "columnLineage" not in said.facets:
            for source in sources:
                datasets.derive(source, target, label, {})
        datasets.note_origins(target, said, label)
    return EventTaken(None, None, (*sources, *targets), changed=False)


def _take_run(transaction: Transaction, event: Event, datasets: EventDatasets) -> EventTaken:
    assert event.run is not None  # noqa: S101
    run_id = NodeId("run", event.run.id)
    known = transaction.find_many((run_id,)).get(run_id)
    run = None if known is None else load_external(transaction, run_id)
    if run is not None:
        if datasets.project not in (None, run.project):
            raise Conflict(f"{run_id} is of another project")
        datasets = replace(datasets, project=run.project)
    before = None if run is None else account_of(run)
    account = replace(first_account(event), is_guest=run is not None) if before is None else before.told(event)
    account, nodes = _with_nodes(account, event, datasets)
    written = _written(run, run_id, datasets.project, before, account)
    if run is None:
        transaction.create(run_id, datasets.project, written.document())
    else:
        transaction.update(run_id, written.document())
    _link(transaction, run_id, before, account)
    _link_parent(transaction, run_id, account, datasets)
    return EventTaken(run_id, written.state, nodes, changed=False)


def account_of(run: Run) -> Account | None:
    """Return what events said of a run, or None if there were none."""
    kept = mapping(mapping(run.rest, "extra"), KEPT)
    return Account.of(kept) if kept else None


def _with_nodes(account: Account, event: Event, datasets: EventDatasets) -> tuple[Account, tuple[NodeId, ...]]:
    """Write the data sets that the event speaks of, and note in the account which nodes they are."""
    found: dict[tuple[str, str, str], NodeId] = {}
    assert event.job is not None  # noqa: S101
    label = f"{event.job.namespace}/{event.job.name}"
    for side, said_all, parts in (("in", event.inputs, account.inputs), ("out", event.outputs, account.outputs)):
        known = {(part.namespace, part.name): part for part in parts}
        for said in said_all:
            part = known[said.namespace, said.name]
            version = {} if part.said.version is None else {"version": part.said.facets["version"]}
            named = replace(said, facets={**said.facets, **version})
            found[side, said.namespace, said.name] = node = datasets.node(named, part.node)
            datasets.note_origins(node, said, label)
    told = replace(account, inputs=_placed(account.inputs, "in", found), outputs=_placed(account.outputs, "out", found))
    return told, tuple(found.values())


def _placed(parts: tuple[Part, ...], side: str, found: dict[tuple[str, str, str], NodeId]) -> tuple[Part, ...]:
    return tuple(replace(part, node=found.get((side, part.namespace, part.name), part.node)) for part in parts)


def _written(run: Run | None, run_id: NodeId, project: str | None, before: Account | None, account: Account) -> Run:
    """Return the run as it is to be written: as it was, with what the account means now."""
    meant = run_meaning(account)
    if run is None:
        run = Run(run_id, project, meant.method, RunState.STARTED, Executor.EXTERNAL)
    told = _with_meaning(run, meant)
    if not account.is_guest:
        told = replace(told, method=meant.method, name=meant.name, started=meant.started)
    ended = None if before is None else before.end
    if account.end != ended and (run.state.is_open or is_lost(run) or ended is not None):
        told = replace(told, state=meant.state, reason=meant.reason, message=meant.message, ended=meant.ended)
    kept: Document = {**mapping(told.rest, "extra"), KEPT: account.document()}
    return replace(told, rest={**told.rest, "extra": kept})


def _with_meaning(run: Run, meant: RunMeaning) -> Run:
    given: Document = {
        "description": meant.description,
        "code": {**scalars(run.rest, "code"), **meant.code},
        "attributes": {**mapping(run.rest, "attributes"), **meant.attributes},
    }
    told = replace(
        run,
        message=run.message if meant.message is None else meant.message,
        params={**run.params, **meant.params},
        environment={**run.environment, **meant.environment},
        rest={**run.rest, **{name: value for name, value in given.items() if value}},
    )
    return with_tags(told, meant.tags) if meant.tags else told


def _link(transaction: Transaction, run_id: NodeId, before: Account | None, account: Account) -> None:
    """Link what the run read and made; what turned out to be another version is linked anew."""
    known = set() if before is None else _edges(run_id, before)
    wanted = _edges(run_id, account)
    for edge in sorted(known - wanted):
        with suppress(NotFound):  # somebody took it away
            transaction.unlink(edge)
    for edge in sorted(wanted - known):
        transaction.link(edge)


def _edges(run_id: NodeId, account: Account) -> set[EdgeId]:
    read = {EdgeId("input_to", part.node, run_id, INPUT) for part in account.inputs if part.node is not None}
    return read | {EdgeId("generated", run_id, part.node, OUTPUT) for part in account.outputs if part.node is not None}


def _link_parent(transaction: Transaction, run_id: NodeId, account: Account, datasets: EventDatasets) -> None:
    """Link the run to the one that started it; of one that nothing was heard of yet, only this is known."""
    if account.parent is None:
        return
    key, namespace, name = account.parent
    parent = NodeId("run", key)
    known = transaction.find_many((parent,)).get(parent)
    if known is not None and known.deleted:
        return
    if known is None:
        told = Account(Job(datasets.at, namespace, name), began=datasets.at, is_heard=False)
        run = _written(None, parent, datasets.project, None, told)
        transaction.create(parent, datasets.project, run.document())
    transaction.link(EdgeId("spawned", parent, run_id, "child"))
