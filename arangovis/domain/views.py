"""Typed reads out of a document. A document that was written through the schema always has these types."""

from collections.abc import Mapping
from typing import cast

from arangovis.domain.errors import IntegrityError
from arangovis.domain.json import EMPTY, Document, JsonValue, Scalar


def text(document: Document, name: str) -> str:
    """Return a text attribute."""
    value = document.get(name)
    if not isinstance(value, str):
        raise IntegrityError(f"attribute {name!r} is not text")
    return value


def optional_text(document: Document, name: str) -> str | None:
    """Return a text attribute, or None if it is absent."""
    return None if document.get(name) is None else text(document, name)


def optional_integer(document: Document, name: str) -> int | None:
    """Return an integer attribute, or None if it is absent."""
    value = document.get(name)
    if value is None:
        return None
    if not isinstance(value, int):
        raise IntegrityError(f"attribute {name!r} is not an integer")
    return value


def integer(document: Document, name: str, default: int | None = None) -> int:
    """Return an integer attribute, or the default if it is absent."""
    value = optional_integer(document, name)
    if value is None and default is None:
        raise IntegrityError(f"attribute {name!r} is missing")
    return default if value is None else value  # type: ignore[return-value]


def mapping(document: Document, name: str) -> Document:
    """Return an attribute that is a mapping, empty if it is absent."""
    value = document.get(name)
    return value if isinstance(value, Mapping) else EMPTY


def scalars(document: Document, name: str) -> Mapping[str, Scalar]:
    """Return an attribute that maps names to scalars, empty if it is absent."""
    return cast("Mapping[str, Scalar]", document.get(name) or EMPTY)


def items(document: Document, name: str) -> tuple[JsonValue, ...]:
    """Return an attribute that is a list, empty if it is absent."""
    value = document.get(name)
    return tuple(value) if isinstance(value, list | tuple) else ()
