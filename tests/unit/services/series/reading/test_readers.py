from pathlib import Path

import pytest

from arangovis.domain.errors import Gone, InvalidInput
from arangovis.domain.graph import Caller
from arangovis.services.series.reading.many import ManyQuestion
from arangovis.services.series.reading.question import SeriesQuestion
from arangovis.services.series.reading.readers import EXPIRES_AFTER_US, READER, Readers
from tests.unit.services.world import World

CALLER = Caller("ada")


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World.at(tmp_path)


def test_a_reader_stands_where_it_stood(world: World) -> None:
    readers = Readers(world.service.store)
    first = readers.advance(readers.new("q"), {"run": "cursor"}, CALLER)
    found = readers.find(first.token)
    assert (found.cursors, found.question, found.token) == ({"run": "cursor"}, "q", first.token)
    second = readers.advance(found, {"run": "later", "other": "new"}, CALLER)
    assert readers.find(first.token).cursors == {"run": "cursor"}  # the second answer may have been lost
    assert readers.find(second.token).cursors == {"run": "later", "other": "new"}
    third = readers.advance(readers.find(second.token), {}, CALLER)
    assert readers.find(third.token).cursors == {}
    with pytest.raises(Gone):
        readers.find(first.token)


def test_a_reader_that_asks_no_more_is_forgotten(world: World) -> None:
    from arangovis.services.housekeeping import Housekeeping

    store = world.service.store
    readers = Readers(store)
    token = readers.advance(readers.new("q"), {}, CALLER).token
    world.clock.now += EXPIRES_AFTER_US
    assert readers.find(token)
    world.clock.now += 1_000_000
    with pytest.raises(Gone):
        readers.find(token)
    Housekeeping(store, world.service.blobs)()
    assert store.records(READER) == []


def test_a_poll_that_finds_nothing_keeps_the_reader(world: World) -> None:
    many = world.service.series_reading.many
    question = ManyQuestion(SeriesQuestion(fields=("step",)), keep=True)
    token = many.rows(many.look(question), CALLER).facts.token
    for _ in range(3):
        world.clock.now += EXPIRES_AFTER_US * 3 // 4
        answer = many.rows(many.look(ManyQuestion(SeriesQuestion(fields=("step",)), token=token)), CALLER)
        assert answer.runs == ()
        assert answer.facts.token == token


@pytest.mark.parametrize("token", ["", "x", "0" * 32, "0" * 32 + ".", "0" * 32 + ".-1", "Z" * 32 + ".1"])
def test_what_is_no_token(world: World, token: str) -> None:
    with pytest.raises(InvalidInput):
        Readers(world.service.store).find(token)


def test_a_token_that_nobody_has(world: World) -> None:
    with pytest.raises(Gone):
        Readers(world.service.store).find("0" * 32 + ".1")
