"""The check of a store finds what it is made to find, and nothing where all is well."""

from collections.abc import Callable
from pathlib import Path

import pytest

from arangovis.domain.graph import EdgeId, Record
from arangovis.domain.ids import NodeId
from arangovis.domain.plans import Step
from arangovis.domain.runs import Lease, RunState
from arangovis.services.copying.marks import CopyMark
from arangovis.services.run_log import LoggedRun, Output
from arangovis.services.verification import check_store
from arangovis.stores.transaction import Transaction
from arangovis.tabular import read_rows
from tests.unit.services.world import ADA, World

CSV = b"_id,embedding_0,embedding_1\nr1,1,2\nr2,3,4\n"


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A world with some of everything."""
    world = World.at(tmp_path)
    version = world.version()
    world.service.datasets.append_production(version, read_rows(CSV, "text/csv"), ADA)
    world.service.datasets.put_training(version, read_rows(CSV, "text/csv", stable_ids=True), ADA)
    world.ask("projection.pca")
    world.succeed(world.claim("projection.pca"), "plot", "result")
    world.ask("other")
    world.service.plans.start("plan", None, [Step("a", "toy")], ADA)
    return world


def codes(world: World, *, read_blobs: bool = True) -> set[str]:
    return {
        problem.code for problem in check_store(world.service.store, world.service.artifacts, read_blobs=read_blobs)
    }


def change(world: World, action: Callable[[Transaction], object]) -> None:
    world.service.store.transact(action, ADA)


def test_a_sound_store_has_no_problems(world: World) -> None:
    file = {"digest": "0" * 64, "bytes": 1, "media_type": "t"}
    world.service.run_log.log(LoggedRun("train", outputs=(Output("kept elsewhere", attributes=file),)), ADA)
    world.check()


def test_a_success_without_its_files(world: World) -> None:
    world.ask("projection.pca")
    world.succeed(world.claim("projection.pca"), "plot")
    assert codes(world) == {"torn-run"}


def test_files_of_a_run_without_success(world: World) -> None:
    run = world.ask("other")
    change(
        world,
        lambda tx: tx.create(
            NodeId("artifact", "x"), None, {"role": "r", "digest": "0" * 64, "bytes": 0, "media_type": "t"}
        ),
    )
    change(world, lambda tx: tx.link(EdgeId("generated", run.id, NodeId("artifact", "x"), "r")))
    assert codes(world) == {"torn-run", "loose-blob", "missing-blob"}


def test_an_open_run_in_no_queue_and_a_queued_run_that_is_over(world: World) -> None:
    run = world.ask("other")
    change(world, lambda tx: tx.remove_record("lease", run.id.key))
    assert codes(world) == {"run-without-lease"}
    world.runs.cancel(run.id, ADA)
    assert codes(world) == set()
    change(world, lambda tx: tx.put_record(Lease(run.id, "other", due=1, queued=1).record()))
    assert codes(world) == {"lease-without-run"}
    change(world, lambda tx: tx.put_record(Lease(NodeId("run", "none"), "other", due=1, queued=1).record()))
    assert codes(world) == {"lease-without-run"}


def test_run_and_lease_that_do_not_agree(world: World) -> None:
    world.ask("toy")
    claim = world.claim("toy")
    change(world, lambda tx: tx.put_record(Lease(claim.run.id, "toy", due=1, queued=1, owner="x", attempt=9).record()))
    assert codes(world) == {"lease-without-run"}
    change(world, lambda tx: tx.put_record(Lease(claim.run.id, "toy", due=1, queued=1, attempt=1).record()))
    assert codes(world) == {"lease-without-run"}


def test_an_end_that_does_not_fit_the_state(world: World) -> None:
    run = world.ask("other")
    change(world, lambda tx: tx.update(run.id, {**tx.get(run.id).attributes, "ended": 5}))
    assert codes(world) == {"torn-run"}


def test_a_plan_that_waits_for_nothing(world: World) -> None:
    plan = world.service.plans.start("plan", None, [Step("a", "toy")], ADA)
    step = world.service.plans.steps(plan.id)["a"]
    ended = step.ended_as(RunState.SUCCESS, now=1)
    change(world, lambda tx: (tx.update(step.id, ended.document()), tx.remove_record("lease", step.id.key)))
    assert codes(world) == {"stuck-plan"}


def _blob(world: World) -> Path:
    stream = world.service.datasets.production(world.version())
    assert stream is not None
    (segment,) = world.service.datasets.segments(stream)
    folder = world.service.settings.home / "artifacts" / "blobs"
    return folder / segment.digest[:2] / segment.digest


def test_bytes_that_are_gone(world: World) -> None:
    _blob(world).unlink()
    assert codes(world) == {"missing-blob"}
    assert codes(world, read_blobs=False) == {"missing-blob"}


def test_bytes_that_changed(world: World) -> None:
    path = _blob(world)
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    assert codes(world) == {"damaged-blob"}
    assert codes(world, read_blobs=False) == set()


def test_bytes_that_a_sweep_would_remove(world: World) -> None:
    digest = _blob(world).name
    change(world, lambda tx: tx.put_record(Record("blob", digest, group="staged", due=1, data={"bytes": 1})))
    assert codes(world) == {"loose-blob"}


@pytest.mark.parametrize("number", [1, 2])
def test_a_manifest_with_a_hole_or_too_much(world: World, number: int) -> None:
    stream = world.service.datasets.production(world.version())
    assert stream is not None
    key = f"{stream.id.key}.{number}"
    data = {"digest": _blob(world).name, "rows": 1, "bytes": 1}
    if number == 1:
        change(world, lambda tx: tx.remove_record("segment", key))
    else:
        change(world, lambda tx: tx.put_record(Record("segment", key, group=stream.id.key, due=number, data=data)))
    assert codes(world) == {"broken-manifest"}


def test_a_name_that_leads_nowhere(world: World) -> None:
    change(world, lambda tx: tx.reserve("training", "x", NodeId("dataset", "none")))
    assert codes(world) == {"dangling-name"}


def test_a_node_that_cannot_be_read(world: World) -> None:
    facts = {"name": "half", "form": "snapshot", "selection": "0" * 64, "source": "nowhere"}
    change(world, lambda tx: tx.create(NodeId("dataset", "half"), None, facts))
    change(world, lambda tx: tx.create(NodeId("dataset", "mine"), None, {"name": "mine", "form": "table"}))
    assert codes(world) == {"unreadable-node"}


def test_a_copy_that_was_not_finished(world: World) -> None:
    change(world, lambda tx: tx.put_record(CopyMark("another").record()))
    assert codes(world) == {"unfinished-copy"}
