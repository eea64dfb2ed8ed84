"""Rows under a metric: exact nearest rows, ties by index.

Two kinds. Some metrics are the euclidean distance after the rows were moved (scaled, whitened, put on a sphere): these
are searched with one float32 matrix product a block, and the few rows that can be among the nearest are measured again,
so that rounding in the product never decides. The others are computed pair by pair.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from arangovis.projections.base import Matrix
from arangovis.projections.distances import Doubles, Moved, PairDistances, Positions, Reals

__all__ = ["ComputedSpace", "EuclideanSpace", "Space", "smallest"]

WIDTH, SPARE = 2, 64
"""A row with more candidates than WIDTH times what is asked for, and SPARE, is searched again in float64."""
NOWHERE = -1
_EXPONENT_MAX = 120
_GROUPS = 8
_MEASURED_BYTES = 1 << 20
"""Of differences that are alive at a time: they should stay in the processor's cache."""


class Space(ABC):
    """Fitted rows, among which the nearest are looked for."""

    @abstractmethod
    def nearest(self, block: Reals, count: int, *, left_out: Positions | None) -> tuple[Positions, Matrix]:
        """Return positions int64 and distances float32 (rows of block, count), nearest first, ties by position.

        `left_out` is one position for each row of the block that must not be among its answers. `count` is at least 1
        and at most the number of fitted rows, less one if one is left out.
        """

    @abstractmethod
    def distances(self, block: Reals) -> Doubles:
        """Return the distances to all fitted rows, float64 (rows of block, fitted rows)."""

    @property
    @abstractmethod
    def table(self) -> Reals:
        """The fitted rows as they are compared: close rows are close as plain vectors too."""

    @abstractmethod
    def within(self, positions: Positions) -> "Space":
        """Return the space of some of the fitted rows, to be asked with rows of `table`."""


class EuclideanSpace(Space):
    """Euclidean distances between moved rows."""

    def __init__(self, rows: Reals, moved: Moved) -> None:
        self._moved = moved
        unscaled = moved.move(rows)
        # A power of two keeps every digit; without it, squares of very large or small values leave the float32 range.
        exponent = int(np.frexp(np.abs(unscaled).max())[1])
        self._scale = np.ldexp(unscaled.dtype.type(1), min(max(exponent, -_EXPONENT_MAX), _EXPONENT_MAX))
        self._rows: Reals = unscaled / self._scale
        # Products lose digits with the distance from the origin, so their rows lie around it.
        self._centre = self._rows.mean(axis=0, dtype=np.float64)
        self._quick = _Products(self._rows - self._centre, np.float32)

    @property
    def table(self) -> Reals:
        """The moved rows."""
        return self._rows

    def within(self, positions: Positions) -> "EuclideanSpace":
        """Return the space of some of the moved rows."""
        moved = Moved(_as_they_are, lambda distances: self._moved.distances(distances * self._scale))
        return EuclideanSpace(self._rows[positions], moved)

    def distances(self, block: Reals) -> Doubles:
        """Return all distances: see `Space`."""
        from scipy.spatial.distance import cdist

        queries = (self._moved.move(block) / self._scale).astype(self._rows.dtype, copy=False)
        return np.asarray(self._moved.distances(cdist(queries, self._rows) * self._scale), dtype=np.float64)

    @cached_property
    def _careful(self) -> "_Products":
        return _Products(self._rows - self._centre, np.float64)

    def nearest(self, block: Reals, count: int, *, left_out: Positions | None) -> tuple[Positions, Matrix]:
        """Return the nearest: see `Space`."""
        queries = (self._moved.move(block) / self._scale).astype(self._rows.dtype, copy=False)
        candidates = self._quick.candidates(queries - self._centre, count, left_out)
        width_max = WIDTH * count + SPARE
        crowded = candidates.counts > width_max
        positions, distances = self._measured(queries, candidates.table(width_max), count)
        for row, near in self._careful_candidates(queries, count, (np.flatnonzero(crowded), left_out)):
            positions[row], distances[row] = self._measured(queries[row, None], near[None], count)
        return positions, distances

    def _careful_candidates(
        self, queries: Reals, count: int, which: tuple[Positions, Positions | None]
    ) -> Iterable[tuple[np.int64, Positions]]:
        rows, left_out = which
        if not len(rows):
            return ()
        kept = None if left_out is None else left_out[rows]
        candidates = self._careful.candidates(queries[rows] - self._centre, count, kept)
        return zip(rows, candidates.lists(), strict=True)

    def _measured(self, queries: Reals, candidates: Positions, count: int) -> tuple[Positions, Matrix]:
        distances = np.empty(candidates.shape, dtype=np.float32)
        step = max(1, _MEASURED_BYTES // (self._rows.itemsize * candidates.shape[1] * self._rows.shape[1]))
        for start in range(0, len(queries), step):
            part = slice(start, start + step)
            differences = self._rows[candidates[part]]
            differences -= queries[part, None]
            squares = np.einsum("ijk,ijk->ij", differences, differences)
            distances[part] = self._moved.distances(np.sqrt(squares) * self._scale)
        distances[candidates == NOWHERE] = np.inf
        return smallest(distances, candidates, count)


@dataclass(frozen=True, slots=True)
class _Candidates:
    """What can be among the nearest of some rows: (row, position) of each, in order, and how many each row has."""

    rows: Positions
    positions: Positions
    counts: Positions

    def lists(self) -> list[Positions]:
        """Return the positions of each row."""
        return np.split(self.positions, np.cumsum(self.counts)[:-1])

    def table(self, width_max: int) -> Positions:
        """Return the positions of each row, of those with more than `width_max` only some, filled up by NOWHERE."""
        slots = np.arange(len(self.rows)) - np.repeat(np.cumsum(self.counts) - self.counts, self.counts)
        kept = slots < width_max
        table = np.full((len(self.counts), min(width_max, int(self.counts.max()))), NOWHERE)
        table[self.rows[kept], slots[kept]] = self.positions[kept]
        return table


class _Products:
    """Bounds of squared distances, less what is the same for all answers of a query, by one matrix product.

    With u the rounding unit, a product of d terms of sizes a and b is off by less than d u (a^2 + b^2); the part that
    depends on the fitted row is taken off beforehand, so that one far row costs the others nothing.
    """

    def __init__(self, rows: Reals, kind: type[np.floating]) -> None:
        self._kind = kind
        self._unit = (rows.shape[1] + 9) * np.finfo(kind).eps
        squares = np.einsum("ij,ij->i", rows, rows, dtype=np.float64)
        self._rows = np.column_stack([rows, squares * (1 - self._unit)]).astype(kind)

    def candidates(self, queries: Reals, count: int, left_out: Positions | None) -> _Candidates:
        """Return all that can be among the `count` nearest of each row."""
        bounds: Reals = np.column_stack([-2 * queries, np.ones(len(queries))]).astype(self._kind) @ self._rows.T
        if left_out is not None:
            bounds[np.arange(len(queries)), left_out] = np.inf
        limits = self._limits(queries, _edges(bounds, count))
        places = np.flatnonzero(bounds <= limits[:, None])
        rows = places // bounds.shape[1]
        return _Candidates(rows, places - rows * bounds.shape[1], np.bincount(rows, minlength=len(queries)))

    def _limits(self, queries: Reals, edges: Doubles) -> Reals:
        """Return what the bound of a row that is at most as far as the edge cannot exceed."""
        own = np.einsum("ij,ij->i", queries, queries, dtype=np.float64)
        # The square of a row at that distance is at most twice the query's and twice the squared distance.
        reach = np.maximum(edges + own, 0)
        limits = edges + 2 * self._unit * (3 * own + 3 * reach)
        kind = self._kind
        rounded: Reals = np.nextafter(np.minimum(limits, np.finfo(kind).max).astype(kind), kind(np.inf))
        return rounded


def _edges(bounds: Reals, count: int) -> Doubles:
    """Return for each row a value that at least `count` of its bounds do not exceed, and not many more."""
    width = bounds.shape[1]
    fold = max(1, width // (_GROUPS * count))
    groups = width // fold
    # The smallest of each group: partitioning these costs a fraction of partitioning all.
    lowest = bounds[:, : groups * fold].reshape(len(bounds), fold, groups).min(axis=1) if fold > 1 else bounds
    return np.partition(lowest, count - 1, axis=1)[:, count - 1].astype(np.float64)


class ComputedSpace(Space):
    """Distances computed pair by pair."""

    def __init__(self, rows: Reals, pair_distances: PairDistances) -> None:
        self._pair_distances = pair_distances
        self._rows = rows.astype(np.float64)

    @property
    def table(self) -> Reals:
        """The rows."""
        return self._rows

    def within(self, positions: Positions) -> "ComputedSpace":
        """Return the space of some of the rows."""
        return ComputedSpace(self._rows[positions], self._pair_distances)

    def distances(self, block: Reals) -> Doubles:
        """Return all distances: see `Space`."""
        return self._pair_distances(block.astype(np.float64), self._rows)

    def nearest(self, block: Reals, count: int, *, left_out: Positions | None) -> tuple[Positions, Matrix]:
        """Return the nearest: see `Space`."""
        distances = self.distances(block).astype(np.float32)
        if left_out is not None:
            distances[np.arange(len(block)), left_out] = np.inf
        return smallest(distances, np.arange(len(self._rows)), count)


_LOW = 0xFFFFFFFF


def _as_they_are(rows: Reals) -> Reals:
    return rows


def smallest(distances: Matrix, positions: Positions, count: int) -> tuple[Positions, Matrix]:
    """Return the `count` positions of the smallest distances of each row with these distances, ties by position.

    A distance is not negative, so its bits order as it does: with the position below them, one integer sorts by both.
    """
    keys = (distances + np.float32(0)).view(np.int32).astype(np.int64)
    keys <<= 32
    keys |= positions & _LOW
    if count < keys.shape[1]:
        keys = np.partition(keys, count - 1, axis=1)[:, :count]
    keys = np.sort(keys, axis=1)
    return keys & _LOW, (keys >> 32).astype(np.int32).view(np.float32)
