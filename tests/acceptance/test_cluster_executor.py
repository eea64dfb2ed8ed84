"""The standard executor interface over a real scheduler and a real worker."""

import logging
import math
import operator
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError, wait
from pathlib import Path

import pytest

from arangovis.workers import cluster as cluster_module
from arangovis.workers.cluster import ClusterExecutor
from tests.acceptance.cluster import Cluster, kill_now
from tests.acceptance.processes import end_all, free_port, until

pytestmark = pytest.mark.acceptance


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Run a scheduler and a worker with two threads."""
    cluster = Cluster(tmp_path_factory.mktemp("executor") / "home")
    try:
        cluster.scheduler()
        cluster.worker(threads=2)
        yield cluster
    finally:
        end_all(cluster.home)
        for process in cluster.processes:
            process.wait()


@pytest.fixture
def executor(cluster: Cluster) -> Iterator[ClusterExecutor]:
    """Give an executor that has found the worker."""
    executor = ClusterExecutor(cluster.address)
    until(lambda: executor.threads() == 2, what="the worker")
    yield executor
    executor.shutdown(wait=False)


def test_it_gives_results_and_errors(executor: ClusterExecutor) -> None:
    assert list(executor.map(math.factorial, range(6))) == [1, 1, 2, 6, 24, 120]
    failing = executor.submit(operator.truediv, 1, 0)
    with pytest.raises(ZeroDivisionError):
        failing.result(10)


def test_equal_calls_are_made_each(executor: ClusterExecutor) -> None:
    first, second = executor.submit(time.monotonic_ns), executor.submit(time.monotonic_ns)
    assert first.result(10) != second.result(10)


def test_what_waits_can_be_cancelled(executor: ClusterExecutor) -> None:
    busy = [executor.submit(time.sleep, 1.5) for _ in range(2)]
    waiting = executor.submit(time.sleep, 60)
    assert waiting.cancel()
    done = executor.submit(math.sqrt, 4.0)
    assert wait([*busy, done, waiting], 10).not_done == set()
    assert done.result() == 2.0
    with pytest.raises(CancelledError):
        waiting.result()


def test_shutting_down_waits_for_what_is_made(cluster: Cluster) -> None:
    executor = ClusterExecutor(cluster.address)
    calls = [executor.submit(time.sleep, 0.3) for _ in range(3)]
    executor.shutdown()
    assert [call.result(0) for call in calls] == [None, None, None]
    with pytest.raises(RuntimeError):
        executor.submit(math.sqrt, 4.0)
    executor.shutdown()


def test_shutting_down_can_cancel(cluster: Cluster) -> None:
    executor = ClusterExecutor(cluster.address)
    calls = [executor.submit(time.sleep, 2) for _ in range(4)]
    executor.shutdown(cancel_futures=True)
    assert all(call.cancelled() for call in calls)


@pytest.fixture
def silent() -> Iterator[int]:
    """Give the port of something that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_nothing_hangs_where_no_scheduler_answers(
    silent: int, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster_module, "ANSWER_WITHIN_S", 0.3)
    for port in (silent, free_port()):
        executor = ClusterExecutor(f"tcp://127.0.0.1:{port}")
        before = threading.active_count()
        with caplog.at_level(logging.WARNING, "arangovis.worker"):
            assert (executor.threads(), executor.threads()) == (0, 0)
        with pytest.raises(OSError, match="does not answer"):
            executor.submit(math.sqrt, 4.0)
        assert threading.active_count() == before
        executor.shutdown()
    assert caplog.text.count("does not answer") == 2


def test_a_scheduler_that_dies_cancels_what_was_asked_of_it(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path / "home")
    executor = ClusterExecutor(cluster.address)
    try:
        scheduler = cluster.scheduler()
        cluster.worker()
        until(lambda: executor.threads() == 1, what="the worker")
        lost = executor.submit(time.sleep, 2)
        kill_now(scheduler)
        until(lambda: executor.threads() == 0 and lost.cancelled(), what="the end of the call")
        cluster.scheduler()
        cluster.worker()
        until(lambda: executor.threads() == 1, what="the new worker")
        assert executor.submit(math.sqrt, 4.0).result(10) == 2.0
    finally:
        executor.shutdown(wait=False)
        end_all(cluster.home)
        for process in cluster.processes:
            process.wait()
