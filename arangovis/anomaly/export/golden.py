"""Rows with known scores. They are made of the statistics of the training data, so that no training row leaves."""

import csv
import io

import numpy as np

from arangovis.anomaly.adapting import STATUS_NAMES
from arangovis.anomaly.expansion import ColumnSpec
from arangovis.anomaly.frame import NUMERIC, CategoricalColumn, Column, NumericColumn, Table
from arangovis.anomaly.model import AnomalyModel
from arangovis.anomaly.names import SCORE_NAME
from arangovis.anomaly.scoring import score

__all__ = ["GOLDEN_ROWS", "golden_csv", "golden_table"]

GOLDEN_ROWS = 10
_INFINITE_ROW, _MISSING_ROW, _UNSEEN_ROW = 9, 8, 7


def golden_csv(model: AnomalyModel) -> bytes:
    """Return the rows, their scores and status as CSV; an empty cell is a missing value."""
    table = golden_table(model)
    found = score(model, table)
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([*table.names, SCORE_NAME, "status"])
    texts = [_texts(column) for column in table.columns]
    for row in range(table.rows):
        value = "" if np.isnan(found.score[row]) else repr(float(found.score[row]))
        writer.writerow([*(column[row] for column in texts), value, STATUS_NAMES[found.status[row]]])
    return buffer.getvalue().encode()


def golden_table(model: AnomalyModel) -> Table:
    """Return rows at the mean, the ends and between, one with unseen levels, one without a value, one infinite."""
    columns = enumerate(model.expansion.columns)
    return Table.of(*(_numbers(spec, i) if spec.kind == NUMERIC else _levels(spec, i) for i, spec in columns))


def _numbers(spec: ColumnSpec, position: int) -> Column:
    corners = (spec.mean, spec.minimum, spec.maximum, (spec.mean + spec.maximum) / 2.0)
    values = [corners[0], corners[1], corners[2]]
    values += [corners[(row * (position + 1) + row // 2) % len(corners)] for row in range(3, GOLDEN_ROWS)]
    values[_MISSING_ROW] = np.nan
    if position == 0:
        values[_INFINITE_ROW] = np.inf
    return NumericColumn.of(spec.name, values)


def _levels(spec: ColumnSpec, position: int) -> Column:
    unseen = "unseen"
    while unseen in spec.levels:
        unseen += "~"
    texts = [spec.levels[(row + position) % len(spec.levels)] if spec.levels else None for row in range(GOLDEN_ROWS)]
    texts[_UNSEEN_ROW], texts[_MISSING_ROW] = unseen, None
    return CategoricalColumn.of(spec.name, texts)


def _texts(column: Column) -> list[str]:
    if isinstance(column, NumericColumn):
        return ["" if np.isnan(value) else repr(float(value)) for value in column.values]
    return ["" if code < 0 else column.levels[code] for code in column.codes]
