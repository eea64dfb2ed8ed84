# ruff: noqa: S608  statements are put together from constants; every value is bound
"""Facets: all that a search finds, and how often each value of some names is among it.

Without a condition the index by value is counted as it lies; with one, the found nodes' own values are, or if they
are a good part of all nodes, the index is gone through for them. Of a condition that most nodes meet it is the others
that are counted, and taken from all.
"""

import sqlite3
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from arangovis.domain.errors import InvalidInput
from arangovis.domain.facets import Facets, facet_of
from arangovis.domain.ordering import Rank
from arangovis.domain.search import EVERYTHING, PROJECT, AllOf, AnyOf, Comparison, Filter, Not, Operator, Search
from arangovis.stores.embedded import drivers
from arangovis.stores.embedded.drivers import Driver
from arangovis.stores.embedded.ordered import rank_of, stored_name
from arangovis.stores.embedded.properties import COMPARED
from arangovis.stores.embedded.rows import Row, listed
from arangovis.stores.embedded.search import Part, driven_parts, found, last_indexed

_TOTAL = "SELECT count(*) FROM node INDEXED BY node_by_kind WHERE kind = ? AND deleted = 0"
_INDEXED = (
    f"SELECT type, value, count(*) FROM property_by_value WHERE name = ? AND type < {COMPARED} GROUP BY type, value"
)
_LATE = "SELECT type, value, count(*) FROM property WHERE node > ? AND name = ? AND type < 3 GROUP BY type, value"
_OF_NODES = (
    "SELECT p.type, p.value, count(*) FROM json_each(?) j CROSS JOIN property p"
    f" ON p.node = j.value AND p.name = ? AND p.type < {COMPARED} GROUP BY p.type, p.value"
)
_AMONG = (
    f"SELECT type, value, count(*) FROM property_by_value WHERE name = ? AND type < {COMPARED}"
    " AND node IN (SELECT value FROM json_each(?)) GROUP BY type, value"
)
_LIVE = "SELECT id FROM node INDEXED BY node_by_kind WHERE kind = ? AND deleted = 0"
MANY_PART = 10
"""One in so many of all nodes is a good part."""


class _Chosen(NamedTuple):
    """Nodes by their integer ids: those that a search finds, or those of its kind that it leaves out."""

    row_ids: Sequence[int]
    left_out: bool


def facets(connection: sqlite3.Connection, question: Search, names: Sequence[str], limit: int) -> Facets:
    """Count inside one snapshot; see `GraphStore.facets`."""
    total = int(connection.execute(_TOTAL, (question.kind,)).fetchone()[0])
    if question.where == EVERYTHING and question.project is None:
        chosen = _Chosen((), left_out=True)
    else:
        chosen = _chosen(connection, question, total)
    found = total - len(chosen.row_ids) if chosen.left_out else len(chosen.row_ids)
    counters = [_counted(connection, stored_name(question.kind, name), chosen) for name in names]
    return Facets(found, tuple(facet_of(name, counter, limit) for name, counter in zip(names, counters, strict=True)))


def _chosen(connection: sqlite3.Connection, question: Search, total: int) -> _Chosen:
    """Return the nodes that a search finds or those that it leaves out, whichever are fewer."""
    plain = replace(question, cursor=None, order=None)
    driver, few = drivers.chosen(connection, plain, total // 2)
    if few and driver is not None:
        return _Chosen(_found(connection, plain, driver), left_out=False)
    try:
        left_out = _left_out(connection, question, total)
    except InvalidInput:  # the opposite is nested a little deeper, perhaps too deep
        return _Chosen(_found(connection, plain, None), left_out=False)
    if 2 * len(left_out) <= total:
        return _Chosen(left_out, left_out=True)
    live = {row[0] for row in connection.execute(_LIVE, (question.kind,))}
    return _Chosen(sorted(live.difference(left_out)), left_out=False)


def _left_out(connection: sqlite3.Connection, question: Search, total: int) -> list[int]:
    equal = [] if question.project is None else [Comparison(PROJECT, Operator.EQUAL, question.project)]
    where = AllOf((question.where, *equal))
    driver, few = drivers.chosen(connection, Search(question.kind, negated(where)), total // 2)
    return _found(connection, Search(question.kind, Not(where)), driver if few else None)


def _found(connection: sqlite3.Connection, question: Search, driver: Driver | None) -> list[int]:
    parts = [Part(None)] if driver is None else driven_parts(connection, driver)
    return [row_id for part in parts for row_id in found(connection, question, part)]


def negated(where: Filter) -> Filter:
    """Return the opposite of a condition, with each `not` as far inside as it goes: there its terms can drive."""
    match where:
        case Not(term):
            return term
        case AllOf((term,)) | AnyOf((term,)):
            return negated(term)
        case AllOf(terms):
            return AnyOf(tuple(map(negated, terms)))
        case AnyOf(terms):
            return AllOf(tuple(map(negated, terms)))
    return Not(where)


def _counted(connection: sqlite3.Connection, name: str, chosen: _Chosen) -> Counter[Rank]:
    among = _counter(_rows_among(connection, name, chosen.row_ids)) if chosen.row_ids else Counter[Rank]()
    if not chosen.left_out:
        return among
    return _counter(_all_rows(connection, name, last_indexed(connection))) - among


def _all_rows(connection: sqlite3.Connection, name: str, late: int) -> list[Row]:
    return [*connection.execute(_INDEXED, (name,)), *connection.execute(_LATE, (late, name))]


def _rows_among(connection: sqlite3.Connection, name: str, row_ids: Sequence[int]) -> list[Row]:
    late = last_indexed(connection)
    if len(row_ids) * MANY_PART < late:
        return connection.execute(_OF_NODES, (listed(row_ids), name)).fetchall()
    last = [row_id for row_id in row_ids if row_id > late]
    among = connection.execute(_AMONG, (name, listed(row_ids))).fetchall()
    return [*among, *connection.execute(_OF_NODES, (listed(last), name))]


def _counter(rows: Sequence[Row]) -> Counter[Rank]:
    counter: Counter[Rank] = Counter()
    for type_code, value, count in rows:
        counter[rank_of(type_code, value)] += count
    return counter
