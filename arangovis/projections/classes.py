"""Classes of rows: as texts for people, as numbers for methods."""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from arangovis.projections.base import Labels
from arangovis.tabular import Rows

__all__ = ["Classes", "class_labels", "classes_of"]

Classes: TypeAlias = Sequence[str | None]
"""The class of each row, None where it is not known."""


def classes_of(rows: Rows, column: str | None) -> Classes | None:
    """Return the classes of rows, or None where there is no such column."""
    if column is None or not rows.has(column):
        return None
    # NaN is the one value that differs from itself; it is no class.
    return [None if value is None or value != value else str(value) for value in rows.values(column)]


def class_labels(classes: Classes) -> Labels:
    """Return classes as numbers from 0 in order of their names, int64 (rows,); -1 where there is none."""
    codes = {name: code for code, name in enumerate(sorted({name for name in classes if name is not None}))}
    return np.array([-1 if name is None else codes[name] for name in classes], dtype=np.int64)
