# ruff: noqa: S608  statements are put together from constants; every value is bound
"""Facets: all that a search finds, and how often each value of some names is among it.

Without a condition the index by value is counted as it lies; with one, the found nodes' own values are, or if they
are a good part of all nodes, the index is gone through for them.
"""

import sqlite3
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from arangovis.domain.facets import Facets, facet_of
from arangovis.domain.ordering import Rank
from arangovis.domain.search import EVERYTHING, Search
from arangovis.stores.embedded.ordered import rank_of, stored_name
from arangovis.stores.embedded.properties import COMPARED
from arangovis.stores.embedded.rows import Row, listed
from arangovis.stores.embedded.search import found, last_indexed, parts_of

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
MANY_PART = 4
"""One in so many of all nodes is a good part."""


def facets(connection: sqlite3.Connection, question: Search, names: Sequence[str], limit: int) -> Facets:
    """Count inside one snapshot; see `GraphStore.facets`."""
    if question.where == EVERYTHING and question.project is None:
        total = int(connection.execute(_TOTAL, (question.kind,)).fetchone()[0])
        late = last_indexed(connection)
        counts = [_counter(_all_rows(connection, stored_name(question.kind, name), late)) for name in names]
    else:
        plain = replace(question, cursor=None, order=None)
        row_ids = [row for part in parts_of(connection, plain) for row in found(connection, plain, part)]
        total = len(row_ids)
        counts = [_counter(_found_rows(connection, stored_name(question.kind, name), row_ids)) for name in names]
    return Facets(total, tuple(facet_of(name, counter, limit) for name, counter in zip(names, counts, strict=True)))


def _all_rows(connection: sqlite3.Connection, name: str, late: int) -> list[Row]:
    return [*connection.execute(_INDEXED, (name,)), *connection.execute(_LATE, (late, name))]


def _found_rows(connection: sqlite3.Connection, name: str, row_ids: Sequence[int]) -> list[Row]:
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
