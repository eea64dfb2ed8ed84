"""The search projection: the searchable values of a node as (name, type, value), each a text that sorts rightly.

The words of a text stand beside it under the same name, and all words of a node under WORDS_NAME; of these two only the
latter are in the index.
"""

from collections.abc import Iterator
from typing import NamedTuple

from arangovis.domain.json import Document
from arangovis.domain.ordering import RANKS, Rank
from arangovis.domain.search import PropertyType, properties_of
from arangovis.domain.words import node_words, words_of
from arangovis.stores.arango.sortable import number_key, number_of_key, text_key, text_of_key
from arangovis_schema import VertexKind

PROJECT = "project"
"""The name of a node's project; those of values are digits."""

WORDS_NAME = "text"
"""The name of the words of a whole node."""

WORD = "word"
"""The type of a word."""

NOT_A_NUMBER = "nan"
"""The type of NaN: it is there, and nothing compares with it."""

INDEXED_LENGTH_MAX = 240
"""So much of a value is in the index: 80 bytes of a text. The rest of it is compared in the node's own document."""


class Stored(NamedTuple):
    """One searchable value as it is stored."""

    name: str
    type: str
    value: str

    def indexed(self) -> "Stored":
        """Return what of it is in the index."""
        return self._replace(value=self.value[:INDEXED_LENGTH_MAX])

    @property
    def is_indexed(self) -> bool:
        """Whether it is in the index at all."""
        return self.type != WORD or self.name == WORDS_NAME


def stored_properties(kind: VertexKind, project: str | None, attributes: Document) -> list[Stored]:
    """Return what is stored for a node that is not deleted, each value once."""
    found = [
        Stored(text_key(name), *stored_value(type_, value)) for name, type_, value in properties_of(kind, attributes)
    ]
    if project is not None:
        found.append(Stored(PROJECT, PropertyType.TEXT.value, text_key(project)))
    return list(dict.fromkeys([*found, *_words(kind, attributes)]))


def _words(kind: VertexKind, attributes: Document) -> Iterator[Stored]:
    for name, type_, value in properties_of(kind, attributes):
        if type_ is PropertyType.TEXT:
            yield from (Stored(text_key(name), WORD, text_key(word)) for word in words_of(str(value)))
    yield from (Stored(WORDS_NAME, WORD, text_key(word)) for word in node_words(kind, attributes).split())


def stored_value(type_: PropertyType, value: str | float) -> tuple[str, str]:
    """Return the type and the value that are stored for a searchable value."""
    if isinstance(value, str):
        return type_.value, text_key(value)
    if type_ is PropertyType.BOOLEAN:
        return type_.value, "1" if value else "0"
    return (type_.value, number_key(value)) if value == value else (NOT_A_NUMBER, "0")


def rank_of_stored(type_: str, value: str) -> Rank:
    """Return the place among all values of one that is stored."""
    place = RANKS.index(type_)
    if type_ == PropertyType.TEXT:
        return place, text_of_key(value)
    return place, value == "1" if type_ == PropertyType.BOOLEAN else number_of_key(value)
