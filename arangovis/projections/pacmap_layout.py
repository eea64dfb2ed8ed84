"""PaCMAP (Wang, Huang, Rudin and Shaposhnik 2021): near, mid-near and far pairs, written anew in numpy.

The authors' package compiles with numba and searches neighbours by faiss; this one starts from given neighbours, is
seeded and tells its progress.
"""

from dataclasses import dataclass

import numpy as np

from arangovis.projections.base import Matrix, Neighbours, Progress
from arangovis.projections.pairs import Gatherer, Partners, draw_others, nearest_by_scaled_distance

__all__ = ["EXTRA_NEIGHBOURS", "Counts", "lay_out"]

EXTRA_NEIGHBOURS = 50
"""Looked at beyond those that pull, to choose the ones nearest by the scaled distance."""

_PHASES = (100, 100, 250)
_LEARNING_RATE = 1.0
_DECAY_FIRST, _DECAY_SECOND = 0.9, 0.999
_TINY = 1e-7
_MID_NEAR_CHOICES = 6
_MID_NEAR_RANK = 1
"""Of the choices, the one taken: the second nearest."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many pairs each row has."""

    near: int
    mid_near: int
    far: int


@dataclass(frozen=True, slots=True)
class _Force:
    """The pull (or, with `repels`, the push) between rows and partners, and the constant in its denominator."""

    partners: Partners
    gather: Gatherer
    constant: float
    repels: bool = False

    def on(self, points: Matrix, weight: float) -> Matrix:
        """Return the slope of the loss at each point, float32 (n, m)."""
        apart = points[:, None, :] - points[self.partners]
        square = 1 + np.einsum("ijk,ijk->ij", apart, apart)
        constant = self.constant
        share = weight * 2 * constant / (constant + square) ** 2 if not self.repels else -weight * 2 / (1 + square) ** 2
        apart *= share[:, :, None].astype(np.float32)
        return np.asarray(apart.sum(axis=1) - self.gather(apart), dtype=np.float32)


def lay_out(
    rows: Matrix, neighbours: Neighbours, start: Matrix, *, counts: Counts, seed: int, progress: Progress
) -> Matrix:
    """Return float32 (n, m). `start` float32 (n, m); mid-near rows are chosen by euclidean distance between `rows`."""
    random = np.random.default_rng(seed)
    near = nearest_by_scaled_distance(neighbours, counts.near)
    mid_near = _mid_near(rows, counts.mid_near, random)
    far = draw_others(random, near, counts.far)
    forces = (
        _Force(near, Gatherer(near), 10.0),
        _Force(mid_near, Gatherer(mid_near), 10_000.0),
        _Force(far, Gatherer(far), 1.0, repels=True),
    )
    return _descend(start, forces, progress)


def _mid_near(rows: Matrix, count: int, random: np.random.Generator) -> Partners:
    """Return, for each row and place, the second nearest of six rows drawn at random."""
    itself = np.empty((len(rows), 0), dtype=np.int64)
    found = np.empty((len(rows), count), dtype=np.int64)
    for column in range(count):
        drawn = draw_others(random, itself, _MID_NEAR_CHOICES)
        squares = np.empty(drawn.shape, dtype=np.float32)
        for choice in range(_MID_NEAR_CHOICES):
            differences = rows - rows[drawn[:, choice]]
            squares[:, choice] = np.einsum("ij,ij->i", differences, differences)
        order = np.argsort(squares, axis=1, kind="stable")[:, _MID_NEAR_RANK]
        found[:, column] = drawn[np.arange(len(rows)), order]
    return found


def _weights(iteration: int) -> tuple[float, float, float]:
    """Return the weights of near, mid-near and far pairs: the global picture first, neighbourhoods last."""
    first, second, _ = _PHASES
    if iteration < first:
        share = iteration / first
        return 2.0, (1 - share) * 1000.0 + share * 3.0, 1.0
    return (3.0, 3.0, 1.0) if iteration < first + second else (1.0, 0.0, 1.0)


def _descend(start: Matrix, forces: tuple[_Force, _Force, _Force], progress: Progress) -> Matrix:
    points = np.array(start, dtype=np.float32)
    first, second = np.zeros_like(points), np.zeros_like(points)
    total = sum(_PHASES)
    for iteration in range(total):
        weighted = zip(forces, _weights(iteration), strict=True)
        slope = sum((force.on(points, weight) for force, weight in weighted if weight > 0), np.zeros_like(points))
        first += (1 - _DECAY_FIRST) * (slope - first)
        second += (1 - _DECAY_SECOND) * (slope**2 - second)
        rate = _LEARNING_RATE * np.sqrt(1 - _DECAY_SECOND ** (iteration + 1)) / (1 - _DECAY_FIRST ** (iteration + 1))
        points -= np.float32(rate) * first / (np.sqrt(second) + _TINY)
        progress((iteration + 1) / total)
    return points
