"""An action's reads. It remembers each document that it read, or missed, and so what the commit must find again."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from arangovis.domain.graph import Direction, EdgeId, Record
from arangovis.domain.ids import NodeId
from arangovis.stores.arango import reads
from arangovis.stores.arango.aql import Query
from arangovis.stores.arango.documents import NOW, Row, draft_of, edge_draft_of, edge_id_of, record_of
from arangovis.stores.arango.places import (
    Place,
    edge_collection,
    edge_place,
    node_place,
    record_place,
    vertex_collection,
)
from arangovis.stores.arango.reads import RecordScan, rows_of
from arangovis.stores.bookkeeping import Scan
from arangovis.stores.transaction import Draft, EdgeDraft, Transaction

Read = Callable[[Query], list[list[Any]]]


class ArangoTransaction(Transaction):
    """One attempt of an action. Each read is one call, unless `expect` read it ahead."""

    def __init__(self, read: Read, now: int) -> None:
        super().__init__(now)
        self.calls = 0
        """How many questions it asked: all answers to one are of one moment."""
        self.found: dict[Place, Row | None] = {}
        """The documents that it read; None where there was none."""
        self._scans: dict[tuple[RecordScan, int], list[Record]] = {}
        self._read = read

    @property
    def made(self) -> set[NodeId]:
        """The nodes that it made without looking whether they are there."""
        return {node_id for node_id in self._created if node_place(node_id) not in self.found}

    def expected(self) -> dict[Place, str | None]:
        """Return the revision of each document that it rests on; None for one that must not be there."""
        seen = {place: None if row is None else str(row["_rev"]) for place, row in self.found.items()}
        return seen | dict.fromkeys(map(node_place, self.made & self.writes.nodes.keys()))

    # --- reading ahead ----------------------------------------------------------------------------------------

    def expect(
        self,
        *,
        nodes: Iterable[NodeId] = (),
        edges: Iterable[EdgeId] = (),
        records: Iterable[tuple[str, str]] = (),
        scans: Sequence[Scan] = (),
    ) -> None:
        """See `Bookkeeping.expect`. All of it is one call."""
        ids = [node_id for node_id in dict.fromkeys(nodes) if node_place(node_id) not in self.found]
        wanted = [record_place(kind, key) for kind, key in records] + [edge_place(edge) for edge in edges]
        places = [place for place in dict.fromkeys(wanted) if place not in self.found]
        scans = [scan for scan in scans if (_question(scan), scan.limit) not in self._scans]
        query = Query()
        counts = reads.add_nodes(query, ids, NOW), reads.add_documents(query, places)
        if scans:
            self._add_scans(query, scans)
        if not sum(counts) and not scans:
            return
        parts = self._asked(query)
        node_parts, parts = parts[: counts[0]], parts[counts[0] :]
        self._remember(map(node_place, ids), rows_of(node_parts), _place_of_node)
        self._take_documents(places, parts[: counts[1]])
        if scans:
            self._take_scans(scans, parts[counts[1] :])

    def _add_scans(self, query: Query, scans: Sequence[Scan]) -> None:
        part = reads.add_scans(query, map(_question, scans), max(scan.limit for scan in scans))
        for kind in sorted({scan.about for scan in scans if scan.about is not None}):
            query.part("first_nodes", {"@vertices": vertex_collection(kind)}, words={"scans": part})

    def _take_scans(self, scans: Sequence[Scan], parts: list[list[Any]]) -> None:
        for scan, rows in zip(scans, parts[0], strict=True):
            self._take_records(rows)
            self._scans[_question(scan), scan.limit] = [record_of(row) for row in rows[: scan.limit]]
        self._remember((), rows_of(parts[1:]), _place_of_node)

    def _take_documents(self, places: Sequence[Place], parts: list[list[Any]]) -> None:
        keys = reads.by_collection(places)
        for collection, rows in zip(keys, parts, strict=True):
            missed = (Place(collection, key) for key in keys[collection])
            self._remember(missed, rows, lambda row, collection=collection: Place(collection, row["_key"]))  # type: ignore[misc]

    # --- what `Transaction` asks for --------------------------------------------------------------------------

    def _read_nodes(self, ids: Sequence[NodeId]) -> dict[NodeId, Draft]:
        self.expect(nodes=ids)
        found = {node_id: self.found[node_place(node_id)] for node_id in ids}
        return {node_id: draft_of(row) for node_id, row in found.items() if row is not None}

    def _read_edge(self, edge_id: EdgeId) -> EdgeDraft | None:
        self.expect(edges=[edge_id])
        row = self.found[edge_place(edge_id)]
        return None if row is None else edge_draft_of(row)

    def _read_edges(
        self, node_id: NodeId, direction: Direction, kinds: Sequence[str] | None, *, limit: int | None = None
    ) -> Sequence[EdgeDraft]:
        query, rows_max = Query(), reads.NO_LIMIT if limit is None else limit
        if not reads.add_edges(query, [node_id], direction, kinds, at=NOW, limit=rows_max):
            return ()
        rows = rows_of(self._asked(query))
        self._remember((), rows, _place_of_edge)
        return list({edge_id_of(row): edge_draft_of(row) for row in rows}.values())[:limit]

    def _read_record(self, kind: str, key: str) -> Record | None:
        place = record_place(kind, key)
        self.expect(records=[(kind, key)])
        row = self.found[place]
        return None if row is None or row.get("kind") is None else record_of(row)

    def _read_records(self, kind: str, group: str | None, due_max: int | None, limit: int) -> Sequence[Record]:
        scan = Scan(kind, group, due_max, limit)
        known = self._scans.get((_question(scan), limit))
        if known is None:
            self.expect(scans=[scan])
            known = self._scans[_question(scan), limit]
        return known

    def _take_records(self, rows: Sequence[Row]) -> None:
        self._remember((), rows, _place_of_record)

    def _asked(self, query: Query) -> list[list[Any]]:
        self.calls += 1
        return self._read(query)

    def _remember(self, wanted: Iterable[Place], rows: Iterable[Row], place_of: Callable[[Row], Place]) -> None:
        """Remember what was read first: an action that read two states of a document will not be committed."""
        found = {place_of(row): row for row in rows}
        for place in (*wanted, *found):
            self.found.setdefault(place, found.get(place))


def _question(scan: Scan) -> RecordScan:
    return RecordScan(scan.kind, scan.group, scan.due_max)


def _place_of_node(row: Row) -> Place:
    collection, _, key = row["id"].partition("/")
    return Place(collection, key)


def _place_of_edge(row: Row) -> Place:
    return Place(edge_collection(row["kind"]), row["edge"])


def _place_of_record(row: Row) -> Place:
    return Place("record", row["_key"])
