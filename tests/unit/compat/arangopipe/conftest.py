"""A service on the stores under test (`ARANGOVIS_TEST_STORE`), behind arangopipe's classes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from arangovis.client.client import Client
from arangovis.compat.arangopipe import ArangoPipe, close_connections
from arangovis.settings import Settings
from arangovis.wiring import Arangovis
from tests.api.test_client_calls import in_process, over_rest
from tests.backends import STORE, Backends, build_service, running_backends, settings_of


@pytest.fixture(autouse=True, scope="session")
def backends() -> Iterator[Backends]:
    with running_backends() as running:
        yield running


@pytest.fixture(autouse=True)
def _databases_of_its_own(backends: Backends, tmp_path: Path) -> Iterator[None]:
    yield
    backends.forget(tmp_path)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_of(tmp_path / "home")


@pytest.fixture
def service(settings: Settings) -> Iterator[Arangovis]:
    built = build_service(settings)
    yield built
    built.close()


@pytest.fixture(params=[in_process, over_rest], ids=lambda way: way.__name__)
def client(service: Arangovis, request: pytest.FixtureRequest) -> Client:
    made: Client = request.param(service)("ada")
    return made


@pytest.fixture
def ap(client: Client) -> ArangoPipe:
    """The second generation: an open connection and the name of a graph."""
    return ArangoPipe(client, "enterprise_ml_graph")


@pytest.fixture
def by_settings(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """The first generation: scripts that are told by the settings where the service is."""
    monkeypatch.setenv("ARANGOVIS_HOME", str(settings.home))
    monkeypatch.delenv("ARANGOVIS_URL", raising=False)
    if STORE == "arango":
        monkeypatch.setenv("ARANGOVIS_STORE", settings.store_url)
        monkeypatch.setenv("ARANGOVIS_STORE_PASSWORD", str(settings.store_secret()))
    monkeypatch.setenv("ARANGOVIS_ARTIFACTS", settings.artifacts_url)
    yield settings
    close_connections()
