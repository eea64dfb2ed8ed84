"""The logger: what is stored is what was given, in order, and what cannot be stored is said at once."""

import logging
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pyarrow as pa
import pytest
from sklearn.datasets import load_breast_cancer

from arangovis.client import series_logger
from arangovis.client.logger_options import LoggerOptions
from arangovis.client.outbox import Outbox, OutboxOptions, Target
from arangovis.client.series_logger import SeriesLogger
from arangovis.domain.errors import Conflict, InvalidInput, TooLarge
from tests.acceptance.processes import until
from tests.unit.client.outbox.services import Sent, Service

RUN = "0190a000-0000-7000-8000-000000000001"
WAIT_S = 20.0


class Logged:
    """A logger, and what its service got."""

    def __init__(self, folder: Path, **options: Any) -> None:
        self.service = Service()
        self.outbox = Outbox(Target(url="http://127.0.0.1:1"), OutboxOptions(folder), transport=self.service)
        self.logger = SeriesLogger(self.outbox, RUN, options=LoggerOptions(flush_every_s=3600, **options))

    def table(self, series: str | None = None) -> pa.Table:
        """Return what one series got; by default there is only one."""
        assert self.logger.flush(WAIT_S)
        found = defaultdict(list)
        for sent in self.service.sent:
            query = parse_qs(urlsplit(sent.path).query)
            table = pa.ipc.open_stream(sent.body).read_all()
            found[query.get("series", [None])[0] or frozenset(table.column_names)].append((query, table))
        chunks = found[series] if series else next(iter(found.values()))
        assert series or len(found) == 1
        assert [int(query["sequence"][0]) for query, _ in chunks] == list(range(len(chunks)))
        assert {query["logger"][0] for query, _ in chunks} == {self.logger.logger_id}
        return pa.concat_tables([table for _, table in chunks], promote_options="permissive")

    def rows(self, series: str | None = None) -> dict[str, list[Any]]:
        return self.table(series).to_pydict()


@pytest.fixture
def logged(tmp_path: Path) -> Iterator[Logged]:
    made = Logged(tmp_path)
    yield made
    made.logger.close()
    made.outbox.close()


# --- log ----------------------------------------------------------------------------------------------------------


def test_steps_count_by_themselves_from_the_highest_on(logged: Logged) -> None:
    steps = [
        logged.logger.log({"loss": 0.5}),
        logged.logger.log({"loss": 0.4}, step=10),
        logged.logger.log({"loss": 0.3}),
    ]
    late = logged.logger.log({"loss": 0.2}, step=np.int32(3))
    assert (steps, late, logged.logger.log({"loss": 0.1})) == ([0, 10, 11], 3, 12)
    assert logged.rows() == {"loss": [0.5, 0.4, 0.3, 0.2, 0.1], "step": [0, 10, 11, 3, 12]}


def test_a_step_among_the_values_is_the_step(logged: Logged) -> None:
    assert logged.logger.log({"step": 7, "loss": 0.5}) == 7
    assert logged.rows() == {"loss": [0.5], "step": [7]}
    with pytest.raises(InvalidInput, match="step: is given twice"):
        logged.logger.log({"step": 7, "loss": 0.5}, step=8)


def test_nested_mappings_are_joined_by_dots(logged: Logged) -> None:
    logged.logger.log({"train": {"loss": 0.5, "by": {"class": 1}}, "lr": 0.1})
    assert logged.rows() == {"train.loss": [0.5], "train.by.class": [1], "lr": [0.1], "step": [0]}
    with pytest.raises(InvalidInput, match=r"a\.b: is there twice"):
        logged.logger.log({"a.b": 1, "a": {"b": 2}})


def test_other_fields_are_another_series_and_the_order_of_names_does_not_matter(logged: Logged) -> None:
    logged.logger.log({"a": 1, "b": "x"})
    logged.logger.log({"b": "y", "a": 2})
    logged.logger.log({"a": 3})
    assert logged.logger.flush(WAIT_S)
    bodies = [pa.ipc.open_stream(sent.body).read_all().to_pydict() for sent in logged.service.sent]
    assert bodies == [{"a": [1, 2], "b": ["x", "y"], "step": [0, 1]}, {"a": [3], "step": [2]}]


def test_kinds_travel_as_their_types(logged: Logged) -> None:
    logged.logger.log({"i": 1, "f": 0.5, "t": "x", "b": True, "at": datetime(2026, 1, 2, tzinfo=UTC)})
    types = {field.name: field.type for field in logged.table().schema}
    expected = {"i": pa.int64(), "f": pa.float64(), "t": pa.string(), "b": pa.bool_(), "at": pa.timestamp("us", "UTC")}
    assert types == {**expected, "step": pa.int64()}


def test_times_keep_microseconds_in_any_zone(logged: Logged) -> None:
    time = datetime(2026, 5, 4, 3, 2, 1, 123457, timezone(timedelta(hours=2)))
    logged.logger.write(at=[time, time + timedelta(microseconds=1)], n=np.array([1, 2], np.uint8))
    logged.logger.write(at=np.array(["1969-12-31T23:59:59.999999"], "datetime64[ns]"), n=3)
    assert logged.rows()["at"] == [
        time,
        time + timedelta(microseconds=1),
        datetime(1969, 12, 31, 23, 59, 59, 999999, UTC),
    ]
    with pytest.raises(InvalidInput, match="at: has times finer than a microsecond"):
        logged.logger.write(at=np.array([1], "datetime64[ns]"), n=1)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf"), -0.0, 5e-324])
def test_every_float_is_kept_as_it_is(logged: Logged, value: float) -> None:
    logged.logger.log({"x": value})
    (stored,) = logged.rows()["x"]
    assert np.array(stored).tobytes() == np.array(value).tobytes()


@pytest.mark.parametrize("value", [2**31, 2**40, 2**63 - 1, -(2**63)])
def test_whole_numbers_of_64_bits_are_kept(logged: Logged, value: int) -> None:
    logged.logger.log({"x": value})
    logged.logger.write(x=[value], step=1)
    assert logged.rows()["x"] == [value, value]


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1, [2**63], np.array([2**63], np.uint64), np.uint64(2**63)])
def test_a_whole_number_that_is_too_large_is_refused(logged: Logged, value: object) -> None:
    with pytest.raises(InvalidInput, match=r"x: .*does not fit in 64 bits"):
        logged.logger.log({"x": value})


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int16, np.uint16, np.int32, np.uint32, np.int64, np.uint64])
def test_small_whole_numbers_do_not_wrap(logged: Logged, dtype: type) -> None:
    logged.logger.write(x=np.array([5, 2], dtype))
    assert logged.rows() == {"x": [5, 2]}


@pytest.mark.parametrize(("dtype", "stored"), [(np.float16, "float"), (np.float32, "float"), (np.float64, "double")])
def test_floats_keep_their_width(logged: Logged, dtype: type, stored: str) -> None:
    logged.logger.write(x=np.array([0.1, 2.5], dtype))
    logged.logger.write(x=dtype(0.25))
    table = logged.table()
    assert str(table.schema.field("x").type) == stored
    assert table.column("x").to_pylist() == [float(dtype(0.1)), 2.5, 0.25]


def test_narrow_and_wide_floats_together_are_wide(logged: Logged) -> None:
    logged.logger.write(x=np.array([0.1], np.float32))
    logged.logger.write(x=0.1)
    assert logged.rows() == {"x": [float(np.float32(0.1)), 0.1]}


# --- kinds --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "then", "problem"),
    [
        (1, 0.5, "is of kind int; a value of kind float"),
        (1, True, "is of kind int; a value of kind bool"),
        (True, 1, "is of kind bool; a value of kind int"),
        (0.5, True, "is of kind float; a value of kind bool"),
        (0.5, "x", "is of kind float; a value of kind text"),
        ("x", 1, "is of kind text; a value of kind int"),
        (1, np.array([0.5]), "is of kind int; a value of kind float"),
        (0.5, 2**53 + 1, "is a float, and 9007199254740993 is no exact float"),
        (0.5, [2**53 + 1], "is a float, and 9007199254740993 is no exact float"),
    ],
)
def test_a_value_of_another_kind_is_refused_and_nothing_of_its_row_is_kept(
    logged: Logged, first: object, then: object, problem: str
) -> None:
    logged.logger.log({"a": 1, "x": first})
    with pytest.raises(InvalidInput, match=f"x: {problem}"):
        logged.logger.log({"a": 2, "x": then})
    logged.logger.log({"a": 3, "x": first})
    assert logged.rows() == {"a": [1, 3], "x": [first, first], "step": [0, 1]}


def test_a_whole_number_goes_into_a_float_field(logged: Logged) -> None:
    logged.logger.log({"x": 0.5})
    logged.logger.log({"x": 1})
    logged.logger.write(x=[2, 2**60], step=[2, 3])
    assert logged.rows()["x"] == [0.5, 1.0, 2.0, float(2**60)]


def test_kinds_that_are_declared_hold_from_the_first_value_on(tmp_path: Path) -> None:
    logged = Logged(tmp_path, kinds={"x": "float", "name": "string"})
    logged.logger.log({"x": 0, "name": "a"})
    with pytest.raises(InvalidInput, match="name: is of kind text"):
        logged.logger.log({"x": 0, "name": 1})
    assert logged.table().schema.field("x").type == pa.float64()
    logged.outbox.close()
    with pytest.raises(InvalidInput, match="'vector' is not one of int, float"):
        Logged(tmp_path, kinds={"x": "vector"})


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (None, "is None"),
        ([1.0, None], "holds None"),
        ([1, "a"], "is a mixture of int and text"),
        ([True, 1], "is a mixture of bool and int"),
        ([[1, 2], [3]], "holds lists of different lengths"),
        (1j, "is a complex"),
        (np.array([1j]), "is an array of complex128"),
        (b"bytes", "is a bytes"),
        (object(), "is a object"),
        ([object()], "holds a object"),
        ({1, 2}, "is a set"),
        (np.ma.array([1, 2], mask=[0, 1]), "has masked values"),
        (np.array(["NaT"], "datetime64[us]"), "has a time that is none"),
        (np.zeros(2, [("a", int)]), "is an array of"),
    ],
)
def test_what_is_no_value_is_refused(logged: Logged, value: object, problem: str) -> None:
    with pytest.raises(InvalidInput, match=f"x: {problem}"):
        logged.logger.log({"a": 1, "x": value})
    with pytest.raises(InvalidInput, match=f"x: {problem}"):
        logged.logger.write("named", a=1, x=value)
    logged.logger.flush(WAIT_S)
    assert logged.service.sent == []


@pytest.mark.parametrize("values", [{}, {"": 1}, {3: 1}, {"a": {}}])
def test_names_are_checked(logged: Logged, values: Mapping[Any, object]) -> None:
    with pytest.raises(InvalidInput):
        logged.logger.write_columns(None, values)
    with pytest.raises(InvalidInput, match="name"):
        logged.logger.log({"": 1})


@pytest.mark.parametrize("step", [0.5, "1", True, 2**63])
def test_a_step_is_a_whole_number(logged: Logged, step: Any) -> None:
    with pytest.raises(InvalidInput, match="step: "):
        logged.logger.log({"x": 1}, step=step)


# --- write --------------------------------------------------------------------------------------------------------


def test_a_step_broadcasts_over_a_matrix_in_c_order(logged: Logged) -> None:
    loss = load_breast_cancer().data[:4, :3]
    assert logged.logger.write("train", step=7, loss=loss, idx=np.arange(3)) == 12
    rows = logged.rows("train")
    assert rows == {"step": [7] * 12, "loss": loss.reshape(-1).tolist(), "idx": [0, 1, 2] * 4}


def test_shapes_that_do_not_fit_are_named(logged: Logged) -> None:
    with pytest.raises(InvalidInput, match=r"do not broadcast to one shape: step \(\), loss \(3,\), idx \(4, 2\)"):
        logged.logger.write("train", step=1, loss=[1.0, 2.0, 3.0], idx=np.zeros((4, 2), int))


def test_no_rows_are_nothing(logged: Logged) -> None:
    assert logged.logger.write("train", step=1, loss=np.zeros((0, 3))) == 0
    assert logged.logger.write("train", step=1, loss=[]) == 0
    logged.logger.flush(WAIT_S)
    assert logged.service.sent == []


def test_a_single_step_and_then_many_both_arrive(logged: Logged) -> None:
    logged.logger.write("train", step=1, loss=[0.1, 0.2])
    logged.logger.write("train", step=[1, 2], loss=[0.3, 0.4])
    logged.logger.write("train", step=3, loss=0.5)
    assert logged.rows("train") == {"step": [1, 1, 1, 2, 3], "loss": [0.1, 0.2, 0.3, 0.4, 0.5]}


def test_a_series_keeps_its_fields(logged: Logged) -> None:
    logged.logger.write("train", step=1, loss=0.1)
    with pytest.raises(InvalidInput, match="train: lacks loss; has no field gain"):
        logged.logger.write("train", step=1, gain=0.1)
    with pytest.raises(InvalidInput, match="train: lacks step"):
        logged.logger.write("train", loss=np.zeros(3))
    assert logged.rows("train") == {"step": [1], "loss": [0.1]}


def test_fields_of_a_series_that_are_declared_hold_from_the_first_write_on(tmp_path: Path) -> None:
    logged = Logged(tmp_path, series={"train": ("step", "loss")})
    with pytest.raises(InvalidInput, match="train: lacks loss"):
        logged.logger.write("train", step=1)
    logged.outbox.close()


def test_an_array_may_be_changed_after_it_was_written(logged: Logged) -> None:
    buffer = np.zeros(2)
    for value in range(3):
        buffer[:] = value
        logged.logger.write(x=buffer)
    assert logged.rows() == {"x": [0.0, 0.0, 1.0, 1.0, 2.0, 2.0]}


def test_without_copies_arrays_are_kept_as_they_are(tmp_path: Path) -> None:
    logged = Logged(tmp_path, copy=False)
    buffer = np.zeros(2)
    logged.logger.write(x=buffer)
    buffer[:] = 1
    assert logged.rows() == {"x": [1.0, 1.0]}
    logged.outbox.close()


def test_texts_and_truths_broadcast_too(logged: Logged) -> None:
    logged.logger.write(name=np.array(["a", "bb"]), good=True, x=[[1], [2]])
    logged.logger.write(name="ccc", good=[False], x=3)
    assert logged.rows() == {"name": ["a", "bb", "a", "bb", "ccc"], "good": [True] * 4 + [False], "x": [1, 1, 2, 2, 3]}


def test_a_large_write_leaves_in_chunks(logged: Logged) -> None:
    count = 300_000
    assert logged.logger.write(i=np.arange(count), x=np.arange(count) / 7) == count
    table = logged.table()
    assert table.column("i").to_numpy().tolist() == list(range(count))
    assert len(logged.service.sent) == 5
    assert max(len(sent.body) for sent in logged.service.sent) < series_logger.CHUNK_BYTES_MAX + 4096


# --- leaving ------------------------------------------------------------------------------------------------------


def test_rows_leave_by_themselves_after_a_while(tmp_path: Path) -> None:
    logged = Logged(tmp_path)
    logged.logger = SeriesLogger(logged.outbox, RUN, options=LoggerOptions(flush_every_s=0.05))
    logged.logger.log({"x": 1})
    until(lambda: len(logged.service.sent) == 1)
    logged.logger.log({"x": 2})
    until(lambda: len(logged.service.sent) == 2)
    logged.logger.close()
    logged.outbox.close()


def test_what_waits_in_memory_is_bounded(logged: Logged) -> None:
    logged.service.is_away = True
    logging.getLogger("arangovis.client.outbox").setLevel(logging.CRITICAL)
    for _ in range(40):
        logged.logger.write(x=np.zeros(100_000))
        assert logged.logger._table.held <= series_logger.HELD_BYTES_MAX + 800_000
    logged.service.is_away = False
    assert logged.table().num_rows == 4_000_000


def test_what_found_no_room_stays_and_leaves_later(tmp_path: Path) -> None:
    logged = Logged(tmp_path)
    logged.service.is_away = True
    options = OutboxOptions(tmp_path, bytes_max=100_000, when_full="error")
    logged.outbox = Outbox(Target(url="http://127.0.0.1:1"), options, transport=logged.service)
    logged.logger = SeriesLogger(logged.outbox, RUN, options=LoggerOptions(flush_every_s=3600))
    logged.logger.write(x=np.arange(10_000))
    logged.logger.spill()
    logged.logger.write(x=np.arange(10_000, 20_000))
    with pytest.raises(TooLarge):
        logged.logger.spill()
    logged.logger.write(x=np.arange(20_000, 30_000))
    logged.service.is_away = False
    assert logged.outbox.flush(WAIT_S)
    assert logged.logger.flush(WAIT_S)
    assert logged.rows()["x"] == list(range(30_000))
    logged.logger.close()
    logged.outbox.close()


def test_after_closing_nothing_is_taken(tmp_path: Path) -> None:
    logged = Logged(tmp_path)
    with logged.logger as logger:
        logger.log({"x": 1})
    logged.logger.close()
    with pytest.raises(Conflict):
        logger.log({"x": 2})
    assert logged.outbox.close()
    assert len(logged.service.sent) == 1


def test_a_logger_that_got_nothing_begins_nothing(tmp_path: Path) -> None:
    logged = Logged(tmp_path / "spool")
    logged.logger.close()
    assert logged.outbox.close()
    assert not (tmp_path / "spool").exists()


def test_each_logger_of_a_run_has_an_id_of_its_own(logged: Logged) -> None:
    ids = {SeriesLogger(logged.outbox, RUN, logger_id="rank0").logger_id for _ in range(3)}
    assert len(ids) == 3
    assert all(name.startswith("rank0-") and len(name) <= 64 for name in ids)
    with pytest.raises(InvalidInput, match="logger_id"):
        SeriesLogger(logged.outbox, RUN, logger_id="rank 0")


@pytest.mark.parametrize(("generation", "query"), [(0, ["0"]), (7, ["7"]), (None, None)])
def test_the_generation_is_said_if_it_is_known(tmp_path: Path, generation: int | None, query: list[str] | None) -> None:
    logged = Logged(tmp_path)
    logged.logger = SeriesLogger(logged.outbox, RUN, generation=generation)
    logged.logger.write("a series", x=1)
    logged.logger.close()
    logged.outbox.close()
    (sent,) = logged.service.sent
    assert isinstance(sent, Sent)
    found = parse_qs(urlsplit(sent.path).query)
    assert (found.get("generation"), found["series"]) == (query, ["a series"])
