"""Training tables and production streams."""

import hashlib
import threading
from pathlib import Path

import pytest

from arangovis.domain.errors import Conflict, IntegrityError, InvalidInput
from arangovis.domain.graph import Direction
from arangovis.services.datasets import REMEMBERED_US, Stored
from arangovis.services.verification import check_store
from arangovis.tabular import Rows, read_rows
from tests.unit.services.world import ADA, BOB, World

HEAD = "_id,embedding_0,embedding_1,score\n"
FIRST = HEAD + "r1,1,2,0.5\nr2,3,4,0.7\n"
SECOND = HEAD + "r3,5,6,0.1\n"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World.at(tmp_path)


def rows(text: str) -> Rows:
    return read_rows(text.encode(), "text/csv")


def append(world: World, text: str, key: str | None = None) -> Stored:
    return world.service.datasets.append_production(world.version(), rows(text), ADA, idempotency_key=key)


def production_rows(world: World) -> int:
    stream = world.service.datasets.production(world.version())
    return 0 if stream is None else stream.rows


# --- streams ------------------------------------------------------------------------------------------------------


def test_a_stream_grows_by_segments(world: World) -> None:
    assert world.service.datasets.production(world.version()) is None
    first, second = append(world, FIRST), append(world, SECOND)
    assert (first.rows, second.rows, first.node) == (2, 1, second.node)
    stream = world.service.datasets.production(world.version())
    assert stream is not None
    assert (stream.rows, stream.segments) == (3, 2)
    segments = world.service.datasets.segments(stream)
    assert [(segment.number, segment.rows) for segment in segments] == [(1, 2), (2, 1)]
    read = [Rows.from_parquet(world.service.blobs.read(segment.digest)).ids for segment in segments]
    assert read == [["r1", "r2"], ["r3"]]
    world.check()


def test_its_digest_is_a_chain_over_the_segments(world: World) -> None:
    append(world, FIRST)
    append(world, SECOND)
    stream = world.service.datasets.production(world.version())
    assert stream is not None
    chain = hashlib.sha256(b"").hexdigest()
    for segment in world.service.datasets.segments(stream):
        chain = hashlib.sha256((chain + segment.digest).encode()).hexdigest()
    assert stream.digest == chain


def test_a_manifest_is_that_of_the_moment_it_was_read(world: World) -> None:
    append(world, FIRST)
    stream = world.service.datasets.production(world.version())
    assert stream is not None
    append(world, SECOND)
    assert [segment.number for segment in world.service.datasets.segments(stream)] == [1]


def test_long_manifests_are_read_to_their_end(world: World) -> None:
    version, count = world.version(), 1203
    for number in range(count):
        data = rows(HEAD + f"r{number},1,2,0.5\n")
        world.service.datasets.append_production(version, data, ADA)
    stream = world.service.datasets.production(version)
    assert stream is not None
    numbers = [segment.number for segment in world.service.datasets.segments(stream)]
    assert numbers == list(range(1, count + 1))


def test_the_same_body_is_appended_once(world: World) -> None:
    first, again = append(world, FIRST), append(world, FIRST)
    assert (first.created, again.created, again.rows) == (True, False, 2)
    assert production_rows(world) == 2


def test_the_same_key_is_appended_once_and_other_rows_under_it_are_refused(world: World) -> None:
    assert append(world, FIRST, "k").created
    assert not append(world, FIRST, "k").created
    before = world.service.store.change_number()
    with pytest.raises(Conflict, match="Idempotency-Key"):
        append(world, SECOND, "k")
    assert world.service.store.change_number() == before
    assert production_rows(world) == 2


def test_the_same_body_under_another_key_is_other_traffic(world: World) -> None:
    assert append(world, FIRST, "k1").created
    assert append(world, FIRST, "k2").created
    assert production_rows(world) == 4


def test_a_body_that_came_with_a_key_is_a_repeat_without_one(world: World) -> None:
    assert append(world, FIRST, "k").created
    assert not append(world, FIRST).created
    assert not append(world, FIRST, "").created
    assert production_rows(world) == 2


def test_a_body_that_came_without_a_key_is_other_traffic_with_one(world: World) -> None:
    assert append(world, FIRST).created
    assert append(world, FIRST, "k").created
    assert production_rows(world) == 4


def test_no_key_is_mistaken_for_a_body(world: World) -> None:
    body = rows(FIRST).body_digest
    assert append(world, SECOND, f"body {body}").created
    assert append(world, SECOND, body).created
    assert append(world, FIRST).created


def test_keys_are_remembered_for_a_week(world: World) -> None:
    append(world, FIRST, "k")
    world.clock.now += REMEMBERED_US
    assert not append(world, FIRST, "k").created
    world.clock.now += 1
    assert append(world, SECOND, "k").created
    assert production_rows(world) == 3


def test_made_ids_do_not_make_a_repeat_another_body(world: World) -> None:
    text = "embedding_0,embedding_1\n1,2\n"
    assert append(world, text).created
    assert not append(world, text).created


def test_many_threads_leave_no_hole_in_the_manifest(world: World) -> None:
    version = world.version()
    texts = [HEAD + f"r{number},1,2,0.5\n" for number in range(20)]

    def send(text: str) -> None:
        world.service.datasets.append_production(version, rows(text), ADA)

    threads = [threading.Thread(target=send, args=(text,)) for text in texts * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert production_rows(world) == 20
    world.check()


def test_types_must_go_together(world: World) -> None:
    append(world, HEAD + "r1,1,2,\n")
    append(world, HEAD + "r2,1,2,1\n")
    append(world, HEAD + "r3,1,2,0.5\n")
    before = world.service.store.change_number()
    with pytest.raises(InvalidInput, match="score: is text here, but number in the rows before"):
        append(world, HEAD + "r4,1,2,high\n")
    assert world.service.store.change_number() == before
    stream = world.service.store.get(append(world, HEAD.replace("\n", ",more\n") + "r5,1,2,1,x\n").node)
    columns = stream.attributes["columns"]
    assert isinstance(columns, dict)
    assert (columns["score"], columns["more"]) == ("number", "text")
    world.check()


def test_the_embedding_must_fit_the_signature(world: World) -> None:
    with pytest.raises(InvalidInput, match="embedding: has 3 dimensions; the signature says 2"):
        append(world, "embedding_0,embedding_1,embedding_2\n1,2,3\n")
    with pytest.raises(InvalidInput, match="embedding: is missing"):
        append(world, "score\n1\n")
    assert world.service.datasets.production(world.version()) is None


def test_a_free_dimension_is_fixed_by_the_first_rows(world: World) -> None:
    version = world.version(dimension=-1)
    send = world.service.datasets.append_production
    send(version, rows("embedding_0,embedding_1,embedding_2\n1,2,3\n"), ADA)
    with pytest.raises(InvalidInput, match="embedding of 2 here, but embedding of 3"):
        send(version, rows("embedding_0,embedding_1\n1,2\n"), ADA)


def test_appending_is_on_record(world: World) -> None:
    world.service.datasets.append_production(world.version(), rows(FIRST), ADA)
    node = world.service.datasets.append_production(world.version(), rows(SECOND), BOB).node
    assert [version.version.actor for version in world.service.store.history(node)] == ["ada", "bob"]
    assert [version.attributes["rows"] for version in world.service.store.history(node)] == [2, 3]


# --- training data ------------------------------------------------------------------------------------------------


def put(world: World, text: str) -> Stored:
    data = read_rows(text.encode(), "text/csv", stable_ids=True)
    return world.service.datasets.put_training(world.version(), data, ADA)


def test_the_same_training_rows_change_nothing(world: World) -> None:
    first = put(world, "embedding_0,embedding_1\n1,2\n")
    before = world.service.store.change_number()
    again = put(world, "embedding_0,embedding_1\n1,2\n")
    assert (first.created, again.created, again.node) == (True, False, first.node)
    assert world.service.store.change_number() == before
    world.check()


def test_other_training_rows_succeed_the_earlier_ones(world: World) -> None:
    first, second = put(world, FIRST), put(world, SECOND)
    edges = world.service.store.edges_of((first.node,), Direction.DOWNSTREAM, ("succeeded_by",))
    assert [edge.id.target for edge in edges] == [second.node]
    current = world.service.datasets.training(world.version())
    assert current is not None
    assert (current.id, current.rows) == (second.node, 1)
    kept = world.service.datasets.find(first.node)
    assert kept is not None
    assert kept.rows == 2
    world.check()


def test_training_rows_may_come_back_into_force(world: World) -> None:
    first, _, third = put(world, FIRST), put(world, SECOND), put(world, FIRST)
    assert (third.node, third.created) == (first.node, False)
    current = world.service.datasets.training(world.version())
    assert current is not None
    assert current.id == first.node
    world.check()


def test_training_rows_must_fit_the_signature_but_need_no_embedding(world: World) -> None:
    with pytest.raises(InvalidInput, match="dimensions"):
        put(world, "embedding_0,embedding_1,embedding_2\n1,2,3\n")
    assert put(world, "score\n1\n").created


def test_training_and_production_of_the_same_rows_share_their_bytes(world: World) -> None:
    put(world, FIRST)
    append(world, FIRST)
    assert len(list(world.service.artifacts.blobs())) == 1
    world.check()


def test_bytes_that_are_gone_or_damaged_are_noticed(world: World) -> None:
    append(world, FIRST)
    stream = world.service.datasets.production(world.version())
    assert stream is not None
    (segment,) = world.service.datasets.segments(stream)
    world.service.artifacts.remove(segment.digest)
    with pytest.raises(IntegrityError):
        world.service.blobs.read(segment.digest)
    assert [problem.code for problem in check_store(world.service.store, world.service.artifacts)] == ["missing-blob"]
