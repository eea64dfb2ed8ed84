"""A process ends its part of a run."""

from dataclasses import replace

from arangovis.domain.errors import Conflict, Fault, InvalidInput
from arangovis.domain.ids import NodeId
from arangovis.domain.runs import Run
from arangovis.services.external.editing import ended, is_lost, load_external, with_facts
from arangovis.services.external.sessions import Session, Sessions, sessions_of
from arangovis.services.external.values import End, Standing
from arangovis.stores.transaction import Transaction


def end(transaction: Transaction, run_id: NodeId, wanted: End) -> Standing:
    """End a session of a run, and with the last one the run; without a session, the run at once.

    Raises:
        Conflict: without a session, and the run has ended in another state.
        InvalidInput: the state is not a last one, or the session is not known.

    """
    if wanted.state.is_open:
        raise InvalidInput.of(Fault("state", f"{wanted.state.value} is not a state in which a run ends"))
    transaction.expect(nodes=[run_id], records=[("session", run_id.key)])
    run = load_external(transaction, run_id)
    sessions = sessions_of(transaction, run_id)
    if wanted.session is None:
        return _end_all(transaction, run, sessions, wanted)
    known = sessions.find(wanted.session)
    if known is None:
        raise InvalidInput.of(Fault("session", f"{wanted.session[:80]!r} never came to {run_id}"))
    if not known.is_open or known.generation != run.generation:
        return Standing(run_id, run.generation, run.state)  # it ended before, or another took its place
    return _end_one(transaction, run, sessions.ended(_ended_session(known, wanted)), wanted)


def _ended_session(session: Session, wanted: End) -> Session:
    return replace(session, state=wanted.state, reason=wanted.reason, message=wanted.message)


def _end_one(transaction: Transaction, run: Run, sessions: Sessions, wanted: End) -> Standing:
    told = with_facts(run, wanted.facts)
    if run.state.is_open or is_lost(run):
        worst = sessions.worst_in(run.generation)
        if not sessions.open_in(run.generation) and worst is not None:
            told = ended(told, worst, wanted.ended or transaction.now)
            sessions = sessions.resting()
    return _written(transaction, told, sessions)


def _end_all(transaction: Transaction, run: Run, sessions: Sessions, wanted: End) -> Standing:
    if not run.state.is_open and not is_lost(run):
        if run.state is not wanted.state:
            raise Conflict(f"{run.id} has ended already: {run.state.value}")
        return Standing(run.id, run.generation, run.state)
    whole = Session("", run.generation, wanted.state, wanted.reason, wanted.message)
    told = ended(with_facts(run, wanted.facts), whole, wanted.ended or transaction.now)
    return _written(transaction, told, sessions.resting() if sessions.all else None)


def _written(transaction: Transaction, run: Run, sessions: Sessions | None) -> Standing:
    transaction.update(run.id, run.document())
    if sessions is not None:
        transaction.put_record(sessions.record())
    return Standing(run.id, run.generation, run.state)
