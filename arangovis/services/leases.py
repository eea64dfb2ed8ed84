"""Leases inside an action: who holds a run, which run is next, and taking it."""

from collections.abc import Sequence
from dataclasses import replace

from arangovis.domain.errors import LeaseLost
from arangovis.domain.graph import Record
from arangovis.domain.runs import Lease, Priority, Run, RunState, queue_of
from arangovis.domain.work import Claim
from arangovis.stores.bookkeeping import Scan
from arangovis.stores.transaction import Transaction


def held(transaction: Transaction, claim: Claim) -> Lease:
    """Return the lease of a claim, read inside the action.

    Raises:
        LeaseLost: the run is not the claim's any more.

    """
    return holder(transaction.record("lease", claim.run.id.key), claim)


def holder(record: Record | None, claim: Claim) -> Lease:
    """Return the lease in a record, if it is still the claim's.

    Raises:
        LeaseLost: it is another's, or gone.

    """
    lease = None if record is None else Lease.of(record)
    if lease is None or (lease.owner, lease.attempt) != (claim.owner, claim.attempt):
        raise LeaseLost(f"{claim.run.id} is not held by attempt {claim.attempt} of {claim.owner} any more")
    return lease


def most_urgent(transaction: Transaction, methods: Sequence[str]) -> Lease | None:
    """Return the due lease that has waited longest among the most urgent, or None."""
    queues = [queue_of(method, priority) for priority in Priority for method in methods]
    transaction.expect(scans=[Scan("lease", queue, transaction.now, limit=1, about="run") for queue in queues])
    for priority in Priority:
        first = [
            Lease.of(record)
            for method in methods
            for record in transaction.records("lease", queue_of(method, priority), due_max=transaction.now, limit=1)
        ]
        if first:
            return min(first, key=lambda lease: (lease.due, lease.run.key))
    return None


def take(transaction: Transaction, run: Run, lease: Lease, holder: tuple[str, int]) -> Claim:
    """Start the run as its next attempt; `holder` is (owner, microseconds to hold it)."""
    owner, lease_us = holder
    attempt, now = lease.attempt + 1, transaction.now
    started = replace(run, state=RunState.STARTED, attempt=attempt, started=run.started or now)
    transaction.update(run.id, started.document())
    held = replace(lease, due=now + lease_us, owner=owner, attempt=attempt, progress=0.0, stage="", heartbeat=now)
    transaction.put_record(held.record())
    return Claim(started, owner, attempt)
