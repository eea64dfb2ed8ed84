"""What must be tidied from time to time: orphan blobs, answers remembered long enough, rows in many small chunks."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from arangovis.domain.graph import Caller, Record
from arangovis.domain.json import Document
from arangovis.domain.series import WORK
from arangovis.domain.views import integer
from arangovis.services.blob_records import KEPT
from arangovis.services.blobs import Blobs, SweepReport
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction

if TYPE_CHECKING:
    from arangovis.services.series.upkeep import SeriesUpkeep

HOUSEKEEPER = Caller("housekeeping")
FORGET_BATCH = 500
UPKEEP, UPKEEP_KEY = "upkeep", "housekeeping"
"""The record of what the last round found and removed."""


@dataclass(frozen=True, slots=True)
class Tidied:
    """What a round removed."""

    blobs: SweepReport
    forgotten: int


class Housekeeping:
    """Rounds may run beside everything else and beside each other, and may be stopped at any time."""

    def __init__(self, store: GraphStore, blobs: Blobs) -> None:
        self._store = store
        self._blobs = blobs

    @cached_property
    def series(self) -> "SeriesUpkeep":
        """What merges and drops rows. It has rounds of its own, since new rows want merging before long.

        It is loaded when there is something to merge: arrays are more than a supervisor that waits should hold.
        """
        from arangovis.services.series.series import series_services

        return series_services(self._store, self._blobs).upkeep

    def series_is_due(self) -> bool:
        """Say whether there is anything to merge or drop."""
        return bool(self._store.records(WORK, due_max=self._store.now(), limit=1))

    def __call__(self) -> Tidied:
        """Make a round.

        Raises:
            StoreUnavailable: the store does not answer, or another round is sweeping at this moment.

        """
        swept = self._blobs.sweep(HOUSEKEEPER)
        forgotten = sum(self._forget(kind) for kind in ("idempotency", "worker", "reader", "sign_in", "delivered"))
        tidied = Tidied(swept, forgotten)
        self._note(tidied)
        return tidied

    def _note(self, tidied: Tidied) -> None:
        """Write down what there is and what was removed, for whoever watches the service."""
        blobs, size = self._stored()
        found: Document = {
            "artifact_blobs": blobs,
            "artifact_bytes": size,
            "housekeeping_timestamp_seconds": self._store.now() // 1_000_000,
            "housekeeping_removed_blobs": tidied.blobs.staged + tidied.blobs.foreign,
            "housekeeping_removed_bytes": tidied.blobs.bytes,
            "housekeeping_forgotten_records": tidied.forgotten,
        }
        self._store.transact(lambda tx: tx.put_record(Record(UPKEEP, UPKEEP_KEY, data=found)), HOUSEKEEPER)

    def _stored(self) -> tuple[int, int]:
        """Return how many blobs nodes refer to, and their bytes."""
        sizes = [integer(record.data, "bytes", 0) for record in self._store.all_records("blob", KEPT)]
        return len(sizes), sum(sizes)

    def _forget(self, kind: str) -> int:
        """Remove records that are past due: idempotency keys long answered, workers and readers long lost."""
        count = 0
        while removed := self._store.transact(lambda transaction: _remove_due(transaction, kind), HOUSEKEEPER):
            count += removed
        return count


def _remove_due(transaction: Transaction, kind: str) -> int:
    due = transaction.records(kind, due_max=transaction.now, limit=FORGET_BATCH)
    for record in due:
        transaction.remove_record(kind, record.key)
    return len(due)
