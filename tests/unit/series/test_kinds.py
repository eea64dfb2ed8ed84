"""What a column that was sent becomes, or why it is refused."""

import numpy as np
import pyarrow as pa
import pytest

from arangovis.domain.errors import InvalidInput
from arangovis.domain.series import FieldKind
from arangovis.series.kinds import conformed, kinds_in, letters_of
from arangovis.series.sent import read_stream, table_of_lists, time_of


def fitted(values: pa.Array, kind: FieldKind) -> pa.Array:
    return conformed(pa.table({"x": values}), [("x", kind)]).column(0)


@pytest.mark.parametrize("dtype", ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"])
def test_every_integer_becomes_int64_with_the_same_values(dtype: str) -> None:
    assert fitted(pa.array(np.array([5, 2], dtype)), FieldKind.INT).to_pylist() == [5, 2]


@pytest.mark.parametrize("value", [2**31, 2**40, -(2**63), 2**63 - 1])
def test_large_integers_come_back(value: int) -> None:
    assert fitted(pa.array([value]), FieldKind.INT).to_pylist() == [value]


@pytest.mark.parametrize(
    ("sent", "kept"), [("float16", pa.float32()), ("float32", pa.float32()), ("float64", pa.float64())]
)
def test_floats_stay_as_wide_as_they_are(sent: str, kept: pa.DataType) -> None:
    found = fitted(pa.array(np.array([0.5, np.nan, np.inf, -np.inf], sent)), FieldKind.FLOAT)
    assert found.type == kept
    np.testing.assert_array_equal(found.to_numpy(), [0.5, np.nan, np.inf, -np.inf])


def test_integers_are_taken_as_floats_if_they_are_exact() -> None:
    assert fitted(pa.array([1, 2**53]), FieldKind.FLOAT).to_pylist() == [1.0, 2.0**53]
    with pytest.raises(InvalidInput, match="exactly"):
        fitted(pa.array([2**53 + 1]), FieldKind.FLOAT)


@pytest.mark.parametrize("unit", ["s", "ms", "us"])
@pytest.mark.parametrize("zone", [None, "UTC", "Europe/Lisbon"])
def test_times_become_microseconds_in_utc(unit: str, zone: str | None) -> None:
    found = fitted(
        pa.array([1_700_000_000], pa.timestamp("s", zone)).cast(pa.timestamp(unit, zone)), FieldKind.TIMESTAMP
    )
    assert found.type == pa.timestamp("us", "UTC")
    assert found.cast(pa.int64()).to_pylist() == [1_700_000_000_000_000]


def test_unix_time_keeps_its_milliseconds() -> None:
    assert fitted(pa.array([1_700_000_000.123]), FieldKind.FLOAT).to_pylist() == [1_700_000_000.123]


@pytest.mark.parametrize(
    ("values", "kind", "said"),
    [
        (pa.array([1.0]), FieldKind.INT, "is of kind int, but double"),
        (pa.array([True]), FieldKind.INT, "is of kind int, but bool"),
        (pa.array([True]), FieldKind.FLOAT, "is of kind float, but bool"),
        (pa.array([1]), FieldKind.BOOL, "is of kind bool"),
        (pa.array(["1"]), FieldKind.INT, "is of kind int, but string"),
        (pa.array([1]), FieldKind.TEXT, "is of kind text"),
        (pa.array([1]), FieldKind.TIMESTAMP, "is of kind timestamp"),
        (pa.array([2**63], pa.uint64()), FieldKind.INT, "exactly"),
        (pa.array([1], pa.timestamp("ns")), FieldKind.TIMESTAMP, "exactly"),
        (pa.array([1.0, None, 2.0]), FieldKind.FLOAT, "row 1 has no value"),
        (pa.array([[1]]), FieldKind.INT, "is of kind int"),
    ],
)
def test_what_does_not_fit_is_refused(values: pa.Array, kind: FieldKind, said: str) -> None:
    with pytest.raises(InvalidInput, match=said) as refused:
        fitted(values, kind)
    assert [fault.field for fault in refused.value.faults] == ["x"]


def test_all_columns_at_fault_are_listed() -> None:
    table = pa.table({"a": [1.5], "b": [True], "c": [1]})
    with pytest.raises(InvalidInput) as refused:
        conformed(table, [("a", FieldKind.INT), ("b", FieldKind.INT), ("c", FieldKind.INT)])
    assert [fault.field for fault in refused.value.faults] == ["a", "b"]


def test_texts_of_every_arrow_type_are_texts() -> None:
    words = ["b", "a", "b"]
    for values in (pa.array(words), pa.array(words, pa.large_string()), pa.array(words).dictionary_encode()):
        table = pa.table({"x": values})
        assert kinds_in(table, ["x"]) == {"x": FieldKind.TEXT}
        assert letters_of(conformed(table, [("x", FieldKind.TEXT)])) == "s"
        assert fitted(values, FieldKind.TEXT).to_pylist() == words


def test_types_that_are_of_no_kind_are_listed() -> None:
    table = pa.table({"a": [[1]], "b": [1], "c": pa.array([1], pa.date32())})
    with pytest.raises(InvalidInput) as refused:
        kinds_in(table, table.column_names)
    assert [fault.field for fault in refused.value.faults] == ["a", "c"]


# --- JSON ---------------------------------------------------------------------------------------------------------


def test_lists_become_columns() -> None:
    columns = {"i": [1, 2**40], "f": [1, 0.5], "b": [True, False], "s": ["x", "y"]}
    table = table_of_lists(columns, {})
    assert table.schema.types == [pa.int64(), pa.float64(), pa.bool_(), pa.string()]
    assert table.to_pydict() == columns


def test_what_json_cannot_say_is_said_in_words() -> None:
    kinds = {"f": FieldKind.FLOAT, "t": FieldKind.TIMESTAMP}
    columns = {
        "f": ["NaN", "-Infinity", 1],
        "t": ["2026-01-01T00:00:00Z", "2026-01-01T01:00:00+01:00", "1970-01-01T00:00Z"],
    }
    table = table_of_lists(columns, kinds)
    np.testing.assert_array_equal(table.column("f").to_numpy(), [np.nan, -np.inf, 1.0])
    assert table.column("t").cast(pa.int64()).to_pylist() == [1767225600000000, 1767225600000000, 0]


@pytest.mark.parametrize(
    ("columns", "fields"),
    [
        ({"a": [1, 2, 3], "b": [1, 2, 3, 4, 5]}, ["a", "b"]),
        ({"a": 1, "b": [1]}, ["a"]),
        ({"a": [None], "b": [1]}, ["a"]),
        ({"a": [1, "x"], "b": [True, 2]}, ["a", "b"]),
        ({"a": [[1]]}, ["a"]),
        ({"a": [{}]}, ["a"]),
        ({"a": [2**64]}, ["a"]),
        ({"a": [2**53 + 1, 0.5]}, ["a"]),
    ],
)
def test_lists_that_are_no_columns_are_refused(columns: dict[str, object], fields: list[str]) -> None:
    with pytest.raises(InvalidInput) as refused:
        table_of_lists(columns, {})
    assert [fault.field for fault in refused.value.faults] == fields


@pytest.mark.parametrize("text", ["", "yesterday", "2026-01-01", "2026-01-01T00:00:00", "2026-13-01T00:00:00Z"])
def test_a_time_without_zone_or_sense_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        time_of(text)


# --- Arrow --------------------------------------------------------------------------------------------------------


def stream(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def test_a_stream_is_read_whole() -> None:
    table = pa.concat_tables([pa.table({"embedding_0": [1], "embedding_2": [2]})] * 3)
    assert read_stream(stream(table)).equals(table)


@pytest.mark.parametrize("cut", [0, 1, 100, -20])
def test_a_stream_that_is_cut_is_refused(cut: int) -> None:
    data = stream(pa.table({"a": np.arange(1000)}))
    with pytest.raises(InvalidInput):
        read_stream(data[:cut])


def test_two_columns_of_one_name_are_refused() -> None:
    table = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"])
    with pytest.raises(InvalidInput, match="two columns of this name"):
        read_stream(stream(table))
