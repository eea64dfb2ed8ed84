"""The embedded store under the suite that every store must pass."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from arangovis.stores.base import GraphStore
from arangovis.stores.embedded import EmbeddedStore, drivers, flush
from arangovis.testing.stateful import store_state_machine
from arangovis.testing.stores import GraphStoreSuite


class KeptStore(EmbeddedStore):
    """An embedded store that remembers its folder, which goes with it."""

    def __init__(self, *, clock: Callable[[], int] | None = None) -> None:
        self.folder = tempfile.TemporaryDirectory()
        super().__init__(Path(self.folder.name) / "graph.db", clock=clock)

    def close(self) -> None:
        super().close()
        self.folder.cleanup()


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


class TestEmbeddedStoreWithEverythingIndexed(TestEmbeddedStore):
    """Small stores are searched without the index by value; here each commit brings it up to date."""

    @pytest.fixture(autouse=True)
    def _index_at_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(flush, "INDEX_LAG_MAX", 0)
        monkeypatch.setattr(drivers, "DRIVER_ROWS_MAX", 3)


TestEmbeddedStoreBesideTheModel = store_state_machine(lambda clock: KeptStore(clock=clock)).TestCase


class TestEmbeddedStoreIndexedBesideTheModel(
    store_state_machine(lambda clock: KeptStore(clock=clock)).TestCase  # type: ignore[misc]  # made by Hypothesis
):
    @pytest.fixture(autouse=True)
    def _index_at_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(flush, "INDEX_LAG_MAX", 0)
        monkeypatch.setattr(drivers, "DRIVER_ROWS_MAX", 3)
