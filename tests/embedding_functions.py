"""Embedders as an operator may install them: functions of columns."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

Columns = Mapping[str, npt.NDArray[np.float64] | Sequence[str]]


def halves(columns: Columns) -> npt.NDArray[np.float64]:
    """Return the ink in the left and the right half of digits, a number for each row of pixels: 16 dimensions."""
    pixels = np.stack([np.asarray(values) for values in columns.values()], axis=1).reshape(-1, 8, 2, 4)
    return np.asarray(pixels.mean(axis=3).reshape(-1, 16))


def too_few(columns: Columns) -> npt.NDArray[np.float64]:
    """Return a vector less than there are rows."""
    return halves(columns)[1:]


def unfinished(columns: Columns) -> npt.NDArray[np.float64]:
    """Return vectors of which the second holds no number."""
    found = halves(columns)
    found[1, 0] = np.nan
    return found


def broken(columns: Columns) -> npt.NDArray[np.float64]:
    """Fail."""
    raise RuntimeError(f"secret {len(columns)}")
