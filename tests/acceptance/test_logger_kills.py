"""Logging survives what happens to processes: no row that was out of the caller's hands is lost or comes twice."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest

from arangovis.client import series_logger
from arangovis.client.data_logger import DataLogger
from arangovis.client.outbox import OutboxOptions
from tests.acceptance.processes import ROOT, Server, end_all, free_port, running_service

pytestmark = pytest.mark.acceptance


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run a service for the tests that kill clients only: each has a run and a spool of its own."""
    with running_service(tmp_path_factory.mktemp("logging") / "home", workers=0) as server:
        yield server


class Client:
    """A process of `logging_client`."""

    def __init__(self, url: str, spool: Path, deed: str, *run: str, rank: int = 0) -> None:
        command = [sys.executable, "-m", "tests.acceptance.logging_client", url, str(spool), deed, *run]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "RANK": str(rank)}
        self.process = subprocess.Popen(
            command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self.run = self.words()[1]

    def words(self) -> Sequence[str]:
        assert self.process.stdout is not None
        return self.process.stdout.readline().split()

    def until_safe(self, rows: int) -> int:
        """Wait until so many rows are out of the client's hands; return how many are."""
        while True:
            words = self.words()
            assert words, "the client ended"
            if int(words[1]) >= rows:
                return int(words[1])

    def kill(self) -> int:
        """Kill it and return how many rows it had said to be safe."""
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        left = [line.split() for line in self.process.stdout if line.endswith("\n")]
        return int(left[-1][1]) if left else 0


@contextmanager
def client(*arguments: Any, **options: Any) -> Iterator[Client]:
    made = Client(*arguments, **options)
    try:
        yield made
    finally:
        made.process.kill()
        made.process.wait()
        assert made.process.stdout is not None
        made.process.stdout.close()


def sync(spool: Path) -> Any:
    """Run `arangovis sync`; return what it says."""
    command = [sys.executable, "-m", "arangovis.cli", "sync", "--spool", str(spool), "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, (done.stdout, done.stderr)
    return orjson.loads(done.stdout)["spools"]


def rows_of(server: Server, run: str) -> list[tuple[int, int]]:
    """Return rank and number of every row of a run, sorted."""
    answer = server.get(f"/api/v1/runs/{run}/rows?fields=rank,n")
    assert answer.status == 200, answer
    columns = answer.body["columns"]
    return sorted(zip(columns["rank"], columns["n"], strict=True))


def state_of(server: Server, run: str) -> tuple[str, str | None]:
    attributes = server.get(f"/api/v1/runs/{run}").body["attributes"]
    return attributes["state"], attributes.get("reason")


@pytest.mark.parametrize("deed", ["endless", "offline"])
def test_a_killed_client_leaves_what_was_safe_and_sync_sends_it_once(server: Server, tmp_path: Path, deed: str) -> None:
    spool = tmp_path / "spool"
    with client(server.url, spool, deed) as training:
        safe = training.until_safe(1000)
        safe = max(safe, training.kill())
        sync(spool)
        rows = rows_of(server, training.run)
        assert rows == [(0, n) for n in range(len(rows))]
        assert len(rows) >= safe
        assert sync(spool) == []
        assert rows_of(server, training.run) == rows


def test_the_next_run_sends_what_a_killed_one_left(server: Server, tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    with client(server.url, spool, "offline") as training:
        training.until_safe(500)
        training.kill()
    with client(server.url, spool, "rank") as following:
        assert following.process.wait(60) == 0
    rows = rows_of(server, training.run)
    assert rows == [(0, n) for n in range(len(rows))]
    assert len(rows) >= 500


def test_a_server_that_is_killed_and_comes_back_gets_every_row_once(home: Path, tmp_path: Path) -> None:
    port = free_port()
    server = Server(home, workers=0, port=port).wait_until_ready()
    log = DataLogger("demo", url=server.url, outbox=OutboxOptions(tmp_path), flush_every=0.1, capture=False)
    try:
        with log:
            pause, held = threading.Event(), []
            for step in range(300):
                for n in range(step * 20, step * 20 + 20):
                    log.log({"n": n, "rank": 0}, step=n)
                held.append(log.active_run.logger._table.held)
                pause.wait(0.01)
                if step == 100:
                    end_all(home)
                    server.process.wait()
                if step == 200:
                    server = Server(home, workers=0, port=port)
            assert max(held) < series_logger.HELD_BYTES_MAX
            server.wait_until_ready()
            assert log.flush(60)
        assert rows_of(server, str(log.run_handle)) == [(0, n) for n in range(6000)]
        assert state_of(server, str(log.run_handle))[0] == "SUCCESS"
        assert log.active_run.connection.outbox.status.refused == 0
    finally:
        end_all(home)
        server.process.wait()


@pytest.mark.parametrize(("deed", "code", "state"), [("return", 0, "SUCCESS"), ("raise", 1, "ERROR")])
def test_the_end_of_the_process_moves_what_waits_in_memory(
    server: Server, tmp_path: Path, deed: str, code: int, state: str
) -> None:
    with client(server.url, tmp_path / "spool", deed) as training:
        assert training.process.wait(60) == code
        assert rows_of(server, training.run) == [(0, n) for n in range(1000)]
        assert state_of(server, training.run)[0] == state


def test_sigterm_moves_what_waits_in_memory(server: Server, tmp_path: Path) -> None:
    with client(server.url, tmp_path / "spool", "wait") as training:
        training.until_safe(1000)
        training.process.send_signal(signal.SIGTERM)
        assert training.process.wait(60) == 128 + signal.SIGTERM
        assert rows_of(server, training.run) == [(0, n) for n in range(1000)]
        assert state_of(server, training.run) == ("ERROR", "killed")


def test_many_ranks_log_to_one_run(server: Server, tmp_path: Path) -> None:
    log = DataLogger("demo", url=server.url, outbox=OutboxOptions(tmp_path), capture=False)
    with log:
        assert log.flush(60)
        run = str(log.run_handle)
        ranks = [Client(server.url, tmp_path, "rank", run, rank=rank) for rank in range(1, 4)]
        for rank in ranks:
            assert rank.process.wait(60) == 0
            assert rank.process.stdout is not None
            rank.process.stdout.close()
    assert rows_of(server, run) == [(rank, n) for rank in (1, 2, 3) for n in range(1000)]
    assert state_of(server, run)[0] == "SUCCESS"
    listed = server.get(f"/api/v1/runs/{run}/series").body["series"]
    assert [len(series["loggers"]) for series in listed] == [3]


def test_stopping_without_a_row_is_at_once_and_a_second_stop_harmless(tmp_path: Path) -> None:
    begun = time.monotonic()
    log = DataLogger("demo", home=tmp_path, flush_every=3600.0, capture=False)
    log.start()
    assert log.stop()
    assert log.stop()
    assert time.monotonic() - begun < 30, "it waited for a flush that was not due"
