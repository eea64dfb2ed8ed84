# ruff: noqa: S608  statements are put together from constants; every value is bound
"""The SQL of reading, row by row. Lists travel as one JSON value each, so the statements stay few and prepared.

`CROSS JOIN` is an instruction to SQLite: loop in this order. Without it the planner may scan a whole table.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from arangovis.domain.graph import Direction, EdgeId, Record
from arangovis.domain.ids import NodeId
from arangovis.stores.embedded.rows import (
    EDGE_COLUMNS,
    EDGE_VERSION_COLUMNS,
    NODE_COLUMNS,
    NODE_VERSION_COLUMNS,
    RECORD_COLUMNS,
    Row,
    listed,
)

NO_LIMIT = -1

FEW_MAX = 8
"""So many keys are bound one by one, which is quicker than a list."""

_BY_KEY = "FROM node n {versions} WHERE n.kind = :kind AND n.key IN (SELECT value FROM json_each(:keys))"
_BY_ROW = "FROM json_each(:rows) f CROSS JOIN node n ON n.id = f.value {versions} WHERE 1"
_IDS_BY_ROW = "SELECT n.id, n.kind, n.key FROM json_each(?) f CROSS JOIN node n ON n.id = f.value"
_HISTORY = (
    f"SELECT {NODE_VERSION_COLUMNS} FROM node n CROSS JOIN node_version v ON v.node = n.id"
    f" WHERE n.kind = :kind AND n.key = :key UNION ALL SELECT {NODE_COLUMNS} FROM node n"
    " WHERE n.kind = :kind AND n.key = :key ORDER BY 5"
)
_LAST_TIME = "SELECT coalesce(max(time), 0) FROM action"
_NEWEST_NODES = "SELECT id, created FROM node ORDER BY id DESC"
_LAST_REWRITTEN = "SELECT node, valid_to FROM node_version ORDER BY rowid DESC"
_EDGE = "SELECT deleted, document FROM edge WHERE source = ? AND kind = ? AND target = ? AND role = ?"
_RECORD = f"SELECT {RECORD_COLUMNS} FROM record WHERE kind = ? AND key = ?"


def _now(source: str) -> str:
    return f"SELECT {NODE_COLUMNS} {source.format(versions='')}"


def _then(source: str) -> str:
    versions = source.format(versions="CROSS JOIN node_version v ON v.node = n.id")
    return (
        f"{_now(source)} AND n.valid_from <= :at UNION ALL SELECT {NODE_VERSION_COLUMNS} {versions}"
        " AND n.valid_from > :at AND v.valid_from <= :at AND v.valid_to > :at"
    )


_NODES_BY_KEY = (_now(_BY_KEY), _then(_BY_KEY))
_NODES_BY_ROW = (_now(_BY_ROW), _then(_BY_ROW))


def nodes_by_id(connection: sqlite3.Connection, ids: Sequence[NodeId], at: int | None) -> list[Row]:
    """Return rows of NODE_COLUMNS for the ids that exist; `at` picks the versions valid at a time."""
    keys: dict[str, set[str]] = defaultdict(set)
    for node_id in ids:
        keys[node_id.kind].add(node_id.key)
    statement = _NODES_BY_KEY[at is not None]
    rows: list[Row] = []
    for kind, members in keys.items():
        if at is None and len(members) <= FEW_MAX:
            rows += connection.execute(_few_nodes(len(members)), (kind, *members))
        else:
            rows += connection.execute(statement, {"kind": kind, "keys": listed(members), "at": at})
    return rows


@cache
def _few_nodes(count: int) -> str:
    return f"SELECT {NODE_COLUMNS} FROM node n WHERE n.kind = ? AND n.key IN ({', '.join('?' * count)})"


def nodes_by_row(connection: sqlite3.Connection, row_ids: Iterable[int], at: int | None) -> list[Row]:
    """Return rows of NODE_COLUMNS in the order of their integer ids given."""
    return connection.execute(_NODES_BY_ROW[at is not None], {"rows": listed(row_ids), "at": at}).fetchall()


def ids_by_row(connection: sqlite3.Connection, row_ids: Iterable[int]) -> list[Row]:
    """Return (integer id, kind, key) of nodes."""
    return connection.execute(_IDS_BY_ROW, (listed(row_ids),)).fetchall()


def history(connection: sqlite3.Connection, node_id: NodeId) -> list[Row]:
    """Return rows of NODE_COLUMNS for every version, oldest first."""
    return connection.execute(_HISTORY, {"kind": node_id.kind, "key": node_id.key}).fetchall()


def edges_at(
    connection: sqlite3.Connection,
    row_ids: Sequence[int],
    direction: Direction,
    kinds: Iterable[str] | None,
    *,
    at: int | None = None,
    limit: int = NO_LIMIT,
) -> list[Row]:
    """Return rows of EDGE_COLUMNS, each once, for the live edges at nodes."""
    chosen = None if kinds is None else tuple(sorted(kinds))
    if chosen == ():
        return []
    if direction is not Direction.BOTH:
        return _edges(connection, row_ids, direction, chosen, at=at, limit=limit)
    rows = _edges(connection, row_ids, Direction.DOWNSTREAM, chosen, at=at, limit=limit)
    rows += _edges(connection, row_ids, Direction.UPSTREAM, chosen, at=at, limit=limit)
    return list({row[:4]: row for row in rows}.values())[: None if limit == NO_LIMIT else limit]


def _edges(
    connection: sqlite3.Connection,
    row_ids: Sequence[int],
    direction: Direction,
    kinds: tuple[str, ...] | None,
    *,
    at: int | None,
    limit: int,
) -> list[Row]:
    return _selected(connection, row_ids, direction, kinds, at=at, limit=limit).fetchall()


def _selected(
    connection: sqlite3.Connection,
    row_ids: Sequence[int],
    direction: Direction,
    kinds: tuple[str, ...] | None,
    *,
    at: int | None,
    limit: int = NO_LIMIT,
) -> sqlite3.Cursor:
    statement = _edge_statement(direction, None if kinds is None else len(kinds), at is not None)
    bound = (listed(row_ids), *((kinds[0], kinds[-1], *kinds) if kinds else ()))
    moment = () if at is None else (at, *bound, at, at)
    return connection.execute(statement, (*bound, *moment, limit))


def edges_from(
    connection: sqlite3.Connection,
    row_ids: Sequence[int],
    direction: Direction,
    kinds: Iterable[str] | None,
    *,
    at: int | None = None,
) -> Iterator[Row]:
    """Yield what `edges_at` returns, so that the caller may stop; with BOTH an edge may come from each of its ends."""
    chosen = None if kinds is None else tuple(sorted(kinds))
    if chosen == ():
        return
    ways = (Direction.DOWNSTREAM, Direction.UPSTREAM) if direction is Direction.BOTH else (direction,)
    for way in ways:
        yield from _selected(connection, row_ids, way, chosen, at=at)


@cache
def _edge_statement(direction: Direction, kind_count: int | None, past: bool) -> str:
    end = "source" if direction is Direction.DOWNSTREAM else "target"
    where = f"WHERE e.{end} = f.value"
    if kind_count is not None:
        # The range is one seek that passes a hub's edges of other kinds by; the list is then exact.
        where += f" AND e.kind BETWEEN ? AND ? AND +e.kind IN ({', '.join('?' * kind_count)})"
    now = f"SELECT {EDGE_COLUMNS} FROM json_each(?) f CROSS JOIN edge e {where} AND NOT e.deleted"
    if not past:
        return f"{now} LIMIT ?"
    versions = f"SELECT {EDGE_VERSION_COLUMNS} FROM json_each(?) f CROSS JOIN edge_version e {where} AND NOT e.deleted"
    return f"{now} AND e.valid_from <= ? UNION ALL {versions} AND e.valid_from <= ? AND e.valid_to > ? LIMIT ?"


@dataclass(frozen=True, slots=True)
class EdgeScan:
    """A page of `GraphStore.edge_page`: a node's integer id, and behind which (other end, role) it begins."""

    row_id: int
    direction: Direction
    kind: str
    other: int = -1
    role: str = ""


def edge_scan(
    connection: sqlite3.Connection, node_id: NodeId, direction: Direction, kind: str, after: EdgeId | None
) -> EdgeScan | None:
    """Return where a page begins; None if the node is not there. An `after` that never was begins at the start."""
    end = None if after is None else (after.target if direction is Direction.DOWNSTREAM else after.source)
    ends = (node_id,) if end is None else (node_id, end)
    row_ids = {NodeId(row[1], row[2]): int(row[0]) for row in nodes_by_id(connection, ends, None)}
    if node_id not in row_ids:
        return None
    if after is None or end not in row_ids:
        return EdgeScan(row_ids[node_id], direction, kind)
    return EdgeScan(row_ids[node_id], direction, kind, row_ids[end], after.role)


def edge_page(connection: sqlite3.Connection, scan: EdgeScan, *, at: int | None, limit: int) -> list[Row]:
    """Return rows of EDGE_COLUMNS in order of (other end, role)."""
    bound = (scan.row_id, scan.kind, scan.other, scan.role)
    moment = () if at is None else (at, *bound, at, at)
    return connection.execute(_page_statement(scan.direction, at is not None), (*bound, *moment, limit)).fetchall()


@cache
def _page_statement(direction: Direction, past: bool) -> str:
    own, other = ("source", "target") if direction is Direction.DOWNSTREAM else ("target", "source")
    where = f"WHERE e.{own} = ? AND e.kind = ? AND (e.{other}, e.role) > (?, ?) AND NOT e.deleted"
    order = f"ORDER BY {_END_COLUMNS[other]}, 4 LIMIT ?"
    now = f"SELECT {EDGE_COLUMNS} FROM edge e {where}"
    if not past:
        return f"{now} {order}"
    then = f"SELECT {EDGE_VERSION_COLUMNS} FROM edge_version e {where} AND e.valid_from <= ? AND e.valid_to > ?"
    return f"{now} AND e.valid_from <= ? UNION ALL {then} {order}"


_END_COLUMNS = {"source": 1, "target": 2}
"""Where they stand in EDGE_COLUMNS."""


def edge_history(connection: sqlite3.Connection, row_id: int, limit: int) -> list[Row]:
    """Return rows of EDGE_COLUMNS for the versions of the edges at a node, oldest first."""
    return connection.execute(_EDGE_HISTORY, {"node": row_id, "limit": limit}).fetchall()


def _every_version(where: str) -> str:
    return (
        f"SELECT {EDGE_VERSION_COLUMNS} FROM edge_version e WHERE {where}"
        f" UNION ALL SELECT {EDGE_COLUMNS} FROM edge e WHERE {where}"
    )


_OUT_AND_IN = (_every_version("e.source = :node"), _every_version("e.target = :node AND e.source <> :node"))
_EDGE_HISTORY = f"SELECT * FROM ({' UNION ALL '.join(_OUT_AND_IN)} LIMIT :limit) ORDER BY 6"


def edge(connection: sqlite3.Connection, source: int, kind: str, target: int, role: str) -> list[Row]:
    """Return (deleted, document) of the current version of an edge, if there is one."""
    return connection.execute(_EDGE, (source, kind, target, role)).fetchall()


def record(connection: sqlite3.Connection, kind: str, key: str) -> list[Row]:
    """Return a row of RECORD_COLUMNS, if there is one."""
    return connection.execute(_RECORD, (kind, key)).fetchall()


@dataclass(frozen=True, slots=True)
class RecordScan:
    """What `GraphStore.records` is asked."""

    kind: str
    group: str | None
    due_max: int | None
    after: Record | None
    limit: int


_PLACE = ('"group"', "due", "key")


def records(connection: sqlite3.Connection, scan: RecordScan) -> list[Row]:
    """Return rows of RECORD_COLUMNS in order of (group, due, key)."""
    after: Row = () if scan.after is None else (scan.after.group, scan.after.due, scan.after.key)
    if scan.after is not None and scan.after.group == scan.group:
        after = after[1:]  # said so, SQLite goes there at once, instead of sorting all that is behind
    statement = _scan_statement(
        scan.group is not None, scan.due_max is not None, _PLACE[-len(after) :] if after else ()
    )
    bound = (scan.kind, *(value for value in (scan.group, scan.due_max) if value is not None), *after, scan.limit)
    return connection.execute(statement, bound).fetchall()


@cache
def _scan_statement(grouped: bool, bounded: bool, place: tuple[str, ...]) -> str:
    where = "WHERE kind = ?"
    where += ' AND "group" = ?' if grouped else ""
    where += " AND due <= ?" if bounded else ""
    where += f" AND ({', '.join(place)}) > ({', '.join('?' * len(place))})" if place else ""
    return f'SELECT {RECORD_COLUMNS} FROM record {where} ORDER BY "group", due, key LIMIT ?'


def written_since(connection: sqlite3.Connection, time: int, limit: int) -> set[int] | None:
    """Return the integer ids of the nodes that were written after a time, or None if there are more than `limit`.

    Nodes get their ids, and replaced versions their rows, in order of time: so both tables are read from their ends.
    """
    found: set[int] = set()
    for statement in (_NEWEST_NODES, _LAST_REWRITTEN):
        for row_id, written in connection.execute(statement):
            if written <= time:
                break
            found.add(row_id)
            if len(found) > limit:
                return None
    return found


def last_time(connection: sqlite3.Connection) -> int:
    """Return the time of the last action; 0 if there was none."""
    return int(connection.execute(_LAST_TIME).fetchone()[0])
