"""Plans and their steps.

The transaction that ends a step also makes the steps that became ready; the one that ends the last step ends the
plan; cancelling a plan cancels its open steps. So no crash can leave a plan stuck, and no worker waits for children.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from arangovis.domain.errors import Fault, Gone, InvalidInput, NotFound
from arangovis.domain.graph import Caller, Direction, EdgeId
from arangovis.domain.ids import NodeId, time_ordered_id
from arangovis.domain.json import Document
from arangovis.domain.plans import Step, check_steps, resolved, steps_document
from arangovis.domain.runs import Executor, Priority, Reason, Run, RunState
from arangovis.domain.views import items
from arangovis.domain.work import Input, RunRequest
from arangovis.services.blobs import Blobs
from arangovis.services.runs import Runs, run_of, run_of_draft
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction

FAILED_SHOWN_MAX = 10


class Plans:
    """Runs made of runs. Owns the `Runs` whose endings it follows."""

    def __init__(self, store: GraphStore, blobs: Blobs) -> None:
        self._store = store
        self.runs = Runs(store, blobs, after_end=self._ended)

    def start(self, name: str, project: str | None, steps: Sequence[Step], caller: Caller) -> Run:
        """Write a plan and the steps that are ready at once.

        Raises:
            InvalidInput: the plan could not end, or a step cannot read such an input.
            NotFound: an input of a step does not exist.

        """
        wanted = RunRequest(method="plan", project=project, inputs=(), params={}, name=name)
        return self._store.transact(lambda transaction: self.request(transaction, wanted, steps)[0], caller)

    def request(self, transaction: Transaction, wanted: RunRequest, steps: Sequence[Step]) -> tuple[Run, bool]:
        """Find the plan that answers this request, or write it with the steps that are ready at once.

        Return (plan, whether it is new). Two requests of equal run key share a plan, as `Runs.request` shares runs.

        Raises:
            InvalidInput: the plan could not end, or a step cannot read such an input.
            NotFound: an input of the plan or a step does not exist.

        """
        ordered = tuple(steps)
        check_steps(ordered)
        shared = self.runs.shared(transaction, wanted.run_key)
        if shared is not None:
            return shared, False
        _check_inputs(transaction, ordered)
        plan = _plan(wanted, ordered, transaction.now)
        self.runs.write_new(transaction, plan, wanted.inputs)
        return self._advance(transaction, plan), True

    def cancel(self, plan_id: NodeId, caller: Caller) -> Run:
        """Cancel a plan and its open steps.

        Raises:
            NotFound: there is no such plan.
            Conflict: it has ended already.

        """
        if self.runs.get(plan_id).executor is not Executor.PLAN:
            raise NotFound(f"{plan_id} is not a plan")
        return self.runs.cancel(plan_id, caller)

    def steps(self, plan_id: NodeId) -> Mapping[str, Run]:
        """Return the steps of a plan that were made so far, by name."""
        edges = list(self._store.all_edges(plan_id, Direction.DOWNSTREAM, "spawned"))
        nodes = self._store.get_many([edge.id.target for edge in edges])
        return {edge.id.role: run_of(node) for edge in edges if not (node := nodes[edge.id.target]).version.deleted}

    # --- following what ends --------------------------------------------------------------------------------------

    def _ended(self, transaction: Transaction, run: Run) -> None:
        """Do in the action that ends a run what its plans want done."""
        if run.executor is Executor.PLAN:
            _take_turn(transaction, run)
            self._cancel_steps(transaction, run)
        for plan in _open_plans_of(transaction, run):
            _take_turn(transaction, plan)
            self._advance(transaction, plan)

    def _cancel_steps(self, transaction: Transaction, plan: Run) -> None:
        """Cancel what the plan itself asked for, unless another plan waits for it too."""
        for step in _made_steps(transaction, plan.id).values():
            if step.state.is_open and step.plan == plan.id and not _open_plans_of(transaction, step):
                self.runs.cancel_in(transaction, step, f"its plan was cancelled: {plan.message}")

    def _advance(self, transaction: Transaction, plan: Run) -> Run:
        """Make the steps that are ready, and close the plan if nothing is left to wait for."""
        steps, made = steps_of(plan), _made_steps(transaction, plan.id)
        while ready := [step for step in steps if step.name not in made and _is_ready(step, made)]:
            # a step may be answered at once by a run that was made before, and make others ready
            made |= {step.name: self._spawn(transaction, plan, step, made) for step in ready}
        if any(run.state.is_open for run in made.values()):
            return plan
        return _close(transaction, plan, made)

    def _spawn(self, transaction: Transaction, plan: Run, step: Step, made: Mapping[str, Run]) -> Run:
        """Make a step. If it cannot be made, that is its own failure, not that of the run which just ended."""
        try:
            wanted = _request(plan, step, _products(transaction, step, made))
            wanted = replace(wanted, options=_options(transaction, step, made))
            run, _ = transaction.attempt(lambda: self.runs.request(transaction, wanted))
        except (NotFound, InvalidInput) as error:
            wanted = _request(plan, step, ())
            run = self.runs.refuse(transaction, wanted, RunState.ERROR, message=error.detail)
        transaction.link(EdgeId("spawned", plan.id, run.id, step.name))
        return run


def _take_turn(transaction: Transaction, plan: Run) -> None:
    """Let only one action at a time follow a plan, also on a store that runs actions side by side.

    Otherwise the last two steps, ending at once, would each see the other as open, and nobody would close the plan.
    """
    transaction.next_number(f"turns of {plan.id}")


def _plan(wanted: RunRequest, steps: tuple[Step, ...], now: int) -> Run:
    return Run(
        id=time_ordered_id("run", now),
        project=wanted.project,
        method=wanted.method,
        state=RunState.STARTED,
        executor=Executor.PLAN,
        run_key=wanted.run_key,
        question=wanted.question,
        seed=wanted.seed,
        params=wanted.params,
        options=wanted.options,
        name=wanted.name,
        started=now,
        rest={"steps": steps_document(steps)},
    )


def _check_inputs(transaction: Transaction, steps: Sequence[Step]) -> None:
    nodes = {node: step for step in steps for node, _ in step.inputs}
    kind = transaction.edge_kind("input_to")
    drafts = transaction.find_many(nodes)
    for node, step in nodes.items():
        draft = drafts.get(node)
        if draft is None:
            raise NotFound(f"there is no {node}, which step {step.name!r} reads")
        if draft.deleted:
            raise Gone(f"{node}, which step {step.name!r} reads, was deleted")
        if not kind.accepts(node.kind, "run"):
            raise InvalidInput.of(Fault(f"steps.{step.name}", f"a run cannot read a {node.kind}"))


def _open_plans_of(transaction: Transaction, run: Run) -> list[Run]:
    edges = transaction.edges_of(run.id, Direction.UPSTREAM, ("spawned",))
    drafts = transaction.find_many(sorted({edge.id.source for edge in edges}))
    plans = [run_of_draft(draft) for draft in drafts.values()]
    return [plan for plan in plans if plan.state.is_open]


def _made_steps(transaction: Transaction, plan_id: NodeId) -> dict[str, Run]:
    edges = transaction.edges_of(plan_id, Direction.DOWNSTREAM, ("spawned",))
    drafts = transaction.find_many(edge.id.target for edge in edges)
    return {edge.id.role: run_of_draft(drafts[edge.id.target]) for edge in edges}


def steps_of(plan: Run) -> tuple[Step, ...]:
    """Return the steps of a plan, made or not."""
    return tuple(Step.of(step) for step in items(plan.rest, "steps") if isinstance(step, Mapping))


def _is_ready(step: Step, made: Mapping[str, Run]) -> bool:
    return all(name in made and made[name].state is RunState.SUCCESS for name in step.waits_for)


def _products(transaction: Transaction, step: Step, made: Mapping[str, Run]) -> tuple[Input, ...]:
    given = [Input(node, role) for node, role in step.inputs]
    taken = [Input(_product(transaction, made[name], role), read) for name, role, read in step.takes]
    return (*given, *taken)


def _options(transaction: Transaction, step: Step, made: Mapping[str, Run]) -> Document:
    found = resolved(step.options, lambda name, role: _product(transaction, made[name], role))
    return found if isinstance(found, Mapping) else {}


def _product(transaction: Transaction, run: Run, role: str) -> NodeId:
    for edge in transaction.edges_of(run.id, Direction.DOWNSTREAM, ("generated",)):
        if edge.id.role == role:
            return edge.id.target
    raise NotFound(f"{run.id} made nothing in the role {role!r}")


def _request(plan: Run, step: Step, inputs: tuple[Input, ...]) -> RunRequest:
    return RunRequest(
        method=step.method,
        project=step.project or plan.project,
        inputs=inputs,
        params=step.params,
        options=step.options,
        seed=step.seed,
        run_key=step.run_key,
        question=step.question,
        priority=Priority.BACKGROUND,
        name=step.name,
        plan=plan.id,
    )


def _close(transaction: Transaction, plan: Run, made: Mapping[str, Run]) -> Run:
    failed = sorted(name for name, run in made.items() if run.state is not RunState.SUCCESS)
    if failed:
        message = _failure(failed, made)
        ended = plan.ended_as(RunState.ERROR, now=transaction.now, reason=Reason.FAILED, message=message)
    else:
        ended = plan.ended_as(RunState.SUCCESS, now=transaction.now)
    transaction.update(plan.id, ended.document())
    return ended


def _failure(failed: Sequence[str], made: Mapping[str, Run]) -> str:
    """Return which steps failed, and why the first of them did."""
    more = f" and {len(failed) - FAILED_SHOWN_MAX} more" if len(failed) > FAILED_SHOWN_MAX else ""
    reason = made[failed[0]].message
    return f"steps without success: {', '.join(failed[:FAILED_SHOWN_MAX])}{more}" + (f": {reason}" if reason else "")
