"""The floor: the least that plain SQLite can do for these workloads, without versions, callers or checks.

It keeps documents as JSON, looks inputs up by key, projects parameters and metrics for search, and walks level by
level to the same answer: nodes with documents and depths, and edges.
"""

import json
import sqlite3
from collections.abc import Iterable
from pathlib import Path

from tests.benchmarks.lineage.workload import PAGE, Query, Run

TABLES = """
CREATE TABLE IF NOT EXISTS node (
    id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, doc TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS edge (
    source INTEGER, target INTEGER, kind TEXT, PRIMARY KEY (source, target, kind)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS edge_back ON edge (target, source, kind);
CREATE TABLE IF NOT EXISTS param (
    name TEXT, value TEXT, node INTEGER, PRIMARY KEY (name, value, node)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS metric (node INTEGER, name TEXT, value REAL, PRIMARY KEY (node, name)) WITHOUT ROWID;
"""
STEP = "SELECT e.source, e.target, e.kind FROM json_each(?) f CROSS JOIN edge e WHERE e.{} = f.value"
NODES = "SELECT n.id, n.key, n.kind, n.doc FROM json_each(?) f CROSS JOIN node n ON n.id = f.value"
SEARCH = """
SELECT n.key, n.doc FROM param p CROSS JOIN metric m ON m.node = p.node AND m.name = :metric
CROSS JOIN node n ON n.id = p.node
WHERE p.name = :param AND p.value = :value AND m.value BETWEEN :low AND :high
ORDER BY p.node DESC LIMIT :page
"""


class Target:
    def __init__(self, folder: Path) -> None:
        self.connection = sqlite3.connect(folder / "floor.db", isolation_level=None, timeout=60, cached_statements=256)
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "cache_size = -65536"):
            self.connection.execute(f"PRAGMA {pragma}")
        self.connection.executescript(TABLES)

    def add_artifacts(self, keys: Iterable[str]) -> None:
        self.connection.execute("BEGIN IMMEDIATE")
        for key in keys:
            self._add(key, "artifact", {"uri": f"s3://bucket/{key}"})
        self.connection.execute("COMMIT")

    def commit(self, runs: list[Run]) -> None:
        self.connection.execute("BEGIN IMMEDIATE")
        for run in runs:
            self._add_run(run)
        self.connection.execute("COMMIT")

    def lineage(self, key: str, direction: str) -> tuple[str, list[tuple[str, str, object, int]], list[object]]:
        near, far = ("target", 0) if direction == "up" else ("source", 1)
        start = self.connection.execute("SELECT id FROM node WHERE key = ?", (key,)).fetchone()[0]
        depths, frontier, edges, depth = {start: 0}, [start], [], 0
        self.connection.execute("BEGIN")
        while frontier:
            depth += 1
            rows = self.connection.execute(STEP.format(near), (json.dumps(frontier),)).fetchall()
            edges += rows
            frontier = list({row[far] for row in rows} - depths.keys())
            depths.update(dict.fromkeys(frontier, depth))
        rows = self.connection.execute(NODES, (json.dumps(list(depths)),)).fetchall()
        self.connection.execute("COMMIT")
        return key, [(row[1], row[2], json.loads(row[3]), depths[row[0]]) for row in rows], edges

    def reached(self, answer: object) -> set[str]:
        assert isinstance(answer, tuple)
        return {row[0] for row in answer[1] if row[1] == "artifact"} - {answer[0]}

    def search(self, query: Query) -> list[tuple[str, object]]:
        bound = {**query.__dict__, "page": PAGE}
        return [(key, json.loads(document)) for key, document in self.connection.execute(SEARCH, bound)]

    def keys(self, answer: object) -> list[str]:
        assert isinstance(answer, list)
        return [key for key, _ in answer]

    def close(self) -> None:
        self.connection.close()

    def _add(self, key: str, kind: str, document: object) -> int:
        text = json.dumps(document)
        cursor = self.connection.execute("INSERT INTO node (key, kind, doc) VALUES (?, ?, ?)", (key, kind, text))
        assert cursor.lastrowid is not None
        return cursor.lastrowid

    def _add_run(self, run: Run) -> None:
        run_id = self._add(run.key, "run", {"params": run.params, "metrics": run.metrics})
        output = self._add(run.output, "artifact", {"uri": f"s3://bucket/{run.output}"})
        read = "SELECT id FROM node WHERE key = ?"
        inputs = [self.connection.execute(read, (key,)).fetchone()[0] for key in run.inputs]
        edges = [(source, run_id, "input_to") for source in inputs]
        self.connection.executemany("INSERT INTO edge VALUES (?, ?, ?)", [*edges, (run_id, output, "generated")])
        params = [(name, value, run_id) for name, value in run.params.items()]
        self.connection.executemany("INSERT INTO param VALUES (?, ?, ?)", params)
        if run.metrics:
            metrics = [(run_id, name, value) for name, value in run.metrics.items()]
            self.connection.executemany("INSERT INTO metric VALUES (?, ?, ?)", metrics)
