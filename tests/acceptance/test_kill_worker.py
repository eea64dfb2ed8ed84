"""kill -9 of workers and compute processes that are in the midst of a run, and of their parents."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from arangovis.domain.graph import Caller, Direction
from arangovis.domain.runs import ATTEMPTS_MAX, Run, RunState
from arangovis.domain.work import RunRequest
from arangovis.services.verification import check_store
from arangovis.wiring import Arangovis
from tests.acceptance.processes import LEASE_S, assert_no_orphans, kill, processes, running_workers, until
from tests.backends import build_service, settings_of

pytestmark = pytest.mark.acceptance

TOY_WORKER = ("tests.acceptance.toy_worker",)
TAKEOVER_S = LEASE_S + 3.0
"""A lease, the longest pause between two looks at the queue, and the start of a compute process on a busy machine."""


@pytest.fixture
def service(home: Path) -> Iterator[Arangovis]:
    service = build_service(settings_of(home, lease_s=LEASE_S))
    yield service
    service.close()


class Gated:
    """A toy run that waits at its gate until it is let through."""

    def __init__(self, service: Arangovis, folder: Path) -> None:
        self._service = service
        self._gate, self._began = folder / "gate", folder / "began"
        params = {"gate": str(self._gate), "began": str(self._began)}
        wanted = RunRequest("toy.wait", None, (), params)
        self._id = service.store.transact(lambda tx: service.runs.request(tx, wanted)[0], Caller("ada")).id

    @property
    def run(self) -> Run:
        return self._service.runs.get(self._id)

    def wait_for_attempt(self, attempt: int) -> psutil.Process:
        """Wait until this attempt stands at the gate; return its compute process."""
        began = self._began.with_name(f"{self._began.name}.{attempt}")
        until(lambda: began.exists() and bool(began.read_text()), what=f"attempt {attempt}")
        return psutil.Process(int(began.read_text()))

    def open(self) -> Run:
        """Open the gate and wait for the end."""
        self._gate.touch()
        until(lambda: not self.run.state.is_open, what="the end of the run")
        return self.run

    def started_at(self, attempt: int) -> int:
        """Return when this attempt was claimed, microseconds since 1970."""
        for node in self._service.store.history(self._id):
            if node.attributes["state"] == "STARTED" and node.attributes["attempt"] == attempt:
                return node.version.valid_from
        raise AssertionError(f"there was no attempt {attempt}")


def finished_whole(service: Arangovis, run: Run, *, attempts: int) -> None:
    assert (run.state, run.attempt) == (RunState.SUCCESS, attempts)
    assert check_store(service.store, service.artifacts) == []


def test_a_killed_worker_takes_its_compute_process_along_and_another_resumes_within_the_lease(
    service: Arangovis, home: Path, tmp_path: Path
) -> None:
    with running_workers(home, 2, TOY_WORKER):
        gated = Gated(service, tmp_path)
        compute = gated.wait_for_attempt(1)
        worker = psutil.Process(compute.ppid())
        killed_at = service.store.now()
        kill(worker)
        until(lambda: not compute.is_running() or compute.status() == psutil.STATUS_ZOMBIE, within_s=5)
        assert gated.wait_for_attempt(2).ppid() != worker.pid
        assert gated.started_at(2) - killed_at < TAKEOVER_S * 1_000_000
        finished_whole(service, gated.open(), attempts=2)


def test_a_killed_compute_process_is_replaced_at_once(service: Arangovis, home: Path, tmp_path: Path) -> None:
    with running_workers(home, 1, TOY_WORKER):
        gated = Gated(service, tmp_path)
        first = gated.wait_for_attempt(1)
        killed_at = service.store.now()
        kill(first)
        second = gated.wait_for_attempt(2)
        assert second.pid != first.pid
        assert gated.started_at(2) - killed_at < LEASE_S * 1_000_000
        finished_whole(service, gated.open(), attempts=2)


def test_a_run_whose_process_always_dies_ends_in_error(service: Arangovis, home: Path, tmp_path: Path) -> None:
    with running_workers(home, 1, TOY_WORKER):
        gated = Gated(service, tmp_path)
        for attempt in range(1, ATTEMPTS_MAX + 1):
            kill(gated.wait_for_attempt(attempt))
        until(lambda: not gated.run.state.is_open, what="the end of the run")
        assert (gated.run.state, gated.run.reason) == (RunState.ERROR, "lost")
        assert check_store(service.store, service.artifacts) == []


def test_a_worker_that_is_told_to_stop_gives_its_run_back(service: Arangovis, home: Path, tmp_path: Path) -> None:
    with running_workers(home, 1, TOY_WORKER) as workers:
        gated = Gated(service, tmp_path)
        gated.wait_for_attempt(1)
        workers[0].terminate()
        assert workers[0].wait(20) == 0
        assert gated.run.state is RunState.PENDING
        lease = service.runs.lease(gated.run.id)
        assert lease is not None
        assert (lease.owner, lease.failures) == ("", 0)
        assert_no_orphans(home)
    with running_workers(home, 1, TOY_WORKER):
        gated.wait_for_attempt(2)
        finished_whole(service, gated.open(), attempts=2)


def test_a_worker_that_is_stopped_for_longer_than_its_lease_cannot_finish_twice(
    service: Arangovis, home: Path, tmp_path: Path
) -> None:
    """The worst of clocks: a machine that sleeps, and wakes after another has done its work."""
    with running_workers(home, 2, TOY_WORKER):
        gated = Gated(service, tmp_path)
        compute = gated.wait_for_attempt(1)
        worker = psutil.Process(compute.ppid())
        worker.suspend()
        compute.suspend()
        gated.wait_for_attempt(2)
        done = gated.open()
        compute.resume()
        worker.resume()
        assert len(processes(home, "tests.acceptance.toy_worker")) == 2
        until(lambda: service.runs.lease(done.id) is None)
        finished_whole(service, gated.run, attempts=2)
        edges = service.store.edges_of((done.id,), Direction.DOWNSTREAM, ("generated",))
        assert sorted(edge.id.role for edge in edges) == ["plot", "result"]


def test_a_worker_without_a_run_stops_within_a_moment(home: Path) -> None:
    with running_workers(home, 1) as workers:
        until(lambda: bool(processes(home, "worker")))
        service = build_service(settings_of(home))
        until(lambda: bool(service.store.records("worker")), what="the worker's sign of life")
        os.kill(workers[0].pid, signal.SIGINT)
        assert workers[0].wait(5) == 0
        assert service.store.records("worker") == []
        service.close()
