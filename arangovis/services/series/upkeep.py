"""What housekeeping does for series: rows of runs that live on are merged, those of runs that are gone are dropped."""

from dataclasses import dataclass, replace

from arangovis.domain.errors import IntegrityError
from arangovis.domain.graph import Caller, Record
from arangovis.domain.ids import NodeId
from arangovis.domain.runs import Run
from arangovis.domain.series import WORK, SeriesData
from arangovis.services.series.chunk_log import ChunkLog
from arangovis.services.series.chunks import Head, group_of
from arangovis.services.series.merging import Merged, Merging
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction

UPKEEPER = Caller("housekeeping")
ROUND_MAX = 100
"""Series data that one round looks at."""
DROP_BATCH = 500
PUT_OFF_US = 3600 * 1_000_000


@dataclass(frozen=True, slots=True)
class Kept:
    """What a round did: chunks before and after merging, chunks dropped, and series data that were put off."""

    before: int = 0
    after: int = 0
    dropped: int = 0
    put_off: int = 0


class SeriesUpkeep:
    """Rounds may run side by side and beside writers and readers, and may be stopped at any time."""

    def __init__(self, store: GraphStore, log: ChunkLog, merging: Merging) -> None:
        self._store = store
        self._log = log
        self._merging = merging

    def __call__(self) -> Kept:
        """Do what is due; what cannot be done, since its rows are damaged, is put off.

        Raises:
            StoreUnavailable: a store did not answer.

        """
        total = Kept()
        for work in self._store.records(WORK, due_max=self._store.now(), limit=ROUND_MAX):
            done = self._do(work)
            total = Kept(
                total.before + done.before,
                total.after + done.after,
                total.dropped + done.dropped,
                total.put_off + done.put_off,
            )
        return total

    def _do(self, work: Record) -> Kept:
        try:
            done, later = self.look_at(NodeId("series_data", work.key)), None
        except IntegrityError:
            done, later = Kept(put_off=1), replace(work, due=self._store.now() + PUT_OFF_US)
        self._store.transact(lambda tx: _finish(tx, work, later), UPKEEPER)
        return done

    def look_at(self, series_data: NodeId) -> Kept:
        """Merge the rows of one run in one series, or drop them if the run is gone or was replaced."""
        node = self._store.find(series_data)
        if node is None or node.version.deleted or self._is_past(SeriesData.of(node)):
            return Kept(dropped=self._drop(series_data))
        fields = SeriesData.of(node).fields
        merged = Merged()
        for head in self._log.heads(series_data):
            some = self._merging.merge(self._caught_up(head.logger, series_data), fields, UPKEEPER)
            merged = Merged(merged.before + some.before, merged.after + some.after)
        return Kept(merged.before, merged.after)

    def _caught_up(self, logger: str, series_data: NodeId) -> Head:
        return self._store.transact(lambda tx: self._log.catch_up(tx, series_data.key, logger), UPKEEPER)

    def _is_past(self, data: SeriesData) -> bool:
        node = self._store.find(data.run)
        if node is None or node.version.deleted:
            return True
        return Run.of(node.id, node.project, node.attributes).generation != data.generation

    def _drop(self, series_data: NodeId) -> int:
        count = 0
        for head in self._log.heads(series_data):
            group = group_of(head.series_data, head.logger)
            while removed := self._store.transact(lambda tx, g=group: self._log.drop(tx, g, DROP_BATCH), UPKEEPER):  # type: ignore[misc]
                count += removed
        self._store.transact(lambda tx: _delete(tx, series_data), UPKEEPER)
        return count


def _delete(transaction: Transaction, series_data: NodeId) -> None:
    if transaction.find(series_data) is not None:
        transaction.delete(series_data, force=True)


def _finish(transaction: Transaction, work: Record, later: Record | None) -> None:
    """Forget a piece of work or put it off, unless it was planned again meanwhile."""
    if transaction.record(WORK, work.key) != work:
        return
    if later is None:
        transaction.remove_record(WORK, work.key)
    else:
        transaction.put_record(later)
