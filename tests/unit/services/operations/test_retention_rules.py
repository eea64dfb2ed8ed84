"""Rules of retention: which runs they select, what goes, and that the lineage keeps its shape."""

from pathlib import Path

import pytest

from arangovis.domain.access import Role, Scope, acting_in
from arangovis.domain.graph import Direction, EdgeId
from arangovis.domain.ids import NodeId
from arangovis.domain.runs import Run, RunState
from arangovis.domain.work import Input, Made, Outcome
from arangovis.services.blobs import STAGED_FOR_US
from arangovis.services.lineage.lineage import LineageQuestion
from arangovis.services.retention.rules import RetentionRule
from arangovis.services.stewardship.retention import DAY_US
from tests.unit.services.world import ADA, World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World.at(tmp_path)


def finished(world: World, *, accuracy: float = 0.5, **wanted: object) -> Run:
    """Have a run make a file of its own; a day passes."""
    run = world.ask(**wanted)
    claim = world.claim()
    made = Made("weights", f"weights of {run.id}".encode(), "application/octet-stream")
    done = world.runs.succeed(claim, Outcome((made,), metrics={"accuracy": accuracy}), ADA)
    world.clock.now += DAY_US
    return done


def file_of(world: World, run: Run) -> NodeId:
    return world.made(run.id)["weights"]


def delete(world: World, node: NodeId) -> None:
    world.service.store.transact(lambda tx: tx.delete(node, force=True), ADA)


def is_there(world: World, node: NodeId) -> bool:
    return not world.service.store.get(node).version.deleted


# --- selecting ------------------------------------------------------------------------------------------------------


def test_runs_are_selected_by_age(world: World) -> None:
    runs = [finished(world) for _ in range(5)]
    plan = world.service.operations.expiring.plan(RetentionRule(older_than_days=3))
    assert [item.run for item in plan.runs] == [run.id for run in runs[:3]]
    assert plan.dry_run
    assert all(is_there(world, file_of(world, run)) for run in runs)


def test_the_last_and_the_best_are_kept_within_their_group(world: World) -> None:
    accuracies = (0.9, 0.1, 0.8, 0.2, 0.3)
    runs = [finished(world, accuracy=accuracy, name="net") for accuracy in accuracies]
    others = [finished(world, accuracy=0.05, name="tree") for _ in range(2)]
    rule = RetentionRule(older_than_days=0, keep_last=1, keep_best=2, metric="accuracy", per="name")
    going = [item.run for item in world.service.operations.expiring.plan(rule).runs]
    assert going == [runs[1].id, runs[3].id]
    lowest = RetentionRule(older_than_days=0, keep_best=1, metric="accuracy", lowest=True, per="method")
    kept = {run.id for run in (*runs, *others)} - {
        item.run for item in world.service.operations.expiring.plan(lowest).runs
    }
    assert kept == {others[1].id}


def test_who_acts_for_a_project_selects_its_runs_and_no_shared_ones(world: World) -> None:
    """Shared runs are seen by all, and would fill the limit with what may not be removed."""
    ours, theirs = (world.service.catalogue.register_project(name, ADA).node.key for name in ("ours", "theirs"))
    runs = [finished(world, project=project) for project in (None, theirs, ours, ours)]
    rule, expiring = RetentionRule(older_than_days=0, limit=1), world.service.operations.expiring
    assert [item.run for item in expiring.plan(rule).runs] == [runs[0].id]
    with acting_in(Scope(Role.ADMIN, frozenset({ours}))):
        assert [item.run for item in expiring.plan(rule).runs] == [runs[2].id]
        done = expiring.apply(RetentionRule(older_than_days=0), ADA)
    assert ([item.run for item in done.runs], done.failed) == ([run.id for run in runs[2:]], {})
    assert [is_there(world, file_of(world, run)) for run in runs] == [True, True, False, False]


def test_conditions_hold_together_and_open_runs_are_never_selected(world: World) -> None:
    good, bad = finished(world, accuracy=0.9), finished(world, accuracy=0.1)
    world.ask()
    plan = world.service.operations.expiring.plan
    assert [i.run for i in plan(RetentionRule(older_than_days=0, where="metrics.accuracy > 0.5")).runs] == [good.id]
    assert plan(RetentionRule(older_than_days=0, states=("ERROR",))).runs == ()
    assert plan(RetentionRule(older_than_days=0, methods=("other",))).runs == ()
    assert [i.run for i in plan(RetentionRule(older_than_days=0, limit=1)).runs] == [good.id]
    assert {i.run for i in plan(RetentionRule(older_than_days=0)).runs} == {good.id, bad.id}


def test_what_is_pinned_stays(world: World) -> None:
    run = finished(world)
    store = world.service.store
    facts = store.get(run.id).attributes
    store.transact(lambda tx: tx.update(run.id, {**facts, "tags": ["pinned"]}), ADA)
    assert world.service.operations.expiring.plan(RetentionRule(older_than_days=0)).runs == ()


# --- removing -------------------------------------------------------------------------------------------------------


def test_files_go_and_the_run_stays_with_its_facts_and_its_lineage(world: World) -> None:
    run = finished(world, accuracy=0.25)
    file = file_of(world, run)
    before = world.service.lineage.ask(LineageQuestion(file, Direction.UPSTREAM))
    expiry = world.service.operations.expiring.apply(RetentionRule(older_than_days=0), ADA)
    assert (expiry.files, expiry.runs_gone, expiry.failed) == (1, 0, {})
    assert not is_there(world, file)
    kept = world.runs.get(run.id)
    assert (kept.state, kept.metrics) == (RunState.SUCCESS, {"accuracy": 0.25})
    after = world.service.lineage.ask(LineageQuestion(file, Direction.UPSTREAM))
    assert {visit.node.id for visit in after.visits} == {visit.node.id for visit in before.visits}
    (tombstone,) = [version for version in world.service.store.history(file) if version.version.deleted]
    assert "content_digest" in tombstone.attributes
    assert world.service.operations.expiring.apply(RetentionRule(older_than_days=0), ADA).runs == ()
    world.check()


def test_who_removed_it_is_in_the_audit(world: World) -> None:
    run = finished(world)
    file = file_of(world, run)
    world.service.operations.expiring.apply(RetentionRule(older_than_days=0), ADA)
    newest = world.service.stewardship.audit.trail(file).entries[0]
    assert (newest.deed, newest.actor, newest.request_id) == ("deleted", ADA.actor, ADA.request_id)


def test_what_a_live_run_read_stays_until_that_run_is_past_too(world: World) -> None:
    first = finished(world)
    file = file_of(world, first)
    second = finished(world, inputs=(Input(file, "start"),))
    rule = RetentionRule(older_than_days=1.5)
    (item,) = world.service.operations.expiring.apply(rule, ADA).runs
    assert (item.run, item.kept, item.files) == (first.id, (file,), ())
    assert item.reason is not None
    world.clock.now += DAY_US
    expiry = world.service.operations.expiring.apply(rule, ADA)
    gone = {node for item in expiry.runs for node in item.files}
    assert file_of(world, second) in gone
    expiry = world.service.operations.expiring.apply(rule, ADA)
    assert [item.files for item in expiry.runs] == [(file,)]
    world.check()


def test_what_a_deployment_in_service_rests_on_stays(world: World) -> None:
    run = finished(world)
    store = world.service.store
    deployment = NodeId("deployment", "d")
    said = {"name": "d", "state": "active", "tag": "d", "run": str(run.id)}
    declared = store.schema().vertices["deployment"]
    known = {field.name for field in declared.fields}

    def action(transaction: object) -> None:
        transaction.create(deployment, None, {k: v for k, v in said.items() if k in known})  # type: ignore[attr-defined]
        transaction.link(EdgeId("deployed_as", run.id, deployment, "run"))  # type: ignore[attr-defined]

    store.transact(action, ADA)
    (item,) = world.service.operations.expiring.apply(RetentionRule(older_than_days=0, what="runs"), ADA).runs
    assert item.reason == "a deployment in service rests on it"
    assert is_there(world, file_of(world, run))


def test_runs_go_where_nothing_rests_on_them(world: World) -> None:
    first = finished(world)
    file = file_of(world, first)
    second = finished(world, inputs=(Input(file, "start"),))
    rule = RetentionRule(older_than_days=0, what="runs")
    world.service.operations.expiring.apply(rule, ADA)
    assert (is_there(world, first.id), is_there(world, second.id)) == (True, False)
    world.service.operations.expiring.apply(rule, ADA)
    assert not is_there(world, first.id)
    assert not is_there(world, file)
    world.check()


def test_a_file_that_came_into_use_meanwhile_stays(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    run = finished(world)
    file = file_of(world, run)
    expiring = world.service.operations.expiring
    done = expiring._done

    def used_first(planned: object, caller: object) -> object:
        world.ask(inputs=(Input(file, "start"),))
        return done(planned, caller)  # type: ignore[arg-type]

    monkeypatch.setattr(expiring, "_done", used_first)
    (item,) = expiring.apply(RetentionRule(older_than_days=0), ADA).runs
    assert (item.files, item.kept) == ((), (file,))
    assert is_there(world, file)


# --- collecting -----------------------------------------------------------------------------------------------------


def test_bytes_that_nothing_names_go_a_day_later(world: World) -> None:
    kept, gone = finished(world), finished(world)
    digests = [str(world.service.store.get(file_of(world, run)).attributes["digest"]) for run in (kept, gone)]
    collecting = world.service.operations.collecting
    assert (collecting().unused, collecting(dry_run=True).looked_at) == (0, 2)
    delete(world, file_of(world, gone))
    assert collecting(dry_run=True).unused == 1
    assert collecting(dry_run=True).unused == 1
    assert collecting().unused == 1
    assert [world.service.artifacts.exists(digest) for digest in digests] == [True, True]
    world.clock.now += STAGED_FOR_US + 1
    swept = collecting().swept
    assert (swept.staged, [world.service.artifacts.exists(digest) for digest in digests]) == (1, [True, False])
    world.check()


def test_bytes_that_two_name_stay_while_one_does(world: World) -> None:
    runs = []
    for _ in range(2):
        world.ask()
        runs.append(world.runs.succeed(world.claim(), Outcome((Made("weights", b"same", "text/plain"),)), ADA))
    delete(world, file_of(world, runs[0]))
    assert world.service.operations.collecting().unused == 0
    world.check()


def test_bytes_that_came_into_use_between_two_looks_are_kept(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worst moment: found unused, and named by somebody before they are put aside."""
    run = finished(world)
    data = f"weights of {run.id}".encode()
    delete(world, file_of(world, run))
    collecting = world.service.operations.collecting
    aside = collecting._put_aside

    def used_first(batch: object) -> object:
        world.ask("toy")
        world.runs.succeed(world.claim(), Outcome((Made("weights", data, "text/plain"),)), ADA)
        return aside(batch)  # type: ignore[arg-type]

    monkeypatch.setattr(collecting, "_put_aside", used_first)
    assert collecting().saved == 1
    world.clock.now += STAGED_FOR_US + 1
    assert collecting().unused == 0
    world.check()


def test_a_collection_that_died_half_way_loses_nothing(world: World) -> None:
    run = finished(world)
    digest = str(world.service.store.get(file_of(world, run)).attributes["digest"])
    collecting = world.service.operations.collecting
    collecting._put_aside(list(world.service.store.records("blob", "kept")))  # of what is in use, even
    world.clock.now += 10 * STAGED_FOR_US
    assert collecting().swept.staged == 0
    assert world.service.artifacts.exists(digest)
    record = world.service.store.record("blob", digest)
    assert record is not None
    assert record.group == "kept"
    world.check()
