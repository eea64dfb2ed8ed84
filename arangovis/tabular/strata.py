"""Samples in which every class has its share."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from arangovis.domain.errors import IntegrityError
from arangovis.tabular.rows import ROW_ERROR, ROW_ID, Rows
from arangovis.tabular.sampling import Positions, SegmentReader, sample_positions

__all__ = ["Codes", "class_codes", "stratified_positions"]

Codes = npt.NDArray[np.int32]
CLASSES_MAX = 1_000
"""More than this are no classes: such a column is not looked at."""
LEAST = 20
"""Rows of a class that a sample has, if it has as many and the sample has room: a method needs neighbours."""


def class_codes(segments: Sequence[SegmentReader], column: str) -> Codes | None:
    """Return the class of each row that carries no error as a number from 0, int32 (rows,), a segment at a time.

    Rows without a value are a class. None: there are more than CLASSES_MAX.

    Raises:
        IntegrityError: a segment does not hold what it should.

    """
    known: dict[object, int] = {}
    found = [np.zeros(0, dtype=np.int32)]
    for segment in segments:
        found.append(_codes(segment, column, known))
        if len(known) > CLASSES_MAX:
            return None
    return np.concatenate(found)


def stratified_positions(codes: Codes, size: int, seed: int) -> Positions:
    """Return `size` different positions, sorted, int64: of each class its share; see `shares`.

    The same arguments give the same positions.
    """
    if size >= len(codes):
        return np.arange(len(codes), dtype=np.int64)
    order = np.argsort(codes, kind="stable")
    counts = np.bincount(codes)
    ends = np.cumsum(counts)
    chosen = [
        order[end - count : end][sample_positions(int(count), int(share), seed)]
        for count, end, share in zip(counts, ends, shares(counts, size), strict=True)
    ]
    return np.sort(np.concatenate(chosen)).astype(np.int64)


def shares(counts: npt.NDArray[np.int64], size: int) -> npt.NDArray[np.int64]:
    """Return how many rows of each class make up a sample of `size`, which is less than all rows.

    A class whose share would be less gets LEAST rows, or all it has; half of the sample at most goes that way. The
    others share the rest by their sizes, and what rounding leaves goes to the largest remainders.
    """
    least = np.minimum(counts, min(LEAST, size // 2 // len(counts)))
    raised = np.zeros(len(counts), dtype=bool)
    while True:
        rest = size - least[raised].sum()
        exact = np.where(raised, least, rest * counts / counts[~raised].sum())
        small = ~raised & (exact < least)
        if not small.any():
            break
        raised |= small
    found = np.floor(exact).astype(np.int64)
    left = int(size - found.sum())
    found[np.argsort(found - exact, kind="stable")[:left]] += 1
    return found


def _codes(segment: SegmentReader, column: str, known: dict[object, int]) -> Codes:
    import pyarrow.compute as pc

    rows = Rows.from_parquet(segment.read(), (ROW_ID, column, ROW_ERROR))
    if rows.count != segment.rows:
        raise IntegrityError(f"a segment has {rows.count} rows; its manifest says {segment.rows}")
    if not rows.has(column):
        return np.full(int((~rows.errors).sum()), known.setdefault(None, len(known)), dtype=np.int32)
    encoded = pc.dictionary_encode(rows.table.column(column), null_encoding="encode").combine_chunks()
    places = np.array([known.setdefault(value, len(known)) for value in encoded.dictionary.to_pylist()], dtype=np.int32)
    codes: Codes = places[encoded.indices.to_numpy()]
    return codes[~rows.errors] if segment.errors != 0 else codes
