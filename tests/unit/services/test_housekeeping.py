"""Rounds of housekeeping on the memory store and real files."""

import os
from pathlib import Path

from arangovis.artifacts.local import LocalArtifactStore
from arangovis.domain.graph import Caller, Record
from arangovis.services.blobs import STAGED_FOR_US, Blobs
from arangovis.services.housekeeping import FORGET_BATCH, Housekeeping
from arangovis.stores.memory import MemoryStore

CALLER = Caller("test")


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000

    def __call__(self) -> int:
        return self.now


def test_a_round_removes_what_is_past_due_and_nothing_else(tmp_path: Path) -> None:
    clock = Clock()
    store, artifacts = MemoryStore(clock=clock), LocalArtifactStore(tmp_path)
    blobs = Blobs(store, artifacts)
    orphan, kept = blobs.save(b"orphan", CALLER), blobs.save(b"kept", CALLER)
    later = clock.now + 2 * STAGED_FOR_US
    records = [Record("idempotency", f"old-{i}", due=clock.now) for i in range(FORGET_BATCH + 1)]
    records += [Record("idempotency", "young", due=later), Record("worker", "lost", due=clock.now)]

    def action(transaction: object) -> None:
        blobs.keep(transaction, [kept.digest])  # type: ignore[arg-type]
        for record in records:
            transaction.put_record(record)  # type: ignore[attr-defined]

    store.transact(action, CALLER)
    left_behind = tmp_path / "temporary" / "half-written"
    left_behind.parent.mkdir(exist_ok=True)
    left_behind.write_bytes(b"half")
    os.utime(left_behind, (0, 0))
    clock.now += STAGED_FOR_US + 1
    tidied = Housekeeping(store, blobs)()
    assert tidied.blobs.staged == 1
    assert tidied.blobs.temporary == 1
    assert not left_behind.exists()
    assert tidied.forgotten == FORGET_BATCH + 2
    assert not artifacts.exists(orphan.digest)
    assert artifacts.read(kept.digest) == b"kept"
    assert store.record("idempotency", "young") is not None
    assert store.record("worker", "lost") is None
    assert Housekeeping(store, blobs)().forgotten == 0
