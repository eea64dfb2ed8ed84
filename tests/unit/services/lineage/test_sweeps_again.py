"""A sweep whose training rows were wrong is done again as a whole, on scikit-learn's digits."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from arangovis.compatibility import lambda_grid
from arangovis.domain.graph import Direction
from arangovis.domain.ids import NodeId
from arangovis.domain.runs import RunState
from arangovis.services.lineage.impact import ImpactQuestion
from arangovis.services.recomputing.recompute import RecomputeQuestion
from arangovis.services.verification import check_store
from tests.unit.services.sweep_world import OPTIONS, TRAIN_ROWS, Sweeping
from tests.unit.services.world import ADA

SHORT = replace(OPTIONS, lambdas=lambda_grid(1.0), epochs=1)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Sweeping]:
    made = Sweeping.at(tmp_path)
    yield made
    assert check_store(made.service.store, made.service.artifacts) == []


def corrected(world: Sweeping, wrong: NodeId) -> NodeId:
    """Put other rows in the place of the training rows of the old model."""
    right = NodeId.parse(world._rows(world.h1, 100, TRAIN_ROWS))
    edges = world.service.store.edges_of((wrong,), Direction.DOWNSTREAM, ("succeeded_by",))
    assert [edge.id.target for edge in edges] == [right]
    return right


def test_a_sweep_is_done_again_on_the_rows_that_are_right(world: Sweeping) -> None:
    before = world.ask(SHORT)
    world.drain()
    wrong = NodeId.parse(world.train)
    right = corrected(world, wrong)
    recomputing = world.service.questions.recomputing

    (planned,) = recomputing.plan(RecomputeQuestion(wrong)).runs
    assert (planned.run, planned.possible) == (before.id, True)
    (plan,) = recomputing.start(RecomputeQuestion(wrong), ADA).plans
    world.drain()

    sweep = world.service.sweeps.get(plan)
    assert (sweep.run.state, plan == before.id) == (RunState.SUCCESS, False)
    models = {
        item.node for item in world.service.questions.impacts.of(ImpactQuestion(right, frozenset({"model"}))).affected
    }
    assert {point.model for point in sweep.points} == models
    assert recomputing.start(RecomputeQuestion(wrong), ADA).plans == (plan,)
