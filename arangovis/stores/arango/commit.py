"""Committing an action: one query looks whether all that it read is still so, and writes everything, or nothing.

A single query is atomic on a single server and in a OneShard database. It may be sent again when its answer is lost:
the receipt that it writes tells that it was there already.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import TypeVar

from arangovis.domain.errors import InvalidInput
from arangovis.domain.graph import Caller
from arangovis.domain.json import digest_of
from arangovis.stores.arango.aql import Query
from arangovis.stores.arango.documents import Row, action_row, edge_rows, node_row, record_of, record_row
from arangovis.stores.arango.places import (
    Place,
    edge_place,
    node_place,
    record_place,
)
from arangovis.stores.arango.problems import Collision, existing
from arangovis.stores.arango.properties import Stored, stored_properties
from arangovis.stores.arango.server import Server
from arangovis.stores.arango.sortable import text_key
from arangovis.stores.arango.transaction import ArangoTransaction
from arangovis.stores.transaction import Draft, EdgeDraft

D = TypeVar("D", Draft, EdgeDraft)

RECEIPT_KEEP_S = 900
"""How long it is remembered that an action was written: longer than any caller repeats it."""
GUARDS = frozenset({"blob"})
"""Records that are read to rely on their state: that bytes stay, for an action that makes something refer to them."""
EMPTY_KEEP_S = 60
"""How long an empty place waits to be removed."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """Which call of `transact` is committed, and in which of its attempts."""

    receipt: str
    attempt: int
    caller: Caller


def commit(server: Server, transaction: ArangoTransaction, ticket: Ticket) -> int:
    """Write what an action wrote. Return the attempt that is written: this one, or one whose answer was lost.

    Raises:
        Collision: something that it read has changed; nothing is written.
        AlreadyExists: a node that it made is there.
        InvalidInput: a document is not JSON, or an integer does not fit 64 bits.
        Unanswered: there was no answer.

    """
    try:
        query = _Commit(transaction, ticket, server.clock.now()).query()
    except OverflowError:
        raise InvalidInput("an integer does not fit 64 bits") from None
    except UnicodeEncodeError:
        raise InvalidInput("a text is not valid Unicode") from None
    seen, *stale = server.ask(query)
    if seen:
        return int(seen[0])
    refuse_changed(transaction, stale)
    return ticket.attempt


def is_unchanged(server: Server, transaction: ArangoTransaction) -> bool:
    """Look whether all that an action read is still so."""
    query = Query()
    _add_expected(query, transaction.expected())
    return not any(server.read_in_action(query))


def add_checks(query: Query, transaction: ArangoTransaction, receipt: str) -> list[str]:
    """Add the look whether it was written already, and whether what was read is still so; return the parts."""
    seen = query.part("commit_seen", {"receipt": receipt})
    return [seen, *_add_expected(query, transaction.expected())]


def add_fresh(query: Query, checks: Sequence[str]) -> None:
    """Name the condition of all writes: that no check found anything."""
    query.let("fresh", " AND ".join(f"LENGTH({part}) == 0" for part in checks))


def add_receipt(query: Query, receipt: str, attempt: int) -> None:
    """Add the writing of the receipt."""
    query.part("commit_receipt", {"receipt": receipt, "attempt": attempt, "keep_s": RECEIPT_KEEP_S}, hidden=True)


def refuse_changed(transaction: ArangoTransaction, stale: Sequence[Sequence[str]]) -> None:
    """Raise if anything is not as an action read it, by the answers to the parts of `add_checks` but the first.

    Raises:
        Collision: something that it read has changed.
        AlreadyExists: a node that it made is there.

    """
    collections = dict.fromkeys(place.collection for place in transaction.expected())
    changed = {Place(collection, key) for collection, keys in zip(collections, stale, strict=False) for key in keys}
    if changed:
        made = set(map(node_place, transaction.made))
        raise existing() if changed <= made else Collision("something that was read has changed")


def _add_expected(query: Query, expected: Mapping[Place, str | None]) -> list[str]:
    revisions: dict[str, list[tuple[str, str | None]]] = defaultdict(list)
    for place, revision in expected.items():
        revisions[place.collection].append((place.key, revision))
    return [
        query.part("commit_stale", {"@collection": collection, "expected": members})
        for collection, members in revisions.items()
    ]


class _Commit:
    """The query in the making."""

    def __init__(self, transaction: ArangoTransaction, ticket: Ticket, now: int) -> None:
        self._transaction = transaction
        self._ticket = ticket
        self._now = now
        self._query = Query()
        self._action = action_row(ticket.caller, ticket.receipt)

    def query(self) -> Query:
        """Return it. All reading comes before all writing, and each collection is written once: AQL demands both."""
        writes = self._transaction.writes
        nodes = _grouped((node_place(draft.id), draft) for draft in writes.nodes.values())
        edges = _grouped((edge_place(draft.id), draft) for draft in writes.edges.values())
        add_fresh(self._query, add_checks(self._query, self._transaction, self._ticket.receipt))
        if writes.touches_graph:
            self._read_time()
            old_nodes = self._read_old(nodes)
            old_edges = self._read_old(edges)
            self._write_kept("commit_keep_nodes", old_nodes)
            self._write_kept("commit_keep_edges", old_edges)
            self._write_nodes({place: node for members in nodes.values() for place, node in members.items()})
            for collection, drafts in edges.items():
                rows = [row for place, draft in drafts.items() for row in edge_rows(draft, self._old(place))]
                self._write("commit_edges", {"@collection": collection, "edges": rows, "action": self._action})
            self._write("commit_action", {"action": self._action, "receipt": self._ticket.receipt})
        self._write_records()
        add_receipt(self._query, self._ticket.receipt, self._ticket.attempt)
        return self._query

    def _read_time(self) -> None:
        last = self._query.part("commit_last", {}, hidden=True)
        part = self._query.part("commit_time", {"clock": self._now}, hidden=True, words={"last": last})
        self._query.let("time", f"FIRST({part})")

    def _read_old(self, drafts: Mapping[str, Mapping[Place, object]]) -> list[str]:
        """Read what is about to be replaced."""
        parts = []
        for collection, members in drafts.items():
            keys = [place.key for place in members if self._old(place) is not None]
            if keys:
                parts.append(self._query.part("commit_old", {"@collection": collection, "keys": keys}, hidden=True))
        return parts

    def _old(self, place: Place) -> Row | None:
        return self._transaction.found.get(place)

    def _write(self, name: str, binds: Mapping[str, object]) -> None:
        self._query.part(name, binds, hidden=True)

    def _write_kept(self, name: str, parts: list[str]) -> None:
        if parts:
            self._query.part(name, {}, hidden=True, words={"old": f"FLATTEN([{', '.join(parts)}])"})

    def _write_nodes(self, drafts: Mapping[Place, Draft]) -> None:
        rows: dict[str, list[Row]] = defaultdict(list)
        properties: list[Row] = []
        for place, draft in drafts.items():
            row, places = self._node(draft, self._old(place))
            rows[place.collection].append(row)
            properties += places
        for collection, members in rows.items():
            self._write("commit_nodes", {"@vertices": collection, "nodes": members, "action": self._action})
        if properties:
            self._write("commit_properties", {"properties": properties, "keep_s": EMPTY_KEEP_S})

    def _node(self, draft: Draft, old: Row | None) -> tuple[Row, list[Row]]:
        """Return a node's next version, and its searchable values in their places if they have changed."""
        row, indexed = searchable_row(draft, old, self._transaction)
        row |= {"actor_key": text_key(self._ticket.caller.actor)}
        return row, property_rows(row, indexed, old)

    def _write_records(self) -> None:
        rows = [
            {"_key": record_place(kind, key).key} if record is None else record_row(record)
            for (kind, key), record in self._transaction.writes.records.items()
        ]
        rows += self._guards()
        if rows:
            self._write("commit_records", {"records": rows, "keep_s": EMPTY_KEEP_S})

    def _guards(self) -> list[Row]:
        """Return records to write again as they are, so that no action that changes one commits beside this one."""
        written = {record_place(kind, key) for kind, key in self._transaction.writes.records}
        found = self._transaction.found.items()
        return [
            record_row(record_of(row))
            for place, row in found
            if row is not None and place.collection == "record" and place not in written and row.get("kind") in GUARDS
        ]


def searchable_row(draft: Draft, old: Row | None, transaction: ArangoTransaction) -> tuple[Row, list[Stored]]:
    """Return a node's next version, and those of its values that are to be in the index."""
    searchable = []
    if not draft.deleted:
        searchable = stored_properties(
            transaction.vertex_kind(draft.id.kind, retired=True), draft.project, draft.attributes
        )
    row = node_row(draft, old, searchable)
    indexed = indexed_of(searchable)
    return row | index_marks(indexed), indexed


def indexed_of(searchable: Iterable[Stored]) -> list[Stored]:
    """Return what of a node's values is to be in the index, each once."""
    return list(dict.fromkeys(item.indexed() for item in searchable if item.is_indexed))


def index_marks(indexed: Sequence[Stored]) -> Row:
    """Return what a node's row says about its places in the index."""
    return {"slots": len(indexed), "searchable": digest_of([list(item) for item in indexed])[:16]}


def property_rows(row: Row, indexed: Sequence[Stored], old: Row | None) -> list[Row]:
    """Return a node's searchable values in their places, or none if they are as those of an earlier version."""
    if old is not None and old["searchable"] == row["searchable"]:
        return []
    same = {"kind": row["kind"], "node": row["_key"], "created": row["created"], "order": row["order"]}
    slots = zip_longest(indexed, range(0 if old is None else old["slots"]))
    return [
        {"_key": f"{row['digest']}.{slot}", **({} if item is None else same | item._asdict())}
        for slot, (item, _) in enumerate(slots)
    ]


def _grouped(items: Iterable[tuple[Place, D]]) -> dict[str, dict[Place, D]]:
    grouped: dict[str, dict[Place, D]] = defaultdict(dict)
    for place, item in items:
        grouped[place.collection][place] = item
    return grouped
