"""Plans and their steps.

The transaction that ends a step also makes the steps that became ready; the one that ends the last step ends the
plan; cancelling a plan cancels its open steps. So no crash can leave a plan stuck, and no worker waits for children.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from arangovis.domain.errors import Conflict, NotFound
from arangovis.domain.graph import Caller, Direction, EdgeId
from arangovis.domain.ids import NodeId, time_ordered_id
from arangovis.domain.plans import Step, check_steps, steps_document
from arangovis.domain.runs import Executor, Reason, Run, RunState
from arangovis.domain.views import items
from arangovis.services.blobs import Blobs
from arangovis.services.runs import Input, RunRequest, Runs, load
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction


class Plans:
    """Runs made of runs. Owns the `Runs` whose endings it follows."""

    def __init__(self, store: GraphStore, blobs: Blobs) -> None:
        self._store = store
        self.runs = Runs(store, blobs, after_end=self._step_ended)

    def start(self, name: str, project: str | None, steps: Sequence[Step], caller: Caller) -> Run:
        """Write a plan and the steps that are ready at once.

        Raises:
            InvalidInput: the plan could not end.
            NotFound: an input of a ready step does not exist.

        """
        wanted = tuple(steps)
        check_steps(wanted)

        def action(transaction: Transaction) -> Run:
            plan = Run(
                id=time_ordered_id("run", transaction.now),
                project=project,
                method="plan",
                state=RunState.STARTED,
                executor=Executor.PLAN,
                name=name,
                started=transaction.now,
                rest={"steps": steps_document(wanted)},
            )
            transaction.create_new(plan.id, project, plan.document())
            self._spawn_ready(transaction, plan, {})
            return plan

        return self._store.transact(action, caller)

    def cancel(self, plan_id: NodeId, caller: Caller) -> Run:
        """Cancel a plan and its open steps.

        Raises:
            NotFound: there is no such plan.
            Conflict: it has ended already.

        """

        def action(transaction: Transaction) -> Run:
            plan = load(transaction, plan_id)
            if plan.executor is not Executor.PLAN:
                raise NotFound(f"{plan_id} is not a plan")
            if plan.state is RunState.CANCELLED:
                return plan
            if not plan.state.is_open:
                raise Conflict(f"{plan_id} has ended already: {plan.state.value}")
            message = f"cancelled by {caller.actor}"
            ended = _close(transaction, plan, RunState.CANCELLED, (Reason.CANCELLED, message))
            for step in self._steps(transaction, plan_id).values():
                if step.state.is_open:
                    self.runs.cancel_in(transaction, step, message)
            return ended

        return self._store.transact(action, caller)

    def steps(self, plan_id: NodeId) -> Mapping[str, Run]:
        """Return the steps of a plan that were made so far, by name."""
        edges = self._store.edges_of((plan_id,), Direction.DOWNSTREAM, ("spawned",))
        nodes = self._store.get_many([edge.id.target for edge in edges])
        return {e.id.role: Run.of(n.id, n.project, n.attributes) for e in edges if (n := nodes[e.id.target])}

    def _step_ended(self, transaction: Transaction, step: Run) -> None:
        if step.plan is None:
            return
        plan = load(transaction, step.plan)
        if not plan.state.is_open:
            return
        made = self._steps(transaction, plan.id)
        self._spawn_ready(transaction, plan, made)
        self._close_if_done(transaction, plan)

    def _spawn_ready(self, transaction: Transaction, plan: Run, made: Mapping[str, Run]) -> None:
        succeeded = {name for name, run in made.items() if run.state is RunState.SUCCESS}
        for step in _steps_of(plan):
            if step.name not in made and step.waits_for <= succeeded:
                self._spawn(transaction, plan, step, made)

    def _spawn(self, transaction: Transaction, plan: Run, step: Step, made: Mapping[str, Run]) -> None:
        given = [Input(node, role) for node, role in step.inputs]
        taken = [Input(_product(transaction, made[name], role), read) for name, role, read in step.takes]
        wanted = RunRequest(
            method=step.method,
            project=plan.project,
            inputs=(*given, *taken),
            params=step.params,
            options=step.options,
            seed=step.seed,
            name=step.name,
            plan=plan.id,
        )
        run, _ = self.runs.request(transaction, wanted)
        transaction.link(EdgeId("spawned", plan.id, run.id, step.name))

    def _close_if_done(self, transaction: Transaction, plan: Run) -> None:
        made = self._steps(transaction, plan.id)
        if any(run.state.is_open for run in made.values()):
            return
        failed = sorted(name for name, run in made.items() if run.state is not RunState.SUCCESS)
        if failed:
            message = f"steps without success: {', '.join(failed)}"
            _close(transaction, plan, RunState.ERROR, (Reason.FAILED, message))
        else:
            _close(transaction, plan, RunState.SUCCESS, None)

    def _steps(self, transaction: Transaction, plan_id: NodeId) -> dict[str, Run]:
        edges = transaction.edges_of(plan_id, Direction.DOWNSTREAM, ("spawned",))
        drafts = transaction.find_many(edge.id.target for edge in edges)
        return {
            edge.id.role: Run.of(draft.id, draft.project, draft.attributes)
            for edge in edges
            if (draft := drafts[edge.id.target])
        }


def _steps_of(plan: Run) -> tuple[Step, ...]:
    return tuple(Step.of(step) for step in items(plan.rest, "steps") if isinstance(step, Mapping))


def _product(transaction: Transaction, run: Run, role: str) -> NodeId:
    for edge in transaction.edges_of(run.id, Direction.DOWNSTREAM, ("generated",)):
        if edge.id.role == role:
            return edge.id.target
    raise NotFound(f"{run.id} made nothing in the role {role!r}")


def _close(transaction: Transaction, plan: Run, state: RunState, why: tuple[Reason, str] | None) -> Run:
    reason, message = why or (None, None)
    ended = replace(plan, state=state, ended=transaction.now, reason=reason.value if reason else None, message=message)
    transaction.update(plan.id, ended.document())
    return ended
