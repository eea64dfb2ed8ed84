"""Chunks: taken whole, once, in any order, or refused with every fault."""

from pathlib import Path

import pyarrow as pa
import pytest

from arangovis.domain.errors import Conflict, InvalidInput, NotFound, RunGone, RunReplaced
from arangovis.domain.graph import Direction, Walk
from arangovis.domain.ids import NodeId
from arangovis.services.series import appending
from arangovis.services.series.aiming import Sent
from arangovis.services.series.fields import FieldChange
from arangovis.services.verification import check_store
from tests.unit.services.series.logged import KINDS, PROJECT, LoggingWorld, curves, rows
from tests.unit.services.world import ADA


@pytest.fixture
def world(tmp_path: Path) -> LoggingWorld:
    return LoggingWorld.open(tmp_path)


def expected(count: int) -> dict[str, list[object]]:
    return {name: values[:count].tolist() for name, values in curves().items()}


def test_rows_come_back_as_they_were_logged(world: LoggingWorld) -> None:
    append = world.send(0, rows(0, 60))
    assert append.created
    assert append.stored.rows == 60
    found = world.read()
    assert {name: found[name] for name in KINDS} == expected(60)
    (head,) = world.service.series.log.heads(append.stored.series_data)
    assert (head.next, head.rows) == (1, 60)
    by_name = dict(zip(sorted(KINDS), head.statistics, strict=True))
    assert (by_name["step"].minimum, by_name["step"].maximum, by_name["step"].count) == (0, 59, 60)


def test_a_chunk_again_changes_nothing_and_other_content_is_refused(world: LoggingWorld) -> None:
    assert world.send(0).created
    assert not world.send(0).created
    with pytest.raises(Conflict, match="chunk 0 of logger 'rank-0' was sent before with other content"):
        world.send(0, rows(5, 6))
    assert world.read()["step"] == [0]


def test_readers_see_what_has_nothing_missing_before_it(world: LoggingWorld) -> None:
    world.send(0)
    for sequence in (3, 2, 5):
        world.send(sequence)
    assert world.read()["step"] == [0]
    world.send(1)
    assert world.read()["step"] == [0, 1, 2, 3]
    world.send(4)
    assert world.read()["step"] == [0, 1, 2, 3, 4, 5]
    assert world.read({"rank-0": 4})["step"] == [4, 5]
    assert world.read({"rank-0": 6}) == {}


def test_each_logger_has_a_sequence_of_its_own(world: LoggingWorld) -> None:
    world.send(0, rows(0, 2), logger="rank-0")
    world.send(0, rows(2, 4), logger="rank-1")
    assert world.read()["step"] == [0, 1, 2, 3]


def test_a_chunk_without_rows_takes_a_place(world: LoggingWorld) -> None:
    world.send(0, rows(0, 1))
    world.send(2, rows(2, 3))
    world.send(1, rows(0, 0))
    assert world.read()["step"] == [0, 2]


def test_a_large_chunk_is_a_blob_that_is_kept(world: LoggingWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(appending, "INLINE_BYTES_MAX", 100)
    append = world.send(0, rows(0, 60))
    assert not world.send(0, rows(0, 60)).created
    (chunk,) = world.service.series.log.chunks(append.stored.series_data)
    assert chunk.blob is not None
    record = world.service.store.record("blob", chunk.blob)
    assert record is not None
    assert record.group == "kept"
    assert world.read()["step"] == list(range(60))
    assert check_store(world.service.store, world.service.artifacts) == []


def test_a_curve_has_an_origin(world: LoggingWorld) -> None:
    data = world.send(0).stored.series_data
    walk = Walk((data,), Direction.UPSTREAM, frozenset({"generated"}), 2, 10)
    assert {visit.node.id for visit in world.service.store.walk(walk).visits} == {data, world.run}


# --- refusals -----------------------------------------------------------------------------------------------------


def refused(world: LoggingWorld, table: pa.Table, **where: object) -> list[str]:
    """Return the fields at fault of a chunk that is refused, of which nothing is stored."""
    before = world.service.store.change_number()
    with pytest.raises(InvalidInput) as raised:
        world.send(0, table, **where)
    assert world.service.store.change_number() == before
    assert list(world.service.store.records("chunk")) == []
    return [fault.field for fault in raised.value.faults]


def test_a_series_takes_exactly_its_fields(world: LoggingWorld) -> None:
    service = world.service.series
    for name, kind in KINDS.items():
        service.fields.create(PROJECT, name, kind, ADA)
    service.definitions.create(PROJECT, "training", list(KINDS), ADA)
    whole = rows(0, 3)
    assert refused(world, whole.drop(["loss"]), series="training") == ["loss"]
    extra = whole.append_column("more", pa.array([1, 2, 3])).drop(["step"])
    assert refused(world, extra, series="training") == ["more", "step"]
    nothing = whole.set_column(0, "step", pa.array([1, None, 3]))
    assert refused(world, nothing, series="training") == ["step"]
    assert world.send(0, whole.select(["loss", "step", "accuracy"]), series="training").created
    with pytest.raises(NotFound, match="no series 'testing'"):
        world.send(0, whole, series="testing")


def test_strict_refuses_unknown_fields_and_lists_them(world: LoggingWorld) -> None:
    assert refused(world, rows(0, 1), strict=True) == ["step", "loss", "accuracy"]


def test_all_wrong_kinds_are_listed(world: LoggingWorld) -> None:
    for name, kind in KINDS.items():
        world.service.series.fields.create(PROJECT, name, kind, ADA)
    wrong = pa.table({"step": [0.5], "loss": ["low"], "accuracy": [1]})
    assert refused(world, wrong) == ["accuracy", "loss", "step"][1:]


def test_new_fields_that_are_of_no_kind_are_listed(world: LoggingWorld) -> None:
    assert refused(world, pa.table({"a": [[1]], "b": [{"c": 1}], "d": [1]})) == ["a", "b"]


def test_lists_are_fitted_to_the_fields_there_are(world: LoggingWorld) -> None:
    appending_ = world.service.series.appending
    sent = Sent(world.run, "rank-0", 0)
    with pytest.raises(InvalidInput) as raised:
        appending_.append_lists(sent, {"step": [1, 2, 3], "loss": [1.0] * 5}, ADA)
    assert [fault.field for fault in raised.value.faults] == ["step", "loss"]
    appending_.append_lists(sent, {"step": [1, 2], "loss": [0.5, 0.5]}, ADA)
    appending_.append_lists(Sent(world.run, "rank-0", 1), {"step": [3], "loss": ["Infinity"]}, ADA)
    assert world.read() == {"loss": [0.5, 0.5, float("inf")], "step": [1, 2, 3]}


@pytest.mark.parametrize("logger", ["", "a b", "x" * 65, "a.b", "é"])
def test_a_logger_has_a_plain_name(world: LoggingWorld, logger: str) -> None:
    assert refused(world, rows(0, 1), logger=logger) == ["logger"]


def test_what_is_sent_to_no_run_is_refused(world: LoggingWorld) -> None:
    with pytest.raises(NotFound):
        world.send(0, run=NodeId("run", "nobody"))
    with pytest.raises(RunReplaced, match="is of generation 0, not 1"):
        world.send(0, generation=1)
    world.send(0, generation=0)
    world.service.store.transact(lambda tx: tx.delete(world.run, force=True), ADA)
    with pytest.raises(RunGone, match="was deleted"):
        world.send(1)


def test_a_field_renamed_between_chunks_changes_nothing_for_who_reads(world: LoggingWorld) -> None:
    world.send(0)
    fields = world.service.series.fields
    loss = fields.named(world.logged()[0].data.project, ["loss"])["loss"]
    fields.change(loss.node, FieldChange(name="zz"), ADA)
    world.send(1, rows(1, 2).rename_columns(["step", "zz", "accuracy"]))
    assert world.read()["zz"] == expected(2)["loss"]
    assert len(world.logged()) == 1
