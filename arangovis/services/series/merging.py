"""Merging: the many small chunks of a logger become few tables, so that reading and storing them costs little.

Each round takes a logger's loose chunks that readers see, up to a limit, together with the merged ones right before
them that are not much larger. So a row is written again only as often as its table doubles.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from arangovis.domain.errors import IntegrityError
from arangovis.domain.graph import Caller
from arangovis.series.codec import DIGEST_BYTES, Form, Part, encode_table, parts_of
from arangovis.series.statistics import statistics_of
from arangovis.services.blobs import Blobs
from arangovis.services.series.chunk_log import ChunkLog
from arangovis.services.series.chunks import HEAD, Chunk, Head, Place, group_of
from arangovis.stores.base import GraphStore

ROWS_MAX = 1_000_000
BYTES_MAX = 32 << 20
CHUNKS_MAX = 2_000
"""Of one merged chunk: rows, bytes of what goes into it, and how many loose chunks."""
GROWTH = 2
"""A merged chunk is taken in again if it has at most so many times the rows that come to it."""
INLINE_BYTES_MAX = 32 << 10
"""A larger table is a blob."""


@dataclass(frozen=True, slots=True)
class Merged:
    """How many chunks became how many."""

    before: int = 0
    after: int = 0


class Merging:
    """Rounds may run side by side and beside writers and readers, and may be stopped at any time."""

    def __init__(self, store: GraphStore, blobs: Blobs, log: ChunkLog) -> None:
        self._store = store
        self._blobs = blobs
        self._log = log

    def merge(self, head: Head, fields: Sequence[str], caller: Caller) -> Merged:
        """Merge what readers see of a logger; stop if another does it at the same time."""
        before = after = 0
        while head.merged < head.next:
            old = self._taken(head)
            if not _follow_each_other(old):  # another merged them since the head was read
                break
            new = old[0] if _is_table(old) else self._table(old, fields, caller)
            if not self._put(old, new, head, caller):
                break
            before, after = before + len(old), after + 1
            head = self._now(head)
        return Merged(before, after)

    def _put(self, old: Sequence[Chunk], new: Chunk, head: Head, caller: Caller) -> bool:
        return self._store.transact(lambda tx: self._log.put_merged(tx, old, new, head), caller)

    def _now(self, head: Head) -> Head:
        """Return the head as it is now; a new one, without anything to merge, if it was dropped."""
        record = self._store.record(HEAD, group_of(head.series_data, head.logger))
        return Head(head.series_data, head.logger) if record is None else Head.of(record)

    # --- choosing ---------------------------------------------------------------------------------------------

    def _taken(self, head: Head) -> list[Chunk]:
        """Return the chunks to merge next, in order: merged ones, then loose ones."""
        loose: list[Chunk] = []
        rows = size = 0
        for chunk in self._log.of_logger(head, head.merged, head.next):
            rows, size = rows + chunk.rows, size + chunk.size
            if loose and (rows > ROWS_MAX or size > BYTES_MAX or len(loose) == CHUNKS_MAX):
                break
            loose.append(chunk)
        return [*self._taken_in(head, loose), *loose]

    def _taken_in(self, head: Head, loose: Sequence[Chunk]) -> list[Chunk]:
        """Return the merged chunks right before the loose ones that are merged with them again."""
        rows, size = sum(chunk.rows for chunk in loose), sum(chunk.size for chunk in loose)
        found: list[Chunk] = []
        for chunk in reversed(list(self._log.of_logger(head, 0, head.merged))):
            if chunk.rows > GROWTH * rows or rows + chunk.rows > ROWS_MAX or size + chunk.size > BYTES_MAX:
                break
            found.insert(0, chunk)
            rows, size = rows + chunk.rows, size + chunk.size
        return found

    # --- making -----------------------------------------------------------------------------------------------

    def _table(self, old: Sequence[Chunk], fields: Sequence[str], caller: Caller) -> Chunk:
        """Return the chunk that others become, its bytes stored."""
        rows = self._log.rows(old, fields)
        if rows is None or rows.num_rows != sum(chunk.rows for chunk in old):
            raise IntegrityError(f"the rows of {old[0].series_data} are not those that their chunks speak of")
        place = Place(old[0].series_data, old[0].logger, old[0].first, old[-1].last)
        payload = encode_table(rows, owner=str(place), parts=[part for chunk in old for part in self._parts(chunk)])
        blob = self._blobs.save(payload.data, caller).digest if len(payload.data) > INLINE_BYTES_MAX else None
        digest = hashlib.sha256(payload.data).hexdigest()[: 2 * DIGEST_BYTES]
        made = Chunk.made(place, rows.num_rows, digest, payload=payload, blob=blob)
        return replace(made, statistics=statistics_of(rows))

    def _parts(self, chunk: Chunk) -> Sequence[Part]:
        return parts_of(self._log.payload(chunk)) if chunk.form is Form.TABLE else (Part(chunk.rows, chunk.digest),)


def _follow_each_other(chunks: Sequence[Chunk]) -> bool:
    """Say whether each chunk begins where the one before ends, and all are wanted whole."""
    return all(chunk.start <= chunk.first for chunk in chunks) and all(
        chunk.last + 1 == following.first for chunk, following in pairwise(chunks)
    )


def _is_table(chunks: Sequence[Chunk]) -> bool:
    """Say whether there is nothing to do but to call it merged."""
    return len(chunks) == 1 and chunks[0].form is Form.TABLE
