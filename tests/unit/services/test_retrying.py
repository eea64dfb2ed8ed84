"""A run that did not succeed is asked for again: a new run, that says whose retry it is."""

from dataclasses import replace
from pathlib import Path

import pytest

from arangovis.domain.errors import Conflict, NotFound
from arangovis.domain.graph import Direction
from arangovis.domain.ids import NodeId
from arangovis.domain.plans import Step
from arangovis.domain.runs import Executor, Reason, Run, RunState
from arangovis.domain.work import Input
from tests.unit.services.world import ADA, BOB, World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World.at(tmp_path)


def failed(world: World) -> Run:
    """Let the next run fail."""
    world.clock.now += 1
    return world.runs.fail(world.claim(), RunState.ERROR, reason=Reason.FAILED, message="no more memory")


def test_a_retry_asks_the_same_of_the_same_and_leaves_the_old_run_alone(world: World) -> None:
    world.ask()
    dataset = world.made(world.succeed(world.claim(), "rows").id)["rows"]
    asked = world.ask(params={"c": 1.5}, options={"depth": 3}, seed=7, name="fit", inputs=(Input(dataset, "rows"),))
    old = failed(world)

    new = world.service.retries.retry(asked.id, BOB)

    assert new.id != old.id
    assert (new.state, new.rest["retry_of"]) == (RunState.PENDING, str(old.id))
    assert replace(old, id=new.id, state=new.state, reason=None, message=None, attempt=0) == replace(
        new, rest=old.rest, started=old.started, ended=old.ended
    )
    edges = world.service.store.edges_of((new.id,), Direction.UPSTREAM, ("input_to",))
    assert [(edge.id.source, edge.id.role) for edge in edges] == [(dataset, "rows")]
    assert world.runs.get(old.id) == old
    assert world.claim().run.id == new.id


def test_a_retry_is_shared_with_who_asks_the_same(world: World) -> None:
    asked = world.ask(run_key="one question")
    failed(world)
    first = world.service.retries.retry(asked.id, ADA)
    assert world.service.retries.retry(asked.id, BOB).id == first.id


def test_a_plan_is_done_again_without_the_steps_that_succeeded(world: World) -> None:
    steps = (Step("a", "toy", run_key="a"), Step("b", "toy", after=("a",), run_key="b"))
    plan = world.service.plans.start("both", None, steps, ADA)
    done = world.succeed(world.claim())
    failed(world)
    assert world.runs.get(plan.id).state is RunState.ERROR

    again = world.service.retries.retry(plan.id, ADA)

    assert (again.executor, again.state, again.rest["retry_of"]) == (Executor.PLAN, RunState.STARTED, str(plan.id))
    made = world.service.plans.steps(again.id)
    assert made["a"].id == done.id
    world.succeed(world.claim())
    assert world.runs.get(again.id).state is RunState.SUCCESS


def test_what_cannot_be_done_again_says_why(world: World) -> None:
    open_run = world.ask()
    with pytest.raises(Conflict, match="is PENDING; only a run that ended without success"):
        world.service.retries.retry(open_run.id, ADA)
    world.succeed(world.claim())
    with pytest.raises(Conflict, match="is SUCCESS"):
        world.service.retries.retry(open_run.id, ADA)

    plan = world.service.plans.start("one", None, (Step("a", "toy"),), ADA)
    step = failed(world)
    with pytest.raises(Conflict, match=f"is a step of {plan.id}"):
        world.service.retries.retry(step.id, ADA)
    with pytest.raises(NotFound):
        world.service.retries.retry(NodeId("run", "nowhere"), ADA)
