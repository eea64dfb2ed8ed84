"""The search projection: the searchable values of a node as (name, type, value), each a text that sorts rightly."""

from typing import NamedTuple

from arangovis.domain.json import Document
from arangovis.domain.search import PropertyType, properties_of
from arangovis.stores.arango.sortable import number_key, text_key
from arangovis_schema import VertexKind

PROJECT = "project"
"""The name of a node's project; those of values are digits."""

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


def stored_properties(kind: VertexKind, project: str | None, attributes: Document) -> list[Stored]:
    """Return what is stored for a node that is not deleted, each value once."""
    found = [
        Stored(text_key(name), *stored_value(type_, value)) for name, type_, value in properties_of(kind, attributes)
    ]
    if project is not None:
        found.append(Stored(PROJECT, PropertyType.TEXT.value, text_key(project)))
    return list(dict.fromkeys(found))


def stored_value(type_: PropertyType, value: str | float) -> tuple[str, str]:
    """Return the type and the value that are stored for a searchable value."""
    if isinstance(value, str):
        return type_.value, text_key(value)
    if type_ is PropertyType.BOOLEAN:
        return type_.value, "1" if value else "0"
    return (type_.value, number_key(value)) if value == value else (NOT_A_NUMBER, "0")
