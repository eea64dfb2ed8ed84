"""Answers a search: picks the condition that leaves the fewest nodes, walks those newest first, checks the rest.

Integer ids grow with creation, so newest first is by integer id. A condition that few rows of the projection meet
drives the search. How many is counted, but never far: above DRIVER_ROWS_MAX an equality still drives, because its
rows lie in order of integer id and the walk stops at a full page; a range does not, and the nodes of the kind are
walked instead. The last nodes are not in the index by value yet (see flush.py); they are the newest, so they are
walked first, one by one.
"""

import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from arangovis.domain.errors import Fault, InvalidInput
from arangovis.domain.graph import Node, Page
from arangovis.domain.search import (
    PAGE_SIZE_MAX,
    AllOf,
    AnyOf,
    Comparison,
    Filter,
    Operator,
    Present,
    PropertyType,
    Search,
)
from arangovis.stores.embedded import queries
from arangovis.stores.embedded.properties import TYPE_CODES, project_name
from arangovis.stores.embedded.rows import nodes_of
from arangovis.stores.embedded.search_sql import (
    TRUE,
    Sql,
    bindable,
    condition,
    exists,
    joined,
    property_condition,
)

DRIVER_ROWS_MAX = 2000
ALTERNATIVES_MAX = 100

_NODES = "SELECT d.id FROM node d INDEXED BY node_by_kind WHERE d.kind = ? AND NOT d.deleted"
_ROWS = "SELECT d.node AS id FROM property_by_value d WHERE {rows}"
_UNION = "SELECT u.id FROM ({rows}) u WHERE 1"
_COUNT = "SELECT count(*) FROM (SELECT 1 FROM property_by_value d WHERE {rows} LIMIT ?)"
_INDEXED = "SELECT node FROM indexed"
_CURSOR = re.compile(r"n([1-9][0-9]{0,17})\Z")


@dataclass(frozen=True, slots=True)
class _Driver:
    """Conditions on rows `d` of the projection, one of which every wanted node meets."""

    rows: tuple[Sql, ...]
    ordered: bool
    """Whether the rows come in order of integer id, each node once."""


def search(connection: sqlite3.Connection, question: Search) -> Page[Node]:
    """Answer a search inside one snapshot; see `GraphStore.search`."""
    if not 1 <= question.limit <= PAGE_SIZE_MAX:
        raise InvalidInput.of(Fault("limit", f"{question.limit} is not between 1 and {PAGE_SIZE_MAX}"))
    driver = _chosen(connection, list(_drivers(question)))
    wanted = question.limit + 1
    row_ids: list[int] = []
    if driver is not None:
        indexed = connection.execute(_INDEXED).fetchone()[0]
        row_ids = _found(connection, _statement(question, None, indexed), wanted)
    if len(row_ids) < wanted:
        row_ids += _found(connection, _statement(question, driver, 0), wanted - len(row_ids))
    page = row_ids[: question.limit]
    nodes = nodes_of(connection, queries.nodes_by_row(connection, page, None))
    return Page(nodes, f"n{page[-1]}" if len(row_ids) > len(page) else None)


def _found(connection: sqlite3.Connection, statement: Sql, limit: int) -> list[int]:
    return [row[0] for row in connection.execute(statement.text, (*statement.values, limit))]


def _statement(question: Search, driver: _Driver | None, behind: int) -> Sql:
    """Return the statement for the integer ids behind one, newest first; a limit is still to be bound."""
    source, node = _source(question.kind, driver)
    terms = [condition(question.kind, question.where, node=node), Sql(f"{node} > ?", (behind,))]
    if question.project is not None:
        terms.append(exists(_project_condition(question.kind, question.project, "p"), node))
    if question.cursor is not None:
        terms.append(Sql(f"{node} < ?", (_position(question.cursor),)))
    where = joined(terms, "AND", TRUE)
    return Sql(f"{source.text} AND {where.text} ORDER BY {node} DESC LIMIT ?", (*source.values, *where.values))


def _source(kind: str, driver: _Driver | None) -> tuple[Sql, str]:
    """Return the beginning of the statement, and its expression for the integer id."""
    if driver is None:
        return Sql(_NODES, (kind,)), "d.id"
    if driver.ordered:
        return Sql(_ROWS.format(rows=driver.rows[0].text), driver.rows[0].values), "d.node"
    rows = " UNION ".join(_ROWS.format(rows=row.text) for row in driver.rows)
    return Sql(_UNION.format(rows=rows), tuple(value for row in driver.rows for value in row.values)), "u.id"


def _drivers(question: Search) -> Iterator[_Driver]:
    for term in _conjuncts(question.where):
        match term:
            case Comparison(_, operator) if operator is not Operator.NOT_EQUAL:
                yield _Driver((property_condition(question.kind, term, row="d"),), operator is Operator.EQUAL)
            case Present():
                yield _Driver((property_condition(question.kind, term, row="d"),), ordered=False)
            case AnyOf(terms) if 0 < len(terms) <= ALTERNATIVES_MAX:
                rows = [property_condition(question.kind, t, row="d") for t in terms if isinstance(t, Comparison)]
                if len(rows) == len(terms):
                    yield _Driver(tuple(rows), ordered=False)
    if question.project is not None:
        yield _Driver((_project_condition(question.kind, question.project, "d"),), ordered=True)


def _conjuncts(where: Filter) -> Iterator[Filter]:
    if isinstance(where, AllOf):
        for term in where.terms:
            yield from _conjuncts(term)
    else:
        yield where


def _chosen(connection: sqlite3.Connection, drivers: list[_Driver]) -> _Driver | None:
    """Return the driver with the fewest rows; if all have many, one whose rows are in order, if there is one."""
    drivers.sort(key=lambda driver: not driver.ordered)
    if len(drivers) == 1 and drivers[0].ordered:
        return drivers[0]
    chosen = drivers[0] if drivers and drivers[0].ordered else None
    fewest = DRIVER_ROWS_MAX
    for driver in drivers:
        rows = _count(connection, driver, fewest)
        if rows < fewest:
            chosen, fewest = driver, rows
    return chosen


def _count(connection: sqlite3.Connection, driver: _Driver, limit: int) -> int:
    """Return how many rows a driver has, counting no further than the limit for each of its conditions."""
    bound = ((_COUNT.format(rows=row.text), (*row.values, limit)) for row in driver.rows)
    return sum(int(connection.execute(text, values).fetchone()[0]) for text, values in bound)


def _project_condition(kind: str, project: str, row: str) -> Sql:
    values = (project_name(kind), TYPE_CODES[PropertyType.TEXT], bindable(project))
    return Sql(f"{row}.name = ? AND {row}.type = ? AND {row}.value = ?", values)


def _position(cursor: str) -> int:
    found = _CURSOR.match(cursor)
    if found is None:
        raise InvalidInput.of(Fault("cursor", "is not a cursor that a page ended with"))
    return int(found[1])
