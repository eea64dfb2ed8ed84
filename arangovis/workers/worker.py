"""A worker: claims runs of the methods it declares and has them supervised, until it is told to stop."""

import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from functools import partial
from queue import Empty, SimpleQueue

from arangovis.domain.errors import ArangovisError, LeaseLost
from arangovis.domain.graph import Caller, Record
from arangovis.domain.json import Document
from arangovis.domain.work import Claim
from arangovis.services.exchange.emitting import Emitting
from arangovis.services.external.watching import lose_overdue
from arangovis.workers.place import Place
from arangovis.workers.protocol import Job
from arangovis.workers.supervisor import process_name, supervise, supervisor_at

_log = logging.getLogger("arangovis.worker")

IDLE_FIRST_S = 0.05
IDLE_MAX_S = 1.0
HEARTBEAT_S = 20.0
LOST_AFTER_US = 60_000_000
TIDY_FIRST_S = 60.0
TIDY_EVERY_S = 3600.0
SERIES_EVERY_S = 10.0
TELL_EVERY_S = 1.0
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
        self._tidy_at = clock() + TIDY_FIRST_S
        self._series_at = 0.0
        self._series_round: threading.Thread | None = None
        self._tell_at = 0.0
        self._tell_round: threading.Thread | None = None
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
        try:
            self._wake.get(timeout=pause_s)
            while True:
                self._wake.get_nowait()
        except Empty:
            return

    def _turn(self) -> bool:
        """Collect and claim once. Return whether a run was claimed."""
        try:
            self._collect()
            self._hold()
            self._show_life()
            self._tidy()
            self._keep_series()
            self._tell()
            return len(self._busy) < _now(self._slots) and self._claim()
        except ArangovisError:
            _log.warning("the store did not answer; trying again", exc_info=True)
            return False

    def _claim(self) -> bool:
        lease_us = self._queue.settings.lease_s * _US
        claim = self._queue.runs.claim(self._methods, self.name, lease_us=lease_us)
        if claim is None:
            return False
        _log.info("claimed %s (%s), attempt %d", claim.run.id, claim.run.method, claim.attempt)
        try:
            future = self._executor.submit(self._supervise, Job(str(claim.run.id), claim.owner, claim.attempt))
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

    def _tidy(self) -> None:
        """Start a round of housekeeping beside the work."""
        if self._clock() >= self._tidy_at:
            self._tidy_at = self._clock() + TIDY_EVERY_S
            threading.Thread(target=self._make_round, daemon=True, name="housekeeping").start()

    def _keep_series(self) -> None:
        """Have rows of series merged beside the work, if it is due and the round before is done."""
        if self._clock() < self._series_at or (self._series_round is not None and self._series_round.is_alive()):
            return
        self._series_at = self._clock() + SERIES_EVERY_S
        if self._queue.housekeeping.series_is_due():
            self._series_round = threading.Thread(target=self._make_series_round, daemon=True, name="series")
            self._series_round.start()

    def _tell(self) -> None:
        """Have runs told to others beside the work, if there is anything to tell and the round before is done."""
        emitting = self._queue.emitting
        is_busy = self._tell_round is not None and self._tell_round.is_alive()
        if emitting is None or is_busy or self._clock() < self._tell_at:
            return
        self._tell_at = self._clock() + TELL_EVERY_S
        if emitting.is_due():
            self._tell_round = threading.Thread(
                target=self._make_tell_round, args=(emitting,), daemon=True, name="tell"
            )
            self._tell_round.start()

    def _make_tell_round(self, emitting: Emitting) -> None:
        try:
            _log.debug("told runs: %s", emitting())
        except ArangovisError as error:
            _log.warning("runs are told later: %s", error.detail)

    def _make_series_round(self) -> None:
        try:
            _log.info("rows of series: %s", self._queue.housekeeping.series())
        except ArangovisError as error:
            _log.info("rows of series wait for the next round: %s", error.detail)

    def _make_round(self) -> None:
        try:
            _log.info("housekeeping: %s", self._queue.housekeeping())
        except ArangovisError as error:
            _log.info("housekeeping waits for the next round: %s", error.detail)

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
