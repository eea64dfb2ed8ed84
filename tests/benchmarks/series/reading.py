"""Reading of series over REST, in process, beside the same answer from plain SQLite and numpy in the same round.

    python -m tests.benchmarks.series.reading [--rounds 5] [--quick]

Each line is the median time of an answer, what of it the processor worked, and the ratio to the floor: for rows a
`SELECT` of one blob a chunk and field, for thinned out rows numpy alone, for run search a loop over plain Python
dictionaries. The last line is what as many viewers of one run cost, each of whom asks once a second and finds nothing
new; `viewers` measures them. Answers are checked; a wrong one ends it.
"""

import argparse
import sqlite3
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from arangovis.client.app_transport import AppTransport, app_over
from arangovis.client.connection import connect_to
from arangovis.client.transport import Identity
from arangovis.domain.graph import Caller
from arangovis.domain.ids import NodeId
from arangovis.services.run_log import LoggedRun
from arangovis.services.series import appending
from arangovis.services.series.aiming import Sent
from arangovis.settings import read_settings
from arangovis.wiring import build

CALLER = Caller("benchmark")
FIELDS = 10
VIEWERS = 200
ARROW = {"Accept": "application/vnd.apache.arrow.stream"}


class Bench:
    """A service with runs of several shapes, and the floor."""

    def __init__(self, folder: Path, *, quick: bool) -> None:
        self.service = build(read_settings({"home": folder / "home"}))
        self.client = connect_to(self.service)
        self.transport = AppTransport(app_over(self.service), Identity(actor="benchmark"))
        self.floor = sqlite3.connect(folder / "floor.sqlite")
        self.floor.execute("CREATE TABLE chunk (run TEXT, sequence INT, field INT, data BLOB)")
        self.floor.execute("CREATE INDEX by_run ON chunk (run, sequence)")
        self.rows, self.points, self.runs = (1000, 100_000, 1000) if quick else (10_000, 1_000_000, 10_000)
        self.client.register_project("p")
        appending.MERGE_HERE_AT, merged_at = self.rows + 1, appending.MERGE_HERE_AT
        self.small = self.logged(self.rows, chunk=1)
        appending.MERGE_HERE_AT = merged_at
        self.whole = self.logged(self.rows, chunk=self.rows)
        self.curve = self.client.log_run(LoggedRun("curve", project="p")).key
        self.walk = np.cumsum(np.random.default_rng(0).normal(size=self.points))
        self.append(self.curve, 0, {"step": np.arange(self.points), "value": self.walk})
        self.described = self.many_runs()

    def append(self, run: str, sequence: int, columns: dict[str, Any]) -> None:
        self.service.series.appending.append(Sent(NodeId("run", run), "a", sequence), pa.table(columns), CALLER)

    def logged(self, rows: int, *, chunk: int) -> str:
        run = self.client.log_run(LoggedRun("train", project="p")).key
        values = np.random.default_rng(1).normal(size=(FIELDS, rows))
        with self.floor:
            for sequence, begin in enumerate(range(0, rows, chunk)):
                part = values[:, begin : begin + chunk]
                self.append(run, sequence, {f"f{number}": column for number, column in enumerate(part)})
                blobs = [(run, sequence, number, column.tobytes()) for number, column in enumerate(part)]
                self.floor.executemany("INSERT INTO chunk VALUES (?, ?, ?, ?)", blobs)
        return run

    def many_runs(self) -> list[dict[str, Any]]:
        rng = np.random.default_rng(2)
        described = [
            {"tags": rng.choice(list("abcde"), 2, replace=False).tolist(), "lr": float(rng.random()), "depth": int(d)}
            for d in rng.integers(1, 6, self.runs)
        ]

        def action(transaction: Any) -> None:
            for run in described:
                params = {"lr": run["lr"], "depth": run["depth"]}
                self.service.run_log.write(transaction, LoggedRun("found", tags=tuple(run["tags"]), params=params))

        self.service.store.transact(action, CALLER)
        return described

    def get(self, path: str, tag: str = "") -> Any:
        headers = {**ARROW, "If-None-Match": tag} if tag else ARROW
        answer = self.transport.send("GET", f"/api/v1{path}", headers=headers)
        assert answer.status in (200, 304), answer.body[:500]
        return answer

    # --- what is measured: each returns seconds of ours and of the floor ------------------------------------------

    def all_rows(self, run: str) -> tuple["Took", "Took"]:
        names = ",".join(f"f{number}" for number in range(FIELDS))
        ours, answer = timed(lambda: self.get(f"/runs/{run}/rows?fields={names}"))
        floor, found = timed(lambda: self.floor_rows(run))
        table = pa.ipc.open_stream(answer.body).read_all()
        assert np.array_equal(np.stack([table[f"f{number}"].to_numpy() for number in range(FIELDS)]), found)
        return ours, floor

    def floor_rows(self, run: str) -> Any:
        found: dict[int, list[bytes]] = defaultdict(list)
        for number, data in self.floor.execute("SELECT field, data FROM chunk WHERE run = ? ORDER BY sequence", (run,)):
            found[number].append(data)
        return np.stack([np.frombuffer(b"".join(found[number])) for number in range(FIELDS)])

    def newest_chunk(self) -> tuple["Took", "Took"]:
        path = f"/runs/{self.curve}/rows?fields=step,value"
        cursor = self.client.series(f"run/{self.curve}", fields=("step", "value"), decimate=100).cursor
        head = self.service.series.log.heads(self.service.series.data.of_run(NodeId("run", self.curve), 0)[0].data.node)
        row = {"step": np.arange(100), "value": np.zeros(100)}
        self.append(self.curve, head[0].next, row)
        ours, answer = timed(lambda: self.get(f"{path}&since={cursor}"))
        assert pa.ipc.open_stream(answer.body).read_all().num_rows == 100
        last = "SELECT data FROM chunk WHERE run = ? AND sequence = ?"
        floor, _ = timed(lambda: self.floor.execute(last, (self.small, self.rows - 1)).fetchall())
        return ours, floor

    def thinned_out(self) -> tuple["Took", "Took"]:
        path = f"/runs/{self.curve}/rows?fields=step,value&decimate=2000&x=step"
        ours, answer = timed(lambda: self.get(path))
        table = pa.ipc.open_stream(answer.body).read_all()
        assert table["value"].to_numpy().max() == self.walk.max()
        parts = self.walk[: self.points // 1000 * 1000].reshape(1000, -1)
        floor, _ = timed(lambda: (parts.argmin(axis=1), parts.argmax(axis=1)))
        return ours, floor

    def search(self) -> tuple["Took", "Took"]:
        wanted: dict[str, Any] = {"tags_any": ["a", "b"], "tags_none": ["c"]}
        wanted["attributes"] = {"params.lr": (0.2, 0.8), "params.depth": [1, 2]}
        ours, found = timed(lambda: self.client.find_runs(limit=100, facets=(), **wanted))
        floor, count = timed(lambda: sum(map(_matches, self.described)))
        assert found.runs == count
        return ours, floor

    def search_after_a_change(self) -> tuple["Took", "Took"]:
        self.client.log_run(LoggedRun("other"))
        return self.search()

    def poll(self) -> tuple["Took", "Took"]:
        path = f"/runs/{self.curve}/rows?fields=step,value&decimate=2000&x=step"
        tag = self.get(path).headers["etag"]
        ours, answer = timed(lambda: self.get(path, tag))
        assert answer.status == 304
        floor, _ = timed(lambda: self.floor.execute("SELECT max(sequence) FROM chunk WHERE run = ?", ("x",)).fetchall())
        return ours, floor


def _matches(run: dict[str, Any]) -> bool:
    tags = set(run["tags"])
    return bool(tags & {"a", "b"}) and "c" not in tags and 0.2 <= run["lr"] < 0.8 and run["depth"] in (1, 2)


class Took(NamedTuple):
    """How long something took, and how much of it the processor worked for it, in seconds."""

    passed: float
    worked: float


def timed(action: Callable[[], Any]) -> tuple[Took, Any]:
    """Return how long an action took, and what it returned."""
    begun, idle = time.perf_counter(), time.thread_time()
    answer = action()
    return Took(time.perf_counter() - begun, time.thread_time() - idle), answer


def main() -> None:
    """Run the rounds and print the table."""
    parser = argparse.ArgumentParser(prog="tests.benchmarks.series.reading", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="series-reading-") as folder:
        bench = Bench(Path(folder), quick=arguments.quick)
        lines: dict[str, Callable[[], tuple[Took, Took]]] = {
            f"{bench.rows} rows x {FIELDS} fields, a row a chunk": lambda: bench.all_rows(bench.small),
            f"{bench.rows} rows x {FIELDS} fields, one chunk": lambda: bench.all_rows(bench.whole),
            f"{bench.points} points thinned out to 2000": bench.thinned_out,
            "newest chunk of 100 rows": bench.newest_chunk,
            f"search among {bench.runs} runs, after a change": bench.search_after_a_change,
            f"search among {bench.runs} runs": bench.search,
            "poll that finds nothing new": bench.poll,
        }
        found = {name: [measure() for _ in range(arguments.rounds)] for name, measure in lines.items()}
        _print(found)
        bench.client.close()


def _print(found: dict[str, list[tuple["Took", "Took"]]]) -> None:
    print("| what | ours, ms | of it processor, ms | floor, ms | ratio |\n|---|---|---|---|---|")
    for name, times in found.items():
        passed, worked, floor = (1000 * statistics.median(column) for column in zip(*map(_figures, times), strict=True))
        ratio = statistics.median(ours.passed / below.passed for ours, below in times)
        print(f"| {name} | {passed:.2f} | {worked:.2f} | {floor:.2f} | {ratio:.1f} |")
    cost = statistics.median(ours.worked for ours, _ in found["poll that finds nothing new"])
    print(f"\n{VIEWERS} viewers, one such poll a second each: {VIEWERS * cost:.0%} of a core")


def _figures(times: tuple["Took", "Took"]) -> tuple[float, float, float]:
    ours, floor = times
    return ours.passed, ours.worked, floor.passed


if __name__ == "__main__":
    main()
