# ruff: noqa: S608  statements are put together from constants; every value is bound
"""Compiles a filter to SQL over the search projection. Values are only ever bound.

Each comparison becomes an EXISTS over the properties of one node, which is true or false and never NULL, so
negation means the same as in `arangovis.domain.search.matches`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from arangovis.domain.errors import InvalidInput
from arangovis.domain.search import (
    ACTOR,
    BUILT_IN_NAMES,
    CREATED,
    ID,
    KIND,
    PROJECT,
    TEXT,
    AllOf,
    AnyOf,
    Comparison,
    Filter,
    Like,
    Not,
    Operator,
    Present,
    PropertyType,
    Words,
    type_of,
)
from arangovis.domain.words import Word, wanted_words
from arangovis.stores.embedded.properties import (
    TYPE_CODES,
    WORDS,
    Value,
    project_name,
    property_name,
    stored_number,
    words_name,
)

FILTER_DEPTH_MAX = 20
"""Deeper nesting would run into SQLite's parser stack; joined terms do not count, however many."""

_INTEGERS = range(-(2**63), 2**64)
"""What documents may hold; a filter may name any."""


@dataclass(frozen=True, slots=True)
class Sql:
    """A piece of SQL and the values bound to it, in order."""

    text: str
    values: tuple[Value, ...] = ()


_NODE = "SELECT 1 FROM node n CROSS JOIN action a ON a.time = n.valid_from"
_COLUMNS = {ID: "n.kind || '/' || n.key", KIND: "n.kind", CREATED: "n.created", ACTOR: "a.actor"}
"""The built-in names that are not in the projection."""

TRUE = Sql("1")
FALSE = Sql("0")


def condition(kind: str, where: Filter, *, node: str, depth: int = 0) -> Sql:
    """Return the condition on the node whose integer id the SQL expression `node` gives.

    Raises:
        InvalidInput: the filter is nested too deep, or a text is not valid Unicode.

    """
    if depth > FILTER_DEPTH_MAX:
        raise InvalidInput(f"the filter is nested deeper than {FILTER_DEPTH_MAX} levels")
    match where:
        case Words(name, query):
            return joined([_has_word(kind, name, word, node) for word in wanted_words(query)], "AND", TRUE)
        case Comparison() | Present() | Like():
            return _leaf(kind, where, node)
        case Not(term):
            inner = condition(kind, term, node=node, depth=depth + 1)
            return Sql(f"NOT {inner.text}", inner.values)
        case AllOf(terms):
            return joined([condition(kind, term, node=node, depth=depth + 1) for term in terms], "AND", TRUE)
        case AnyOf(terms):
            return joined([condition(kind, term, node=node, depth=depth + 1) for term in terms], "OR", FALSE)


def joined(terms: Sequence[Sql], word: str, empty: Sql) -> Sql:
    """Join terms as a balanced tree, since SQLite limits how deep an expression may be."""
    if len(terms) <= 1:
        return terms[0] if terms else empty
    middle = len(terms) // 2
    left, right = joined(terms[:middle], word, empty), joined(terms[middle:], word, empty)
    return Sql(f"({left.text} {word} {right.text})", left.values + right.values)


def property_condition(kind: str, where: Comparison | Present | Like, *, row: str = "p") -> Sql:
    """Return the condition on one row of the projection; words are no such row."""
    stored = project_name(kind) if where.name == PROJECT else property_name(kind, where.name)
    name = bindable(stored)
    if isinstance(where, Present):
        return Sql(f"{row}.name = ?", (name,))
    tested = _test(where, f"{row}.value")
    return Sql(f"{row}.name = ? AND {row}.type = ? AND {tested.text}", (name, _type_code(where), *tested.values))


def words_query(query: str) -> str:
    """Return the query of the full-text index for nodes that have all the words somewhere."""
    return " AND ".join(f'"{word.text}"{"*" if word.prefix else ""}' for word in wanted_words(query))


def _leaf(kind: str, where: Comparison | Present | Like, node: str) -> Sql:
    column = _COLUMNS.get(where.name)
    if column is None:
        return exists(property_condition(kind, where), node)
    if isinstance(where, Present):
        return TRUE
    if _type_code(where) != TYPE_CODES[PropertyType.NUMBER if where.name == CREATED else PropertyType.TEXT]:
        return FALSE
    return _of_node(_test(where, column), node)


def _of_node(tested: Sql, node: str) -> Sql:
    return Sql(f"EXISTS ({_NODE} WHERE n.id = {node} AND {tested.text})", tested.values)


def _has_word(kind: str, name: str, word: Word, node: str) -> Sql:
    pattern = bindable(word.pattern)
    if name == TEXT:
        values = (words_name(kind), WORDS, pattern)
        return exists(Sql("p.name = ? AND p.type = ? AND instr(p.value, ?)", values), node)
    if name in BUILT_IN_NAMES:
        return FALSE
    values = (bindable(property_name(kind, name)), TYPE_CODES[PropertyType.TEXT], pattern)
    return exists(Sql("p.name = ? AND p.type = ? AND has_word(p.value, ?)", values), node)


def _test(where: Comparison | Like, column: str) -> Sql:
    if isinstance(where, Like):
        return Sql(f"is_like({column}, ?, ?)", (bindable(where.pattern), where.any_case))
    return _value_condition(where.operator, where.value, column=column)


def _type_code(where: Comparison | Like) -> int:
    return TYPE_CODES[PropertyType.TEXT if isinstance(where, Like) else type_of(where.value)]


def exists(row: Sql, node: str) -> Sql:
    """Return the condition that a node has such a row `p`."""
    return Sql(f"EXISTS (SELECT 1 FROM property p WHERE p.node = {node} AND {row.text})", row.values)


def _value_condition(operator: Operator, value: str | float | bool, *, column: str) -> Sql:
    if isinstance(value, str):
        return Sql(f"{column} {operator} ?", (bindable(value),))
    if value != value:
        return FALSE
    below, above = _storable_neighbours(value)
    if below == above:
        return Sql(f"{column} {operator} ?", (stored_number(below),))
    if operator in (Operator.EQUAL, Operator.NOT_EQUAL):
        return TRUE if operator is Operator.NOT_EQUAL else FALSE
    if operator in (Operator.LESS, Operator.LESS_EQUAL):
        return Sql(f"{column} <= ?", (stored_number(below),))
    return Sql(f"{column} >= ?", (stored_number(above),))


def _storable_neighbours(value: float) -> tuple[float, float]:
    """Return the largest number that can be stored and is not above, and the smallest that is not below."""
    if isinstance(value, float) or value in _INTEGERS:
        return value, value
    try:
        near = float(value)
    except OverflowError:
        near = math.inf if value > 0 else -math.inf
    if near > value:
        return math.nextafter(near, -math.inf), near
    return near, near if near == value else math.nextafter(near, math.inf)


def bindable(text: str) -> str:
    """Return a text that can be bound.

    Raises:
        InvalidInput: it has half of a surrogate pair.

    """
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InvalidInput("the filter has a text that is not valid Unicode") from error
    return text
