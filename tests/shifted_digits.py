"""Many real rows: scikit-learn's digits, and the same digits moved by a few pixels."""

from collections.abc import Iterator
from functools import cache
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float32]
SHIFTS = sorted(product(range(-3, 4), repeat=2), key=lambda shift: (max(map(abs, shift)), shift))
"""No shift first, then ever larger ones; digits are small in their frames, so 49 of them give distinct rows."""


@cache
def shifted_digits(rows: int) -> Matrix:
    """Return rows of pixels from 0 to 1, float32 (rows, 64): each digit, then each moved by one pixel, and so on."""
    from sklearn.datasets import load_digits

    images = np.asarray(load_digits().images / 16, dtype=np.float32)
    found: list[Matrix] = []
    for shift in SHIFTS:
        found.append(_moved(images, shift).reshape(-1, 64))
        if sum(map(len, found)) >= rows:
            return np.concatenate(found)[:rows]
    raise ValueError(f"there are {sum(map(len, found))} shifted digits, not {rows}")


def table(start: int, stop: int, rows: int | None = None) -> dict[str, Any]:
    """Return some of the rows as production data, with ids that say their number."""
    return {"_id": [f"row-{n}" for n in range(start, stop)], "embedding": shifted_digits(rows or stop)[start:stop]}


def batches(rows: int, batch: int) -> Iterator[dict[str, Any]]:
    """Return all rows as batches to send."""
    for start in range(0, rows, batch):
        yield table(start, min(start + batch, rows), rows)


def _moved(images: npt.NDArray[np.float32], shift: tuple[int, int]) -> npt.NDArray[np.float32]:
    down, right = shift
    padded = np.pad(images, ((0, 0), (3, 3), (3, 3)))
    return padded[:, 3 - down : 11 - down, 3 - right : 11 - right]
