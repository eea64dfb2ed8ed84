"""Many viewers of one live run: `python -m tests.benchmarks.series.viewers [--viewers 200] [--seconds 20]`.

Each viewer asks once a second for what is new since its last answer, at times that are fixed beforehand (an open loop):
a late answer delays no other question, and its waiting counts. Printed is the time from when a question was due to its
whole answer, beside that of `GET /health` asked at the same times of the same server, one process, and what of the
processor the server took for it. What the viewers
have in the end is compared with the run.
"""

import argparse
import http.client
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import numpy as np
import orjson
import psutil
import pyarrow as pa

import arangovis as av
from arangovis.client.outbox import OutboxOptions
from tests.benchmarks.service_process import running_service

VIEWERS = 200
SENDERS = 64
ROWS_A_SECOND = 50
ARROW = {"Accept": "application/vnd.apache.arrow.stream"}
FIELDS = "step,loss,gradient"


class Viewer:
    """One browser: a connection, and the steps that its plot shows."""

    def __init__(self, url: str, run: str) -> None:
        parts = urlsplit(url)
        self._connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=30)
        self._connection.connect()
        self._connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._path = f"/api/v1/runs/{run}/rows"
        self._cursor: str | None = None
        self._tag: str | None = None
        self._steps: list[np.ndarray] = []
        self._turn = threading.Lock()

    def look(self) -> None:
        """Ask for what is new."""
        with self._turn:
            query = {"fields": FIELDS} | ({} if self._cursor is None else {"since": self._cursor})
            headers = ARROW if self._tag is None else {**ARROW, "If-None-Match": self._tag}
            status, body, tag = self._get(f"{self._path}?{urlencode(query)}", headers)
            if status == 304:
                return
            assert status == 200, body[:300]
            table = pa.ipc.open_stream(body).read_all()
            facts = orjson.loads(table.schema.metadata[b"arangovis"])
            new = [table["step"].to_numpy()] if table.num_rows else []
            self._steps = new if facts["restart"] else self._steps + new
            self._cursor, self._tag = facts["cursor"], tag

    def ping(self) -> None:
        """Ask for as little as can be."""
        with self._turn:
            assert self._get("/health", {})[0] == 200

    @property
    def steps(self) -> np.ndarray:
        """The steps it has, sorted."""
        return np.sort(np.concatenate(self._steps)) if self._steps else np.empty(0, np.int64)

    def _get(self, path: str, headers: dict[str, str]) -> tuple[int, bytes, str | None]:
        self._connection.request("GET", path, headers=headers)
        answer = self._connection.getresponse()
        return answer.status, answer.read(), answer.headers.get("etag")


def open_loop(deeds: Sequence[Callable[[], None]], seconds: int) -> np.ndarray:
    """Do each deed once a second, evenly spread; return how late each was done, in milliseconds."""
    late: list[float] = []

    def done(deed: Callable[[], None], due: float) -> None:
        deed()
        late.append(1000 * (time.perf_counter() - due))

    begun = time.perf_counter() + 0.2
    with ThreadPoolExecutor(SENDERS) as senders:
        waiting = []
        for number in range(seconds * len(deeds)):
            due = begun + number / len(deeds)
            time.sleep(max(0.0, due - time.perf_counter()))
            waiting.append(senders.submit(done, deeds[number % len(deeds)], due))
        for answer in waiting:
            answer.result()
    return np.array(late)


def told(name: str, deeds: Sequence[Callable[[], None]], seconds: int, server: int) -> None:
    """Do deeds in an open loop and print a line of the table."""
    before = worked(server)
    late = open_loop(deeds, seconds)
    cost = 1000 * (worked(server) - before) / len(late)
    p50, p90, p99 = np.percentile(late, [50, 90, 99])
    print(f"| {name} | {len(late)} | {p50:.1f} | {p90:.1f} | {p99:.1f} | {late.max():.1f} | {cost:.2f} |", flush=True)


def worked(server: int) -> float:
    """Return how many seconds the processor worked for a process and its children."""
    parent = psutil.Process(server)
    times = [process.cpu_times() for process in (parent, *parent.children(recursive=True))]
    return sum(time.user + time.system for time in times)


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--viewers", type=int, default=VIEWERS)
    parser.add_argument("--seconds", type=int, default=20)
    given = parser.parse_args()
    print("| what | questions | p50, ms | p90, ms | p99, ms | most, ms | server's processor, ms each |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="series-viewers-") as folder:
        measure(Path(folder), given.viewers, given.seconds)


def measure(folder: Path, viewers: int, seconds: int) -> None:
    """Serve, log, look."""
    with running_service(folder / "home", workers=0) as service:
        options = OutboxOptions(folder / "spool")
        over = threading.Event()
        with av.run("p", url=service.url, outbox=options, capture=False, flush_every_s=1.0) as run:
            run.log({"loss": 1.0, "gradient": 1.0})
            assert run.flush(60)
            looking = [Viewer(service.url, run.key) for _ in range(viewers)]
            told("floor: /health", [viewer.ping for viewer in looking], seconds, service.pid)

            def logging() -> None:
                rng = np.random.default_rng(0)
                while not over.wait(1 / ROWS_A_SECOND):
                    run.log({"loss": rng.random(), "gradient": rng.random()})

            logger = threading.Thread(target=logging)
            logger.start()
            told(
                f"{viewers} viewers of a run that is logged", [viewer.look for viewer in looking], seconds, service.pid
            )
            over.set()
            logger.join()
        told(f"{viewers} viewers of a run that has ended", [viewer.look for viewer in looking], seconds, service.pid)
        with av.connect(service.url) as client:
            whole = np.sort(client.series(run.id, fields=["step"]).columns["step"])
        assert all(np.array_equal(viewer.steps, whole) for viewer in looking)


if __name__ == "__main__":
    main()
