"""A worker: claims runs of the methods it declares and has them supervised, until it is told to stop."""

import logging
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from queue import Empty, SimpleQueue

from arangovis.domain.errors import ArangovisError, LeaseLost
from arangovis.domain.graph import Caller, Record
from arangovis.domain.json import Document
from arangovis.domain.work import Claim
from arangovis.logs import about
from arangovis.services.external.watching import lose_overdue
from arangovis.workers.place import Place
from arangovis.workers.protocol import Job
from arangovis.workers.queue import Queue
from arangovis.workers.rounds import Round
from arangovis.workers.supervisor import process_name, supervise, supervisor_at

_log = logging.getLogger("arangovis.worker")

IDLE_FIRST_S = 0.05
IDLE_MAX_S = 1.0
GLANCE_EVERY_S = 0.1
"""How often a worker without work asks an embedded store whether it was written to, which costs hardly anything."""
HEARTBEAT_S = 20.0
LOST_AFTER_US = 60_000_000
TIDY_FIRST_S = 60.0
TIDY_EVERY_S = 3600.0
SERIES_EVERY_S = 10.0
TELL_EVERY_S = 1.0
SCHEDULES_EVERY_S = 1.0
WEBHOOKS_EVERY_S = 1.0
_US = 1_000_000


class Worker:
    """One worker process.

    Args:
        place: where the work is, and where it is computed.
        methods: what it claims runs of.
        slots: how many runs it has computed at once; a function if that changes.
        executor: where runs are supervised; threads of this process by default. Who gives one shuts it down.
        take: what the executor is to call for a claimed run, if that takes the run over from this worker, as
            `supervisor.take_over` does. The worker holds the run until then, and stopping it does not stop the run.
        clock: seconds that never go back.

    """

    def __init__(
        self,
        place: Place,
        methods: Sequence[str],
        *,
        slots: int | Callable[[], int] = 1,
        executor: Executor | None = None,
        take: Callable[[Job], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._queue = supervisor_at(place).queue
        self._methods = tuple(methods)
        self._slots = slots
        self._executor = executor or ThreadPoolExecutor(_now(slots), thread_name_prefix="supervisor")
        self._owns_executor = executor is None
        self._supervise = take or partial(supervise, place=place)
        self._takes = take is not None
        self._clock = clock
        self._stopping = False
        self._wake: SimpleQueue[None] = SimpleQueue()  # unlike an Event, it may be used in a signal handler
        self._busy: dict[Future[None], Claim] = {}
        self._waiting: set[Future[None]] = set()
        self._hold_at = 0.0
        self._heartbeat_at = 0.0
        self._change = 0
        self._rounds = _rounds(self._queue, clock() + TIDY_FIRST_S)
        self.name = process_name()

    def run(self) -> None:
        """Work until `stop` is called; then give back what is not finished."""
        _log.info("worker %s takes %s", self.name, ", ".join(self._methods))
        pause = IDLE_FIRST_S
        try:
            while not self._stopping:
                pause = IDLE_FIRST_S if self._turn() else min(pause * 1.5, IDLE_MAX_S, self._third_s)
                self._rest(pause)
        finally:
            self._shut_down()

    def stop(self) -> None:
        """Ask the worker to stop. May be called from a signal handler."""
        self._stopping = True
        self._wake.put(None)

    def _rest(self, pause_s: float) -> None:
        """Wait for so long, unless there is something to collect, the worker is stopped, or there may be work."""
        for _ in range(max(1, round(pause_s / GLANCE_EVERY_S))):
            if self._is_woken(min(pause_s, GLANCE_EVERY_S)) or self._was_written_to():
                return

    def _is_woken(self, pause_s: float) -> bool:
        try:
            self._wake.get(timeout=pause_s)
        except Empty:
            return False
        with suppress(Empty):
            while True:
                self._wake.get_nowait()
        return True

    def _was_written_to(self) -> bool:
        """Say whether an embedded store has nodes that it had not when this was asked before."""
        if not self._queue.store.actions_take_turns:
            return False
        with suppress(ArangovisError):
            change, self._change = self._change, self._queue.store.change_number()
            return change != self._change
        return False

    def _turn(self) -> bool:
        """Collect and claim once. Return whether a run was claimed."""
        try:
            self._collect()
            self._hold()
            self._show_life()
            for part in self._rounds:
                part.look(self._clock())
            return len(self._busy) < _now(self._slots) and self._claim()
        except ArangovisError:
            _log.warning("the store did not answer; trying again", exc_info=True)
            return False

    def _claim(self) -> bool:
        lease_us = self._queue.settings.lease_s * _US
        claim = self._queue.runs.claim(self._methods, self.name, lease_us=lease_us)
        if claim is None:
            return False
        with about(claim.request_id, str(claim.run.id)):
            _log.info("claimed %s (%s), attempt %d", claim.run.id, claim.run.method, claim.attempt)
        job = Job(str(claim.run.id), claim.owner, claim.attempt, claim.request_id)
        try:
            future = self._executor.submit(self._supervise, job)
        except OSError:  # the executor cannot be reached; its slots tell when it can
            self._release(claim)
            return False
        except RuntimeError:  # the executor is broken or shut down, so this worker is of no use
            self._release(claim)
            raise
        self._busy[future] = claim
        if self._takes:
            self._waiting.add(future)
        future.add_done_callback(lambda done: self._wake.put(None))  # noqa: ARG005
        return True

    def _collect(self) -> None:
        for future in [future for future in self._busy if future.done()]:
            claim = self._busy.pop(future)
            self._waiting.discard(future)
            if future.cancelled():  # the executor lost it; if it had begun, its lease is not ours and will expire
                self._release(claim)
            elif (error := future.exception()) is not None:
                _log.error("supervising %s failed; its lease will expire", claim.run.id, exc_info=error)

    @property
    def _third_s(self) -> float:
        """Return how often a lease is renewed."""
        return self._queue.settings.lease_s / 3

    def _hold(self) -> None:
        """Renew the leases of the runs that nothing has taken over yet: they wait for room in the executor."""
        if not self._waiting or self._clock() < self._hold_at:
            return
        self._hold_at = self._clock() + self._third_s
        for future in list(self._waiting):
            try:
                lease_us = self._queue.settings.lease_s * _US
                self._queue.runs.renew(self._busy[future], lease_us=lease_us, progress=0.0, stage="")
            except LeaseLost:
                self._waiting.discard(future)

    def _show_life(self) -> None:
        if self._clock() < self._heartbeat_at:
            return
        due = self._queue.store.now() + LOST_AFTER_US
        data: Document = {"methods": list(self._methods), "slots": _now(self._slots), "pid": os.getpid()}
        record = Record("worker", self.name, due=due, data=data)
        self._queue.store.transact(lambda tx: tx.put_record(record), Caller(self.name))
        self._heartbeat_at = self._clock() + HEARTBEAT_S
        if lost := lose_overdue(self._queue.store):
            _log.info("nothing was heard of %d external runs in time: they count as lost", lost)

    def _shut_down(self) -> None:
        """Give back the runs that are ours, so that their supervisors find the leases gone and kill what computes."""
        for future, claim in self._busy.items():
            if self._release(claim):
                future.cancel()
        if self._owns_executor:
            self._executor.shutdown(wait=True)
        try:
            self._queue.store.transact(lambda tx: tx.remove_record("worker", self.name), Caller(self.name))
        except ArangovisError:
            _log.info("the store did not answer; the worker's record will expire")

    def _release(self, claim: Claim) -> bool:
        try:
            self._queue.runs.release(claim, counted=False)
        except ArangovisError:
            _log.info("%s was not given back: it ended, another has it, or its lease will expire", claim.run.id)
            return False
        return True


def _now(slots: int | Callable[[], int]) -> int:
    return slots if isinstance(slots, int) else slots()


def _rounds(queue: Queue, tidy_at: float) -> Sequence[Round]:
    """Return what is done beside the work."""
    housekeeping, emitting = queue.housekeeping, queue.emitting
    telling = [] if emitting is None else [Round("told runs", TELL_EVERY_S, emitting, emitting.is_due)]
    return (
        Round("housekeeping", TIDY_EVERY_S, housekeeping, first_s=tidy_at),
        # what merges rows is loaded when there is something to merge, not now
        Round("rows of series", SERIES_EVERY_S, lambda: housekeeping.series(), housekeeping.series_is_due),  # noqa: PLW0108
        Round("schedules", SCHEDULES_EVERY_S, queue.clock, queue.clock.is_due),
        Round("messages", WEBHOOKS_EVERY_S, queue.outbox, queue.outbox.is_due),
        Round("webhooks", WEBHOOKS_EVERY_S, queue.sending, queue.sending.is_due),
        *telling,
    )
