"""Which character separates the cells of a CSV file."""

import re
from collections import Counter
from collections.abc import Sequence

from arangovis.tabular.frames.cells import NUMBERS, TYPED, CellKind, kind_of
from arangovis.tabular.frames.limits import SEPARATOR_LINES
from arangovis.tabular.frames.records import records
from arangovis.tabular.frames.types import Dialect

CANDIDATES = ("\x01", ",", ";", "|", "\t", " ")
"""In this order, where they fit equally well. \\x01 is Hive's."""
_DECIMAL_COMMA = re.compile(r"-?\d+,\d+\Z", re.ASCII)
_LENGTH_MAX = 1 << 16


def guess_separator(sample: bytes, dialect: Dialect) -> str:
    """Return the candidate that splits the first lines most evenly, or a comma if none splits them.

    Spaces (several count as one) separate only if every line has as many, some of what they separate are numbers,
    and the lines are not times such as `2020-01-02 03:04:05`.
    """
    found = [(separator, *_fit(sample, dialect, separator)) for separator in CANDIDATES if separator.encode() in sample]
    fitting = [(evenness, typed, separator) for separator, evenness, typed in found if evenness]
    if not fitting:
        return ","
    best = max((evenness, typed) for evenness, typed, _ in fitting)
    return next(separator for evenness, typed, separator in fitting if (evenness, typed) == best)


def _fit(sample: bytes, dialect: Dialect, separator: str) -> tuple[float, float]:
    """Return the share of lines with the most common number of cells, and the share of typed cells; 0 if unfit."""
    rows = _rows(sample, dialect, separator)
    widths = Counter(len(cells) for cells in rows if len(cells) > 1)
    if not widths:
        return 0.0, 0.0
    evenness = max(widths.values()) / len(rows)
    cells = [cell for row in rows[1:] or rows for cell in row]
    if separator == " " and (evenness < 1 or not _separated_by_spaces(rows)):
        return 0.0, 0.0
    typed = sum(kind_of(cell) in TYPED or _DECIMAL_COMMA.match(cell) is not None for cell in cells)
    return (evenness if evenness >= 0.5 else 0.0), typed / len(cells)


def _separated_by_spaces(rows: Sequence[Sequence[str]]) -> bool:
    below = rows[1:] or rows
    whole = [" ".join(cells) for cells in below]
    numbers = any(kind_of(cell) in NUMBERS for row in below for cell in row)
    return numbers and not any(kind_of(text) is CellKind.TIME for text in whole)


def _rows(sample: bytes, dialect: Dialect, separator: str) -> list[Sequence[str]]:
    found: list[Sequence[str]] = []
    split = Dialect(separator, quote=dialect.quote, comment=dialect.comment)
    for record in records(sample[:_LENGTH_MAX], split):
        found.append(record.cells)
        if len(found) == SEPARATOR_LINES:
            break
    return found
