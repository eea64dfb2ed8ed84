"""kill -9 of every process of a service at random points, while clients write and ask.

Nothing that was acknowledged may be lost, nothing may be there by half, and everything asked for is done in the end.
"""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from arangovis.domain.graph import Direction
from arangovis.domain.ids import NodeId
from arangovis.domain.runs import RunState
from arangovis.services.verification import check_store
from arangovis.tabular import Rows
from arangovis.wiring import Arangovis
from tests.acceptance.processes import (
    Answer,
    Server,
    assert_no_orphans,
    digits,
    end_all,
    kill,
    processes,
    register,
    running_service,
    until,
)
from tests.backends import build_service, settings_of

pytestmark = pytest.mark.acceptance


@dataclass
class Clients:
    """Clients that write and ask until they are stopped, and remember what they were told is done."""

    server: Server
    number: int
    rows: set[str] = field(default_factory=set)
    runs: set[str] = field(default_factory=set)
    tasks: set[str] = field(default_factory=set)
    refused: list[Answer] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        for act in (self.append, self.log, self.project):
            self._threads.append(threading.Thread(target=self._repeat, args=(act,)))
            self._threads[-1].start()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        assert self.refused == []

    def _repeat(self, act: Callable[[str], None]) -> None:
        count = 0
        while not self._stop.is_set():
            count += 1
            try:
                act(f"{act.__name__}-{time.monotonic_ns()}-{count}")
            except OSError:
                self._stop.wait(0.05)  # the server is down; a client would try again

    def append(self, name: str) -> None:
        row = {**digits()[0], "_id": name}
        if self._accepts(self.server.post(f"/api/v1/model-versions/{self.number}/production-data", [row])):
            self.rows.add(name)

    def log(self, name: str) -> None:
        output = {"role": "model", "attributes": {"digest": "0" * 64, "bytes": 1, "media_type": "text/plain"}}
        if self._accepts(self.server.post("/api/v1/runs", {"method": "train", "key": name, "outputs": [output]})):
            self.runs.add(name)

    def project(self, name: str) -> None:
        answer = self.server.post("/visualization/jobs/pca", {"model_version_id": self.number})
        if self._accepts(answer):
            self.tasks.add(answer.body["task_id"])
        self._stop.wait(0.4)

    def _accepts(self, answer: Answer) -> bool:
        if answer.status not in (200, 201, 202):
            self.refused.append(answer)
        return answer.status in (200, 201, 202)


def finish(service: Arangovis, tasks: set[str]) -> None:
    """Wait until all that was asked for has ended, and assert that it ended well."""
    runs = [NodeId("run", task) for task in tasks]
    until(lambda: not any(service.runs.get(run).state.is_open for run in runs), what="the end of all runs")
    ended = [service.runs.get(run) for run in runs]
    assert [(run.state, run.message) for run in ended if run.state is not RunState.SUCCESS] == []


def assert_nothing_lost(service: Arangovis, clients: Clients) -> None:
    stream = service.datasets.production(service.catalogue.version(clients.number))
    assert stream is not None
    segments = service.datasets.segments(stream)
    stored = {row for segment in segments for row in Rows.from_parquet(service.blobs.read(segment.digest)).ids}
    assert clients.rows - stored == set()
    assert len(stored) == stream.rows, "a row is there twice"
    for name in clients.runs:
        assert service.store.find(NodeId("run", name)) is not None
        outputs = service.store.edges_of((NodeId("run", name),), Direction.DOWNSTREAM, ("generated",))
        assert [edge.id.role for edge in outputs] == ["model"]
    assert check_store(service.store, service.artifacts) == []


def victims(home: Path) -> dict[str, list[psutil.Process]]:
    """Return the processes of a service by what they are."""
    api = processes(home, "arangovis_api")
    return {
        "API": api[:1],
        "API's own child": api[1:],
        "worker": processes(home, "worker"),
        "compute process": processes(home, "arangovis.workers.compute"),
    }


@pytest.mark.parametrize("seed", [1, 2])
def test_killing_the_parts_of_a_service_loses_nothing(home: Path, seed: int) -> None:
    chance, pause = random.Random(seed), threading.Event()
    with running_service(home) as server:
        clients = Clients(server, register(server))
        clients.start()
        until(lambda: bool(processes(home, "arangovis.workers.compute")), what="a compute process")
        for kind in chance.sample(["API", "API's own child", "worker", "compute process"], 4):
            pause.wait(chance.uniform(0.2, 1.0))
            for process in victims(home)[kind]:
                kill(process)
            until(server.is_ready, what="the revived API")
        pause.wait(chance.uniform(0.2, 1.0))
        clients.stop()
        service = build_service(settings_of(home))
        finish(service, clients.tasks)
    assert_no_orphans(home)
    assert clients.tasks
    assert clients.rows
    assert clients.runs
    assert_nothing_lost(service, clients)
    service.close()


@pytest.mark.parametrize("seed", [1, 2])
def test_killing_the_parent_kills_all_and_loses_nothing(home: Path, seed: int) -> None:
    chance, pause = random.Random(seed), threading.Event()
    try:
        server = Server(home).wait_until_ready()
        clients = Clients(server, register(server))
        clients.start()
        until(lambda: len(clients.tasks) >= 2, what="the first tasks")
        pause.wait(chance.uniform(0.1, 1.5))
        server.process.kill()
        server.process.wait()
        assert_no_orphans(home)
        again = Server(home, port=server.port).wait_until_ready()
        pause.wait(chance.uniform(0.5, 1.5))
        clients.stop()
        service = build_service(settings_of(home))
        finish(service, clients.tasks)
        again.stop()
        assert_no_orphans(home)
        assert_nothing_lost(service, clients)
        service.close()
    finally:
        end_all(home)


def test_a_service_that_is_killed_while_it_starts_leaves_nothing(home: Path) -> None:
    pause = threading.Event()
    for moment in (0.05, 0.15, 0.3, 0.5, 0.8):
        server = Server(home)
        pause.wait(moment)
        server.process.kill()
        server.process.wait()
        assert_no_orphans(home)
    with running_service(home) as server:
        register(server)
    service = build_service(settings_of(home))
    assert check_store(service.store, service.artifacts) == []
    service.close()


def test_a_port_that_is_taken_is_an_error_at_once(home: Path, tmp_path: Path) -> None:
    with running_service(home) as server:
        second = Server(tmp_path / "other", port=server.port)
        assert second.process.wait(20) == 1
