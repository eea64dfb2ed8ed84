"""Runs told to a receiver: all of them, in order, whatever happens to it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from arangovis.domain.errors import Conflict, InvalidInput, StoreUnavailable
from arangovis.domain.graph import EdgeId
from arangovis.domain.ids import NodeId, named_id
from arangovis.domain.runs import RunState
from arangovis.exchange.openlineage.events import EventType, read_event
from arangovis.services.exchange.emitting import FEED, HOLD_US, PAUSE_FIRST_US, Emitted, Emitting, Feed, told_by
from arangovis.services.exchange.receiver import Receiver as Sender
from arangovis.services.external.values import Begin, End, Facts
from arangovis.services.run_log import LoggedRun
from arangovis.stores.transaction import record_key
from tests.openlineage_server import Receiver, running_receiver
from tests.unit.exchange.events import run_event
from tests.unit.services.world import ADA, World

RUN = "01941f29-7c00-7e2b-8f4d-1a2b3c4d5e6f"
ID = NodeId("run", RUN)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World.at(tmp_path)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with running_receiver() as running:
        yield running


def emitting(world: World, receiver: Receiver) -> Emitting:
    return Emitting(world.service.store, Sender(receiver.url, "secret"))


def begin(world: World) -> None:
    world.service.external_runs.begin(ID, Begin("s1", method="train", facts=Facts(params={"lr": 0.1})), ADA)


def end(world: World, state: RunState = RunState.SUCCESS) -> None:
    world.service.external_runs.end(ID, End(state, message="out of memory"), ADA)


def register(world: World) -> NodeId:
    """Register data, and have the run read it."""
    world.service.catalogue.register_project("rides", ADA)
    data = named_id("dataset", None, "wine")

    def action(transaction: Any) -> None:
        transaction.create(data, None, {"name": "wine", "form": "table", "columns": {"ash": "double"}})
        transaction.link(EdgeId("input_to", data, ID, "train"))

    world.service.store.transact(action, ADA)
    return data


def test_a_run_is_told_when_it_starts_and_when_it_ends(world: World, receiver: Receiver) -> None:
    tell = emitting(world, receiver)
    assert tell.is_due()
    begin(world)
    assert tell() == Emitted(1)
    assert not tell.is_due()
    data = register(world)
    end(world)
    assert (tell(), tell()) == (Emitted(1), Emitted())
    assert receiver.types(RUN) == ["START", "COMPLETE"]
    told = receiver.events[-1]
    assert told["job"] == {"namespace": "arangovis", "name": "train", "facets": {}}
    assert told["run"]["facets"]["executionParameters"]["parameters"] == [{"key": "lr", "value": "0.1"}]
    (read,) = told["inputs"]
    assert (read["name"], read["facets"]["arangovis"]["node"]) == ("dataset/wine", str(data))
    assert read["facets"]["schema"]["fields"] == [{"name": "ash", "type": "double"}]
    assert set(receiver.tokens) == {"Bearer secret"}
    assert all(read_event(event).run is not None for event in receiver.events)


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        (RunState.ERROR, "FAIL"),
        (RunState.CANCELLED, "ABORT"),
        (RunState.NO_DATA, "FAIL"),
        (RunState.SUCCESS, "COMPLETE"),
    ],
)
def test_each_end_has_its_event(world: World, receiver: Receiver, state: RunState, kind: str) -> None:
    begin(world)
    end(world, state)
    emitting(world, receiver)()
    assert receiver.types(RUN) == ["START", kind]
    message = receiver.events[-1]["run"]["facets"].get("errorMessage", {}).get("message")
    assert message == (None if kind == "COMPLETE" else "out of memory")


def test_a_run_that_was_logged_at_once_is_told_in_two_events(world: World, receiver: Receiver) -> None:
    world.service.run_log.log(LoggedRun("train", key=RUN, started=world.clock.now - 9, ended=world.clock.now), ADA)
    emitting(world, receiver)()
    assert receiver.types(RUN) == ["START", "COMPLETE"]


def test_nothing_is_lost_while_the_receiver_is_away(world: World, receiver: Receiver) -> None:
    tell = emitting(world, receiver)
    begin(world)
    tell()
    receiver.stop()
    end(world)
    with pytest.raises(StoreUnavailable):
        tell()
    assert tell.is_due()
    assert tell() == Emitted()  # it waits before it tries again
    receiver.start()
    world.clock.now += PAUSE_FIRST_US
    assert tell() == Emitted(1)
    assert receiver.types(RUN) == ["START", "COMPLETE"]


def test_the_pause_grows_and_success_ends_it(world: World, receiver: Receiver) -> None:
    tell = emitting(world, receiver)
    receiver.status = 503
    begin(world)
    pauses = []
    for _ in range(3):
        with pytest.raises(StoreUnavailable):
            tell()
        feed = _feed(world, receiver)
        pauses.append(feed.due - world.clock.now)
        world.clock.now = feed.due
    assert pauses == [PAUSE_FIRST_US, 2 * PAUSE_FIRST_US, 4 * PAUSE_FIRST_US]
    receiver.status = 200
    assert tell() == Emitted(1)
    assert _feed(world, receiver).failures == 0


def _feed(world: World, receiver: Receiver) -> Feed:
    record = world.service.store.record(FEED, record_key("openlineage", receiver.url))
    assert record is not None
    return Feed.of(record)


def test_what_is_refused_for_good_does_not_hold_up_the_rest(
    world: World, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    tell = emitting(world, receiver)
    receiver.status = 422
    begin(world)
    assert tell() == Emitted(0, 1)
    assert "refused by the receiver" in caplog.text
    receiver.status = 201
    end(world)
    assert tell() == Emitted(1)


def test_a_wrong_token_is_tried_again(world: World, receiver: Receiver) -> None:
    receiver.status = 401
    begin(world)
    with pytest.raises(StoreUnavailable, match="answers 401"):
        emitting(world, receiver)()


def test_two_processes_take_turns(world: World, receiver: Receiver) -> None:
    begin(world)
    key = record_key("openlineage", receiver.url)
    other = Feed(key, due=world.clock.now + HOLD_US, owner="another process")
    world.service.store.transact(lambda tx: tx.put_record(other.record()), ADA)
    tell = emitting(world, receiver)
    assert tell() == Emitted()
    world.clock.now += HOLD_US  # it is not heard of any more
    assert tell() == Emitted(1)


def test_who_was_taken_for_dead_stops(world: World, receiver: Receiver) -> None:
    begin(world)
    tell = emitting(world, receiver)
    feed = world.service.store.transact(tell._claim, ADA)
    assert feed is not None
    world.clock.now += HOLD_US
    assert emitting(world, receiver)() == Emitted(1)
    with pytest.raises(Conflict):
        tell._keep(feed)


def test_runs_that_came_in_by_events_are_not_told_back(world: World, receiver: Receiver) -> None:
    world.service.lineage_events.take(run_event("COMPLETE"), ADA)
    assert emitting(world, receiver)() == Emitted()


def test_a_new_reader_is_told_everything_from_the_beginning(world: World, receiver: Receiver) -> None:
    for number in range(450):
        world.service.run_log.log(LoggedRun("train", key=f"run-{number}", started=1, ended=2), ADA)
    assert emitting(world, receiver)() == Emitted(900)
    assert len({event["run"]["runId"] for event in receiver.events}) == 450
    assert emitting(world, receiver)() == Emitted()


@pytest.mark.parametrize(
    ("before", "now", "kinds"),
    [
        (None, RunState.PENDING, ()),
        (RunState.PENDING, RunState.STARTED, (EventType.START,)),
        (RunState.STARTED, RunState.STARTED, ()),
        (RunState.STARTED, RunState.PENDING, ()),
        (RunState.ERROR, RunState.STARTED, (EventType.START,)),
        (RunState.STARTED, RunState.ERROR, (EventType.FAIL,)),
        (None, RunState.SUCCESS, (EventType.START, EventType.COMPLETE)),
    ],
)
def test_what_a_change_of_state_is_told_by(
    before: RunState | None, now: RunState, kinds: tuple[EventType, ...]
) -> None:
    assert told_by(before, now) == frozenset(kinds)


@pytest.mark.parametrize(
    "url", ["", "file:///etc/passwd", "http://", "http://ada:secret@host/", "http://host:0/", "x y"]
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        Sender(url)
    assert caught.value.faults[0].field == "openlineage_url"
    assert "secret" not in str(caught.value)


def test_the_token_is_not_shown() -> None:
    assert "secret" not in repr(Sender("http://host", "secret"))
