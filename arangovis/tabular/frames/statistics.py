"""Statistics of columns, added up block by block."""

import math
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from arangovis.tabular.frames.limits import LEVELS_MAX
from arangovis.tabular.frames.types import ColumnKind, ColumnStatistics

if TYPE_CHECKING:
    import pyarrow as pa

_COUNTED_ROWS = 4 * LEVELS_MAX
"""At once: to count texts that all differ is dear, and ends with the first part that has too many."""
Numbers = npt.NDArray[np.float64]


class Tally:
    """Adds up one column."""

    def __init__(self) -> None:
        self._missing = 0
        self._moments = _Moments()
        self._counts: Counter[object] | None = Counter()
        self._minimum: float | None = None
        self._maximum: float | None = None

    def add(self, values: "pa.Array", kind: ColumnKind) -> None:
        """Count the values of one block."""
        import pyarrow as pa
        import pyarrow.compute as pc

        self._missing += values.null_count
        if kind.textual or kind is ColumnKind.BOOLEAN:
            for start in range(0, len(values), _COUNTED_ROWS):
                self._count(values.slice(start, _COUNTED_ROWS))
            return
        present = values.drop_null() if values.null_count else values
        if kind is ColumnKind.TIME:
            present = pc.divide(present.cast(pa.int64()).cast(pa.float64(), safe=False), 1000.0)
        bounds = pc.min_max(present).as_py()
        may_be_zero = bounds["min"] is None or bounds["min"] <= 0 <= bounds["max"]
        numbers = present.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
        self._moments.add(numbers, may_be_zero=may_be_zero)
        self._bound(bounds)

    @property
    def too_many_levels(self) -> int:
        """How many different texts there are at least, if they are too many for levels, else 0."""
        return LEVELS_MAX + 1 if self._counts is None else 0

    def statistics(self, kind: ColumnKind) -> ColumnStatistics:
        """Return what was added up."""
        if kind.textual or kind is ColumnKind.BOOLEAN:
            return self._of_levels(kind)
        moments = self._moments
        return ColumnStatistics(
            missing=self._missing,
            minimum=self._minimum,
            maximum=self._maximum,
            mean=moments.mean,
            sigma=moments.sigma,
            zeros=moments.zeros if kind.numeric else None,
            infinite=moments.infinite if kind.numeric else None,
        )

    def _of_levels(self, kind: ColumnKind) -> ColumnStatistics:
        counts = self._counts
        distinct = None if counts is None else len(counts)
        if counts is None or kind in (ColumnKind.TEXT, ColumnKind.UUID):
            return ColumnStatistics(self._missing, distinct=distinct)
        levels = tuple(sorted((_word(level), count) for level, count in counts.items()))
        if kind is not ColumnKind.BOOLEAN:
            return ColumnStatistics(self._missing, distinct=distinct, levels=levels)
        truths, falses = counts.get(True, 0), counts.get(False, 0)
        mean = truths / (truths + falses) if counts else None
        return ColumnStatistics(self._missing, mean=mean, zeros=falses, distinct=distinct, levels=levels)

    def _count(self, values: "pa.Array") -> None:
        if self._counts is None:
            return
        found = values.drop_null().value_counts()
        if len(found) > LEVELS_MAX:
            self._counts = None
            return
        self._counts.update(dict(zip(found.field(0).to_pylist(), found.field(1).to_pylist(), strict=True)))
        if len(self._counts) > LEVELS_MAX:
            self._counts = None

    def _bound(self, bounds: dict[str, float | None]) -> None:
        low, high = bounds["min"], bounds["max"]
        if low is not None and high is not None:
            self._minimum = low if self._minimum is None else min(low, self._minimum)
            self._maximum = high if self._maximum is None else max(high, self._maximum)


def _word(level: object) -> str:
    return str(level).lower() if isinstance(level, bool) else str(level)


class _Moments:
    """Mean and variance of finite numbers, by Chan's formula for joining two parts.

    Kept in the widest floats there are, so that numbers near 1e308 have a mean and a sigma.
    """

    def __init__(self) -> None:
        self.zeros = 0
        self.infinite = 0
        self._count = 0
        self._mean = np.longdouble(0)
        self._squares = np.longdouble(0)

    @property
    def mean(self) -> float | None:
        return _finite(self._mean) if self._count else None

    @property
    def sigma(self) -> float | None:
        return _finite(np.sqrt(self._squares / (self._count - 1))) if self._count > 1 else None

    def add(self, numbers: Numbers, *, may_be_zero: bool = True) -> None:
        finite = _finite_of(numbers)
        self.infinite += numbers.size - finite.size
        self.zeros += int(numbers.size - np.count_nonzero(numbers)) if may_be_zero else 0
        if not finite.size:
            return
        wide = finite if max(finite.max(), -finite.min()) < 1e150 else finite.astype(np.longdouble)
        centre = wide.mean()
        mean = np.longdouble(centre)
        distances = wide - centre
        squares = np.longdouble(np.square(distances, out=distances).sum())
        total = self._count + finite.size
        distance = mean - self._mean
        self._squares += squares + distance * distance * self._count * finite.size / total
        self._mean += distance * finite.size / total
        self._count = total


def _finite_of(numbers: Numbers) -> Numbers:
    """Return the finite ones; all of them, as nearly always, without copying them."""
    are_finite = np.isfinite(numbers)
    return numbers if are_finite.all() else numbers[are_finite]


def _finite(number: np.longdouble) -> float | None:
    found = float(number)
    return found if math.isfinite(found) else None
