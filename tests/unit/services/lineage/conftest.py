"""Stores of every sort for the questions of lineage."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from arangovis.stores.base import GraphStore
from arangovis.stores.embedded import EmbeddedStore
from arangovis.stores.memory import MemoryStore
from tests.arango_databases import PassingStore, Server, running_server


@pytest.fixture(scope="session")
def arango() -> Iterator[Server]:
    with running_server() as server:
        yield server


@pytest.fixture(params=["memory", "sqlite", "arango"])
def any_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[GraphStore]:
    """Return an empty store: the model of all, the embedded one, and one of ArangoDB."""
    store = _opened(request, tmp_path)
    store.migrate()
    yield store
    store.close()


def _opened(request: pytest.FixtureRequest, folder: Path) -> GraphStore:
    match request.param:
        case "memory":
            return MemoryStore()
        case "sqlite":
            return EmbeddedStore(folder / "graph.db")
        case _:
            return PassingStore(request.getfixturevalue("arango"))
