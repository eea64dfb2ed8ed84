"""What is known of a column without reading it: how many values, and from where to where."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np

from arangovis.domain.json import JsonValue, Scalar
from arangovis.series.kinds import Columns

if TYPE_CHECKING:
    import pyarrow as pa

TEXT_LENGTH_MAX = 64
"""Characters of a least or greatest text that is kept."""


@dataclass(frozen=True, slots=True)
class FieldStatistics:
    """Of one column: values that are neither null nor NaN, nulls, NaNs, and the extremes of the values.

    Times are microseconds since 1970, booleans 0 and 1. There are no extremes if there is no value, or if one of them
    is a text of more than 64 characters.
    """

    count: int = 0
    nulls: int = 0
    nans: int = 0
    minimum: Scalar = None
    maximum: Scalar = None

    def document(self) -> list[JsonValue]:
        """Return it as JSON."""
        return [self.count, self.nulls, self.nans, self.minimum, self.maximum]

    @classmethod
    def of(cls, document: JsonValue) -> "FieldStatistics":
        """Read what `document` returned."""
        return cls(*cast("list[int]", document))

    def joined(self, other: "FieldStatistics") -> "FieldStatistics":
        """Return the statistics of both together."""
        if not self.count or not other.count:
            full = self if self.count else other
            extremes = full.minimum, full.maximum
        elif self.minimum is None or other.minimum is None:
            extremes = None, None
        else:
            extremes = min(self.minimum, other.minimum), max(self.maximum, other.maximum)  # type: ignore[type-var]
        counts = self.count + other.count, self.nulls + other.nulls, self.nans + other.nans
        return FieldStatistics(*counts, *extremes)


def statistics_of(rows: Columns) -> tuple[FieldStatistics, ...]:
    """Return the statistics of each column, in order."""
    return tuple(map(_column_statistics, rows.columns))


def joined(first: Sequence[FieldStatistics], second: Sequence[FieldStatistics]) -> tuple[FieldStatistics, ...]:
    """Return the statistics of two tables of the same columns together."""
    return tuple(a.joined(b) for a, b in zip(first, second, strict=True))


def _column_statistics(column: "pa.Array | pa.ChunkedArray") -> FieldStatistics:
    import pyarrow as pa

    nulls = column.null_count
    values = column.drop_null() if nulls else column
    if not len(values):
        return FieldStatistics(0, nulls)
    if pa.types.is_floating(values.type):
        return _float_statistics(values.to_numpy(), nulls)
    if pa.types.is_string(values.type):
        return _text_statistics(values, nulls)
    if not pa.types.is_boolean(values.type):
        values = values.cast(pa.int64())
    array = values.to_numpy(zero_copy_only=False)
    return FieldStatistics(len(array), nulls, 0, int(array.min()), int(array.max()))


def array_statistics(values: "np.ndarray[tuple[int], np.dtype[np.generic]]") -> FieldStatistics:
    """Return the statistics of numbers that are none of them null."""
    if not len(values):
        return FieldStatistics()
    if values.dtype.kind == "f":
        return _float_statistics(values, 0)  # type: ignore[arg-type]  # the kind says so
    return FieldStatistics(len(values), 0, 0, int(values.min()), int(values.max()))


def _float_statistics(array: "np.ndarray[tuple[int], np.dtype[np.floating]]", nulls: int) -> FieldStatistics:
    least, greatest = float(array.min()), float(array.max())
    if least == least:  # a NaN would have come out of both
        return FieldStatistics(len(array), nulls, 0, least, greatest)
    values = array[~np.isnan(array)]
    nans = len(array) - len(values)
    if not len(values):
        return FieldStatistics(0, nulls, nans)
    return FieldStatistics(len(values), nulls, nans, float(values.min()), float(values.max()))


def _text_statistics(values: "pa.Array | pa.ChunkedArray", nulls: int) -> FieldStatistics:
    import pyarrow.compute as pc

    found = pc.min_max(values).as_py()
    if max(len(found["min"]), len(found["max"])) > TEXT_LENGTH_MAX:
        return FieldStatistics(len(values), nulls)
    return FieldStatistics(len(values), nulls, 0, found["min"], found["max"])
