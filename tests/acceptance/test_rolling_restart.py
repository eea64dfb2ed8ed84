"""Servers that are told to stop: what was asked is answered, and one after the other can be replaced beside writers."""

import itertools
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import arangovis as av
from arangovis.client.outbox import OutboxOptions
from arangovis.domain.ids import NodeId
from arangovis.domain.runs import RunState
from arangovis.services.verification import check_store
from arangovis.tabular import Rows
from arangovis.wiring import Arangovis
from tests.acceptance.processes import (
    Answer,
    Server,
    ask,
    assert_no_orphans,
    digits,
    end_all,
    register,
    running_service,
    until,
)
from tests.backends import build_service, settings_of

pytestmark = pytest.mark.acceptance

LEASE_S = 600
"""Longer than the tests: a run that is not given back is not done."""
WAITING = 4
"""Runs that wait for a worker."""
BODY = b'{"name": "slow"}'


def is_answering(server: Server) -> bool:
    return "arangovis_requests_being_answered 1.0" in server.get("/metrics").body


def is_closed(server: Server) -> bool:
    """Say whether nobody is let in any more, not even to wait."""
    try:
        socket.create_connection(("127.0.0.1", server.port), timeout=5).close()
    except (ConnectionRefusedError, ConnectionResetError):
        return True
    return False


def test_a_request_that_is_under_way_is_answered_before_the_server_ends(home: Path) -> None:
    with running_service(home, workers=0) as server:
        with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
            head = "POST /api/v1/projects HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            connection.sendall(f"{head}Content-Length: {len(BODY)}\r\n\r\n".encode() + BODY[:5])
            until(lambda: is_answering(server), what="the request")
            server.process.terminate()
            until(lambda: is_closed(server), what="a closed door")
            assert server.process.poll() is None
            connection.sendall(BODY[5:])
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
        assert answer.startswith(b"HTTP/1.1 201 ")
        assert server.process.wait(20) == 0
    service = build_service(settings_of(home))
    _, _, key = json.loads(answer.partition(b"\r\n\r\n")[2])["node"].partition("/")
    assert service.store.get(NodeId("project", key)).attributes["name"] == "slow"
    service.close()


# --- one after the other ------------------------------------------------------------------------------------------


@dataclass
class Writers:
    """Clients behind a balancer: what one server does not answer is sent to the other, until it is acknowledged."""

    servers: list[Server]
    version: int
    runs: list[str] = field(default_factory=list)
    rows: list[str] = field(default_factory=list)
    tasks: list[str] = field(default_factory=list)
    wrong: list[Answer] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)

    def log(self) -> None:
        for number in itertools.count():
            body = {"method": "train", "key": f"run-{number}", "metrics": {"number": number}}
            if self._done("/api/v1/runs", body):
                self.runs.append(f"run-{number}")
            if self.stopped.is_set():
                return

    def append(self) -> None:
        for number in itertools.count():
            row = {**digits()[0], "_id": f"row-{number}"}
            if self._done(f"/api/v1/model-versions/{self.version}/production-data", [row]):
                self.rows.append(f"row-{number}")
            if self.stopped.is_set():
                return

    def project(self) -> None:
        """Keep some work waiting, and no more: a worker that is told to stop has something to give back."""
        while not self.stopped.wait(0.3):
            known = self._done("/api/v1/running?limit=1", None)
            if known is not None and known.body["pending"] >= WAITING:
                continue
            answer = self._done("/visualization/jobs/pca", {"model_version_id": self.version})
            if answer is not None:
                self.tasks.append(answer.body["task_id"])

    def written(self) -> int:
        return min(len(self.runs), len(self.rows))

    def _done(self, path: str, body: object) -> Answer | None:
        for server in itertools.cycle(list(self.servers)):
            try:
                answer = ask(server.url + path, body)
            except OSError:  # a closed door, or one that closed in our face: the other server is open
                self.stopped.wait(0.02)
                continue
            if answer.status in (200, 201, 202):
                return answer
            self.wrong.append(answer)
            return None
        raise AssertionError("never reached")


@contextmanager
def writing(writers: Writers) -> Iterator[None]:
    threads = [threading.Thread(target=work) for work in (writers.log, writers.append, writers.project)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        writers.stopped.set()
        for thread in threads:
            thread.join()


@dataclass
class Logged:
    """A run that the SDK logs numbers to, and how many."""

    run: NodeId
    numbers: int = 0


@contextmanager
def logging(url: str, spool: Path) -> Iterator[Logged]:
    """Log by the SDK, to one server only; all is delivered in the end."""
    stopped = threading.Event()
    with av.run("rolling", url=url, outbox=OutboxOptions(spool), capture=False, flush_every_s=0.2) as run:
        logged = Logged(run.id)

        def log() -> None:
            while not stopped.wait(0.005):
                run.log({"n": logged.numbers})
                logged.numbers += 1

        thread = threading.Thread(target=log)
        thread.start()
        try:
            yield logged
        finally:
            stopped.set()
            thread.join()
        assert run.flush(60)


def test_two_servers_are_replaced_beside_writers_and_nothing_is_lost(home: Path, tmp_path: Path) -> None:
    servers = [Server(home, workers=1, lease_s=LEASE_S) for _ in range(2)]
    try:
        for server in servers:
            server.wait_until_ready()
        writers = Writers(servers, register(servers[0]))
        with logging(servers[0].url, tmp_path / "spool") as logged, writing(writers):
            for place in range(2):
                until(lambda: bool(writers.tasks), what="work for the workers")
                before = writers.written()
                servers[place].stop()  # its worker gives back what it computes
                until(lambda before=before: writers.written() > before, what="writes to the other server")
                servers[place] = Server(home, workers=1, port=servers[place].port, lease_s=LEASE_S).wait_until_ready()
        assert writers.wrong == []
        service = build_service(settings_of(home))
        until(lambda: all_done(service, writers.tasks), within_s=90, what="the end of all runs")
        with av.connect(servers[1].url) as client:
            assert client.series(logged.run, fields=["n"]).columns["n"].tolist() == list(range(logged.numbers))
        for server in servers:
            server.stop()
        assert_no_orphans(home)
        assert service.store.records("lease") == []
        assert_whole(service, writers)
        service.close()
    finally:
        end_all(home)
        for server in servers:
            server.process.wait()


def all_done(service: Arangovis, tasks: list[str]) -> bool:
    states = [service.runs.get(NodeId("run", task)).state for task in tasks]
    assert all(state.is_open or state is RunState.SUCCESS for state in states)
    return not any(state.is_open for state in states)


def assert_whole(service: Arangovis, writers: Writers) -> None:
    nodes = [NodeId("run", run) for run in writers.runs]
    assert set(service.store.get_many(nodes)) == set(nodes)
    stream = service.datasets.production(service.catalogue.version(writers.version))
    assert stream is not None
    stored = [
        row
        for one in service.datasets.segments(stream)
        for row in Rows.from_parquet(service.blobs.read(one.digest)).ids
    ]
    assert set(writers.rows) <= set(stored)
    assert len(stored) == len(set(stored)) == stream.rows
    assert check_store(service.store, service.artifacts) == []
