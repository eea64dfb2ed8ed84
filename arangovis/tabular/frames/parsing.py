"""Reading a whole file: bytes in, Parquet segments out, statistics and warnings at the end."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, BinaryIO, TypeAlias, cast

from arangovis.tabular.frames import limits
from arangovis.tabular.frames.columnar import opened, read_batches
from arangovis.tabular.frames.conversion import arrow_type, rounded
from arangovis.tabular.frames.csv_reading import TypedBlock, read_blocks
from arangovis.tabular.frames.errors import empty, too_large
from arangovis.tabular.frames.findings import Findings, LinesOf, no_lines
from arangovis.tabular.frames.opening import Counted, Unpacked, Utf8
from arangovis.tabular.frames.setups import check_setup
from arangovis.tabular.frames.statistics import Tally
from arangovis.tabular.frames.types import (
    ColumnKind,
    Format,
    FrameColumn,
    ParsedFrame,
    ParseSetup,
    Progress,
    no_progress,
)

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Segment:
    """Rows of a frame as a Parquet file, and as they lie in memory."""

    data: bytes
    rows: int
    table: "pa.Table" = field(repr=False, compare=False)


_TRIED_ROWS = 8192
_WORTH = 0.6
"""A column of floats that does not get smaller than this is not packed: that would cost more than it spares."""

Sink: TypeAlias = Callable[[Segment], None]
TableSink: TypeAlias = Callable[["pa.Table"], None]


def parse(
    stream: BinaryIO, setup: ParseSetup, sink: Sink, *, progress: Progress = no_progress, strict: bool = False
) -> ParsedFrame:
    """Read a file as its set-up says, hand its rows to `sink` a segment at a time, and return what was found.

    Memory is bounded whatever the length of the file. A frame without rows has no segments. If an error is raised,
    the segments that were handed out are to be thrown away. The stream is left open.

    Args:
        stream: from its beginning; Parquet and Arrow files must be seekable, others need not.
        setup: as `guess` returns it.
        sink: takes each segment; an error that it raises ends the reading.
        progress: told the fraction of the bytes read, if the length can be known; may raise Cancelled.
        strict: refuse what would only be a warning of a kind in `LOSSY`.

    Raises:
        InvalidInput: the set-up or the file is not right, with the column or the line; or `strict` and cells would
            be lost.
        NotSupported: a column holds what a frame does not.
        TooLarge: a limit is exceeded.

    """
    kinds = {column.name: column.kind for column in setup.columns}
    return parse_tables(
        stream,
        setup,
        lambda table: sink(Segment(_parquet(table, kinds), table.num_rows, table)),
        progress=progress,
        strict=strict,
    )


def parse_tables(
    stream: BinaryIO, setup: ParseSetup, sink: TableSink, *, progress: Progress = no_progress, strict: bool = False
) -> ParsedFrame:
    """Read a file as `parse` does, but hand out its rows as Arrow tables: for who needs no files of them.

    Raises:
        InvalidInput, NotSupported, TooLarge: as `parse`.

    """
    check_setup(setup)
    with ExitStack() as stack:
        source = _Blocks(stream, setup, stack)
        reading = _Reading(setup, sink, Findings(strict=strict))
        for block in source:
            reading.add(block)
            progress(source.fraction(reading.rows))
        found = reading.finished()
    progress(1.0)
    return found


class _Blocks:
    """The typed blocks of a file of any format."""

    def __init__(self, stream: BinaryIO, setup: ParseSetup, stack: ExitStack) -> None:
        self._total_rows: int | None = None
        self._bytes = Unpacked(stream) if setup.format in (Format.CSV, Format.ARROW_STREAM) else None
        if self._bytes is not None and setup.format is Format.CSV:
            self._blocks = read_blocks(_NotEmpty(Utf8(self._bytes, setup.dialect.encoding)), setup, self._bytes.total)
            return
        file = stream if self._bytes is None else cast("BinaryIO", Counted(self._bytes))
        source = stack.enter_context(opened(file, setup.format))
        self._total_rows = source.rows
        self._blocks = read_batches(source, setup)

    def __iter__(self) -> Iterator[TypedBlock]:
        return self._blocks

    def fraction(self, rows: int) -> float:
        if self._total_rows:
            return rows / self._total_rows
        return self._bytes.fraction if self._bytes else 0.0


class _NotEmpty:
    """A stream that must not be empty."""

    def __init__(self, stream: Utf8) -> None:
        self._stream = stream
        self._begun = False

    def read(self, size: int, /) -> bytes:
        data = self._stream.read(size)
        if not data and not self._begun:
            raise empty()
        self._begun = True
        return data


class _Reading:
    """Adds up blocks: statistics, warnings, and rows until they make a segment."""

    def __init__(self, setup: ParseSetup, sink: TableSink, findings: Findings) -> None:
        self._setup = setup
        self._sink = sink
        self._findings = findings
        self._if_widened = Findings()
        self._tallies = [Tally() for _ in setup.columns]
        self._kinds: Sequence[ColumnKind] = [column.kind for column in setup.columns]
        self._pending: list[TypedBlock] = []
        self._pending_rows = self._pending_bytes = 0
        self._segments: list[int] = []
        self.rows = 0

    def add(self, block: TypedBlock) -> None:
        """Take a block."""
        self._note(block)
        self._findings.check()
        for column, tally, kind in zip(block.columns, self._tallies, block.kinds, strict=True):
            tally.add(column, kind)
        self._kinds = block.kinds
        self.rows += block.rows
        if self.rows > limits.ROWS_MAX:
            raise too_large("rows", limits.ROWS_MAX)
        self._pending.append(replace(block, places=None))  # which hold the bytes of the block
        self._pending_rows += block.rows
        self._pending_bytes += sum(column.nbytes for column in block.columns)
        if self._pending_rows >= limits.SEGMENT_ROWS or self._pending_bytes >= limits.SEGMENT_BYTES:
            self._flush()

    def finished(self) -> ParsedFrame:
        """Return the frame once all blocks were taken."""
        self._flush()
        columns = tuple(
            self._column(column.name, kind, tally)
            for column, kind, tally in zip(self._setup.columns, self._kinds, self._tallies, strict=True)
        )
        return ParsedFrame(columns, self.rows, tuple(self._segments), self._findings.warnings())

    def _column(self, name: str, kind: ColumnKind, tally: Tally) -> FrameColumn:
        if kind is ColumnKind.CATEGORICAL and tally.too_many_levels:
            self._findings.column("many_levels", name, tally.too_many_levels)
            kind = ColumnKind.TEXT
        return FrameColumn(name, kind, tally.statistics(kind))

    def _note(self, block: TypedBlock) -> None:
        lines_of = block.places.lines if block.places else no_lines
        for position, faults in block.faults.items():
            for kind, mask in faults.items():
                self._findings.cells(kind, self._setup.columns[position].name, mask, self.rows, lines_of)
        for kind, rows in block.widths.items():
            self._findings.rows(kind, rows, self.rows, lines_of)
        self._findings.lines("blank_line", block.skipped.blank)
        self._findings.lines("comment_line", block.skipped.comment)
        self._note_wide(block, lines_of)

    def _note_wide(self, block: TypedBlock, lines_of: LinesOf) -> None:
        """Note whole numbers that are rounded if a decimal one comes later, and makes its column REAL."""
        for column, before, after, values in zip(
            self._setup.names, self._kinds, block.kinds, block.columns, strict=True
        ):
            if after is ColumnKind.INTEGER and (wrong := rounded(values)).any():
                self._if_widened.cells("rounded", column, wrong, self.rows, lines_of)
            if before is ColumnKind.INTEGER and after is ColumnKind.REAL:
                self._findings.adopt(self._if_widened, column)

    def _flush(self) -> None:
        if self._pending_rows:
            self._sink(_table(self._pending, self._setup.names, self._kinds))
            self._segments.append(self._pending_rows)
        self._pending, self._pending_rows, self._pending_bytes = [], 0, 0


def _table(blocks: Sequence[TypedBlock], names: Sequence[str], kinds: Sequence[ColumnKind]) -> "pa.Table":
    import pyarrow as pa

    columns = [
        pa.chunked_array([_as(block.columns[position], kind) for block in blocks], arrow_type(kind))
        for position, kind in enumerate(kinds)
    ]
    return pa.Table.from_arrays(columns, names=list(names))


def _parquet(table: "pa.Table", kinds: Mapping[str, ColumnKind]) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = pa.BufferOutputStream()
    texts = [name for name in table.column_names if kinds[name].textual]
    packings = {name: _packing(table.column(name), kinds[name]) for name in table.column_names}
    pq.write_table(
        table, sink, row_group_size=65_536, compression=packings, use_dictionary=texts or False, write_statistics=False
    )
    return cast("bytes", sink.getvalue().to_pybytes())


def _packing(column: "pa.ChunkedArray", kind: ColumnKind) -> str:
    """Return how a column is packed: measured numbers that have nothing in common are not."""
    import pyarrow as pa

    if kind is not ColumnKind.REAL or not column.num_chunks:
        return "snappy"
    values = column.chunk(0).slice(0, _TRIED_ROWS).to_numpy(zero_copy_only=False).tobytes()
    gains = len(pa.compress(values, "snappy", asbytes=True)) < _WORTH * len(values)
    return "snappy" if gains else "none"


def _as(values: "pa.Array", kind: ColumnKind) -> "pa.Array":
    wanted = arrow_type(kind)
    return values if values.type.equals(wanted) else values.cast(wanted, safe=False)
