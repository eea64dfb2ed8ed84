"""A worker: claims runs of the methods it declares and has them supervised, until it is told to stop."""

import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor

from arangovis.domain.errors import LeaseLost, StoreUnavailable
from arangovis.domain.graph import Caller, Record
from arangovis.domain.ids import time_ordered_id
from arangovis.domain.json import Document
from arangovis.services.runs import Claim
from arangovis.workers.context import WorkerContext
from arangovis.workers.pool import ComputePool
from arangovis.workers.supervisor import Supervisor

_log = logging.getLogger("arangovis.worker")

IDLE_FIRST_S = 0.05
IDLE_MAX_S = 1.0
HEARTBEAT_S = 20.0
LOST_AFTER_US = 60_000_000
_US = 1_000_000


class Worker:
    """One worker process. `slots` is how many runs it computes at once."""

    def __init__(
        self,
        context: WorkerContext,
        *,
        slots: int = 1,
        methods: Sequence[str] | None = None,
        executor: Executor | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._context = context
        self._slots = slots
        self._methods = tuple(methods or context.handlers)
        self._executor = executor or ThreadPoolExecutor(slots, thread_name_prefix="supervisor")
        self._clock = clock
        threads = max(1, (os.cpu_count() or 1) // slots)
        self._pool = ComputePool(context.settings, threads=threads)
        self._supervise = Supervisor(context.settings, context.runs, self._pool)
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._busy: dict[Future[None], Claim] = {}
        self._heartbeat_at = 0.0
        self.name = f"{socket.gethostname()}.{os.getpid()}.{time_ordered_id('worker', context.store.now()).key[-6:]}"

    def run(self) -> None:
        """Work until `stop` is called; then give back what is not finished."""
        _log.info("worker %s takes %s", self.name, ", ".join(self._methods))
        pause = IDLE_FIRST_S
        try:
            while not self._stop.is_set():
                pause = IDLE_FIRST_S if self._turn() else min(pause * 1.5, IDLE_MAX_S)
                self._wake.wait(pause)
                self._wake.clear()
        finally:
            self._shut_down()

    def stop(self) -> None:
        """Ask the worker to stop. May be called from a signal handler."""
        self._stop.set()
        self._wake.set()

    def _turn(self) -> bool:
        """Collect, sweep and claim once. Return whether a run was claimed."""
        try:
            self._collect()
            self._pool.sweep()
            self._show_life()
            return len(self._busy) < self._slots and self._claim()
        except StoreUnavailable:
            _log.warning("the store did not answer; trying again", exc_info=True)
            return False

    def _claim(self) -> bool:
        lease_us = self._context.settings.lease_s * _US
        claim = self._context.runs.claim(self._methods, self.name, lease_us=lease_us)
        if claim is None:
            return False
        _log.info("claimed %s (%s), attempt %d", claim.run.id, claim.run.method, claim.attempt)
        future = self._executor.submit(self._supervise, claim)
        self._busy[future] = claim
        future.add_done_callback(lambda done: self._wake.set())  # noqa: ARG005
        return True

    def _collect(self) -> None:
        for future in [future for future in self._busy if future.done()]:
            claim = self._busy.pop(future)
            if (error := future.exception()) is not None:
                _log.error("supervising %s failed", claim.run.id, exc_info=error)

    def _show_life(self) -> None:
        if self._clock() < self._heartbeat_at:
            return
        self._heartbeat_at = self._clock() + HEARTBEAT_S
        due = self._context.store.now() + LOST_AFTER_US
        data: Document = {"methods": list(self._methods), "slots": self._slots, "pid": os.getpid()}
        record = Record("worker", self.name, due=due, data=data)
        self._context.store.transact(lambda tx: tx.put_record(record), Caller(self.name))

    def _shut_down(self) -> None:
        """Give back the runs first, so that the supervisors find their leases gone when their processes die."""
        for claim in self._busy.values():
            try:
                self._context.runs.release(claim, counted=False)
            except (LeaseLost, StoreUnavailable):
                _log.info("%s was not given back: it ended, or its lease will expire", claim.run.id)
        self._pool.close()
        self._executor.shutdown(wait=True)
        try:
            self._context.store.transact(lambda tx: tx.remove_record("worker", self.name), Caller(self.name))
        except StoreUnavailable:
            _log.info("the store did not answer; the worker's record will expire")
