"""Opening, migrating, closing, and keeping what was written."""

import pytest

from arangovis.domain.graph import Direction, Record
from arangovis.stores.base import GraphStore
from arangovis.testing.contract import StoreContract
from arangovis.testing.samples import act, create, dataset, delete, edge, edge_ids, link, put, run, update
from arangovis_schema import BUILT_IN, SCHEMA_VERSION


class LifeContract(StoreContract):
    """The life of a store."""

    def test_migrating_again_changes_nothing(self, store: GraphStore) -> None:
        create(store, dataset("digits"))
        before = store.history(dataset("digits"))
        assert store.migrate() == SCHEMA_VERSION
        assert store.migrate() == SCHEMA_VERSION
        assert store.history(dataset("digits")) == before

    def test_a_fresh_store_is_empty(self, store: GraphStore) -> None:
        assert store.change_number() == 0
        assert store.find(dataset("digits")) is None
        assert list(store.records("lease")) == []
        assert store.schema() == BUILT_IN

    def test_closing_twice_is_allowed(self, store: GraphStore) -> None:
        create(store, dataset("digits"))
        store.close()
        store.close()

    def test_the_clock_does_not_go_back(self, store: GraphStore) -> None:
        readings = [store.now() for _ in range(100)]
        assert readings == sorted(readings)
        assert readings[0] > 0

    def test_everything_is_there_after_opening_again(self, store: GraphStore) -> None:
        if not self.supports_reopen:
            pytest.skip("this store keeps nothing")
        record = Record("lease", "train", "umap", 7, {"owner": "worker-1"})
        create(store, dataset("digits"), dataset("wine"), run("train"))
        link(store, edge("input_to", dataset("digits"), run("train")))
        update(store, dataset("digits"), {"name": "digits", "form": "stream"})
        delete(store, dataset("wine"))
        put(store, record)
        act(store, lambda t: (t.reserve("project", "vision", run("train")), t.next_number("versions")))
        ids = (dataset("digits"), dataset("wine"), run("train"))
        before = [list(store.history(node_id)) for node_id in ids]
        change_number = store.change_number()

        opened = self.reopen(store)
        try:
            assert opened.migrate() == SCHEMA_VERSION
            assert [list(opened.history(node_id)) for node_id in ids] == before
            assert opened.change_number() == change_number
            assert edge_ids(opened.edges_of(ids, Direction.BOTH)) == {edge("input_to", dataset("digits"), run("train"))}
            assert opened.record("lease", "train") == record
            assert opened.reserved("project", "vision") == run("train")
            assert act(opened, lambda t: t.next_number("versions")) == 2
            update(opened, dataset("digits"), {"name": "digits", "form": "table"})
            assert len(opened.history(dataset("digits"))) == 3
        finally:
            opened.close()
