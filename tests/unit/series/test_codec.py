"""Rows as bytes and back: any columns of the stored types, cut anywhere."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from arangovis.domain.errors import IntegrityError
from arangovis.series.codec import (
    PART_DIGEST_BYTES,
    ROWS_BYTES_MAX,
    Form,
    Part,
    Payload,
    as_table,
    decode,
    digest_of_rows,
    encode,
    encode_table,
    join_rows,
    parts_of,
)
from arangovis.series.kinds import as_rows, schema_of

VALUES: dict[str, st.SearchStrategy[Any]] = {
    "i": st.integers(-(2**63), 2**63 - 1),
    "f": st.floats(width=32),
    "d": st.floats(),
    "b": st.booleans(),
    "s": st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    "t": st.integers(-(2**55), 2**55),
}


@st.composite
def batches(draw: st.DrawFn, letters: str = "ifdbst", rows_max: int = 40) -> pa.RecordBatch:
    chosen = "".join(draw(st.lists(st.sampled_from(letters), min_size=1, max_size=5)))
    rows = draw(st.integers(0, rows_max))
    schema = schema_of(tuple(f"c{number}" for number in range(len(chosen))), chosen)
    columns = [
        pa.array(draw(st.lists(VALUES[letter], min_size=rows, max_size=rows)), field.type)
        for letter, field in zip(chosen, schema, strict=True)
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def same(left: pa.Table, right: pa.Table | pa.RecordBatch) -> bool:
    """Say whether two tables hold the same, NaN being equal to NaN and -0.0 not to 0.0."""
    return left.schema.equals(right.schema) and digest_of_rows(_whole(left)) == digest_of_rows(_whole(right))


def _whole(rows: pa.Table | pa.RecordBatch) -> pa.RecordBatch:
    if isinstance(rows, pa.RecordBatch):
        return rows
    columns = [column.combine_chunks() for column in rows.columns]
    return pa.RecordBatch.from_arrays(columns, schema=rows.schema)


@given(batches())
def test_what_is_encoded_is_decoded(batch: pa.RecordBatch) -> None:
    assert same(decode(encode(batch), batch.schema.names), batch)


@given(batches(), st.integers(0, 40), st.integers(0, 40))
def test_a_slice_is_its_rows_and_nothing_else(batch: pa.RecordBatch, start: int, length: int) -> None:
    part = batch.slice(min(start, batch.num_rows), length)
    fresh = pa.RecordBatch.from_pylist(part.to_pylist(), schema=part.schema)
    assert encode(part).data == encode(fresh).data or same(decode(encode(part), part.schema.names), fresh)
    assert digest_of_rows(part) == digest_of_rows(fresh)


@given(st.lists(st.integers(-3, 3), max_size=4), st.lists(st.integers(-3, 3), max_size=4), st.sampled_from("idfst"))
def test_the_digest_is_that_of_types_and_values(one: list[int], other: list[int], letter: str) -> None:
    schema = schema_of(("x",), letter)
    first, second, wider = (
        pa.RecordBatch.from_arrays([pa.array(values).cast(kind)], schema=pa.schema([pa.field("x", kind)]))
        for values, kind in ((one, schema.types[0]), (other, schema.types[0]), (one, pa.bool_()))
    )
    assert (digest_of_rows(first) == digest_of_rows(second)) == (one == other)
    assert digest_of_rows(first) != digest_of_rows(wider)


def test_the_lengths_of_texts_count() -> None:
    schema = schema_of(("a",), "s")
    one, other = (pa.RecordBatch.from_arrays([pa.array(texts)], schema=schema) for texts in (["ab", "c"], ["a", "bc"]))
    assert digest_of_rows(one) != digest_of_rows(other)


@given(batches(), st.lists(st.integers(0, 2**32 - 1), max_size=5))
def test_a_table_keeps_rows_and_parts(batch: pa.RecordBatch, rows: list[int]) -> None:
    parts = [Part(count, f"{number:032x}") for number, count in enumerate(rows)]
    payload = encode_table(as_rows(batch), owner="me", parts=parts)
    assert same(decode(payload, batch.schema.names), batch)
    kept = [Part(part.rows, part.digest[: 2 * PART_DIGEST_BYTES]) for part in parts]
    assert list(parts_of(payload)) == kept


@given(batches("ifdbt", rows_max=5), st.integers(1, 5))
def test_small_chunks_are_joined_at_once(batch: pa.RecordBatch, count: int) -> None:
    pieces = [encode(batch) for _ in range(count)]
    assume(all(piece.form is Form.ROWS for piece in pieces))
    joined = join_rows([piece.data for piece in pieces], pieces[0].letters, batch.schema.names)
    assert same(joined, _whole(pa.Table.from_batches([batch] * count)))


def test_the_form_follows_from_size_and_types() -> None:
    names, numbers = ("a",), np.arange(ROWS_BYTES_MAX // 8 + 1)
    long = pa.RecordBatch.from_arrays([pa.array(numbers)], schema=schema_of(names, "i"))
    text = pa.RecordBatch.from_arrays([pa.array(["word"])], schema=schema_of(names, "s"))
    assert encode(long.slice(1)).form is Form.ROWS
    assert encode(long).form is encode(text).form is Form.BATCH


def test_a_counter_and_a_repeated_pattern_cost_next_to_nothing() -> None:
    rows = 100_000
    schema = schema_of(("step", "epoch", "grid", "same"), "iiid")
    columns = [
        np.arange(rows),
        np.arange(rows) // 1000,
        np.tile(np.arange(10), rows // 10),
        np.full(rows, 0.25),
    ]
    table = pa.table([pa.array(column) for column in columns], schema=schema)
    assert len(encode_table(table, owner="me", parts=[]).data) < 0.25 * rows


def test_mixed_widths_of_floats_become_the_wider_one() -> None:
    narrow = pa.table([pa.array([0.5], pa.float32())], schema=schema_of(("a",), "f"))
    wide = pa.table([pa.array([0.1])], schema=schema_of(("a",), "d"))
    assert as_table([narrow, wide]).column("a").to_pylist() == [0.5, 0.1]
    assert as_table([narrow, narrow]).schema.types == [pa.float32()]


@pytest.mark.parametrize("form", Form)
def test_damaged_bytes_are_told(form: Form) -> None:
    with pytest.raises(IntegrityError):
        decode(Payload(form, "id", b"damaged"), ("a", "b"))


def test_a_damaged_table_tells_no_parts() -> None:
    with pytest.raises(IntegrityError):
        parts_of(Payload(Form.TABLE, "i", b"PAR1damagedPAR1"))
