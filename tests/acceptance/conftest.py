"""Real processes that several acceptance tests share."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.page_tools import Visit, base_of, running_browser, visiting
from tests.acceptance.processes import Server, running_service, until
from tests.backends import Backends, running_backends


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
def home(tmp_path: Path) -> Path:
    """Return the folder of a service."""
    return tmp_path / "home"


@pytest.fixture
def server(home: Path) -> Iterator[Server]:
    """Run `arangovis serve` with one worker."""
    with running_service(home) as server:
        yield server


@pytest.fixture(scope="session")
def demo_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run a service with the story of the demo on it, on scikit-learn's digits, and a `pca` plot; give its URL."""
    from arangovis.client import connect
    from arangovis.demo.story import tell

    with running_service(tmp_path_factory.mktemp("demo") / "home", lease_s=30) as server:
        told = tell(lambda actor: connect(server.url, actor=actor), lambda text: None)
        task = server.task("plottable_embeddings/pca", told.first.number)
        until(lambda: server.state(task) == "SUCCESS", what="the pca plot")
        yield server.url


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Run Chromium for the tests of a page."""
    with running_browser() as browser:
        yield browser


@pytest.fixture
def base(demo_server: str) -> str:
    """Return the address of the demo's service, whose page is built."""
    return base_of(demo_server)


@pytest.fixture
def visit(base: str, browser: Any) -> Iterator[Visit]:
    """Open a window on the demo's service."""
    with visiting(browser, base) as visit:
        yield visit
