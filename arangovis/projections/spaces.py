"""Rows under a metric: exact nearest rows, ties by index.

Two kinds. Some metrics are the euclidean distance after the rows were moved (scaled, whitened, put on a sphere): these
are searched with one matrix product a block, and the few rows that can be among the nearest are measured again, so that
rounding in the product never decides. The others are computed pair by pair.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from arangovis.projections.base import Matrix

__all__ = ["ComputedSpace", "EuclideanSpace", "Space"]

Doubles: TypeAlias = npt.NDArray[np.float64]
Positions: TypeAlias = npt.NDArray[np.int64]
Map: TypeAlias = Callable[[Matrix], Doubles]
PairDistances: TypeAlias = Callable[[Doubles, Doubles], Doubles]


class Space(ABC):
    """Fitted rows, among which the nearest are looked for."""

    @abstractmethod
    def nearest(self, block: Matrix, count: int, *, left_out: Positions | None) -> tuple[Positions, Doubles]:
        """Return positions and distances (rows of block, count), nearest first, ties by position.

        `left_out` is one position for each row of the block that must not be among its answers. `count` is at most
        the number of fitted rows, less one if one is left out.
        """


@dataclass(frozen=True, slots=True)
class Moved:
    """How a metric becomes the euclidean one: move the rows, search, turn the distances back."""

    move: Map
    distances: Callable[[Doubles], Doubles]


class EuclideanSpace(Space):
    """Euclidean distances between moved rows."""

    def __init__(self, rows: Matrix, moved: Moved) -> None:
        self._moved = moved
        self._rows = moved.move(rows)
        self._squares = np.einsum("ij,ij->i", self._rows, self._rows)

    def nearest(self, block: Matrix, count: int, *, left_out: Positions | None) -> tuple[Positions, Doubles]:
        """Return the nearest: see `Space`."""
        queries = self._moved.move(block)
        squares = np.einsum("ij,ij->i", queries, queries)
        rough = queries @ self._rows.T
        rough *= -2
        rough += self._squares
        rough += squares[:, None]
        if left_out is not None:
            rough[np.arange(len(block)), left_out] = np.inf
        # The product is off by less than this bound; whatever it could have misplaced is measured again.
        doubt = 8 * (self._rows.shape[1] + 8) * np.finfo(np.float64).eps * (squares + self._squares.max())
        limits = np.partition(rough, count - 1, axis=1)[:, count - 1] + 2 * doubt
        positions = np.empty((len(block), count), dtype=np.int64)
        distances = np.empty((len(block), count))
        for row, limit in enumerate(limits):
            candidates = np.flatnonzero(rough[row] <= limit)
            exact = self._distances(queries[row], candidates)
            order = _order(exact, count)
            positions[row], distances[row] = candidates[order], exact[order]
        return positions, self._moved.distances(distances)

    def _distances(self, query: Doubles, candidates: Positions) -> Doubles:
        differences = self._rows[candidates] - query
        squares: Doubles = np.einsum("ij,ij->i", differences, differences)
        return np.sqrt(squares)


class ComputedSpace(Space):
    """Distances computed pair by pair."""

    def __init__(self, rows: Matrix, pair_distances: PairDistances) -> None:
        self._pair_distances = pair_distances
        self._rows = rows.astype(np.float64)

    def nearest(self, block: Matrix, count: int, *, left_out: Positions | None) -> tuple[Positions, Doubles]:
        """Return the nearest: see `Space`."""
        all_distances = self._pair_distances(block.astype(np.float64), self._rows)
        if left_out is not None:
            all_distances[np.arange(len(block)), left_out] = np.inf
        limits = np.partition(all_distances, count - 1, axis=1)[:, count - 1]
        positions = np.empty((len(block), count), dtype=np.int64)
        distances = np.empty((len(block), count))
        for row, limit in enumerate(limits):
            candidates = np.flatnonzero(all_distances[row] <= limit)
            exact = all_distances[row, candidates]
            order = _order(exact, count)
            positions[row], distances[row] = candidates[order], exact[order]
        return positions, distances


def _order(distances: Doubles, count: int) -> Positions:
    # Candidates come in order of position, so a stable sort settles ties by position.
    return np.argsort(distances, kind="stable")[:count]


def _unchanged(distances: Doubles) -> Doubles:
    return distances


def _doubles(rows: Matrix) -> Doubles:
    return rows.astype(np.float64)


def euclidean(rows: Matrix) -> Moved:  # noqa: ARG001 - as the other makers that learn from the rows
    """Return the euclidean distance itself."""
    return Moved(_doubles, _unchanged)


def standardised(rows: Matrix) -> Moved:
    """Divide each column by its standard deviation in the fitted rows; columns without spread say nothing."""
    scales = _inverse_deviations(rows)
    return Moved(lambda new: _doubles(new) * scales, _unchanged)


def mahalanobis(rows: Matrix) -> Moved:
    """Whiten by the covariance of the fitted rows; directions without spread say nothing."""
    # Columns are standardised first, so that a column's unit does not decide what counts as no spread.
    scales = _inverse_deviations(rows)
    correlations = np.atleast_2d(np.cov(_doubles(rows) * scales, rowvar=False))
    variances, directions = np.linalg.eigh(correlations)
    spread = variances > _NO_SPREAD
    whitening = scales[:, None] * directions[:, spread] / np.sqrt(variances[spread])
    # Not by a BLAS product, which may round equal rows differently and so break their ties.
    return Moved(lambda new: np.einsum("ij,jk->ik", _doubles(new), whitening), _unchanged)


_NO_SPREAD = 1e-12
"""Of a variance, against the 1 of a standardised column: what float32 rounding leaves of an exact dependence."""


def _inverse_deviations(rows: Matrix) -> Doubles:
    deviations = _doubles(rows).std(axis=0, ddof=1)
    scales: Doubles = np.divide(1.0, deviations, out=np.zeros_like(deviations), where=deviations > 0)
    return scales


def cosine() -> Moved:
    """Put rows on the unit sphere: half the squared chord is one minus the cosine.

    A row of zeros has no direction: it is at distance 0 from another such row and 1 from every other.
    """
    return Moved(lambda new: _directions(_doubles(new)), _half_square)


def correlation() -> Moved:
    """Centre each row, then as `cosine`."""

    def move(new: Matrix) -> Doubles:
        rows = _doubles(new)
        return _directions(rows - rows.mean(axis=1, keepdims=True))

    return Moved(move, _half_square)


def _directions(rows: Doubles) -> Doubles:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    nowhere = lengths == 0
    return np.hstack([rows / np.where(nowhere, 1.0, lengths), nowhere])


def _half_square(chords: Doubles) -> Doubles:
    return chords**2 / 2


def haversine() -> Moved:
    """Put latitude and longitude (radians) on the unit sphere; distances are angles in radians."""

    def move(new: Matrix) -> Doubles:
        latitude, longitude = _doubles(new).T
        level = np.cos(latitude)
        return np.column_stack([level * np.cos(longitude), level * np.sin(longitude), np.sin(latitude)])

    return Moved(move, lambda chords: 2 * np.arcsin(np.minimum(1.0, chords / 2)))


def pairwise(library_name: str) -> PairDistances:
    """Return a distance of scipy under its name there; 0 where it is undefined (two rows of zeros)."""

    def distances(queries: Doubles, rows: Doubles) -> Doubles:
        from scipy.spatial.distance import cdist

        found: Doubles = cdist(queries, rows, library_name)
        found[np.isnan(found)] = 0.0
        return found

    return distances


@dataclass(frozen=True, slots=True)
class Counts:
    """For each pair of rows of 0 and 1: in how many columns both, only the first, only the second or none are 1."""

    both: Doubles
    first: Doubles
    second: Doubles
    none: Doubles

    @property
    def differing(self) -> Doubles:
        """In how many columns they differ."""
        return self.first + self.second


Fraction: TypeAlias = tuple[Doubles, Doubles]


def counted(name: str) -> PairDistances:
    """Return a distance between rows of 0 and 1 that is a fraction of such counts."""
    formula = _COUNT_FORMULAS[name]

    def distances(queries: Doubles, rows: Doubles) -> Doubles:
        both = queries @ rows.T
        first = queries.sum(axis=1)[:, None] - both
        second = rows.sum(axis=1) - both
        counts = Counts(both, first, second, rows.shape[1] - both - first - second)
        above, below = formula(counts)
        return np.divide(above, below, out=np.zeros_like(both), where=(below != 0) & (counts.differing != 0))

    return distances


def _twice_differing(counts: Counts) -> Fraction:
    return 2 * counts.differing, counts.both + counts.none + 2 * counts.differing


# Numerator and denominator; equal rows are at distance 0 under all of them.
_COUNT_FORMULAS: dict[str, Callable[[Counts], Fraction]] = {
    "jaccard": lambda c: (c.differing, c.both + c.differing),
    "dice": lambda c: (c.differing, 2 * c.both + c.differing),
    "russellrao": lambda c: (c.differing + c.none, c.both + c.differing + c.none),
    "kulsinski": lambda c: (2 * c.differing + c.none, c.both + 2 * c.differing + c.none),
    "rogerstanimoto": _twice_differing,
    "sokalmichener": _twice_differing,
    "sokalsneath": lambda c: (c.differing, c.both / 2 + c.differing),
    "yule": lambda c: (2 * c.first * c.second, c.both * c.none + c.first * c.second),
}
