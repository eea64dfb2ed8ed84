"""The log of rows: appended chunk by chunk, read since a place, merged, dropped.

A chunk is a record, so one implementation serves every store, and copies and backups hold it. It is called by (series
data, logger, sequence), so that it is there once however often it is sent, and chunks may come in any order: readers
see of each logger those before the first that is missing. Where that is stands in the logger's head record, written in
the same action. Bytes that are many lie in blobs, which are written before the record and kept by its action.

Merging takes chunks from the head's `merged` on and advances it, in one action that checks that nobody else did;
so merging twice, side by side, or being killed on the way does no harm. A blob of merged or large chunks has the name
of its owner in it; that makes its digest the owner's alone, so the action that drops the record may let go of it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from enum import Enum
from itertools import groupby

from arangovis.domain.errors import Conflict
from arangovis.domain.graph import Record
from arangovis.domain.ids import NodeId
from arangovis.domain.json import EMPTY
from arangovis.domain.series import WORK
from arangovis.series.codec import PART_DIGEST_BYTES, Payload, as_table, decode, join_rows, parts_of
from arangovis.series.kinds import Table
from arangovis.series.statistics import FieldStatistics, statistics_of
from arangovis.services.blobs import Blobs
from arangovis.services.series.chunks import CHUNK, HEAD, Chunk, Head, chunk_key, group_of
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction

PAGE = 1000
AHEAD_READ_MAX = 500
"""So many chunks that came too early are shown by one action, once the missing one has come."""
MERGE_AT = 500
"""A logger's chunks are merged at once when so many are loose,"""
MERGE_AFTER_US = 300 * 1_000_000
"""or so long after the first of them came."""


class Appended(Enum):
    """What appending a chunk came to."""

    NEW = "new"
    REPEAT = "repeat"
    MERGED = "merged"
    """It came before and was merged since: `ChunkLog.was_same` says whether it is a repeat."""


class ChunkLog:
    """The rows that runs log."""

    def __init__(self, store: GraphStore, blobs: Blobs) -> None:
        self._store = store
        self._blobs = blobs

    # --- writing ----------------------------------------------------------------------------------------------

    def append(self, transaction: Transaction, chunk: Chunk, statistics: Sequence[FieldStatistics]) -> Appended:
        """Add a chunk, inside an action that has checked its run; a repeat changes nothing.

        Raises:
            Conflict: there is other content under its sequence number.
            IntegrityError: its blob was swept, since it was saved long ago.

        """
        head = find_head(transaction, chunk.series_data, chunk.logger)
        if chunk.first < head.merged:
            return Appended.MERGED
        present = transaction.record(CHUNK, chunk_key(chunk.series_data, chunk.logger, chunk.first))
        if present is not None:
            check_same(chunk, same=Chunk.of(present).digest == chunk.digest)
            return Appended.REPEAT
        if chunk.blob is not None:
            self._blobs.keep(transaction, [chunk.blob])
        transaction.put_record(chunk.record())
        loose = replace(head, loose=head.loose + 1, updated=transaction.now)
        transaction.put_record(self._advanced(transaction, loose, chunk, statistics).record())
        plan_merge(transaction, loose)
        return Appended.NEW

    def _advanced(
        self, transaction: Transaction, head: Head, chunk: Chunk, statistics: Sequence[FieldStatistics]
    ) -> Head:
        if chunk.first != head.next:
            return replace(head, ahead=head.ahead + 1)
        head = head.seen(chunk, statistics)
        return self._caught_up(transaction, head) if head.ahead else head

    def catch_up(self, transaction: Transaction, series_data: str, logger: str) -> Head:
        """Let readers see what came early and has nothing missing before it any more; return the head then."""
        head = find_head(transaction, series_data, logger)
        if head.ahead:
            head = self._caught_up(transaction, replace(head, updated=transaction.now))
            transaction.put_record(head.record())
        return head

    def _caught_up(self, transaction: Transaction, head: Head) -> Head:
        """Return the head with the chunks that came early, at most AHEAD_READ_MAX of them."""
        keys = [chunk_key(head.series_data, head.logger, head.next + step) for step in range(AHEAD_READ_MAX)]
        transaction.expect(records=[(CHUNK, key) for key in keys])
        for key in keys:
            record = transaction.record(CHUNK, key)
            if record is None:
                break
            chunk = Chunk.of(record)
            head = replace(head.seen(chunk, self.statistics(chunk)), ahead=head.ahead - 1)
        return head

    def was_same(self, chunk: Chunk) -> bool:
        """Say whether the chunk that was merged under this sequence number had the same content."""
        group = group_of(chunk.series_data, chunk.logger)
        found = self._store.records(CHUNK, group, after=_before(group, chunk.first), limit=1)
        if not found:
            return False
        merged = Chunk.of(found[0])
        part = parts_of(self.payload(merged))[chunk.first - merged.first]
        return chunk.rows == part.rows and chunk.digest.startswith(part.digest[: 2 * PART_DIGEST_BYTES])

    # --- reading ----------------------------------------------------------------------------------------------

    def heads(self, series_data: NodeId) -> tuple[Head, ...]:
        """Return how far each logger has come, by logger: cheap, however much there is."""
        found: list[Record] = []
        while page := self._store.records(HEAD, series_data.key, after=found[-1] if found else None, limit=PAGE):
            found.extend(page)
        return tuple(sorted({record.key: Head.of(record) for record in found}.values(), key=lambda head: head.logger))

    def head(self, series_data: NodeId, logger: str) -> Head | None:
        """Return how far one logger has come, or None if it sent nothing."""
        record = self._store.record(HEAD, group_of(series_data.key, logger))
        return None if record is None else Head.of(record)

    def chunks(self, series_data: NodeId, since: Mapping[str, int] | None = None) -> Iterator[Chunk]:
        """Yield what readers see, by logger and in order of sequence, from `since` (sequence by logger) on.

        Who reads on later goes on at `last + 1` of each logger's last chunk.
        """
        for head in self.heads(series_data):
            start = (since or {}).get(head.logger, 0)
            if start < head.next:
                yield from self.of_logger(head, start, head.next)

    def of_logger(self, head: Head, start: int, stop: int) -> Iterator[Chunk]:
        """Yield one logger's chunks with the sequences from `start` to before `stop`, in order, each sequence once.

        A chunk that begins before, since it is a merged one, comes with the `start` from which on it is to be read; one
        that goes on behind `stop` comes whole.
        """
        group = group_of(head.series_data, head.logger)
        after = _before(group, start)
        while start < stop:
            page = self._store.records(CHUNK, group, after=after, limit=PAGE)
            for chunk in map(Chunk.of, page):
                if chunk.first >= stop:
                    return
                yield chunk if chunk.first >= start else replace(chunk, start=start)
                start = chunk.last + 1
            if len(page) < PAGE:
                return
            after = page[-1]

    def read(self, chunk: Chunk, fields: Sequence[str]) -> Table:
        """Return the rows of a chunk from its `start` on, the columns called by these names.

        Raises:
            IntegrityError: the bytes are damaged or gone.

        """
        payload = self.payload(chunk)
        rows = decode(payload, fields)
        if chunk.start <= chunk.first:
            return rows
        return rows.slice(sum(part.rows for part in parts_of(payload)[: chunk.start - chunk.first]))

    def rows(self, chunks: Iterable[Chunk], fields: Sequence[str]) -> "Table | None":
        """Return the rows of many chunks as one table, in their order, or None of no chunk.

        Raises:
            IntegrityError: as `read`.

        """
        tables = []
        for (is_small, letters), some in groupby(chunks, key=lambda chunk: (chunk.is_small, chunk.letters)):
            if is_small:
                tables.append(join_rows([chunk.content() for chunk in some], letters, fields))
            else:
                tables += [self.read(chunk, fields) for chunk in some]
        return as_table(tables) if tables else None

    def statistics(self, chunk: Chunk) -> tuple[FieldStatistics, ...]:
        """Return the statistics of each column of a chunk."""
        if chunk.statistics is not None:
            return chunk.statistics
        return statistics_of(self.read(chunk, [str(number) for number in range(len(chunk.letters))]))

    def payload(self, chunk: Chunk) -> Payload:
        """Return the bytes of a chunk.

        Raises:
            IntegrityError: they are damaged or gone.

        """
        data = chunk.content() if chunk.blob is None else self._blobs.read(chunk.blob)
        return Payload(chunk.form, chunk.letters, data, chunk.unpacked)

    # --- replacing and dropping -------------------------------------------------------------------------------

    def put_merged(self, transaction: Transaction, old: Sequence[Chunk], new: Chunk, read: Head) -> bool:
        """Put a merged chunk in the place of those that it was made of; return False if another did so before.

        Args:
            transaction: the action.
            old: consecutive chunks, up to those that were loose.
            new: the merged chunk.
            read: the head when they were read.

        """
        head = find_head(transaction, read.series_data, read.logger)
        if head.merged != read.merged or head.next < read.next:
            return False
        loose = sum(chunk.first >= head.merged for chunk in old)
        for chunk in old:
            transaction.remove_record(CHUNK, chunk_key(chunk.series_data, chunk.logger, chunk.first))
        if new.blob is not None:
            self._blobs.keep(transaction, [new.blob])
        dropped = {chunk.blob for chunk in old if chunk.blob is not None} - {new.blob}
        self._blobs.release(transaction, sorted(filter(None, dropped)))
        transaction.put_record(new.record())
        transaction.put_record(replace(head, merged=new.last + 1, loose=head.loose - loose).record())
        return True

    def drop(self, transaction: Transaction, group: str, limit: int) -> int:
        """Remove up to `limit` chunks of a logger with the blobs that they own, with the last of them the head too.

        Return how many were removed; fewer than `limit` means that nothing is left.
        """
        found = [Chunk.of(record) for record in transaction.records(CHUNK, group, limit=limit)]
        for chunk in found:
            transaction.remove_record(CHUNK, chunk_key(chunk.series_data, chunk.logger, chunk.first))
        self._blobs.release(transaction, sorted({chunk.blob for chunk in found if chunk.blob is not None}))
        if len(found) < limit:
            transaction.remove_record(HEAD, group)
        return len(found)


def find_head(transaction: Transaction, series_data: str, logger: str) -> Head:
    """Return a logger's head, a new one if it sent nothing yet."""
    record = transaction.record(HEAD, group_of(series_data, logger))
    return Head(series_data, logger) if record is None else Head.of(record)


def check_same(chunk: Chunk, *, same: bool) -> None:
    """Refuse other content under a sequence number.

    Raises:
        Conflict: it is not the same.

    """
    if not same:
        raise Conflict(f"chunk {chunk.first} of logger {chunk.logger!r} was sent before with other content")


def plan_merge(transaction: Transaction, head: Head) -> None:
    """Have a logger's chunks merged: a while after the first loose one, or now if there are many."""
    if head.loose == 1:
        present = transaction.record(WORK, head.series_data)
        due = transaction.now + MERGE_AFTER_US
        plan_work(transaction, head.series_data, min(due, present.due) if present else due)
    elif head.loose % MERGE_AT == 0:
        plan_work(transaction, head.series_data, transaction.now)


def plan_work(transaction: Transaction, series_data: str, due: int) -> None:
    """Have housekeeping look at some series data when it is due."""
    transaction.put_record(Record(WORK, series_data, due=due, data=EMPTY))


def _before(group: str, sequence: int) -> Record:
    """Return a place in the order of a group's chunks: right before the one that holds a sequence number."""
    return Record(CHUNK, "", group, sequence)
