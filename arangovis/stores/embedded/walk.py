"""Lineage, level by level: one statement for the edges of a level, one at the end for all nodes.

That gives depths, a budget of nodes, partial answers and safety from cycles, at less cost than a recursive query.
"""

import sqlite3

from arangovis.domain.graph import Cut, Direction, Lineage, Visit, Walk
from arangovis.stores.embedded import queries
from arangovis.stores.embedded.rows import Row, edges_of, node_id_of, nodes_of


def walk(connection: sqlite3.Connection, question: Walk) -> Lineage:
    """Answer a walk inside one snapshot; see `GraphStore.walk`."""
    starts = queries.nodes_by_id(connection, question.starts, question.at) if question.starts else []
    order = {node_id: position for position, node_id in enumerate(dict.fromkeys(question.starts))}
    starts.sort(key=lambda row: order[node_id_of(row)])
    search = _BreadthFirst(question, [row[0] for row in starts])
    while search.frontier:
        rows = queries.edges_at(connection, search.frontier, question.direction, question.edge_kinds, at=question.at)
        search.advance(rows)
    return _lineage(connection, search)


class _BreadthFirst:
    """What has been reached, and what comes next."""

    def __init__(self, question: Walk, starts: list[int]) -> None:
        self.question = question
        self.cuts: set[Cut] = set()
        self.depths: dict[int, int] = dict.fromkeys(starts[: question.node_limit], 0)
        self.edges: list[Row] = []
        self.frontier = list(self.depths)
        self._depth = 0
        if len(starts) > len(self.depths):
            self.cuts.add(Cut.LIMIT)

    def advance(self, rows: list[Row]) -> None:
        """Take the edges of the frontier's nodes, and move the frontier behind them."""
        self.edges += rows
        reached = [] if Cut.LIMIT in self.cuts else self._new_ends(rows)
        if reached and self._depth == self.question.depth_max:
            self.cuts.add(Cut.DEPTH)
            reached = []
        self._depth += 1
        room = self.question.node_limit - len(self.depths)
        self.frontier = reached[:room]
        self.depths.update(dict.fromkeys(self.frontier, self._depth))
        if len(reached) > room:
            self.cuts.add(Cut.LIMIT)

    def _new_ends(self, rows: list[Row]) -> list[int]:
        ends: dict[int, None] = {}
        if self.question.direction is not Direction.UPSTREAM:
            ends.update((row[1], None) for row in rows)
        if self.question.direction is not Direction.DOWNSTREAM:
            ends.update((row[0], None) for row in rows)
        return [end for end in ends if end not in self.depths]


def _lineage(connection: sqlite3.Connection, search: _BreadthFirst) -> Lineage:
    depths = search.depths
    rows = queries.nodes_by_row(connection, depths, search.question.at)
    nodes = nodes_of(connection, rows)
    ids = {row[0]: node.id for row, node in zip(rows, nodes, strict=True)}
    followed = search.edges
    if search.question.direction is Direction.BOTH:  # then an edge is found from each of its ends
        followed = list({row[:4]: row for row in followed}.values())
    if search.cuts:
        followed = [row for row in followed if row[0] in depths and row[1] in depths]
    visits = [Visit(node, depths[row[0]]) for row, node in zip(rows, nodes, strict=True)]
    if search.question.at is not None:
        visits.sort(key=lambda visit: visit.depth)  # current and replaced versions came one after the other
    return Lineage(tuple(visits), tuple(edges_of(connection, followed, ids)), frozenset(search.cuts))
