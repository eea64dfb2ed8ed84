"""Reading a frame back: pages, columns, percentiles."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import numpy as np
import numpy.typing as npt

from arangovis.domain.errors import IntegrityError, NotFound, NotSupported
from arangovis.domain.json import Scalar
from arangovis.tabular.frames import limits
from arangovis.tabular.frames.conversion import arrow_type, texts_of
from arangovis.tabular.frames.errors import refused, shown, too_large
from arangovis.tabular.frames.guessing import guess
from arangovis.tabular.frames.parsing import Segment, parse
from arangovis.tabular.frames.types import ColumnKind, FrameColumn, ParsedFrame, ParseSetup
from arangovis.tabular.sampling import SegmentReader

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of a frame from `offset` on, a tuple a column. Missing is None; a time is ISO 8601 text in UTC."""

    offset: int
    names: tuple[str, ...]
    columns: tuple[tuple[Scalar, ...], ...]


@dataclass(frozen=True, slots=True)
class Codes:
    """A column of texts by number: `codes` int32 (rows,), -1 where missing, into `levels`, sorted."""

    codes: npt.NDArray[np.int32] = field(repr=False)
    levels: tuple[str, ...]


class FrameReader:
    """Reads the segments of a parsed frame. Segments are read when rows of them are asked for, one at a time.

    Every method raises IntegrityError where a segment does not hold what it should, and NotFound for a name that is
    no column.
    """

    def __init__(self, frame: ParsedFrame, segments: Sequence[SegmentReader]) -> None:
        if [segment.rows for segment in segments] != list(frame.segments):
            raise IntegrityError("the segments are not those of the frame")
        self._frame = frame
        self._segments = segments
        self._columns = {column.name: column for column in frame.columns}

    @property
    def frame(self) -> ParsedFrame:
        """What is read."""
        return self._frame

    def page(self, offset: int = 0, count: int = 100, names: Sequence[str] | None = None) -> Page:
        """Return rows from `offset` on, fewer than `count` at the end; with `names`, those columns in that order.

        Raises:
            InvalidInput: a number is negative.
            TooLarge: the page has too many cells.

        """
        chosen = self._chosen(names)
        for name, value in (("offset", offset), ("count", count)):
            if value < 0:
                raise refused(name, f"{value} is negative")
        rows = max(min(count, self._frame.rows - offset), 0)
        if rows * len(chosen) > limits.PAGE_CELLS_MAX:
            raise too_large("cells on a page", limits.PAGE_CELLS_MAX)
        found = list(self.batches(names, offset, rows))
        columns = (
            tuple(value for batch in found for value in _scalars(batch.column(position), column.kind))
            for position, column in enumerate(chosen)
        )
        return Page(offset, tuple(column.name for column in chosen), tuple(columns))

    def numbers(self, name: str) -> Numbers:
        """Return a column as float64 (rows,), NaN where missing; times in milliseconds since 1970, truths 0 and 1.

        Raises:
            NotSupported: it is a column of texts.

        """
        kind = self._column(name).kind
        if kind.textual:
            raise NotSupported(f"column {shown(name)} holds texts, not numbers")
        parts = [_numbers(batch.column(0), kind) for batch in self.batches([name])]
        return np.concatenate([np.zeros(0), *parts])

    def codes(self, name: str) -> Codes:
        """Return a column by number; numbers, times and truths as the texts that a page or CSV shows."""
        kind = self._column(name).kind
        parts = [texts_of(batch.column(0), kind).dictionary_encode() for batch in self.batches([name])]
        levels = tuple(sorted({level for part in parts for level in part.dictionary.to_pylist()}))
        places = {level: number for number, level in enumerate(levels)}
        return Codes(np.concatenate([np.zeros(0, np.int32), *(_codes(part, places) for part in parts)]), levels)

    def percentiles(self, name: str, shares: Sequence[float]) -> tuple[float, ...]:
        """Return the values below which these shares (0 to 1) of the finite values are, by linear interpolation.

        Raises:
            InvalidInput: a share is not between 0 and 1.
            NotSupported: it is a column of texts, or has no finite value.
            TooLarge: the frame has too many rows.

        """
        if not all(0 <= share <= 1 for share in shares):
            raise refused("shares", "are not all between 0 and 1")
        if self._frame.rows > limits.PERCENTILE_ROWS_MAX:
            raise too_large("rows to sort", limits.PERCENTILE_ROWS_MAX)
        numbers = self.numbers(name)
        finite = numbers[np.isfinite(numbers)]
        if not finite.size:
            raise NotSupported(f"column {shown(name)} has no finite value")
        return tuple(np.quantile(finite, list(shares)).tolist())

    def batches(
        self, names: Sequence[str] | None = None, offset: int = 0, count: int | None = None
    ) -> "Iterator[pa.RecordBatch]":
        """Yield rows as Arrow batches in the types of the frame: for this room only."""
        chosen = self._chosen(names)
        end = self._frame.rows if count is None else min(offset + count, self._frame.rows)
        first = 0
        for segment in self._segments:
            last = first + segment.rows
            if first < end and last > offset:
                yield from _slices(segment, chosen, max(offset - first, 0), min(end, last) - first)
            first = last

    def _column(self, name: str) -> FrameColumn:
        if name not in self._columns:
            raise NotFound(f"the frame has no column {shown(name)}")
        return self._columns[name]

    def _chosen(self, names: Sequence[str] | None) -> Sequence[FrameColumn]:
        return self._frame.columns if names is None else [self._column(name) for name in names]


def read_frame(data: bytes, setup: ParseSetup | None = None, *, strict: bool = False) -> FrameReader:
    """Read a small file in memory, as its set-up says or as is guessed.

    Raises:
        InvalidInput, NotSupported, TooLarge: as `guess` and `parse`.

    """
    segments: list[SegmentReader] = []

    def keep(segment: Segment) -> None:
        packed = segment.data  # not the segment, which has its rows unpacked as well
        segments.append(SegmentReader(segment.rows, lambda: packed))

    frame = parse(io.BytesIO(data), setup or guess(data), keep, strict=strict)
    return FrameReader(frame, segments)


def _slices(segment: SegmentReader, columns: Sequence[FrameColumn], start: int, end: int) -> "Iterator[pa.RecordBatch]":
    """Yield the rows from `start` to `end` of a segment, a row group at a time."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = [column.name for column in columns]
    try:
        with pq.ParquetFile(pa.BufferReader(segment.read())) as file:
            if file.metadata.num_rows != segment.rows:
                raise IntegrityError(f"a segment has {file.metadata.num_rows} rows instead of {segment.rows}")
            for number, low, high in _group_slices(file.metadata, start, end):
                table = file.read_row_group(number, columns=names, use_threads=False)
                yield _in_frame_types(table.slice(low, high - low), columns)
    except (pa.ArrowException, OSError, KeyError) as error:
        raise IntegrityError("a segment of a frame cannot be read") from error


def _group_slices(metadata: "pq.FileMetaData", start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Yield the row groups that hold rows from `start` to `end`: number, first and last row within."""
    first = 0
    for number in range(metadata.num_row_groups):
        last = first + metadata.row_group(number).num_rows
        if first < end and last > start:
            yield number, max(start - first, 0), min(end, last) - first
        first = last


def _in_frame_types(table: "pa.Table", columns: Sequence[FrameColumn]) -> "pa.RecordBatch":
    """Return columns in order; one of whole numbers may have become REAL after the segment was written."""
    import pyarrow as pa

    arrays = [
        table.column(column.name).combine_chunks().cast(arrow_type(column.kind), safe=False) for column in columns
    ]
    fields = [pa.field(str(number), array.type) for number, array in enumerate(arrays)]
    return pa.record_batch(arrays, schema=pa.schema(fields))


def _scalars(values: "pa.Array", kind: ColumnKind) -> Sequence[Scalar]:
    if kind is ColumnKind.TIME:
        return cast("Sequence[Scalar]", texts_of(values, kind).to_pylist())
    return cast("Sequence[Scalar]", values.to_pylist())


def _numbers(values: "pa.Array", kind: ColumnKind) -> Numbers:
    import pyarrow as pa

    if kind is ColumnKind.TIME:
        values = values.cast(pa.int64())
    numbers = np.asarray(values.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False), dtype=np.float64)
    return numbers / 1000.0 if kind is ColumnKind.TIME else numbers


def _codes(encoded: "pa.Array", places: dict[str, int]) -> npt.NDArray[np.int32]:
    table = np.array([*(places[level] for level in encoded.dictionary.to_pylist()), -1], dtype=np.int32)
    found = encoded.indices.fill_null(len(table) - 1).to_numpy(zero_copy_only=False)
    return table.take(np.asarray(found, dtype=np.int64))
