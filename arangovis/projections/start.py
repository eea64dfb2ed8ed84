"""Where a layout starts: the principal components, so that two fits of like rows give like pictures."""

import numpy as np
import numpy.typing as npt

from arangovis.projections.base import Matrix

__all__ = ["principal_start"]

_EXTRA_DIRECTIONS = 8
_ROUNDS = 8
_NOISE = 1e-5
"""Of the size of the start: enough to part equal rows, too little to see."""


def principal_start(rows: Matrix, components: int, *, size: float, seed: int) -> npt.NDArray[np.float64]:
    """Return float64 (n, components): the leading principal components, the largest value at `size`.

    Found by subspace iteration from fixed directions, which is enough for a start and cheap for any shape of rows.
    The seed decides only the noise that parts equal rows.
    """
    directions = _leading_directions(rows, components)
    points = (rows - rows.mean(axis=0, dtype=np.float64).astype(np.float32)) @ directions
    start = np.zeros((len(rows), components))
    start[:, : points.shape[1]] = points
    largest = np.abs(start).max()
    noise = np.random.default_rng(seed).normal(scale=_NOISE * size, size=start.shape)
    return np.asarray(start * (size / largest if largest > 0 else 1.0) + noise)


def _leading_directions(rows: Matrix, count: int) -> Matrix:
    centred = rows - rows.mean(axis=0, dtype=np.float64).astype(np.float32)
    width = min(count + _EXTRA_DIRECTIONS, *rows.shape)
    found = np.random.default_rng(0).normal(size=(rows.shape[1], width)).astype(np.float32)
    for _ in range(_ROUNDS):
        found, _ = np.linalg.qr(centred.T @ (centred @ found))
    _, _, turn = np.linalg.svd(centred @ found, full_matrices=False)
    directions = (found @ turn.T)[:, :count]
    largest = np.abs(directions).argmax(axis=0)
    signs = np.where(directions[largest, np.arange(directions.shape[1])] < 0, -1, 1)
    return np.asarray(directions * signs, dtype=np.float32)
