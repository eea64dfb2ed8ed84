"""A deep queue: what one claim costs while so many runs wait, through the services that workers use."""

import sqlite3
from collections.abc import Callable
from functools import partial
from pathlib import Path

from arangovis.domain.views import integer
from arangovis.domain.work import RunRequest
from arangovis.settings import Settings
from arangovis.stores.transaction import Transaction
from arangovis.wiring import build
from tests.benchmarks.lineage.targets.embedded import CALLER
from tests.benchmarks.scaling.measured import Figure, median_ms, rounds_of

BATCH = 500
CLAIMS = 40
LEASE_US = 3_600_000_000
METHODS = ("projection.umap", "projection.pca")


class Queue:
    """Pending runs in the embedded store, and the same queue as a table of plain SQLite."""

    def __init__(self, folder: Path) -> None:
        self._service = build(Settings(home=folder / "queue"))
        self._floor = sqlite3.connect(folder / "queue-floor.db", isolation_level=None)
        self._floor.execute("PRAGMA journal_mode = WAL")
        self._floor.execute("PRAGMA synchronous = FULL")
        self._floor.execute("CREATE TABLE job (id INTEGER PRIMARY KEY, method TEXT, due INTEGER, owner TEXT)")
        self._floor.execute("CREATE INDEX job_by_due ON job (method, due)")
        self._depth = 0

    def close(self) -> None:
        self._service.close()
        self._floor.close()

    def grown_to(self, depth: int, *, rounds: int) -> tuple[list[Figure], bool]:
        """Ask for runs until so many wait, and measure there; say too whether each claim gave the oldest run."""
        while self._depth < depth:
            count = min(BATCH, depth - self._depth)
            self._service.store.transact(partial(self._request, first=self._depth, count=count), CALLER)
            rows = [(METHODS[number % 2], self._depth + number) for number in range(count)]
            self._floor.execute("BEGIN")
            self._floor.executemany("INSERT INTO job (method, due) VALUES (?, ?)", rows)
            self._floor.execute("COMMIT")
            self._depth += count
        claimed: list[tuple[int, int]] = []
        own = partial(median_ms, [partial(self._claim, claimed)] * CLAIMS)
        floor: Callable[[], float] = partial(median_ms, [self._floor_claim] * CLAIMS)
        figure = rounds_of("queue: one claim", depth, own, floor, rounds=rounds)
        batches = [batch for batch, _ in claimed]
        return [figure], batches == sorted(batches) and len(set(claimed)) == rounds * CLAIMS

    def _request(self, transaction: Transaction, first: int, count: int) -> None:
        for number in range(first, first + count):
            wanted = RunRequest(METHODS[number % 2], None, (), {"batch": first, "number": number})
            self._service.runs.request(transaction, wanted)

    def _claim(self, claimed: list[tuple[int, int]]) -> None:
        claim = self._service.runs.claim(METHODS, "benchmark", lease_us=LEASE_US)
        assert claim is not None
        claimed.append((integer(claim.run.params, "batch"), integer(claim.run.params, "number")))

    def _floor_claim(self) -> None:
        self._floor.execute("BEGIN IMMEDIATE")
        found = [
            self._floor.execute("SELECT due, id FROM job WHERE method = ? ORDER BY due LIMIT 1", (method,)).fetchone()
            for method in METHODS
        ]
        _, row = min(one for one in found if one is not None)
        self._floor.execute("UPDATE job SET owner = 'benchmark', due = due + ? WHERE id = ?", (LEASE_US, row))
        self._floor.execute("COMMIT")
