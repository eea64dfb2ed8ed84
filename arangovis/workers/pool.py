"""Warm compute processes: kept for a while after a job, since starting one costs seconds of imports and compiling."""

import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from arangovis.settings import Settings
from arangovis.workers.process import kill_group, start_module

COMPUTE = ("arangovis.workers.compute", "arangovis.wiring:context_from_environment")
"""The module that computes, and what gives it its stores."""


@dataclass(frozen=True, slots=True)
class _Idle:
    process: subprocess.Popen[bytes]
    since: float


class ComputePool:
    """Compute processes that are at hand. Thread-safe."""

    def __init__(self, settings: Settings, *, threads: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._threads = threads
        self._clock = clock
        self._lock = threading.Lock()
        self._idle: list[_Idle] = []
        self._busy: set[subprocess.Popen[bytes]] = set()

    def take(self) -> subprocess.Popen[bytes]:
        """Return a warm process, or start one."""
        with self._lock:
            process = self._warm()
            if process is None:
                process = start_module(COMPUTE, self._settings.environment(), threads=self._threads)
            self._busy.add(process)
            return process

    def _warm(self) -> subprocess.Popen[bytes] | None:
        while self._idle:
            process = self._idle.pop().process
            if process.poll() is None:
                return process
            kill_group(process)
        return None

    def give_back(self, process: subprocess.Popen[bytes]) -> None:
        """Keep a healthy process warm for the next job."""
        with self._lock:
            self._busy.discard(process)
            self._idle.append(_Idle(process, self._clock()))

    def discard(self, process: subprocess.Popen[bytes]) -> None:
        """Kill a process that is not to be used again."""
        with self._lock:
            self._busy.discard(process)
        kill_group(process)

    def sweep(self) -> None:
        """Stop processes that have been idle for too long."""
        with self._lock:
            oldest = self._clock() - self._settings.compute_idle_s
            expired = [idle for idle in self._idle if idle.since <= oldest]
            self._idle = [idle for idle in self._idle if idle.since > oldest]
        for idle in expired:
            kill_group(idle.process)

    def close(self) -> None:
        """Kill every process, also the busy ones."""
        with self._lock:
            processes = [idle.process for idle in self._idle] + list(self._busy)
            self._idle, self._busy = [], set()
        for process in processes:
            kill_group(process)
