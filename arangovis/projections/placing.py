"""Placing new rows among fitted ones. Each row is placed alone: who comes with it makes no difference.

A new row starts at the mean of its nearest fitted rows, weighted by how strongly it belongs to each (the memberships
of UMAP). For UMAP it then descends the same forces as in the fit, the fitted rows holding still.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from arangovis.projections.base import Matrix, Neighbours, Progress

__all__ = ["Curve", "local_scales", "memberships", "place_by_forces", "place_by_mean"]

Doubles: TypeAlias = npt.NDArray[np.float64]

_BLOCK_ROWS = 4096
_BISECTIONS = 48
_EPOCHS = 60
_PUSHING_ROWS = 40
_NEGATIVE_RATE = 5.0
_STEP_MAX = 4.0
_RATE = 0.25
_NEAR_ZERO = 1e-3


@dataclass(frozen=True, slots=True)
class Curve:
    """How closeness in the plot falls with distance: 1 / (1 + a d^(2 b))."""

    a: float
    b: float


def memberships(distances: Matrix) -> Doubles:
    """Return how strongly each row belongs to its neighbours, 0 to 1, float64 (n, k): 1 for the nearest.

    The scale of each row is chosen so that its memberships sum to log2(k), as in UMAP.
    """
    beyond = np.maximum(distances - distances[:, :1], 0.0).astype(np.float64)
    scale = local_scales(beyond)
    return np.asarray(np.exp(-beyond / np.maximum(scale, _NEAR_ZERO * beyond.mean(axis=1) + 1e-12)[:, None]))


def local_scales(beyond: Doubles) -> Doubles:
    """Return the scale of each row, so that exp(-beyond / scale) sums to log2(k); `beyond` is float64 (n, k)."""
    wanted = np.log2(max(2, beyond.shape[1]))
    low, high = np.zeros(len(beyond)), np.full(len(beyond), np.inf)
    scale = np.maximum(beyond.mean(axis=1), _NEAR_ZERO)
    for _ in range(_BISECTIONS):
        above = np.exp(-beyond / scale[:, None]).sum(axis=1) > wanted
        high, low = np.where(above, scale, high), np.where(above, low, scale)
        scale = np.where(np.isinf(high), scale * 2, (low + high) / 2)
        scale = np.clip(scale, 1e-12, 1e12)
    return np.asarray(scale)


def place_by_mean(coordinates: Matrix, nearest: Neighbours) -> Matrix:
    """Return the weighted mean of the places of the nearest fitted rows."""
    weights = memberships(nearest.distances)
    found = np.einsum("ij,ijk->ik", weights, coordinates[nearest.indices]) / weights.sum(axis=1, keepdims=True)
    return np.asarray(found, dtype=np.float32)


def place_by_forces(coordinates: Matrix, nearest: Neighbours, curve: Curve, *, seed: int, progress: Progress) -> Matrix:
    """Return where the new rows come to rest between the pull of their nearest and the push of all others."""
    starts = place_by_mean(coordinates, nearest)
    found = np.empty_like(starts)
    for begin in range(0, len(starts), _BLOCK_ROWS):
        block = slice(begin, min(begin + _BLOCK_ROWS, len(starts)))
        weights = memberships(nearest.distances[block])
        # The same pushing rows for every new row, so that none depends on who comes with it.
        random = np.random.default_rng(seed)
        found[block] = _descend(starts[block], (coordinates, nearest.indices[block], weights), curve, random)
        progress(block.stop / len(starts))
    return found


def _descend(
    starts: Matrix,
    pull: tuple[Matrix, npt.NDArray[np.int64], Doubles],
    curve: Curve,
    random: np.random.Generator,
) -> Matrix:
    fitted, nearest, weights = pull
    points, targets = starts.astype(np.float64), fitted[nearest].astype(np.float64)
    pushing_share = _NEGATIVE_RATE * weights.sum(axis=1)[:, None] / _PUSHING_ROWS
    for epoch in range(_EPOCHS):
        others = fitted[random.integers(0, len(fitted), _PUSHING_ROWS)].astype(np.float64)
        pulled = _pulls(points[:, None, :] - targets, weights, curve)
        pushed = _pushes(points[:, None, :] - others[None, :, :], curve) * pushing_share
        rate = _RATE * (1 - epoch / _EPOCHS)
        points += rate * np.clip(pulled + pushed, -_STEP_MAX, _STEP_MAX)
    return points.astype(np.float32)


def _pulls(apart: Doubles, weights: Doubles, curve: Curve) -> Doubles:
    squares = np.maximum(np.einsum("ijk,ijk->ij", apart, apart), 1e-12)
    powered = squares ** (curve.b - 1)
    strength = -2 * curve.a * curve.b * powered / (1 + curve.a * powered * squares) * weights
    return np.asarray(np.einsum("ij,ijk->ik", strength, apart))


def _pushes(apart: Doubles, curve: Curve) -> Doubles:
    squares = np.einsum("ijk,ijk->ij", apart, apart)
    strength = 2 * curve.b / ((_NEAR_ZERO + squares) * (1 + curve.a * squares**curve.b))
    return np.asarray(np.clip(strength[:, :, None] * apart, -_STEP_MAX, _STEP_MAX).sum(axis=1))
