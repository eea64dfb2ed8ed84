"""A process comes to a run: begins, joins, resumes or replaces it."""

from dataclasses import dataclass, replace

from arangovis.domain.errors import AlreadyExists, Conflict, Fault, InvalidInput, NotFound, RunGone, RunReplaced
from arangovis.domain.graph import Direction, EdgeId
from arangovis.domain.ids import NodeId, named_id
from arangovis.domain.json import EMPTY
from arangovis.domain.runs import Executor, Run, RunState
from arangovis.services.catalogue import Catalogue, project_id
from arangovis.services.external.contents import Known, link_inputs
from arangovis.services.external.editing import load_external, opened, with_facts, with_tags
from arangovis.services.external.sessions import Session, Sessions, sessions_of
from arangovis.services.external.values import Begin, Mode, Relation, Standing
from arangovis.stores.transaction import Draft, Transaction

US = 1_000_000


@dataclass(frozen=True, slots=True)
class Begun:
    """How a run stands after a process came to it, and whether it is new."""

    standing: Standing
    created: bool


def begin(transaction: Transaction, catalogue: Catalogue, run_id: NodeId, wanted: Begin, known: Known) -> Begun:
    """Let a process come to a run, inside an action."""
    transaction.expect(nodes=_read_nodes(run_id, wanted), records=[("session", run_id.key)])
    sessions = sessions_of(transaction, run_id)
    present = transaction.find_many((run_id,)).get(run_id)
    if sessions.find(wanted.session) is not None:
        return Begun(_standing(load_external(transaction, run_id)), created=False)
    if wanted.create_project and wanted.project is not None:
        _ensure_project(transaction, catalogue, wanted.project)
    run, sessions = _opened(transaction, present, sessions, wanted, run_id)
    run = with_tags(with_facts(run, wanted.facts), wanted.tags)
    _write(transaction, present, run)
    link_inputs(transaction, run, wanted.inputs, known)
    _link_parent(transaction, run, wanted)
    session = Session(wanted.session, run.generation)
    transaction.put_record(sessions.begun(session, due_at(transaction, wanted.within_s)).record())
    return Begun(_standing(run), created=present is None)


def due_at(transaction: Transaction, within_s: float | None) -> int | None:
    """Return when a run counts as lost if nothing is heard of it; None if nobody waits."""
    return None if within_s is None else transaction.now + int(within_s * US)


def _standing(run: Run) -> Standing:
    return Standing(run.id, run.generation, run.state)


def _read_nodes(run_id: NodeId, wanted: Begin) -> list[NodeId]:
    parents = [] if wanted.parent is None else [wanted.parent]
    projects = [] if wanted.project is None else [named_id("project", None, wanted.project)]
    return [run_id, *parents, *projects, *(item.node for item in wanted.inputs if item.node is not None)]


def _ensure_project(transaction: Transaction, catalogue: Catalogue, name: str) -> None:
    catalogue.add_project(transaction, name, EMPTY)


def _opened(
    transaction: Transaction, present: Draft | None, sessions: Sessions, wanted: Begin, run_id: NodeId
) -> tuple[Run, Sessions]:
    """Return the run as the process finds it, and the sessions that still count."""
    if wanted.mode is Mode.REPLACE:
        return _replaced(transaction, present, wanted, run_id), sessions.superseded()
    if present is None and wanted.mode is Mode.RESUME:
        raise NotFound(f"there is no {run_id} to resume")
    if present is None:
        return _new(transaction, wanted, run_id, wanted.generation or 0), sessions
    if present.deleted:
        raise RunGone(f"{run_id} was deleted")
    if wanted.mode is Mode.BEGIN:
        raise AlreadyExists(f"{run_id} exists already; resume, join or replace it")
    run = load_external(transaction, run_id)
    _check_project(transaction, run.project, wanted)
    return opened(run), sessions.superseded() if wanted.mode is Mode.RESUME else sessions


def _replaced(transaction: Transaction, present: Draft | None, wanted: Begin, run_id: NodeId) -> Run:
    if present is None or present.deleted:
        return _new(transaction, wanted, run_id, wanted.generation or 0)
    before = load_external(transaction, run_id)
    _check_project(transaction, before.project, wanted)
    generation = before.generation + 1 if wanted.generation is None else wanted.generation
    if generation <= before.generation:
        raise RunReplaced(f"{run_id} is of generation {before.generation} already, not before {generation}")
    clear(transaction, run_id)
    return replace(_new(transaction, wanted, run_id, generation), project=before.project)


def clear(transaction: Transaction, run_id: NodeId) -> None:
    """Take away what a run read and made: its earlier versions show it still. What it logged to series is deleted."""
    from arangovis.services.series.release import (
        delete_series_data,
    )  # loads arrays, which a worker's watch does not need

    for edge in transaction.edges_of(run_id, Direction.UPSTREAM, ("input_to", "spawned")):
        transaction.unlink(edge.id)
    delete_series_data(transaction, run_id)
    for edge in transaction.edges_of(run_id, Direction.DOWNSTREAM, ("generated",)):
        transaction.unlink(edge.id)


def _new(transaction: Transaction, wanted: Begin, run_id: NodeId, generation: int) -> Run:
    project = None if wanted.project is None else project_id(transaction, wanted.project).key
    retried = wanted.parent if wanted.relation is Relation.RETRY else None
    return Run(
        id=run_id,
        project=project,
        method=wanted.method,
        state=RunState.STARTED,
        executor=Executor.EXTERNAL,
        generation=generation,
        started=wanted.started or transaction.now,
        rest={} if retried is None else {"retry_of": str(retried)},
    )


def _check_project(transaction: Transaction, project: str | None, wanted: Begin) -> None:
    if wanted.project is not None and project_id(transaction, wanted.project).key != project:
        raise Conflict(f"the run is not of project {wanted.project!r}, and cannot be moved there")


def _write(transaction: Transaction, present: Draft | None, run: Run) -> None:
    if present is None or present.deleted:
        transaction.create(run.id, run.project, run.document())
    else:
        transaction.update(run.id, run.document())


def _link_parent(transaction: Transaction, run: Run, wanted: Begin) -> None:
    if wanted.parent is None:
        return
    if wanted.parent == run.id:
        raise InvalidInput.of(Fault("parent", f"{run.id} cannot come from itself"))
    transaction.link(EdgeId("spawned", wanted.parent, run.id, wanted.relation.value))
