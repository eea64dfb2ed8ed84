"""Asking once more for a run that did not succeed."""

from dataclasses import replace

from arangovis.domain.access import Role, current_scope
from arangovis.domain.errors import Conflict, Forbidden
from arangovis.domain.graph import Caller, Direction
from arangovis.domain.ids import NodeId
from arangovis.domain.runs import Executor, Run
from arangovis.domain.work import Input, RunRequest
from arangovis.services.plans import Plans, steps_of
from arangovis.services.runs import load
from arangovis.services.schedules.actions import METHOD_PREFIX
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction


class Retries:
    """Makes new runs of old ones: same method, parameters and inputs. The old one stays as it ended."""

    def __init__(self, store: GraphStore, plans: Plans) -> None:
        self._store = store
        self._plans = plans

    def retry(self, run_id: NodeId, caller: Caller) -> Run:
        """Return the run that answers the question again; steps of a plan that succeeded are not computed again.

        If an equal request is under way or succeeded meanwhile, that is the answer.

        Raises:
            NotFound: there is no such run, or an input is gone.
            Conflict: it is open or succeeded, is a step of a plan, or its user's own process ran it.
            Forbidden: a schedule made it, in its owner's name, and this scope is not an admin's.

        """
        return self._store.transact(lambda transaction: self._retry(transaction, run_id), caller)

    def _retry(self, transaction: Transaction, run_id: NodeId) -> Run:
        run = load(transaction, run_id)
        _check(run)
        return ask_again(transaction, self._plans, run)


def ask_again(transaction: Transaction, plans: Plans, run: Run) -> Run:
    """Ask for what a run was to do, inside an action; a new run says whose retry it is."""
    wanted = _request(run, transaction)
    if run.executor is Executor.PLAN:
        again, created = plans.request(transaction, wanted, steps_of(run))
    else:
        again, created = plans.runs.request(transaction, wanted)
    if not created:
        return again
    now = load(transaction, again.id)  # a plan's steps may have ended it already
    marked = replace(now, rest={**now.rest, "retry_of": str(run.id)})
    transaction.update(again.id, marked.document())
    return marked


def _check(run: Run) -> None:
    if run.state.is_shareable:
        raise Conflict(f"{run.id} is {run.state}; only a run that ended without success is done again")
    if run.executor is Executor.EXTERNAL:
        raise Conflict(f"{run.id} ran in its user's own process; start it again there")
    if run.plan is not None:
        raise Conflict(f"{run.id} is a step of {run.plan}; ask for that one again")
    if run.method.startswith(METHOD_PREFIX) and not current_scope().role.includes(Role.ADMIN):
        raise Forbidden(f"{run.id} is of a schedule and acts in its owner's name; an admin does it again")


def _request(run: Run, transaction: Transaction) -> RunRequest:
    return RunRequest(
        method=run.method,
        project=run.project,
        inputs=_inputs(run, transaction),
        params=run.params,
        options=run.options,
        seed=run.seed,
        run_key=run.run_key,
        question=run.question,
        generation=run.generation,
        name=run.name,
    )


def _inputs(run: Run, transaction: Transaction) -> tuple[Input, ...]:
    edges = transaction.edges_of(run.id, Direction.UPSTREAM, ("input_to",))
    return tuple(Input(edge.id.source, edge.id.role) for edge in edges)
