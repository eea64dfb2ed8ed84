# ruff: noqa: S608  statements are put together from constants; every value is bound
"""Which condition drives a search: the one that leaves the fewest nodes; what it finds is checked for all the rest.

A driver finds every wanted node, and may find others. How many it finds is counted, but never far.
"""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from arangovis.domain.like import Wild, pieces_of
from arangovis.domain.search import (
    ACTOR,
    CREATED,
    ID,
    KIND,
    PROJECT,
    AllOf,
    AnyOf,
    Comparison,
    Filter,
    Like,
    Operator,
    Present,
    PropertyType,
    Search,
    Words,
)
from arangovis.stores.embedded.properties import TYPE_CODES, property_name
from arangovis.stores.embedded.search_sql import Sql, bindable, property_condition, words_query

DRIVER_ROWS_MAX = 2000
"""More rows than these are not sorted: either they come in order, or all nodes of the kind are walked."""
ALTERNATIVES_MAX = 100

_ROWS = "SELECT d.node AS id FROM property_by_value d WHERE {rows}"
_WORDS = "SELECT d.rowid AS id FROM words_index d WHERE d.words_index MATCH ?"
_KEY = "SELECT d.id AS id FROM node d WHERE d.kind = ? AND d.key = ?"
_COUNT = "SELECT count(*) FROM (SELECT 1 FROM ({rows}) LIMIT ?)"


@dataclass(frozen=True, slots=True)
class Driver:
    """Statements that give integer ids; every wanted node is found by one of them."""

    statements: tuple[Sql, ...]
    ordered: bool
    """Whether the ids come in order, each once."""

    def source(self) -> Sql:
        """Return a statement for all ids, each once, to which conditions on `u.id` can be added."""
        rows = " UNION ".join(statement.text for statement in self.statements)
        each = "" if self.ordered else "DISTINCT "
        values = tuple(value for statement in self.statements for value in statement.values)
        return Sql(f"SELECT {each}u.id FROM ({rows}) u WHERE 1", values)


def by_age(connection: sqlite3.Connection, question: Search) -> Driver | None:
    """Return the driver of a search in order of age: the only one is not counted if its rows are in that order."""
    drivers = list(_drivers(question))
    if len(drivers) == 1 and drivers[0].ordered:
        return drivers[0]
    return chosen(connection, question)[0]


def chosen(connection: sqlite3.Connection, question: Search, few: int = DRIVER_ROWS_MAX) -> tuple[Driver | None, bool]:
    """Return the driver with the fewest rows, and whether these are fewer than `few`.

    If all have many it is one whose rows are in order, if there is one.
    """
    drivers = sorted(_drivers(question), key=lambda driver: not driver.ordered)
    best = drivers[0] if drivers and drivers[0].ordered else None
    fewest = few
    for driver in drivers:
        rows = _count(connection, driver, fewest)
        if rows < fewest:
            best, fewest = driver, rows
    return best, fewest < few


def _count(connection: sqlite3.Connection, driver: Driver, limit: int) -> int:
    """Return how many rows a driver has, counting no further than the limit for each of its conditions."""
    bound = ((_COUNT.format(rows=one.text), (*one.values, limit)) for one in driver.statements)
    return sum(int(connection.execute(text, values).fetchone()[0]) for text, values in bound)


def _drivers(question: Search) -> Iterator[Driver]:
    for term in _conjuncts(question.where):
        if isinstance(term, AnyOf):
            rows = [_rows(question.kind, one) for one in term.terms[: ALTERNATIVES_MAX + 1]]
            statements = tuple(row for row in rows if row is not None)
            if 0 < len(statements) == len(term.terms) <= ALTERNATIVES_MAX:
                yield Driver(statements, ordered=False)
        else:
            statement = _rows(question.kind, term)
            if statement is not None:
                yield Driver((statement,), _is_ordered(term))
    if question.project is not None:
        equal = Comparison(PROJECT, Operator.EQUAL, question.project)
        yield Driver((_of_property(question.kind, equal),), ordered=True)


def _is_ordered(term: Filter) -> bool:
    return isinstance(term, Words) or (isinstance(term, Comparison) and term.operator is Operator.EQUAL)


def _conjuncts(where: Filter) -> Iterator[Filter]:
    if isinstance(where, AllOf):
        for term in where.terms:
            yield from _conjuncts(term)
    else:
        yield where


def _rows(kind: str, term: Filter) -> Sql | None:
    """Return the statement that a term drives by, or None if it does not."""
    match term:
        case Words(_, query):
            return Sql(_WORDS, (bindable(words_query(query)),))
        case Comparison(name, Operator.EQUAL, str(value)) if name == ID:
            return Sql(_KEY, (bindable(kind), bindable(value.removeprefix(f"{kind}/"))))
        case Comparison() | Present() | Like() if term.name in (ID, KIND, CREATED, ACTOR):
            return None
        case Comparison(_, operator) if operator is not Operator.NOT_EQUAL:
            return _of_property(kind, term)
        case Present():
            return _of_property(kind, term)
        case Like():
            return _of_pattern(kind, term)
    return None


def _of_property(kind: str, term: Comparison | Present) -> Sql:
    rows = property_condition(kind, term, row="d")
    return Sql(_ROWS.format(rows=rows.text), rows.values)


def _of_pattern(kind: str, term: Like) -> Sql | None:
    """Return the statement for texts that begin as a pattern does; None if it begins with anything."""
    prefix = "" if term.any_case else _prefix(term.pattern)
    if not prefix or term.name == PROJECT:
        return None
    values = (bindable(property_name(kind, term.name)), TYPE_CODES[PropertyType.TEXT], prefix, f"{prefix}\U0010ffff")
    return Sql(_ROWS.format(rows="d.name = ? AND d.type = ? AND d.value >= ? AND d.value <= ?"), values)


def _prefix(pattern: str) -> str:
    """Return what a pattern begins with, up to a character that would sort beside the last one of all."""
    signs: list[str] = []
    for piece in pieces_of(pattern):
        if isinstance(piece, Wild):
            break
        signs.append(piece)
    return bindable("".join(signs))
