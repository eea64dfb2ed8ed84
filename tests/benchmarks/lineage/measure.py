"""Measurements of one target. The same code runs in this process and in a peer's."""

import gc
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.benchmarks.lineage import workload

BATCH = 100
LOAD_BATCH = 500


@dataclass
class Measured:
    """What one measurement gave: seconds or milliseconds, and whether the answers were right."""

    values: list[float]
    cpu_ms: float
    """CPU milliseconds of this process per operation."""
    right: bool = True


@dataclass
class Bench:
    """The measurements of one target. Loaded graphs are kept from round to round."""

    target: str
    folder: Path
    loaded: dict[str, Any] = field(default_factory=dict)

    def ingest(self, count: int, batch: int) -> Measured:
        """Workload A in a fresh store: runs per second, `batch` runs to a transaction."""
        store = self._fresh()
        store.add_artifacts(workload.shared_artifacts())
        runs = list(workload.ingest_runs(count))
        cpu, begin = time.process_time(), time.perf_counter()
        for first in range(0, count, batch):
            store.commit(runs[first : first + batch])
        seconds, cpu = time.perf_counter() - begin, time.process_time() - cpu
        store.close()
        return Measured([count / seconds], cpu * 1000 / count)

    def lineage(self, wiring: str, direction: str, count: int) -> Measured:
        """Workload B: milliseconds of each question."""
        if wiring not in self.loaded:
            roots, runs = workload.layered(wiring)
            store = self._fresh()
            store.add_artifacts(roots)
            _load(store, runs)
            self.loaded[wiring] = store, workload.closures(runs)
        store, closure = self.loaded[wiring]
        starts = workload.starts(wiring, direction, count)
        right = store.reached(store.lineage(starts[0], direction)) == closure(starts[0], direction)
        return _timed(lambda start: store.lineage(start, direction), starts, right=right)

    def search(self, runs_count: int, count: int) -> Measured:
        """Workload C: milliseconds of each search."""
        if "search" not in self.loaded:
            runs = workload.search_runs(runs_count)
            store = self._fresh()
            store.add_artifacts(workload.shared_artifacts())
            _load(store, runs)
            self.loaded["search"] = store, runs
        store, runs = self.loaded["search"]
        queries = workload.queries(count)
        right = all(store.keys(store.search(query)) == workload.found(runs, query) for query in queries[:5])
        return _timed(store.search, queries, right=right)

    def close(self) -> None:
        for store, _ in self.loaded.values():
            store.close()

    def _fresh(self) -> Any:
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        return import_module(f"tests.benchmarks.lineage.targets.{self.target}").Target(folder)


def _load(store: Any, runs: Sequence[workload.Run]) -> None:
    for first in range(0, len(runs), LOAD_BATCH):
        store.commit(list(runs[first : first + LOAD_BATCH]))
    gc.collect()
    gc.freeze()  # or each answer would pay for looking through the benchmark's own workload


def _timed(ask: Callable[[Any], object], questions: Sequence[object], *, right: bool) -> Measured:
    latencies = []
    cpu = time.process_time()
    for question in questions:
        begin = time.perf_counter()
        ask(question)
        latencies.append((time.perf_counter() - begin) * 1000)
    return Measured(latencies, (time.process_time() - cpu) * 1000 / len(questions), right)
