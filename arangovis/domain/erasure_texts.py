"""Taking what names a person out of free text."""

import re
from collections.abc import Callable

from arangovis.domain.erasure import ERASED_TEXT

WORDS_MAX = 4
"""So many words in a row are looked at as one name."""
_WORD = re.compile(r"\S+")
_AROUND = "\"'`<>()[]{},;:!?.=|/\\*"


def erased_text(text: str, names: Callable[[object], bool]) -> str:
    """Return a text in which a person is named no more: as the whole of it, or as up to four words of it in a row.

    Punctuation around words is not part of a name.
    """
    if names(text):
        return ERASED_TEXT
    words = [span for match in _WORD.finditer(text) if (span := _stripped(text, *match.span()))]
    found, position = [], 0
    place = 0
    while place < len(words):
        many = _many(text, words[place : place + WORDS_MAX], names)
        if many:
            found += [text[position : words[place][0]], ERASED_TEXT]
            position = words[place + many - 1][1]
        place += max(many, 1)
    return "".join([*found, text[position:]])


def _many(text: str, words: list[tuple[int, int]], names: Callable[[object], bool]) -> int:
    """Return how many of the first words are a name, the most; 0 if none are."""
    for many in range(len(words), 0, -1):
        if names(text[words[0][0] : words[many - 1][1]]):
            return many
    return 0


def _stripped(text: str, start: int, stop: int) -> tuple[int, int] | None:
    while start < stop and text[start] in _AROUND:
        start += 1
    while stop > start and text[stop - 1] in _AROUND:
        stop -= 1
    return (start, stop) if start < stop else None
