import random
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from sklearn.datasets import load_breast_cancer, load_digits

from arangovis.domain.errors import InvalidFilter, InvalidInput, NotFound, RunGone
from arangovis.domain.ids import NodeId
from arangovis.domain.series import FieldKind
from arangovis.series.cursors import Cursor
from arangovis.services.series.merging import Merging
from arangovis.services.series.reading import reading, states
from arangovis.services.series.reading.question import SeriesQuestion
from arangovis.services.series.reading.reading import PartialReason
from tests.unit.services.series.reading.conftest import CALLER, Bench

CANCER = load_breast_cancer().data
RADIUS, TEXTURE = CANCER[:, 0], CANCER[:, 1].astype(np.float32)
BOTH = SeriesQuestion(fields=("step", "radius"))


def columns(begin: int, end: int) -> dict[str, Any]:
    return {"step": np.arange(begin, end), "radius": RADIUS[begin:end], "texture": TEXTURE[begin:end]}


def logged(bench: Bench, *, chunk: int = 100) -> NodeId:
    run = bench.run()
    for sequence, begin in enumerate(range(0, 569, chunk)):
        bench.append(run, sequence, columns(begin, min(569, begin + chunk)))
    return run


@pytest.mark.parametrize("chunk", [1, 7, 569])
def test_all_rows_of_two_fields(bench: Bench, chunk: int) -> None:
    run = logged(bench, chunk=chunk)
    answer = bench.read(run, BOTH)
    assert answer.table.column_names == ["step", "radius"]
    assert answer.table["step"].to_numpy().tolist() == list(range(569))
    assert (answer.table["radius"].to_numpy() == RADIUS).all()
    assert (answer.rows, answer.of_points, answer.restart, answer.partial_reasons) == (569, 569, False, ())


def test_only_what_is_new(bench: Bench) -> None:
    run = bench.run()
    bench.append(run, 0, columns(0, 50))
    first = bench.read(run, BOTH)
    bench.append(run, 1, columns(50, 60))
    bench.append(run, 3, columns(70, 80))  # before the one that it follows
    second = bench.read(run, BOTH, first.cursor)
    assert second.table["step"].to_pylist() == list(range(50, 60))
    bench.append(run, 2, columns(60, 70))
    third = bench.read(run, BOTH, second.cursor)
    assert third.table["step"].to_pylist() == list(range(60, 80))
    nothing = bench.read(run, BOTH, third.cursor)
    assert (nothing.rows, nothing.cursor, nothing.restart) == (0, third.cursor, False)
    assert nothing.table.schema.names == ["step", "radius"]


def test_a_glance_tells_whether_there_is_anything_new(bench: Bench) -> None:
    run = logged(bench)
    look = bench.reading.look(run, BOTH)
    answer = bench.reading.rows(look)
    after = bench.reading.look(run, BOTH, Cursor.of(answer.cursor))
    assert look.is_new
    assert not after.is_new
    assert after.tag == look.tag
    bench.append(run, 6, columns(0, 1))
    assert bench.reading.look(run, BOTH).tag != look.tag
    assert bench.reading.look(run, BOTH, Cursor.of(answer.cursor)).is_new


def test_four_writers_out_of_order_and_a_poller(bench: Bench) -> None:
    rng = random.Random(3)
    run = bench.run()
    todo = [(logger, sequence) for logger in "abcd" for sequence in range(30)]
    rng.shuffle(todo)
    seen, cursor = [], None
    for place, (logger, sequence) in enumerate(todo):
        bench.append(run, sequence, {"id": [f"{logger}{sequence}.{row}" for row in range(3)]}, logger=logger)
        if place % 11 == 0:
            answer = bench.read(run, SeriesQuestion(fields=("id",)), cursor)
            assert not answer.restart
            seen += answer.table["id"].to_pylist()
            cursor = answer.cursor
    seen += bench.read(run, SeriesQuestion(fields=("id",)), cursor).table["id"].to_pylist()
    whole = bench.read(run, SeriesQuestion(fields=("id",))).table["id"].to_pylist()
    assert len(whole) == 4 * 30 * 3
    assert sorted(seen) == sorted(whole)
    assert whole == [f"{logger}{s}.{row}" for logger in "abcd" for s in range(30) for row in range(3)]


def test_merging_chunks_changes_nothing_for_readers(bench: Bench) -> None:
    run = bench.run()
    for sequence in range(40):
        bench.append(run, sequence, columns(sequence * 10, sequence * 10 + 10))
    parts = [bench.read(run, BOTH)]
    partly = Cursor.of(parts[0].cursor)
    ((key, prefix),) = partly.read.items()
    middle = Cursor(partly.generation, {key: {"a": prefix["a"] - 17}}, partly.question).text()
    before = bench.read(run, BOTH, middle).table
    (data,) = bench.data.of_run(run, 0)
    merging = Merging(bench.store, bench.blobs, bench.log)
    (head,) = bench.log.heads(data.data.node)
    merging.merge(head, data.data.fields, CALLER)
    assert len(list(bench.log.chunks(data.data.node))) < 40
    assert bench.read(run, BOTH, middle).table.equals(before)
    assert before["step"].to_pylist() == list(range(230, 400))
    assert bench.read(run, BOTH).table.equals(parts[0].table)


def test_the_series_that_have_all_fields(bench: Bench) -> None:
    run = bench.run()
    bench.append(run, 0, {"step": [0, 1], "loss": [1.0, 2.0]})
    bench.append(run, 0, {"step": [2], "loss": [3.0], "accuracy": [0.5]})
    bench.append(run, 0, {"step": [9], "accuracy": [0.7]})
    answer = bench.read(run, SeriesQuestion(fields=("step", "loss")))
    assert sorted(zip(*(answer.table[name].to_pylist() for name in ("step", "loss")), strict=True)) == [
        (0, 1.0),
        (1, 2.0),
        (2, 3.0),
    ]
    assert bench.read(run, SeriesQuestion(fields=("accuracy",))).rows == 2


def test_a_named_series(bench: Bench) -> None:
    for name in ("step", "loss", "other"):
        bench.fields.create("p", name, FieldKind.FLOAT, CALLER)
    bench.definitions.create("p", "training", ["step", "loss"], CALLER)
    run = bench.run()
    question = SeriesQuestion("training")
    empty = bench.read(run, question)
    assert (empty.rows, set(empty.table.column_names)) == (0, {"step", "loss"})
    bench.append(run, 0, {"step": [1.0], "loss": [0.5]}, series="training")
    after = bench.read(run, question, empty.cursor)
    assert after.table.to_pylist() == [{"step": 1.0, "loss": 0.5}]
    assert not after.restart
    with pytest.raises(InvalidInput, match="'other' is not a field of this series"):
        bench.read(run, SeriesQuestion("training", fields=("other",)))
    with pytest.raises(NotFound):
        bench.read(run, SeriesQuestion("testing"))


def test_names_that_are_no_fields_are_all_told(bench: Bench) -> None:
    run = logged(bench)
    question = SeriesQuestion(fields=("step", "colour", "size"))
    open_yet = bench.read(run, question)
    assert (open_yet.rows, open_yet.unknown) == (0, ("colour", "size"))
    bench.change(run, state="SUCCESS")
    with pytest.raises(InvalidInput) as caught:
        bench.read(run, question)
    assert [fault.problem for fault in caught.value.faults] == [
        "there is no field 'colour'",
        "there is no field 'size'",
    ]


def test_a_renamed_field_is_read_by_its_new_name(bench: Bench) -> None:
    from arangovis.services.series.fields import FieldChange

    run = logged(bench)
    first = bench.read(run, BOTH)
    field = bench.fields.named(bench.project, ["radius"])["radius"]
    bench.fields.change(field.node, FieldChange(name="mean radius"), CALLER)
    answer = bench.read(run, SeriesQuestion(fields=("step", "mean radius")))
    assert answer.table["mean radius"].equals(first.table["radius"])


def test_attributes_are_in_every_row(bench: Bench) -> None:
    run = logged(bench)
    seed = bench.fields.create("p", "seed", FieldKind.INT, CALLER).field
    word = bench.fields.create("p", "word", FieldKind.TEXT, CALLER).field
    bench.change(run, field_values={seed.node.key: 7, word.node.key: "baseline"})
    answer = bench.read(run, SeriesQuestion(fields=("radius", "seed"), attributes=("word",)))
    assert answer.table["seed"].to_pylist() == [7] * 569
    assert answer.table.schema.field("seed").type == pa.int64()
    assert answer.table["word"].to_pylist()[:1] == ["baseline"]
    assert bench.read(run, SeriesQuestion(fields=("radius",), filter="seed = 7 and radius > 20")).rows == int(
        (RADIUS > 20).sum()
    )
    assert bench.read(run, SeriesQuestion(fields=("radius",), filter="seed = 8")).rows == 0


def test_another_value_of_an_attribute_begins_again(bench: Bench) -> None:
    run = logged(bench)
    seed = bench.fields.create("p", "seed", FieldKind.INT, CALLER).field
    bench.change(run, field_values={seed.node.key: 7})
    question = SeriesQuestion(fields=("radius",), filter="seed = 8")
    first = bench.read(run, question)
    bench.change(run, field_values={seed.node.key: 8})
    second = bench.read(run, question, first.cursor)
    assert (first.rows, second.rows, second.restart) == (0, 569, True)


def test_filters_on_fields_that_are_not_answered(bench: Bench) -> None:
    run = logged(bench)
    answer = bench.read(run, SeriesQuestion(fields=("texture",), filter="radius >= 15 and step < 300"))
    chosen = (RADIUS >= 15) & (np.arange(569) < 300)
    assert answer.table.column_names == ["texture"]
    assert answer.table["texture"].to_pylist() == TEXTURE[chosen].tolist()
    assert bench.read(run, SeriesQuestion(fields=("texture",), filter="nothing = 1")).rows == 0


def test_rows_in_order_of_a_field(bench: Bench) -> None:
    run = logged(bench)
    answer = bench.read(run, SeriesQuestion(fields=("step",), order="radius"))
    assert answer.table["step"].to_pylist() == np.argsort(RADIUS, kind="stable").tolist()


def test_thinned_out_it_says_of_how_many(bench: Bench) -> None:
    run = bench.run()
    pixels = load_digits().data.reshape(-1)
    bench.append(run, 0, {"step": np.arange(len(pixels)), "grey": pixels})
    answer = bench.read(run, SeriesQuestion(fields=("step", "grey"), decimate=500, x="step"))
    assert answer.of_points == len(pixels)
    assert 400 < answer.rows <= 500
    assert answer.table["grey"].to_numpy().max() == pixels.max()
    other = bench.reading.look(run, SeriesQuestion(fields=("step", "grey"), decimate=600, x="step"))
    assert other.tag != bench.reading.look(run, SeriesQuestion(fields=("step", "grey"), decimate=500, x="step")).tag


# --- moving means -------------------------------------------------------------------------------------------------


def in_order(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return sorted((tuple(row.values()) for row in rows), key=repr)


@pytest.mark.parametrize("forget", [False, True])
@pytest.mark.parametrize("order", [None, "step"])
def test_means_over_many_polls_are_those_of_one(
    bench: Bench, forget: bool, order: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(states, "KEPT_BYTES_MAX", 0 if forget else 1 << 20)
    run = bench.run()
    question = SeriesQuestion(fields=("step", "radius"), window=7, stride=3, order=order)
    rows, cursor = [], None
    for sequence, begin in enumerate(range(0, 569, 13)):
        bench.append(run, sequence, columns(begin, min(569, begin + 13)))
        answer = bench.read(run, question, cursor)
        assert not answer.restart
        rows += answer.table.to_pylist()
        cursor = answer.cursor
    whole = bench.read(run, question)
    assert in_order(rows) == in_order(whole.table.to_pylist())
    wanted = [RADIUS[max(0, end - 7) : end].mean() for end in range(3, 570, 3)]
    np.testing.assert_allclose(whole.table["radius"].to_numpy(), wanted, rtol=1e-12)


def test_late_rows_begin_the_means_again(bench: Bench) -> None:
    run = bench.run()
    question = SeriesQuestion(fields=("radius",), window=5, order="step")
    bench.append(run, 0, columns(0, 50))
    bench.append(run, 0, columns(100, 150), logger="b")
    first = bench.read(run, question)
    bench.append(run, 1, columns(50, 100))
    second = bench.read(run, question, first.cursor)
    assert (second.restart, second.rows) == (True, 150)
    assert second.table.equals(bench.read(run, question).table)
    bench.append(run, 1, columns(150, 160), logger="b")
    third = bench.read(run, question, second.cursor)
    assert (third.restart, third.rows) == (False, 10)


def test_loggers_are_averaged_apart_without_an_order(bench: Bench) -> None:
    run = bench.run()
    for logger, level in (("a", 0.0), ("b", 100.0)):
        bench.append(run, 0, {"v": np.full(20, level)}, logger=logger)
    answer = bench.read(run, SeriesQuestion(fields=("v",), window=4))
    assert sorted(set(answer.table["v"].to_pylist())) == [0.0, 100.0]


# --- what happens to runs -----------------------------------------------------------------------------------------


def test_a_replaced_run_begins_again(bench: Bench) -> None:
    run = logged(bench)
    first = bench.read(run, BOTH)
    bench.change(run, generation=1)
    gone = bench.read(run, BOTH, first.cursor)
    assert (gone.rows, gone.restart, gone.generation) == (0, True, 1)
    bench.append(run, 0, columns(0, 3), generation=1)
    again = bench.read(run, BOTH, first.cursor)
    assert (again.rows, again.restart) == (3, True)
    on = bench.read(run, BOTH, gone.cursor)
    assert (on.rows, on.restart) == (3, False)


def test_a_cursor_of_another_question_begins_again(bench: Bench) -> None:
    run = logged(bench)
    first = bench.read(run, BOTH)
    second = bench.read(run, SeriesQuestion(fields=("texture",)), first.cursor)
    assert (second.rows, second.restart) == (569, True)


def test_a_deleted_run_is_gone(bench: Bench) -> None:
    run = bench.run()
    bench.store.transact(lambda tx: tx.delete(run, force=True), CALLER)
    with pytest.raises(RunGone):
        bench.read(run, BOTH)
    with pytest.raises(NotFound):
        bench.read(NodeId("run", "nobody"), BOTH)


def test_long_answers_come_in_parts(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "ANSWER_ROWS_MAX", 250)
    run = logged(bench)
    first = bench.read(run, BOTH)
    assert (first.rows, first.partial_reasons, first.poll_after_ms) == (300, (PartialReason.ROWS,), 0)
    second = bench.read(run, BOTH, first.cursor)
    assert (second.rows, second.partial_reasons) == (269, ())
    assert second.poll_after_ms > 0
    assert second.table["step"][0].as_py() == 300


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({}, "fields"),
        ({"fields": ("a",), "stride": 3}, "stride"),
        ({"fields": ("a",), "window": 0}, "window"),
        ({"fields": ("a",), "decimate": 1}, "decimate"),
        ({"fields": tuple(map(str, range(300)))}, "fields"),
    ],
)
def test_questions_that_cannot_be(asked: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        SeriesQuestion(**asked)
    assert caught.value.faults[0].field == field


def test_a_filter_that_cannot_be_read() -> None:
    with pytest.raises(InvalidFilter):
        SeriesQuestion(fields=("a",), filter="a >")
