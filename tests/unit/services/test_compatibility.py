"""Sweeps on workers: what the graph holds afterwards, what is shared, cancelled, resumed, and what fails alone."""

from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
import torch

from arangovis.compatibility import lambda_grid
from arangovis.compatibility.pytorch.trainer import Models, TorchTrainer
from arangovis.compatibility.sweep import SPLITS, points, run_point
from arangovis.domain.errors import Conflict, InvalidInput, NotFound
from arangovis.domain.filter_grammar import parse
from arangovis.domain.graph import Direction
from arangovis.domain.ids import NodeId
from arangovis.domain.runs import Reason, Run, RunState
from arangovis.domain.search import AllOf, Search
from arangovis.services.compatibility.sweeps import Sweep, pareto
from arangovis.services.lineage.lineage import LineageQuestion
from arangovis.services.verification import check_store
from arangovis.wiring import worker_context
from arangovis.workers.compute import compute
from arangovis.workers.protocol import Job
from tests.unit.services.sweep_world import OPTIONS, Sweeping, new_model, old_model, seen_rows, unseen_rows
from tests.unit.services.world import ADA, LEASE_US

FIVE = replace(OPTIONS, lambdas=lambda_grid(0.25))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Sweeping]:
    made = Sweeping.at(tmp_path)
    yield made
    assert check_store(made.service.store, made.service.artifacts) == []


def finished(world: Sweeping, run: Run) -> Sweep:
    world.drain()
    return world.service.sweeps.get(run.id)


def ancestors(world: Sweeping, node: NodeId) -> set[NodeId]:
    answer = world.service.lineage.ask(LineageQuestion(node, Direction.UPSTREAM, depth=20))
    return {visit.node.id for visit in answer.visits}


def test_a_sweep_of_five_lambdas_leaves_ten_models_and_twenty_comparisons(world: Sweeping) -> None:
    sweep = finished(world, world.ask(FIVE))
    assert (sweep.run.state, sweep.done, sweep.failed, sweep.progress) == (RunState.SUCCESS, 10, 0, 1.0)
    models = {point.model for point in sweep.points}
    assert len(models) == 10
    sources = {world.h1.id, world.h2.id, NodeId.parse(world.train), NodeId.parse(world.test)}
    for model in models:
        assert model is not None
        assert sources <= ancestors(world, model)
    digests = [digest for point in sweep.points for digest in point.files.values()]
    assert len(digests) == 20
    assert all(world.service.blobs.verify(digest) for digest in digests)


def test_deleting_the_sweep_leaves_the_lineage_of_its_models(world: Sweeping) -> None:
    sweep = finished(world, world.ask())
    world.service.store.transact(lambda tx: tx.delete(sweep.run.id), ADA)
    model = sweep.points[0].model
    assert model is not None
    assert {world.h1.id, world.h2.id} <= ancestors(world, model)


def test_the_numbers_are_those_of_the_room(world: Sweeping) -> None:
    sweep = finished(world, world.ask())
    trainer = TorchTrainer(OPTIONS, Models(old_model(), new_model()), {"train": seen_rows(), "test": unseen_rows()})
    splits = trainer.splits()
    for point in points(OPTIONS):
        expected = run_point(trainer, point, splits, lambda _: None)
        for split in SPLITS:
            found, wanted = world.service.sweeps.evaluation(sweep, point.index, split), expected.evaluations[split]
            assert found.scores == wanted.scores
            assert (found.h1_classes[3].rows, found.labels) == (wanted.h1_classes[3].rows, wanted.labels)
            assert len(found.instances) == len(wanted.instances)
        assert world.service.sweeps.losses(sweep, point.index) == pytest.approx(expected.losses)


def test_the_old_model_is_asked_once_a_data_set(world: Sweeping) -> None:
    first = finished(world, world.ask())
    second = finished(world, world.ask(replace(OPTIONS, epochs=1)))
    assert first.run.id != second.run.id
    assert first.references == second.references
    page = world.service.store.search(Search("run", parse("method = 'compatibility.reference'"), limit=100))
    assert len(page.items) == 2
    inputs = world.service.store.edges_of((second.points[0].run.id,), Direction.UPSTREAM, ("input_to",))  # type: ignore[union-attr]
    assert {edge.id.role for edge in inputs} == {"reference", "base", "train", "test", "h1_train", "h1_test"}


def test_the_most_compatible_good_model_is_a_search(world: Sweeping) -> None:
    sweep = finished(world, world.ask(FIVE))
    least = sorted(float(str(point.metrics["test_performance"])) for point in sweep.points)[5]
    where = AllOf((parse("method = 'compatibility.train'"), parse(f"metrics.test_performance >= {least}")))
    found = world.service.store.search(Search("run", where, limit=100)).items
    assert {node.id for node in found} == {
        point.run.id for point in sweep.points if point.run and float(str(point.metrics["test_performance"])) >= least
    }
    front = pareto(sweep, "test", "btc")
    best = max(sweep.points, key=lambda point: (point.metrics["test_btc"], point.metrics["test_performance"]))
    assert best.point.index in front


def test_the_same_sweep_again_is_the_same_run(world: Sweeping) -> None:
    run = world.ask()
    assert world.ask().id == run.id
    finished(world, run)
    assert world.ask().id == run.id


def test_points_are_read_before_the_sweep_ends_and_progress_never_falls(world: Sweeping) -> None:
    run, seen = world.ask(), [0.0]
    context = worker_context(world.service)
    while (claim := context.runs.claim(tuple(context.handlers), "w", lease_us=LEASE_US)) is not None:
        compute(context, Job(str(claim.run.id), claim.owner, claim.attempt), BytesIO())
        sweep = world.service.sweeps.get(run.id)
        seen.append(sweep.progress)
        if sweep.done == 1:
            assert sweep.run.state is RunState.STARTED
            done = next(point for point in sweep.points if point.state is RunState.SUCCESS)
            assert world.service.sweeps.evaluation(sweep, done.point.index, "test").scores.rows == 300
    assert seen == sorted(seen)
    assert len(set(seen)) == 7
    assert seen[-1] == 1.0


def test_a_cancelled_sweep_keeps_its_points_and_resumes_with_the_missing_ones(world: Sweeping) -> None:
    run = world.ask()
    context = worker_context(world.service)
    for _ in range(4):
        claim = context.runs.claim(tuple(context.handlers), "w", lease_us=LEASE_US)
        assert claim is not None
        context.runs.succeed(claim, context.handlers[claim.run.method](claim.run, lambda _: None), ADA)
    world.service.sweeps.cancel(run.id, ADA)
    stopped = world.service.sweeps.get(run.id)
    assert (stopped.run.state, stopped.done, stopped.failed) == (RunState.CANCELLED, 2, 4)
    assert world.drain() == 0
    resumed = world.service.sweeps.resume(run.id, ADA)
    assert resumed.id != run.id
    assert resumed.rest["retry_of"] == str(run.id)
    assert world.drain() == 4
    whole = world.service.sweeps.get(resumed.id)
    assert (whole.run.state, whole.done) == (RunState.SUCCESS, 6)
    assert {p.model for p in stopped.points if p.model} <= {p.model for p in whole.points}
    assert world.service.sweeps.resume(resumed.id, ADA).id == resumed.id


def test_a_cancelled_training_cannot_be_finished(world: Sweeping) -> None:
    run = world.ask()
    context = worker_context(world.service)
    claim = context.runs.claim(tuple(context.handlers), "w", lease_us=LEASE_US)
    assert claim is not None
    world.service.sweeps.cancel(run.id, ADA)
    with pytest.raises(Conflict):
        context.runs.check_held(claim)


def test_a_loss_that_is_not_finite_fails_its_point_alone(world: Sweeping) -> None:
    wild = replace(OPTIONS, optimizer_arguments={"lr": 1e30}, lambdas=(0.0, 1.0), epochs=3)
    sweep = finished(world, world.ask(wild))
    assert sweep.run.state is RunState.ERROR
    assert sweep.failed == 4
    for point in sweep.points:
        assert point.run is not None
        assert point.run.state is RunState.ERROR
        assert "try a smaller learning rate" in str(point.run.message)
    assert "point-0" in str(sweep.run.message)


def test_a_failed_point_leaves_the_others(world: Sweeping) -> None:
    run = world.ask()
    context, failed = worker_context(world.service), 0
    while (claim := context.runs.claim(tuple(context.handlers), "w", lease_us=LEASE_US)) is not None:
        if claim.run.params.get("lambda_c") == 0.5 and not failed:
            failed += 1
            context.runs.fail(claim, RunState.ERROR, reason=Reason.FAILED, message="the loss became nan")
        else:
            context.runs.succeed(claim, context.handlers[claim.run.method](claim.run, lambda _: None), ADA)
    sweep = world.service.sweeps.get(run.id)
    assert (sweep.done, sweep.failed, sweep.run.state) == (5, 1, RunState.ERROR)
    assert "the loss became nan" in str(sweep.run.message)
    assert finished(world, world.ask()).done == 6


def test_equal_losses_are_trained_once(world: Sweeping) -> None:
    same = replace(OPTIONS, new_error="BCCrossEntropyLoss", strict_imitation="StrictImitationCrossEntropyLoss")
    sweep = finished(world, world.ask(same))
    assert [len(point.point.dissonances) for point in sweep.points] == [2, 2, 2]
    assert sweep.done == 3


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"reference": {"factory": "os:system"}}, "reference.factory"),
        ({"base": {"factory": "mlp2"}}, "base.factory"),
        ({"train": {"features": ()}}, "train.features"),
    ],
)
def test_what_is_wrong_is_named(world: Sweeping, changes: dict[str, dict[str, object]], field: str) -> None:
    wanted = world.wanted()
    for name, change in changes.items():
        wanted = replace(wanted, **{name: replace(getattr(wanted, name), **change)})
    with pytest.raises(InvalidInput) as refusal:
        world.service.sweeps.request(wanted, ADA)
    assert [fault.field for fault in refusal.value.faults] == [field]


@pytest.mark.parametrize("node", ["dataset/none", "run/none"])
def test_unknown_data_sets_are_not_found(world: Sweeping, node: str) -> None:
    wanted = replace(world.wanted(), train=replace(world.wanted().train, dataset=node))
    with pytest.raises(NotFound):
        world.service.sweeps.request(wanted, ADA)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"target": "label"}, "no column 'label'"),
        ({"features": ("pixels",)}, "no column 'pixels'"),
        ({"features": ("class",)}, "could not be trained"),
    ],
)
def test_rows_that_do_not_fit_say_so(world: Sweeping, change: dict[str, object], said: str) -> None:
    wanted = replace(world.wanted(), train=replace(world.wanted().train, **change))  # type: ignore[arg-type]
    sweep = finished(world, world.service.sweeps.request(wanted, ADA))
    assert sweep.run.state is RunState.ERROR
    assert said in str(sweep.run.message)


def test_other_runs_are_no_sweeps(world: Sweeping) -> None:
    world.ask()
    claim = world.service.runs.claim(["compatibility.reference"], "w", lease_us=LEASE_US)
    assert claim is not None
    with pytest.raises(NotFound):
        world.service.sweeps.get(claim.run.id)


def test_training_leaves_the_random_numbers_of_the_process(world: Sweeping) -> None:
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    finished(world, world.ask())
    assert torch.equal(torch.rand(3), expected)
