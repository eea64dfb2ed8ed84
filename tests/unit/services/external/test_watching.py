"""Runs of which nothing is heard, on a store whose clock the test sets; and what a copy knows of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from arangovis.artifacts.local import LocalArtifactStore
from arangovis.domain.ids import NodeId
from arangovis.domain.runs import RunState
from arangovis.services.copying.copying import Copying, Place
from arangovis.services.external.beginning import US
from arangovis.services.external.runs import ExternalRuns
from arangovis.services.external.sessions import SESSIONS_MAX, Session, Sessions
from arangovis.services.external.values import Begin, End, Mode
from arangovis.services.external.watching import LOSE_BATCH, lose_overdue
from arangovis.services.verification import check_store
from arangovis.stores.memory import MemoryStore
from tests.unit.services.world import ADA, World

RUN = NodeId("run", "r1")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World.at(tmp_path)
    yield world
    assert check_store(world.service.store, world.service.artifacts) == []


def begin(world: World, run: NodeId = RUN, **given: object) -> RunState:
    wanted = Begin(**{"session": "s1", "within_s": 60.0, **given})  # type: ignore[arg-type]
    return world.service.external_runs.begin(run, wanted, ADA).standing.state


def state(world: World, run: NodeId = RUN) -> RunState:
    return world.service.external_runs.standing(run).state


def test_a_run_is_lost_at_its_time_and_not_before(world: World) -> None:
    begin(world)
    world.clock.now += 59 * US
    assert lose_overdue(world.service.store) == 0
    world.service.external_runs.beat(RUN, "s1", 60.0, ADA)
    world.clock.now += 59 * US
    assert lose_overdue(world.service.store) == 0
    world.clock.now += 2 * US
    assert (lose_overdue(world.service.store), state(world)) == (1, RunState.ERROR)


def test_many_are_lost_at_once(world: World) -> None:
    runs = [NodeId("run", f"r{number}") for number in range(LOSE_BATCH + 3)]
    for run in runs:
        begin(world, run)
    world.clock.now += 61 * US
    assert lose_overdue(world.service.store) == len(runs)
    assert {state(world, run) for run in runs} == {RunState.ERROR}


def test_what_ended_or_was_deleted_meanwhile_is_not_lost(world: World) -> None:
    other = NodeId("run", "r2")
    begin(world)
    begin(world, other)
    world.service.external_runs.end(RUN, End(RunState.SUCCESS, "s1"), ADA)
    world.service.external_runs.delete(other, ADA)
    world.clock.now += 61 * US
    assert (lose_overdue(world.service.store), state(world)) == (0, RunState.SUCCESS)


def test_a_copy_knows_the_sessions(world: World, tmp_path: Path) -> None:
    begin(world)
    world.service.external_runs.end(RUN, End(RunState.SUCCESS, "s1"), ADA)
    world.clock.now += US
    early = world.service.store.now()
    world.clock.now += US
    begin(world, NodeId("run", "later"))
    source = Place(world.service.store, world.service.artifacts)
    for until, sessions in ((None, 2), (early, 1)):
        target = Place(MemoryStore(), LocalArtifactStore(tmp_path / f"copy-{sessions}"))
        Copying(source, target).run(at=until)
        runs = ExternalRuns(target.store, world.service.blobs, world.service.catalogue)
        assert runs.begin(RUN, Begin("s1"), ADA).standing.state is RunState.SUCCESS
        assert len(target.store.records("session", None, limit=10)) == sessions


def test_sessions_survive_their_record() -> None:
    known = Sessions(RUN, due=7, is_watched=True).begun(Session("a", 0, RunState.ERROR, "failed", "no"), None)
    known = known.begun(Session("b", 5), None).superseded().begun(Session("c", 5), 9)
    assert Sessions.of(known.record()) == known
    assert [session.id for session in known.open_in(5)] == ["c"]


def test_the_worst_end_counts() -> None:
    known = Sessions(RUN)
    for number, end in enumerate((RunState.SUCCESS, RunState.CANCELLED, RunState.ERROR, RunState.SUCCESS)):
        known = known.begun(Session(str(number), 0, end), None)
    worst = known.worst_in(0)
    assert (worst is not None and worst.state, known.worst_in(1)) == (RunState.ERROR, None)


def test_sessions_have_a_limit(world: World) -> None:
    many = Sessions(RUN, all=tuple(Session(str(number), 0) for number in range(SESSIONS_MAX)))
    with pytest.raises(ValueError, match="4096"):
        many.begun(Session("one more", 0), None)
    assert begin(world, mode=Mode.JOIN) is RunState.STARTED
