"""Whether the way to ArangoDB is that of the environment, which is looked at once, when the connection is opened."""

import os
import socket
from collections.abc import Iterator

import pytest

from arangovis.stores.arango import ArangoStore
from arangovis.stores.arango.address import parse
from arangovis_schema import SCHEMA_VERSION
from tests.arango_databases import PATIENCE, Server, drop


@pytest.fixture(autouse=True)
def _no_other_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.lower() in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
            monkeypatch.delenv(name)


@pytest.fixture
def nobody() -> Iterator[str]:
    """Return the URL of a port where nobody answers."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"


def test_a_proxy_is_asked(arango: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    if arango.simulator is None:
        pytest.skip("only the simulator passes for a proxy")
    address = arango.fresh()
    monkeypatch.setenv("http_proxy", arango.url)
    behind = parse(f"arango+http://root@arango.invalid:8529/{address.database}", arango.root_password)
    store = ArangoStore(behind, patience=PATIENCE)

    assert store.migrate() == SCHEMA_VERSION

    store.close()
    drop(address)


def test_a_host_that_needs_no_proxy(arango: Server, nobody: str, monkeypatch: pytest.MonkeyPatch) -> None:
    address = arango.fresh()
    monkeypatch.setenv("http_proxy", nobody)
    monkeypatch.setenv("no_proxy", "127.0.0.1,localhost")
    store = ArangoStore(address, patience=PATIENCE)

    assert store.migrate() == SCHEMA_VERSION

    store.close()
    drop(address)


def test_a_change_of_the_environment_after_that_changes_nothing(
    arango: Server, nobody: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = arango.fresh()
    store = ArangoStore(address, patience=PATIENCE)
    store.migrate()
    monkeypatch.setenv("http_proxy", nobody)

    assert store.migrate() == SCHEMA_VERSION

    store.close()
    monkeypatch.delenv("http_proxy")
    drop(address)
