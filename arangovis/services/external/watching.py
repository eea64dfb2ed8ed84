"""Signs of life of external runs, and what becomes of those that give none."""

from dataclasses import replace

from arangovis.domain.graph import Caller, Record
from arangovis.domain.ids import NodeId
from arangovis.domain.runs import Executor, Reason, Run, RunState
from arangovis.services.external.beginning import due_at
from arangovis.services.external.editing import is_lost, load_external, opened
from arangovis.services.external.sessions import WATCHED, Sessions, sessions_of
from arangovis.services.external.values import Standing
from arangovis.services.runs import run_of_draft
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction

WATCHER = Caller("housekeeping")
LOSE_BATCH = 100


def beat(transaction: Transaction, run_id: NodeId, session: str | None, within_s: float) -> Standing:
    """Note a sign of life inside an action. A lost run goes on; one that ended otherwise stays as it is."""
    transaction.expect(nodes=[run_id], records=[("session", run_id.key)])
    run = load_external(transaction, run_id)
    sessions = sessions_of(transaction, run_id)
    if _counts(run, sessions, session) and (run.state.is_open or is_lost(run)):
        if not run.state.is_open:
            run = opened(run)
            transaction.update(run_id, run.document())
        transaction.put_record(sessions.watched(due_at(transaction, within_s)).record())
    return Standing(run_id, run.generation, run.state)


def _counts(run: Run, sessions: Sessions, session: str | None) -> bool:
    """Say whether a sign of life is of a process that still logs: not of one that ended or was replaced."""
    if session is None:
        return True
    known = sessions.find(session)
    return known is not None and known.is_open and known.generation == run.generation


def lose_overdue(store: GraphStore) -> int:
    """End the runs of which nothing was heard in time, as lost, and return how many.

    Looks before it writes, so that it costs nearly nothing to call often.

    Raises:
        StoreUnavailable: the store does not answer.

    """
    count = 0
    while store.records("session", WATCHED, due_max=store.now(), limit=1):
        count += store.transact(_lose_some, WATCHER)
    return count


def _lose_some(transaction: Transaction) -> int:
    overdue = transaction.records("session", WATCHED, due_max=transaction.now, limit=LOSE_BATCH)
    return sum(_lose(transaction, record) for record in overdue)


def _lose(transaction: Transaction, record: Record) -> bool:
    sessions = Sessions.of(record)
    transaction.put_record(sessions.resting().record())
    draft = transaction.find(sessions.run)
    run = None if draft is None else run_of_draft(draft)
    if run is None or run.executor is not Executor.EXTERNAL or not run.state.is_open:
        return False
    lost = replace(
        run,
        state=RunState.ERROR,
        reason=Reason.LOST.value,
        message="nothing was heard of its process",
        ended=transaction.now,
    )
    transaction.update(run.id, lost.document())
    return True
