"""Answers a search: walks the nodes that a driver finds in the order asked for, and checks the rest.

Integer ids grow with creation, so newest first is by integer id. The last nodes are not in the indexes by value and
by word yet (see flush.py); they are few, so they are looked at one by one.
"""

import re
import sqlite3
from dataclasses import dataclass

from arangovis.domain.errors import Fault, InvalidInput
from arangovis.domain.graph import Node, Page
from arangovis.domain.ordering import Order
from arangovis.domain.search import CREATED, PAGE_SIZE_MAX, PROJECT, Comparison, Operator, Search
from arangovis.stores.embedded import drivers, queries
from arangovis.stores.embedded.drivers import Driver
from arangovis.stores.embedded.rows import nodes_of
from arangovis.stores.embedded.search_sql import TRUE, Sql, condition, joined

NO_LIMIT = -1

_NODES = "SELECT d.id FROM node d INDEXED BY node_by_kind WHERE d.kind = ? AND d.deleted = 0"
_INDEXED = "SELECT node FROM indexed"
_CURSOR = re.compile(r"n([1-9][0-9]{0,17})\Z")
NEWEST = Order(CREATED, descending=True)


@dataclass(frozen=True, slots=True)
class Part:
    """Nodes whose integer ids are above `after` and not above `until`, found by a driver or by their kind."""

    driver: Driver | None
    after: int = 0
    until: int | None = None


def check_limit(limit: int) -> None:
    """Check the size of a page.

    Raises:
        InvalidInput: it is out of range.

    """
    if not 1 <= limit <= PAGE_SIZE_MAX:
        raise InvalidInput.of(Fault("limit", f"{limit} is not between 1 and {PAGE_SIZE_MAX}"))


def page_by_age(connection: sqlite3.Connection, question: Search) -> Page[Node]:
    """Answer a search in the order of creation inside one snapshot; see `GraphStore.search`."""
    check_limit(question.limit)
    order, wanted = question.order or NEWEST, question.limit + 1
    behind = None if question.cursor is None else _position(question.cursor)
    parts = parts_of(connection, question)
    row_ids: list[int] = []
    for part in reversed(parts) if order.descending else parts:
        if len(row_ids) < wanted:
            row_ids += found(connection, question, part, behind, wanted - len(row_ids), descending=order.descending)
    page = row_ids[: question.limit]
    nodes = nodes_of(connection, queries.nodes_by_row(connection, page, None))
    return Page(nodes, f"n{page[-1]}" if len(row_ids) > len(page) else None)


def parts_of(connection: sqlite3.Connection, question: Search) -> list[Part]:
    """Return where to look, oldest nodes first."""
    driver = drivers.by_age(connection, question)
    return [Part(None)] if driver is None else driven_parts(connection, driver)


def driven_parts(connection: sqlite3.Connection, driver: Driver) -> list[Part]:
    """Return where to look: what is indexed by the driver, and the last nodes without."""
    last = last_indexed(connection)
    return [Part(driver, 0, last), Part(None, last)]


def last_indexed(connection: sqlite3.Connection) -> int:
    """Return the integer id of the last node that is in the indexes by value and by word."""
    return int(connection.execute(_INDEXED).fetchone()[0])


def found(
    connection: sqlite3.Connection,
    question: Search,
    part: Part,
    behind: int | None = None,
    limit: int = NO_LIMIT,
    *,
    descending: bool = True,
) -> list[int]:
    """Return the integer ids of the wanted nodes of a part, in order, from behind one on."""
    source, node = _source(question.kind, part.driver)
    terms = [wanted(question, node), Sql(f"{node} > ?", (part.after,))]
    if part.until is not None:
        terms.append(Sql(f"{node} <= ?", (part.until,)))
    if behind is not None:
        terms.append(Sql(f"{node} {'<' if descending else '>'} ?", (behind,)))
    where = joined(terms, "AND", TRUE)
    text = f"{source.text} AND {where.text} ORDER BY {node} {'DESC' if descending else 'ASC'} LIMIT ?"
    return [row[0] for row in connection.execute(text, (*source.values, *where.values, limit))]


def wanted(question: Search, node: str) -> Sql:
    """Return the whole condition of a search on the node whose integer id an expression gives."""
    terms = [condition(question.kind, question.where, node=node)]
    if question.project is not None:
        terms.append(condition(question.kind, Comparison(PROJECT, Operator.EQUAL, question.project), node=node))
    return joined(terms, "AND", TRUE)


def _source(kind: str, driver: Driver | None) -> tuple[Sql, str]:
    """Return the beginning of the statement, and its expression for the integer id."""
    return (Sql(_NODES, (kind,)), "d.id") if driver is None else (driver.source(), "u.id")


def _position(cursor: str) -> int:
    match = _CURSOR.match(cursor)
    if match is None:
        raise InvalidInput.of(Fault("cursor", "is not a cursor that a page ended with"))
    return int(match[1])
