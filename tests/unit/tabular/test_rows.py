from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arangovis.domain.errors import IntegrityError, InvalidInput, NotFound
from arangovis.tabular import Rows, SegmentReader, concatenate, gather, read_rows, row_errors, row_ids, sample_positions
from arangovis.tabular.arrow_stream import from_arrow, to_arrow
from tests.unit.tabular.bodies import JSON, digits, read_json, read_table, to_json


def _digits(count: int) -> Rows:
    return read_rows(to_json(digits(count)), JSON)


# --- columns --------------------------------------------------------------------------------------------------


def test_columns_by_name() -> None:
    rows = read_json({"n": 1, "x": 0.5, "b": True, "t": "text", "nothing": None}, {"n": None, "x": 2, "b": False})
    np.testing.assert_array_equal(rows.numbers("n"), [1, np.nan])
    np.testing.assert_array_equal(rows.numbers("b"), [1, 0])
    np.testing.assert_array_equal(rows.numbers("nothing"), [np.nan, np.nan])
    assert rows.numbers("x").dtype == np.float64
    assert rows.has("t")
    assert not rows.has("u")
    assert rows.embedding is None
    assert rows.dimension is None
    with pytest.raises(InvalidInput, match="t: is text, not number"):
        rows.numbers("t")
    with pytest.raises(NotFound):
        rows.numbers("u")
    with pytest.raises(NotFound):
        rows.values("u")


def test_select() -> None:
    rows = _digits(20)
    chosen = rows.select([3, 0, 3])
    assert chosen.ids == [rows.ids[n] for n in (3, 0, 3)]
    np.testing.assert_array_equal(chosen.embedding, rows.embedding[[3, 0, 3]])
    assert rows.select(np.arange(20)) == rows
    assert rows.select([]).count == 0
    assert rows.select([]).embedding.shape == (0, 64)
    for wrong in ([20], [-1]):
        with pytest.raises(InvalidInput, match="not all between 0 and 19"):
            rows.select(wrong)


# --- Parquet --------------------------------------------------------------------------------------------------


def test_parquet_bytes_are_deterministic_and_come_back() -> None:
    rows = _digits(500)
    data = rows.to_parquet()
    assert data == _digits(500).to_parquet()
    assert data == rows.select(np.arange(500)).to_parquet()
    back = Rows.from_parquet(data)
    assert back == rows
    assert back.to_parquet() == data
    assert concatenate([rows.select(np.arange(200)), rows.select(np.arange(200, 500))]).to_parquet() == data


def test_some_columns_of_parquet() -> None:
    rows = _digits(10)
    part = Rows.from_parquet(rows.to_parquet(), ["class", "_id", "absent"])
    assert part.names == ("_id", "class")
    assert part.count == 10


@pytest.mark.parametrize("data", [b"", b"PAR1", _digits(3).to_parquet()[:-20]])
def test_bytes_that_are_no_segment(data: bytes) -> None:
    with pytest.raises(IntegrityError):
        Rows.from_parquet(data)


# --- concatenate ----------------------------------------------------------------------------------------------


def test_a_column_that_a_part_lacks_is_null_there() -> None:
    joined = concatenate(
        [
            read_json({"_id": "1", "a": 1}),
            read_json({"_id": "2", "b": "x", "embedding": [1, 2]}),
            read_json({"a": None}),
        ]
    )
    assert joined.names == ("_id", "a", "b", "embedding")
    assert joined.values("a") == [1, None, None]
    assert joined.values("b") == [None, "x", None]
    np.testing.assert_array_equal(joined.embedding, [[np.nan, np.nan], [1, 2], [np.nan, np.nan]])


def test_numbers_meet() -> None:
    joined = concatenate([read_json({"a": 2, "l": [1]}), read_json({"a": 0.5, "l": [0.5]}), read_json({"a": 2**63})])
    assert joined.values("a") == [2.0, 0.5, 2.0**63]
    assert joined.values("l") == [[1.0], [0.5], None]


@pytest.mark.parametrize(
    ("one", "other", "problem"),
    [
        ({"a": 1}, {"a": "x"}, "a: is number in one part and text in another"),
        ({"a": True}, {"a": 1}, "a: is boolean in one part and number in another"),
        ({"a": [1]}, {"a": 1}, "a: is list of number in one part and number in another"),
        ({"a": [1]}, {"a": ["x"]}, "a: is number in one part and text in another"),
        ({"embedding": [1]}, {"embedding": [1, 2]}, "embedding: is embedding of 1 in one part and embedding of 2"),
    ],
)
def test_types_that_do_not_mix(one: dict, other: dict, problem: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        concatenate([read_json(one), read_json(other)])
    assert problem in caught.value.detail


def test_times_with_and_without_zone_do_not_mix() -> None:
    zoned, local = (read_table({"t": pa.array([0], pa.timestamp("s", zone))}) for zone in ("UTC", None))
    with pytest.raises(InvalidInput, match="t: is timestamp in UTC in one part and timestamp in another"):
        concatenate([zoned, local])
    assert concatenate([zoned, zoned]).values("t") == ["1970-01-01T00:00:00+00:00"] * 2


def test_nothing_to_join() -> None:
    with pytest.raises(InvalidInput):
        concatenate([])


# --- sampling -------------------------------------------------------------------------------------------------


@given(st.integers(0, 2000), st.integers(0, 2500), st.integers(0, 2**64))
def test_samples(count: int, size: int, seed: int) -> None:
    positions = sample_positions(count, size, seed)
    assert positions.dtype == np.int64
    assert positions.size == min(count, size)
    assert np.array_equal(positions, np.unique(positions))
    assert positions.size == 0 or (positions[0] >= 0 and positions[-1] < count)
    assert np.array_equal(positions, sample_positions(count, size, seed))


def test_the_seed_chooses_the_sample() -> None:
    first, second = sample_positions(1000, 100, 1), sample_positions(1000, 100, 2)
    assert not np.array_equal(first, second)
    picked = np.concatenate([sample_positions(50, 10, seed) for seed in range(500)])
    counts = np.bincount(picked, minlength=50)
    assert counts.min() > 60
    assert counts.max() < 145


@pytest.mark.parametrize("arguments", [(-1, 1, 1), (1, -1, 1), (1, 1, -1)])
def test_negative_arguments_are_refused(arguments: tuple[int, int, int]) -> None:
    with pytest.raises(InvalidInput, match="-1 is negative"):
        sample_positions(*arguments)


class _Segments:
    """Rows cut into segments that count how often they are read."""

    def __init__(self, rows: Rows, sizes: list[int]) -> None:
        self.reads = [0] * len(sizes)
        ends = np.cumsum(sizes)
        parts = [rows.select(np.arange(end - size, end)).to_parquet() for end, size in zip(ends, sizes, strict=True)]
        self.readers = [
            SegmentReader(size, self._reader(number, data))
            for number, (size, data) in enumerate(zip(sizes, parts, strict=True))
        ]

    def _reader(self, number: int, data: bytes) -> Callable[[], bytes]:
        def read() -> bytes:
            self.reads[number] += 1
            return data

        return read


@given(st.data())
def test_gather_is_selecting_from_all_rows(data: st.DataObject) -> None:
    sizes = data.draw(st.lists(st.integers(1, 15), min_size=1, max_size=6))
    positions = data.draw(st.lists(st.integers(0, sum(sizes) - 1), min_size=1, max_size=40))
    rows = _digits(90).select(np.arange(sum(sizes)))
    segments = _Segments(rows, sizes)
    assert gather(segments.readers, positions) == rows.select(positions)
    ends = np.cumsum(sizes)
    hit = np.unique(np.searchsorted(ends, positions, side="right"))
    assert [number for number, reads in enumerate(segments.reads) if reads] == list(hit)
    assert max(segments.reads) == 1
    assert row_ids(segments.readers, positions) == rows.select(positions).ids


def test_gather_of_some_columns() -> None:
    rows = _digits(30)
    found = gather(_Segments(rows, [10, 20]).readers, [25, 3], ["class", "_id"])
    assert found.names == ("_id", "class")
    assert found.values("class") == [rows.values("class")[25], rows.values("class")[3]]


def test_gather_refuses_what_is_not_there() -> None:
    segments = _Segments(_digits(30), [10, 20]).readers
    for wrong in ([30], [-1], []):
        with pytest.raises(InvalidInput, match="positions"):
            gather(segments, wrong)
    with pytest.raises(InvalidInput, match="positions"):
        gather([], [0])
    with pytest.raises(IntegrityError, match="has 10 rows; its manifest says 11"):
        gather([SegmentReader(11, segments[0].read)], [0])
    assert row_ids(segments, []) == []


def test_error_flags_of_all_segments() -> None:
    with_flags = read_json({"a": 1, "_hs_error": "failed"}, {"a": 2}, {"a": 3, "_hs_error": ""})
    without = read_json({"a": 1}, {"a": 2})
    readers = [SegmentReader(len(rows), rows.to_parquet) for rows in (with_flags, without)]
    assert row_errors(readers).tolist() == [True, False, True, False, False]
    assert row_errors([]).tolist() == []


# --- plain columns --------------------------------------------------------------------------------------------


def test_plain_columns_come_back() -> None:
    columns = {
        "x": np.array([0.5, 1.5], dtype=np.float32),
        "class": np.array([1, 2], dtype=np.int32),
        "neighbours": np.array([[1, 2, 3], [0, 2, 4]], dtype=np.int32),
        "id": ["a", "b"],
        "score": [0.5, None],
    }
    data = to_arrow(columns)
    back = from_arrow(data)
    assert list(back) == list(columns)
    for name in ("x", "class", "neighbours"):
        np.testing.assert_array_equal(back[name], columns[name], strict=True)
    assert back["id"] == ["a", "b"]
    assert back["score"] == [0.5, None]
    assert data == to_arrow(columns)


def test_plain_columns_are_a_stream_that_any_arrow_reader_reads() -> None:
    data = to_arrow({"x": np.zeros(3, dtype=np.float32), "t": ["a", "b", None]})
    schema = pa.ipc.open_stream(data).schema
    assert [str(item) for item in schema.types] == ["float", "string"]
    assert np.zeros(3, dtype=np.float32).tobytes() in data


def test_columns_that_are_none() -> None:
    with pytest.raises(InvalidInput, match="differ in length"):
        to_arrow({"a": [1], "b": [1, 2]})
    with pytest.raises(InvalidInput, match="a: is not a column"):
        to_arrow({"a": ["x", 1]})
    for data in (b"", b"x" * 100, to_arrow({"a": [1] * 100})[:-100]):
        with pytest.raises(IntegrityError):
            from_arrow(data)
    assert from_arrow(to_arrow({})) == {}
