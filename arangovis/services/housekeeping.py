"""What must be tidied from time to time: orphan blobs, answers remembered long enough, rows in many small chunks."""

from dataclasses import dataclass

from arangovis.domain.graph import Caller
from arangovis.services.blobs import Blobs, SweepReport
from arangovis.services.series.series import series_services
from arangovis.services.series.upkeep import SeriesUpkeep
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction

HOUSEKEEPER = Caller("housekeeping")
FORGET_BATCH = 500


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
        self.series: SeriesUpkeep = series_services(store, blobs).upkeep
        """Merges and drops rows. It has rounds of its own, since new rows want merging before long."""

    def __call__(self) -> Tidied:
        """Make a round.

        Raises:
            StoreUnavailable: the store does not answer, or another round is sweeping at this moment.

        """
        swept = self._blobs.sweep(HOUSEKEEPER)
        forgotten = sum(self._forget(kind) for kind in ("idempotency", "worker", "reader"))
        return Tidied(swept, forgotten)

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
