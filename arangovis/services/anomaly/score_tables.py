"""From what was sent or stored to the table that a detector takes."""

import csv
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from arangovis.anomaly.adapting import AdaptationWarning
from arangovis.anomaly.expansion import ColumnSpec
from arangovis.anomaly.frame import CategoricalColumn, NumericColumn, Table
from arangovis.domain.errors import Fault, InvalidInput
from arangovis.tabular.frame_columns import NUMERIC, TEXT, PlainColumn

NOT_A_NUMBER = "not_a_number"
WARNED_ROWS_MAX = 10
"""How many row numbers a warning names."""
FAULTS_MAX = 100
_SHOWN = 80


@dataclass(frozen=True)
class Prepared:
    """A table, and what was lost on the way to it."""

    table: Table
    warnings: tuple[AdaptationWarning, ...] = ()


def training_table(columns: Iterable[PlainColumn], ignored: frozenset[str]) -> Table:
    """Return the columns that a detector can learn: numbers and levels, not the ignored ones, not free text."""
    return Table.of(*(_as_is(column) for column in columns if column.name not in ignored and column.kind != TEXT))


def scoring_table(columns: Iterable[PlainColumn]) -> Table:
    """Return all columns; a detector finds its own among them, and says what it makes of the others."""
    return Table.of(*map(_as_is, columns))


def rows_table(rows: Sequence[Mapping[str, Any]], specs: Sequence[ColumnSpec], *, strict: bool) -> Prepared:
    """Return JSON rows as a detector takes them. Text that is no number counts as missing, with a warning.

    Raises:
        InvalidInput: in strict mode, text that is no number; always, a value that is an object or a list.

    """
    known = {spec.name: spec for spec in specs}
    names = dict.fromkeys(name for row in rows for name in row) if rows else dict.fromkeys(known)
    columns: list[NumericColumn | CategoricalColumn] = []
    reader = _Reader(strict=strict)
    for name in names:
        spec = known.get(name)
        values = [row.get(name) for row in rows]
        if spec is None:
            columns.append(NumericColumn(name, np.full(len(rows), np.nan)))
        elif spec.kind == NUMERIC:
            columns.append(NumericColumn(name, np.array(reader.numbers(name, values), dtype=np.float64)))
        else:
            columns.append(CategoricalColumn.of(name, reader.texts(name, values)))
    if reader.faults:
        raise InvalidInput.of(*reader.faults[:FAULTS_MAX])
    return Prepared(Table(tuple(columns), len(rows)), reader.warnings())


def rows_as_csv(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Return JSON rows as CSV, numbers with all their digits, to be kept as a file."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([_cell(row.get(name)) for name in names] for row in rows)
    return out.getvalue().encode("utf-8", "replace")


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


class _Reader:
    """Reads values one by one, and remembers which it could not read."""

    def __init__(self, *, strict: bool) -> None:
        self._strict = strict
        self._lost: dict[str, list[tuple[int, str]]] = {}
        self.faults: list[Fault] = []

    def numbers(self, name: str, values: Sequence[Any]) -> list[float]:
        return [self._number(name, row, value) for row, value in enumerate(values)]

    def _number(self, name: str, row: int, value: Any) -> float:
        if value is None or value == "":
            return math.nan
        if isinstance(value, dict | list):
            self.faults.append(Fault(name, f"row {row + 1}: {str(value)[:_SHOWN]!r} is not one value"))
            return math.nan
        try:
            return float(value)
        except OverflowError:
            return math.inf if value > 0 else -math.inf
        except ValueError:
            self._lose(name, row, value)
            return math.nan

    def _lose(self, name: str, row: int, value: str) -> None:
        if self._strict:
            self.faults.append(Fault(name, f"row {row + 1}: {value[:_SHOWN]!r} is not a number"))
        else:
            self._lost.setdefault(name, []).append((row, value))

    def texts(self, name: str, values: Sequence[Any]) -> list[str | None]:
        return [self._text(name, row, value) for row, value in enumerate(values)]

    def _text(self, name: str, row: int, value: Any) -> str | None:
        if value is None or isinstance(value, str):
            return value or None
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, dict | list):
            self.faults.append(Fault(name, f"row {row + 1}: {str(value)[:_SHOWN]!r} is not one value"))
            return None
        return str(value)

    def warnings(self) -> tuple[AdaptationWarning, ...]:
        return tuple(
            AdaptationWarning(
                kind=NOT_A_NUMBER,
                column=name,
                level=lost[0][1][:_SHOWN],
                count=len(lost),
                rows=tuple(row for row, _ in lost[:WARNED_ROWS_MAX]),
            )
            for name, lost in self._lost.items()
        )


def _as_is(column: PlainColumn) -> NumericColumn | CategoricalColumn:
    if column.values is not None:
        return NumericColumn(column.name, column.values)
    codes = np.zeros(0, np.int32) if column.codes is None else column.codes
    return CategoricalColumn(column.name, codes, column.levels)
