"""Files that are sent to be scored: their columns are read as the detector learnt them, whatever they look like."""

from collections.abc import Sequence
from dataclasses import replace

from arangovis.anomaly.adapting import AdaptationWarning
from arangovis.anomaly.expansion import ColumnSpec
from arangovis.services.anomaly.score_tables import NOT_A_NUMBER, Prepared, scoring_table
from arangovis.tabular.frame_columns import NUMERIC
from arangovis.tabular.frames.types import (
    MISSING_WORDS,
    ColumnKind,
    ColumnType,
    FrameWarning,
    GuessHints,
    ParseSetup,
)

_NUMBERS = (ColumnKind.INTEGER, ColumnKind.REAL, ColumnKind.TIME)
_TRUTHS = {"false", "true"}
_GLANCE = GuessHints(rows=100)
"""Enough where the kinds of the columns that count are known, and nothing of the others is kept."""


def file_setup(data: bytes, specs: Sequence[ColumnSpec], hints: GuessHints | None = None) -> ParseSetup:
    """Return how to read a file so that its columns are of the kinds that a detector learnt."""
    from arangovis.tabular.frames.guessing import guess

    return adapted(guess(data, hints or GuessHints()), specs)


def adapted(setup: ParseSetup, specs: Sequence[ColumnSpec]) -> ParseSetup:
    """Return a set-up whose columns are of the kinds that a detector learnt."""
    known = {spec.name: spec for spec in specs}
    return replace(setup, columns=tuple(_adapted(column, known.get(column.name)) for column in setup.columns))


def read_file(data: bytes, specs: Sequence[ColumnSpec], *, strict: bool) -> Prepared:
    """Return the rows of a file as a detector takes them.

    Raises:
        InvalidInput: it cannot be parsed, has none of the columns, or, in strict mode, text that is no number.

    """
    from arangovis.tabular.frames.whole import read_whole

    columns, found = read_whole(data, file_setup(data, specs, _GLANCE), strict=strict)
    return Prepared(scoring_table(columns), tuple(_warning(w) for w in found.warnings if w.column is not None))


def _adapted(column: ColumnType, spec: ColumnSpec | None) -> ColumnType:
    if spec is None:
        return column
    if spec.kind == NUMERIC:
        return column if column.kind in _NUMBERS else ColumnType(column.name, ColumnKind.REAL, MISSING_WORDS)
    if column.kind is ColumnKind.CATEGORICAL or (column.kind is ColumnKind.BOOLEAN and set(spec.levels) <= _TRUTHS):
        return column
    return ColumnType(column.name, ColumnKind.CATEGORICAL)


def _warning(found: FrameWarning) -> AdaptationWarning:
    kind = NOT_A_NUMBER if found.kind == "unreadable" else found.kind
    return AdaptationWarning(kind=kind, column=str(found.column), level=None, count=found.count, rows=found.rows)
