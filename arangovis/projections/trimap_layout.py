"""TriMap (Amid and Warmuth 2019): points follow triplets "i is closer to j than to k", written anew in numpy.

The authors' package takes no seed and brings torch along. This one is seeded, starts from given neighbours and tells
its progress.
"""

from dataclasses import dataclass

import numpy as np

from arangovis.projections.base import Matrix, Neighbours, Progress
from arangovis.projections.pairs import (
    DISTANCE_MIN,
    LOCAL_UNIT,
    Gatherer,
    Partners,
    draw_others,
    nearest_by_scaled_distance,
)

__all__ = ["EXTRA_NEIGHBOURS", "Counts", "lay_out"]

EXTRA_NEIGHBOURS = 50
"""Looked at beyond those that pull, to choose the ones nearest by the scaled distance."""

_ITERATIONS = 400
_EARLY_ITERATIONS = 250
_EARLY_MOMENTUM, _LATE_MOMENTUM = 0.5, 0.8
_LEARNING_RATE = 100.0
"""Of the mean triplet. A tenth of that of the paper's first version, with which a few rows are thrown far out."""
_GAIN_STEP, _GAIN_DECAY, _GAIN_MIN = 0.2, 0.8, 0.01
_STEP_MAX = np.float32(50.0)
"""Of one iteration, along an axis: many equal rows pull so hard that their points would leave the picture."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many triplets each row has: of `inliers` near rows with `outliers` far ones each, and of `chance`."""

    inliers: int
    outliers: int
    chance: int


@dataclass(frozen=True, slots=True)
class _Triplets:
    """For each row the nearer and the farther partner, int64 (n, t), and how much it matters, float32 (n, t)."""

    near: Partners
    far: Partners
    weights: Matrix


def lay_out(
    rows: Matrix, neighbours: Neighbours, start: Matrix, *, counts: Counts, seed: int, progress: Progress
) -> Matrix:
    """Return float32 (n, m). `start` float32 (n, m).

    The neighbours' own distances decide who pulls; how much a triplet matters is measured by euclidean distance, so
    that near and far partners are compared in one unit under every metric.
    """
    random = np.random.default_rng(seed)
    triplets = _triplets(rows, neighbours, counts, random)
    return _descend(start, triplets, progress)


def _triplets(rows: Matrix, neighbours: Neighbours, counts: Counts, random: np.random.Generator) -> _Triplets:
    inliers = nearest_by_scaled_distance(neighbours, counts.inliers)
    scales = _scales(rows, neighbours)
    near = np.repeat(inliers, counts.outliers, axis=1)
    far = draw_others(random, inliers, near.shape[1])
    from_near = np.repeat(_likeness(rows, inliers, scales), counts.outliers, axis=1)
    weights = from_near - _likeness(rows, far, scales)
    chance = _chance_triplets(rows, scales, counts.chance, random)
    weights = np.concatenate([weights - weights.min(), 0.1 * (chance.weights - chance.weights.min())], axis=1)
    weights = _tempered(weights)
    return _Triplets(
        np.hstack([near, chance.near]), np.hstack([far, chance.far]), np.ascontiguousarray(weights, np.float32)
    )


def _scales(rows: Matrix, neighbours: Neighbours) -> Matrix:
    """Return the local unit of each row: its mean distance to some of its nearest neighbours."""
    some = neighbours.indices[:, LOCAL_UNIT] if neighbours.indices.shape[1] > LOCAL_UNIT.start else neighbours.indices
    return np.asarray(np.maximum(np.sqrt(_squares(rows, some)).mean(axis=1), DISTANCE_MIN), dtype=np.float32)


def _chance_triplets(rows: Matrix, scales: Matrix, count: int, random: np.random.Generator) -> _Triplets:
    nobody = np.empty((len(rows), 0), dtype=np.int64)
    one, other = draw_others(random, nobody, count), draw_others(random, nobody, count)
    to_one, to_other = _likeness(rows, one, scales), _likeness(rows, other, scales)
    swapped = to_one < to_other
    near, far = np.where(swapped, other, one), np.where(swapped, one, other)
    return _Triplets(near, far, np.abs(to_one - to_other).astype(np.float32))


def _likeness(rows: Matrix, partners: Partners, scales: Matrix) -> Matrix:
    """Return the logarithm of the likeness of rows and partners: minus the squared distance in local units."""
    return np.asarray(-_squares(rows, partners) / (scales[:, None] * scales[partners]), dtype=np.float32)


def _squares(rows: Matrix, partners: Partners) -> Matrix:
    found = np.empty(partners.shape, dtype=np.float32)
    for column in range(partners.shape[1]):
        differences = rows - rows[partners[:, column]]
        found[:, column] = np.einsum("ij,ij->i", differences, differences)
    return found


def _tempered(weights: Matrix) -> Matrix:
    """Return weights with their large ones brought down by the authors' tempered logarithm of order one half."""
    return np.asarray(2 * (np.sqrt(1 + weights) - 1), dtype=np.float32)


def _descend(start: Matrix, triplets: _Triplets, progress: Progress) -> Matrix:
    points = np.array(start, dtype=np.float32)
    speed, gains = np.zeros_like(points), np.ones_like(points)
    to_near, to_far = Gatherer(triplets.near), Gatherer(triplets.far)
    rate = _LEARNING_RATE * len(points) / triplets.weights.size
    for iteration in range(_ITERATIONS):
        momentum = _LATE_MOMENTUM if iteration > _EARLY_ITERATIONS else _EARLY_MOMENTUM
        slope = _slope(points + momentum * speed, triplets, (to_near, to_far))
        same = np.sign(speed) != np.sign(slope)
        gains = np.where(same, gains + _GAIN_STEP, np.maximum(gains * _GAIN_DECAY, _GAIN_MIN)).astype(np.float32)
        speed = np.clip(momentum * speed - rate * gains * slope, -_STEP_MAX, _STEP_MAX)
        points += speed
        progress((iteration + 1) / _ITERATIONS)
    return points


def _slope(points: Matrix, triplets: _Triplets, gatherers: tuple[Gatherer, Gatherer]) -> Matrix:
    to_near, to_far = gatherers
    near, far = points[:, None, :] - points[triplets.near], points[:, None, :] - points[triplets.far]
    near_square, far_square = 1 + np.einsum("ijk,ijk->ij", near, near), 1 + np.einsum("ijk,ijk->ij", far, far)
    pull = triplets.weights / (near_square + far_square) ** 2
    near *= (pull * far_square)[:, :, None]
    far *= (pull * near_square)[:, :, None]
    return np.asarray(near.sum(axis=1) - far.sum(axis=1) - to_near(near) + to_far(far), dtype=np.float32)
