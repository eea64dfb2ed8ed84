"""Records as of a time, and how they come to be the same in another store.

Records have no versions. From one frozen state they are those of the graph in it. Copied as of an earlier time, they
are made to fit the graph of that time: a name goes back along `succeeded_by` to who held it then, and is left out if
there was nobody; segments, and answers to requests, of later actions are left out; numbers stay ahead, so that none
is handed out twice.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import islice

from arangovis.domain.graph import Direction, Record
from arangovis.domain.ids import NodeId
from arangovis.domain.views import text
from arangovis.services.copying.marks import COPIER
from arangovis.services.datasets import REMEMBERED_US
from arangovis.stores.base import GraphStore
from arangovis.stores.frozen import FrozenStore
from arangovis.stores.transaction import Transaction

COPIED_KINDS = (
    "kind",
    "reservation",
    "sequence",
    "segment",
    "idempotency",
    "row_filter",
    "erasure",
    "erased",
    "session",
    "feed",
    "schedule",
    "webhook",
    "chunk",
    "series_head",
    "series_work",
    "blob",
)
"""Leases and workers are not copied: they speak of processes that the new store does not have. Nor are tokens and

sign-ins: a copy or a backup lets nobody in, and restoring one brings no revoked token back.
"""
BATCH = 500
KEPT = "kept"


class RecordsAt:
    """The records to copy of a source."""

    def __init__(self, source: GraphStore, state: FrozenStore, until: int) -> None:
        self._source = source
        self._state = state
        self._until = until
        self._series_data = ("", False)
        """The series data looked at last, since many records are of the same, and whether they are copied."""
        self._fitted: dict[str, Callable[[Record], Record | None]] = {
            "reservation": self._reservation,
            "segment": self._segment,
            "idempotency": self._idempotency,
            "chunk": self._rows,
            "series_head": self._rows,
            "series_work": self._rows,
            "session": self._session,
            "feed": self._feed,
            "schedule": self._schedule,
        }

    def of(self, kind: str) -> Iterator[Record]:
        """Yield the records of a kind, in order of (group, due, key)."""
        found = self._state.records(kind)
        if kind == "blob":
            return (record for record in found if record.group == KEPT)
        if self._until >= self._state.at or kind not in self._fitted:
            return found
        fitted = map(self._fitted[kind], found)
        return (record for record in fitted if record is not None)

    def _reservation(self, record: Record) -> Record | None:
        holder: NodeId | None = NodeId.parse(text(record.data, "node"))
        while holder is not None and self._source.find(holder, at=self._until) is None:
            before = self._source.edges_of((holder,), Direction.UPSTREAM, ("succeeded_by",), limit=1)
            holder = before[0].id.source if before else None
        return None if holder is None else replace(record, data={**record.data, "node": str(holder)})

    def _segment(self, record: Record) -> Record | None:
        dataset = self._source.find(NodeId("dataset", record.group), at=self._until)
        segments = 0 if dataset is None else dataset.attributes.get("segments", 0)
        return record if isinstance(segments, int) and record.due <= segments else None

    def _rows(self, record: Record) -> Record | None:
        """Rows belong to a time as the series data do that they are of: they are not told apart by when they came."""
        series_data = record.key.partition(".")[0]
        if series_data != self._series_data[0]:
            found = self._source.find(NodeId("series_data", series_data), at=self._until)
            self._series_data = series_data, found is not None and not found.version.deleted
        return record if self._series_data[1] else None

    def _session(self, record: Record) -> Record | None:
        run = self._source.find(NodeId("run", record.key), at=self._until)
        return None if run is None else record

    def _schedule(self, record: Record) -> Record | None:
        schedule = self._source.find(NodeId("schedule", record.key), at=self._until)
        return None if schedule is None or schedule.version.deleted else record

    def _feed(self, record: Record) -> Record | None:
        """How far a reader has come: not beyond the last action that is copied."""
        at = record.data.get("at", 0)
        return replace(record, data={**record.data, "at": min(at if isinstance(at, int) else 0, self._until)})

    def _idempotency(self, record: Record) -> Record | None:
        return record if record.due - REMEMBERED_US <= self._until else None


def synchronise(kind: str, wanted: Iterator[Record], target: GraphStore) -> None:
    """Make the records of a kind those that are wanted; both sides are walked once, side by side."""
    with target.frozen() as state:
        present = state.records(kind)
        if kind == "blob":
            present = (record for record in present if record.group == KEPT)
        pairs = _differences(wanted, present)
        while batch := tuple(islice(pairs, BATCH)):
            target.transact(partial(_apply, batch), COPIER)


Pair = tuple[Record | None, Record | None]
"""What is wanted, what is there."""


def _differences(wanted: Iterator[Record], present: Iterator[Record]) -> Iterator[Pair]:
    """Merge two sorted streams; yield what is on one side only."""
    new, old = next(wanted, None), next(present, None)
    while new is not None or old is not None:
        if new == old:
            new, old = next(wanted, None), next(present, None)
        elif old is None or (new is not None and _place(new) <= _place(old)):
            yield new, None
            new = next(wanted, None)
        else:
            yield None, old
            old = next(present, None)


def _apply(batch: tuple[Pair, ...], transaction: Transaction) -> None:
    for new, old in batch:
        if new is not None:
            transaction.put_record(new)
        elif old is not None and transaction.record(old.kind, old.key) == old:  # it did not just move to another place
            transaction.remove_record(old.kind, old.key)


def _place(record: Record) -> tuple[str, int, str]:
    return record.group, record.due, record.key
