"""Records of stored bytes, so that bytes nobody refers to can be swept while everybody goes on writing.

A blob's record is `staged` (kept until `due`, for a node about to be written), `kept` (a node refers to it) or
`doomed` (being removed). The protocol:

1. A writer writes the record before the bytes: staged, due a day from now; a staged one is given another day.
2. The action that makes a node refer to the bytes sets their record to kept; it fails if the record is missing or
   doomed. Kept is final, so a sweep never looks at it.
3. A sweep holds the artifact store's removal lock while it dooms records that are past due (checked again inside
   the action), removes their bytes, then removes the records. Bytes without a record are doomed the same way.
4. A writer that meets a doomed record takes the removal lock before it stages. It then knows that nobody is
   removing: the sweep was done, or it died and left the record, and the writer writes the bytes again.

Both 1 and 3 write the one record, so they exclude each other in the graph store; only the holder of the lock removes
bytes, and only those of records that it doomed while it held it. So no sweep removes what a writer staged within
the day or an action kept, however long either side stalls. A crash leaves a staged record, or a doomed one that the
next sweep finishes. An artifact store belongs to one graph store.
"""

import hashlib
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO, cast

from arangovis.artifacts.base import ArtifactStore
from arangovis.domain.errors import Conflict, IntegrityError, NotFound, StoreUnavailable
from arangovis.domain.graph import Caller, Record
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction

STAGED_FOR_US = 24 * 3600 * 1_000_000
"""How long bytes are kept for a node that is not yet written."""
REMOVAL_WAIT_S = 10.0
SWEEP_BATCH = 100
CHUNK_BYTES = 1 << 20
SPOOL_BYTES = 16 << 20
_STAGED, _KEPT, _DOOMED = "staged", "kept", "doomed"


@dataclass(frozen=True, slots=True)
class BlobReference:
    """Stored bytes: their SHA-256, 64 hex digits, and how many they are."""

    digest: str
    bytes: int


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
    """Bytes that the graph refers to."""

    def __init__(self, store: GraphStore, artifacts: ArtifactStore, *, removal_wait_s: float = REMOVAL_WAIT_S) -> None:
        self._store = store
        self._artifacts = artifacts
        self._removal_wait_s = removal_wait_s

    # --- writing ----------------------------------------------------------------------------------------------

    def save(self, data: bytes, caller: Caller) -> BlobReference:
        """Store bytes durably; they stay for at least a day, and for good once an action keeps them.

        Raises:
            StoreUnavailable: a store did not answer, or the same bytes are just being swept; trying again helps.

        """
        return self.save_many((data,), caller)[0]

    def save_many(self, contents: Sequence[bytes], caller: Caller) -> tuple[BlobReference, ...]:
        """Store several blobs as `save` does, with one action for their records."""
        references = tuple(BlobReference(hashlib.sha256(data).hexdigest(), len(data)) for data in contents)
        self._stage(references, caller)
        for data in contents:
            self._artifacts.put(data)
        return references

    def save_stream(self, stream: BinaryIO, caller: Caller) -> BlobReference:
        """Store a stream of any length as `save` does, in constant memory.

        The digest must be known before the bytes are stored, so the stream is spooled first.
        """
        with tempfile.SpooledTemporaryFile(max_size=SPOOL_BYTES) as spool:
            reference = _spooled(stream, cast("BinaryIO", spool))
            spool.seek(0)
            self._stage((reference,), caller)
            self._artifacts.put_stream(cast("BinaryIO", spool))
        return reference

    def keep(self, transaction: Transaction, digests: Iterable[str]) -> None:
        """Keep blobs for good, inside the action that makes a node refer to them.

        Raises:
            IntegrityError: one was never saved, or saved so long ago that it was swept.

        """
        for digest in dict.fromkeys(digests):
            record = transaction.record("blob", digest)
            if record is None or record.group == _DOOMED:
                raise IntegrityError(f"blob {digest[:12]} is not stored, or no longer")
            if record.group != _KEPT:
                transaction.put_record(Record("blob", digest, group=_KEPT, data=record.data))

    def _stage(self, references: Sequence[BlobReference], caller: Caller) -> None:
        doomed = self._store.transact(lambda transaction: _stage_all(transaction, references), caller)
        if doomed:
            with self._removal_right():
                self._store.transact(lambda transaction: _stage_all(transaction, doomed, revive=True), caller)

    # --- reading ----------------------------------------------------------------------------------------------

    def read(self, digest: str) -> bytes:
        """Return all bytes of a blob, verified.

        Raises:
            IntegrityError: they are damaged or gone.

        """
        try:
            return self._artifacts.read(digest)
        except NotFound as error:
            raise IntegrityError(f"the bytes of blob {digest[:12]} are gone") from error

    def verify(self, digest: str) -> bool:
        """Say whether the bytes of a blob are there and undamaged. Damaged ones are removed, so that saving the
        same content again writes it.

        Raises:
            StoreUnavailable: they are damaged, but others are being removed at this moment.

        """
        if not self._artifacts.exists(digest):
            return False
        if self._is_intact(digest):
            return True
        with self._removal_right():
            if self._is_intact(digest):
                return True  # another found the damage too, and has the bytes again by now
            self._artifacts.remove(digest)
        return False

    def _is_intact(self, digest: str) -> bool:
        found = hashlib.sha256()
        try:
            with self._artifacts.open(digest) as stream:
                while chunk := stream.read(CHUNK_BYTES):
                    found.update(chunk)
        except NotFound:
            return False
        return found.hexdigest() == digest

    # --- sweeping ---------------------------------------------------------------------------------------------

    def sweep(self, caller: Caller, now: int | None = None, *, dry_run: bool = False) -> SweepReport:
        """Remove blobs that were staged and never kept, and bytes without a record or half-written, older than a day.

        It may be stopped at any time and run beside writers and other sweeps.

        Args:
            caller: who sweeps.
            now: records due by this time go, microseconds since 1970; None for the store's clock.
            dry_run: count only.

        Raises:
            StoreUnavailable: another sweep is running.

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
            gone = batch if dry_run else self._remove(batch, now, caller)
            count += len(gone)
            size += sum(reference.bytes for reference in gone)
        return count, size

    def _remove(self, batch: Sequence[BlobReference], now: int, caller: Caller) -> Sequence[BlobReference]:
        with self._removal_right():
            doomed = self._store.transact(lambda transaction: _doom_all(transaction, batch, now), caller)
            for reference in doomed:
                self._artifacts.remove(reference.digest)
            self._store.transact(lambda transaction: _forget_all(transaction, doomed), caller)
        return doomed

    def _overdue(self, now: int) -> Iterator[BlobReference]:
        """Walk the staged records past due, and the doomed ones that a sweep left behind."""
        for group in (_STAGED, _DOOMED):
            after: Record | None = None
            while page := self._store.records("blob", group, due_max=now, after=after, limit=SWEEP_BATCH):
                yield from (BlobReference(record.key, int(str(record.data["bytes"]))) for record in page)
                after = page[-1]

    def _foreign(self, now: int) -> Iterator[BlobReference]:
        """Walk the bytes that have no record and are older than a day."""
        for blob in self._artifacts.blobs():
            if blob.modified < now - STAGED_FOR_US and self._store.record("blob", blob.digest) is None:
                yield BlobReference(blob.digest, blob.bytes)

    @contextmanager
    def _removal_right(self) -> Iterator[None]:
        with ExitStack() as stack:
            try:
                stack.enter_context(self._artifacts.removal_lock(self._removal_wait_s))
            except Conflict as error:
                raise StoreUnavailable("unused blobs are being removed at this moment; try again") from error
            yield


def _stage_all(
    transaction: Transaction, references: Sequence[BlobReference], *, revive: bool = False
) -> tuple[BlobReference, ...]:
    """Stage what is not kept; return what is doomed, unless it is revived by the holder of the removal lock."""
    doomed = []
    for reference in references:
        record = transaction.record("blob", reference.digest)
        if record is not None and record.group == _DOOMED and not revive:
            doomed.append(reference)
        elif record is None or record.group != _KEPT:
            due = max(transaction.now + STAGED_FOR_US, 0 if record is None else record.due)
            transaction.put_record(_record(reference, _STAGED, due))
    return tuple(doomed)


def _doom_all(transaction: Transaction, references: Sequence[BlobReference], now: int) -> tuple[BlobReference, ...]:
    """Doom what is not kept and not staged for longer; return what is doomed now."""
    doomed = []
    for reference in references:
        record = transaction.record("blob", reference.digest)
        if record is None or record.group == _DOOMED or (record.group == _STAGED and record.due <= now):
            transaction.put_record(_record(reference, _DOOMED, now))
            doomed.append(reference)
    return tuple(doomed)


def _forget_all(transaction: Transaction, references: Sequence[BlobReference]) -> None:
    for reference in references:
        transaction.remove_record("blob", reference.digest)


def _record(reference: BlobReference, group: str, due: int) -> Record:
    return Record("blob", reference.digest, group=group, due=due, data={"bytes": reference.bytes})


def _spooled(stream: BinaryIO, spool: BinaryIO) -> BlobReference:
    """Copy a stream and return what it is."""
    digest, size = hashlib.sha256(), 0
    while chunk := stream.read(CHUNK_BYTES):
        digest.update(chunk)
        size += spool.write(chunk)
    return BlobReference(digest.hexdigest(), size)
