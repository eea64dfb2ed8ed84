"""Watching over one run: hands it to a compute process, renews the lease, and kills the process when it must.

The supervisor computes nothing and stores no result; it is small, so that a worker can watch many runs.
"""

import contextlib
import logging
import os
import socket
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO
from uuid import uuid4

from arangovis import tracing
from arangovis.domain.errors import ArangovisError, LeaseLost, StoreUnavailable
from arangovis.domain.ids import NodeId
from arangovis.domain.runs import Reason, RunState
from arangovis.domain.work import Claim
from arangovis.logs import about
from arangovis.workers.place import Place
from arangovis.workers.pool import ComputePool
from arangovis.workers.process import resident_bytes
from arangovis.workers.protocol import Advance, End, Job, Reports, job_line
from arangovis.workers.queue import Queue, open_queue

_log = logging.getLogger("arangovis.worker")

TICK_S = 0.5
"""How often the supervisor looks whether the run was cancelled, is too slow or too large."""
PROGRESS_EVERY_S = 1.0
"""Progress is stored at most this often."""
_US = 1_000_000


@dataclass(slots=True)
class _Watch:
    """What the supervisor knows while it waits. Times are those of the monotonic clock."""

    deadline: float
    renewed_at: float
    look_at: float
    progress: float = 0.0
    stored_progress: float = 0.0
    stage: str = ""
    end: End | None = None

    def note(self, reports: Sequence[Advance | End]) -> None:
        """Take in what the process said."""
        for report in reports:
            if isinstance(report, End):
                self.end = report
            else:
                self.progress, self.stage = max(self.progress, report.progress), report.stage


class Supervisor:
    """Supervises claimed runs, each call one run; several threads may call it at once."""

    def __init__(self, queue: Queue, pool: ComputePool) -> None:
        self.queue = queue
        self._settings = queue.settings
        self._runs = queue.runs
        self._pool = pool
        self._name = process_name()
        self._taken: dict[tuple[str, int], Claim] = {}

    def __call__(self, job: Job, *, take: bool = False) -> None:
        """Have a run computed; whatever happens, the run is ended, given back, or its lease is left to expire.

        With `take` this supervisor becomes the owner first, so that of several calls for one attempt the first only
        computes it, and its owner is the process that renews its lease.
        """
        try:
            claim = Claim(self._runs.get(NodeId.parse(job.run)), job.owner, job.attempt, job.request)
            facts = {"arangovis.run": job.run, "arangovis.method": claim.run.method, "arangovis.attempt": job.attempt}
            with about(job.request, job.run), tracing.span(job.request, "run", facts):
                self._compute_as_own(claim) if take else self._compute(claim)
        except LeaseLost:
            _log.info("attempt %d of %s ended, was cancelled, or is another's", job.attempt, job.run)
        except (ArangovisError, OSError):
            _log.exception("%s could not be supervised to its end; its lease will expire", job.run)

    def _compute_as_own(self, claim: Claim) -> None:
        taken = self._runs.hand_over(claim, self._name, lease_us=self._settings.lease_s * _US)
        _log.info("%s computes %s (%s), attempt %d", self._name, claim.run.id, claim.run.method, claim.attempt)
        key = (str(claim.run.id), claim.attempt)
        self._taken[key] = taken
        try:
            self._compute(taken)
        finally:
            del self._taken[key]

    def give_back(self) -> None:
        """Give back the runs that were taken, and kill what computes them, since this process is about to end."""
        for claim in list(self._taken.values()):
            with contextlib.suppress(ArangovisError):  # it ended, or its lease will expire
                self._runs.release(claim, counted=False)
        self._pool.close()

    def close(self) -> None:
        """Kill the compute processes and release the store."""
        self._pool.close()
        self.queue.store.close()

    def _compute(self, claim: Claim) -> None:
        process = self._pool.take()
        healthy = False
        try:
            healthy = self._follow(claim, process)
        finally:
            if healthy:
                self._pool.give_back(process)
            else:
                self._pool.discard(process)

    def _follow(self, claim: Claim, process: subprocess.Popen[bytes]) -> bool:
        """Follow the computation to its end. Return whether the process may be used again."""
        now = time.monotonic()
        watch = _Watch(deadline=now + self._settings.run_time_max_s, renewed_at=now, look_at=now + TICK_S)
        reports = Reports(_pipe(process.stdout))
        if not _send(process, Job(str(claim.run.id), claim.owner, claim.attempt, claim.request_id)):
            return self._give_back(claim)
        while watch.end is None:
            # What it started may hold its output open after its death, so the end of the output is not enough.
            exited = process.poll() is not None
            fresh = reports.wait(0 if exited else max(0.0, watch.look_at - time.monotonic()))
            watch.note(fresh)
            if watch.end is None and (reports.ended or (exited and not fresh)):
                _log.warning("the compute process of %s died", claim.run.id)
                return self._give_back(claim)
            if watch.end is None and not self._may_go_on(claim, process, watch):
                return False
        return watch.end.written or self._give_back(claim)

    def _give_back(self, claim: Claim) -> bool:
        self._runs.release(claim, counted=True)
        return False

    def _may_go_on(self, claim: Claim, process: subprocess.Popen[bytes], watch: _Watch) -> bool:
        now = time.monotonic()
        if now < watch.look_at:
            return True
        watch.look_at = now + TICK_S
        if now >= watch.deadline:
            message = f"stopped after {self._settings.run_time_max_s} s, the longest a run may take"
            self._runs.fail(claim, RunState.ERROR, reason=Reason.TIMEOUT, message=message)
            return False
        limit = self._settings.compute_memory_max_mb
        if resident_bytes(process.pid) > limit << 20:
            message = f"stopped above {limit} MB, the most memory a run may take"
            self._runs.fail(claim, RunState.ERROR, reason=Reason.MEMORY, message=message)
            return False
        self._keep_alive(claim, watch, now)
        return True

    def _keep_alive(self, claim: Claim, watch: _Watch, now: float) -> None:
        try:
            self._renew(claim, watch, now)
        except StoreUnavailable:
            if now >= watch.renewed_at + self._settings.lease_s:
                raise
            _log.warning("the store did not answer while %s ran; trying again", claim.run.id)
        except LeaseLost:
            if not self._was_ended_by(claim):
                raise

    def _renew(self, claim: Claim, watch: _Watch, now: float) -> None:
        moved = watch.progress > watch.stored_progress
        if now < watch.renewed_at + (PROGRESS_EVERY_S if moved else self._settings.lease_s / 3):
            return self._runs.check_held(claim)
        lease_us = self._settings.lease_s * _US
        self._runs.renew(claim, lease_us=lease_us, progress=watch.progress, stage=watch.stage)
        watch.renewed_at, watch.stored_progress = now, watch.progress
        return None

    def _was_ended_by(self, claim: Claim) -> bool:
        """Say whether the lease is gone because our own process ended the run, and will say so at any moment."""
        run = self._runs.get(claim.run.id)
        return run.attempt == claim.attempt and not run.state.is_open and run.state is not RunState.CANCELLED


def supervise(job: Job, place: Place) -> None:
    """Have a claimed run computed at a place, in the name of the worker that claimed it and lives in this process."""
    supervisor_at(place)(job)


def take_over(job: Job, place: Place) -> None:
    """Have a run computed at a place, in the name of this process; the worker that claimed it lives elsewhere."""
    supervisor_at(place)(job, take=True)


def supervisor_at(place: Place, pool: ComputePool | None = None) -> Supervisor:
    """Return this process's supervisor of a place, built when it is first asked for: with a given pool, or its own."""
    with _lock:
        if place not in _supervisors:
            queue = open_queue(place.settings)
            _supervisors[place] = Supervisor(queue, pool or ComputePool(place, idle_s=queue.settings.compute_idle_s))
        return _supervisors[place]


def give_back_all() -> None:
    """Give back the runs that this process took over. Nothing can be supervised by it any more."""
    with _lock:
        for supervisor in _supervisors.values():
            supervisor.give_back()


def process_name() -> str:
    """Return a new name for an owner of runs: machine, process, and a few letters that no other has."""
    return f"{socket.gethostname()}.{os.getpid()}.{uuid4().hex[:6]}"


def close_supervisors() -> None:
    """Close this process's supervisors, and kill what they supervise."""
    with _lock:
        for supervisor in _supervisors.values():
            supervisor.close()
        _supervisors.clear()


_lock = threading.Lock()
_supervisors: dict[Place, Supervisor] = {}


def _send(process: subprocess.Popen[bytes], job: Job) -> bool:
    try:
        _pipe(process.stdin).write(job_line(job))
    except OSError:
        return False
    return True


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise AssertionError("a compute process is started with pipes")
    return pipe
