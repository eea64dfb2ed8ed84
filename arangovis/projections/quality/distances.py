"""Order of distances: is what is farther among the rows farther in the plot."""

import numpy as np
import numpy.typing as npt

from arangovis.projections.quality.common import (
    Doubles,
    Positions,
    Table,
    check_lengths,
    check_rows,
    pair_distances,
    sampled,
    squared_distances,
)

SPEARMAN_ROWS = 1_500
"""Rows of which every pair counts; above, a seeded sample of so many rows."""
TRIPLETS = 100_000


def spearman_distances(original: Table, projected: Table, *, seed: int = 0) -> float:
    """Return the rank correlation of the distances of all pairs of rows and of points: -1 to 1, 1 is best.

    Raises:
        InvalidInput: the tables differ in length.
        NotSupported: there are fewer than three rows.

    """
    check_lengths(original, projected)
    check_rows(original, 3)
    rows = sampled(len(original), SPEARMAN_ROWS, seed)
    pairs = np.triu_indices(len(rows), 1)  # squares are in the same order
    high, low = (squared_distances(table[rows], table[rows])[pairs] for table in (original, projected))
    if np.ptp(high) == 0 or np.ptp(low) == 0:
        return 0.0  # where all is equally far, nothing is ordered
    return float(np.corrcoef(_ranked(high), _ranked(low))[0, 1])


def _ranked(values: Doubles) -> Doubles:
    """Return the rank of each value from 0 on; equal ones share the mean of theirs."""
    order = np.argsort(values)
    rising = values[order]
    first = np.flatnonzero(np.concatenate([[True], rising[1:] != rising[:-1]]))
    counts = np.diff(np.append(first, len(values)))
    ranked = np.empty(len(values))
    ranked[order] = np.repeat(first + (counts - 1) / 2, counts)
    return ranked


def triplet_accuracy(
    original: Table,
    projected: Table,
    *,
    seed: int = 0,
    triplets: tuple[Positions, Positions, Positions] | None = None,
) -> float:
    """Return the share of triplets (a, b, c) of which the plot says rightly whether b or c is nearer to a.

    0.5 is chance, 1 is best (Wang et al. 2021). `triplets` int64 (t,) each; random ones by `seed` if left out.

    Raises:
        InvalidInput: the tables differ in length.
        NotSupported: there are fewer than three rows.

    """
    check_lengths(original, projected)
    check_rows(original, 3)
    chosen = _random_triplets(len(original), seed) if triplets is None else triplets
    return float(np.mean(_nearer(original, *chosen) == _nearer(projected, *chosen)))


def _random_triplets(rows: int, seed: int) -> tuple[Positions, Positions, Positions]:
    random = np.random.default_rng(seed)
    first = random.integers(0, rows, TRIPLETS)
    # Two different steps around the circle of rows reach two different other rows.
    one = random.integers(1, rows, TRIPLETS)
    other = (one + random.integers(1, rows - 1, TRIPLETS) - 1) % (rows - 1) + 1
    return first, (first + one) % rows, (first + other) % rows


def _nearer(table: Table, first: Positions, second: Positions, third: Positions) -> npt.NDArray[np.bool_]:
    return pair_distances(table, first, second) < pair_distances(table, first, third)
