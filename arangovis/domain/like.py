r"""Patterns of `like`: `%` is any text, `_` one character, and a backslash takes the sign behind it as it is.

`ilike` compares characters without regard to case, one by one: a character whose lower case has several is compared
as it is.
"""

import re
from enum import Enum
from functools import cache, lru_cache
from typing import TypeAlias

PATTERN_LENGTH_MAX = 500


class Wild(Enum):
    """What stands for other characters."""

    ANY = "%"
    ONE = "_"


Piece: TypeAlias = str | Wild
"""A character that stands for itself, or a wild one."""

_WILD = {wild.value: wild for wild in Wild}


def pieces_of(pattern: str) -> tuple[Piece, ...]:
    """Read a pattern.

    Raises:
        ValueError: it is too long, or ends in a backslash that takes nothing.

    """
    if len(pattern) > PATTERN_LENGTH_MAX:
        raise ValueError(f"a pattern has more than {PATTERN_LENGTH_MAX} characters")
    found: list[Piece] = []
    signs = iter(pattern)
    for sign in signs:
        if sign != "\\":
            found.append(_WILD.get(sign, sign))
            continue
        taken = next(signs, None)
        if taken is None:
            raise ValueError("a pattern ends in a backslash; a backslash itself is written twice")
        found.append(taken)
    return tuple(found)


@lru_cache(maxsize=256)
def expression_of(pattern: str, *, any_case: bool) -> re.Pattern[str]:
    """Return the regular expression of a whole text, or with `any_case` of its `folded` form."""
    return re.compile(_written(pieces_of(pattern), any_case=any_case), re.DOTALL)


def is_like(text: str, pattern: str, *, any_case: bool) -> bool:
    """Say whether a whole text is as the pattern says."""
    expression = expression_of(pattern, any_case=any_case)
    return expression.fullmatch(folded(text) if any_case else text) is not None


def folded(text: str) -> str:
    """Return a text in lower case, character by character."""
    return text.lower() if text.isascii() else "".join(map(fold, text))


def fold(sign: str) -> str:
    """Return a character in lower case, or as it is if that takes several."""
    lower = sign.lower()
    return lower if len(lower) == 1 else sign


@cache
def equals() -> dict[str, str]:
    """Return for each lower-case character all that fold to it, where there are more than itself."""
    found: dict[str, str] = {}
    for number in range(0x110000):
        sign = chr(number)
        lower = fold(sign)
        if lower != sign:
            found[lower] = found.get(lower, lower) + sign
    return found


def segments_of(pieces: tuple[Piece, ...]) -> list[tuple[str | None, ...]]:
    """Cut a pattern at its `%`; None is one character of any sort."""
    segments: list[list[str | None]] = [[]]
    for piece in pieces:
        if piece is Wild.ANY:
            segments.append([])
        else:
            segments[-1].append(None if piece is Wild.ONE else str(piece))
    return [tuple(segment) for segment in segments]


def joined(segments: list[str], anything: str) -> str:
    """Return the expression of segments with `anything` between them, any number of times.

    A segment in the middle takes the first place that fits and is never tried elsewhere, which finds the same and
    keeps the work proportional to the text, whatever the pattern.
    """
    first, *rest = segments
    if not rest:
        return first
    middle = "".join(f"(?>{anything}*?{segment})" for segment in rest[:-1] if segment)
    return f"{first}{middle}{anything}*{rest[-1]}"


def _written(pieces: tuple[Piece, ...], *, any_case: bool) -> str:
    segments = [
        "".join("." if sign is None else re.escape(fold(sign) if any_case else sign) for sign in segment)
        for segment in segments_of(pieces)
    ]
    return joined(segments, ".")


__all__ = [
    "PATTERN_LENGTH_MAX",
    "Wild",
    "equals",
    "expression_of",
    "fold",
    "folded",
    "is_like",
    "joined",
    "pieces_of",
    "segments_of",
]
