"""The parts of queries that read nodes, edges and records, as questions and as answers."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from arangovis.domain.graph import Direction, EdgeId, Record
from arangovis.domain.ids import NodeId
from arangovis.stores.arango.aql import Query
from arangovis.stores.arango.documents import Row, place_of
from arangovis.stores.arango.places import Place, edge_collection, edge_collections, edge_place, node_place
from arangovis.stores.arango.sortable import TEXT_END, integer_key, text_key

ENDS = {
    Direction.DOWNSTREAM: ("_from",),
    Direction.UPSTREAM: ("_to",),
    Direction.BOTH: ("_from", "_to"),
}
"""At which of its ends an edge is found when edges are followed in a direction."""

NO_LIMIT = 2**31 - 1
"""More rows than any answer can hold: LIMIT has no word for all of them."""

_BEHIND_ALL = "999"
"""Behind every text that `text_key` makes."""
_DUE_MAX = 2**63 - 1


@dataclass(frozen=True, slots=True)
class RecordScan:
    """What `GraphStore.records` is asked."""

    kind: str
    group: str | None = None
    due_max: int | None = None
    after: Record | None = None


@dataclass(frozen=True, slots=True)
class EdgePage:
    """What `GraphStore.edge_page` is asked."""

    node_id: NodeId
    direction: Direction
    kind: str
    after: EdgeId | None = None


def by_collection(places: Iterable[Place]) -> Mapping[str, list[str]]:
    """Return the keys to read in each collection, each once."""
    keys: dict[str, dict[str, None]] = defaultdict(dict)
    for place in places:
        keys[place.collection][place.key] = None
    return {collection: list(members) for collection, members in keys.items()}


def add_nodes(query: Query, ids: Iterable[NodeId], at: int) -> int:
    """Add the reading of nodes as of a time and return the number of parts."""
    keys = by_collection(map(node_place, ids))
    for collection, members in keys.items():
        query.part("read_nodes", {"@vertices": collection, "keys": members, "at": at})
    return len(keys)


def add_documents(query: Query, places: Iterable[Place]) -> int:
    """Add the reading of documents and return the number of parts."""
    keys = by_collection(places)
    for collection, members in keys.items():
        query.part("read_documents", {"@collection": collection, "keys": members})
    return len(keys)


def add_edges(
    query: Query, ids: Iterable[NodeId], direction: Direction, kinds: Sequence[str] | None, *, at: int, limit: int
) -> int:
    """Add the reading of edges at nodes as of a time and return the number of parts."""
    wanted = [str(node_place(node_id)) for node_id in dict.fromkeys(ids)]
    count = 0
    for collection in edge_collections(kinds) if wanted else ():
        for end in ENDS[direction]:
            binds = {"@edges": collection, "ids": wanted, "kinds": kinds, "at": at, "limit": limit}
            query.part("read_edges", binds, words={"end": end})
            count += 1
    return count


def add_edge_page(query: Query, page: EdgePage, *, at: int, limit: int) -> str:
    """Add the reading of a page of edges as of a time and return the part."""
    binds = {
        "@edges": edge_collection(page.kind),
        "node": str(node_place(page.node_id)),
        "kind": page.kind,
        "after": "" if page.after is None else edge_place(page.after).key,
        "at": at,
        "limit": limit,
    }
    (end,) = ENDS[page.direction]
    return query.part("edge_page", binds, words={"end": end})


def add_edge_history(query: Query, node_id: NodeId, limit: int) -> None:
    """Add the reading of every version of the edges at a node, of each collection and end."""
    for collection in edge_collections(None):
        for end in ENDS[Direction.BOTH]:
            binds = {"@edges": collection, "node": str(node_place(node_id)), "limit": limit}
            query.part("edge_history", binds, words={"end": end})


def add_scans(query: Query, scans: Iterable[RecordScan], limit: int) -> str:
    """Add scans of records, each up to a limit, and return the part."""
    return query.part("scan_records", {"scans": [_scan(scan) for scan in scans], "limit": limit})


def _scan(scan: RecordScan) -> Row:
    if scan.group is None:
        begin, end = "", _BEHIND_ALL
    else:
        begin = text_key(scan.group) + TEXT_END
        end = begin + _BEHIND_ALL
    if scan.after is not None:
        begin = max(begin, place_of(scan.after) + TEXT_END)
    due_max = _DUE_MAX if scan.due_max is None else max(-(2**63), min(scan.due_max, _DUE_MAX))
    if scan.group is not None and due_max < _DUE_MAX:
        end = begin_of_due(scan.group, due_max + 1)
    return {"kind": scan.kind, "begin": begin, "end": end, "due_max": integer_key(due_max)}


def begin_of_due(group: str, due: int) -> str:
    """Return the place before all records of a group that are due then."""
    return text_key(group) + TEXT_END + integer_key(due)


def rows_of(parts: Sequence[Sequence[Any]]) -> list[Row]:
    """Return the rows of several parts."""
    return [row for part in parts for row in part]
