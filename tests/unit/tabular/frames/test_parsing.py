import gzip
import io
import math
import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn.datasets import load_breast_cancer, load_wine

from arangovis.domain.errors import Cancelled, InvalidInput, NotFound, NotSupported, TooLarge
from arangovis.tabular.frames import (
    ColumnKind,
    ColumnType,
    Dialect,
    FrameReader,
    ParsedFrame,
    ParseSetup,
    Segment,
    csv_pieces,
    frame_document,
    frame_of,
    guess,
    limits,
    parse,
    read_frame,
    setup_document,
    setup_of,
)
from arangovis.tabular.sampling import SegmentReader


def parsed(data: bytes, setup: ParseSetup | None = None) -> tuple[ParsedFrame, list[Segment]]:
    segments: list[Segment] = []
    return parse(io.BytesIO(data), setup or guess(data), segments.append), segments


def column(reader: FrameReader, name: str) -> list[object]:
    return list(reader.page(count=reader.frame.rows, names=[name]).columns[0])


# --- nothing is lost in silence -------------------------------------------------------------------------------


def test_text_after_sixty_thousand_numbers_is_told_with_its_lines() -> None:
    data = b"a,b\n" + b"1,2.5\n" * 60_000 + b"x,y\n" * 5
    frame = read_frame(data).frame
    first, second = frame.warnings
    assert (first.kind, first.column, first.count) == ("unreadable", "a", 5)
    assert first.rows == (60_000, 60_001, 60_002, 60_003, 60_004)
    assert first.lines == (60_002, 60_003, 60_004, 60_005, 60_006)
    assert second.column == "b"
    assert frame.lossy
    assert frame.columns[0].statistics.missing == 5
    with pytest.raises(InvalidInput) as caught:
        read_frame(data, strict=True)
    assert [fault.field for fault in caught.value.faults] == ["a", "b"]
    assert "60002" in caught.value.faults[0].problem


def test_ragged_rows_are_told_with_their_lines() -> None:
    reader = read_frame(b'a,b\n1,2\n\n3\n"4\n",5,6\n7,8\n')
    kinds = {warning.kind: (warning.count, warning.rows, warning.lines) for warning in reader.frame.warnings}
    assert kinds["short_row"] == (1, (1,), (4,))
    assert kinds["long_row"] == (1, (2,), (5,))
    assert kinds["blank_line"] == (1, (), (3,))
    assert column(reader, "b") == [2, None, 5, 8]
    with pytest.raises(InvalidInput, match="lines 4"):
        read_frame(b"a,b\n1,2\n\n3\n", strict=True)


def test_whole_numbers_become_decimal_ones_when_one_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "BLOCK_BYTES", 4096)
    monkeypatch.setattr(limits, "SEGMENT_ROWS", 500)
    numbers = [*range(3000), 2**53 + 1, *range(3000), 0.5, 7]
    reader = read_frame(b"a\n" + b"".join(f"{number}\n".encode() for number in numbers))
    assert reader.frame.columns[0].kind is ColumnKind.REAL
    assert len(reader.frame.segments) > 2
    assert column(reader, "a") == [float(number) for number in numbers]
    (warning,) = reader.frame.warnings
    assert (warning.kind, warning.count, warning.rows, warning.lines) == ("rounded", 1, (3000,), (3002,))


def test_a_number_too_long_for_its_column_is_told() -> None:
    setup = guess(b"a\n1\n2\n")
    reader = read_frame(b"a\n1\n9223372036854775808\n", setup)
    assert reader.frame.columns[0].kind is ColumnKind.REAL
    assert column(reader, "a") == [1.0, 2.0**63]
    reader = read_frame(b"a\n1\n9223372036854775809\n", setup)
    assert [warning.kind for warning in reader.frame.warnings] == ["rounded"]


def test_leading_zeros_that_come_late_are_told() -> None:
    data = b"a,b\n" + b"1,-2.5\n" * 3000 + b"007,-01.5\n8,2\n"
    reader = read_frame(data)
    (warning,) = reader.frame.warnings
    assert (warning.kind, warning.column, warning.lines) == ("leading_zeros", "a", (3002,))
    assert column(reader, "a")[-2:] == [7, 8]


def test_what_only_looks_like_a_number_is_none() -> None:
    setup = guess(b"a,b\n1,2.5\n3,4.5\n")
    reader = read_frame(b"a,b\n0x1F,1_0\n1,2\n", setup)
    assert column(reader, "a") == [None, 1]
    assert column(reader, "b") == [None, 2.0]
    assert [warning.kind for warning in reader.frame.warnings] == ["unreadable", "unreadable"]


def test_numbers_at_the_edge_of_64_bits() -> None:
    reader = read_frame(b"a\n1e308\n-1e308\n1e400\ninf\n-Infinity\nnan\n5e-324\n")
    found = column(reader, "a")
    assert found[:5] == [1e308, -1e308, math.inf, math.inf, -math.inf]
    assert found[5:] == [None, 5e-324]
    (warning,) = reader.frame.warnings
    assert (warning.kind, warning.count, warning.lines) == ("overflow", 1, (4,))
    statistics = reader.frame.columns[0].statistics
    assert (statistics.infinite, statistics.missing) == (3, 1)
    assert statistics.mean == pytest.approx(0, abs=1e292)
    assert statistics.sigma == pytest.approx(1e308, rel=1e-9)


def test_a_quote_that_is_never_closed_is_an_error() -> None:
    with pytest.raises(InvalidInput, match="line 3 begins a record with a quote that is never closed"):
        read_frame(b'a,b\n1,2\n"3,4\n5,6\n')


def test_a_record_without_an_end_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "BLOCK_BYTES", 1000)
    monkeypatch.setattr(limits, "RECORD_BYTES_MAX", 5000)
    setup = guess(b"a,b\n1,2\n")
    with pytest.raises(InvalidInput, match=r"begins on line 3 does not end within 5,000 bytes"):
        read_frame(b'a,b\n1,2\n"' + b"x" * 10_000 + b'",1\n', setup)


def test_a_cell_has_a_longest_length() -> None:
    setup = guess(b"a,b\nx,2\n")
    with pytest.raises(InvalidInput, match=r"line 3 .* more than 131,072"):
        read_frame(b"a,b\nx,2\n" + b"x" * 140_000 + b",1\n", setup)
    with pytest.raises(InvalidInput, match=r"line 2 .* more than 131,072"):
        guess(b"a,b\n" + b"x" * 140_000 + b",1\n")


def test_bytes_that_are_not_utf8_are_an_error_with_a_line() -> None:
    setup = guess(b"a,b\nx,2\n")
    with pytest.raises(InvalidInput, match="line 3 is not utf-8"):
        read_frame(b"a,b\nx,2\n\xff,1\n", setup)
    with pytest.raises(InvalidInput, match="zero byte on or after line 3"):
        read_frame(b"a,b\nx,2\n\0,1\n", setup)


def test_too_many_levels_make_a_text(monkeypatch: pytest.MonkeyPatch) -> None:
    names = b"".join(f"n{number}\n".encode() * 2 for number in range(10_001))
    frame = read_frame(b"a\n" + names).frame
    assert frame.columns[0].kind is ColumnKind.TEXT
    assert [warning.kind for warning in frame.warnings] == ["many_levels"]
    assert not frame.lossy


def test_missing_words_are_those_of_the_column() -> None:
    columns = (
        ColumnType("a", ColumnKind.INTEGER, ("-1",)),
        ColumnType("b", ColumnKind.INTEGER),
    )
    reader = read_frame(b"a,b\n-1,-1\n2,NA\n", ParseSetup(columns))
    assert column(reader, "a") == [None, 2]
    assert column(reader, "b") == [-1, None]
    assert [(warning.kind, warning.column) for warning in reader.frame.warnings] == [("unreadable", "b")]


def test_forced_types() -> None:
    kinds = (ColumnKind.CATEGORICAL, ColumnKind.TEXT, ColumnKind.REAL)
    setup = ParseSetup(tuple(ColumnType(str(kind), kind) for kind in kinds))
    reader = read_frame(b"a,b,c\n1,007,5\n1,2,6\n", setup)
    assert reader.frame.names == ("categorical", "text", "real")
    assert column(reader, "text") == ["007", "2"]
    assert reader.frame.columns[0].statistics.levels == (("1", 2),)
    assert column(reader, "real") == [5.0, 6.0]


@pytest.mark.parametrize(
    ("setup", "field"),
    [
        (ParseSetup(()), "columns"),
        (ParseSetup((ColumnType("a", ColumnKind.TEXT), ColumnType("a", ColumnKind.TEXT))), "a"),
        (ParseSetup((ColumnType(" ", ColumnKind.TEXT),)), "columns"),
        (ParseSetup((ColumnType("a\0", ColumnKind.TEXT),)), "columns"),
        (ParseSetup((ColumnType("a", ColumnKind.TEXT),), dialect=Dialect(separator=";;")), "separator"),
        (ParseSetup((ColumnType("a", ColumnKind.TEXT),), dialect=Dialect(quote="ü")), "quote"),
        (ParseSetup((ColumnType("a", ColumnKind.TEXT),), dialect=Dialect(comment=",")), "comment"),
        (ParseSetup((ColumnType("a", ColumnKind.TEXT),), dialect=Dialect(encoding="rot13")), "encoding"),
    ],
)
def test_a_set_up_is_checked(setup: ParseSetup, field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_frame(b"a\n1\n", setup)
    assert caught.value.faults[0].field == field


# --- streams, packing, progress -------------------------------------------------------------------------------


@pytest.mark.parametrize("packing", ["gzip", "zstd"])
def test_packed_files(packing: str) -> None:
    plain = b"a,b\n" + b"1,x\n2,y\n" * 1000
    data = gzip.compress(plain) if packing == "gzip" else pa.Codec("zstd").compress(plain).to_pybytes()
    setup = guess(data)
    assert str(setup.packing) == packing
    frame, segments = parsed(data)
    assert frame.rows == 2000
    assert segments[0].data == parsed(plain)[1][0].data
    with pytest.raises(InvalidInput, match="undamaged"):
        parsed(data[: len(data) // 2], setup)


def test_two_gzip_members_are_one_file() -> None:
    assert parsed(gzip.compress(b"a\n1\n") + gzip.compress(b"2\n"))[0].rows == 2


@pytest.mark.parametrize("packing", ["gzip", "zstd"])
def test_a_small_file_cannot_become_an_endless_one(packing: str) -> None:
    plain = b"a,b\n1,2\n" + b"3,4\n" * (25 << 20)
    data = gzip.compress(plain) if packing == "gzip" else pa.Codec("zstd").compress(plain).to_pybytes()
    setup = guess(data)
    with pytest.raises(TooLarge, match="unpacks to more than 250 times its size"):
        parse(io.BytesIO(data), setup, lambda segment: None)


def test_unpacked_bytes_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "UNPACKED_BYTES_MAX", 1000)
    with pytest.raises(TooLarge, match="more than 1,000 bytes"):
        parsed(b"a\n" + b"1\n" * 1000, guess(b"a\n1\n"))


def test_progress_never_falls_and_ends_at_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "BLOCK_BYTES", 1000)
    data, seen = b"a,b\n" + b"1,2\n" * 3000, []
    parse(io.BytesIO(data), guess(data), lambda segment: None, progress=seen.append)
    assert len(seen) > 5
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


def test_a_reader_can_be_cancelled() -> None:
    def cancel(fraction: float) -> None:
        raise Cancelled("enough")

    with pytest.raises(Cancelled):
        parse(io.BytesIO(b"a\n1\n"), guess(b"a\n1\n"), lambda segment: None, progress=cancel)


@pytest.mark.parametrize("size", [1, 7, 64, 1000])
def test_blocks_of_any_size_give_the_same_rows(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    data = ('a,b\r\n1,"x\r\n""y"""\r\n2,5" pipe\r\n# no "row\r\n3,"z"\r\n' * 20).encode()
    expected = read_frame(data)
    monkeypatch.setattr(limits, "BLOCK_BYTES", size)
    found = read_frame(data, guess(data))
    assert found.page().columns == expected.page().columns
    assert found.frame.warnings == expected.frame.warnings


class Lines(io.RawIOBase):
    """A long file that is nowhere whole; it cannot be sought in, as a request's body."""

    def __init__(self, line: bytes, count: int) -> None:
        self._line, self._left = line, count * len(line)

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        size = min(size, self._left, 1 << 16)
        start = -self._left % len(self._line)
        self._left -= size
        return (self._line * (size // len(self._line) + 2))[start : start + size]


def test_memory_does_not_grow_with_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "BLOCK_BYTES", 1 << 16)
    monkeypatch.setattr(limits, "SEGMENT_ROWS", 5_000)
    line = b'12,3.5,word,"a ""note"", long"\n'
    setup = guess(b"a,b,c,d\n" + line * 20)
    held: list[int] = []
    rows: list[int] = []

    def sink(segment: Segment) -> None:
        held.append(pa.total_allocated_bytes())
        rows.append(segment.rows)

    tracemalloc.start()
    try:
        frame = parse(Lines(line, 400_000), replace(setup, dialect=Dialect(header=False)), sink)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert frame.rows == sum(rows) == 400_000
    assert frame.warnings == ()
    assert max(rows) < 10_000
    assert max(held) - held[0] < 2 << 20
    assert peak < 4 << 20, "the file has 12 MB"


# --- real data ------------------------------------------------------------------------------------------------

SKLEARN = Path(str(__import__("sklearn").__file__)).parent / "datasets" / "data"


@pytest.mark.parametrize(("file", "load"), [("wine_data.csv", load_wine), ("breast_cancer.csv", load_breast_cancer)])
def test_real_files_equal_what_scikit_learn_makes_of_them(file: str, load: object) -> None:
    whole = (SKLEARN / file).read_bytes()
    data, target = load(return_X_y=True)  # type: ignore[operator]
    reader = read_frame(whole.split(b"\n", 1)[1])  # without the line of counts and class names
    assert reader.frame.warnings == ()
    assert reader.frame.rows == len(data)
    matrix = np.stack([reader.numbers(name) for name in reader.frame.names], axis=1)
    np.testing.assert_array_equal(matrix, np.column_stack([data, target]))
    for position, found in enumerate(reader.frame.columns):
        statistics, values = found.statistics, matrix[:, position]
        assert (statistics.minimum, statistics.maximum) == (values.min(), values.max())
        assert statistics.mean == pytest.approx(values.mean(), rel=1e-12)
        assert statistics.sigma == pytest.approx(values.std(ddof=1), rel=1e-12)
        assert statistics.zeros == int((values == 0).sum())
        shares = (0.0, 0.25, 0.5, 1.0)
        np.testing.assert_allclose(reader.percentiles(found.name, shares), np.quantile(values, shares))


def test_the_odd_first_line_of_a_real_file_is_told() -> None:
    frame = read_frame((SKLEARN / "wine_data.csv").read_bytes()).frame
    assert [(warning.kind, warning.lines) for warning in frame.warnings if warning.kind == "short_row"] == [
        ("short_row", (1,))
    ]


# --- reading back ---------------------------------------------------------------------------------------------


def mixed() -> FrameReader:
    return read_frame(
        b"n,w,level,text,when,truth\n"
        b"1.5,1,b,one,2020-01-02,true\n"
        b"NA,2,a,two,2020-01-03,false\n"
        b"-2,NA,b,=sum(A1),NA,NA\n"
        b'0,0,,"a,b",2020-01-05,true\n'
    )


def test_columns_are_read_back() -> None:
    reader = mixed()
    assert [str(found.kind) for found in reader.frame.columns] == ["real", "int", "categorical", "text", "time", "bool"]
    np.testing.assert_array_equal(reader.numbers("n"), [1.5, math.nan, -2, 0])
    np.testing.assert_array_equal(reader.numbers("truth"), [1, 0, math.nan, 1])
    np.testing.assert_array_equal(reader.numbers("when")[:2], [1577923200000.0, 1578009600000.0])
    codes = reader.codes("level")
    assert (codes.codes.tolist(), codes.levels, codes.codes.dtype) == ([1, 0, 1, -1], ("a", "b"), np.int32)
    assert reader.codes("truth").levels == ("false", "true")
    with pytest.raises(NotSupported):
        reader.numbers("text")
    with pytest.raises(NotFound):
        reader.numbers("nothing")


def test_pages() -> None:
    reader = mixed()
    page = reader.page(1, 2, ["w", "n"])
    assert (page.offset, page.names, page.columns) == (1, ("w", "n"), ((2, None), (None, -2.0)))
    assert reader.page(4, 10).columns == ((),) * 6
    with pytest.raises(InvalidInput):
        reader.page(-1, 10)


def test_statistics_of_other_kinds() -> None:
    statistics = {found.name: found.statistics for found in mixed().frame.columns}
    assert statistics["level"].levels == (("a", 1), ("b", 2))
    assert (statistics["level"].missing, statistics["level"].distinct) == (1, 2)
    assert (statistics["text"].levels, statistics["text"].distinct) == (None, 4)
    assert statistics["truth"].levels == (("false", 1), ("true", 2))
    assert statistics["when"].minimum == 1577923200000.0


def test_csv_is_harmless_to_spreadsheets_and_reads_back() -> None:
    reader = mixed()
    text = b"".join(csv_pieces(reader)).decode()
    assert '"\'=sum(A1)"' in text
    assert "-2" in text
    assert "'-2" not in text
    again = read_frame(b"".join(csv_pieces(reader, neutralise=False)))
    assert again.page() == reader.page()
    assert b"".join(csv_pieces(read_frame(b"@x\n1\n"))).startswith(b"'@x\n")


def test_a_lone_column_keeps_its_missing_rows_in_csv() -> None:
    reader = read_frame(b'a\n1\n""\n3\n')
    assert column(reader, "a") == [1, None, 3]
    assert column(read_frame(b"".join(csv_pieces(reader))), "a") == [1, None, 3]


def test_documents_go_there_and_back() -> None:
    data = b"a,b\nx,1\ny,2,3\nx,z\n"
    setup, frame = guess(data), read_frame(data).frame
    assert setup_of(setup_document(setup)) == setup
    assert frame_of(frame_document(frame)) == frame


# --- columnar files -------------------------------------------------------------------------------------------


def written(table: pa.Table, kind: str) -> bytes:
    sink = io.BytesIO()
    if kind == "parquet":
        pq.write_table(table, sink)
    else:
        opener = pa.ipc.new_stream if kind == "arrow-stream" else pa.ipc.new_file
        with opener(sink, table.schema) as writer:
            writer.write_table(table)
    return sink.getvalue()


@pytest.mark.parametrize("kind", ["parquet", "arrow-stream", "arrow-file"])
def test_columnar_files_are_frames_too(kind: str) -> None:
    table = pa.table(
        {
            "i": pa.array([1, None, 2**62], pa.int64()),
            "u": pa.array([1, 2, 2**64 - 1], pa.uint64()),
            "f": pa.array([1.5, math.nan, math.inf], pa.float32()),
            "d": pa.array(["a", "b", "a"]).dictionary_encode(),
            "s": pa.array(["a", None, "a"]),
            "t": pa.array([1, None, 3_000_000_000], pa.timestamp("ns", "Europe/Berlin")),
            "b": pa.array([True, None, False]),
            "none": pa.nulls(3),
        }
    )
    data = written(table, kind)
    setup = guess(data)
    assert str(setup.format) == kind
    assert len(setup.preview) == 3
    reader = read_frame(data, setup)
    assert {found.name: str(found.kind) for found in reader.frame.columns} == {
        "i": "int",
        "u": "real",  # it does not fit a signed whole number
        "f": "real",
        "d": "categorical",
        "s": "categorical",
        "t": "time",
        "b": "bool",
        "none": "real",
    }
    assert column(reader, "i") == [1, None, 2**62]
    assert column(reader, "f") == [1.5, None, math.inf]
    assert column(reader, "t") == ["1970-01-01T00:00:00Z", None, "1970-01-01T00:00:03Z"]
    assert {(warning.kind, warning.column) for warning in reader.frame.warnings} == {("rounded", "u"), ("rounded", "t")}


def test_a_column_of_lists_is_refused_by_name() -> None:
    with pytest.raises(NotSupported, match="'vector'"):
        guess(written(pa.table({"vector": [[1.0], [2.0]]}), "parquet"))


@pytest.mark.parametrize("kind", ["parquet", "arrow-stream", "arrow-file"])
def test_damaged_columnar_files_are_refused(kind: str) -> None:
    data = written(pa.table({"a": list(range(10_000))}), kind)
    for end in (6, 20, len(data) // 2):
        with pytest.raises(InvalidInput):
            read_frame(data[:end] if end > 6 else data[:8])


def test_a_packed_arrow_stream_is_read_and_a_packed_parquet_file_is_not() -> None:
    table = pa.table({"a": [1, 2, 3]})
    assert read_frame(gzip.compress(written(table, "arrow-stream"))).frame.rows == 3
    with pytest.raises(InvalidInput, match="upload it unpacked"):
        guess(gzip.compress(written(table, "parquet")))


def test_segments_must_be_those_of_the_frame() -> None:
    frame, segments = parsed(b"a\n1\n2\n")
    reader = FrameReader(frame, [SegmentReader(2, lambda: segments[0].data)])
    assert column(reader, "a") == [1, 2]
