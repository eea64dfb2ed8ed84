"""Output values as they come from JSON rows: which are the same, which is missing, in which order."""

import math
from collections.abc import Iterable
from typing import TypeAlias

from arangovis.domain.json import Scalar

__all__ = ["distinct", "value_key"]

ValueKey: TypeAlias = tuple[int, float, str] | None


def value_key(value: Scalar) -> ValueKey:
    """Return what identifies and sorts a value, or None for a missing one (null or NaN).

    False and true come first, then numbers by size, then text. 1 and 1.0 are one value; true and "1" are others.
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, bool):
        return (0, float(value), "")
    if isinstance(value, str):
        return (2, 0.0, value)
    return (1, value, "")


def distinct(values: Iterable[Scalar]) -> tuple[Scalar, ...]:
    """Return the distinct values in order, the first spelling of each; missing ones are left out."""
    found: dict[tuple[int, float, str], Scalar] = {}
    for value in values:
        key = value_key(value)
        if key is not None:
            found.setdefault(key, value)
    return tuple(found[key] for key in sorted(found))
