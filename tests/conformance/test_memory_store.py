"""The memory store under the suite that every store must pass."""

from collections.abc import Iterator

import pytest

from arangovis.stores.base import GraphStore
from arangovis.stores.memory import MemoryStore
from arangovis.testing.stateful import store_state_machine
from arangovis.testing.stores import GraphStoreSuite


class TestMemoryStore(GraphStoreSuite):
    __test__ = True

    @pytest.fixture
    def store(self) -> Iterator[GraphStore]:
        store = MemoryStore()
        store.migrate()
        yield store
        store.close()


TestMemoryStoreBesideItself = store_state_machine(lambda clock: MemoryStore(clock=clock)).TestCase
