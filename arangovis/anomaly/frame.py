"""A table as this room sees it: columns of numbers and of levels, in arrays."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from arangovis.domain.errors import InvalidInput

__all__ = ["CATEGORICAL", "NUMERIC", "CategoricalColumn", "Codes", "Column", "Doubles", "NumericColumn", "Table"]

Doubles: TypeAlias = npt.NDArray[np.float64]
Codes: TypeAlias = npt.NDArray[np.int32]

NUMERIC = "numeric"
CATEGORICAL = "categorical"

_SHOWN_MAX = 80


@dataclass(frozen=True, slots=True, eq=False)
class NumericColumn:
    """Numbers; NaN is a missing value."""

    name: str
    values: Doubles

    @classmethod
    def of(cls, name: str, values: Iterable[float | None]) -> "NumericColumn":
        """Return a column of numbers, None for a missing one."""
        return cls(name, np.array([np.nan if value is None else value for value in values], dtype=np.float64))

    def __len__(self) -> int:
        return len(self.values)

    def take(self, rows: npt.NDArray[np.int64]) -> "NumericColumn":
        """Return some of the rows."""
        return NumericColumn(self.name, self.values[rows])

    def missing(self) -> npt.NDArray[np.bool_]:
        """Say of each row whether it has no value."""
        return np.isnan(self.values)


@dataclass(frozen=True, slots=True, eq=False)
class CategoricalColumn:
    """Levels by their position in `levels`; -1 is a missing value. The empty text is missing, never a level."""

    name: str
    codes: Codes
    levels: tuple[str, ...]

    @classmethod
    def of(cls, name: str, texts: Sequence[str | None]) -> "CategoricalColumn":
        """Return a column of texts, None or the empty text for a missing one; its levels are sorted."""
        levels = tuple(sorted({text for text in texts if text}))
        positions = {level: position for position, level in enumerate(levels)}
        return cls(name, np.array([positions.get(text or "", -1) for text in texts], dtype=np.int32), levels)

    def __len__(self) -> int:
        return len(self.codes)

    def take(self, rows: npt.NDArray[np.int64]) -> "CategoricalColumn":
        """Return some of the rows, with the same levels."""
        return CategoricalColumn(self.name, self.codes[rows], self.levels)

    def missing(self) -> npt.NDArray[np.bool_]:
        """Say of each row whether it has no value."""
        return self.codes < 0


Column: TypeAlias = NumericColumn | CategoricalColumn


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Columns of equal length with distinct names.

    Raises:
        InvalidInput: names repeat, lengths differ, or a column is not what it says.

    """

    columns: tuple[Column, ...]
    rows: int

    def __post_init__(self) -> None:
        repeated = [name for name, count in Counter(self.names).items() if count > 1]
        if repeated:
            raise InvalidInput(f"the column {_shown(repeated[0])} occurs more than once")
        for column in self.columns:
            _check(column, self.rows)

    @classmethod
    def of(cls, *columns: Column) -> "Table":
        """Return a table with as many rows as its first column."""
        return cls(columns, len(columns[0]) if columns else 0)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns, in order."""
        return tuple(column.name for column in self.columns)

    def by_name(self) -> dict[str, Column]:
        """Return the columns by name."""
        return {column.name: column for column in self.columns}

    def take(self, rows: npt.NDArray[np.int64]) -> "Table":
        """Return some of the rows."""
        return Table(tuple(column.take(rows) for column in self.columns), len(rows))


def _check(column: Column, rows: int) -> None:
    name = _shown(column.name)
    if len(column) != rows:
        raise InvalidInput(f"the column {name} has {len(column)} rows, the table {rows}")
    if not _is_unicode((column.name,)):
        raise InvalidInput(f"the name of the column {name} is not Unicode text")
    if isinstance(column, CategoricalColumn):
        _check_levels(column, name)
    elif column.values.dtype != np.float64 or column.values.ndim != 1:
        raise InvalidInput(f"the column {name} is not one float64 a row")


def _check_levels(column: CategoricalColumn, name: str) -> None:
    codes, levels = column.codes, column.levels
    if (
        codes.dtype != np.int32
        or codes.ndim != 1
        or (len(codes) and not -1 <= codes.min() <= codes.max() < len(levels))
    ):
        raise InvalidInput(f"the column {name} has codes that are not int32 from -1 to {len(levels) - 1}")
    if len(set(levels)) != len(levels) or "" in levels:
        raise InvalidInput(f"the column {name} has a level that is empty or occurs more than once")
    if not _is_unicode(levels):
        raise InvalidInput(f"the column {name} has a level that is not Unicode text")


def _is_unicode(texts: Iterable[str]) -> bool:
    try:
        "".join(texts).encode()
    except UnicodeEncodeError:  # half of a surrogate pair, as "\ud800" in JSON
        return False
    return True


def _shown(text: str) -> str:
    return ascii(text[:_SHOWN_MAX])
