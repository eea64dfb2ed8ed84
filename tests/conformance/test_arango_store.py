"""The ArangoDB store under the suite that every store must pass: on the simulator, or on a server that is given."""

from collections.abc import Iterator

import pytest

from arangovis.stores.arango import ArangoStore, loading, search
from arangovis.stores.arango.documents import Row
from arangovis.stores.arango.places import EDGE_COLLECTIONS, VERTEX_COLLECTIONS
from arangovis.stores.base import GraphStore
from arangovis.testing.contract import StoreContract
from arangovis.testing.samples import dataset, delete, edge, link, unlink
from arangovis.testing.stateful import store_state_machine
from arangovis.testing.stores import GraphStoreSuite
from arangovis.testing.stores_copy import fill, replicate
from arangovis.testing.stores_finding import FindingContract
from arangovis.testing.stores_search import SearchContract
from tests.arango_databases import PATIENCE, PassingStore, Server, drop

RELINKED = edge("derived_into", dataset("b"), dataset("c"), "half")
servers: list[Server] = []
"""The session's server, for the state machine, which makes its stores itself."""


class OnArango(StoreContract):
    """How a store is made."""

    supports_reopen = True
    questions_max = 25

    @pytest.fixture
    def store(self, arango: Server) -> Iterator[GraphStore]:
        self.address = arango.migrated()
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


def documents_of(store: ArangoStore) -> dict[str, list[Row]]:
    """Return all documents but what says when and by which call they came: revisions, receipts, empty places."""
    database = store._server.connection._database()
    collections = [*VERTEX_COLLECTIONS, *EDGE_COLLECTIONS, "node_version", "edge_version", "property", "action"]
    return {name: sorted(map(_told, filter(_is_used, database.collection(name))), key=str) for name in collections}


def _told(document: Row) -> Row:
    left_out = {"_rev", "_id"} | ({"_key"} if "time" in document else set())
    return {name: value for name, value in sorted(document.items()) if name not in left_out}


def _is_used(document: Row) -> bool:
    return "expires" not in document


@pytest.mark.parametrize("page", [1, 2, 5, 100])
def test_actions_that_were_loaded_leave_the_documents_that_they_wrote(
    arango: Server, page: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the pages are: newest and replaced versions, former lives of edges, searchable values, actions."""
    monkeypatch.setattr(loading, "ACTIONS_PER_PAGE", page)
    source, target = PassingStore(arango), PassingStore(arango)
    for store in (source, target):
        store.migrate()
    fill(source)
    link(source, RELINKED)
    for _ in range(2):  # an edge that is gone and comes back several times keeps each of its lives
        unlink(source, RELINKED)
        link(source, RELINKED, attributes={"transformation": "whiten"})
    delete(source, dataset("b"), force=True)
    replicate(source, target)
    assert documents_of(target) == documents_of(source)
    assert {len(rows) > 0 for rows in documents_of(target).values()} == {True, False}
    source.close()
    target.close()


class TestArangoSearchWithManyValues(OnArango, SearchContract, FindingContract):
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
