"""Files of every form that a frame is read from, with some bytes changed or the end cut off: read or refused."""

import gzip
import io
from collections.abc import Callable
from functools import cache

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_wine

from arangovis.domain.errors import ArangovisError, TooLarge
from arangovis.tabular.frames import csv_pieces, read_frame


def wine() -> pa.Table:
    data = load_wine()
    columns = {name: data.data[:40, place] for place, name in enumerate(data.feature_names[:4])}
    words = pa.array([f"class {number}" for number in data.target[:40]])
    return pa.table({**columns, "word": words, "level": words.dictionary_encode(), "whole": data.target[:40]})


def csv_of(table: pa.Table) -> bytes:
    rows = zip(*(column.to_pylist() for column in table.columns), strict=True)
    lines = [",".join(table.column_names), *(",".join(map(str, row)) for row in rows)]
    return "\n".join(lines).encode()


def parquet(compression: str) -> bytes:
    out = io.BytesIO()
    pq.write_table(wine(), out, compression=compression, row_group_size=16)
    return out.getvalue()


def arrow(opener: Callable[..., pa.RecordBatchReader], compression: str | None) -> bytes:
    out = io.BytesIO()
    with opener(out, wine().schema, options=pa.ipc.IpcWriteOptions(compression=compression)) as writer:
        writer.write_table(wine(), 16)
    return out.getvalue()


FILES: dict[str, Callable[[], bytes]] = {
    "csv": lambda: csv_of(wine()),
    "csv.gz": lambda: gzip.compress(csv_of(wine()), mtime=0),
    "csv.zst": lambda: bytes(pa.Codec("zstd").compress(csv_of(wine()))),
    "parquet": lambda: parquet("none"),
    "parquet, zstd": lambda: parquet("zstd"),
    "arrow stream": lambda: arrow(pa.ipc.new_stream, None),
    "arrow stream, zstd": lambda: arrow(pa.ipc.new_stream, "zstd"),
    "arrow file": lambda: arrow(pa.ipc.new_file, None),
    "arrow file, lz4": lambda: arrow(pa.ipc.new_file, "lz4"),
}
KIND = pytest.mark.parametrize("kind", FILES)
FLIPS = st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(1, 255)), min_size=1, max_size=4)


@cache
def file(kind: str) -> bytes:
    return FILES[kind]()


@KIND
def test_whole_files_are_the_same_frame(kind: str) -> None:
    reader = read_frame(file(kind))
    assert (reader.frame.rows, len(reader.frame.columns)) == (40, 7)
    assert reader.page(count=40).columns == read_frame(file("csv")).page(count=40).columns


@KIND
@given(flips=FLIPS)
def test_changed_bytes(kind: str, flips: list[tuple[float, int]]) -> None:
    data = bytearray(file(kind))
    for place, mask in flips:
        data[int(place * len(data))] ^= mask
    read_or_refused(bytes(data))


@KIND
@given(share=st.floats(0, 1))
def test_missing_ends(kind: str, share: float) -> None:
    read_or_refused(file(kind)[: int(share * len(file(kind)))])


@KIND
@given(places=st.tuples(st.floats(0, 1), st.floats(0, 1)), noise=st.binary(max_size=40))
def test_pieces_cut_out_and_put_in(kind: str, places: tuple[float, float], noise: bytes) -> None:
    start, end = sorted(int(place * len(file(kind))) for place in places)
    read_or_refused(file(kind)[:start] + noise + file(kind)[end:])


def read_or_refused(data: bytes) -> None:
    try:
        reader = read_frame(data)
    except ArangovisError:
        return
    assert len(reader.page(count=reader.frame.rows).columns) == len(reader.frame.columns)
    b"".join(csv_pieces(reader))


@pytest.mark.parametrize("length", [100, 20_000])
def test_a_text_in_many_rows_is_read_if_it_is_short(length: int) -> None:
    """The file has the text once, and a frame has it in every row."""
    rows = 65_536
    words = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), pa.array(["x" * length]))
    out = io.BytesIO()
    pq.write_table(pa.table({"a": words}), out, store_schema=False)
    if length == 100:
        assert read_frame(out.getvalue()).page(count=1).columns == (("x" * length,),)
        return
    with pytest.raises(TooLarge, match="a batch of rows unpacks to more than 1,073,741,824 bytes"):
        read_frame(out.getvalue())


def test_an_arrow_file_has_the_batches_that_it_says() -> None:
    whole = file("arrow file")
    batches = wine().to_batches(16)
    out = io.BytesIO()
    with pa.ipc.new_file(out, wine().schema) as writer:
        for batch in batches[:1]:
            writer.write_batch(batch)
    end = whole[-int.from_bytes(whole[-10:-6], "little") - 10 :]
    short = out.getvalue()
    start = short[: -int.from_bytes(short[-10:-6], "little") - 10]
    with pytest.raises(ArangovisError):
        read_frame(start + end)
