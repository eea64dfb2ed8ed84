"""Naming rows to a person: the first few, and how many more."""

import numpy as np
import numpy.typing as npt

__all__ = ["NAMED_MAX", "rows_named"]

NAMED_MAX = 5


def rows_named(flags: npt.NDArray[np.bool_]) -> str:
    """Return which rows are flagged, counted from 0, such as `rows 3, 7 and 12 more`."""
    rows = np.flatnonzero(flags)
    more = len(rows) - NAMED_MAX
    named = ", ".join(str(row) for row in rows[:NAMED_MAX])
    return f"row{'s' if len(rows) > 1 else ''} {named}" + (f" and {more} more" if more > 0 else "")
