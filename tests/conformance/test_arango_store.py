"""The ArangoDB store under the suite that every store must pass: on the simulator, or on a server that is given."""

from collections.abc import Iterator

import pytest

from arangovis.stores.arango import ArangoStore, search
from arangovis.stores.base import GraphStore
from arangovis.testing.contract import StoreContract
from arangovis.testing.stateful import store_state_machine
from arangovis.testing.stores import GraphStoreSuite
from arangovis.testing.stores_search import SearchContract
from tests.arango_databases import PATIENCE, PassingStore, Server, drop

servers: list[Server] = []
"""The session's server, for the state machine, which makes its stores itself."""


class OnArango(StoreContract):
    """How a store is made."""

    supports_reopen = True

    @pytest.fixture
    def store(self, arango: Server) -> Iterator[GraphStore]:
        self.address = arango.fresh()
        store = ArangoStore(self.address, patience=PATIENCE)
        store.migrate()
        yield store
        store.close()
        drop(self.address)

    def reopen(self, store: GraphStore) -> GraphStore:
        store.close()
        return ArangoStore(self.address, patience=PATIENCE)


class TestArangoStore(OnArango, GraphStoreSuite):
    __test__ = True


class TestArangoSearchWithManyValues(OnArango, SearchContract):
    """Few values drive a search; here two are many."""

    __test__ = True

    @pytest.fixture(autouse=True)
    def _few(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(search, "FEW_MAX", 2)


class TestArangoStoreBesideTheModel(
    store_state_machine(lambda clock: PassingStore(servers[-1], clock=clock)).TestCase  # type: ignore[misc]  # made by Hypothesis
):
    @pytest.fixture(autouse=True)
    def _server(self, arango: Server) -> None:
        servers.append(arango)
