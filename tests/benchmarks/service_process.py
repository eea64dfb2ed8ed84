"""A real `arangovis serve` for benchmarks: started on a free port, stopped after."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.rest import Rest

READY_WITHIN_S = 30.0


@dataclass(frozen=True, slots=True)
class Running:
    """A service that answers: its URL, the process of `serve`, and how long it took to be ready."""

    url: str
    pid: int
    ready_s: float


@contextmanager
def running_service(home: Path, *, workers: int = 1) -> Iterator[Running]:
    """Serve on a home until the context ends."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "arangovis.cli", "serve", "--home", str(home), "--workers", str(workers)]
    begin = time.perf_counter()
    process = subprocess.Popen([*command, "--port", str(port)], env={**os.environ}, stdout=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}"
        _wait(url)
        yield Running(url, process.pid, time.perf_counter() - begin)
    finally:
        process.terminate()
        process.wait()


def _wait(url: str) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while True:
        try:
            Rest(url).get("/health")
        except OSError:
            assert time.monotonic() < deadline, "the service is not ready"
            time.sleep(0.02)
        else:
            return
