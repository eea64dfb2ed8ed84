"""An action's reads, on the writing connection. It remembers what it saw of the rows, for the flush."""

import sqlite3
from collections.abc import Callable, Sequence
from typing import Concatenate, ParamSpec

from arangovis.domain.graph import Direction, EdgeId, Record
from arangovis.domain.ids import NodeId
from arangovis.domain.json import decode
from arangovis.stores.embedded import queries
from arangovis.stores.embedded.connection import unavailable
from arangovis.stores.embedded.rows import Row, attributes_of, node_id_of, record_of
from arangovis.stores.transaction import Draft, EdgeDraft, Transaction

P = ParamSpec("P")


class EmbeddedTransaction(Transaction):
    """One action inside a group's SQLite transaction; it sees what earlier actions of the group wrote."""

    def __init__(self, connection: sqlite3.Connection, now: int) -> None:
        super().__init__(now)
        self.connection = connection
        self.row_ids: dict[NodeId, int] = {}
        """The integer ids of the nodes that it read."""
        self.stored_edges: set[EdgeId] = set()
        """The edges that it read, deleted ones too."""

    def is_new(self, node_id: NodeId) -> bool:
        """Say whether the action itself made the node."""
        return node_id in self._created

    def _read_nodes(self, ids: Sequence[NodeId]) -> dict[NodeId, Draft]:
        drafts = {}
        for row in self._reading(queries.nodes_by_id, ids, None):
            node_id = node_id_of(row)
            self.row_ids[node_id] = row[0]
            drafts[node_id] = Draft(node_id, row[3], decode(row[9]), deleted=bool(row[7]))
        return drafts

    def _read_edges(
        self, node_id: NodeId, direction: Direction, kinds: Sequence[str] | None, *, limit: int | None = None
    ) -> Sequence[EdgeDraft]:
        row_id = self._row_id(node_id)
        if row_id is None:
            return ()
        rows_max = queries.NO_LIMIT if limit is None else limit
        rows = self._reading(queries.edges_at, [row_id], direction, kinds, limit=rows_max)
        ends = self._ends(rows)
        return [self._remembered(EdgeId(row[2], ends[row[0]], ends[row[1]], row[3]), row[8]) for row in rows]

    def _read_edge(self, edge_id: EdgeId) -> EdgeDraft | None:
        source, target = self._row_id(edge_id.source), self._row_id(edge_id.target)
        if source is None or target is None:
            return None
        rows = self._reading(queries.edge, source, edge_id.kind, target, edge_id.role)
        return self._remembered(edge_id, rows[0][1], deleted=bool(rows[0][0])) if rows else None

    def _read_record(self, kind: str, key: str) -> Record | None:
        rows = self._reading(queries.record, kind, key)
        return record_of(rows[0]) if rows else None

    def _read_records(self, kind: str, group: str | None, due_max: int | None, limit: int) -> Sequence[Record]:
        scan = queries.RecordScan(kind, group, due_max, None, limit)
        return [record_of(row) for row in self._reading(queries.records, scan)]

    def _remembered(self, edge_id: EdgeId, document: bytes | None, *, deleted: bool = False) -> EdgeDraft:
        self.stored_edges.add(edge_id)
        return EdgeDraft(edge_id, attributes_of(document), deleted=deleted)

    def _row_id(self, node_id: NodeId) -> int | None:
        if node_id not in self.row_ids:
            self.find_many((node_id,))
        return self.row_ids.get(node_id)

    def _reading(
        self, query: Callable[Concatenate[sqlite3.Connection, P], list[Row]], *args: P.args, **kwargs: P.kwargs
    ) -> list[Row]:
        try:
            return query(self.connection, *args, **kwargs)
        except sqlite3.Error as error:
            raise unavailable(error) from error

    def _ends(self, rows: list[Row]) -> dict[int, NodeId]:
        found = self._reading(queries.ids_by_row, {end for row in rows for end in row[:2]})
        ends = {row_id: NodeId(kind, key) for row_id, kind, key in found}
        self.row_ids.update((node_id, row_id) for row_id, node_id in ends.items())
        return ends
