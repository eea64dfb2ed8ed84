"""Records: unversioned bookkeeping, and scans in order."""

import math

import pytest

from arangovis.domain.errors import InvalidInput
from arangovis.domain.graph import Record
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction
from arangovis.testing.contract import StoreContract
from arangovis.testing.samples import act, put

LEASES = (
    Record("lease", "c", "umap", 1),
    Record("lease", "a", "umap", 5),
    Record("lease", "b", "umap", 5),
    Record("lease", "d", "umap", 9, {"owner": "worker-1"}),
    Record("lease", "e", "tsne", 3),
    Record("lease", "f", "", -2),
)
"""In order of (group, due, key) but for the groups."""


class RecordContract(StoreContract):
    """Every sentence about records."""

    def test_a_record_is_read_as_written(self, store: GraphStore) -> None:
        record = Record("lease", "key with / and ä", "umap", 2**62, {"owner": "w", "progress": 0.5, "best": math.inf})
        put(store, record)
        assert store.record("lease", "key with / and ä") == record
        assert store.record("worker", "key with / and ä") is None
        assert store.record("lease", "other") is None
        assert act(store, lambda t: t.record("lease", "key with / and ä")) == record

    def test_a_record_is_replaced_and_removed(self, store: GraphStore) -> None:
        put(store, Record("lease", "a", "umap", 1, {"owner": "w"}))
        put(store, Record("lease", "a", "tsne", 2))
        assert store.record("lease", "a") == Record("lease", "a", "tsne", 2)
        assert list(store.records("lease", "umap")) == []
        act(store, lambda t: t.remove_record("lease", "a"))
        assert store.record("lease", "a") is None
        act(store, lambda t: t.remove_record("lease", "a"))
        assert list(store.records("lease")) == []

    def test_a_scan_walks_one_group_or_all_in_order(self, store: GraphStore) -> None:
        put(store, *LEASES, Record("worker", "a", "umap", 2))
        assert [record.key for record in store.records("lease", "umap")] == ["c", "a", "b", "d"]
        assert [record.key for record in store.records("lease", "tsne")] == ["e"]
        assert [record.key for record in store.records("lease", "")] == ["f"]
        assert [record.key for record in store.records("lease")] == ["f", "e", "c", "a", "b", "d"]
        assert list(store.records("lease", "trimap")) == []
        assert list(store.records("segment")) == []
        assert store.records("lease", "umap")[-1] == LEASES[3]

    def test_a_scan_stops_at_due_and_limit(self, store: GraphStore) -> None:
        put(store, *LEASES)
        assert [record.key for record in store.records("lease", "umap", due_max=5)] == ["c", "a", "b"]
        assert [record.key for record in store.records("lease", "umap", due_max=0)] == []
        assert [record.key for record in store.records("lease", due_max=3)] == ["f", "e", "c"]
        assert [record.key for record in store.records("lease", "umap", limit=2)] == ["c", "a"]
        assert [record.key for record in store.records("lease", due_max=5, limit=4)] == ["f", "e", "c", "a"]

    def test_keys_sort_by_code_point(self, store: GraphStore) -> None:
        keys = ["a", "B", "ä", "Z", "~", "10", "9", "\U0001f600", "\uffff"]
        put(store, *(Record("lease", key, "umap", 0) for key in keys))
        assert [record.key for record in store.records("lease", "umap")] == sorted(keys)

    @pytest.mark.parametrize(("group", "due_max"), [("umap", None), (None, None), ("umap", 5), (None, 5)])
    def test_pages_continue_behind_the_last_record(
        self, store: GraphStore, group: str | None, due_max: int | None
    ) -> None:
        put(store, *LEASES)
        whole = list(store.records("lease", group, due_max=due_max))
        paged = list(store.records("lease", group, due_max=due_max, limit=1))
        while page := store.records("lease", group, due_max=due_max, after=paged[-1], limit=2):
            paged.extend(page)
        assert paged == whole
        assert len(whole) > 2

    def test_a_page_continues_behind_a_record_that_was_removed(self, store: GraphStore) -> None:
        put(store, *LEASES)
        first, second = store.records("lease", "umap", limit=2)
        act(store, lambda t: t.remove_record("lease", second.key))
        put(store, Record("lease", "aa", "umap", 5), Record("lease", "0", "umap", 5))
        assert (first.key, second.key) == ("c", "a")
        assert [record.key for record in store.records("lease", "umap", after=second)] == ["aa", "b", "d"]

    def test_a_record_that_is_not_json_is_refused(self, store: GraphStore) -> None:
        def action(transaction: Transaction) -> None:
            transaction.put_record(Record("lease", "a"))
            transaction.put_record(Record("lease", "b", data={"owner": object()}))  # type: ignore[dict-item]

        with pytest.raises(InvalidInput):
            act(store, action)
        assert list(store.records("lease")) == []
