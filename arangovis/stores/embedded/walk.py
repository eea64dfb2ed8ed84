"""Lineage, level by level: one statement for the edges of a level, one at the end for all nodes.

That gives depths, a budget of nodes, partial answers and safety from cycles, at less cost than a recursive query.
"""

import sqlite3
from collections.abc import Iterator
from itertools import islice

from arangovis.domain.graph import Cut, Direction, Lineage, Visit, Walk
from arangovis.stores.embedded import queries
from arangovis.stores.embedded.rows import Row, edges_of, node_id_of, nodes_of


def walk(connection: sqlite3.Connection, question: Walk) -> Lineage:
    """Answer a walk inside one snapshot; see `GraphStore.walk`."""
    starts = queries.nodes_by_id(connection, question.starts, question.at) if question.starts else []
    order = {node_id: position for position, node_id in enumerate(dict.fromkeys(question.starts))}
    starts.sort(key=lambda row: order[node_id_of(row)])
    search = _BreadthFirst(question, [row[0] for row in starts])
    while search.frontier and Cut.LIMIT not in search.cuts:
        rows = queries.edges_from(connection, search.frontier, question.direction, question.edge_kinds, at=question.at)
        search.advance(rows)
    if search.left_unread:  # a hub's edges were not all read, so those among the nodes reached are asked for
        search.edges = _edges_among(connection, search)
    return _lineage(connection, search)


READ_ON_MAX = 1000
"""So many edges of the last level are read on after one leads beyond it: cheaper than asking for those among nodes."""


class _BreadthFirst:
    """What has been reached, and what comes next."""

    def __init__(self, question: Walk, starts: list[int]) -> None:
        self.question = question
        self.cuts: set[Cut] = set()
        self.left_unread = len(starts) > question.node_limit
        """Whether edges of a node that was reached were not read."""
        self.depths: dict[int, int] = dict.fromkeys(starts[: question.node_limit], 0)
        self.edges: list[Row] = []
        self.frontier = list(self.depths)
        self._depth = 0
        if len(starts) > len(self.depths):
            self.cuts.add(Cut.LIMIT)

    def advance(self, rows: Iterator[Row]) -> None:
        """Take the edges of the frontier's nodes, and move the frontier behind them; stop reading when it is full."""
        if self._depth == self.question.depth_max:
            self._end(rows)
            return
        room = self.question.node_limit - len(self.depths)
        reached: dict[int, None] = {}
        for row in rows:
            self.edges.append(row)
            reached.update((end, None) for end in self._far_ends(row) if end not in self.depths)
            if len(reached) > room:
                self.cuts.add(Cut.LIMIT)
                self.left_unread = True
                break
        self._depth += 1
        self.frontier = list(reached)[:room]
        self.depths.update(dict.fromkeys(self.frontier, self._depth))

    def _end(self, rows: Iterator[Row]) -> None:
        """Take the edges of the last level among the nodes reached; of those that lead beyond, a few are enough."""
        self.frontier = []
        beyond = 0
        for row in rows:
            if all(end in self.depths for end in self._far_ends(row)):
                self.edges.append(row)
                continue
            self.cuts.add(Cut.DEPTH)
            beyond += 1
            if beyond > READ_ON_MAX:
                self.left_unread = True
                return

    def _far_ends(self, row: Row) -> tuple[int, ...]:
        match self.question.direction:
            case Direction.DOWNSTREAM:
                return (row[1],)
            case Direction.UPSTREAM:
                return (row[0],)
            case _:
                return (row[1], row[0])


def _edges_among(connection: sqlite3.Connection, search: _BreadthFirst) -> list[Row]:
    """Return the edges among the nodes reached, which leave one and enter another.

    So they are found by either end. Both are read in turns until one is through, since a hub is mostly one on one side.
    """
    question, nodes = search.question, search.depths
    ways = (Direction.UPSTREAM, Direction.DOWNSTREAM)
    sides = [queries.edges_from(connection, list(nodes), way, question.edge_kinds, at=question.at) for way in ways]
    found: tuple[list[Row], ...] = ([], [])
    while True:
        for rows, among in zip(sides, found, strict=True):
            some = list(islice(rows, READ_ON_MAX))
            among += [row for row in some if row[0] in nodes and row[1] in nodes]
            if len(some) < READ_ON_MAX:
                return among


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
