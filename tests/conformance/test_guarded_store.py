"""The guarded store in the open scope is the store itself: the suite that every store must pass."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from arangovis.stores.base import GraphStore
from arangovis.stores.embedded import EmbeddedStore
from arangovis.stores.guarded import GuardedStore, guarded
from arangovis.stores.memory import MemoryStore
from arangovis.testing.stores import GraphStoreSuite


class TestGuardedStore(GraphStoreSuite):
    __test__ = True

    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[GraphStore]:
        store = guarded(EmbeddedStore(tmp_path / "graph.db"))
        store.migrate()
        yield store
        store.close()


def test_a_store_is_guarded_once() -> None:
    once = guarded(MemoryStore())

    assert guarded(once) is once
    assert isinstance(once, GuardedStore)
    assert isinstance(once.inner, MemoryStore)


def test_every_method_of_the_contract_is_guarded_or_passed_on() -> None:
    """A method that is new in the contract is decided here too: the base class would answer of an unguarded default."""
    derived = {"find", "get", "all_edges", "all_edges_of", "all_nodes", "all_pages", "all_records", "reserved"}
    contract = {name for name in vars(GraphStore) if not name.startswith("_")}

    assert contract - derived == {name for name in vars(GuardedStore) if not name.startswith("_")} - {"inner"}
