"""The compute process: `python -m arangovis.workers.compute FACTORY`, started and killed by a supervisor.

FACTORY is the dotted name of a function that opens the stores. The process computes, stores bytes, and ends the run
in one transaction that is fenced by the attempt it was given. It lives for many jobs, so that imports and compiled
code stay warm, and dies with its parent.
"""

import importlib
import logging
import math
import os
import sys
import threading
import time
from dataclasses import replace
from queue import SimpleQueue
from typing import BinaryIO

from arangovis import tracing
from arangovis.domain.errors import ArangovisError, LeaseLost, MissingExtra, NoData, NotSupported, StoreUnavailable
from arangovis.domain.graph import Caller
from arangovis.domain.ids import NodeId
from arangovis.domain.runs import Reason, RunState
from arangovis.domain.work import Claim, Outcome
from arangovis.logs import about, set_up
from arangovis.settings import PREFIX
from arangovis.workers.context import WorkerContext
from arangovis.workers.process import PeakMemory, die_with_parent
from arangovis.workers.protocol import Advance, End, Job, read_job, report_line

_log = logging.getLogger("arangovis.compute")

TELL_EVERY_S = 0.1
PEAK_MEMORY = "peak_memory_mb"
"""The metric that says how many MiB a run took at most, what the process held before it included."""
COMPILED = "NUMBA_CACHE_DIR"
"""Where numba, which reads this when it is imported, keeps what it compiled: a restart need not compile again."""


def main() -> None:
    """Serve jobs from standard input until it closes."""
    die_with_parent()
    set_up(os.environ.get(f"{PREFIX}LOG_FORMAT") or "text")
    tracing.set_up(os.environ.get(f"{PREFIX}OTEL_ENDPOINT") or "", "compute", at_once=True)
    jobs, output = _claim_pipes()
    queue = _read_jobs(jobs)
    context = load_context(sys.argv[1])
    os.environ.setdefault(COMPILED, str(context.settings.home / "compiled"))
    if queue.empty():
        warm_up(context)
    while True:
        job = queue.get()
        with about(job.request, job.run), tracing.span(job.request, "compute", {"arangovis.run": job.run}):
            end = compute(context, job, output, peak=PeakMemory())
        _write(output, End(end is not None, end.value if end else ""))


def load_context(factory: str) -> WorkerContext:
    """Return what `package.module:function` makes."""
    module, _, function = factory.partition(":")
    made: WorkerContext = getattr(importlib.import_module(module), function)()
    return made


def compute(context: WorkerContext, job: Job, output: BinaryIO, *, peak: PeakMemory | None = None) -> RunState | None:
    """Compute one job and store its end. Return the state it ended in, or None if nothing could be stored.

    With `peak` the run says how much memory it took, as its metric `peak_memory_mb`.
    """
    try:
        claim = Claim(context.runs.get(NodeId.parse(job.run)), job.owner, job.attempt, job.request)
    except ArangovisError:
        _log.exception("%s could not be read", job.run)
        return None
    try:
        _log.info("computing %s", claim.run.method)
        outcome = _measured(context.handlers[claim.run.method](claim.run, _Teller(output)), peak)
        return context.runs.succeed(claim, outcome, Caller(job.owner, job.request)).state
    except LeaseLost:
        _log.warning("%s is not ours any more", job.run)
        return RunState.CANCELLED
    except StoreUnavailable:
        _log.exception("%s could not be stored", job.run)
        return None
    except Exception as error:
        return _store_failure(context, claim, error)


def _measured(outcome: Outcome, peak: PeakMemory | None) -> Outcome:
    held = None if peak is None else peak.mib()
    return outcome if held is None else replace(outcome, metrics={**(outcome.metrics or {}), PEAK_MEMORY: held})


class _Teller:
    """Tells the supervisor how far a computation is, not more often than anybody looks."""

    def __init__(self, output: BinaryIO) -> None:
        self._output = output
        self._told_at = -math.inf

    def __call__(self, fraction: float) -> None:
        now = time.monotonic()
        if now >= self._told_at + TELL_EVERY_S and math.isfinite(fraction):
            self._told_at = now
            _write(self._output, Advance(min(1.0, max(0.0, float(fraction)))))


def _store_failure(context: WorkerContext, claim: Claim, error: Exception) -> RunState | None:
    state, message = _explained(claim, error)
    try:
        reason = Reason.MISSING_EXTRA if isinstance(error, MissingExtra) else Reason.FAILED
        return context.runs.fail(claim, state, reason=reason, message=message).state
    except LeaseLost:
        return RunState.CANCELLED
    except ArangovisError:
        _log.exception("the failure of %s could not be stored", claim.run.id)
        return None


def _explained(claim: Claim, error: Exception) -> tuple[RunState, str]:
    if isinstance(error, NoData):
        return RunState.NO_DATA, error.detail
    if isinstance(error, NotSupported):
        return RunState.NOT_SUPPORTED, error.detail
    if isinstance(error, ArangovisError):
        return RunState.ERROR, error.detail
    _log.error("%s failed", claim.run.id, exc_info=error)
    return RunState.ERROR, f"Internal error while computing; the worker's log has it under {claim.run.id}."


def warm_up(context: WorkerContext) -> None:
    """Import and compile before work comes. What fails here fails again, and is told, in the run that needs it."""
    try:
        context.warm_up()
    except ArangovisError as error:
        _log.info("not warmed up: %s", error.detail)


def _read_jobs(stream: BinaryIO) -> SimpleQueue[Job]:
    """Read jobs in a thread of its own, so that a closed input ends the process in the midst of a computation."""
    queue: SimpleQueue[Job] = SimpleQueue()

    def read() -> None:
        for line in stream:
            queue.put(read_job(line))
        os._exit(0)

    threading.Thread(target=read, daemon=True, name="jobs").start()
    return queue


def _claim_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Keep standard input and output for jobs and reports; what a library prints goes to the log."""
    jobs, output = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb", buffering=0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return jobs, output


def _write(output: BinaryIO, report: Advance | End) -> None:
    output.write(report_line(report))


if __name__ == "__main__":
    main()
