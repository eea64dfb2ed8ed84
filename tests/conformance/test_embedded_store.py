"""The embedded store under the suite that every store must pass."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from arangovis.stores.base import GraphStore
from arangovis.stores.embedded import EmbeddedStore
from arangovis.testing.stores import GraphStoreSuite


class TestEmbeddedStore(GraphStoreSuite):
    __test__ = True
    supports_reopen = True

    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[GraphStore]:
        self.path = tmp_path / "graph.db"
        store = EmbeddedStore(self.path)
        store.migrate()
        yield store
        store.close()

    def reopen(self, store: GraphStore) -> GraphStore:
        store.close()
        return EmbeddedStore(self.path)
