"""The first plot: from a worker that has computed nothing yet, beside a plain umap-learn fit in a fresh process.

    python -m tests.benchmarks.projections.first_plot [--rounds 5]

Digits (1,797 x 64), all rows, the default engine. A real `arangovis serve` without workers takes the request. Each
round then

    cold    starts `arangovis worker` with the request waiting: from the start of the process to the stored plot
    waiting asks a worker that was started five seconds before and has computed nothing: from the request to the plot
    plain   runs `import umap; umap.UMAP().fit(rows)` in a fresh process

CPU is that of the worker and of all that it started, from its start to its end; so `waiting` includes what it did
before anybody asked. The goal, for `cold`: 3 s and 5 CPU s.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
from sklearn.datasets import load_digits

from arangovis.client import Client, connect, signature_field
from arangovis.domain.catalogue import Signature
from tests.benchmarks.service_process import running_service

PLAIN = "import umap, sklearn.datasets as d; umap.UMAP().fit(d.load_digits().data.astype('float32'))"
GOALS = {"cold": "3 / 5", "waiting": "-", "plain": "-"}
WARM_S = 5.0


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds that passed, and of CPU."""

    wall_s: float
    cpu_s: float


@contextmanager
def worker(home: Path) -> Iterator[None]:
    """Run a worker on a home until the context ends."""
    command = [sys.executable, "-m", "arangovis.cli", "worker", "--home", str(home)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def cpu_of_children_s() -> float:
    """Return the CPU seconds of all that this process started and that has ended."""
    times = os.times()
    return times.children_user + times.children_system


def request(client: Client, name: str) -> int:
    """Register a version with all digits as traffic; return its number."""
    rows = load_digits().data.astype(np.float32)
    client.register_model("benchmark", name)
    signature = Signature(outputs=(signature_field("embedding", "float32", shape=(1, rows.shape[1])),))
    version = client.register_model_version("benchmark", name, signature)
    client.append_production_data(version.number, {"embedding": rows})
    client.set_params(version.number, "umap", production_data_sample_size=5000)
    return version.number


def cold(client: Client, home: Path, number: int) -> Cost:
    """Measure a worker that finds the request waiting."""
    run = client._backend.request_projection(number, "umap")
    cpu, begin = cpu_of_children_s(), time.perf_counter()
    with worker(home):
        client.wait_projection(run)
        wall = time.perf_counter() - begin
    return Cost(wall, cpu_of_children_s() - cpu)


def waiting(client: Client, home: Path, number: int) -> Cost:
    """Measure a worker that is up and has nothing to do yet."""
    cpu = cpu_of_children_s()
    with worker(home):
        time.sleep(WARM_S)
        begin = time.perf_counter()
        client.project(number, "umap")
        wall = time.perf_counter() - begin
    return Cost(wall, cpu_of_children_s() - cpu)


def plain() -> Cost:
    """Measure umap-learn in a fresh process."""
    cpu, begin = cpu_of_children_s(), time.perf_counter()
    subprocess.run([sys.executable, "-W", "ignore", "-c", PLAIN], check=True)
    return Cost(time.perf_counter() - begin, cpu_of_children_s() - cpu)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--short", action="store_true", help="one round")
    asked = parser.parse_args()
    rounds = 1 if asked.short else asked.rounds
    costs: dict[str, list[Cost]] = {"cold": [], "waiting": [], "plain": []}
    load = os.getloadavg()[0]
    with (
        tempfile.TemporaryDirectory() as folder,
        running_service(Path(folder), workers=0) as service,
        connect(service.url) as client,
    ):
        client.register_project("benchmark")
        for turn in range(rounds):
            costs["cold"].append(cold(client, Path(folder), request(client, f"cold {turn}")))
            costs["waiting"].append(waiting(client, Path(folder), request(client, f"waiting {turn}")))
            costs["plain"].append(plain())
    base = median(cost.cpu_s for cost in costs["plain"])
    print(f"\nFirst plot of digits, {rounds} rounds, load before {load:.1f}")
    print("| | wall s | CPU s | of plain's CPU | goal, wall / CPU s |")
    print("|---|---|---|---|---|")
    for name, found in costs.items():
        wall, cpu = median(cost.wall_s for cost in found), median(cost.cpu_s for cost in found)
        print(f"| {name} | {wall:.2f} | {cpu:.2f} | {cpu / base:.2f} | {GOALS[name]} |")


if __name__ == "__main__":
    main()
