"""The growing graph in both targets: loading, committing, lineage, impact, search, the past, bytes on disk."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from arangovis.domain.graph import Walk
from arangovis.domain.ids import NodeId
from tests.benchmarks.lineage.targets import embedded, floor
from tests.benchmarks.lineage.workload import Query, shared_artifacts
from tests.benchmarks.scaling import workload
from tests.benchmarks.scaling.measured import Figure, median_ms, rounds_of, timed

BATCH = 500
TIMED_BATCHES = 20
SINGLE = 100
"""So many of the last runs are committed one by one."""
QUESTIONS = 40
SLOW_QUESTIONS = 3


class Growing:
    """Both targets in a folder each, grown from size to size with the same runs."""

    def __init__(self, folder: Path) -> None:
        self._folders = (folder / "floor", folder / "embedded")
        for place in self._folders:
            place.mkdir()
        self._floor, self._own = floor.Target(self._folders[0]), embedded.Target(self._folders[1])
        self._size = 0
        self._right = True
        for target in self._targets:
            target.add_artifacts(shared_artifacts())

    @property
    def _targets(self) -> tuple[Any, Any]:
        return self._own, self._floor

    def close(self) -> None:
        for target in self._targets:
            target.close()

    def grown_to(self, size: int, *, rounds: int) -> tuple[list[Figure], bool]:
        """Add runs up to a size and measure there; say too whether all answers were right."""
        grown = self._grow(size)
        asked = [*self._lineage(rounds), *self._search(rounds), *self._past(rounds)]
        return [*grown, *asked, *self._bytes()], self._right

    def _grow(self, size: int) -> list[Figure]:
        batched: tuple[list[float], list[float]] = ([], [])
        single: tuple[list[float], list[float]] = ([], [])
        for first in range(self._size, size - SINGLE, BATCH):
            runs = list(workload.runs(first, min(first + BATCH, size - SINGLE)))
            for rates, target in zip(batched, self._targets, strict=True):
                rates.append(1000 * len(runs) / timed(partial(target.commit, runs)))
        for run in workload.runs(size - SINGLE, size):
            for times, target in zip(single, self._targets, strict=True):
                times.append(timed(partial(target.commit, [run])))
        self._size = size
        own, least = (tuple(rates[-TIMED_BATCHES:]) for rates in batched)
        return [
            Figure(f"commit of {BATCH} runs", size, "runs/s", own, least),
            Figure("commit of one run", size, "ms", tuple(single[0]), tuple(single[1])),
        ]

    def _lineage(self, rounds: int) -> list[Figure]:
        figures = []
        for question, direction, starts in (
            ("lineage, 10 runs back", "up", workload.chain_ends(self._size, QUESTIONS)),
            ("impact, 9 runs on", "down", workload.chain_begins(self._size, QUESTIONS)),
        ):
            for target in self._targets:
                for start, reached in starts[:5]:
                    self._right &= target.reached(target.lineage(start, direction)) == reached
            ways = [partial(self._walks, target, direction, starts) for target in self._targets]
            figures.append(rounds_of(question, self._size, *ways, rounds=rounds))
        return figures

    def _walks(self, target: Any, direction: str, starts: Sequence[tuple[str, set[str]]]) -> float:
        return median_ms([partial(target.lineage, start, direction) for start, _ in starts])

    def _search(self, rounds: int) -> list[Figure]:
        figures = []
        for name, question, count in (
            ("many", "search, a full page", QUESTIONS),
            ("few", "search, 10 match", QUESTIONS),
            ("none", "search, none match", SLOW_QUESTIONS),
        ):
            queries = workload.searches(name, self._size, count)
            for target in self._targets:
                for query in queries[:3]:
                    self._right &= target.keys(target.search(query)) == workload.found(query, self._size)
            ways = [partial(self._searches, target, queries) for target in self._targets]
            figures.append(rounds_of(question, self._size, *ways, rounds=rounds))
        return figures

    def _searches(self, target: Any, queries: Sequence[Query]) -> float:
        return median_ms([partial(target.search, query) for query in queries])

    def _past(self, rounds: int) -> list[Figure]:
        """Ask what only ours can answer: lineage as of a time in the middle, and a node's history."""
        store = self._own.store
        middle = store.get(NodeId("run", workload.run(self._size // 2).key)).version.valid_from
        starts = [start for start, _ in workload.chain_ends(self._size // 2, QUESTIONS)]
        walks = [self._walk_at(start, middle) for start in starts]
        histories = [partial(store.history, NodeId("artifact", start)) for start in starts]
        return [
            rounds_of("lineage at a time", self._size, partial(median_ms, walks), rounds=rounds),
            rounds_of("history, 1 version", self._size, partial(median_ms, histories), rounds=rounds),
        ]

    def _walk_at(self, start: str, at: int) -> Callable[[], object]:
        up = embedded.DIRECTIONS["up"]
        walk = Walk((NodeId("artifact", start),), up, embedded.KINDS, depth_max=40, node_limit=100_000, at=at)
        return partial(self._own.store.walk, walk)

    def _bytes(self) -> list[Figure]:
        own, least = (sum(file.stat().st_size for file in place.iterdir()) for place in self._folders[::-1])
        return [
            Figure("file, bytes a run", self._size, "B", (own / self._size,), (least / self._size,)),
            Figure("file", self._size, "MB", (own / 1e6,), (least / 1e6,)),
        ]
