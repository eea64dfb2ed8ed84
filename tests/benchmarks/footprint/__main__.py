"""Footprint of `arangovis serve`: time to be ready, and memory of its processes (proportional set size).

    python -m tests.benchmarks.footprint

Measured when it is ready, after rows were sent and read (which loads pyarrow), and of the compute process after a
UMAP run of 1,000 x 64 rows. The floor is a Python process that has imported nothing.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import psutil

from arangovis.client import connect
from tests.benchmarks.projection.service_fit import prepared
from tests.benchmarks.projection.umap_fit import digits_with_jitter
from tests.benchmarks.service_process import Running, running_service

ROWS = 1_000
MB = 1 << 20
PARTS = {"arangovis_api": "API", "worker": "worker supervisor", "serve": "serve", "workers.compute": "compute"}


def memory(pid: int) -> dict[str, float]:
    """Return megabytes (PSS) of the processes of a service by what they are."""
    found: dict[str, float] = {}
    parent = psutil.Process(pid)
    for process in (parent, *parent.children(recursive=True)):
        part = _part(" ".join(process.cmdline()))
        found[part] = found.get(part, 0.0) + process.memory_full_info().pss / MB
    return found


def _part(command: str) -> str:
    for word in ("arangovis_api", "workers.compute", "cli worker", "cli serve"):
        if word in command:
            return PARTS[word.removeprefix("cli ")]
    return "other"


def floor() -> float:
    """Return megabytes of a Python process that has imported nothing."""
    command = [sys.executable, "-c", "print(flush=True); input()"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        process.stdout.readline()
        return float(psutil.Process(process.pid).memory_full_info().pss / MB)
    finally:
        process.communicate(b"\n")


def row(when: str, found: dict[str, float]) -> str:
    """Return a row of the table."""
    cells = [f"{found[part]:.0f}" if part in found else "" for part in PARTS.values()]
    return f"| {when} | {' | '.join(cells)} |"


def measure(service: Running) -> None:
    """Print the table."""
    print(f"ready after {service.ready_s:.2f} s; a bare Python process has {floor():.0f} MB\n")
    print(f"| MB (PSS) | {' | '.join(PARTS.values())} |")
    print("|---|---|---|---|---|")
    print(row("ready", memory(service.pid)))
    with connect(service.url) as client:
        number = prepared(client, digits_with_jitter(ROWS))
        print(row("after rows were sent", memory(service.pid)))
        client.project(number, "umap")
        client.project(number, "pca")
    print(row("after a UMAP run", memory(service.pid)))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as home, running_service(Path(home)) as running:
        measure(running)
