"""A projection of all rows by two workers, one of which is killed in the midst of a partition."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest

from arangovis.client.client import Client
from arangovis.client.local import LocalBackend
from arangovis.client.projected import ProjectedRows
from arangovis.domain.catalogue import ModelVersion, Signature
from arangovis.domain.graph import Caller, Direction
from arangovis.domain.ids import NodeId
from arangovis.domain.runs import Run, RunState
from arangovis.domain.views import text
from arangovis.projections.registry import TRANSFORM, projector
from arangovis.services.projections.all_rows_plan import AllRowsOptions
from arangovis.services.projections.all_rows_steps import place
from arangovis.services.verification import check_store
from arangovis.tabular.bundle import from_bytes
from arangovis.wiring import Arangovis
from tests.acceptance.processes import EMBEDDING, LEASE_S, kill, running_workers, until
from tests.backends import build_service, settings_of
from tests.shifted_digits import Matrix, batches, shifted_digits

pytestmark = pytest.mark.acceptance

ROWS = 1_797 * 6
OPTIONS = AllRowsOptions(fit_rows=1_500, partition_rows=1_000)
DONE_WITHIN_S = 120.0


@pytest.fixture
def service(home: Path) -> Iterator[Arangovis]:
    service = build_service(settings_of(home, lease_s=LEASE_S))
    yield service
    service.close()


def registered(service: Arangovis, client: Client) -> ModelVersion:
    client.register_project("demo")
    client.register_model("demo", "digits")
    signature = Signature.of({"inputs": [], "outputs": [EMBEDDING]})
    number = client.register_model_version("demo", "digits", signature).number
    for batch in batches(ROWS, 5_000):
        client.append_production_data(number, batch)
    return service.catalogue.version(number)


def transforms(service: Arangovis, plan: NodeId, state: RunState) -> dict[NodeId, Run]:
    found = service.plans.steps(plan).values()
    return {run.id: run for run in found if run.method == TRANSFORM and run.state is state}


def held_by(service: Arangovis, run: NodeId) -> psutil.Process | None:
    """Return the worker that holds a run: its name has its process id."""
    lease = service.runs.lease(run)
    return psutil.Process(int(lease.owner.split(".")[-2])) if lease is not None and lease.owner else None


def stopped_in_the_midst(service: Arangovis, plan: NodeId) -> tuple[NodeId, psutil.Process] | None:
    """Stop what computes a partition; return the partition's run and its worker, if they were caught in the midst."""
    for run in transforms(service, plan, RunState.STARTED):
        worker = held_by(service, run)
        computing = [] if worker is None else worker.children()
        for process in computing:
            process.suspend()
        if worker is not None and computing and service.runs.get(run).state is RunState.STARTED:
            return run, worker
        for process in computing:
            process.resume()
    return None


def directly(service: Arangovis, plan: NodeId, rows: Matrix) -> Matrix:
    """Return where the fitted model itself puts rows."""
    fit = service.plans.steps(plan)["fit"].id
    edges = service.store.edges_of((fit,), Direction.DOWNSTREAM, ("generated",))
    (artifact,) = [edge.id.target for edge in edges if edge.id.role == "transformer"]
    transformer = from_bytes(service.blobs.read(text(service.store.get(artifact).attributes, "digest")))
    run = service.runs.get(plan)
    return place(projector("umap"), transformer, rows, seed=run.seed, progress=lambda fraction: None)


def test_two_workers_place_all_rows_though_one_is_killed(service: Arangovis, home: Path) -> None:
    client = Client(LocalBackend(service, "ada"))
    version = registered(service, client)
    plan = service.all_rows.request(version, "umap", OPTIONS, Caller("ada")).id
    with running_workers(home, 2) as workers:
        until(lambda: len(transforms(service, plan, RunState.SUCCESS)) >= 2, within_s=DONE_WITHIN_S)
        caught: list[tuple[NodeId, psutil.Process]] = []
        until(lambda: caught.extend(filter(None, [stopped_in_the_midst(service, plan)])) or bool(caught))
        (torn, worker) = caught[0]
        done_before = transforms(service, plan, RunState.SUCCESS)
        kill(worker)
        assert worker.pid in {process.pid for process in workers}
        until(lambda: not service.runs.get(plan).state.is_open, within_s=DONE_WITHIN_S, what="the end of the plan")
    assert service.runs.get(plan).state is RunState.SUCCESS
    assert service.runs.get(torn).attempt == 2
    placed = transforms(service, plan, RunState.SUCCESS)
    assert len(placed) == -(-ROWS // 1_000)
    assert {run_id: placed[run_id] for run_id in done_before} == done_before, "what was done was not done again"
    assert check_store(service.store, service.artifacts) == []
    result = ProjectedRows(plan, client.content(service.all_rows.result(plan)), client.content).read()
    assert result.ids == tuple(f"row-{n}" for n in range(ROWS))
    np.testing.assert_array_equal(result.coordinates, directly(service, plan, shifted_digits(ROWS)))
