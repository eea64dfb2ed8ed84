"""Merging and dropping: the rows stay the same, however they lie, and whoever stops on the way."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from arangovis.domain.errors import Conflict
from arangovis.domain.ids import NodeId
from arangovis.domain.series import SeriesData
from arangovis.series.codec import Form
from arangovis.services.blobs import STAGED_FOR_US
from arangovis.services.housekeeping import Housekeeping
from arangovis.services.series import appending, chunk_log, merging, upkeep
from arangovis.services.series.chunks import Chunk
from arangovis.services.series.release import delete_series_data
from arangovis.services.verification import check_store
from tests.unit.services.series.logged import LoggingWorld, rows
from tests.unit.services.world import ADA


@pytest.fixture
def world(tmp_path: Path) -> LoggingWorld:
    return LoggingWorld.open(tmp_path)


def chunks(world: LoggingWorld) -> list[Chunk]:
    return list(world.service.series.log.chunks(data_of(world)))


def data_of(world: LoggingWorld) -> NodeId:
    return world.logged()[0].data.node


def problems(world: LoggingWorld) -> list[object]:
    return list(check_store(world.service.store, world.service.artifacts))


def test_one_row_chunks_become_one(world: LoggingWorld) -> None:
    for sequence in range(20):
        world.send(sequence)
    before = world.read()
    world.keep_house()
    (merged,) = chunks(world)
    assert (merged.first, merged.last, merged.rows, merged.form) == (0, 19, 20, Form.TABLE)
    assert world.read() == before
    for since in range(21):
        assert world.read({"rank-0": since}).get("step", []) == list(range(since, 20))
    assert problems(world) == []


def test_a_chunk_that_was_merged_is_still_known(world: LoggingWorld) -> None:
    for sequence in range(5):
        world.send(sequence, rows(2 * sequence, 2 * sequence + 2))
    world.keep_house()
    assert not world.send(3, rows(6, 8)).created
    with pytest.raises(Conflict):
        world.send(3, rows(7, 9))
    with pytest.raises(Conflict):
        world.send(3, rows(6, 7))
    assert world.read()["step"] == list(range(10))


def test_nothing_is_merged_that_readers_do_not_see(world: LoggingWorld) -> None:
    for sequence in (0, 1, 3):
        world.send(sequence)
    world.keep_house()
    assert world.read()["step"] == [0, 1]
    world.send(2)
    assert world.read()["step"] == [0, 1, 2, 3]
    world.keep_house()
    assert world.read()["step"] == [0, 1, 2, 3]
    assert problems(world) == []


def test_what_is_merged_again_is_not_much_larger(world: LoggingWorld) -> None:
    written = 0
    for sequence in range(60):
        world.send(sequence)
        world.keep_house()
        written += chunks(world)[-1].rows
    assert len(chunks(world)) <= 7
    assert written < 60 * 7
    assert world.read()["step"] == list(range(60))


def test_many_loose_chunks_are_merged_without_waiting(world: LoggingWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunk_log, "MERGE_AT", 10)
    for sequence in range(9):
        world.send(sequence)
    assert world.service.series.upkeep().before == 0
    world.send(9)
    assert world.service.series.upkeep().before == 10
    assert world.service.series.upkeep().before == 0


def test_who_appends_merges_where_nobody_else_does(world: LoggingWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(appending, "MERGE_HERE_AT", 10)
    for sequence in range(35):
        world.send(sequence)
        assert world.service.series.log.heads(data_of(world))[0].loose < 10
    assert world.read()["step"] == list(range(35))
    assert problems(world) == []


def test_damaged_rows_are_put_off_and_do_not_stop_others(world: LoggingWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(appending, "INLINE_BYTES_MAX", 0)
    for sequence in range(3):
        world.send(sequence)
    blob = chunks(world)[1].blob
    assert blob is not None
    world.service.artifacts.remove(blob)
    other = world.new_run()
    for sequence in range(3):
        world.send(sequence, run=other)
    world.clock.now += 600_000_000
    kept = world.service.series.upkeep()
    assert (kept.before, kept.after, kept.put_off) == (3, 1, 1)
    housekeeping = Housekeeping(world.service.store, world.service.blobs)
    assert not housekeeping.series_is_due()
    world.clock.now += upkeep.PUT_OFF_US
    assert housekeeping.series_is_due()
    assert {problem.code for problem in check_store(world.service.store, world.service.artifacts)} == {"missing-blob"}


def test_rounds_have_limits(world: LoggingWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merging, "CHUNKS_MAX", 4)
    monkeypatch.setattr(merging, "ROWS_MAX", 6)
    for sequence in range(20):
        world.send(sequence)
    world.keep_house()
    assert max(chunk.rows for chunk in chunks(world)) <= 6
    assert world.read()["step"] == list(range(20))
    assert problems(world) == []


def test_large_tables_are_blobs_and_dropped_ones_are_swept(
    world: LoggingWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merging, "INLINE_BYTES_MAX", 100)
    for sequence in range(10):
        world.send(sequence)
    world.keep_house()
    (first,) = chunks(world)
    for sequence in range(10, 20):
        world.send(sequence)
    world.keep_house()
    (second,) = chunks(world)
    assert first.blob is not None
    assert second.blob is not None
    blobs = world.service.blobs
    assert blobs.exists(first.blob)  # who read the chunk before has a day
    world.clock.now += STAGED_FOR_US + 1
    blobs.sweep(ADA)
    assert not blobs.exists(first.blob)
    assert world.read()["step"] == list(range(20))
    assert problems(world) == []


def test_a_merge_that_lost_the_race_changes_nothing(world: LoggingWorld) -> None:
    for sequence in range(10):
        world.send(sequence)
    log, data = world.service.series.log, data_of(world)
    (head,) = log.heads(data)
    old = list(log.chunks(data))
    world.keep_house()
    merged = chunks(world)
    assert not world.service.store.transact(lambda tx: log.put_merged(tx, old, old[0], head), ADA)
    assert chunks(world) == merged


def test_a_merge_that_was_killed_before_its_action_leaves_all_as_it_was(
    world: LoggingWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merging, "INLINE_BYTES_MAX", 0)
    for sequence in range(10):
        world.send(sequence)
    log = world.service.series.log
    with monkeypatch.context() as patched:
        patched.setattr(type(log), "put_merged", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            world.keep_house()
    assert world.read()["step"] == list(range(10))
    assert problems(world) == []
    world.keep_house()
    assert len(chunks(world)) == 1
    assert world.read()["step"] == list(range(10))


def test_a_merge_that_another_overtook_stops_and_changes_nothing(world: LoggingWorld) -> None:
    for sequence in range(10):
        world.send(sequence)
    world.keep_house()
    for sequence in range(10, 20):
        world.send(sequence)
    overtaken = world.service.series.log.heads(data_of(world))[0]
    assert (overtaken.merged, overtaken.next) == (10, 20)
    world.keep_house()
    store, fields = world.service.store, SeriesData.of(world.service.store.get(data_of(world))).fields
    late = merging.Merging(store, world.service.blobs, world.service.series.log)
    assert late.merge(overtaken, fields, ADA) == merging.Merged()
    assert [chunk.rows for chunk in chunks(world)] == [20]
    assert world.read()["step"] == list(range(20))
    assert problems(world) == []


def test_merging_beside_writers_and_readers_loses_nothing(world: LoggingWorld) -> None:
    world.send(0)

    def write(_: int) -> int:
        return sum(world.send(sequence).created for sequence in range(1, 60))

    def keep(_: int) -> int:
        for _round in range(30):
            world.service.series.upkeep.look_at(data_of(world))
            found = world.read()["step"]
            assert found == list(range(len(found)))
        return 0

    with ThreadPoolExecutor(4) as pool:
        written = pool.map(write, range(2))
        list(pool.map(keep, range(2)))
        assert sum(written) == 59
    assert world.read()["step"] == list(range(60))
    assert problems(world) == []


def test_the_rows_of_a_deleted_run_are_dropped(world: LoggingWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merging, "INLINE_BYTES_MAX", 100)
    for sequence in range(10):
        world.send(sequence)
    world.keep_house()
    world.send(10)
    data, blob = data_of(world), chunks(world)[0].blob

    def delete(transaction: chunk_log.Transaction) -> None:
        delete_series_data(transaction, world.run)
        transaction.delete(world.run, force=True)

    world.service.store.transact(delete, ADA)
    assert world.logged() == ()
    assert world.service.series.upkeep().dropped == 2
    assert list(world.service.store.records("chunk")) == []
    assert list(world.service.store.records("series_head")) == []
    assert world.service.store.get(data).version.deleted
    world.clock.now += STAGED_FOR_US + 1
    world.service.blobs.sweep(ADA)
    assert blob is not None
    assert not world.service.blobs.exists(blob)
    assert problems(world) == []


def test_verification_tells_missing_rows_and_rows_of_nobody(world: LoggingWorld) -> None:
    for sequence in range(3):
        world.send(sequence)
    key = chunks(world)[1].record().key
    world.service.store.transact(lambda tx: tx.remove_record("chunk", key), ADA)
    stray = world.service.series.log.heads(data_of(world))[0].record()
    world.service.store.transact(
        lambda tx: tx.put_record(type(stray)("series_head", "f" * 32 + ".x", "f" * 32, 0, stray.data)), ADA
    )
    assert sorted(problem.code for problem in check_store(world.service.store, world.service.artifacts)) == [
        "broken-rows",
        "rows-without-series",
    ]
