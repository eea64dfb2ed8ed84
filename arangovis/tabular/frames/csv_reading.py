"""CSV blocks made into typed columns.

Blocks of plain numbers are read by `plain_numbers`, if that is ready. Of the others, a tidy one goes straight through
Arrow's CSV reader, numbers included. Where that reader would see a number otherwise than `conversion` does, or fails,
the block is read as texts and converted column by column; where lines are blank, comments or of the wrong width, it is
first rewritten record by record. Each way gives the same columns.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from arangovis.tabular.frames.blocks import Block, blocks, has_comment
from arangovis.tabular.frames.cells import EXACT_MAX
from arangovis.tabular.frames.conversion import Faults, arrow_type, convert
from arangovis.tabular.frames.errors import refused
from arangovis.tabular.frames.limits import CELL_LENGTH_MAX
from arangovis.tabular.frames.opening import Readable
from arangovis.tabular.frames.plain_numbers import plain_reader
from arangovis.tabular.frames.records import Skipped, records, write_records
from arangovis.tabular.frames.types import ColumnKind, ParseSetup

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.csv as arrow_csv

_SCAN_BYTES = 1 << 18
"""At once, so that the scan stays in the processor's cache."""


@dataclass(frozen=True, slots=True)
class Places:
    """The lines that rows of a block stand on."""

    block: Block
    setup: ParseSetup
    known: Sequence[int] | None = None

    def lines(self, rows: Sequence[int]) -> tuple[int, ...]:
        """Return the line on which each of these rows (from 0, in the block) begins."""
        if self.known is None and not self.block.holds(self.setup.dialect.quote.encode() or b"\0"):
            return tuple(self.block.first_line + row for row in rows)
        lines = self.known or [
            record.line for record in records(self.block.data, self.setup.dialect, first_line=self.block.first_line)
        ]
        return tuple(lines[row] for row in rows)


@dataclass(frozen=True, slots=True)
class TypedBlock:
    """Rows in typed columns: `faults` are the faulty cells of each, `widths` the rows that were padded or cut."""

    columns: Sequence["pa.Array"]
    kinds: Sequence[ColumnKind]
    faults: Mapping[int, Faults]
    rows: int
    places: Places | None = None
    widths: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    skipped: Skipped = field(default_factory=lambda: Skipped([], []))


def read_blocks(stream: Readable, setup: ParseSetup, text_bytes: int | None = None) -> Iterator[TypedBlock]:
    """Yield a CSV stream in UTF-8 as blocks of typed rows; a column of whole numbers may become REAL on the way.

    `text_bytes` is how long the stream is about, if that is known.

    Raises:
        InvalidInput: it is no CSV in UTF-8 that can be read, with the line where that shows.

    """
    reader, given = _Reader(setup), blocks(stream, setup.dialect)
    plain = plain_reader(setup, text_bytes)
    if plain is None:
        yield from map(reader.read, given)
        return
    for block, columns in plain.blocks(given):
        yield reader.read(block) if columns is None else _plain(block, columns, setup)


def _plain(block: Block, columns: "Sequence[pa.Array]", setup: ParseSetup) -> TypedBlock:
    kinds = tuple(column.kind for column in setup.columns)
    return TypedBlock(columns, kinds, {}, len(columns[0]), Places(block, setup), {}, block.skipped)


@dataclass(frozen=True, slots=True)
class _Tidy:
    """A block that Arrow reads without complaint, and what was done to make it so."""

    data: bytes
    places: Places
    widths: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    skipped: Skipped = field(default_factory=lambda: Skipped([], []))


class _Reader:
    """Reads one block after the other; learns which columns Arrow reads directly."""

    def __init__(self, setup: ParseSetup) -> None:
        self._setup = setup
        self._kinds = [column.kind for column in setup.columns]
        self._missing = _common_missing(setup)
        self._direct = {
            position
            for position, column in enumerate(setup.columns)
            if column.kind.numeric and column.missing == self._missing
        }

    def read(self, block: Block) -> TypedBlock:
        """Return the rows of a block."""
        tidy = (
            _Tidy(block.data, Places(block, self._setup), {}, block.skipped) if _is_tidy(block, self._setup) else None
        )
        found = self._read(tidy) if tidy else None
        return found or self._read_certainly(_tidied(block, self._setup))

    def _read_certainly(self, tidy: _Tidy) -> TypedBlock:
        found = self._read(tidy)
        if found is None:
            raise refused("file", f"cannot be read as CSV in the lines from {tidy.places.block.first_line} on")
        return found

    def _read(self, tidy: _Tidy) -> TypedBlock | None:
        """Return the rows, or None if records have the wrong width."""
        direct = set() if _misleads(tidy.data, self._setup) else self._direct
        table = self._table(tidy, direct) if direct else None
        if table is not None and (doubtful := {position for position in direct if _is_doubtful(table[position])}):
            direct = direct - doubtful
            table = self._table(tidy, direct)
        if table is None:
            direct = set()
            table = self._table(tidy, direct)
        if table is None:
            return None
        return self._typed(table, direct, tidy)

    def _typed(self, table: "Sequence[pa.Array]", direct: set[int], tidy: _Tidy) -> TypedBlock:
        columns, faults = list(table), {}
        for position, column in enumerate(self._setup.columns):
            if position in direct:
                columns[position] = _without_nan(columns[position])
                continue
            _check_length(column.name, columns[position], tidy.places)
            converted = convert(columns[position], replace(column, kind=self._kinds[position]))
            columns[position], self._kinds[position] = converted.values, converted.kind
            if converted.faults:
                faults[position] = converted.faults
                self._direct.discard(position)
        rows = len(columns[0]) if columns else 0
        return TypedBlock(columns, tuple(self._kinds), faults, rows, tidy.places, tidy.widths, tidy.skipped)

    def _table(self, tidy: _Tidy, direct: set[int]) -> "list[pa.Array] | None":
        """Return the columns, typed where they are direct and texts elsewhere, or None if Arrow fails at some cell."""
        import pyarrow as pa
        import pyarrow.csv as arrow_csv

        wrong_rows: list[arrow_csv.InvalidRow] = []
        try:
            table = arrow_csv.read_csv(
                pa.BufferReader(tidy.data), self._reading(), self._parsing(tidy.data, wrong_rows), self._types(direct)
            )
        except (pa.ArrowException, UnicodeDecodeError) as error:
            if not direct and not wrong_rows:
                raise _undecodable(tidy, self._setup) from error
            return None
        return None if wrong_rows else [_whole(column) for column in table.columns]

    def _reading(self) -> "arrow_csv.ReadOptions":
        import pyarrow.csv as arrow_csv

        return arrow_csv.ReadOptions(column_names=[str(number) for number in range(len(self._kinds))])

    def _parsing(self, data: bytes, wrong_rows: "list[arrow_csv.InvalidRow]") -> "arrow_csv.ParseOptions":
        import pyarrow.csv as arrow_csv

        def note(row: "arrow_csv.InvalidRow") -> str:
            wrong_rows.append(row)
            return "error"

        dialect = self._setup.dialect
        return arrow_csv.ParseOptions(
            delimiter=dialect.separator,
            quote_char=dialect.quote or False,
            newlines_in_values=bool(dialect.quote) and dialect.quote.encode() in data,
            invalid_row_handler=note,
        )

    def _types(self, direct: set[int]) -> "arrow_csv.ConvertOptions":
        import pyarrow as pa
        import pyarrow.csv as arrow_csv

        types = {str(p): arrow_type(kind) if p in direct else pa.string() for p, kind in enumerate(self._kinds)}
        return arrow_csv.ConvertOptions(column_types=types, null_values=["", *self._missing], strings_can_be_null=False)


def _common_missing(setup: ParseSetup) -> tuple[str, ...]:
    """Return the words for missing that most columns of numbers share: Arrow takes one list for all."""
    counts = Counter(column.missing for column in setup.columns if column.kind.numeric)
    return counts.most_common(1)[0][0] if counts else ()


def _is_tidy(block: Block, setup: ParseSetup) -> bool:
    """Say whether Arrow sees the same records in a block as `records` does; it may be more often than said."""
    dialect, data = setup.dialect, block.data
    if dialect.separator == " " or data.startswith((b"\n", b"\r")) or has_comment(data, dialect):
        return False
    if b"\r" in data and data.count(b"\r") != data.count(b"\r\n"):
        return False
    if data.count(dialect.quote.encode()) % 2 if dialect.quote else False:
        return False
    return not block.holds(b"\n\n") and not (b"\r" in data and block.holds(b"\n\r\n"))


def _misleads(data: bytes, setup: ParseSetup) -> bool:
    """Say whether Arrow may take something for a number that is none here: `0x1F`, `007`."""
    if setup.dialect.separator in "./":  # after which zeros are not looked for
        return True
    edges = [10, 13, 32, ord(setup.dialect.separator), *setup.dialect.quote.encode()]
    if _begins_oddly(np.frombuffer(b"\n" + data[:3], np.uint8), edges):
        return True
    codes = np.frombuffer(data or b"\n", np.uint8)
    windows = (codes[start : start + _SCAN_BYTES + 3] for start in range(0, len(codes), _SCAN_BYTES))
    return any(_begins_oddly(window, edges) for window in windows)


def _begins_oddly(codes: "np.ndarray[tuple[int], np.dtype[np.uint8]]", edges: Sequence[int]) -> bool:
    """Say whether a zero with a digit or an x after it begins a cell, perhaps after a sign."""
    within = codes - np.uint8(46) < 12  # digits, a point and a slash: most zeros stand after one of them
    follows = (codes[2:] - np.uint8(48) < 10) | ((codes[2:] | 32) == 120)
    found = (codes[1:-1] == 48) & follows & ~within[:-2]
    if not found.any():
        return False
    places = np.flatnonzero(found) + 1
    before = codes[places - 1]
    signed = places[(before == 43) | (before == 45)]
    return bool(np.isin(before, edges).any() or np.isin(codes[signed[signed > 1] - 2], edges).any())


def _is_doubtful(column: "pa.Array") -> bool:
    """Say whether numbers that Arrow read may be rounded or out of range: such cells are looked at as texts."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pa.types.is_floating(column.type):
        return False
    bounds = pc.min_max(column).as_py()
    return bounds["min"] is not None and not -EXACT_MAX <= bounds["min"] <= bounds["max"] <= EXACT_MAX


def _without_nan(column: "pa.Array") -> "pa.Array":
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pa.types.is_floating(column.type) or not pc.any(nan := pc.is_nan(column)).as_py():
        return column
    return pc.if_else(nan, pa.scalar(None, column.type), column)


def _whole(column: "pa.ChunkedArray") -> "pa.Array":
    import pyarrow as pa

    if column.num_chunks == 1:
        return column.chunk(0)
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)


def _tidied(block: Block, setup: ParseSetup) -> _Tidy:
    """Return a block rewritten record by record: no blank lines, no comments, every record of the same width."""
    width, dialect = len(setup.columns), setup.dialect
    skipped, rows, lines = Skipped([*block.skipped.blank], [*block.skipped.comment]), [], []
    widths: dict[str, list[int]] = {"short_row": [], "long_row": []}
    for number, record in enumerate(records(block.data, dialect, first_line=block.first_line, skipped=skipped)):
        if not record.whole:
            raise refused("file", f"line {record.line} begins a record with a quote that is never closed")
        cells = list(record.cells)
        if len(cells) != width:
            widths["short_row" if len(cells) < width else "long_row"].append(number)
            cells = cells[:width] + [""] * (width - len(cells))
        rows.append(cells)
        lines.append(record.line)
    places = Places(block, setup, lines)
    return _Tidy(write_records(rows, dialect), places, {k: tuple(v) for k, v in widths.items() if v}, skipped)


def _check_length(name: str, texts: "pa.Array", places: Places) -> None:
    import pyarrow.compute as pc

    if len(texts) and pc.max(lengths := pc.binary_length(texts)).as_py() > CELL_LENGTH_MAX:
        row = pc.index(pc.greater(lengths, CELL_LENGTH_MAX), True).as_py()
        problem = (
            f"line {places.lines([row])[0]} has a cell of more than {CELL_LENGTH_MAX:,} bytes; a quote may be open"
        )
        raise refused(name, problem)


def _undecodable(tidy: _Tidy, setup: ParseSetup) -> Exception:
    """Build the error for texts that are not UTF-8, or another reason why Arrow reads no texts."""
    block = tidy.places.block
    for line, text in enumerate(block.data.splitlines(keepends=False), start=block.first_line):
        try:
            text.decode("utf-8")
        except UnicodeDecodeError:
            return refused("file", f"line {line} is not {setup.dialect.encoding}; name the encoding of the file")
    return refused("file", f"cannot be read as CSV in the lines from {block.first_line} on")
