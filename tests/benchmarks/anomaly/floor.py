"""The least that the work costs: the same matrix products and tanh in plain numpy, without what surrounds them."""

from itertools import pairwise

import numpy as np
import numpy.typing as npt

BATCH = 16
_SIZES = [30, 20, 10, 20, 30]


def training(rows: int, epochs: int) -> None:
    """Do the matrix products of a training, forwards and backwards, and nothing else."""
    weights, values = _weights(np.float32), [np.full((BATCH, size), 0.1, np.float32) for size in _SIZES]
    for _ in range(epochs * -(-rows // BATCH)):
        for layer, weight in enumerate(weights):
            np.matmul(values[layer], weight, out=values[layer + 1])
            np.tanh(values[layer + 1], out=values[layer + 1])
        for layer, weight in enumerate(weights):
            np.matmul(values[layer].T, values[layer + 1])
            np.matmul(values[layer + 1], weight.T)


def scoring(matrix: npt.NDArray[np.float64], block: int = 512) -> None:
    """Do the matrix products and tanh of a scoring, in blocks that lie ready."""
    weights = _weights(np.float64)
    for start in range(0, len(matrix), block):
        values = matrix[start : start + block]
        for weight in weights:
            values = values @ weight
            np.tanh(values, out=values)


def _weights(dtype: type[np.floating]) -> list[npt.NDArray[np.floating]]:
    return [np.full((before, after), 0.01, dtype) for before, after in pairwise(_SIZES)]
