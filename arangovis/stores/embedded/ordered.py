# ruff: noqa: S608  statements are put together from constants; every value is bound
"""Searches ordered by a value.

If a driver finds few nodes, these are sorted. Else the index by value is walked in its order, and a page stops it;
the last nodes, which are not in that index yet, are sorted in between; those without a value follow, by age.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from arangovis.domain.errors import Fault, InvalidInput
from arangovis.domain.graph import Node, Page
from arangovis.domain.ordering import Order, Position, Rank, cursor_of, position_of
from arangovis.domain.search import PROJECT, PropertyType, Search
from arangovis.stores.embedded import drivers, queries
from arangovis.stores.embedded.properties import (
    COMPARED,
    TYPE_CODES,
    Value,
    number_of_stored,
    project_name,
    property_name,
    stored_number,
)
from arangovis.stores.embedded.rows import listed, nodes_of
from arangovis.stores.embedded.search import Part, check_limit, driven_parts, found, last_indexed, wanted
from arangovis.stores.embedded.search_sql import Sql, bindable

_VALUES = (
    "SELECT p.node, p.type, p.value FROM json_each(?) j CROSS JOIN property p"
    f" ON p.node = j.value AND p.name = ? AND p.type < {COMPARED}"
)
_WALK = (
    "SELECT d.node, d.type, d.value FROM property_by_value d WHERE d.name = ? AND d.type < {compared}{behind}"
    " AND NOT EXISTS (SELECT 1 FROM property q WHERE q.node = d.node AND q.name = d.name AND q.type < {compared}"
    " AND (q.type, q.value) {before} (d.type, d.value))"
    " AND {wanted} ORDER BY d.type {way}, d.value {way}, d.node {way} LIMIT ?"
)
_MISSING = (
    "SELECT d.id FROM node d INDEXED BY node_by_kind WHERE d.kind = ? AND d.deleted = 0 AND NOT EXISTS"
    " (SELECT 1 FROM property q WHERE q.node = d.id AND q.name = ? AND q.type < {compared}){behind}"
    " AND {wanted} ORDER BY d.id {way} LIMIT ?"
)
_ROW_ID = "SELECT id FROM node WHERE kind = ? AND key = ?"


class Place(NamedTuple):
    """The place of a node: its value, or None, and its integer id."""

    rank: Rank | None
    row_id: int

    def sort_key(self, order: Order) -> tuple[object, ...]:
        """Return what sorts as the order says, to be reversed if it is descending."""
        return Position(self.rank, self.row_id, "").sort_key(descending=order.descending)


def ordered_page(connection: sqlite3.Connection, question: Search, order: Order) -> Page[Node]:
    """Answer a search ordered by a value inside one snapshot; see `GraphStore.search`."""
    check_limit(question.limit)
    behind = None if question.cursor is None else _place_of(connection, question.kind, order, question.cursor)
    driver, few = drivers.chosen(connection, question)
    if few and driver is not None:
        places = _sorted(connection, question, order, driven_parts(connection, driver))
        places = [place for place in places if behind is None or _is_behind(order, place, behind)]
    else:
        places = _walked(connection, question, order, behind)
    page = places[: question.limit]
    nodes = nodes_of(connection, queries.nodes_by_row(connection, [place.row_id for place in page], None))
    if len(places) <= len(page):
        return Page(nodes)
    return Page(nodes, cursor_of(order, Position(page[-1].rank, nodes[-1].created, nodes[-1].id.key)))


def stored_name(kind: str, name: str) -> str:
    """Return the name that the values of a searchable name are stored under."""
    return bindable(project_name(kind) if name == PROJECT else property_name(kind, name))


def rank_of(type_code: int, value: Value) -> Rank:
    """Return the place of a stored value among all."""
    if type_code == TYPE_CODES[PropertyType.BOOLEAN]:
        return type_code, bool(value)
    return type_code, value if isinstance(value, str) else number_of_stored(value)


def _place_of(connection: sqlite3.Connection, kind: str, order: Order, cursor: str) -> Place:
    position = position_of(order, cursor)
    row = connection.execute(_ROW_ID, (kind, bindable(position.key))).fetchone()
    if row is None:
        raise InvalidInput.of(Fault("cursor", "is not a cursor that a page of this search ended with"))
    return Place(position.rank, row[0])


def _is_behind(order: Order, place: Place, last: Place) -> bool:
    mine, other = place.sort_key(order), last.sort_key(order)
    return mine < other if order.descending else mine > other


def _sorted(connection: sqlite3.Connection, question: Search, order: Order, parts: Sequence[Part]) -> list[Place]:
    """Return the places of all wanted nodes of some parts, in order."""
    plain = replace(question, cursor=None, order=None)
    row_ids = [row_id for part in parts for row_id in found(connection, plain, part)]
    ranks: dict[int, Rank] = {}
    pick = max if order.descending else min
    for row_id, type_code, value in connection.execute(
        _VALUES, (listed(row_ids), stored_name(question.kind, order.name))
    ):
        rank = rank_of(type_code, value)
        ranks[row_id] = pick(ranks.get(row_id, rank), rank)
    return _in_order(order, (Place(ranks.get(row_id), row_id) for row_id in row_ids))


def _in_order(order: Order, places: Iterable[Place]) -> list[Place]:
    return sorted(places, key=lambda place: place.sort_key(order), reverse=order.descending)


def _walked(connection: sqlite3.Connection, question: Search, order: Order, behind: Place | None) -> list[Place]:
    """Return places from behind one on, enough for a page and one more."""
    limit = question.limit + 1
    places: list[Place] = []
    if behind is None or behind.rank is not None:
        last = _sorted(connection, question, order, [Part(None, last_indexed(connection))])
        late = [place for place in last if place.rank and (behind is None or _is_behind(order, place, behind))]
        places = _in_order(order, [*late, *_by_value(connection, question, order, behind)])[:limit]
    if len(places) < limit:
        after = behind if behind is not None and behind.rank is None else None
        places += _missing(connection, question, order, after)[: limit - len(places)]
    return places


def _by_value(connection: sqlite3.Connection, question: Search, order: Order, behind: Place | None) -> list[Place]:
    way = "DESC" if order.descending else "ASC"
    position = Sql("")
    if behind is not None and behind.rank is not None:
        sign = "<" if order.descending else ">"
        type_code, value = behind.rank
        stored = bindable(value) if isinstance(value, str) else stored_number(value)
        position = Sql(f" AND (d.type, d.value, d.node) {sign} (?, ?, ?)", (type_code, stored, behind.row_id))
    checked = wanted(question, "d.node")
    before = ">" if order.descending else "<"
    text = _WALK.format(compared=COMPARED, behind=position.text, before=before, wanted=checked.text, way=way)
    name = stored_name(question.kind, order.name)
    rows = connection.execute(text, (name, *position.values, *checked.values, question.limit + 1))
    return [Place(rank_of(type_code, value), row_id) for row_id, type_code, value in rows]


def _missing(connection: sqlite3.Connection, question: Search, order: Order, behind: Place | None) -> list[Place]:
    sign, way = ("<", "DESC") if order.descending else (">", "ASC")
    position = Sql("") if behind is None else Sql(f" AND d.id {sign} ?", (behind.row_id,))
    checked = wanted(question, "d.id")
    text = _MISSING.format(compared=COMPARED, behind=position.text, wanted=checked.text, way=way)
    values = (question.kind, stored_name(question.kind, order.name), *position.values, *checked.values)
    return [Place(None, row[0]) for row in connection.execute(text, (*values, question.limit + 1))]
