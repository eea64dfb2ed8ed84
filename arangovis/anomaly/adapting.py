"""A table brought into a model's expanded space, block by block.

Columns are found by name. A value that the model cannot take does not spoil its neighbours: an unseen level and a
missing column are missing values, and a row with a number beyond all sense gets a status instead of a score.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from arangovis.anomaly.expansion import ColumnSpec, Expansion
from arangovis.anomaly.frame import CATEGORICAL, NUMERIC, CategoricalColumn, Column, Doubles, NumericColumn, Table
from arangovis.domain.errors import Fault, InvalidInput

__all__ = [
    "BLOCK_ROWS",
    "EXPANDED_MAX",
    "NON_FINITE",
    "OK",
    "OUT_OF_RANGE",
    "STATUS_NAMES",
    "AdaptationWarning",
    "Adapter",
    "Statuses",
]

Statuses: TypeAlias = npt.NDArray[np.uint8]

STATUS_NAMES = ("ok", "non_finite", "out_of_range")
OK, NON_FINITE, OUT_OF_RANGE = range(3)

EXPANDED_MAX = 1e6
"""A number further from the mean than this many training ranges is out of range; its square is still exact enough."""
BLOCK_ROWS = 2048
_ALIGNED_ROWS = 64
"""Blocks are filled up to a multiple of this, so that a row is computed alike wherever it stands in a block."""
WARNED_ROWS_MAX = 5
WARNED_LEVELS_MAX = 20
"""Unseen levels of one column that are named; the others are counted together."""

MISSING_COLUMN, EXTRA_COLUMN, UNSEEN_LEVEL = "missing_column", "extra_column", "unseen_level"


@dataclass(frozen=True, slots=True)
class AdaptationWarning:
    """What a table had that the model was not trained on, how often, and the first rows of it, counted from 0."""

    kind: str
    column: str
    level: str | None = None
    count: int = 0
    rows: tuple[int, ...] = ()


@dataclass
class _Flagged:
    """The rows of one column with one status, as blocks come."""

    count: int = 0
    rows: list[int] = field(default_factory=list)

    def add(self, rows: npt.NDArray[np.int64]) -> None:
        self.count += len(rows)
        self.rows.extend(rows[: WARNED_ROWS_MAX - len(self.rows)].tolist())


class Adapter:
    """The columns of one table matched to one expansion.

    Args:
        expansion: the model's.
        table: any table.
        strict: refuse missing columns and unseen levels instead of warning of them.

    Raises:
        InvalidInput: no column in common, a column of the other kind, or with `strict` what is said above.

    """

    def __init__(self, expansion: Expansion, table: Table, *, strict: bool = False) -> None:
        self._expansion = expansion
        self.rows = table.rows
        given = table.by_name()
        if not any(spec.name in given for spec in expansion.columns):
            raise InvalidInput(f"no column in common with the training data, which had {_listed(expansion)}")
        pairs = [(spec, given.get(spec.name)) for spec in expansion.columns]
        faults = [fault for spec, column in pairs if (fault := _kind_fault(spec, column))]
        self._found = [warning for spec, column in pairs for warning in _differences(spec, column)]
        if strict:
            faults += [_as_fault(warning) for warning in self._found]
        if faults:
            raise InvalidInput.of(*faults)
        self._found += _extra(expansion, table)
        self._numbers = [_numbers(column) for spec, column in pairs if spec.kind == NUMERIC]
        self._slots = [
            (span.start, *_slots(spec, column))
            for (spec, column), span in zip(pairs, expansion.spans, strict=True)
            if spec.kind == CATEGORICAL
        ]
        self._means = np.array([spec.mean for spec in expansion.numeric()])[:, None]
        self._scales = np.array([spec.scale for spec in expansion.numeric()])[:, None]
        self._flagged: dict[tuple[int, str], _Flagged] = {}

    @property
    def warnings(self) -> tuple[AdaptationWarning, ...]:
        """What was found so far; complete once all blocks were read."""
        flagged = (
            AdaptationWarning(STATUS_NAMES[status], column, None, found.count, tuple(found.rows))
            for (status, column), found in sorted(self._flagged.items())
        )
        return (*self._found, *flagged)

    def blocks(self) -> Iterator[tuple[slice, Doubles, Statuses]]:
        """Yield (rows, slots by rows, status of each row) in order.

        The block may have more columns than the slice has rows: those that fill it up are zeros.
        """
        for start in range(0, self.rows, BLOCK_ROWS):
            rows = slice(start, min(self.rows, start + BLOCK_ROWS))
            yield rows, *self._block(rows)

    def matrix(self) -> Doubles:
        """Return all rows by slots; flagged ones are zeros."""
        whole = np.empty((self.rows, self._expansion.width))
        for rows, block, _ in self.blocks():
            whole[rows] = block[:, : rows.stop - rows.start].T
        return whole

    def _block(self, rows: slice) -> tuple[Doubles, Statuses]:
        count = rows.stop - rows.start
        block = np.zeros((self._expansion.width, -(-count // _ALIGNED_ROWS) * _ALIGNED_ROWS))
        for start, codes, slots in self._slots:
            block[start + _own(slots, codes, rows), np.arange(count)] = 1.0
        numbers = block[self._expansion.numeric_start :, :count]
        for slot, values in zip(numbers, self._numbers, strict=True):
            slot[:] = np.nan if values is None else values[rows]
        status = self._expand(numbers, rows)
        if status.any():
            block[:, :count][:, status != OK] = 0.0
        return block, status

    def _expand(self, numbers: Doubles, rows: slice) -> Statuses:
        """Turn numbers into slots in place and return the status of each row."""
        status = np.zeros(numbers.shape[1], np.uint8)
        infinite = np.isinf(numbers) if not np.isfinite(numbers).all() else None
        with np.errstate(over="ignore"):
            numbers -= self._means
            numbers *= self._scales
        if numbers.size and not max(numbers.max(), -numbers.min()) <= EXPANDED_MAX:  # a NaN compares as false
            numbers[np.isnan(numbers)] = 0.0
            beyond = np.abs(numbers) > EXPANDED_MAX
            self._flag(beyond if infinite is None else beyond & ~infinite, OUT_OF_RANGE, status, rows.start)
            if infinite is not None:
                self._flag(infinite, NON_FINITE, status, rows.start)
        return status

    def _flag(self, found: npt.NDArray[np.bool_], code: int, status: Statuses, start: int) -> None:
        specs = self._expansion.numeric()
        for position in np.flatnonzero(found.any(axis=1)):
            hit = np.flatnonzero(found[position])
            status[hit] = code
            self._flagged.setdefault((code, specs[position].name), _Flagged()).add(hit + start)


def _own(slots: npt.NDArray[np.int64], codes: npt.NDArray[np.int32] | None, rows: slice) -> npt.NDArray[np.int64]:
    """Return the slot of each row within its column; the last one is for missing values, as is code -1."""
    return slots[-1:] if codes is None else slots[codes[rows]]


def _listed(expansion: Expansion) -> str:
    names = [ascii(spec.name[:40]) for spec in expansion.columns[:10]]
    return ", ".join(names) + (", ..." if len(expansion.columns) > len(names) else "")


def _kind_fault(spec: ColumnSpec, column: Column | None) -> Fault | None:
    if column is None or column.missing().all():
        return None  # without a value either kind is right
    is_text = isinstance(column, CategoricalColumn)
    if is_text == (spec.kind == CATEGORICAL):
        return None
    found, wanted = ("text", "numbers") if is_text else ("numbers", "text")
    return Fault(spec.name, f"has {found}; the model was trained on {wanted}")


def _numbers(column: Column | None) -> Doubles | None:
    return column.values if isinstance(column, NumericColumn) else None


def _slots(spec: ColumnSpec, column: Column | None) -> tuple[npt.NDArray[np.int32] | None, npt.NDArray[np.int64]]:
    """Return the codes of a column and, by code, the slots that they stand for."""
    missing = len(spec.levels)
    if not isinstance(column, CategoricalColumn):
        return None, np.array([missing])
    positions = {level: position for position, level in enumerate(spec.levels)}
    return column.codes, np.array([*(positions.get(level, missing) for level in column.levels), missing])


def _differences(spec: ColumnSpec, column: Column | None) -> list[AdaptationWarning]:
    if column is None:
        return [AdaptationWarning(MISSING_COLUMN, spec.name)]
    if not isinstance(column, CategoricalColumn) or spec.kind == NUMERIC:
        return []
    known = set(spec.levels)
    counts = np.bincount(column.codes + 1, minlength=len(column.levels) + 1)[1:]
    unseen = [code for code, level in enumerate(column.levels) if level not in known and counts[code]]
    named = [_unseen(column, [code], column.levels[code]) for code in unseen[:WARNED_LEVELS_MAX]]
    others = unseen[WARNED_LEVELS_MAX:]
    return [*named, *([_unseen(column, others, None)] if others else [])]


def _unseen(column: CategoricalColumn, codes: list[int], level: str | None) -> AdaptationWarning:
    rows = np.flatnonzero(np.isin(column.codes, codes))
    return AdaptationWarning(UNSEEN_LEVEL, column.name, level, len(rows), tuple(rows[:WARNED_ROWS_MAX].tolist()))


def _extra(expansion: Expansion, table: Table) -> list[AdaptationWarning]:
    known = {*(spec.name for spec in expansion.columns), *expansion.ignored}
    return [AdaptationWarning(EXTRA_COLUMN, name) for name in table.names if name not in known]


def _as_fault(warning: AdaptationWarning) -> Fault:
    if warning.kind == MISSING_COLUMN:
        return Fault(warning.column, "is missing; the model was trained with it")
    level = "further levels" if warning.level is None else f"the level {warning.level[:80]!r}"
    first = ", ".join(map(str, warning.rows))
    return Fault(warning.column, f"has {level} in {warning.count} rows (row {first}), which the model has not seen")
