"""One field of a vertex or an edge."""

from dataclasses import dataclass
from enum import StrEnum


class FieldType(StrEnum):
    """The JSON shapes that a field may hold."""

    __hash__ = str.__hash__  # as equality is the text's; and much quicker than Enum's

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    TEXTS = "texts"
    """A list of strings, such as tags; each member is searchable by itself."""
    VALUES = "values"
    """A flat mapping of name to scalar, such as parameters or metrics; `params.n_neighbours` is searchable."""
    DOCUMENT = "document"
    """Any JSON value; never searchable."""


@dataclass(frozen=True, slots=True)
class Field:
    """A declared attribute: its name, its JSON shape, and how it may be used.

    `searchable` fields are written to the search projection; `required` ones must be present at creation;
    `choices` limits a text field to the values named.
    """

    name: str
    type: FieldType
    description: str
    required: bool = False
    searchable: bool = False
    choices: tuple[str, ...] = ()
