"""Guessing how a file is to be read, from its first part. The rules are those of `docs/reference/frames.md`."""

import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, BinaryIO, cast

from arangovis.domain.errors import Fault, InvalidInput
from arangovis.tabular.frames import columnar, limits
from arangovis.tabular.frames.cells import DIGITS, CellKind, kinds_of
from arangovis.tabular.frames.conversion import texts_of
from arangovis.tabular.frames.errors import empty, refused, too_large
from arangovis.tabular.frames.opening import Counted, Unpacked, Utf8, encoding_of, format_of
from arangovis.tabular.frames.records import Record, Skipped, as_text, records
from arangovis.tabular.frames.separators import guess_separator
from arangovis.tabular.frames.setups import check_setup, dialect_faults
from arangovis.tabular.frames.types import (
    HEADER_UNSURE,
    MISSING_WORDS,
    ColumnKind,
    ColumnType,
    Dialect,
    Format,
    FrameWarning,
    GuessHints,
    Packing,
    ParseSetup,
)
from arangovis.tabular.frames.voting import column_type, header_vote, is_ambiguous

if TYPE_CHECKING:
    import pyarrow as pa

_NO_HINTS = GuessHints()
_READABLE = DIGITS | {CellKind.MISSING, CellKind.MISSING_WORD}
"""Cells of which a column of numbers loses nothing."""


def guess(source: bytes | BinaryIO, hints: GuessHints = _NO_HINTS) -> ParseSetup:
    """Return how a file is to be read, from its bytes or its beginning.

    Of CSV and Arrow streams the beginning is enough; a Parquet or Arrow file must be whole and seekable. A stream is
    read from where it stands, and left somewhere else.

    Raises:
        InvalidInput: the file is empty, no text, damaged, or its header has a name twice.
        NotSupported: a column holds what a frame does not.
        TooLarge: it has too many columns.

    """
    stream = cast("BinaryIO", io.BytesIO(source)) if isinstance(source, bytes) else source
    unpacked = Unpacked(stream)
    sample = unpacked.read(limits.SAMPLE_BYTES)
    found = format_of(sample)
    if found is Format.CSV:
        return _of_csv(sample, unpacked.packing, hints)
    if unpacked.packing is not Packing.NONE and found is not Format.ARROW_STREAM:
        raise refused("file", f"is {found} within {unpacked.packing}: upload it unpacked, it is packed inside")
    return _of_columnar(stream, sample, unpacked, found)


def _of_columnar(stream: BinaryIO, sample: bytes, rest: Unpacked, found: Format) -> ParseSetup:
    if found is Format.ARROW_STREAM:
        whole: BinaryIO = cast("BinaryIO", Counted(_Chained(sample, rest)))
    else:
        stream.seek(0)
        whole = stream
    with columnar.opened(whole, found) as source:
        first = columnar.sample_of(source)
        columns = columnar.column_types(source.schema, first)
        cells = [] if first is None else list(map(_preview_cells, first.columns, columns))
    setup = ParseSetup(
        columns, found, rest.packing, preview=tuple(_preview_of(row) for row in zip(*cells, strict=True))
    )
    check_setup(setup)
    return setup


def _preview_cells(values: "pa.Array", column: ColumnType) -> list[str | None]:
    found, kind, _ = columnar.typed_column(values.slice(0, limits.PREVIEW_ROWS), column)
    return cast("list[str | None]", texts_of(found, kind).to_pylist())


class _Chained:
    """Bytes that were read already, then the rest."""

    def __init__(self, start: bytes, rest: Unpacked) -> None:
        self._start = io.BytesIO(start)
        self._rest = rest

    def read(self, size: int, /) -> bytes:
        return self._start.read(size) or self._rest.read(size)


def _of_csv(sample: bytes, packing: Packing, hints: GuessHints) -> ParseSetup:
    if not sample:
        raise empty()
    encoding = hints.encoding or encoding_of(sample)
    dialect = Dialect(hints.separator or ",", quote=hints.quote, comment=hints.comment, encoding=encoding)
    if faults := dialect_faults(dialect):
        raise InvalidInput.of(*faults)
    text = Utf8(io.BytesIO(sample), encoding).read(len(sample))
    if hints.separator is None:
        dialect = replace(dialect, separator=guess_separator(text, dialect))
    skipped = Skipped([], [])
    cut = len(sample) == limits.SAMPLE_BYTES
    found = _sample_records(text, dialect, skipped, cut=cut, rows=min(hints.rows, limits.SAMPLE_ROWS))
    if not found:
        raise empty()
    return _setup(found, dialect, packing, hints, skipped)


def _sample_records(text: bytes, dialect: Dialect, skipped: Skipped, *, cut: bool, rows: int) -> list[Record]:
    """Return the first records; the last is left out if the sample ends within it."""
    found: list[Record] = []
    for record in records(text, dialect, skipped=skipped):
        found.append(record)
        if len(found) > rows:
            return found
    if cut and len(found) > 1 and (not found[-1].whole or not text.endswith((b"\n", b"\r"))):
        found.pop()
    if found and not cut and not found[-1].whole:
        raise refused("file", f"line {found[-1].line} begins a record with a quote that is never closed")
    return found


def _setup(
    found: Sequence[Record], dialect: Dialect, packing: Packing, hints: GuessHints, skipped: Skipped
) -> ParseSetup:
    rows = [_texts(record) for record in found]
    vote = header_vote(rows[0], rows[1:]) if hints.header is None else hints.header
    dialect = replace(dialect, header=bool(vote))
    width = _width(rows)
    if width > limits.COLUMNS_MAX:
        raise too_large("columns", limits.COLUMNS_MAX)
    names = _names(rows[0] if dialect.header else [], width)
    below, records_below = (rows[1:], found[1:]) if dialect.header else (rows, found)
    cells = list(zip(*(row[:width] + [""] * (width - len(row)) for row in below), strict=True)) or [()] * width
    kinds = [kinds_of(texts) for texts in cells]
    columns = tuple(map(column_type, names, cells, kinds))
    warnings = (
        *_width_warnings(records_below, width),
        *_line_warnings(skipped),
        *chain.from_iterable(map(_column_warnings, columns, cells, kinds)),
        *([_UNSURE] if vote is None else []),
    )
    preview = tuple(_preview_of(row) for row in below[: limits.PREVIEW_ROWS])
    setup = ParseSetup(columns, Format.CSV, packing, dialect, preview, warnings)
    check_setup(setup)
    return setup


def _texts(record: Record) -> list[str]:
    if "".join(record.cells).isascii():
        return list(record.cells)
    return [as_text(cell) for cell in record.cells]


def _width(rows: Sequence[Sequence[str]]) -> int:
    """Return the width of the first record if no other is wider, else the most common width."""
    widths = Counter(map(len, rows))
    first = len(rows[0])
    return first if first == max(widths) else max(widths.items(), key=lambda item: (item[1], item[0]))[0]


def _names(header: Sequence[str], width: int) -> list[str]:
    """Return a name for each column: `C<n>` where there is none.

    Raises:
        InvalidInput: a name is there twice.

    """
    given = [name.strip() for name in header[:width]]
    twice = [name for name, count in Counter(given).items() if count > 1 and name]
    if twice:
        raise InvalidInput.of(*(Fault(name, "there are two columns of this name in the header") for name in twice))
    taken = set(given)
    return [
        name or _made_name(number, taken) for number, name in enumerate([*given, *[""] * (width - len(given))], start=1)
    ]


def _made_name(number: int, taken: set[str]) -> str:
    name = f"C{number}"
    while name in taken:
        name += "_"
    taken.add(name)
    return name


_UNSURE = FrameWarning(
    HEADER_UNSURE, "nothing tells whether the first line is a header; it is read as a row, set `header` if it is one"
)


def _width_warnings(found: Sequence[Record], width: int) -> list[FrameWarning]:
    kinds = {"short_row": "rows with too few cells", "long_row": "rows with too many cells"}
    wrong = {
        "short_row": [(row, record.line) for row, record in enumerate(found) if len(record.cells) < width],
        "long_row": [(row, record.line) for row, record in enumerate(found) if len(record.cells) > width],
    }
    return [_warning(kind, kinds[kind], places) for kind, places in wrong.items() if places]


def _warning(kind: str, detail: str, places: Sequence[tuple[int, int]], column: str | None = None) -> FrameWarning:
    shown = places[: limits.PLACES_SHOWN]
    rows, lines = tuple(row for row, _ in shown), tuple(line for _, line in shown)
    return FrameWarning(kind, detail, column, len(places), rows, lines)


def _line_warnings(skipped: Skipped) -> list[FrameWarning]:
    pairs = (("blank_line", "blank lines", skipped.blank), ("comment_line", "lines that are comments", skipped.comment))
    return [
        FrameWarning(kind, f"{detail}, which are no rows", None, len(lines), (), tuple(lines[: limits.PLACES_SHOWN]))
        for kind, detail, lines in pairs
        if lines
    ]


def _column_warnings(column: ColumnType, cells: Sequence[str], kinds: Sequence[CellKind]) -> list[FrameWarning]:
    warnings = []
    if column.kind.numeric and (count := _unreadable(kinds)):
        warnings.append(
            FrameWarning("unreadable", "cells that are no numbers; they will be missing", column.name, count)
        )
    if is_ambiguous(column, cells):
        detail = "dates that can be read either way; they are read month first"
        warnings.append(FrameWarning("ambiguous_dates", detail, column.name, len(cells)))
    if column.kind is ColumnKind.CATEGORICAL and (count := sum(cell.strip() in MISSING_WORDS for cell in cells)):
        detail = "texts that look like words for missing; they are levels unless `missing` names them"
        warnings.append(FrameWarning("missing_words", detail, column.name, count))
    return warnings


def _unreadable(kinds: Sequence[CellKind]) -> int:
    return sum(count for kind, count in Counter(kinds).items() if kind not in _READABLE)


def _preview_of(row: Sequence[object]) -> tuple[str, ...]:
    texts = ("" if value is None else str(value) for value in row)
    return tuple(text[: limits.PREVIEW_CELL_LENGTH_MAX] for text in texts)
