"""The life of a run: requested, claimed, kept alive, ended. The run vertex is the queue's row.

State and lease change in one transaction. Finishing is fenced: only the owner and attempt that the lease names may
end a run, so a run that was claimed again cannot be ended twice.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from arangovis.domain.errors import Conflict, Gone, NotFound
from arangovis.domain.graph import Caller, EdgeId, Node
from arangovis.domain.ids import NodeId, time_ordered_id
from arangovis.domain.json import EMPTY, Document
from arangovis.domain.runs import ATTEMPTS_MAX, Executor, Lease, Priority, Reason, Run, RunState, queue_of
from arangovis.domain.work import Claim, Input, Made, Outcome, RunRequest
from arangovis.services.anomaly.products import write_dataset, write_detector
from arangovis.services.blobs import BlobReference, Blobs
from arangovis.services.compatibility.weights import write_trained
from arangovis.services.leases import held, holder, most_urgent, take
from arangovis.services.rows.filters import put_file_filter
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Draft, Transaction, record_key

AfterEnd = Callable[[Transaction, Run], None]
"""What else happens in the transaction that ends a run; plans hook in here."""


class Runs:
    """The queue and the record of everything that runs."""

    def __init__(self, store: GraphStore, blobs: Blobs, after_end: AfterEnd | None = None) -> None:
        self._store = store
        self._blobs = blobs
        self._after_end = after_end

    # --- asking -----------------------------------------------------------------------------------------------

    def request(self, transaction: Transaction, wanted: RunRequest) -> tuple[Run, bool]:
        """Find the run that answers this request, or write a pending one. Return (run, whether it is new).

        Raises:
            NotFound: an input does not exist.

        """
        keys = () if wanted.run_key is None else (("reservation", record_key("run-key", wanted.run_key)),)
        transaction.expect(nodes=[item.node for item in wanted.inputs], records=keys)
        shared = self.shared(transaction, wanted.run_key)
        if shared is not None:
            return shared, False
        run = Run(
            id=time_ordered_id("run", transaction.now),
            project=wanted.project,
            method=wanted.method,
            state=RunState.PENDING,
            executor=Executor.WORKER,
            run_key=wanted.run_key,
            question=wanted.question,
            generation=wanted.generation,
            seed=wanted.seed,
            params=wanted.params,
            options=wanted.options,
            name=wanted.name,
            plan=wanted.plan,
        )
        self.write_new(transaction, run, wanted.inputs)
        lease = Lease(run.id, run.method, due=transaction.now, queued=transaction.now, priority=wanted.priority)
        transaction.put_record(lease.record())
        return run, True

    def refuse(self, transaction: Transaction, wanted: RunRequest, state: RunState, *, message: str) -> Run:
        """Write a run that ended before it began, so that the question and its answer are on record."""
        run = Run(
            id=time_ordered_id("run", transaction.now),
            project=wanted.project,
            method=wanted.method,
            state=state,
            executor=Executor.WORKER,
            question=wanted.question,
            params=wanted.params,
            options=wanted.options,
            name=wanted.name,
            plan=wanted.plan,
            reason=Reason.FAILED.value if state is RunState.ERROR else None,
            message=message,
            ended=transaction.now,
        )
        self.write_new(transaction, run, wanted.inputs)
        return run

    def write_new(self, transaction: Transaction, run: Run, inputs: Sequence[Input]) -> None:
        """Write a run with its inputs, and let it hold its run key."""
        transaction.create_new(run.id, run.project, run.document())
        for item in inputs:
            transaction.link(EdgeId("input_to", item.node, run.id, item.role))
        if run.run_key is not None:
            transaction.move_reservation("run-key", run.run_key, run.id)

    def shared(self, transaction: Transaction, run_key: str | None) -> Run | None:
        """Return the run that answers every request of this key: one that succeeded or is under way, or None."""
        holder = None if run_key is None else transaction.reserved("run-key", run_key)
        draft = None if holder is None else transaction.find(holder)
        run = None if draft is None else run_of_draft(draft)
        return run if run is not None and run.state.is_shareable else None

    def get(self, run_id: NodeId, *, at: int | None = None) -> Run:
        """Return a run.

        Raises:
            NotFound: there is none.
            Gone: it was deleted.

        """
        if run_id.kind != "run":
            raise NotFound(f"{run_id} is not a run")
        node = self._store.get(run_id, at=at)
        if node.version.deleted:
            raise Gone(f"{run_id} was deleted")
        return run_of(node)

    def lease(self, run_id: NodeId) -> Lease | None:
        """Return the lease of an open run: its place in the queue, or holder and progress."""
        record = self._store.record("lease", run_id.key)
        return None if record is None else Lease.of(record)

    # --- working ----------------------------------------------------------------------------------------------

    def claim(self, methods: Sequence[str], owner: str, *, lease_us: int) -> Claim | None:
        """Take the run that has waited longest among the most urgent, or None if nothing is due.

        A run whose lease expired is taken again; one whose attempts died ATTEMPTS_MAX times ends in ERROR.
        """
        if self._store.actions_take_turns and not self._any_due(methods):
            return None
        claim = self._store.transact(lambda tx: self._claim(tx, methods, (owner, lease_us)), Caller(owner))
        return None if claim is None else replace(claim, request_id=self._request_of(claim.run.id))

    def _request_of(self, run_id: NodeId) -> str:
        """Return the id of the request that a run came of."""
        return next((node.version.request_id for node in self._store.history(run_id)), "")

    def _any_due(self, methods: Sequence[str]) -> bool:
        now = self._store.now()
        queues = (queue_of(method, priority) for priority in Priority for method in methods)
        return any(self._store.records("lease", queue, due_max=now, limit=1) for queue in queues)

    def _claim(self, transaction: Transaction, methods: Sequence[str], holder: tuple[str, int]) -> Claim | None:
        while (lease := most_urgent(transaction, methods)) is not None:
            run = _read(transaction, lease.run)
            if not run.state.is_open:  # it was deleted: there is nothing to compute
                self._forget(transaction, run)
                continue
            failures = lease.failures + (1 if lease.owner else 0)
            if failures < ATTEMPTS_MAX:
                return take(transaction, run, replace(lease, failures=failures), holder)
            self._lose(transaction, run, failures)
        return None

    def _lose(self, transaction: Transaction, run: Run, failures: int) -> None:
        message = f"it was started {failures} times and never finished"
        lost = run.ended_as(RunState.ERROR, now=transaction.now, reason=Reason.LOST, message=message)
        self._end(transaction, lost)

    def renew(self, claim: Claim, *, lease_us: int, progress: float, stage: str) -> None:
        """Hold the run for another `lease_us` from now, and say how far it is.

        Raises:
            LeaseLost: the run was cancelled, or another attempt holds it.

        """

        def action(transaction: Transaction) -> None:
            lease = held(transaction, claim)
            due = transaction.now + lease_us
            renewed = replace(lease, due=due, progress=progress, stage=stage, heartbeat=transaction.now)
            transaction.put_record(renewed.record())

        self._store.transact(action, Caller(claim.owner, claim.request_id))

    def hand_over(self, claim: Claim, owner: str, *, lease_us: int) -> Claim:
        """Give a claimed run to another owner, as the same attempt. From then on only the new claim is good.

        Raises:
            LeaseLost: the run was cancelled, another attempt holds it, or it was handed over already.

        """

        def action(transaction: Transaction) -> Claim:
            lease, now = held(transaction, claim), transaction.now
            transaction.put_record(replace(lease, owner=owner, due=now + lease_us, heartbeat=now).record())
            return replace(claim, owner=owner)

        return self._store.transact(action, Caller(owner))

    def check_held(self, claim: Claim) -> None:
        """Look whether the run is still ours, without writing.

        Raises:
            LeaseLost: the run was cancelled, or another attempt holds it.

        """
        holder(self._store.record("lease", claim.run.id.key), claim)

    def release(self, claim: Claim, *, counted: bool) -> None:
        """Give a run back unfinished: it is pending again.

        A crash is `counted`: the run goes to the end of the queue, and after ATTEMPTS_MAX of them it ends in ERROR.
        After a shutdown it has its old place.

        Raises:
            LeaseLost: the run is not ours any more.

        """

        def action(transaction: Transaction) -> None:
            lease = held(transaction, claim)
            run = load(transaction, claim.run.id)
            failures = lease.failures + (1 if counted else 0)
            if failures >= ATTEMPTS_MAX:
                return self._lose(transaction, run, failures)
            transaction.update(run.id, replace(run, state=RunState.PENDING).document())
            due = transaction.now if counted else lease.queued
            back = replace(lease, due=due, owner="", failures=failures, progress=0.0, stage="")
            return transaction.put_record(back.record())

        self._store.transact(action, Caller(claim.owner, claim.request_id))

    def succeed(self, claim: Claim, outcome: Outcome, caller: Caller) -> Run:
        """End a run with what it made: bytes first, then artifacts, edges, metrics and state in one transaction.

        Raises:
            LeaseLost: the run is not ours any more; nothing is written.

        """
        blobs = self._blobs.save_many([made.data for made in outcome.made], caller, begun=claim.run.started)

        def action(transaction: Transaction) -> Run:
            kept = [("blob", blob.digest) for blob in blobs]
            nodes = [claim.run.id, *(item.node for item in outcome.found)]
            transaction.expect(nodes=nodes, records=[("lease", claim.run.id.key), *kept])
            held(transaction, claim)
            run = load(transaction, claim.run.id)
            self._blobs.keep(transaction, [*(blob.digest for blob in blobs), *outcome.staged])
            write_products(transaction, run, outcome, blobs)
            for item in outcome.found:
                transaction.link(EdgeId("input_to", item.node, run.id, item.role), {"found": True})
            done = replace(run, metrics=outcome.metrics or {}, environment=outcome.environment or {})
            return self._end(transaction, done.ended_as(RunState.SUCCESS, now=transaction.now))

        return self._store.transact(action, caller)

    def fail(self, claim: Claim, state: RunState, *, reason: Reason, message: str) -> Run:
        """End a run without success.

        Raises:
            LeaseLost: the run is not ours any more; nothing is written.

        """

        def action(transaction: Transaction) -> Run:
            transaction.expect(nodes=[claim.run.id], records=[("lease", claim.run.id.key)])
            held(transaction, claim)
            run = load(transaction, claim.run.id)
            return self._end(transaction, run.ended_as(state, now=transaction.now, reason=reason, message=message))

        return self._store.transact(action, Caller(claim.owner, claim.request_id))

    # --- ending from outside ----------------------------------------------------------------------------------

    def cancel(self, run_id: NodeId, caller: Caller) -> Run:
        """Cancel an open run. Its lease goes with it, so a worker that computes it stops and cannot finish it.

        Raises:
            NotFound: there is no such run.
            Conflict: it has ended already.

        """

        def action(transaction: Transaction) -> Run:
            run = load(transaction, run_id)
            if run.state is RunState.CANCELLED:
                return run
            if not run.state.is_open:
                raise Conflict(f"{run_id} has ended already: {run.state.value}")
            return self.cancel_in(transaction, run, f"cancelled by {caller.actor}")

        return self._store.transact(action, caller)

    def cancel_in(self, transaction: Transaction, run: Run, message: str) -> Run:
        """Cancel an open run inside an action."""
        cancelled = run.ended_as(RunState.CANCELLED, now=transaction.now, reason=Reason.CANCELLED, message=message)
        return self._end(transaction, cancelled)

    def _end(self, transaction: Transaction, run: Run) -> Run:
        transaction.update(run.id, run.document())
        self._forget(transaction, run)
        return run

    def _forget(self, transaction: Transaction, run: Run) -> None:
        """Take a run that is over out of the queue, and tell who follows it."""
        transaction.remove_record("lease", run.id.key)
        if self._after_end is not None:
            self._after_end(transaction, run)


def run_of(node: Node) -> Run:
    """Read a run from its node."""
    return Run.of(node.id, node.project, node.attributes)


def load(transaction: Transaction, run_id: NodeId) -> Run:
    """Read a run inside an action.

    Raises:
        NotFound: there is none.

    """
    if run_id.kind != "run":
        raise NotFound(f"{run_id} is not a run")
    return run_of_draft(transaction.get(run_id))


def _read(transaction: Transaction, run_id: NodeId) -> Run:
    draft = transaction.find_many((run_id,)).get(run_id)
    return run_of_draft(Draft(run_id, None, EMPTY, deleted=True) if draft is None else draft)


def run_of_draft(draft: Draft) -> Run:
    """Read a run from its state inside an action. One that was deleted counts as cancelled."""
    if draft.deleted:
        return Run(draft.id, draft.project, method="", state=RunState.CANCELLED, executor=Executor.WORKER)
    return Run.of(draft.id, draft.project, draft.attributes)


def write_products(transaction: Transaction, run: Run, outcome: Outcome, blobs: Sequence[BlobReference]) -> None:
    """Write inside an action what a run made, and that it made it; `blobs` are the bytes of each file, kept already."""
    files = {
        made.role: _write_artifact(transaction, run, made, (blob.digest, blob.bytes))
        for made, blob in zip(outcome.made, blobs, strict=True)
    }
    for model in outcome.models:
        write_trained(transaction, run.id, model, files[model.file])
    for dataset in outcome.datasets:
        write_dataset(transaction, run, dataset)
    for detector in outcome.detectors:
        write_detector(transaction, run, detector, files[detector.file])


def _write_artifact(transaction: Transaction, run: Run, made: Made, blob: tuple[str, int]) -> NodeId:
    digest, size = blob
    attributes: dict[str, object] = {
        "role": made.role,
        "digest": digest,
        "bytes": size,
        "media_type": made.media_type,
        "stage_key": made.stage_key,
        "name": made.name,
        "facts": made.facts,
    }
    node = time_ordered_id("artifact", transaction.now)
    kept: Document = {key: value for key, value in attributes.items() if value is not None}  # type: ignore[misc]
    transaction.create_new(node, run.project, kept)
    transaction.link(EdgeId("generated", run.id, node, made.role))
    if made.row_filter is not None:
        put_file_filter(transaction, digest, made.row_filter)
    return node
