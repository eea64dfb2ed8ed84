"""Lineage: one call walks from each start, and reads the edges among what was reached."""

from collections.abc import Sequence
from typing import Any

from arangovis.domain.graph import Cut, Direction, EdgeId, Lineage, Visit, Walk
from arangovis.stores.arango.aql import Query
from arangovis.stores.arango.documents import Row, edge_id_of, edge_of, moment, node_of
from arangovis.stores.arango.places import CUSTOM_EDGE, edge_collections, node_place
from arangovis_schema import BUILT_IN

_DIRECTIONS = {Direction.DOWNSTREAM: "OUTBOUND", Direction.UPSTREAM: "INBOUND", Direction.BOTH: "ANY"}

_INDEXES = {Direction.DOWNSTREAM: "alive_out", Direction.UPSTREAM: "alive_in", Direction.BOTH: "alive_out"}
"""By which edges are read a second time: those that were walked over, never a hub's on its other side."""


def walk_query(walk: Walk) -> Query:
    """Return the query of a walk. It goes one step further and reads one node more, to know why an answer ends."""
    query = Query()
    kinds, collections, at = sorted(walk.edge_kinds), edge_collections(walk.edge_kinds), moment(walk.at)
    binds: Row = {
        "starts": [str(node_place(start)) for start in dict.fromkeys(walk.starts)],
        "depth": walk.depth_max + 1 if collections else 0,
        "edges": collections or [CUSTOM_EDGE],
        "at": at,
        "limit": walk.node_limit + 1,
    }
    several = CUSTOM_EDGE in collections and not all(kind in BUILT_IN.edges for kind in kinds)
    if several:
        binds["kinds"] = kinds
    condition = "AND path.edges[*].kind ALL IN @kinds" if several else ""
    part = query.part("walk", binds, words={"direction": _DIRECTIONS[walk.direction], "kinds": condition})
    reached = query.part("reached", {"depth": walk.depth_max}, hidden=True, words={"walk": part})
    for collection in collections:
        words = {"reached": reached, "index": _INDEXES[walk.direction]}
        query.part("walk_edges", {"@edges": collection, "at": at, "kinds": kinds}, words=words)
    return query


def lineage_of(walk: Walk, parts: Sequence[Sequence[Any]]) -> Lineage:
    """Return the answer that the query's parts give."""
    walks, *edges = parts
    reached: dict[str, tuple[int, Row]] = {}
    for depth, row in sorted((pair for one in walks for pair in one if pair[1] is not None), key=_depth):
        reached.setdefault(row["id"], (depth, row))
    near = [(depth, row) for depth, row in reached.values() if depth <= walk.depth_max]
    visits = [Visit(node_of(row), depth) for depth, row in near[: walk.node_limit]]
    ids = {visit.node.id for visit in visits}
    found = {edge_id_of(row): row for rows in edges for row in rows}
    among = tuple(edge_of(row) for edge_id, row in found.items() if _joins(edge_id, ids))
    return Lineage(tuple(visits), among, _cuts(walk, len(near), len(reached)))


def _depth(pair: tuple[int, Row]) -> int:
    return pair[0]


def _joins(edge_id: EdgeId, ids: set[Any]) -> bool:
    return edge_id.source in ids and edge_id.target in ids


def _cuts(walk: Walk, near: int, reached: int) -> frozenset[Cut]:
    if near > walk.node_limit:
        return frozenset({Cut.LIMIT})
    return frozenset({Cut.DEPTH}) if reached > near else frozenset()
