"""A million real rows: patches of the two photographs that scikit-learn brings.

A patch is 8 by 8 pixels of one colour of one photograph: 420 x 633 places in each of 427 x 640 pixels, two photographs,
three colours, so there are 1,595,160 patches. They come in an order that the seed shuffled, as traffic would. Their
class says which photograph and which colour.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

SIDE = 8
CLASSES = tuple(f"{name} {colour}" for name in ("china", "flower") for colour in ("red", "green", "blue"))
PATCHES = 6 * 420 * 633
_SEED = 5


@cache
def _planes() -> npt.NDArray[np.float32]:
    """Return the colours of the photographs, float32 (6, 427, 640), from 0 to 1."""
    from sklearn.datasets import load_sample_images

    images = np.stack(load_sample_images().images).astype(np.float32) / 255
    return np.ascontiguousarray(images.transpose(0, 3, 1, 2).reshape(6, *images.shape[1:3]))


@cache
def _order() -> npt.NDArray[np.int64]:
    return np.random.default_rng(_SEED).permutation(PATCHES)


def patches(start: int, stop: int) -> dict[str, Any]:
    """Return some patches as production data: `_id`, `embedding`, float32 (rows, 64), and `class`."""
    chosen = _order()[start:stop]
    every = np.lib.stride_tricks.sliding_window_view(_planes(), (SIDE, SIDE), axis=(1, 2))
    plane, place = np.divmod(chosen, every.shape[1] * every.shape[2])
    row, column = np.divmod(place, every.shape[2])
    pixels = every[plane, row, column].reshape(len(chosen), SIDE * SIDE)
    ids = [f"patch-{number}" for number in chosen.tolist()]
    return {"_id": ids, "embedding": pixels, "class": [CLASSES[number] for number in plane]}


def batches(rows: int, batch: int) -> Iterator[dict[str, Any]]:
    """Return the first rows as batches to send."""
    for start in range(0, rows, batch):
        yield patches(start, min(start + batch, rows))
