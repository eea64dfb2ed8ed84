"""What logging costs: `python -m tests.benchmarks.series.logging [--steps N] [--rounds N] [--peer NAME=PYTHON ...]`.

Each round logs the same numbers, ten a step, with every logger; what is printed is the median, and its ratio to SQLite
with a row a point and a commit a thousand of them. `caller` is until the last call returned, `durable` until all of it
survives the end of the process, `stored` until the service has it. A peer is `tensorboardX`, `trackio` or
`mlflow`, with a Python that has it.
"""

import argparse
import json
import random
import shutil
import sqlite3
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from arangovis.client.data_logger import DataLogger
from arangovis.client.outbox import OutboxOptions
from tests.benchmarks.series.peers import PEERS
from tests.benchmarks.service_process import running_service

FIELDS = 10
VECTOR_ROWS = 1_000_000


@dataclass(frozen=True)
class Took:
    """How long it took to log so many points, in seconds, until each of three things was so."""

    points: int
    seconds: Mapping[str, float]


Rows = Sequence[Mapping[str, float]]


def rows_of(steps: int) -> Rows:
    return [{f"m{i}": random.random() for i in range(FIELDS - 1)} for _ in range(steps)]  # the step is the tenth


def log_rows(rows: Rows, folder: Path, **options: Any) -> Took:
    place = options if "url" in options else {"home": folder, **options}
    with DataLogger("benchmark", capture=False, within_s=None, **place) as log:
        log.write(warm=1.0)
        log.flush()
        begun = time.perf_counter()
        for row in rows:
            log.log(row)
        called = time.perf_counter()
        log.active_run.logger.spill()
        log.active_run.connection.outbox.sync()
        durable = time.perf_counter()
        assert log.flush()
        stored = time.perf_counter()
    took = {"caller": called - begun, "durable": durable - begun, "stored": stored - begun}
    return Took(len(rows) * FIELDS, took)


def log_to_server(rows: Rows, folder: Path) -> Took:
    """Log to a server of its own, whose spool is in the folder, too."""
    with running_service(folder / "home", workers=0) as service:
        return log_rows(rows, folder, url=service.url, outbox=OutboxOptions(folder / "spool"))


def log_vectors(folder: Path) -> Took:
    columns = {f"m{i}": np.random.default_rng(i).random(VECTOR_ROWS, np.float32) for i in range(FIELDS)}
    with DataLogger("benchmark", home=folder, capture=False, within_s=None) as log:
        log.write(warm=1.0)
        log.flush()
        begun = time.perf_counter()
        log.write(**columns)
        called = time.perf_counter()
        log.active_run.logger.spill()
        log.active_run.connection.outbox.sync()
        durable = time.perf_counter()
        assert log.flush()
        stored = time.perf_counter()
    took = {"caller": called - begun, "durable": durable - begun, "stored": stored - begun}
    return Took(VECTOR_ROWS * FIELDS, took)


def write_sqlite(rows: Rows, folder: Path) -> Took:
    with closing(sqlite3.connect(folder / "floor.db")) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("CREATE TABLE point (step INTEGER, name TEXT, value REAL)")
        begun = time.perf_counter()
        pending = []
        for step, row in enumerate(rows):
            pending += [(step, name, value) for name, value in row.items()]
            if len(pending) >= 1000:
                _insert(connection, pending)
                pending = []
        _insert(connection, pending)
        took = time.perf_counter() - begun
    return Took(len(rows) * len(rows[0]), {"caller": took, "durable": took, "stored": took})


def _insert(connection: sqlite3.Connection, pending: Sequence[tuple[int, str, float]]) -> None:
    with connection:
        connection.executemany("INSERT INTO point VALUES (?, ?, ?)", pending)


def run_peer(name: str, python: str, steps: int, folder: Path) -> Took:
    command = [python, "-c", PEERS[name], str(steps), str(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=600)
    return Took(steps * FIELDS, json.loads(done.stdout.splitlines()[-1]))


def measured(deed: Callable[[Path], Took]) -> Took:
    folder = Path(tempfile.mkdtemp(prefix="arangovis-logging-"))
    try:
        return deed(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def report(found: Mapping[str, Sequence[Took]]) -> None:
    floor = statistics.median(rate(took, "durable") for took in found["sqlite"])
    print(f"{'logger':<24}{'caller':>14}{'durable':>14}{'stored':>14}   points/s; durable beside sqlite")
    for name, tooks in found.items():
        cells = ""
        for what in ("caller", "durable", "stored"):
            rates = [rate(took, what) for took in tooks if what in took.seconds]
            cells += f"{statistics.median(rates):>14,.0f}" if rates else f"{'-':>14}"
        durable = statistics.median(rate(took, "durable") for took in tooks)
        print(f"{name:<24}{cells}   {durable / floor:.2f}")


def rate(took: Took, what: str) -> float:
    return took.points / took.seconds[what]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--peer", action="append", default=[], metavar="NAME=PYTHON")
    given = parser.parse_args()
    peers = dict(peer.split("=", 1) for peer in given.peer)
    rows = rows_of(given.steps)
    deeds: dict[str, Callable[[Path], Took]] = {
        "sqlite": lambda folder: write_sqlite(rows, folder),
        "arangovis log": lambda folder: log_rows(rows, folder),
        "arangovis log, REST": lambda folder: log_to_server(rows, folder),
        "arangovis log, offline": lambda folder: log_rows(rows, folder, offline=True),
        "arangovis write": log_vectors,
    }
    for name, python in peers.items():
        deeds[name] = lambda folder, name=name, python=python: run_peer(name, python, given.steps, folder)
    found: dict[str, list[Took]] = {name: [] for name in deeds}
    for _ in range(given.rounds):
        for name, deed in deeds.items():
            found[name].append(measured(deed))
    report(found)


if __name__ == "__main__":
    main()
