"""Scikit-learn's digits as rows without embeddings: a column for each of the 64 pixels."""

from typing import Any

import numpy as np

PIXELS = tuple(f"pixel_{number}" for number in range(64))


def pixel_rows(start: int = 0, stop: int = 300) -> dict[str, Any]:
    """Return some digits as columns: `_id`, `pixel_0` to `pixel_63` from 0 to 1, and the digit as `class`."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    pixels = np.asarray(digits.data[start:stop] / 16)
    ids = [f"digit-{number}" for number in range(start, stop)]
    columns = {name: pixels[:, number].copy() for number, name in enumerate(PIXELS)}
    return {"_id": ids, **columns, "class": np.asarray(digits.target[start:stop])}
