"""Search: what of a document is searchable, what a condition means, and what is asked.

The meaning is the same on every store; this module is the reference. A property is (name, type, value):
comparisons across types are false, a missing name matches only `not exists`, NaN is stored and matches nothing.
A name may have several values (tags): a condition holds if one of them satisfies it.

Beside the searchable values of its fields a node has those of BUILT_IN_NAMES, and its words.
"""

import math
import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from arangovis.domain.graph import Node
from arangovis.domain.json import Document, JsonValue
from arangovis.domain.like import is_like
from arangovis.domain.ordering import Order
from arangovis.domain.words import has_words, node_words, wanted_words
from arangovis_schema import FieldType, VertexKind

PAGE_SIZE_MAX = 1000

ID, KIND, PROJECT, CREATED, ACTOR = "id", "kind", "project", "created", "actor"
BUILT_IN_NAMES = frozenset((ID, KIND, PROJECT, CREATED, ACTOR))
"""Names that every node has: `kind/key`, its kind, the key of its project, when it was created (microseconds since

1970), and who wrote its current version. A field that a user's kind calls so is not reached by a search.
"""
TEXT = "text"
"""The name of all words of a node."""


class PropertyType(StrEnum):
    """The types that values are compared within."""

    __hash__ = str.__hash__  # as equality is the text's; and much quicker than Enum's

    NUMBER = "number"
    TEXT = "text"
    BOOLEAN = "boolean"
    WORDS = "words"
    """The words of a node, joined; only `Words` looks at them."""


class Property(NamedTuple):
    """One searchable value of a node."""

    name: str
    type: PropertyType
    value: str | float | int | bool


class Operator(StrEnum):
    """How a value is compared."""

    EQUAL = "="
    NOT_EQUAL = "!="
    LESS = "<"
    LESS_EQUAL = "<="
    GREATER = ">"
    GREATER_EQUAL = ">="


@dataclass(frozen=True, slots=True)
class Comparison:
    """`name operator value`: some value of that name and of the same type compares so."""

    name: str
    operator: Operator
    value: str | float | int | bool


@dataclass(frozen=True, slots=True)
class Present:
    """`name exists`."""

    name: str


@dataclass(frozen=True, slots=True)
class Like:
    """`name like pattern`, or `ilike` in any case: some text of that name is as the pattern says."""

    name: str
    pattern: str
    any_case: bool = False


@dataclass(frozen=True, slots=True)
class Words:
    """`name matches query`: the texts of that name together have all its words; of `text`, those of the whole node."""

    name: str
    query: str


@dataclass(frozen=True, slots=True)
class Not:
    """`not term`."""

    term: "Filter"


@dataclass(frozen=True, slots=True)
class AllOf:
    """`a and b and ...`; empty is true."""

    terms: tuple["Filter", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """`a or b or ...`; empty is false."""

    terms: tuple["Filter", ...]


Leaf: TypeAlias = Comparison | Present | Like | Words
Filter: TypeAlias = Leaf | Not | AllOf | AnyOf

EVERYTHING = AllOf(())


@dataclass(frozen=True, slots=True)
class Search:
    """A question for nodes of one kind; deleted nodes are never found.

    Args:
        kind: the vertex kind.
        where: the condition on its searchable values.
        project: only nodes of this project's key, or None for all.
        limit: page size, 1 to PAGE_SIZE_MAX.
        cursor: `next_cursor` of the page before, which was in the same order.
        order: by what; None is newest (by creation) first.

    """

    kind: str
    where: Filter = EVERYTHING
    project: str | None = None
    limit: int = 100
    cursor: str | None = None
    order: Order | None = None


def properties_of(kind: VertexKind, attributes: Document) -> list[Property]:
    """Return the searchable values of a document, as its kind declares them."""
    found: list[Property] = []
    for declared in kind.searchable_fields:
        value = attributes.get(declared.name)
        if value is None:
            continue
        if declared.type is FieldType.VALUES and isinstance(value, (dict, Mapping)):
            for name, member in value.items():
                _add(found, f"{declared.name}.{name}", member)
        else:
            _add(found, declared.name, value)
    return found


def node_properties(kind: VertexKind, node: Node) -> list[Property]:
    """Return all that conditions on a node look at: its values, the built-in ones, and its words."""
    declared = (item for item in properties_of(kind, node.attributes) if item.name not in BUILT_IN_NAMES)
    built_in = [
        Property(ID, PropertyType.TEXT, str(node.id)),
        Property(KIND, PropertyType.TEXT, node.id.kind),
        Property(CREATED, PropertyType.NUMBER, node.created),
        Property(ACTOR, PropertyType.TEXT, node.version.actor),
    ]
    if node.project is not None:
        built_in.append(Property(PROJECT, PropertyType.TEXT, node.project))
    return [*declared, *built_in, Property(TEXT, PropertyType.WORDS, node_words(kind, node.attributes))]


_SIMPLE = {
    bool: PropertyType.BOOLEAN,
    int: PropertyType.NUMBER,
    float: PropertyType.NUMBER,
    str: PropertyType.TEXT,
}
"""What nearly all values are, told without asking one question after another."""


def _add(found: list[Property], name: str, value: JsonValue) -> None:
    simple = _SIMPLE.get(type(value))
    if simple is not None:
        found.append(Property(name, simple, value))  # type: ignore[arg-type]  # its type was just looked up
    elif isinstance(value, int | float):
        found.append(Property(name, PropertyType.NUMBER, value))
    elif isinstance(value, str):
        found.append(Property(name, PropertyType.TEXT, value))
    elif isinstance(value, list | tuple):
        for member in value:
            if not isinstance(member, list | tuple | Mapping):
                _add(found, name, member)


def type_of(value: str | float | bool) -> PropertyType:
    """Return the type that a value is compared within."""
    if isinstance(value, bool):
        return PropertyType.BOOLEAN
    return PropertyType.TEXT if isinstance(value, str) else PropertyType.NUMBER


def matches(where: Filter, properties: Iterable[Property]) -> bool:
    """Say whether a node with these properties satisfies the condition."""
    found = tuple(properties)
    match where:
        case Comparison():
            return any(_compares(where, item) for item in found)
        case Present(name):
            return any(item.name == name and item.type is not PropertyType.WORDS for item in found)
        case Like(name, pattern, any_case):
            return any(is_like(text, pattern, any_case=any_case) for text in _texts(name, found))
        case Words(name, query):
            return _has_node_words(query, found) if name == TEXT else has_words(query, _field_texts(name, found))
        case Not(term):
            return not matches(term, found)
        case AllOf(terms):
            return all(matches(term, found) for term in terms)
        case AnyOf(terms):
            return any(matches(term, found) for term in terms)


def _texts(name: str, properties: Iterable[Property]) -> list[str]:
    return [str(item.value) for item in properties if item.name == name and item.type is PropertyType.TEXT]


def _field_texts(name: str, properties: Iterable[Property]) -> list[str]:
    """Return the texts whose words are looked for: the built-in names are compared whole, and have none."""
    return [] if name in BUILT_IN_NAMES else _texts(name, properties)


def _has_node_words(query: str, properties: Iterable[Property]) -> bool:
    words = "".join(str(item.value) for item in properties if item.type is PropertyType.WORDS)
    return all(word.among(words) for word in wanted_words(query))


def _compares(wanted: Comparison, item: Property) -> bool:
    if item.name != wanted.name or item.type is not type_of(wanted.value):
        return False
    if any(isinstance(value, float) and math.isnan(value) for value in (item.value, wanted.value)):
        return False
    return _COMPARE[wanted.operator](item.value, wanted.value)


_COMPARE: dict[Operator, Callable[[object, object], bool]] = {
    Operator.EQUAL: operator.eq,
    Operator.NOT_EQUAL: operator.ne,
    Operator.LESS: operator.lt,  # type: ignore[dict-item]
    Operator.LESS_EQUAL: operator.le,  # type: ignore[dict-item]
    Operator.GREATER: operator.gt,  # type: ignore[dict-item]
    Operator.GREATER_EQUAL: operator.ge,  # type: ignore[dict-item]
}
