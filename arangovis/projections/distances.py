"""Distances: those that are the euclidean one after the rows were moved, and those that are computed pair by pair."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["Doubles", "Moved", "PairDistances", "Positions", "Reals"]

Doubles: TypeAlias = npt.NDArray[np.float64]
Reals: TypeAlias = npt.NDArray[np.floating]
Positions: TypeAlias = npt.NDArray[np.int64]
Map: TypeAlias = Callable[[Reals], Reals]
PairDistances: TypeAlias = Callable[[Doubles, Doubles], Doubles]


@dataclass(frozen=True, slots=True)
class Moved:
    """How a metric becomes the euclidean one: move the rows, search, turn the distances back."""

    move: Map
    distances: Callable[[Reals], Reals]


def _unchanged(distances: Reals) -> Reals:
    return distances


def _doubles(rows: Reals) -> Doubles:
    return rows.astype(np.float64)


def euclidean(rows: Reals) -> Moved:  # noqa: ARG001 - as the other makers that learn from the rows
    """Return the euclidean distance itself, computed as the rows are given: in float32 or float64."""
    return Moved(lambda new: new if new.dtype == np.float64 else new.astype(np.float32, copy=False), _unchanged)


def weighted(weights: Doubles) -> Moved:
    """Multiply the square of each column's difference by its weight."""
    return Moved(lambda new: _doubles(new) * np.sqrt(weights), _unchanged)


def standardised(rows: Reals) -> Moved:
    """Divide each column by its standard deviation in the fitted rows; columns without spread say nothing."""
    scales = _inverse_deviations(rows)
    return Moved(lambda new: _doubles(new) * scales, _unchanged)


def mahalanobis(rows: Reals) -> Moved:
    """Whiten by the covariance of the fitted rows, shrunk a little; columns without spread say nothing."""
    # Columns are standardised first, so that a column's unit does not decide how much it is shrunk.
    scales = _inverse_deviations(rows)
    correlations = np.atleast_2d(np.cov(_doubles(rows) * scales, rowvar=False))
    variances, directions = np.linalg.eigh(correlations)
    spread = (1 - SHRINKAGE) * np.maximum(variances, 0) + SHRINKAGE
    whitening = scales[:, None] * directions / np.sqrt(spread)
    # Not by a BLAS product, which may round equal rows differently and so break their ties.
    return Moved(lambda new: np.einsum("ij,jk->ik", _doubles(new), whitening), _unchanged)


SHRINKAGE = 1e-3
"""How far correlations are drawn to none: a direction that columns repeat would else count without limit."""


def _inverse_deviations(rows: Reals) -> Doubles:
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

    def move(new: Reals) -> Doubles:
        rows = _doubles(new)
        centred = rows - rows.mean(axis=1, keepdims=True)
        centred[without_shape(new)] = 0.0
        return _directions(centred)

    return Moved(move, _half_square)


def without_direction(rows: Reals) -> npt.NDArray[np.bool_]:
    """Say of each row whether it is all zeros."""
    zeros: npt.NDArray[np.bool_] = np.logical_and.reduce(rows == 0, axis=1)
    return zeros


def without_shape(rows: Reals) -> npt.NDArray[np.bool_]:
    """Say of each row whether all its values are equal."""
    equal: npt.NDArray[np.bool_] = np.logical_and.reduce(rows == rows[:, :1], axis=1)
    return equal


def _directions(rows: Doubles) -> Doubles:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    nowhere = lengths == 0
    return np.hstack([rows / np.where(nowhere, 1.0, lengths), nowhere])


def _half_square(chords: Reals) -> Reals:
    return np.square(chords) / 2


def haversine() -> Moved:
    """Put latitude and longitude (radians) on the unit sphere; distances are angles in radians."""

    def move(new: Reals) -> Doubles:
        latitude, longitude = _doubles(new).T
        level = np.cos(latitude)
        return np.column_stack([level * np.cos(longitude), level * np.sin(longitude), np.sin(latitude)])

    return Moved(move, lambda chords: 2 * np.arcsin(np.minimum(1.0, chords / 2)))


def pairwise(library_name: str, **arguments: float | Doubles) -> PairDistances:
    """Return a distance of scipy under its name there; 0 where it is undefined (two rows of zeros)."""

    def distances(queries: Doubles, rows: Doubles) -> Doubles:
        from scipy.spatial.distance import cdist

        found: Doubles = cdist(queries, rows, library_name, **arguments)
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
