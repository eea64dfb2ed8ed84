"""Schedules fire once, whoever looks, and make up for what was missed with one run."""

import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arangovis.domain.errors import InvalidInput, NotFound
from arangovis.domain.graph import Caller, Direction
from arangovis.domain.runs import RunState
from arangovis.services.schedules.actions import ACTIONS, read_action
from arangovis.services.schedules.firing import Fired, ScheduleClock
from arangovis.services.schedules.schedules import ScheduleWanted
from arangovis.services.schedules.times import US, Times
from arangovis.stores.embedded import EmbeddedStore
from arangovis.wiring import compose, worker_context
from arangovis.workers.inline import drain
from tests.unit.services.world import ADA, World

VERIFY = ScheduleWanted("nightly", "verify", Times(every_s=60))


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).astimezone(UTC).timestamp()) * US


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World.at(tmp_path)


# --- times --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("times", "moment", "following"),
    [
        (Times("30 3 * * *"), "2026-03-01T03:29:59+00:00", "2026-03-01T03:30:00+00:00"),
        (Times("30 3 * * *"), "2026-03-01T03:30:00+00:00", "2026-03-02T03:30:00+00:00"),
        (Times("0 9 * * MON"), "2026-11-21T12:00:00+00:00", "2026-11-23T09:00:00+00:00"),
        (Times("0 9 * * *", zone="Europe/Berlin"), "2026-07-01T00:00:00+00:00", "2026-07-01T07:00:00+00:00"),
        (Times("0 9 * * *", zone="Europe/Berlin"), "2026-12-01T00:00:00+00:00", "2026-12-01T08:00:00+00:00"),
        (Times("*/5 * * * *"), "2026-11-21T12:03:10+00:00", "2026-11-21T12:05:00+00:00"),
    ],
)
def test_cron_expressions_say_when(times: Times, moment: str, following: str) -> None:
    assert times.after(at(moment)) == at(following)


@given(st.integers(1, 10**6), st.integers(0, 10**15), st.integers(0, 10**12))
def test_intervals_keep_their_beat(every_s: int, since: int, late: int) -> None:
    following = Times(every_s=every_s).after(since + late, since=since)
    assert (following - since) % (every_s * US) == 0
    assert since + late < following <= since + late + every_s * US


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "cron"),
        ({"cron": "* * * * *", "every_s": 5}, "cron"),
        ({"cron": "61 * * * *"}, "cron"),
        ({"cron": "* * * *"}, "cron"),
        ({"cron": "* * * * * *"}, "cron"),
        ({"cron": "0 0 30 2 *"}, "cron"),
        ({"cron": "0 0 31 2,4 *"}, "cron"),
        ({"cron": "x" * 1000}, "cron"),
        ({"cron": "* * * * *", "zone": "Mars/Olympus"}, "zone"),
        ({"cron": "* * * * *", "zone": "../../etc/passwd"}, "zone"),
        ({"every_s": 0}, "every_s"),
        ({"every_s": 10**9}, "every_s"),
    ],
)
def test_times_that_cannot_be_are_refused(fields: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        Times(**fields)  # type: ignore[arg-type]
    assert caught.value.faults[0].field == field


@given(st.text(max_size=40))
def test_any_text_is_a_cron_expression_or_refused(text: str) -> None:
    try:
        times = Times(text)
    except InvalidInput:
        return
    assert times.after(0) > 0


# --- actions ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "options", "fields"),
    [
        ("dance", {}, ["action"]),
        ("projection", {}, ["options.version"]),
        ("projection", {"version": "1"}, ["options.version"]),
        ("projection", {"version": True, "speed": 3}, ["options.speed", "options.version"]),
        ("threshold", {"metric": "f1"}, ["options.above"]),
        ("threshold", {"above": 1}, ["options.metric"]),
        ("threshold", {"above": float("nan"), "metric": "f1"}, ["options.above"]),
        ("backup", {"prefix": "../up"}, ["options.prefix"]),
        ("recompute", {"limit": 0}, ["options.limit"]),
        ("retention", {"what": "all"}, ["what"]),
        ("retention", {"tags": "old"}, ["options.tags"]),
        ("retention", {"keep_best": 3}, ["metric"]),
    ],
)
def test_options_that_cannot_be_are_named(action: str, options: dict[str, object], fields: list[str]) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_action(action, options)  # type: ignore[arg-type]
    assert [fault.field for fault in caught.value.faults] == fields


def test_every_action_has_a_handler(world: World) -> None:
    handlers = worker_context(world.service).handlers
    assert {f"schedule.{name}" for name in ACTIONS} <= handlers.keys()


# --- firing -------------------------------------------------------------------------------------------------------


def test_a_schedule_fires_when_it_is_due_and_not_before(world: World) -> None:
    operations = world.service.operations
    node = operations.schedules.put(VERIFY, ADA).node
    assert operations.clock() == Fired()
    world.clock.now += 60 * US
    assert operations.clock.is_due()
    assert operations.clock() == Fired(made=1)
    assert operations.clock() == Fired()
    (run,) = operations.schedules.runs(node)
    assert run.state is RunState.PENDING
    shown = operations.schedules.get(node)
    assert (shown.last_run, shown.fired, shown.next_at) == (run.run, 1, world.clock.now + 60 * US)


def test_the_run_says_which_schedule_made_it_and_acts_for_its_owner(world: World) -> None:
    operations = world.service.operations
    node = operations.schedules.put(VERIFY, ADA).node
    world.clock.now += 60 * US
    operations.clock()
    (shown,) = operations.schedules.runs(node)
    run = world.service.store.get(shown.run)
    assert run.version.actor == ADA.actor
    assert run.version.request_id == f"schedule.{node.key[:12]}"
    edges = world.service.store.edges_of((shown.run,), Direction.UPSTREAM, ("linked",))
    assert [(edge.id.source, edge.id.role) for edge in edges] == [(node, "scheduled")]


def test_what_was_missed_is_made_up_for_by_one_run(world: World) -> None:
    operations = world.service.operations
    node = operations.schedules.put(VERIFY, ADA).node
    began = world.clock.now
    world.clock.now += 10 * 60 * US + 5
    assert operations.clock() == Fired(made=1)
    shown = operations.schedules.get(node)
    assert (shown.fired, shown.missed, shown.next_at) == (1, 9, began + 11 * 60 * US)


def test_no_run_is_made_while_the_one_before_is_open(world: World) -> None:
    operations = world.service.operations
    node = operations.schedules.put(VERIFY, ADA).node
    world.clock.now += 60 * US
    operations.clock()
    world.clock.now += 60 * US
    assert operations.clock() == Fired(skipped=1)
    assert operations.schedules.get(node).skipped == 1
    assert drain(worker_context(world.service)) == 1
    world.clock.now += 60 * US
    assert operations.clock() == Fired(made=1)
    assert [run.state for run in operations.schedules.runs(node)] == [RunState.PENDING, RunState.SUCCESS]


def test_one_that_is_switched_off_does_not_fire_and_catches_nothing_up(world: World) -> None:
    operations = world.service.operations
    node = operations.schedules.put(VERIFY, ADA).node
    assert operations.schedules.set_enabled(node, False, ADA).next_at is None
    world.clock.now += 3600 * US
    assert operations.clock() == Fired()
    shown = operations.schedules.set_enabled(node, True, ADA)
    assert (shown.next_at, operations.clock()) == (world.clock.now + 60 * US, Fired())


def test_changing_one_keeps_its_node_and_its_versions(world: World) -> None:
    operations = world.service.operations
    first = operations.schedules.put(VERIFY, ADA)
    again = operations.schedules.put(VERIFY, Caller("bob"))
    assert (first.created, again.created, first.node) == (True, False, again.node)
    assert operations.schedules.get(first.node).owner == "ada"
    operations.schedules.put(ScheduleWanted("nightly", "verify", Times("0 3 * * *")), Caller("bob"))
    assert operations.schedules.get(first.node).owner == "bob"
    assert [node.version.actor for node in world.service.store.history(first.node)] == ["ada", "bob"]


def test_a_removed_one_does_not_fire_and_leaves_its_runs(world: World) -> None:
    operations = world.service.operations
    node = operations.schedules.put(VERIFY, ADA).node
    run = operations.clock.fire_now(node, ADA)
    operations.schedules.delete(node, ADA)
    world.clock.now += 3600 * US
    assert operations.clock() == Fired()
    assert world.runs.get(run.id).state is RunState.PENDING
    with pytest.raises(NotFound):
        operations.schedules.get(node)


def test_checks_of_the_whole_service_have_no_project(world: World) -> None:
    world.service.catalogue.register_project("p", ADA)
    with pytest.raises(InvalidInput, match="concerns the whole service"):
        world.service.operations.schedules.put(ScheduleWanted("n", "backup", Times(every_s=9), project="p"), ADA)


def test_many_processes_that_look_at_once_make_one_run_each_time(tmp_path: Path) -> None:
    """Eight clocks on stores of their own over one database, as eight workers have them."""
    stores = [EmbeddedStore(tmp_path / "graph.db") for _ in range(8)]
    stores[0].migrate()
    from arangovis.artifacts.local import LocalArtifactStore
    from arangovis.settings import Settings

    services = [compose(Settings(home=tmp_path), store, LocalArtifactStore(tmp_path / "a")) for store in stores]
    node = services[0].operations.schedules.put(ScheduleWanted("often", "verify", Times(every_s=1)), ADA).node
    deadline = stores[0].now() + 60_000_000
    gate = threading.Barrier(8)
    made: list[Fired] = []

    def look(clock: ScheduleClock) -> None:
        gate.wait()
        while not any(fired.made for fired in made) and stores[0].now() < deadline:
            made.append(clock())
        made.append(clock())  # once more than needed; nothing is made while the last run is open

    threads = [threading.Thread(target=look, args=(service.operations.clock,)) for service in services]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(fired.made for fired in made) == 1 == services[0].operations.schedules.get(node).fired
    assert len(services[0].operations.schedules.runs(node)) == 1
    for service in services:
        service.close()
