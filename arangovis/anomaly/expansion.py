"""The expanded space that detectors work in, and what the training data say of each column.

A categorical column of L levels takes L + 1 slots, one for each level and one for a missing value; a numeric column
takes one, `(x - mean) / (maximum - minimum)`. Categorical columns come first, those with most levels before others,
then numeric ones as they came. A missing number is 0 here: the mean.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

import numpy as np

from arangovis.anomaly.frame import CATEGORICAL, NUMERIC, CategoricalColumn, Column, NumericColumn, Table
from arangovis.domain.errors import Fault, InvalidInput, NotSupported, TooLarge

__all__ = ["MISSING_SLOT", "NUMBER_MAX", "WIDTH_MAX", "ColumnSpec", "Expansion", "learn"]

MISSING_SLOT = "missing(NA)"
WIDTH_MAX = 20_000
"""Slots of the expanded space."""
NUMBER_MAX = 1e150
"""Larger numbers are not trained on: their squares would not be finite."""


@dataclass(frozen=True, slots=True)
class ColumnSpec:
    """A column of the training data: its kind, and its levels or the statistics of its numbers."""

    name: str
    kind: str
    levels: tuple[str, ...] = ()
    mean: float = 0.0
    minimum: float = 0.0
    maximum: float = 0.0
    missing: int = 0

    @property
    def width(self) -> int:
        """How many slots it takes."""
        return len(self.levels) + 1 if self.kind == CATEGORICAL else 1

    @property
    def scale(self) -> float:
        """What a distance from the mean is multiplied with; 1 for a constant column."""
        scale = _scale(self.minimum, self.maximum)
        return 1.0 if scale is None else scale

    def slot_names(self) -> tuple[str, ...]:
        """Return the names of its slots, in order."""
        if self.kind == NUMERIC:
            return (self.name,)
        return tuple(f"{self.name}.{level}" for level in (*self.levels, MISSING_SLOT))


@dataclass(frozen=True)
class Expansion:
    """The columns in the order of the training data, and the constant ones that were left out."""

    columns: tuple[ColumnSpec, ...]
    ignored: tuple[str, ...] = ()

    @cached_property
    def order(self) -> tuple[int, ...]:
        """Positions in `columns` as they follow each other in the expanded space."""
        kinds = enumerate(self.columns)
        return tuple(position for position, _ in sorted(kinds, key=lambda pair: _rank(pair[1])))

    @cached_property
    def spans(self) -> tuple[slice, ...]:
        """The slots of each of `columns`."""
        ends = list(accumulate(self.columns[position].width for position in self.order))
        by_position = {p: slice(end - self.columns[p].width, end) for p, end in zip(self.order, ends, strict=True)}
        return tuple(by_position[position] for position in range(len(self.columns)))

    @cached_property
    def width(self) -> int:
        """The number of slots."""
        return sum(column.width for column in self.columns)

    @cached_property
    def numeric_start(self) -> int:
        """The first slot of a number; all that follow are numbers."""
        return self.width - sum(column.kind == NUMERIC for column in self.columns)

    @cached_property
    def slot_names(self) -> tuple[str, ...]:
        """The name of each slot: `column.level`, `column.missing(NA)`, or the name of a numeric column."""
        return tuple(name for position in self.order for name in self.columns[position].slot_names())

    def numeric(self) -> tuple[ColumnSpec, ...]:
        """Return the numeric columns in the order of their slots."""
        return tuple(column for column in self.columns if column.kind == NUMERIC)

    def categorical(self) -> tuple[ColumnSpec, ...]:
        """Return the categorical columns in the order of their slots."""
        ordered = (self.columns[position] for position in self.order)
        return tuple(column for column in ordered if column.kind == CATEGORICAL)


def learn(table: Table, *, ignore_constant: bool) -> Expansion:
    """Return the expansion of the training data.

    Raises:
        InvalidInput: a number is infinite or beyond NUMBER_MAX.
        NotSupported: no column varies.
        TooLarge: more than WIDTH_MAX slots.

    """
    faults = [fault for column in table.columns for fault in _faults(column)]
    if faults:
        raise InvalidInput.of(*faults)
    specs = [_spec(column) for column in table.columns]
    constant = [_is_constant(column) for column in table.columns]
    if all(constant):
        raise NotSupported("no column of the training data has two different values")
    kept = tuple(s for s, same in zip(specs, constant, strict=True) if not (same and ignore_constant))
    ignored = tuple(s.name for s, same in zip(specs, constant, strict=True) if same and ignore_constant)
    expansion = Expansion(kept, ignored)
    if expansion.width > WIDTH_MAX:
        raise TooLarge(f"the levels and numbers of the training data make {expansion.width} slots, over {WIDTH_MAX}")
    return expansion


def _rank(column: ColumnSpec) -> tuple[int, int]:
    return (0, -len(column.levels)) if column.kind == CATEGORICAL else (1, 0)


def _scale(minimum: float, maximum: float) -> float | None:
    """Return 1 / (maximum - minimum), or None where there is no such finite number."""
    distance = maximum - minimum
    scale = 1.0 / distance if distance > 0.0 else float("inf")
    return scale if np.isfinite(scale) else None


def _faults(column: Column) -> list[Fault]:
    if isinstance(column, CategoricalColumn):
        return []
    rows = np.flatnonzero(np.abs(column.values) > NUMBER_MAX)
    if not len(rows):
        return []
    where = f"in {len(rows)} rows, first in row {rows[0]}"
    return [Fault(column.name, f"is infinite or beyond {NUMBER_MAX:g} {where}; leave these rows out of the training")]


def _spec(column: Column) -> ColumnSpec:
    missing = int(column.missing().sum())
    if isinstance(column, CategoricalColumn):
        return ColumnSpec(column.name, CATEGORICAL, levels=column.levels, missing=missing)
    return _numeric_spec(column, missing)


def _numeric_spec(column: NumericColumn, missing: int) -> ColumnSpec:
    known = column.values[~np.isnan(column.values)] if missing else column.values
    if not len(known):
        return ColumnSpec(column.name, NUMERIC, missing=missing)
    mean, low, high = (float(f(known)) for f in (np.mean, np.min, np.max))
    return ColumnSpec(column.name, NUMERIC, mean=mean, minimum=low, maximum=high, missing=missing)


def _is_constant(column: Column) -> bool:
    if isinstance(column, CategoricalColumn):
        return len(np.unique(column.codes)) <= 1  # a missing value beside one level does vary
    spec = _numeric_spec(column, int(column.missing().sum()))
    return _scale(spec.minimum, spec.maximum) is None
