"""Records of stored bytes, so that bytes nobody refers to can be swept while everybody goes on writing.

A blob's record is `staged` (kept until `due`, for a node about to be written), `kept` (a node refers to it) or
`doomed` (being removed). The protocol:

1. A writer writes the record before the bytes: staged, due a day from now; a staged one is given another day.
2. The action that makes a node refer to the bytes sets their record to kept; it fails if the record is missing or
   doomed. A sweep never looks at a kept one. The action that drops the one thing that owns some bytes may let go of
   them: they are staged again, so that who is reading them has a day.
3. A sweep dooms records that are past due (checked again inside the action), which gives it the right to remove their
   bytes until the record's new `due`, a minute later. It begins no removal that may end after that. Then it removes
   the records, those that are still its own. Bytes without a record are doomed the same way.
4. A writer that meets a record whose bytes another has the right to remove waits. Once the right has ended, the bytes
   were removed or the sweep died or stalled: it removes no more, and the writer stages and writes the bytes again.

All of them write the one record, so they exclude each other in the graph store; only who doomed a record removes its
bytes, and only while its right lasts, by the store's clock. So no sweep removes what a writer staged within the day
or an action kept, however long either side stalls, with one exception that no store of bytes lets us close: a removal
that was sent in time and takes effect later than `REMOVE_MAX_S`. A crash leaves a staged record, or a doomed one that a
later sweep finishes. Sweeps may run side by side. An artifact store belongs to one graph store.
"""

import hashlib
import io
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import BinaryIO, cast

from arangovis.artifacts.base import ArtifactStore
from arangovis.domain.errors import IntegrityError, NotFound, StoreUnavailable
from arangovis.domain.graph import Caller, Record
from arangovis.services.blob_records import (
    DOOMED,
    KEPT,
    STAGED,
    STAGED_FOR_US,
    BlobReference,
    allows_removal,
    condemn_all,
    doom_all,
    forget_all,
    give_back,
    hold,
    reference_of,
    stage_all,
)
from arangovis.services.erased import ERASED, became
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction

REMOVAL_WAIT_S = 10.0
REMOVAL_PAUSE_S = 0.1
SWEEP_BATCH = 100
STREAMED_BYTES = 4 << 20
"""From here on a store may hash bytes beside writing them."""
VERIFIER = Caller("verification")

__all__ = ["STAGED_FOR_US", "BlobReference", "Blobs", "SweepReport"]


@dataclass(frozen=True, slots=True)
class SweepReport:
    """What a sweep removed, or would remove: blobs that no node came to need, blobs without a record, their bytes.

    `temporary` is what writers that died left half-written; a dry run does not look for it.
    """

    staged: int = 0
    foreign: int = 0
    bytes: int = 0
    temporary: int = 0


class Blobs:
    """Bytes that the graph refers to.

    Args:
        store: where their records are.
        artifacts: where they are.
        removal_wait_s: how long to wait for bytes that are just being removed.
        maps: whether `content` maps files: in a process that computes, which may die of a disk that fails.

    """

    def __init__(
        self,
        store: GraphStore,
        artifacts: ArtifactStore,
        *,
        removal_wait_s: float = REMOVAL_WAIT_S,
        maps: bool = False,
    ) -> None:
        self._store = store
        self._artifacts = artifacts
        self._content = artifacts.view if maps else artifacts.read
        self._removal_wait_s = removal_wait_s

    # --- writing ----------------------------------------------------------------------------------------------

    def save(self, data: bytes, caller: Caller) -> BlobReference:
        """Store bytes durably; they stay for at least a day, and for good once an action keeps them.

        Raises:
            StoreUnavailable: a store did not answer, or the same bytes are just being swept; trying again helps.

        """
        if len(data) >= STREAMED_BYTES:
            return self.save_stream(cast("BinaryIO", io.BytesIO(data)), caller)
        return self.save_many((data,), caller)[0]

    def save_many(
        self, contents: Sequence[bytes], caller: Caller, *, begun: int | None = None
    ) -> tuple[BlobReference, ...]:
        """Store several blobs as `save` does, with one action for their records.

        `begun` is when the run began that computed them, microseconds since 1970: what was erased as a precaution
        before that may be stored again.
        """
        references = tuple(BlobReference(hashlib.sha256(data).hexdigest(), len(data)) for data in contents)
        self._stage(references, caller, begun)
        for data, reference in zip(contents, references, strict=True):
            self._artifacts.put(data, reference.digest)
        return references

    def save_stream(self, stream: BinaryIO, caller: Caller) -> BlobReference:
        """Store a stream of any length as `save` does, in constant memory.

        Raises:
            StoreUnavailable: as `save`.
            IntegrityError: it changed while it was stored.

        """
        return BlobReference(
            *self._artifacts.put_stream(
                stream, lambda digest, size: self._stage((BlobReference(digest, size),), caller)
            )
        )

    def keep(self, transaction: Transaction, digests: Iterable[str]) -> None:
        """Keep blobs for good, inside the action that makes a node refer to them.

        Raises:
            IntegrityError: one was never saved, or saved so long ago that it was swept.

        """
        for digest in dict.fromkeys(digests):
            record = transaction.record("blob", digest)
            if record is None or record.group == DOOMED:
                raise IntegrityError(f"blob {digest[:12]} is not stored, or no longer")
            if record.group != KEPT:
                transaction.put_record(Record("blob", digest, group=KEPT, data=record.data))
            transaction.brought.add(digest)

    def release(self, transaction: Transaction, digests: Iterable[str]) -> None:
        """Let go of blobs that nothing else refers to, inside the action that drops what did; they stay for a day.

        Only for bytes that name their owner: of others nobody can say who else refers to them.
        """
        for digest in dict.fromkeys(digests):
            record = transaction.record("blob", digest)
            if record is not None and record.group == KEPT:
                due = transaction.now + STAGED_FOR_US
                transaction.put_record(Record("blob", digest, STAGED, due, record.data))

    def _stage(self, references: Sequence[BlobReference], caller: Caller, begun: int | None = None) -> None:
        deadline = time.monotonic() + self._removal_wait_s
        waiting = self._staged(references, caller, begun)
        while waiting:
            if time.monotonic() >= deadline:
                raise StoreUnavailable("unused blobs are being removed at this moment; try again")
            time.sleep(REMOVAL_PAUSE_S)
            waiting = self._staged(waiting, caller, begun)

    def _staged(
        self, references: Sequence[BlobReference], caller: Caller, begun: int | None
    ) -> Sequence[BlobReference]:
        return self._store.transact(lambda transaction: stage_all(transaction, references, begun), caller)

    # --- reading ----------------------------------------------------------------------------------------------

    def read(self, digest: str) -> bytes:
        """Return all bytes of a blob, verified; of one that rows were erased from, what it became.

        Raises:
            IntegrityError: they are damaged or gone.
            Gone: they were erased.

        """
        try:
            return self._artifacts.read(digest)
        except NotFound as error:
            return self.read(self._instead(digest, error))

    def content(self, digest: str) -> bytes | memoryview:
        """Return all bytes of a blob as `read`; of one in a file, where files are mapped, without a copy of them.

        Raises:
            IntegrityError, Gone: as `read`.

        """
        try:
            return self._content(digest)
        except NotFound as error:
            return self.content(self._instead(digest, error))

    def open(self, digest: str) -> BinaryIO:
        """Open a blob for reading from its start. The bytes are not verified.

        Raises:
            IntegrityError: they are gone.
            Gone: they were erased.

        """
        try:
            return self._artifacts.open(digest)
        except NotFound as error:
            return self.open(self._instead(digest, error))

    def _instead(self, digest: str, error: NotFound) -> str:
        """Return the digest of what bytes that are not there became when rows were erased from them."""
        record = self._store.record(ERASED, digest)
        if record is None:
            raise IntegrityError(f"the bytes of blob {digest[:12]} are gone") from error
        return became(record)

    def exists(self, digest: str) -> bool:
        """Say whether the bytes of a blob are there, without looking at them."""
        return self._artifacts.exists(digest)

    def is_intact(self, digest: str) -> bool:
        """Say whether the bytes of a blob are there and undamaged; nothing is changed."""
        return self._artifacts.is_intact(digest)

    def verify(self, digest: str) -> bool:
        """Say whether the bytes of a blob are there and undamaged. Damaged ones are removed, so that saving the
        same content again writes it.

        Raises:
            StoreUnavailable: they are damaged, but others are being removed at this moment.

        """
        if not self._artifacts.exists(digest):
            return False
        return self._artifacts.is_intact(digest) or self._repaired(digest)

    def _repaired(self, digest: str) -> bool:
        """Remove damaged bytes; return True if another found the damage too, and has the bytes again by now."""
        by = uuid.uuid4().hex
        held = self._store.transact(lambda transaction: hold(transaction, digest, by), VERIFIER)
        is_intact = self._artifacts.is_intact(digest)
        if not is_intact:
            if not allows_removal(held.right, self._store.now()):
                raise StoreUnavailable("the damaged bytes took too long to read; try again")
            self._artifacts.remove(digest)
        self._store.transact(lambda transaction: give_back(transaction, held, removed=not is_intact), VERIFIER)
        return is_intact

    def erase(self, digests: Iterable[str], caller: Caller, by: str) -> int:
        """Remove bytes at once, whoever kept them: nothing names them any more, and they may not come back.

        Return how many were removed. `by` is the erasure that their records name: one that died is gone on with.

        Raises:
            StoreUnavailable: a store did not answer, or a sweep is just at some of them; erasing again goes on.

        """
        wanted, count = iter(digests), 0
        while batch := tuple(islice(wanted, SWEEP_BATCH)):
            rights = self._store.transact(partial(condemn_all, digests=batch, by=by), caller)
            for right in rights:
                self._artifacts.erase(right.key)
            self._store.transact(partial(forget_all, rights=rights), caller)
            count += len(rights)
        return count

    def discard(self, references: Iterable[BlobReference], caller: Caller, by: str) -> None:
        """Remove bytes that were staged and not kept at once, with all their versions: who staged them does so again.

        `by` is the erasure that does it: one that died is gone on with. What a sweep is just at is left to it.

        Raises:
            StoreUnavailable: a store did not answer.

        """
        wanted, staged_until = iter(references), self._store.now() + STAGED_FOR_US
        while batch := tuple(islice(wanted, SWEEP_BATCH)):
            self._remove(batch, staged_until, caller, self._artifacts.erase, by)

    # --- sweeping ---------------------------------------------------------------------------------------------

    def sweep(self, caller: Caller, now: int | None = None, *, dry_run: bool = False) -> SweepReport:
        """Remove blobs that were staged and never kept, and bytes without a record or half-written, older than a day.

        It may be stopped at any time and run beside writers and other sweeps.

        Args:
            caller: who sweeps.
            now: records due by this time go, microseconds since 1970; None for the store's clock.
            dry_run: count only.

        """
        moment = self._store.now() if now is None else now
        staged, staged_bytes = self._removed(self._overdue(moment), moment, caller, dry_run=dry_run)
        foreign, foreign_bytes = self._removed(self._foreign(moment), moment, caller, dry_run=dry_run)
        temporary = 0 if dry_run else self._artifacts.sweep_temporary(self._store.now() - STAGED_FOR_US)
        return SweepReport(staged, foreign, staged_bytes + foreign_bytes, temporary)

    def _removed(
        self, candidates: Iterator[BlobReference], now: int, caller: Caller, *, dry_run: bool
    ) -> tuple[int, int]:
        """Remove the candidates that are still orphans; return how many and how many bytes."""
        count = size = 0
        while batch := tuple(islice(candidates, SWEEP_BATCH)):
            gone = batch if dry_run else self._remove(batch, now, caller, self._artifacts.remove, uuid.uuid4().hex)
            count += len(gone)
            size += sum(reference.bytes for reference in gone)
        return count, size

    def _remove(
        self, batch: Sequence[BlobReference], now: int, caller: Caller, remove: Callable[[str], None], by: str
    ) -> Sequence[BlobReference]:
        """Doom a batch and remove what its right leaves the time for; the rest stays doomed for a later sweep."""
        rights = self._store.transact(lambda transaction: doom_all(transaction, batch, now, by), caller)
        removed = []
        for right in rights:
            if not allows_removal(right, self._store.now()):
                break
            remove(right.key)
            removed.append(right)
        self._store.transact(lambda transaction: forget_all(transaction, removed), caller)
        return tuple(map(reference_of, removed))

    def _overdue(self, now: int) -> Iterator[BlobReference]:
        """Walk the staged records past due, and the doomed ones that a sweep left behind."""
        for group, due_max in ((STAGED, now), (DOOMED, self._store.now())):
            after: Record | None = None
            while page := self._store.records("blob", group, due_max=due_max, after=after, limit=SWEEP_BATCH):
                yield from map(reference_of, page)
                after = page[-1]

    def _foreign(self, now: int) -> Iterator[BlobReference]:
        """Walk the bytes that have no record and are older than a day."""
        for blob in self._artifacts.blobs():
            if blob.modified < now - STAGED_FOR_US and self._store.record("blob", blob.digest) is None:
                yield BlobReference(blob.digest, blob.bytes)
