"""Forces between pairs of points, many at once, in numpy alone: what TriMap and PaCMAP share."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from arangovis.projections.base import Matrix, Neighbours

__all__ = ["DISTANCE_MIN", "LOCAL_UNIT", "Gatherer", "Partners", "draw_others", "nearest_by_scaled_distance"]

Partners: TypeAlias = npt.NDArray[np.int64]
"""For each row some others, int64 (n, k)."""


LOCAL_UNIT = slice(3, 6)
"""The neighbours whose mean distance is the unit of length around a row: the fourth to the sixth."""
DISTANCE_MIN = 1e-10


class Gatherer:
    """Adds up what acts on the partners of each row: forces (n, k, m) to their sums by partner (n, m)."""

    def __init__(self, partners: Partners) -> None:
        from scipy.sparse import csr_matrix

        rows, count = partners.shape
        order = np.argsort(partners.ravel(), kind="stable")
        ends = np.cumsum(np.bincount(partners.ravel(), minlength=rows))
        starts = np.concatenate([[0], ends])
        self._matrix = csr_matrix(
            (np.ones(len(order), np.float32), order, starts), shape=(rows, rows * count), dtype=np.float32
        )

    def __call__(self, forces: Matrix) -> Matrix:
        """Return the sums."""
        return np.asarray(self._matrix @ forces.reshape(-1, forces.shape[-1]), dtype=np.float32)


def draw_others(random: np.random.Generator, near: Partners, count: int) -> Partners:
    """Return `count` others of each row, drawn evenly from all but itself and, as far as that goes, those `near` it."""
    rows = len(near)
    itself = np.arange(rows)[:, None]
    barred = np.sort(np.hstack([itself, near]), axis=1)
    free = rows - barred.shape[1]
    if free < 1:  # all are near: then any other will do
        return (itself + random.integers(1, rows, size=(rows, count))) % rows
    drawn = random.integers(0, free, size=(rows, count))
    # The drawn one counts only the rows that are free: it moves up by one for each barred row at or below it.
    for column in range(barred.shape[1]):
        drawn += drawn >= barred[:, column : column + 1]
    return drawn


def nearest_by_scaled_distance(neighbours: Neighbours, count: int) -> Partners:
    """Return the `count` nearest of the neighbours, distances measured in the local units of both ends."""
    distances = neighbours.distances
    some = distances[:, LOCAL_UNIT] if distances.shape[1] > LOCAL_UNIT.start else distances
    scales = np.maximum(some.mean(axis=1), DISTANCE_MIN)
    scaled = distances**2 / (scales[:, None] * scales[neighbours.indices])
    order = np.argsort(scaled, axis=1, kind="stable")[:, :count]
    return np.asarray(np.take_along_axis(neighbours.indices, order, axis=1))
