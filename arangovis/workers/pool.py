"""Warm compute processes: kept for a while after a job, since starting one costs seconds of imports and compiling."""

import signal
import subprocess
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from queue import Empty, SimpleQueue

from arangovis.domain.errors import Cancelled
from arangovis.workers.place import Place
from arangovis.workers.process import kill_group, resident_bytes, signal_group, start_module

COMPUTE = "arangovis.workers.compute"
SWEEP_EVERY_S = 5.0
WARM_BYTES_MAX = 600 << 20
"""A process that grew beyond this is not kept."""


@dataclass(frozen=True, slots=True)
class _Idle:
    process: subprocess.Popen[bytes]
    since: float


class ComputePool:
    """Compute processes that are at hand. Thread-safe.

    One thread of its own, the keeper, starts them all: a process dies with the thread that started it, and those
    who ask for one may be short-lived threads of any executor.
    """

    def __init__(self, place: Place, *, idle_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._place = place
        self._idle_s = idle_s
        self._clock = clock
        self._lock = threading.Lock()
        self._idle: list[_Idle] = []
        self._busy: set[subprocess.Popen[bytes]] = set()
        self._wanted: SimpleQueue[Future[subprocess.Popen[bytes]] | None] = SimpleQueue()
        self._keeper: threading.Thread | None = None
        self._open = True

    def prepare(self) -> None:
        """Have a process get ready for the first run, unless none is to be kept without work.

        Raises:
            Cancelled, OSError: as `take`.

        """
        if self._idle_s:
            self.give_back(self.take())

    def take(self) -> subprocess.Popen[bytes]:
        """Return a warm process, or start one.

        Raises:
            Cancelled: the pool is closed.
            OSError: the system has no room for another process.

        """
        warm = self._warm()
        if warm is not None:
            return warm
        wanted: Future[subprocess.Popen[bytes]] = Future()
        with self._lock:
            self._check_open()
            if self._keeper is None:
                self._keeper = threading.Thread(target=self._keep, daemon=True, name="compute-keeper")
                self._keeper.start()
            self._wanted.put(wanted)
        return wanted.result()

    def give_back(self, process: subprocess.Popen[bytes]) -> None:
        """Keep a healthy process warm for the next job; one that grew too large, or comes too late, is stopped."""
        with self._lock:
            self._busy.discard(process)
            keep = self._open and resident_bytes(process.pid) <= WARM_BYTES_MAX
            if keep:
                self._idle.append(_Idle(process, self._clock()))
        if not keep:
            kill_group(process)

    def discard(self, process: subprocess.Popen[bytes]) -> None:
        """Kill a process that is not to be used again."""
        with self._lock:
            self._busy.discard(process)
        kill_group(process)

    def sweep(self) -> None:
        """Stop processes that have been idle for too long."""
        with self._lock:
            oldest = self._clock() - self._idle_s
            expired = [idle for idle in self._idle if idle.since <= oldest]
            self._idle = [idle for idle in self._idle if idle.since > oldest]
        for idle in expired:
            kill_group(idle.process)

    def close(self) -> None:
        """Kill every process. Whoever supervises a busy one sees it die and collects it."""
        with self._lock:
            self._open = False
            idle, self._idle = self._idle, []
            for process in self._busy:
                signal_group(process, signal.SIGKILL)
            self._wanted.put(None)
        for item in idle:
            kill_group(item.process)
        if self._keeper is not None:
            self._keeper.join()

    def _check_open(self) -> None:
        if not self._open:
            raise Cancelled("the worker is shutting down")

    def _warm(self) -> subprocess.Popen[bytes] | None:
        while True:
            with self._lock:
                if not self._idle:
                    return None
                process = self._idle.pop().process
                if process.poll() is None:
                    self._busy.add(process)
                    return process
            kill_group(process)

    def _keep(self) -> None:
        while True:
            try:
                wanted = self._wanted.get(timeout=SWEEP_EVERY_S)
            except Empty:
                self.sweep()
                continue
            if wanted is None:
                return
            self._start(wanted)

    def _start(self, wanted: "Future[subprocess.Popen[bytes]]") -> None:
        try:
            with self._lock:
                self._check_open()
                place = self._place
                process = start_module((COMPUTE, place.factory), dict(place.environment), threads=place.threads)
                self._busy.add(process)
            wanted.set_result(process)
        except (OSError, Cancelled) as error:
            wanted.set_exception(error)
