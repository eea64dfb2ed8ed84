"""Predictions and labels as arrays: what every score takes, checked once."""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from arangovis.domain.errors import Fault, InvalidInput

Labels: TypeAlias = Sequence[object] | npt.NDArray[np.generic]
"""One label a row: integers, texts, booleans; anything that compares."""

PIVOT = 0.5


def as_labels(name: str, values: Labels) -> npt.NDArray[np.generic]:
    """Return labels as an array of shape (n,).

    Raises:
        InvalidInput: they are not one label a row, or one of them is not a number.

    """
    array = np.asarray(values)
    if array.ndim != 1:
        raise _refused(name, f"has the shape {array.shape}; one label a row is needed")
    if array.dtype.kind == "f":
        _check_finite(name, array)
    return array


def check_lengths(**named: npt.NDArray[np.generic]) -> None:
    """Refuse arrays of different lengths.

    Raises:
        InvalidInput: it names their lengths.

    """
    if len({len(array) for array in named.values()}) > 1:
        lengths = ", ".join(f"{name} has {len(array)}" for name, array in named.items())
        raise InvalidInput.of(Fault(next(iter(named)), f"one row each is needed, but {lengths}"))


def labels_of(name: str, probabilities: npt.ArrayLike, *, pivot: float = PIVOT) -> npt.NDArray[np.int64]:
    """Return the predicted class of each row.

    Args:
        name: what to call the array in a refusal.
        probabilities: shape (n, classes), of which the largest wins and the first among equals; or shape (n,), the
            probability of class 1, which is predicted from `pivot` on.
        pivot: the least probability of class 1.

    Raises:
        InvalidInput: the shape is another, or a value is not finite.

    """
    array = np.asarray(probabilities, dtype=np.float64)
    _check_finite(name, array)
    if array.ndim == 1:
        return (array >= pivot).astype(np.int64)
    if array.ndim == 2 and array.shape[1] > 0:
        chosen: npt.NDArray[np.int64] = array.argmax(axis=1).astype(np.int64)
        return chosen
    raise _refused(name, f"has the shape {array.shape}; (rows, classes) or (rows,) is needed")


def _check_finite(name: str, array: npt.NDArray[np.generic]) -> None:
    wrong = np.argwhere(~np.isfinite(array.astype(np.float64)))
    if len(wrong):
        row = wrong[0][0]
        raise _refused(name, f"row {row} holds {array[tuple(wrong[0])]}; {len(wrong)} value(s) are not finite")


def _refused(name: str, problem: str) -> InvalidInput:
    return InvalidInput.of(Fault(name, problem))
