"""The words of a text, as full-text search knows them. No store has a say in it, so all find the same.

A word is a run of letters, digits and `_` of any script, without regard to case or to how an accent is encoded.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from arangovis.domain.json import Document
from arangovis_schema import FieldType, VertexKind

WORD_LENGTH_MAX = 64
"""Characters; what is longer is cut, and so is what is looked for. A SHA-256 in hex is as long."""
WORDS_MAX = 1000
"""Of one text; the first ones count."""

_WORD = re.compile(r"\w+")
_WANTED = re.compile(r"(\w+)(\*?)")
_TEXTS = (FieldType.TEXT, FieldType.TEXTS, FieldType.VALUES)


class Word(NamedTuple):
    """A word that is looked for; of a prefix, any word that begins with it."""

    text: str
    prefix: bool

    def among(self, words: str) -> bool:
        """Say whether it is among words that `joined` joined."""
        return self.pattern in words

    @property
    def pattern(self) -> str:
        """What stands somewhere in the joined words if it is among them."""
        return f" {self.text}" if self.prefix else f" {self.text} "


def words_of(text: str) -> list[str]:
    """Return the words of a text, each once, in order."""
    found = dict.fromkeys(match[0].casefold()[:WORD_LENGTH_MAX] for match in _WORD.finditer(_normal(text)))
    return list(found)[:WORDS_MAX]


@lru_cache(maxsize=256)
def wanted_words(query: str) -> tuple[Word, ...]:
    """Return the words that a query asks for; `mod*` asks for any word that begins so. All are to be found."""
    found = _WANTED.finditer(_normal(query))
    return tuple(dict.fromkeys(Word(match[1].casefold()[:WORD_LENGTH_MAX], bool(match[2])) for match in found))


def joined(words: Iterable[str]) -> str:
    """Return words as one text, each between two blanks; empty if there is none."""
    text = " ".join(dict.fromkeys(words))
    return f" {text} " if text else ""


def has_words(query: str, texts: Iterable[str]) -> bool:
    """Say whether texts together have all the words that a query asks for."""
    words = joined(word for text in texts for word in words_of(text))
    return all(word.among(words) for word in wanted_words(query))


def node_words(kind: VertexKind, attributes: Document) -> str:
    """Return the words of a node, joined: those of every text in its fields but the ones with fixed choices."""
    return joined(word for text in _texts(kind, attributes) for word in words_of(text))


def _texts(kind: VertexKind, attributes: Document) -> Iterator[str]:
    for declared in kind.fields:
        value = attributes.get(declared.name)
        if value is None or declared.type not in _TEXTS or declared.choices:
            continue
        if isinstance(value, str):
            yield value
        else:
            members = value.values() if hasattr(value, "values") else value
            yield from _members(members)  # type: ignore[arg-type]  # a list or a mapping: the schema saw to it


def _members(members: Iterable[object]) -> Iterator[str]:
    for member in members:
        if isinstance(member, str):
            yield member
        elif isinstance(member, list | tuple):
            yield from (text for text in member if isinstance(text, str))


def _normal(text: str) -> str:
    return text if text.isascii() else unicodedata.normalize("NFKC", text)


__all__ = ["WORDS_MAX", "WORD_LENGTH_MAX", "Word", "has_words", "joined", "node_words", "wanted_words", "words_of"]
