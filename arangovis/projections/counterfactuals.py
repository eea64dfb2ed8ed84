"""Neighbours that are of another class, or healthy where a row is not."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from arangovis.domain.errors import InvalidInput
from arangovis.domain.json import Scalar
from arangovis.projections.values import ValueKey, value_key

__all__ = ["counterfactuals", "healthy_neighbours"]


def counterfactuals(neighbours: npt.NDArray[np.int64], classes: Sequence[Scalar] | None) -> tuple[tuple[int, ...], ...]:
    """Return for each row those of its neighbours (n, k) whose class differs, nearest first.

    Without classes (the model has no output of that name) each row has none. A row of missing class (null, NaN)
    has none and is nobody's: nothing can be said of it.

    Raises:
        InvalidInput: there are not as many classes as rows.

    """
    if classes is None:
        return ((),) * len(neighbours)
    if len(classes) != len(neighbours):
        raise InvalidInput(f"{len(classes)} classes do not fit {len(neighbours)} rows")
    codes = _codes(classes)
    found = codes[neighbours]
    differs = (found != codes[:, None]) & (found != _MISSING) & (codes[:, None] != _MISSING)
    return tuple(tuple(row[keep].tolist()) for row, keep in zip(neighbours, differs, strict=True))


def healthy_neighbours(
    neighbours: npt.NDArray[np.int64], scores: npt.NDArray[np.float64], threshold: float
) -> tuple[tuple[int, ...], ...]:
    """Return for each row above the threshold those of its neighbours (n, k) that are not, nearest first.

    A row up to the threshold has none: nothing is odd about it. A row without a score (NaN) has none and is nobody's.

    Raises:
        InvalidInput: there are not as many scores as rows.

    """
    if len(scores) != len(neighbours):
        raise InvalidInput(f"{len(scores)} scores do not fit {len(neighbours)} rows")
    healthy, odd = scores <= threshold, scores > threshold
    rows = zip(neighbours, healthy[neighbours], odd.tolist(), strict=True)
    return tuple(tuple(row[keep].tolist()) if is_odd else () for row, keep, is_odd in rows)


_MISSING = -1


def _codes(classes: Sequence[Scalar]) -> npt.NDArray[np.int64]:
    numbers: dict[ValueKey, int] = {None: _MISSING}
    return np.array([numbers.setdefault(value_key(value), len(numbers)) for value in classes], dtype=np.int64)
