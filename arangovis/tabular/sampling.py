"""Choosing rows, and reading the chosen ones out of many segments."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from arangovis.domain.errors import IntegrityError
from arangovis.tabular.limits import refused
from arangovis.tabular.picking import pick
from arangovis.tabular.rows import ROW_ERROR, ROW_ID, Rows, concatenate

Positions = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class SegmentReader:
    """One segment of a data set: how many rows it has, how many of them carry an error, and how it is read."""

    rows: int
    read: Callable[[], bytes | memoryview]
    errors: int | None = None
    """None if nobody counted them."""


def sample_positions(count: int, size: int, seed: int) -> Positions:
    """Return `size` different positions out of 0 to count - 1, sorted, int64; all of them if there are no more.

    The same arguments give the same positions.

    Raises:
        InvalidInput: an argument is negative.

    """
    for name, value in (("count", count), ("size", size), ("seed", seed)):
        if value < 0:
            raise refused(name, f"{value} is negative")
    if size >= count:
        return np.arange(count, dtype=np.int64)
    generator = np.random.Generator(np.random.PCG64(seed))
    return np.sort(generator.choice(count, size, replace=False, shuffle=False)).astype(np.int64)


def gather(segments: Sequence[SegmentReader], positions: npt.ArrayLike, columns: Sequence[str] | None = None) -> Rows:
    """Return the rows at these positions of the segments laid end to end, in the order given.

    Each segment that holds one is read once, one after the other; the others are not read. With `columns`, only
    those are decoded; a segment that lacks one has nulls there.

    Raises:
        InvalidInput: no positions, one outside of the segments, or columns whose types do not mix.
        IntegrityError: a segment does not hold what it should.

    """
    chosen = np.asarray(positions, dtype=np.int64).reshape(-1)
    ends = _ends(segments)
    if chosen.size == 0:
        raise refused("positions", "there are none")
    if chosen.min() < 0 or chosen.max() >= ends[-1]:
        raise refused("positions", f"are not all between 0 and {ends[-1] - 1}")
    order = np.argsort(chosen, kind="stable")
    found = concatenate(list(_parts(segments, chosen[order], columns)))
    if np.array_equal(order, np.arange(order.size)):
        return found
    return found.select(np.argsort(order, kind="stable"))


def row_ids(segments: Sequence[SegmentReader], positions: npt.ArrayLike) -> list[str]:
    """Return the ids of the rows at these positions; see `gather`."""
    return gather(segments, positions, [ROW_ID]).ids if np.size(positions) else []


def row_errors(segments: Sequence[SegmentReader]) -> npt.NDArray[np.bool_]:
    """Return for every row of the segments whether it carries an error, bool (rows,).

    Raises:
        IntegrityError: a segment does not hold what it should.

    """
    return np.concatenate([np.zeros(0, dtype=np.bool_), *map(_errors, segments)])


def error_free(segments: Sequence[SegmentReader], ordinals: npt.ArrayLike) -> Positions:
    """Return where the rows without an error are: the position of the n-th such row, from 0, for each n of `ordinals`.

    `ordinals` are sorted. Only segments that hold one of these rows and a row with an error are read.

    Raises:
        InvalidInput: there is no such row.
        IntegrityError: a segment does not hold what it should.

    """
    wanted = np.asarray(ordinals, dtype=np.int64).reshape(-1)
    counts = np.array([_good_count(segment) for segment in segments], dtype=np.int64)
    if wanted.size and (wanted.min() < 0 or wanted.max() >= counts.sum()):
        raise refused("rows", f"are not all between 0 and {counts.sum() - 1}")
    bounds = np.searchsorted(wanted, np.cumsum(counts))
    found, first, good, start = [np.zeros(0, dtype=np.int64)], 0, 0, 0
    for segment, count, bound in zip(segments, counts, bounds, strict=True):
        if bound > first:
            found.append(start + _good_positions(segment, wanted[first:bound] - good))
        first, good, start = int(bound), good + int(count), start + segment.rows
    return np.concatenate(found)


def _good_positions(segment: SegmentReader, ordinals: Positions) -> Positions:
    return ordinals if segment.errors == 0 else np.flatnonzero(~_errors(segment))[ordinals]


def _good_count(segment: SegmentReader) -> int:
    errors = int(_errors(segment).sum()) if segment.errors is None else segment.errors
    return segment.rows - errors


def _errors(segment: SegmentReader) -> npt.NDArray[np.bool_]:
    if segment.errors == 0:  # such a segment is not read, so that a long stream is sampled quickly
        return np.zeros(segment.rows, dtype=np.bool_)
    return _read(segment, [ROW_ID, ROW_ERROR]).errors


def _parts(segments: Sequence[SegmentReader], ordered: Positions, columns: Sequence[str] | None) -> Iterator[Rows]:
    ends = _ends(segments)
    bounds = np.searchsorted(ordered, ends)
    first = 0
    for segment, end, bound in zip(segments, ends, bounds, strict=True):
        if bound > first:
            within = ordered[first:bound] - (end - segment.rows)
            yield pick(segment.read(), within, rows=segment.rows, columns=columns)
        first = int(bound)


def _read(segment: SegmentReader, columns: Sequence[str] | None) -> Rows:
    rows = Rows.from_parquet(segment.read(), columns)
    if rows.count != segment.rows:
        raise IntegrityError(f"a segment has {rows.count} rows; its manifest says {segment.rows}")
    return rows


def _ends(segments: Sequence[SegmentReader]) -> Positions:
    return np.cumsum([segment.rows for segment in segments], dtype=np.int64) if segments else np.zeros(1, np.int64)
