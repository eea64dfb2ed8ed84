"""A fresh embedded store in a folder of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from arangovis.stores.embedded import EmbeddedStore


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "graph.db"


@pytest.fixture
def store(path: Path) -> Iterator[EmbeddedStore]:
    store = EmbeddedStore(path)
    store.migrate()
    yield store
    store.close()
