"""Plans: their steps are made, ended and cancelled in the actions of the runs they follow."""

from pathlib import Path

import pytest

from arangovis.domain.errors import Conflict, Gone, InvalidInput, NotFound
from arangovis.domain.graph import Direction
from arangovis.domain.ids import NodeId
from arangovis.domain.plans import STEPS_MAX, Step, check_steps, made_by
from arangovis.domain.runs import ATTEMPTS_MAX, Priority, Reason, Run, RunState
from arangovis.domain.work import Claim, Outcome
from tests.unit.services.world import ADA, BOB, World

DIAMOND = (
    Step("a", "toy"),
    Step("b", "toy", after=("a",)),
    Step("c", "toy", after=("a",)),
    Step("d", "toy", after=("b", "c")),
)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World.at(tmp_path)


def start(world: World, *steps: Step) -> Run:
    return world.service.plans.start("sweep", None, steps, ADA)


def states(world: World, plan: Run) -> dict[str, str]:
    return {name: run.state.value for name, run in sorted(world.service.plans.steps(plan.id).items())}


def state(world: World, plan: Run) -> RunState:
    return world.runs.get(plan.id).state


def claim(world: World, name: str) -> Claim:
    """Claim the next run, which must be this step."""
    claim = world.claim()
    assert claim.run.name == name
    return claim


def succeed(world: World, name: str, *roles: str) -> Run:
    world.clock.now += 1
    return world.succeed(claim(world, name), *roles)


def fail(world: World, name: str, ended: RunState = RunState.ERROR) -> Run:
    return world.runs.fail(claim(world, name), ended, reason=Reason.FAILED, message="no")


def inputs(world: World, run: Run) -> dict[str, NodeId]:
    edges = world.service.store.edges_of((run.id,), Direction.UPSTREAM, ("input_to",))
    return {edge.id.role: edge.id.source for edge in edges}


def test_a_diamond_is_done_in_order(world: World) -> None:
    plan = start(world, *DIAMOND)
    assert plan.state is RunState.STARTED
    assert states(world, plan) == {"a": "PENDING"}
    succeed(world, "a")
    assert states(world, plan) == {"a": "SUCCESS", "b": "PENDING", "c": "PENDING"}
    first, second = world.claim(), world.claim()
    assert {first.run.name, second.run.name} == {"b", "c"}
    world.succeed(second)
    assert world.try_claim() is None
    world.succeed(first)
    assert state(world, plan) is RunState.STARTED
    succeed(world, "d")
    ended = world.runs.get(plan.id)
    assert (ended.state, ended.ended) == (RunState.SUCCESS, world.clock.now)
    world.check()


def test_the_end_of_a_step_and_the_next_step_are_one_action(world: World) -> None:
    plan = start(world, *DIAMOND[:2])
    done = succeed(world, "a")
    steps = world.service.plans.steps(plan.id)
    store = world.service.store
    assert store.get(done.id).version.action_id == store.get(steps["b"].id).version.action_id
    last = succeed(world, "b")
    assert store.get(last.id).version.action_id == store.get(plan.id).version.action_id


def test_steps_hang_on_their_plan(world: World) -> None:
    plan = start(world, Step("a", "toy"), Step("b", "toy"))
    edges = world.service.store.edges_of((plan.id,), Direction.DOWNSTREAM, ("spawned",))
    steps = world.service.plans.steps(plan.id)
    assert {(edge.id.role, edge.id.target) for edge in edges} == {(name, run.id) for name, run in steps.items()}
    assert {run.plan for run in steps.values()} == {plan.id}


def test_steps_give_way_to_whoever_waits_for_one_answer(world: World) -> None:
    start(world, Step("a", "toy"))
    asked = world.ask()
    assert world.claim().run.id == asked.id
    lease = world.service.runs.lease(world.claim().run.id)
    assert lease is not None
    assert lease.priority is Priority.BACKGROUND


def test_a_step_takes_what_an_earlier_one_made(world: World) -> None:
    plan = start(world, Step("a", "toy"), Step("b", "toy", takes=(("a", "transformer", "basis"),)))
    made = world.made(succeed(world, "a", "transformer", "plot").id)
    assert inputs(world, world.service.plans.steps(plan.id)["b"]) == {"basis": made["transformer"]}
    succeed(world, "b")
    assert state(world, plan) is RunState.SUCCESS


def test_an_option_names_what_an_earlier_step_made(world: World) -> None:
    options = {"of": made_by("a", "file"), "each": [made_by("a", "file")], "size": 3}
    plan = start(world, Step("a", "toy"), Step("b", "toy", options=options, takes=(("a", "file", "in"),)))
    made = world.made(succeed(world, "a", "file").id)["file"]
    run = claim(world, "b").run
    assert run.options == {"of": str(made), "each": [str(made)], "size": 3}
    assert state(world, plan) is RunState.STARTED


def test_an_option_that_names_what_was_not_made_fails_its_step(world: World) -> None:
    plan = start(world, Step("a", "toy"), Step("b", "toy", options={"of": made_by("a", "file")}, after=("a",)))
    succeed(world, "a")
    assert states(world, plan) == {"a": "SUCCESS", "b": "ERROR"}


def test_a_step_may_answer_a_question_and_be_of_another_project(world: World) -> None:
    home = str(world.service.catalogue.register_project("other", ADA).node.key)
    start(world, Step("a", "toy", question="what", project=home))
    run = claim(world, "a").run
    assert (run.question, run.project) == ("what", home)


def test_a_step_has_what_it_was_given(world: World) -> None:
    model = world.version().id
    plan = start(
        world,
        Step("a", "toy", params={"n": 3}, options={"deep": {"er": [1]}}, seed=7, inputs=((model, "model"),)),
    )
    step = world.service.plans.steps(plan.id)["a"]
    assert (step.params, step.options, step.seed) == ({"n": 3}, {"deep": {"er": [1]}}, 7)
    assert inputs(world, step) == {"model": model}
    assert Step.of(Step("a", "toy", after=("x",), run_key="k").document()) == Step(
        "a", "toy", after=("x",), run_key="k"
    )


@pytest.mark.parametrize("ended", [RunState.ERROR, RunState.NO_DATA, RunState.NOT_SUPPORTED])
def test_a_step_without_success_ends_the_plan_once_the_others_are_done(world: World, ended: RunState) -> None:
    plan = start(world, *DIAMOND, Step("e", "other"))
    fail(world, "a", ended)
    assert state(world, plan) is RunState.STARTED
    world.succeed(world.claim("other"))
    closed = world.runs.get(plan.id)
    assert (closed.state, closed.reason, closed.message) == (RunState.ERROR, "failed", "steps without success: a: no")
    assert states(world, plan) == {"a": ended.value, "e": "SUCCESS"}
    assert world.try_claim() is None
    world.check()


def test_a_cancelled_step_counts_as_one_without_success(world: World) -> None:
    plan = start(world, *DIAMOND[:2])
    world.runs.cancel(world.service.plans.steps(plan.id)["a"].id, BOB)
    assert (state(world, plan), states(world, plan)) == (RunState.ERROR, {"a": "CANCELLED"})


def test_a_step_that_is_lost_ends_the_plan(world: World) -> None:
    plan = start(world, Step("a", "toy"))
    for _ in range(ATTEMPTS_MAX):
        world.claim()
        world.expire()
    assert world.try_claim() is None
    assert (state(world, plan), states(world, plan)) == (RunState.ERROR, {"a": "ERROR"})


def test_a_step_that_is_deleted_ends_the_plan(world: World) -> None:
    plan = start(world, Step("a", "toy"), Step("b", "toy", after=("a",)))
    step = world.service.plans.steps(plan.id)["a"]
    world.service.store.transact(lambda tx: tx.delete(step.id), ADA)
    assert world.try_claim() is None
    assert state(world, plan) is RunState.ERROR
    assert states(world, plan) == {}
    world.check()


@pytest.mark.parametrize("through_the_plan", [True, False])
def test_cancelling_a_plan_cancels_its_open_steps(world: World, through_the_plan: bool) -> None:
    plan = start(world, *DIAMOND)
    succeed(world, "a")
    running = world.claim()
    cancel = world.service.plans.cancel if through_the_plan else world.runs.cancel
    cancelled = cancel(plan.id, BOB)
    assert (cancelled.state, cancelled.message) == (RunState.CANCELLED, "cancelled by bob")
    assert states(world, plan) == {"a": "SUCCESS", "b": "CANCELLED", "c": "CANCELLED"}
    with pytest.raises(Conflict):
        world.succeed(running, "plot")
    assert world.try_claim() is None
    assert cancel(plan.id, BOB).state is RunState.CANCELLED
    world.check()


def test_only_open_plans_can_be_cancelled(world: World) -> None:
    with pytest.raises(NotFound, match="not a plan"):
        world.service.plans.cancel(world.ask("other").id, BOB)
    with pytest.raises(NotFound):
        world.service.plans.cancel(NodeId("run", "none"), BOB)
    plan = start(world, Step("a", "toy"))
    succeed(world, "a")
    with pytest.raises(Conflict):
        world.service.plans.cancel(plan.id, BOB)


# --- shared runs --------------------------------------------------------------------------------------------------


def test_a_success_that_is_shared_is_the_step(world: World) -> None:
    done = world.ask(run_key="k")
    world.succeed(world.claim(), "transformer")
    plan = start(world, Step("a", "toy", run_key="k"), Step("b", "toy", takes=(("a", "transformer", "basis"),)))
    assert world.service.plans.steps(plan.id)["a"].id == done.id
    succeed(world, "b")
    assert state(world, plan) is RunState.SUCCESS
    again = start(world, Step("a", "toy", run_key="k"), Step("b", "toy", run_key="k", after=("a",)))
    assert again.state is RunState.SUCCESS
    assert {run.id for run in world.service.plans.steps(again.id).values()} == {done.id}
    world.check()


def test_a_run_under_way_for_somebody_else_is_followed(world: World) -> None:
    world.ask(run_key="k")
    plan = start(world, Step("a", "toy", run_key="k"), Step("b", "toy", after=("a",)))
    other = start(world, Step("x", "toy", run_key="k"))
    world.succeed(world.claim())
    assert states(world, plan) == {"a": "SUCCESS", "b": "PENDING"}
    assert state(world, other) is RunState.SUCCESS
    world.check()


def test_cancelling_a_plan_leaves_what_others_wait_for(world: World) -> None:
    asked = world.ask(run_key="asked")
    plan = start(world, Step("a", "toy", run_key="asked"), Step("b", "toy", run_key="mine"))
    other = start(world, Step("x", "toy", run_key="mine"))
    world.service.plans.cancel(plan.id, BOB)
    assert world.runs.get(asked.id).state is RunState.PENDING
    assert states(world, other) == {"x": "PENDING"}
    world.service.plans.cancel(other.id, BOB)
    assert world.service.plans.steps(plan.id)["b"].state.is_open, "the first plan asked for it"
    world.succeed(world.claim())
    world.succeed(world.claim())
    assert state(world, plan) is RunState.CANCELLED
    world.check()


# --- steps that cannot be made ------------------------------------------------------------------------------------


def test_a_product_that_was_not_made_fails_the_step_that_wants_it(world: World) -> None:
    plan = start(world, Step("a", "toy"), Step("b", "toy", takes=(("a", "transformer", "basis"),)))
    assert succeed(world, "a", "plot").state is RunState.SUCCESS
    failed = world.service.plans.steps(plan.id)["b"]
    assert (failed.state, failed.reason) == (RunState.ERROR, "failed")
    assert "made nothing in the role 'transformer'" in str(failed.message)
    assert state(world, plan) is RunState.ERROR
    world.check()


def test_an_input_deleted_meanwhile_fails_the_step_that_reads_it(world: World) -> None:
    model = world.version().id
    plan = start(world, Step("a", "toy"), Step("b", "toy", inputs=((model, "model"),), after=("a",)))
    world.service.store.transact(lambda tx: tx.delete(model, force=True), ADA)
    assert succeed(world, "a").state is RunState.SUCCESS
    assert "was deleted" in str(world.service.plans.steps(plan.id)["b"].message)
    assert state(world, plan) is RunState.ERROR
    world.check()


def test_a_plan_with_an_input_that_is_not_there_is_refused(world: World) -> None:
    model = world.version().id
    project = world.service.catalogue.register_project("demo", ADA).node
    before = world.service.store.change_number()
    for node, error in ((NodeId("dataset", "none"), NotFound), (project, InvalidInput)):
        with pytest.raises(error, match=r"'late'|steps\.late"):
            start(world, Step("a", "toy"), Step("late", "toy", inputs=((node, "data"),), after=("a",)))
    assert world.service.store.change_number() == before
    world.service.store.transact(lambda tx: tx.delete(model, force=True), ADA)
    with pytest.raises(Gone):
        start(world, Step("a", "toy", inputs=((model, "model"),)))


@pytest.mark.parametrize(
    ("steps", "problem"),
    [
        ((), "0 is not between"),
        ((Step("a", "toy"),) * 2, "same name"),
        ((Step("a", "toy", after=("b",)),), "unknown steps: b"),
        ((Step("a", "toy", after=("a",)),), "wait for each other: a"),
        ((Step("a", "toy", after=("b",)), Step("b", "toy", takes=(("a", "x", "y"),)), Step("c", "toy")), "a, b"),
        (tuple(Step(str(number), "toy") for number in range(STEPS_MAX + 1)), "is not between"),
    ],
)
def test_a_plan_that_could_not_end_is_refused(steps: tuple[Step, ...], problem: str) -> None:
    with pytest.raises(InvalidInput, match=problem):
        check_steps(steps)


def test_a_crash_between_steps_is_none(world: World) -> None:
    """Whatever a worker did not finish, another takes up: the plan knows of no worker."""
    plan = start(world, *DIAMOND)
    late = claim(world, "a")
    world.expire()
    world.runs.succeed(world.claim(owner="worker-2"), Outcome(), ADA)
    with pytest.raises(Conflict):
        world.succeed(late)
    for _ in range(3):
        world.clock.now += 1
        world.succeed(world.claim(owner="worker-3"))
    assert state(world, plan) is RunState.SUCCESS
    world.check()
