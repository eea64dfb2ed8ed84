"""Changes of a run inside an action, as pure as they can be."""

from collections.abc import Iterable
from dataclasses import replace

from arangovis.domain.errors import Conflict, Gone, RunGone
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Document
from arangovis.domain.runs import Executor, Reason, Run, RunState
from arangovis.domain.views import items, scalars
from arangovis.services.external.sessions import Session
from arangovis.services.external.values import Facts
from arangovis.services.runs import load
from arangovis.stores.transaction import Transaction


def load_any(transaction: Transaction, run_id: NodeId) -> Run:
    """Read a run, whoever executes it.

    Raises:
        NotFound: there is none.
        RunGone: it was deleted.

    """
    try:
        return load(transaction, run_id)
    except Gone as error:
        raise RunGone(error.detail) from error


def load_external(transaction: Transaction, run_id: NodeId) -> Run:
    """Read a run that a user's own process logs.

    Raises:
        NotFound: there is none.
        RunGone: it was deleted.
        Conflict: workers compute it, or it is a plan.

    """
    run = load_any(transaction, run_id)
    if run.executor is not Executor.EXTERNAL:
        raise Conflict(f"{run_id} is not logged by a process of a user's own: it is of {run.executor.value}")
    return run


def is_lost(run: Run) -> bool:
    """Say whether a run ended only because nothing was heard of it."""
    return run.state is RunState.ERROR and run.reason == Reason.LOST.value


def opened(run: Run) -> Run:
    """Return a run that goes on."""
    return replace(run, state=RunState.STARTED, reason=None, message=None, ended=None)


def ended(run: Run, worst: Session, at: int) -> Run:
    """Return a run that ended as its worst session did."""
    state = worst.state or RunState.SUCCESS
    return replace(run, state=state, reason=worst.reason, message=worst.message, ended=at)


def with_facts(run: Run, facts: Facts) -> Run:
    """Return a run with more known of it: names that were known get the new value."""
    texts = {} if facts.description is None else {"description": facts.description}
    groups = {
        name: {**scalars(run.rest, name), **given}
        for name, given in (("code", facts.code), ("process", facts.process))
        if given
    }
    return replace(
        run,
        name=run.name if facts.name is None else facts.name,
        params={**run.params, **facts.params},
        metrics={**run.metrics, **facts.metrics},
        environment={**run.environment, **facts.environment},
        rest={**run.rest, **texts, **groups},
    )


def with_tags(run: Run, add: Iterable[str] = (), remove: Iterable[str] = ()) -> Run:
    """Return a run with tags added, each once and in the order they came, and others removed."""
    removed = frozenset(remove)
    kept = [tag for tag in dict.fromkeys([*tags_of(run.rest), *add]) if tag not in removed]
    rest = {name: value for name, value in run.rest.items() if name != "tags"}
    return replace(run, rest={**rest, "tags": kept} if kept else rest)


def tags_of(document: Document) -> tuple[str, ...]:
    """Return the tags in a document."""
    return tuple(tag for tag in items(document, "tags") if isinstance(tag, str))
