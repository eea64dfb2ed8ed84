"""Several servers and workers on one home: nothing is lost, nothing is done twice."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from arangovis.domain.graph import Direction
from arangovis.domain.ids import NodeId
from arangovis.domain.runs import RunState
from arangovis.services.verification import check_store
from tests.acceptance.processes import processes, register, running_service, until
from tests.backends import build_service, settings_of

pytestmark = pytest.mark.acceptance

RUNS = 40


def together(act: Callable[[int], str], count: int) -> list[str]:
    """Do something in eight threads, all beginning at once."""
    barrier = threading.Barrier(8)
    with ThreadPoolExecutor(8, initializer=barrier.wait) as executor:
        return list(executor.map(act, range(count)))


def test_two_servers_and_three_workers_do_every_run_exactly_once(home: Path) -> None:
    with running_service(home, workers=2) as first, running_service(home, workers=1) as second:
        number = register(first)
        servers = (first, second)
        asked = together(lambda i: servers[i % 2].task("jobs/pca", number), RUNS)
        assert len(set(asked)) == RUNS
        shared = together(lambda i: servers[i % 2].task("plottable_embeddings/pca", number), 16)
        service = build_service(settings_of(home))
        runs = [NodeId("run", task) for task in (*asked, *set(shared))]
        until(lambda: not service.store.records("lease"), what="the end of all runs")
        assert len(processes(home, "worker")) == 3
    for run_id in runs:
        run = service.runs.get(run_id)
        assert (run.state, run.attempt) == (RunState.SUCCESS, 1)
        edges = service.store.edges_of((run_id,), Direction.DOWNSTREAM, ("generated",))
        roles = [edge.id.role for edge in edges]
        assert (roles.count("plot"), roles.count("result")) == (1, 1)
        history = [node.attributes["state"] for node in service.store.history(run_id)]
        assert history == ["PENDING", "STARTED", "SUCCESS"]
    assert check_store(service.store, service.artifacts) == []
    service.close()


def test_equal_requests_to_two_servers_share_one_run(home: Path) -> None:
    with running_service(home, workers=0) as first, running_service(home, workers=0) as second:
        number = register(first)
        servers = (first, second)
        assert len(set(together(lambda i: servers[i % 2].task("plottable_embeddings/pca", number), 24))) == 1


def test_rows_sent_to_two_servers_at_once_make_one_stream(home: Path) -> None:
    with running_service(home, workers=0) as first, running_service(home, workers=0) as second:
        number = register(first)
        servers, path = (first, second), f"/api/v1/model-versions/{number}/production-data"
        embedding = [0.5] * 64

        def send(i: int) -> str:
            row = {"_id": f"row-{i // 2}", "embedding": embedding}  # each twice, once to each server
            return str(servers[i % 2].post(path, [row]).status)

        assert set(together(send, 80)) <= {"200", "201"}
    service = build_service(settings_of(home))
    stream = service.datasets.production(service.catalogue.version(number))
    assert stream is not None
    assert (stream.rows, stream.segments) == (120 + 40, 1 + 40)
    assert check_store(service.store, service.artifacts) == []
    service.close()
