"""What kind a column is, by a vote of its cells, and whether the first line is a header."""

import re
from collections import Counter
from collections.abc import Sequence

from arangovis.tabular.frames.cells import NUMBERS, TYPED, CellKind, kind_of, kinds_of
from arangovis.tabular.frames.limits import HEADER_ROWS
from arangovis.tabular.frames.times import microseconds_of, slashed
from arangovis.tabular.frames.types import MISSING_WORDS, ColumnKind, ColumnType

_REPEATS = 0.95
"""A column of texts of which fewer than this share differ has levels."""
_MISSING = (CellKind.MISSING, CellKind.MISSING_WORD)
_WHOLE = (CellKind.ZERO, CellKind.WHOLE)


def column_type(name: str, cells: Sequence[str], kinds: Sequence[CellKind]) -> ColumnType:
    """Return how a column is read that begins with these cells, which look like `kinds`."""
    kind = _kind(cells, kinds)
    words = () if kind in (ColumnKind.CATEGORICAL, ColumnKind.TEXT) else MISSING_WORDS
    return ColumnType(name, kind, words, day_first=kind is ColumnKind.TIME and _is_day_first(cells))


def _kind(cells: Sequence[str], kinds: Sequence[CellKind]) -> ColumnKind:
    counts = Counter(kinds)
    present = len(kinds) - sum(counts[kind] for kind in _MISSING)
    if not present:
        return ColumnKind.REAL
    for whole, kind in ((CellKind.BOOLEAN, ColumnKind.BOOLEAN), (CellKind.UUID, ColumnKind.UUID)):
        if counts[whole] == present:
            return kind
    if counts[CellKind.CODE] and counts[CellKind.CODE] + sum(counts[kind] for kind in _WHOLE) == present:
        return _of_texts(cells, kinds)
    return _by_vote(cells, kinds, counts)


def _by_vote(cells: Sequence[str], kinds: Sequence[CellKind], counts: Counter[CellKind]) -> ColumnKind:
    zeros = counts[CellKind.ZERO]
    others = counts[CellKind.WHOLE] + counts[CellKind.DECIMAL] + counts[CellKind.CODE]
    numbers, texts = zeros + others, counts[CellKind.TEXT] + counts[CellKind.BOOLEAN]
    times, ids = counts[CellKind.TIME], counts[CellKind.UUID]
    if (
        numbers
        and numbers >= max(times, ids)
        and (others >= texts or (numbers > texts and _different(cells, kinds) == 1))
    ):
        return _of_numbers(cells, kinds, counts)
    if times > max(ids, numbers, texts):
        return ColumnKind.TIME
    if ids > max(times, numbers, texts):
        return ColumnKind.UUID
    return _of_texts(cells, kinds)


def _of_numbers(cells: Sequence[str], kinds: Sequence[CellKind], counts: Counter[CellKind]) -> ColumnKind:
    decimal = counts[CellKind.DECIMAL] or any(
        len(cell.strip().lstrip("+-")) > 18 for cell, kind in zip(cells, kinds, strict=True) if kind is CellKind.CODE
    )
    return ColumnKind.REAL if decimal else ColumnKind.INTEGER


def _of_texts(cells: Sequence[str], kinds: Sequence[CellKind]) -> ColumnKind:
    present = [cell for cell, kind in zip(cells, kinds, strict=True) if kind is not CellKind.MISSING]
    return ColumnKind.TEXT if len(set(present)) >= _REPEATS * len(present) else ColumnKind.CATEGORICAL


def _different(cells: Sequence[str], kinds: Sequence[CellKind]) -> int:
    return len({cell for cell, kind in zip(cells, kinds, strict=True) if kind is CellKind.TEXT})


def _is_day_first(cells: Sequence[str]) -> bool:
    """Say whether dates with slashes cannot be read month first, but can be day first."""
    if not any(slashed(cell.strip()) for cell in cells):
        return False
    month_first, day_first = (
        sum(microseconds_of(cell.strip(), day_first=first) is not None for cell in cells) for first in (False, True)
    )
    return day_first > month_first


def is_ambiguous(column: ColumnType, cells: Sequence[str]) -> bool:
    """Say whether a column's dates with slashes can be read either way."""
    if column.kind is not ColumnKind.TIME:
        return False
    pairs = [pair for cell in cells if (pair := slashed(cell.strip()))]
    return bool(pairs) and all(max(pair) <= 12 and len(set(pair)) == 2 for pair in pairs)


# --- header ---------------------------------------------------------------------------------------------------


def header_vote(first: Sequence[str], rows: Sequence[Sequence[str]]) -> bool | None:
    """Say whether the first line is a header; None if nothing tells.

    It is one if no cell of it is a number, time, truth or UUID and some column below is of these; where all is text, if
    its names differ from each other and one of them differs from its column: by a text that a column with repeats does
    not repeat, or by its shape.
    """
    kinds = [kind_of(cell) for cell in first]
    if any(kind in TYPED for kind in kinds) or CellKind.TEXT not in kinds:
        return False
    if not rows:
        return True
    columns = [[row[position] for row in rows[:HEADER_ROWS] if position < len(row)] for position in range(len(first))]
    votes = [_typed_below(column) for column, kind in zip(columns, kinds, strict=True) if kind is CellKind.TEXT]
    if any(votes):
        return True
    if len(set(first)) < len(first) or any(name in column for name, column in zip(first, columns, strict=True) if name):
        return False
    return True if any(map(_is_unlike, first, columns)) else None


def _typed_below(column: Sequence[str]) -> bool:
    """Say whether a column holds something other than text; none at all but words for missing is that too."""
    kinds = set(kinds_of(column)) - {CellKind.MISSING}
    return bool(kinds & (TYPED | NUMBERS | {CellKind.MISSING_WORD}))


def _is_unlike(name: str, column: Sequence[str]) -> bool:
    present = [cell for cell in column if cell.strip()]
    if not name.strip() or not present:
        return False
    repeats = len(set(present)) < _REPEATS * len(present)
    return repeats or _shape(name) not in set(map(_shape, present))


def _shape(text: str) -> str:
    """Return a text with every run of letters as `a` and every run of digits as `9`."""
    return re.sub(r"\d+", "9", re.sub(r"[^\W\d]+", "a", text))
