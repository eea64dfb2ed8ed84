"""A plot of rows without embeddings by a real worker, which asks a real endpoint; and what the run says it took."""

import sys
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from arangovis.client.client import Client
from arangovis.client.local import LocalBackend
from arangovis.domain.graph import Caller
from arangovis.domain.runs import RunState
from arangovis.workers.process import THREAD_LIMITS
from tests.acceptance.processes import end_all, environment_of, processes, until
from tests.api.test_embedders import registered
from tests.backends import build_service, settings_of
from tests.unit.embedders.test_endpoint import answering, by_halves

pytestmark = pytest.mark.acceptance


def test_a_worker_asks_the_endpoint_that_the_settings_name(home: Path) -> None:
    with answering(by_halves) as (url, seen):
        settings = replace(settings_of(home), embedder_endpoints=url)
        service = build_service(settings)
        client = Client(LocalBackend(service, "ada"))
        number = registered(client)
        client.set_embedder(number, url=url, batch_rows=30)
        run = service.projections.plottable(service.catalogue.version(number), "pca", Caller("ada"))
        command = [sys.executable, "-m", "arangovis.cli", "worker"]
        worker = psutil.Popen(command, env=environment_of(home, embedder_endpoints=url), start_new_session=True)
        try:
            until(lambda: not service.runs.get(run.id).state.is_open, what="the plot")
            (compute,) = processes(home, "arangovis.workers.compute")
            limits = {name: compute.environ()[name] for name in THREAD_LIMITS}
        finally:
            end_all(home)
            worker.wait(20)
        done = service.runs.get(run.id)
        service.close()
    assert done.state is RunState.SUCCESS, done.message
    assert len(seen) == 3, "80 rows, 30 at a time"
    assert all(1 <= int(limit) <= (psutil.cpu_count() or 1) for limit in limits.values())
    assert 30 < int(str(done.metrics["peak_memory_mb"])) < 1_500
