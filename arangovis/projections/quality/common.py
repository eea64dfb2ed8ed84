"""What the measures share."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from arangovis.domain.errors import InvalidInput, NotSupported

Doubles: TypeAlias = npt.NDArray[np.float64]
Table: TypeAlias = npt.NDArray[np.float32] | npt.NDArray[np.float64]
"""Rows by dimensions."""
Positions: TypeAlias = npt.NDArray[np.int64]


def check_lengths(original: Table, projected: Table) -> None:
    """Refuse tables that do not have the same rows.

    Raises:
        InvalidInput: they differ in length.

    """
    if len(original) != len(projected):
        raise InvalidInput(f"{len(original)} rows cannot be compared with {len(projected)} points")


def check_rows(table: Table, least: int) -> None:
    """Refuse a table that is too short to be measured.

    Raises:
        NotSupported: it has fewer rows.

    """
    if len(table) < least:
        raise NotSupported("there are fewer than two rows" if least == 2 else f"there are fewer than {least} rows")


def sampled(rows: int, size: int, seed: int) -> Positions:
    """Return the rows to look at, int64, sorted: all of them, or a seeded sample of `size`."""
    if rows <= size:
        return np.arange(rows)
    return np.sort(np.random.default_rng(seed).choice(rows, size, replace=False))


def pair_distances(table: Table, first: Positions, second: Positions) -> Doubles:
    """Return the Euclidean distances of pairs of rows, float64, in blocks of bounded memory."""
    found = np.empty(len(first))
    for start in range(0, len(first), _PAIR_BLOCK):
        block = slice(start, start + _PAIR_BLOCK)
        apart = table[first[block]].astype(np.float64) - table[second[block]]
        found[block] = np.sqrt(np.einsum("ij,ij->i", apart, apart))
    return found


_PAIR_BLOCK = 20_000
_DIFFERENCES_BYTES = 4 << 20


def squared_distances(one: Table, other: Table) -> Doubles:
    """Return the squared Euclidean distances of rows to rows, float64 (n, m), from differences: equal ones are equal.

    By scipy, and where that is not installed by numpy, which takes longer.
    """
    one, other = one.astype(np.float64), other.astype(np.float64)
    try:
        from scipy.spatial.distance import cdist
    except ModuleNotFoundError:
        return _squares_of_differences(one, other)
    return np.asarray(cdist(one, other, "sqeuclidean"))


def _squares_of_differences(one: Doubles, other: Doubles) -> Doubles:
    found = np.empty((len(one), len(other)))
    step = max(1, _DIFFERENCES_BYTES // (8 * max(1, other.size)))
    for start in range(0, len(one), step):
        apart = one[start : start + step, None] - other
        found[start : start + step] = np.einsum("ijk,ijk->ij", apart, apart)
    return found
