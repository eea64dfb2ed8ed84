"""A million rows projected by real workers, one of which is killed on the way.

    python -m tests.benchmarks.partitioned.million [--rows 1000000] [--method umap] [--workers 2] [--kills 1]

A fresh home gets so many rows of traffic (patches of scikit-learn's photographs, 64 numbers each, six classes; see
`tests/photo_patches.py`), and `arangovis worker` processes project them all, fitted on a stratified sample. When a
third of the partitions is placed, a worker and all that it started are killed with SIGKILL, and another is started; its
run is taken over when its lease expires. Peak memory is what each run says of itself (`peak_memory_mb`, the kernel's
VmHWM). The floor is the same fitted model placing rows by plain calls of its `transform`, warm, in this process.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Mapping, Sequence
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
from arangovis.projections.registry import FIT, TRANSFORM, projector
from arangovis.services.projections.all_rows_plan import AllRowsOptions
from arangovis.services.verification import check_store
from arangovis.settings import Settings
from arangovis.tabular.bundle import from_bytes
from arangovis.wiring import Arangovis, build
from tests.photo_patches import batches, patches

ROOT = Path(__file__).parents[3]
PATHS = os.pathsep.join(map(str, (ROOT, ROOT / "api", ROOT / "graph_schema")))
BATCH_ROWS = 50_000
QUALITY = ("trustworthiness", "continuity", "auc_rnx", "knn_accuracy")
FLOOR_ROWS = 20_000
LOOK_EVERY_S = 0.25
DEADLINE_S = 3_600.0


class Workers:
    """Worker processes on a home."""

    def __init__(self, settings: Settings, count: int) -> None:
        self._environment = {**os.environ, "PYTHONPATH": PATHS, **settings.environment()}
        self._processes = [self._started() for _ in range(count)]

    def _started(self) -> subprocess.Popen[bytes]:
        command, silent = [sys.executable, "-m", "arangovis.cli", "worker"], subprocess.DEVNULL
        return subprocess.Popen(command, env=self._environment, stdout=silent, stderr=silent)

    def kill_one(self) -> None:
        """Kill a worker and its compute processes, and start another in its place."""
        victim = psutil.Process(self._processes.pop(0).pid)
        for process in (*victim.children(recursive=True), victim):
            process.kill()
        self._processes.append(self._started())

    def stop(self) -> None:
        """End all of them."""
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.wait(60)


def loaded(service: Arangovis, rows: int) -> int:
    """Register a model version and send it so many rows; return its number."""
    client = Client(LocalBackend(service, "benchmark"))
    client.register_project("benchmark")
    client.register_model("benchmark", "patches")
    outputs = (signature_field("embedding", "float32", shape=(1, 64)), signature_field("class", "str", "NOMINAL"))
    number = client.register_model_version("benchmark", "patches", Signature(outputs=outputs)).number
    for batch in batches(rows, BATCH_ROWS):
        client.append_production_data(number, batch)
    for method in ("umap", "pca"):
        client.set_params(number, method, visualization_metrics=list(QUALITY))
    return number


def followed(service: Arangovis, plan: NodeId, workers: Workers, kills: int) -> Run:
    """Wait for a plan, killing workers on the way: when a third of the partitions is placed, and again later."""
    parts = int(str(service.runs.get(plan).options["parts"]))
    due = [parts * (number + 1) // (kills + 2) for number in range(kills)]
    deadline = time.monotonic() + DEADLINE_S
    while (run := service.runs.get(plan)).state.is_open:
        if time.monotonic() > deadline:
            raise SystemExit(f"{plan} did not end within {DEADLINE_S:g} s")
        if due and service.all_rows.job(plan).steps_done - 1 >= due[0]:
            workers.kill_one()
            del due[0]
        time.sleep(LOOK_EVERY_S)
    return run


def seconds(run: Run) -> float:
    """Return the time from the last claim to the stored end of a run."""
    return ((run.ended or 0) - (run.started or 0)) / 1e6


def floor(service: Arangovis, fit: NodeId) -> float:
    """Return the rows a second of plain, warm transforms by the fitted model, with the threads that a worker has."""
    edges = service.store.edges_of((fit,), Direction.DOWNSTREAM, ("generated",))
    (artifact,) = [edge.id.target for edge in edges if edge.id.role == "transformer"]
    transformer = from_bytes(service.blobs.read(text(service.store.get(artifact).attributes, "digest")))
    engine, matrix = projector(str(transformer.facts["method"])), patches(0, FLOOR_ROWS)["embedding"]
    engine.transform(transformer, matrix[:1_000], seed=42, progress=no_progress)
    begin = time.perf_counter()
    engine.transform(transformer, matrix, seed=42, progress=no_progress)
    return FLOOR_ROWS / (time.perf_counter() - begin)


def size_of(folder: Path) -> float:
    """Return the MB of the files below a folder."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6


def report(service: Arangovis, plan: Run, steps: Mapping[str, Run], options: argparse.Namespace) -> None:
    """Print what was measured."""
    transforms = [run for run in steps.values() if run.method == TRANSFORM]
    (fit,) = [run for run in steps.values() if run.method == FIT]
    rate = options.workers * options.rows / sum(map(seconds, transforms))
    peaks = {name: int(str(run.metrics.get("peak_memory_mb", 0))) for name, run in steps.items()}
    largest = max(value for name, value in peaks.items() if name.startswith("transform"))
    damaged = check_store(service.store, service.artifacts)
    lines: Sequence[tuple[str, object]] = (
        ("rows, partitions", f"{options.rows:,}, {len(transforms)}"),
        ("engine", fit.environment["engine"]),
        ("whole plan, s", f"{seconds(plan):.0f}"),
        ("fit of the sample, s", f"{seconds(fit):.1f}"),
        ("placing, rows/s, all workers", f"{rate:,.0f}"),
        ("floor of one process, rows/s", f"{floor(service, fit.id):,.0f}"),
        ("assembly and quality, s", f"{seconds(steps['assemble']):.1f}"),
        ("peak memory MB: fit, a partition, assembly", f"{peaks['fit']}, {largest}, {peaks['assemble']}"),
        ("the rows in memory would be, MB", f"{options.rows * 64 * 4 / 2**20:.0f}"),
        ("artifacts, graph, MB", f"{size_of(service.settings.home / 'artifacts'):.0f}, {graph_mb(service):.0f}"),
        ("killed workers, runs of a second attempt", f"{options.kills}, {sum(r.attempt > 1 for r in steps.values())}"),
        ("faults in the store", len(damaged)),
        (
            "quality",
            {
                name: round(float(str(value)), 4)
                for name, value in steps["assemble"].metrics.items()
                if name != "peak_memory_mb"
            },
        ),
    )
    print("\n" + "\n".join(f"| {name} | {value} |" for name, value in lines))


def graph_mb(service: Arangovis) -> float:
    """Return the MB of the embedded store."""
    return (service.settings.home / "graph.db").stat().st_size / 1e6


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--method", default="umap")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--kills", type=int, default=1)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    print(f"{options.method}, {options.workers} workers of {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as folder:
        service = build(Settings(home=Path(folder) / "home"))
        begin = time.monotonic()
        version = service.catalogue.version(loaded(service, options.rows))
        print(f"sent {options.rows:,} rows in {time.monotonic() - begin:.0f} s", flush=True)
        workers = Workers(service.settings, options.workers)
        try:
            plan = service.all_rows.request(version, options.method, AllRowsOptions(), Caller("benchmark"))
            done = followed(service, plan.id, workers, options.kills)
        finally:
            workers.stop()
        if done.state is not RunState.SUCCESS:
            raise SystemExit(f"{done.id} ended as {done.state.value}: {done.message}")
        report(service, done, service.plans.steps(done.id), options)
        service.close()


if __name__ == "__main__":
    main()
