"""The search projection: how searchable values are kept in the `property` table.

A value keeps its own SQLite storage class, so that integers of 64 bits and floats compare exactly and texts by
code point. `type` keeps the classes apart. NaN has a type of its own: it is there, and nothing compares with it.
Numbers from 2**63 on, for which SQLite has no integers, are stored as bytes: SQLite sorts those behind all numbers.
"""

import struct
from typing import TypeAlias

from arangovis.domain.json import Document
from arangovis.domain.search import PropertyType, properties_of
from arangovis.domain.words import node_words
from arangovis_schema import VertexKind

TYPE_CODES = {PropertyType.NUMBER: 0, PropertyType.TEXT: 1, PropertyType.BOOLEAN: 2}
NOT_A_NUMBER = 3
WORDS = 4
"""The type of a node's words, joined; they are found by the full-text index, and never by value."""
COMPARED = 3
"""Types below this one have values that compare."""

Value: TypeAlias = str | float | int | bytes
Stored: TypeAlias = tuple[str, int, Value]
"""Name, type code, value."""

_BYTES_FROM = 2**63
_FLOATS_FROM = 2**64


def property_name(kind: str, name: str) -> str:
    """Return the stored name of a kind's property."""
    return f"{kind}.{name}"


def project_name(kind: str) -> str:
    """Return the name under which a node's project is kept; no property can be called so."""
    return f"{kind}:project"


def words_name(kind: str) -> str:
    """Return the name under which a node's words are kept; no property can be called so."""
    return f"{kind}:text"


def stored_properties(kind: VertexKind, project: str | None, attributes: Document) -> list[Stored]:
    """Return what is stored for a node that is not deleted."""
    prefix = f"{kind.name}."
    stored = [_stored(prefix + name, type_, value) for name, type_, value in properties_of(kind, attributes)]
    if project is not None:
        stored.append((project_name(kind.name), TYPE_CODES[PropertyType.TEXT], project))
    words = node_words(kind, attributes)
    if words:
        stored.append((words_name(kind.name), WORDS, words))
    return stored


def _stored(name: str, type_: PropertyType, value: str | float) -> Stored:
    if isinstance(value, str):
        return name, TYPE_CODES[type_], value
    if value == value:
        return name, TYPE_CODES[type_], stored_number(value)
    return name, NOT_A_NUMBER, 0


def stored_number(value: float) -> float | bytes:
    """Return what is stored for a number that is not NaN; numbers compare as what is stored for them does."""
    if value < _BYTES_FROM:
        return value
    if value < _FLOATS_FROM:
        return b"\x00" + int(value).to_bytes(8)
    return b"\x01" + struct.pack(">d", value)


def number_of_stored(value: float | bytes) -> float:
    """Return the number that `stored_number` stored."""
    if not isinstance(value, bytes):
        return value
    if value[0] == 0:
        return int.from_bytes(value[1:])
    number: float = struct.unpack(">d", value[1:])[0]
    return number
