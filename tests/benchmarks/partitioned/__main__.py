"""Rows a second and peak memory of a projection of all rows, at two sizes.

    python -m tests.benchmarks.partitioned [--rows 20000 80000] [--method umap] [--partition-rows 5000] [--workers 1]

For each size a fresh home gets so many distinct rows of traffic (scikit-learn's digits, moved by up to three pixels,
64 numbers each), and real `arangovis worker` processes project them all, fitted on a sample of 2,000. Rows a second
are those of the transform steps, from claim to stored end. Beside them is the floor: the same fitted model placing the
same rows by plain calls of its `transform`, warm, in this process, 10,000 rows a call: above, umap-learn takes fewer
epochs. Peak memory is the largest resident set that the
system saw in any compute process (VmHWM), imports, compiled code, fit and assembly included: it should not grow with
the rows.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from arangovis.client.client import Client
from arangovis.client.local import LocalBackend
from arangovis.client.values import signature_field
from arangovis.domain.catalogue import Signature
from arangovis.domain.graph import Caller, Direction
from arangovis.domain.ids import NodeId
from arangovis.domain.runs import Run, RunState
from arangovis.domain.views import text
from arangovis.projections.base import no_progress
from arangovis.projections.registry import TRANSFORM, projector
from arangovis.services.projections.all_rows_plan import AllRowsOptions
from arangovis.settings import Settings
from arangovis.tabular.bundle import from_bytes
from arangovis.wiring import Arangovis, build
from tests.shifted_digits import batches, shifted_digits

FIT_ROWS = 2_000
FLOOR_ROWS = 10_000
LOOK_EVERY_S = 0.1
DEADLINE_S = 1_800.0
ROOT = Path(__file__).parents[3]


@dataclass(frozen=True)
class Measured:
    """One size, measured."""

    rows: int
    rows_a_second: float
    floor_rows_a_second: float
    wall_s: float
    peak_mb: float


@contextmanager
def workers_of(settings: Settings, count: int) -> Iterator[Sequence[psutil.Process]]:
    """Run workers on a home."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **settings.environment()}
    command = [sys.executable, "-m", "arangovis.cli", "worker"]
    silent = subprocess.DEVNULL
    started = [subprocess.Popen(command, env=environment, stderr=silent, stdout=silent) for _ in range(count)]
    try:
        yield [psutil.Process(process.pid) for process in started]
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait(30)


def peak_mb(workers: Sequence[psutil.Process]) -> float:
    """Return the largest resident set that any compute process of the workers ever had."""
    found = [0.0]
    for child in (child for worker in workers for child in worker.children(recursive=True)):
        try:
            status = Path(f"/proc/{child.pid}/status").read_text("utf-8")
        except OSError:
            continue
        lines = [line for line in status.splitlines() if line.startswith("VmHWM")]
        found += [int(line.split()[1]) / 1024 for line in lines]
    return max(found)


def wait(service: Arangovis, plan: NodeId, workers: Sequence[psutil.Process]) -> tuple[Run, float]:
    """Wait for a plan; return it, and the peak memory on the way."""
    peak, deadline = 0.0, time.monotonic() + DEADLINE_S
    while (run := service.runs.get(plan)).state.is_open:
        if time.monotonic() > deadline:
            raise SystemExit(f"{plan} did not end within {DEADLINE_S:g} s")
        peak = max(peak, peak_mb(workers))
        time.sleep(LOOK_EVERY_S)
    return run, max(peak, peak_mb(workers))


def seconds(run: Run) -> float:
    """Return the time from the claim to the stored end of a run."""
    return ((run.ended or 0) - (run.started or 0)) / 1e6


def floor(service: Arangovis, plan: NodeId, rows: int) -> float:
    """Return the rows a second of plain, warm transforms of all rows by the same fitted model."""
    fit = service.plans.steps(plan)["fit"].id
    edges = service.store.edges_of((fit,), Direction.DOWNSTREAM, ("generated",))
    (artifact,) = [edge.id.target for edge in edges if edge.id.role == "transformer"]
    transformer = from_bytes(service.blobs.read(text(service.store.get(artifact).attributes, "digest")))
    engine, matrix = projector(str(transformer.facts["method"])), shifted_digits(rows)
    engine.transform(transformer, matrix[:500], seed=42, progress=no_progress)
    begin = time.perf_counter()
    for start in range(0, rows, FLOOR_ROWS):
        engine.transform(transformer, matrix[start : start + FLOOR_ROWS], seed=42, progress=no_progress)
    return rows / (time.perf_counter() - begin)


def measured(rows: int, options: argparse.Namespace) -> Measured:
    """Project so many rows on a fresh home."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(home=Path(folder) / "home")
        service = build(settings)
        client = Client(LocalBackend(service, "benchmark"))
        client.register_project("benchmark")
        client.register_model("benchmark", "digits")
        signature = Signature(outputs=(signature_field("embedding", "float32", shape=(1, 64)),))
        number = client.register_model_version("benchmark", "digits", signature).number
        for batch in batches(rows, 10_000):
            client.append_production_data(number, batch)
        sizes, version = AllRowsOptions(FIT_ROWS, options.partition_rows), service.catalogue.version(number)
        with workers_of(settings, options.workers) as workers:
            plan = service.all_rows.request(version, options.method, sizes, Caller("benchmark")).id
            done, peak = wait(service, plan, workers)
        if done.state is not RunState.SUCCESS:
            raise SystemExit(f"{plan} ended as {done.state.value}: {done.message}")
        transforms = [run for run in service.plans.steps(plan).values() if run.method == TRANSFORM]
        # of several workers, each is busy at a time of its own
        rate = options.workers * rows / sum(map(seconds, transforms))
        found = Measured(rows, rate, floor(service, plan, rows), seconds(done), peak)
        service.close()
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs=2, default=[20_000, 80_000])
    parser.add_argument("--method", default="umap")
    parser.add_argument("--partition-rows", type=int, default=5_000)
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    load = os.getloadavg()[0]
    found = [measured(rows, options) for rows in options.rows]
    print(f"\n{options.method}, partitions of {options.partition_rows}, {options.workers} worker(s), load {load:.1f}")
    print("| rows | rows/s | floor rows/s | ratio | whole plan s | peak memory MB | the rows in memory MB |")
    print("|---|---|---|---|---|---|---|")
    for size in found:
        ratio, data = size.rows_a_second / size.floor_rows_a_second, size.rows * 64 * 4 / 2**20
        print(
            f"| {size.rows:,} | {size.rows_a_second:,.0f} | {size.floor_rows_a_second:,.0f} | {ratio:.2f} "
            f"| {size.wall_s:.1f} | {size.peak_mb:.0f} | {data:.0f} |"
        )


if __name__ == "__main__":
    main()
