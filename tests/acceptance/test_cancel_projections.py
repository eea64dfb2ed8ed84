"""Cancelling a projection ends the process that computes it, whichever library is at work in it."""

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from arangovis.client.client import Client
from arangovis.client.local import LocalBackend
from arangovis.domain.catalogue import Signature
from arangovis.domain.graph import Caller
from arangovis.domain.ids import NodeId
from arangovis.domain.runs import RunState
from arangovis.projections.registry import names, projector
from arangovis.services.verification import check_store
from arangovis.wiring import Arangovis
from tests.acceptance.processes import EMBEDDING, LEASE_S, running_workers, until
from tests.backends import build_service, settings_of
from tests.shifted_digits import table

pytestmark = pytest.mark.acceptance

ADA = Caller("ada")
ROWS = 10_000
STARTS_WITHIN_S = 120.0
FITTING = 0.11
"""From this progress on the method itself is at work."""


@pytest.fixture
def service(home: Path) -> Iterator[Arangovis]:
    service = build_service(settings_of(home, lease_s=LEASE_S))
    yield service
    service.close()


def registered(service: Arangovis) -> int:
    client = Client(LocalBackend(service, "ada"))
    client.register_project("demo")
    client.register_model("demo", "digits")
    number = client.register_model_version(
        "demo", "digits", Signature.of({"inputs": [], "outputs": [EMBEDDING]})
    ).number
    client.append_production_data(number, table(0, ROWS))
    return int(number)


def computing(service: Arangovis, run: NodeId) -> list[psutil.Process]:
    """Return the processes that compute a run that a worker holds, once its method is at work."""
    lease = service.runs.lease(run)
    if lease is None or not lease.owner or lease.progress < FITTING:
        return []
    return psutil.Process(int(lease.owner.split(".")[-2])).children()


SLOW = ("densmap", "trimap")
"""Whose libraries compile for long before they can be cancelled; `make test-all` waits for them."""
METHODS = [pytest.param(name, marks=pytest.mark.slow) if name in SLOW else name for name in names() if name != "pca"]


@pytest.mark.parametrize("method", METHODS)  # pca is over at once
def test_a_cancelled_projection_is_computed_no_further(service: Arangovis, home: Path, method: str) -> None:
    version = service.catalogue.version(registered(service))
    body = {"parameters": dict(projector(method).parameters.defaults()), "production_data_sample_size": 5_000}
    service.projections.set_params(version, method, body, ADA)
    with running_workers(home, 1):
        run = service.projections.plottable(version, method, ADA).id
        caught: list[psutil.Process] = []
        until(lambda: bool(caught.extend(computing(service, run)) or caught), within_s=STARTS_WITHIN_S, what="a fit")
        assert service.runs.get(run).state is RunState.STARTED
        service.runs.cancel(run, ADA)
        until(lambda: not any(map(_lives, caught)), what="the end of what computed")
        assert service.runs.get(run).state is RunState.CANCELLED
        again = service.projections.plottable(version, "pca", ADA).id
        until(lambda: service.runs.get(again).state is RunState.SUCCESS, what="another projection by this worker")
    assert check_store(service.store, service.artifacts) == []


def _lives(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
