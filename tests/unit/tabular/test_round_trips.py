"""Whatever is sent in one format comes in as when it is sent in another, and nothing else than our errors gets out."""

import io
import json
from functools import cache

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arangovis.domain.errors import ArangovisError
from arangovis.tabular import Rows, read_rows
from arangovis.tabular.reading import MEDIA_TYPES
from tests.unit.tabular.bodies import ARROW, CSV, JSON, PARQUET, WRITERS, Columns, digits

ARROW_COMPRESSED = f"{ARROW}; compressed"

_TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=8)
_WORD = _TEXT.map(lambda text: f"w{text}")
_NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
_SCALARS = {
    "whole": st.integers(-(2**63), 2**63 - 1),
    "number": _NUMBERS.map(lambda number: number + 0.5 if float(number).is_integer() else number),
    "text": _WORD,
    "flag": st.booleans(),
}
_NAMES = st.text('abc XYZ.-é,"', min_size=1, max_size=6).filter(lambda name: name.strip() == name)


@st.composite
def _tables(draw: st.DrawFn, *, lists: bool) -> Columns:
    count = draw(st.integers(1, 6))
    columns: dict[str, list[object]] = {}
    for name in draw(st.lists(_NAMES, max_size=4, unique=True)):
        values = _SCALARS[draw(st.sampled_from(sorted(_SCALARS)))]
        is_list = lists and draw(st.booleans())
        cells = st.none() | (st.lists(values, max_size=3) if is_list else values)
        columns[name] = draw(st.lists(cells, min_size=count, max_size=count))
    dimension = draw(st.integers(1, 4))
    narrow = st.lists(
        st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=dimension, max_size=dimension
    )
    columns["embedding"] = draw(st.lists(narrow, min_size=count, max_size=count))
    columns["_id"] = draw(st.lists(_WORD, min_size=count, max_size=count, unique=True))
    return columns


def _read(columns: Columns, media_type: str) -> Rows:
    return read_rows(WRITERS[media_type](columns), media_type)


@given(_tables(lists=True))
def test_three_formats_agree(columns: Columns) -> None:
    rows = _read(columns, JSON)
    assert _read(columns, PARQUET) == rows
    assert _read(columns, ARROW) == rows
    for name, values in columns.items():
        if name != "embedding":
            assert rows.values(name) == values
    assert rows.embedding.tolist() == columns["embedding"]


@given(_tables(lists=False))
def test_csv_agrees(columns: Columns) -> None:
    assert _read(columns, CSV) == _read(columns, JSON)


@given(_tables(lists=True))
def test_canonical_rows_stay_what_they_are(columns: Columns) -> None:
    rows = _read(columns, JSON)
    data = rows.to_parquet()
    assert Rows.from_parquet(data) == rows
    assert read_rows(data, PARQUET) == rows
    assert Rows.from_parquet(data).to_parquet() == data


@cache
def _body(media_type: str) -> bytes:
    return WRITERS[media_type](digits(12)) if media_type != ARROW_COMPRESSED else _compressed()


def _compressed() -> bytes:
    table = pa.table(digits(12))
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
        writer.write_table(table)
    return sink.getvalue()


def _reads_or_refuses(body: bytes, media_type: str) -> None:
    """Check that a body is read, or refused with one of our errors whose text can be sent."""
    refusal, data = "", b""
    try:
        data = read_rows(body, media_type).to_parquet()
    except ArangovisError as error:
        refusal = error.detail
    assert bool(refusal.encode()) != bool(data)
    assert not data or Rows.from_parquet(data).to_parquet() == data


@pytest.mark.parametrize("media_type", [*MEDIA_TYPES, ARROW_COMPRESSED])
@given(share=st.floats(0, 1))
def test_truncated_bodies(media_type: str, share: float) -> None:
    body = _body(media_type)
    _reads_or_refuses(body[: int(share * len(body))], media_type)


@pytest.mark.parametrize("media_type", [*MEDIA_TYPES, ARROW_COMPRESSED])
@given(flips=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(1, 255)), min_size=1, max_size=4))
def test_bodies_with_flipped_bytes(media_type: str, flips: list[tuple[float, int]]) -> None:
    body = bytearray(_body(media_type))
    for share, mask in flips:
        body[int(share * len(body))] ^= mask
    _reads_or_refuses(bytes(body), media_type)


@pytest.mark.parametrize("media_type", MEDIA_TYPES)
@given(body=st.binary(max_size=300))
def test_random_bytes(media_type: str, body: bytes) -> None:
    _reads_or_refuses(body, media_type)


_FIELD_NAMES = st.sampled_from(
    [
        "_id",
        "embedding",
        "embedding_0",
        "embedding_1",
        "_hs_error",
        "_hs_metric_checks",
        "value",
        "$numberLong",
        "a",
        "",
    ]
)
_JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_FIELD_NAMES, inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(st.dictionaries(_FIELD_NAMES, _JSON_VALUES, max_size=5), max_size=3))
def test_any_json_rows(rows: list[dict[str, object]]) -> None:
    _reads_or_refuses(json.dumps(rows).encode(), JSON)


@given(
    st.lists(st.lists(_TEXT | st.sampled_from(["1", "0.5", "[1,2]", "true", "nan", "1e999"]), max_size=3), max_size=4)
)
def test_any_csv_cells(rows: list[list[str]]) -> None:
    lines = ["_id,embedding,a", *(",".join(row) for row in rows)]
    _reads_or_refuses("\n".join(lines).encode(), CSV)
