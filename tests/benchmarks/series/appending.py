"""Appending to series: over HTTP to a real server, in this process, and what is stored, beside plain SQLite.

    python -m tests.benchmarks.series.appending [--rounds 5]

A chunk has 10 fields: a step and 9 curves, random walks in float32. The floor is SQLite itself, with one blob a chunk
and field, each chunk committed durably (WAL, `synchronous=FULL`), in the same round. Points are rows times fields.
"""

import argparse
import http.client
import json
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pyarrow as pa

from arangovis.domain.graph import Caller
from arangovis.domain.ids import NodeId
from arangovis.domain.runs import RunState
from arangovis.services.run_log import LoggedRun
from arangovis.services.series.aiming import Sent
from arangovis.settings import read_settings
from arangovis.wiring import Arangovis, build
from tests.benchmarks.service_process import running_service

CALLER = Caller("benchmark")
FIELDS = 10
ARROW = "application/vnd.apache.arrow.stream"


def chunk(rows: int, start: int = 0) -> pa.Table:
    """Return a step counter and curves."""
    walks = np.cumsum(np.random.default_rng(start).normal(size=(FIELDS - 1, rows)), axis=1).astype(np.float32)
    curves = {f"curve {number}": walk for number, walk in enumerate(walks)}
    return pa.table({"step": np.arange(start, start + rows)} | curves)


def stream(table: pa.Table) -> bytes:
    """Return the body of a request."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


class Floor:
    """SQLite with a blob a chunk and field."""

    def __init__(self, folder: Path) -> None:
        self._connection = sqlite3.connect(folder / "floor.sqlite", isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=FULL")
        self._connection.execute("CREATE TABLE chunk (run TEXT, sequence INT, field INT, data BLOB)")

    def append(self, sequence: int, table: pa.Table) -> None:
        """Write a chunk durably."""
        rows = [("run", sequence, field, column.to_numpy().tobytes()) for field, column in enumerate(table.columns)]
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.executemany("INSERT INTO chunk VALUES (?, ?, ?, ?)", rows)
        self._connection.execute("COMMIT")


class Server:
    """A run on a server."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=60)
        self.send("POST", "/api/v1/projects", json.dumps({"name": "p"}).encode())
        body = json.dumps({"method": "script", "project": "p", "state": "STARTED"}).encode()
        self.run = json.loads(self.send("POST", "/api/v1/runs", body))["node"].partition("/")[2]

    def append(self, logger: str, sequence: int, body: bytes) -> None:
        """Send a chunk and wait for the answer."""
        self.send("POST", f"/api/v1/runs/{self.run}/chunks?logger={logger}&sequence={sequence}", body, ARROW)

    def send(self, method: str, path: str, body: bytes, media_type: str = "application/json") -> bytes:
        """Return a good answer."""
        self._connection.request(method, path, body=body, headers={"Content-Type": media_type})
        answer = self._connection.getresponse()
        data = answer.read()
        assert answer.status in (200, 201), (answer.status, data[:300])
        return data


def per_second(append: Callable[[int], None], count: int, rows: int) -> float:
    """Return points a second."""
    begin = time.perf_counter()
    for sequence in range(count):
        append(sequence)
    return count * rows * FIELDS / (time.perf_counter() - begin)


def told(name: str, found: list[float], floor: list[float]) -> None:
    """Print a line."""
    middle, below = statistics.median(found), statistics.median(floor)
    print(f"{name:44} {middle / 1e6:8.2f} M points/s   {middle / below:6.3f} of plain SQLite")


def measure(folder: Path, service: Arangovis, *, rounds: int) -> None:
    """Measure appending in this process and what is stored."""
    service.catalogue.register_project("p", CALLER)
    run = service.run_log.log(LoggedRun("script", project="p", state=RunState.STARTED), CALLER).node
    floor = Floor(folder)
    for rows, count in ((1, 300), (1000, 50), (10_000, 20), (100_000, 5), (1_000_000, 1)):
        ours, plain = [], []
        for number in range(rounds):
            table = chunk(rows, number)
            plain.append(per_second(lambda sequence, table=table: floor.append(sequence, table), count, rows))
            append = appender(service, run, f"{rows}-{number}", table)
            ours.append(per_second(append, count, rows))
        told(f"in process, chunks of {rows:,} rows", ours, plain)
    stored(service)


def appender(service: Arangovis, run: NodeId, logger: str, table: pa.Table) -> Callable[[int], None]:
    """Return what appends the same rows under a sequence number."""

    def append(sequence: int) -> None:
        service.series.appending.append(Sent(run, logger, sequence), table, CALLER)

    return append


def stored(service: Arangovis) -> None:
    """Print what ten thousand rows take that were logged one by one, before and after merging."""
    other = service.run_log.log(LoggedRun("script", project="p", state=RunState.STARTED), CALLER).node
    whole = chunk(10_000)
    for sequence in range(10_000):
        service.series.appending.append(Sent(other, "single", sequence), whole.slice(sequence, 1), CALLER)
    (logged,) = service.series.data.of_run(other, 0)
    for when in ("before", "after"):
        begin = time.perf_counter()
        chunks = list(service.series.log.chunks(logged.data.node))
        rows = service.series.log.rows(chunks, logged.data.fields)
        taken = time.perf_counter() - begin
        assert rows is not None
        assert rows.num_rows == 10_000
        size = sum(chunk.size if chunk.blob else len(json.dumps(dict(chunk.record().data))) for chunk in chunks)
        print(
            f"10,000 rows logged one by one, {when} merging: {len(chunks)} chunks, "
            f"{size / 10_000 / FIELDS:.2f} bytes a point, read in {1000 * taken:.1f} ms"
        )
        service.series.upkeep.look_at(logged.data.node)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with running_service(folder / "served") as running:
            server, floor, table = Server(running.url), Floor(folder), chunk(1000)
            body, ours, plain = stream(table), [], []
            for number in range(rounds):
                plain.append(per_second(lambda sequence: floor.append(sequence, table), 50, 1000))
                ours.append(per_second(lambda s, n=number: server.append(f"l{n}", s, body), 50, 1000))
            told("over HTTP, chunks of 1,000 rows", ours, plain)
        (folder / "own").mkdir()
        service = build(read_settings({"home": folder / "own"}))
        measure(folder / "own", service, rounds=rounds)
        service.close()


if __name__ == "__main__":
    main()
