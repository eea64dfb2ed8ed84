"""The records of stored bytes, as actions see and change them. `arangovis.services.blobs` says what they are for.

A *right* is a record that says who may remove the bytes, in `data["by"]`, and until when, in `due`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from arangovis.artifacts.base import REMOVE_MAX_S
from arangovis.domain.errors import StoreUnavailable
from arangovis.domain.graph import Record
from arangovis.services.erased import ERASED, refuse_erased
from arangovis.stores.transaction import Transaction

STAGED, KEPT, DOOMED = "staged", "kept", "doomed"
STAGED_FOR_US = 24 * 3600 * 1_000_000
"""How long bytes are kept for a node that is not yet written."""
REMOVE_MAX_US = int(REMOVE_MAX_S * 1_000_000)
RIGHT_US = 2 * REMOVE_MAX_US
"""How long a right lasts. The half of it is for the last removal that it allows."""


@dataclass(frozen=True, slots=True)
class BlobReference:
    """Stored bytes: their SHA-256, 64 hex digits, and how many they are."""

    digest: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Held:
    """A right, and the record that it took the place of."""

    right: Record
    before: Record | None


def reference_of(record: Record) -> BlobReference:
    """Return what a record is about."""
    return BlobReference(record.key, int(str(record.data["bytes"])))


def allows_removal(right: Record, now: int) -> bool:
    """Say whether a removal that begins now ends while the right lasts."""
    return now < right.due - REMOVE_MAX_US


def stage_all(
    transaction: Transaction, references: Sequence[BlobReference], begun: int | None = None
) -> tuple[BlobReference, ...]:
    """Stage what is not kept; return what another has the right to remove. `begun` is as `refuse_erased` has it.

    Raises:
        Conflict: there are bytes among them that were erased.

    """
    held = []
    for reference in references:
        refuse_erased(transaction, reference.digest, begun)
        record = transaction.record("blob", reference.digest)
        if record is not None and _is_held(record, transaction.now):
            held.append(reference)
        elif record is None or record.group != KEPT:
            due = max(transaction.now + STAGED_FOR_US, 0 if record is None else record.due)
            transaction.put_record(Record("blob", reference.digest, STAGED, due, {"bytes": reference.bytes}))
    return tuple(held)


def condemn_all(transaction: Transaction, digests: Sequence[str], by: str) -> tuple[Record, ...]:
    """Take the right to remove bytes that were erased, whatever was to become of them; return the rights.

    `by` is the erasure. Bytes that a run made again meanwhile are not its own any more.

    Raises:
        StoreUnavailable: a sweep has the right to remove some of them.

    """
    transaction.expect(records=[(kind, digest) for digest in digests for kind in ("blob", ERASED)])
    rights = []
    for digest in digests:
        record, erased = transaction.record("blob", digest), transaction.record(ERASED, digest)
        if record is None or erased is None or erased.group != by:
            continue
        if _is_held(record, transaction.now) and record.data.get("by") != by:
            raise StoreUnavailable("these bytes are being removed at this moment; try again")
        rights.append(_right(transaction, reference_of(record), DOOMED, by))
        transaction.put_record(rights[-1])
    return tuple(rights)


def doom_all(transaction: Transaction, references: Sequence[BlobReference], now: int, by: str) -> tuple[Record, ...]:
    """Take the right to remove what no node refers to and was staged until `now` at the latest; return the rights."""
    rights = []
    for reference in references:
        record = transaction.record("blob", reference.digest)
        if record is None or _is_orphan(record, transaction.now, now) or _is_doomed_by(record, by):
            right = _right(transaction, reference, DOOMED, by)
            transaction.put_record(right)
            rights.append(right)
    return tuple(rights)


def forget_all(transaction: Transaction, rights: Sequence[Record]) -> None:
    """Remove the records of removed bytes. One that another wrote since is left alone."""
    for right in rights:
        if transaction.record("blob", right.key) == right:
            transaction.remove_record("blob", right.key)


def hold(transaction: Transaction, digest: str, by: str) -> Held:
    """Take the right to remove one blob, whatever refers to it, for as long as it takes to read it once more.

    Raises:
        StoreUnavailable: another has it.

    """
    before = transaction.record("blob", digest)
    if before is not None and _is_held(before, transaction.now):
        raise StoreUnavailable("these bytes are being removed at this moment; try again")
    size = 0 if before is None else reference_of(before).bytes
    group = KEPT if before is not None and before.group == KEPT else DOOMED
    right = _right(transaction, BlobReference(digest, size), group, by, extra_us=size)  # read at 1 MB/s or more
    transaction.put_record(right)
    return Held(right, before)


def give_back(transaction: Transaction, held: Held, *, removed: bool) -> None:
    """Put the record back as it was; one that only promised bytes that are removed now goes with them."""
    if transaction.record("blob", held.right.key) != held.right:
        return
    if held.before is None or (removed and held.before.group != KEPT):
        transaction.remove_record("blob", held.right.key)
    else:
        transaction.put_record(held.before)


def _right(transaction: Transaction, reference: BlobReference, group: str, by: str, *, extra_us: int = 0) -> Record:
    due = transaction.now + RIGHT_US + extra_us
    return Record("blob", reference.digest, group, due, {"bytes": reference.bytes, "by": by})


def _is_held(record: Record, now: int) -> bool:
    return record.group != STAGED and record.due > now


def _is_doomed_by(record: Record, by: str) -> bool:
    """Say whether it is one's own right, of an erasure that was killed and goes on."""
    return record.group == DOOMED and record.data.get("by") == by


def _is_orphan(record: Record, clock: int, staged_until: int) -> bool:
    """Say whether a record is doomed and nobody has the right any more, or staged no longer than that."""
    return (record.group == DOOMED and record.due <= clock) or (record.group == STAGED and record.due <= staged_until)
