"""Any CSV that the standard library writes is read back as it was; any bytes are read or refused."""

import csv
import io

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from arangovis.domain.errors import ArangovisError, InvalidInput
from arangovis.tabular.frames import (
    ColumnKind,
    ColumnType,
    Dialect,
    GuessHints,
    ParseSetup,
    csv_pieces,
    guess,
    read_frame,
)
from arangovis.tabular.frames.blocks import Block
from arangovis.tabular.frames.cells import number_of
from arangovis.tabular.frames.conversion import convert
from arangovis.tabular.frames.csv_reading import _Reader, _tidied
from arangovis.tabular.frames.records import records, write_records

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
CELLS = TEXTS | st.sampled_from(['"', '""', "a\nb", "#x", " ", "x,y", "'", "\r", "\t", "NA", "007", "1"])
ROWS = st.integers(1, 4).flatmap(lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=1))
SEPARATORS = st.sampled_from([",", ";", "\t", "|", "\x01", " "])


def text_setup(width: int, separator: str = ",", **facts: str) -> ParseSetup:
    columns = tuple(ColumnType(f"c{number}", ColumnKind.TEXT) for number in range(width))
    return ParseSetup(columns, dialect=Dialect(separator, **facts))


@given(ROWS, SEPARATORS, st.sampled_from(["\n", "\r\n"]))
@example([["a", ""], ["", ""]], " ", "\n")
def test_what_the_standard_library_writes_is_read_back(rows: list[list[str]], separator: str, end: str) -> None:
    text = io.StringIO()
    width = len(rows[0])
    writer = csv.writer(text, delimiter=separator, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerows([[f"c{number}" for number in range(width)], *rows])
    reader = read_frame(text.getvalue().encode(), text_setup(width, separator))
    expected = tuple(tuple(cell or None for cell in column) for column in zip(*rows, strict=True))
    assert reader.page().columns == expected
    assert not reader.frame.lossy


NUMBERS = st.floats(allow_nan=False) | st.none()
WHOLE = st.integers(-(2**63), 2**63 - 1) | st.none()
WORDS = st.sampled_from(["red", "green", "blue"]) | st.none()


@given(st.lists(st.tuples(NUMBERS, WHOLE, WORDS), min_size=1, max_size=30))
def test_numbers_are_read_back_exactly(rows: list[tuple[float | None, int | None, str | None]]) -> None:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["number", "whole", "word"])
    writer.writerows(
        [["" if cell is None else repr(cell) if isinstance(cell, float) else cell for cell in row] for row in rows]
    )
    kinds = (ColumnKind.REAL, ColumnKind.INTEGER, ColumnKind.CATEGORICAL)
    columns = tuple(ColumnType(str(kind), kind) for kind in kinds)
    reader = read_frame(text.getvalue().encode(), ParseSetup(columns), strict=True)
    assert reader.page().columns == tuple(zip(*rows, strict=True))
    again = read_frame(b"".join(csv_pieces(reader)), ParseSetup(columns), strict=True)
    assert again.page() == reader.page()


@given(st.lists(st.tuples(st.integers(-99, 99), st.floats(-9, 9), WORDS), min_size=1, max_size=30))
def test_guessed_tables_keep_their_names_and_values(rows: list[tuple[int, float, str | None]]) -> None:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["count", "size", "colour"])
    writer.writerows([[count, repr(size), colour or ""] for count, size, colour in rows])
    reader = read_frame(text.getvalue().encode())
    assert reader.frame.names == ("count", "size", "colour")
    np.testing.assert_array_equal(reader.numbers("count"), [row[0] for row in rows])
    np.testing.assert_array_equal(reader.numbers("size"), [row[1] for row in rows])
    assert not reader.frame.lossy


@given(st.binary(max_size=300) | st.text("a1,;\t \"'\n\r#-.%$/:\\", max_size=60).map(str.encode))
@example(b'"')
@example(b'a\n"')
@example(b"\x1f\x8b")
@example(b"PAR1")
@example(b"ARROW1\0\0")
@example(b"\xff\xff\xff\xff\x10\0\0\0")
@example(b"\x28\xb5\x2f\xfd")
@example(b"\xff\xfe")
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        reader = read_frame(data)
    except ArangovisError:
        return
    assert len(reader.page(count=reader.frame.rows).columns) == len(reader.frame.columns)
    b"".join(csv_pieces(reader))


FIELDS = st.text("0123456789+-.eE$% xinfNA", max_size=8)


@given(st.lists(FIELDS, min_size=1, max_size=20), st.sampled_from([ColumnKind.INTEGER, ColumnKind.REAL]))
@example(["0x1F", "1"], ColumnKind.INTEGER)
@example(["-01", "+5"], ColumnKind.INTEGER)
def test_arrow_and_our_rules_read_the_same_numbers(cells: list[str], kind: ColumnKind) -> None:
    """The quick way through Arrow's reader gives what converting texts gives."""
    column = ColumnType("a", kind, ("NA",))
    data = write_records([[cell, "x"] for cell in cells], Dialect())
    setup = ParseSetup((column, ColumnType("b", ColumnKind.TEXT)), dialect=Dialect(header=False, comment=""))
    quick = _Reader(setup).read(Block(data, 1, data.count(b"\n")))
    slow = convert(pa.array(cells, pa.string()), column)
    assert quick.columns[0].to_pylist() == slow.values.to_pylist()
    assert quick.kinds[0] is slow.kind
    marks = {name: mask.tolist() for name, mask in quick.faults.get(0, {}).items()}
    assert marks == {name: mask.tolist() for name, mask in slow.faults.items()}
    numbers = [None if cell.strip() in ("", "NA") else number_of(cell) for cell in cells]
    assert slow.values.to_pylist() == [None if number is None else float(number) for number in numbers]


@given(st.lists(st.text('ab",\n\r#', min_size=1, max_size=12), min_size=1, max_size=8))
def test_untidy_blocks_hold_the_same_records_either_way(lines: list[str]) -> None:
    """A block that is said to be tidy gives what rewriting it record by record gives."""
    data = "\n".join(lines).encode()
    setup = text_setup(2)
    try:
        quick = _Reader(setup).read(Block(data, 1, data.count(b"\n")))
    except ArangovisError:
        return
    tidied = _tidied(Block(data, 1, data.count(b"\n")), setup)
    found = [list(record.cells) for record in records(tidied.data, setup.dialect)] if tidied.data else []
    assert [list(row) for row in zip(*(column.to_pylist() for column in quick.columns), strict=True)] == [
        [cell or None for cell in row] for row in found
    ]


@given(st.binary(min_size=1, max_size=200))
def test_damaged_parquet_is_refused(noise: bytes) -> None:
    with pytest.raises(InvalidInput):
        read_frame(b"PAR1" + noise + b"PAR1")


@given(st.text("ab1,\n", min_size=1, max_size=30), st.booleans())
def test_a_header_that_is_asked_for_is_obeyed(text: str, header: bool) -> None:
    try:
        setup = guess(text.encode(), GuessHints(separator=",", header=header))
    except ArangovisError:
        return
    assert setup.dialect.header is header
