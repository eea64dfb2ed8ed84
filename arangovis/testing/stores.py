"""The conformance suite for graph stores.

A backend's test class switches it on and says how a store is made::

    class TestMyStore(GraphStoreSuite):
        __test__ = True
        supports_reopen = True

        @pytest.fixture
        def store(self, tmp_path):
            store = MyStore(tmp_path)
            store.migrate()
            yield store
            store.close()

        def reopen(self, store):
            store.close()
            return MyStore(store.path)

`arangovis.testing.stateful.store_state_machine` compares the backend with the memory store as well.
"""

from arangovis.testing.stores_actions import ActionContract
from arangovis.testing.stores_concurrency import ConcurrencyContract
from arangovis.testing.stores_copy import CopyContract
from arangovis.testing.stores_edges import EdgeContract
from arangovis.testing.stores_finding import FindingContract
from arangovis.testing.stores_kinds import KindContract
from arangovis.testing.stores_life import LifeContract
from arangovis.testing.stores_names import NameContract
from arangovis.testing.stores_nodes import NodeContract
from arangovis.testing.stores_records import RecordContract
from arangovis.testing.stores_search import SearchContract
from arangovis.testing.stores_times import TimeContract
from arangovis.testing.stores_walk import WalkContract


class GraphStoreSuite(
    LifeContract,
    NodeContract,
    ActionContract,
    TimeContract,
    EdgeContract,
    RecordContract,
    NameContract,
    KindContract,
    WalkContract,
    SearchContract,
    FindingContract,
    ConcurrencyContract,
    CopyContract,
):
    """Every sentence of the contracts in `arangovis.stores.base` and `arangovis.stores.transaction`."""

    __test__ = False


__all__ = ["GraphStoreSuite"]
