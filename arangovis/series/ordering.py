"""The order of rows: as they were logged, or by the values of fields."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from arangovis.series.columns import Array, values_of

if TYPE_CHECKING:
    import pyarrow as pa


def sorted_by(table: "pa.Table", name: str | None) -> "pa.Table":
    """Return the rows in order of a field, equal ones as they were logged, NaN last; without a name as they are."""
    if name is None or is_sorted(values_of(table, name)):
        return table
    return table.take(order_of(table, (name,)))


def order_of(table: "pa.Table", names: Sequence[str]) -> npt.NDArray[np.int64]:
    """Return the positions of the rows in order of several fields, the first one first; equal rows stay in order."""
    keys = [_sortable(values_of(table, name)) for name in reversed(names)]
    return np.lexsort(keys) if keys else np.arange(table.num_rows)


def is_sorted(values: Array) -> bool:
    """Say whether an array of numbers is in order already; one with NaN or of texts counts as not."""
    if values.dtype == object or len(values) == 0:
        return len(values) == 0
    return bool((values[1:] >= values[:-1]).all()) and not _has_nan(values)


def _sortable(values: Array) -> Array:
    """Return numbers that are in the order of the values; objects are ranked, nulls behind everything."""
    if values.dtype != object:
        return values
    present = np.array([value is not None for value in values], dtype=np.bool_)
    ranks = np.full(len(values), np.iinfo(np.int64).max)
    ranks[present] = np.unique(values[present].astype(str), return_inverse=True)[1]
    return ranks


def _has_nan(values: Array) -> bool:
    return values.dtype.kind == "f" and bool(np.isnan(values).any())
