"""Copying a service: the target is equal, can be used, and nothing is half there."""

import random
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

import pytest

from arangovis.domain.errors import Conflict, IntegrityError, InvalidInput
from arangovis.domain.graph import EdgeId, Record
from arangovis.domain.runs import Reason, RunState
from arangovis.services.copying.copying import Copying, Place
from arangovis.services.copying.marks import CopyState, check_usable, mark_of
from arangovis.services.copying.queue import give_back
from arangovis.services.verification import check_store
from arangovis.stores.base import GraphStore
from arangovis.testing.samples import create, dataset, put
from arangovis.testing.stores_copy import actions_of
from tests.unit.services.copies import (
    KINDS,
    digits,
    embedded,
    is_equal,
    memory,
    new_world,
    place_of,
    records_of,
    service_over,
    used_world,
)
from tests.unit.services.world import ADA, LEASE_US, World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return used_world(tmp_path)


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Place]:
    place = embedded(tmp_path / "target")
    yield place
    place.store.close()


def test_a_copy_is_equal_as_of_its_time(world: World, target: Place) -> None:
    report = Copying(place_of(world), target).run()
    assert report.problems == []
    assert report.tally is not None
    assert report.loaded == report.tally.actions == len(actions_of(world.service.store))
    assert report.bytes_copied == sum(blob.bytes for blob in world.service.artifacts.blobs()) == report.tally.bytes
    assert is_equal(place_of(world), target, until=report.at)


def test_started_runs_are_pending_again_and_others_keep_their_state(world: World, target: Place) -> None:
    report = Copying(place_of(world), target).run()
    states: dict[str, list[object]] = {}
    for run in (visit for action in actions_of(target.store) for visit in action.nodes if visit.id.kind == "run"):
        states.setdefault(str(run.attributes["method"]), []).append(run.attributes["state"])
    assert report.given_back == 1
    assert states["started"] == ["PENDING", "STARTED", "PENDING"]
    assert states["train"] == ["STARTED"]
    assert states["waiting"] == ["PENDING"]
    assert states["done"] == ["PENDING", "STARTED", "SUCCESS"]
    leases = {str(record.data["method"]): record for record in target.store.records("lease")}
    before = {str(record.data["method"]): record for record in world.service.store.records("lease")}
    assert leases.keys() == before.keys() == {"started", "waiting", "step"}
    for method, lease in leases.items():
        assert lease.group == before[method].group
        assert lease.data["queued"] == before[method].data["queued"] == lease.due
        assert (lease.data["owner"], lease.data["failures"]) == ("", 0)
    assert list(target.store.records("worker")) == []


def test_the_copy_goes_on_working(world: World, target: Place, tmp_path: Path) -> None:
    Copying(place_of(world), target).run()
    service = service_over(target, tmp_path / "home")
    claim = service.runs.claim(("started",), "worker-9", lease_us=LEASE_US)
    assert claim is not None
    assert claim.attempt == 2
    registered = service.catalogue.register_version(
        "demo", "digits", service.catalogue.version(1).signature, ADA, version="second"
    )
    assert registered.number == 2
    version = service.catalogue.version(1)
    repeated = service.datasets.append_production(version, digits(40, 30), ADA, idempotency_key="a")
    assert not repeated.created
    with pytest.raises(Conflict):
        service.datasets.append_production(version, digits(70, 5), ADA, idempotency_key="a")
    step = service.runs.claim(("step",), "worker-9", lease_us=LEASE_US)
    assert step is not None
    service.runs.fail(step, RunState.ERROR, reason=Reason.FAILED, message="no")
    assert check_store(target.store, target.artifacts) == []


def test_a_finished_copy_is_not_made_again(world: World, target: Place) -> None:
    first = Copying(place_of(world), target).run()
    again = Copying(place_of(world), target).run()
    assert (again.nothing_to_do, again.at, again.loaded) == (True, first.at, 0)


def test_a_copy_without_open_runs_catches_up(tmp_path: Path, target: Place) -> None:
    world = new_world(tmp_path)
    version = world.version(64)
    world.service.datasets.append_production(version, digits(0, 10), ADA)
    Copying(place_of(world), target).run()
    world.clock.now += 1_000_000
    world.service.datasets.append_production(version, digits(10, 10), ADA)
    report = Copying(place_of(world), target).run()
    assert report.loaded == 1
    assert is_equal(place_of(world), target)


def test_a_source_that_went_on_is_not_mixed_with_runs_that_were_given_back(world: World, target: Place) -> None:
    Copying(place_of(world), target).run()
    world.clock.now += 1_000_000
    world.ask("another")
    with pytest.raises(Conflict, match="open runs"):
        Copying(place_of(world), target).run()


def test_a_wrong_target_is_refused(world: World, target: Place, tmp_path: Path) -> None:
    other = memory(tmp_path / "other")
    create(other.store, dataset("a"))
    with pytest.raises(Conflict, match="not empty"):
        Copying(place_of(world), other).run()
    Copying(place_of(world), target).run()
    with pytest.raises(Conflict, match="another store"):
        Copying(other, target).run()
    with pytest.raises(Conflict, match="not empty"):
        Copying(place_of(world), place_of(world)).run()
    create(target.store, dataset("written-by-somebody"))
    with pytest.raises(Conflict, match="written to since"):
        Copying(place_of(world), target).run()
    named = memory(tmp_path / "named")
    put(named.store, Record("reservation", "a", "name", 0, {"node": "run/a"}))
    with pytest.raises(Conflict, match="not empty"):
        Copying(place_of(world), named).run()


def test_a_dry_run_counts_and_writes_nothing(world: World, target: Place) -> None:
    before = world.service.store.record("store", "identity")
    plan = Copying(place_of(world), target).plan()
    assert plan.tally is not None
    assert plan.loaded == len(actions_of(world.service.store))
    assert plan.tally.nodes["run"] == sum(n.id.kind == "run" for a in actions_of(world.service.store) for n in a.nodes)
    assert world.service.store.record("store", "identity") == before
    assert actions_of(target.store) == []
    assert [record for kind in ("store", "copy", *KINDS) for record in target.store.records(kind)] == []
    assert list(target.artifacts.blobs()) == []
    Copying(place_of(world), target).run()
    assert Copying(place_of(world), target).plan().nothing_to_do


# --- damage ---------------------------------------------------------------------------------------------------------


def test_damaged_bytes_are_not_copied(world: World, target: Place, tmp_path: Path) -> None:
    digest = next(iter(world.service.artifacts.blobs())).digest
    path = tmp_path / "source" / "artifacts" / "blobs" / digest[:2] / digest
    sound = path.read_bytes()
    path.write_bytes(sound[:-1] + b"?")
    with pytest.raises(IntegrityError, match=digest[:12]):
        Copying(place_of(world), target).run()
    assert not target.artifacts.exists(digest)
    path.unlink()
    with pytest.raises(IntegrityError, match="gone"):
        Copying(place_of(world), target).run()
    with pytest.raises(Conflict, match="not finished"):
        check_usable(target.store)
    path.write_bytes(sound)
    assert Copying(place_of(world), target).run().problems == []
    check_usable(target.store)


def test_bytes_that_were_damaged_in_the_target_are_written_again(world: World, target: Place, tmp_path: Path) -> None:
    target.artifacts.prepare()
    for blob in world.service.artifacts.blobs():
        target.artifacts.put(world.service.artifacts.read(blob.digest))
    path = next(iter((tmp_path / "target" / "artifacts" / "blobs").glob("??/*")))
    path.write_bytes(b"?" * path.stat().st_size)
    Copying(place_of(world), target).run()
    assert check_store(target.store, target.artifacts) == []


def test_a_store_that_loads_something_else_is_found_out(
    world: World, target: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = target.store.load

    def careless(actions: list) -> int:  # type: ignore[type-arg]
        changed = [action._replace(actor="eve") if number == 3 else action for number, action in enumerate(actions)]
        return load(changed)

    monkeypatch.setattr(target.store, "load", careless)
    with pytest.raises(IntegrityError, match="content does not"):
        Copying(place_of(world), target).run()
    with pytest.raises(Conflict):
        check_usable(target.store)


# --- a copy that is cut off -----------------------------------------------------------------------------------------


class _Cut(Exception):
    pass


@pytest.mark.parametrize("seed", range(12))
def test_a_copy_that_is_cut_off_anywhere_is_continued(
    world: World, target: Place, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("arangovis.services.copying.copying.ITEMS_PER_LOAD", 3)
    chance = random.Random(seed)
    for _ in range(3):
        assert cut_off(world, target, after=chance.randrange(1, 40))
        mark = mark_of(target.store)
        assert mark is not None
        assert mark.state is CopyState.UNDER_WAY
        world.clock.now += 1_000_000
        world.ask("meanwhile")
    report = Copying(place_of(world), target).run()
    assert report.problems == []
    assert is_equal(place_of(world), target, until=report.at)


def test_a_copy_that_is_cut_off_at_its_very_end_is_finished(
    world: World, target: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(source: GraphStore, into: GraphStore) -> int:
        give_back(source, into)
        raise _Cut

    with monkeypatch.context() as patched:
        patched.setattr("arangovis.services.copying.copying.give_back", cut)
        with pytest.raises(_Cut):
            Copying(place_of(world), target).run()
    with pytest.raises(Conflict, match="not finished"):
        check_usable(target.store)
    world.clock.now += 1_000_000
    world.ask("meanwhile")
    report = Copying(place_of(world), target).run()
    assert report.at < actions_of(world.service.store)[-1].time
    assert report.problems == []
    check_usable(target.store)


def cut_off(world: World, target: Place, *, after: int) -> bool:
    """Begin a copy and stop it at some point; say whether it was stopped."""
    left = after

    def count_down(stage: str, done: int, total: int | None) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise _Cut

    try:
        Copying(place_of(world), target, count_down).run()
    except _Cut:
        return True
    return False


# --- as of a time ---------------------------------------------------------------------------------------------------


def test_a_copy_of_the_past_fits_together(tmp_path: Path, target: Place) -> None:
    world = new_world(tmp_path)
    version = world.version(64)
    service = world.service
    first = service.datasets.put_training(version, digits(0, 10), ADA)
    service.datasets.append_production(version, digits(10, 10), ADA, idempotency_key="first")
    world.ask("waiting")
    then = actions_of(service.store)[-1].time
    world.clock.now += 1_000_000
    service.datasets.put_training(version, digits(20, 10), ADA)
    service.datasets.append_production(version, digits(30, 10), ADA, idempotency_key="second")
    later = service.catalogue.register_version("demo", "digits", version.signature, ADA, version="later")
    world.succeed(world.claim("waiting"))
    report = Copying(place_of(world), target).run(at=then)
    assert report.at == then
    assert report.problems == []
    copied = service_over(target, tmp_path / "home")
    assert actions_of(target.store) == actions_of(service.store, until=then)
    training, stream = copied.datasets.training(version), copied.datasets.production(version)
    assert training is not None
    assert training.id == first.node
    assert stream is not None
    assert (stream.rows, len(copied.datasets.segments(stream))) == (10, 1)
    assert not copied.datasets.append_production(version, digits(10, 10), ADA, idempotency_key="first").created
    assert copied.datasets.append_production(version, digits(30, 10), ADA, idempotency_key="second").created
    number = copied.catalogue.register_version("demo", "digits", version.signature, ADA, version="other").number
    assert number > later.number
    assert copied.runs.claim(("waiting",), "worker", lease_us=LEASE_US) is not None
    assert check_store(target.store, target.artifacts) == []
    with pytest.raises(InvalidInput, match="-5"):
        Copying(place_of(world), target).run(at=-5)


def test_the_past_of_a_copy_cannot_be_copied_over_it(world: World, target: Place) -> None:
    report = Copying(place_of(world), target).run()
    with pytest.raises(Conflict, match="further"):
        Copying(place_of(world), target).run(at=report.at - 1)


# --- while the source is in use -------------------------------------------------------------------------------------


def test_a_source_that_is_written_to_is_copied_in_whole_actions(tmp_path: Path, target: Place) -> None:
    source = embedded(tmp_path / "source")
    ended, written = Event(), Event()

    def write() -> None:
        number = 0
        while not ended.is_set():
            number += 1
            name = f"{number:06}"

            def action(tx, name: str = name) -> None:  # type: ignore[no-untyped-def]
                left, right = dataset(f"left-{name}"), dataset(f"right-{name}")
                for node in (left, right):
                    tx.create(node, None, {"name": name, "form": "table"})
                tx.link(EdgeId("derived_into", left, right))
                tx.reserve("pair", name, left)
                tx.next_number("pairs")

            source.store.transact(action, ADA)
            if number == 50:
                written.set()

    thread = Thread(target=write)
    thread.start()
    try:
        assert written.wait(30)
        report = Copying(source, target).run()
    finally:
        ended.set()
        thread.join()
    actions = actions_of(target.store)
    assert all((len(action.nodes), len(action.edges)) == (2, 1) for action in actions)
    assert len(actions) >= 50
    assert actions == actions_of(source.store, until=report.at)
    names = [str(record.data["name"]) for record in records_of(target.store) if record.kind == "reservation"]
    assert sorted(names) == [f"{number:06}" for number in range(1, len(actions) + 1)]
    assert target.store.transact(lambda tx: tx.next_number("pairs"), ADA) == len(actions) + 1
    source.store.close()
