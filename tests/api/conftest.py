"""A service on the embedded store, and a test client over it: no network, no mocks."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from falcon.testing import TestClient

from arangovis.domain.graph import Caller
from arangovis.settings import Settings
from arangovis.wiring import Arangovis
from arangovis_api.app import create_app
from tests.api.contract import ContractClient
from tests.api.visualization import World
from tests.backends import Backends, build_service, running_backends, settings_of


@pytest.fixture(autouse=True, scope="session")
def backends() -> Iterator[Backends]:
    """Run the servers of the stores under test."""
    with running_backends() as running:
        yield running


@pytest.fixture(autouse=True)
def _databases_of_its_own(backends: Backends, tmp_path: Path) -> Iterator[None]:
    yield
    backends.forget(tmp_path)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Return settings whose home is the test's own folder."""
    return settings_of(tmp_path / "home")


@pytest.fixture
def service(settings: Settings) -> Iterator[Arangovis]:
    """Give everything over an embedded store and a local artifact store."""
    built = build_service(settings)
    yield built
    built.close()


@pytest.fixture
def client(service: Arangovis) -> TestClient:
    """Return a client of the whole app that checks every native answer against the OpenAPI document."""
    return ContractClient(create_app(service))


@pytest.fixture
def caller() -> Caller:
    """Return who acts where a test calls a service itself."""
    return Caller("ada", "test-request")


@pytest.fixture
def world(service: Arangovis, client: TestClient) -> World:
    """Return a service whose jobs are computed in this process, with a client of hydro-visualization before it."""
    return World(service, client)
