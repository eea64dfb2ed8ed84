"""Watching over one run: hands it to a compute process, renews the lease, and kills the process when it must.

The supervisor computes nothing and stores no result; it is small, so that a worker can watch many runs.
"""

import logging
import selectors
import subprocess
import time
from dataclasses import dataclass
from typing import IO

from arangovis.domain.errors import LeaseLost, StoreUnavailable
from arangovis.domain.runs import Reason, RunState
from arangovis.services.runs import Claim, Runs
from arangovis.settings import Settings
from arangovis.workers.pool import ComputePool
from arangovis.workers.process import resident_bytes
from arangovis.workers.protocol import Advance, End, Job, job_line, read_report

_log = logging.getLogger("arangovis.worker")

TICK_S = 0.5
"""How often the supervisor looks whether the run was cancelled, is too slow or too large."""
PROGRESS_EVERY_S = 1.0
"""Progress is stored at most this often."""
_US = 1_000_000


@dataclass(slots=True)
class _Watch:
    """What the supervisor knows while it waits."""

    deadline: float
    renew_at: float
    progress: float = 0.0
    stored_progress: float = 0.0
    stage: str = ""
    end: End | None = None


class Supervisor:
    """Supervises claimed runs, each call one run; several threads may call it at once."""

    def __init__(self, settings: Settings, runs: Runs, pool: ComputePool) -> None:
        self._settings = settings
        self._runs = runs
        self._pool = pool

    def __call__(self, claim: Claim) -> None:
        """Have a run computed; whatever happens, the run is ended, given back, or its lease is left to expire."""
        process = self._pool.take()
        healthy = False
        try:
            healthy = self._watch(claim, process)
        except LeaseLost:
            _log.info("%s was cancelled or taken over", claim.run.id)
        except StoreUnavailable:
            _log.exception("the store did not answer while %s ran; its lease will expire", claim.run.id)
        finally:
            if healthy:
                self._pool.give_back(process)
            else:
                self._pool.discard(process)

    def _watch(self, claim: Claim, process: subprocess.Popen[bytes]) -> bool:
        """Follow the computation to its end. Return whether the process may be used again."""
        now = time.monotonic()
        watch = _Watch(deadline=now + self._settings.run_time_max_s, renew_at=now + self._settings.lease_s / 3)
        if not _send(process, Job(str(claim.run.id), claim.owner, claim.attempt)):
            return self._give_back(claim)
        with selectors.DefaultSelector() as selector:
            output = _output(process)
            selector.register(output, selectors.EVENT_READ)
            while watch.end is None:
                if selector.select(timeout=TICK_S) and not _read(output, watch):
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
        third = self._settings.lease_s / 3
        moved = watch.progress > watch.stored_progress
        if now >= watch.renew_at or (moved and now >= watch.renew_at - third + PROGRESS_EVERY_S):
            lease_us = self._settings.lease_s * _US
            self._runs.renew(claim, lease_us=lease_us, progress=watch.progress, stage=watch.stage)
            watch.renew_at, watch.stored_progress = now + third, watch.progress
        else:
            self._runs.check_held(claim)


def _send(process: subprocess.Popen[bytes], job: Job) -> bool:
    if process.stdin is None:
        return False
    try:
        process.stdin.write(job_line(job))
        process.stdin.flush()
    except OSError:
        return False
    return True


def _output(process: subprocess.Popen[bytes]) -> IO[bytes]:
    if process.stdout is None:
        raise AssertionError("a compute process is started with pipes")
    return process.stdout


def _read(output: IO[bytes], watch: _Watch) -> bool:
    line = output.readline()
    if not line:
        return False
    report = read_report(line)
    if isinstance(report, Advance):
        watch.progress, watch.stage = max(watch.progress, report.progress), report.stage
    else:
        watch.end = report
    return True
