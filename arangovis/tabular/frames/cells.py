"""What the text of one cell is."""

import re
from collections.abc import Sequence
from enum import IntEnum, auto

from arangovis.tabular.frames.times import microseconds_of
from arangovis.tabular.frames.types import MISSING_WORDS


class CellKind(IntEnum):
    """What a cell looks like; a number, since those are counted fastest."""

    MISSING = auto()
    MISSING_WORD = auto()
    ZERO = auto()
    WHOLE = auto()
    DECIMAL = auto()
    CODE = auto()
    """Digits that are no number: `00123`, or more than 64 bits hold."""
    TIME = auto()
    UUID = auto()
    BOOLEAN = auto()
    TEXT = auto()


NUMBERS = frozenset({CellKind.ZERO, CellKind.WHOLE, CellKind.DECIMAL})
DIGITS = NUMBERS | {CellKind.CODE}
TYPED = NUMBERS | {CellKind.CODE, CellKind.TIME, CellKind.UUID, CellKind.BOOLEAN}
WHOLE_MIN, WHOLE_MAX = -(2**63), 2**63 - 1
EXACT_MAX = 2**53
"""Up to here every whole number is a 64-bit float."""

_MISSING_WORDS = frozenset(MISSING_WORDS)
_NUMBER = re.compile(
    r"(?P<sign>[+-]?)(?P<dollar>\$?)(?P<digits>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?P<percent>%?)\Z", re.ASCII
)
_PLAIN_DECIMAL = re.compile(r"-?(?:0|[1-9]\d{0,15})\.\d{1,20}\Z", re.ASCII)
"""What most cells of most files are; they need no further look."""
_NOT_PLAIN = re.compile(r"^(?!-?(?:0|[1-9]\d{0,15})\.\d{1,20}+$).*$", re.ASCII | re.MULTILINE)
"""The others, of a column with a cell a line: to look for them at once is several times as fast."""
_INFINITE = re.compile(r"[+-]?inf(?:inity)?\Z", re.IGNORECASE | re.ASCII)
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z", re.IGNORECASE | re.ASCII)
_BOOLEANS = {"true": True, "false": False}
_LEADING_ZERO = re.compile(r"[+-]?\$?0\d", re.ASCII)
_NUMBER_LENGTH_MAX = 400
"""Characters; a 64-bit float written out in full has 309 digits before the point."""


def number_of(text: str) -> int | float | None:
    """Return the number that a text says, whole if it is written so, or None if it says none.

    A `$` before it is dropped, a `%` after it divides by 100. More than 64 bits hold is an infinity.
    """
    text = text.strip()
    if len(text) > _NUMBER_LENGTH_MAX:
        return None
    match = _NUMBER.match(text)
    if match is None:
        return float(text) if _INFINITE.match(text) else None
    digits = match["sign"] + match["digits"]
    if match["percent"]:
        return float(digits) / 100
    return int(digits) if match["digits"].isdigit() else float(digits)


def boolean_of(text: str) -> bool | None:
    """Return the truth that a text says, or None."""
    return _BOOLEANS.get(text.strip().lower())


def is_uuid(text: str) -> bool:
    """Say whether a text is a UUID, 8-4-4-4-12 hex digits."""
    return _UUID.match(text.strip()) is not None


def has_leading_zero(text: str) -> bool:
    """Say whether a text begins with a zero that its number would lose."""
    return _LEADING_ZERO.match(text.strip()) is not None


def is_infinite(text: str) -> bool:
    """Say whether a text says infinity itself, not just a very large number."""
    return _INFINITE.match(text.strip()) is not None


def kind_of(text: str) -> CellKind:
    """Return what a cell looks like."""
    if _PLAIN_DECIMAL.match(text):
        return CellKind.DECIMAL
    stripped = text.strip()
    if not stripped:
        return CellKind.MISSING
    if stripped in _MISSING_WORDS:
        return CellKind.MISSING_WORD
    if (number := number_of(stripped)) is not None:
        return _kind_of_number(stripped, number)
    if stripped.lower() in _BOOLEANS:
        return CellKind.BOOLEAN
    if is_uuid(stripped):
        return CellKind.UUID
    return CellKind.TEXT if microseconds_of(stripped) is None and not _day_first(stripped) else CellKind.TIME


def kinds_of(texts: Sequence[str]) -> list[CellKind]:
    """Return what each cell of a column looks like."""
    column = "\n".join(texts)
    if column.count("\n") != max(len(texts) - 1, 0):  # a quoted cell may have a break in it
        return [kind_of(text) for text in texts]
    kinds, row, place = [CellKind.DECIMAL] * len(texts), 0, 0
    for found in _NOT_PLAIN.finditer(column) if texts else ():
        row += column.count("\n", place, found.start())
        place = found.start()
        kinds[row] = kind_of(texts[row])
    return kinds


def _day_first(text: str) -> bool:
    return microseconds_of(text, day_first=True) is not None


def _kind_of_number(text: str, number: float) -> CellKind:
    if isinstance(number, int):
        if has_leading_zero(text) or not WHOLE_MIN <= number <= WHOLE_MAX:
            return CellKind.CODE
        return CellKind.WHOLE if number else CellKind.ZERO
    return CellKind.DECIMAL
