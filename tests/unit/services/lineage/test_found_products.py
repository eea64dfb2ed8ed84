"""An intermediate product that a run found is no way for what its first maker read."""

import pytest

from arangovis.domain.errors import InvalidInput, NotFound
from arangovis.domain.graph import Caller, Direction, EdgeId
from arangovis.domain.ids import NodeId
from arangovis.services.lineage.lineage import LineageQuestion, LineageService
from arangovis.services.lineage.reach import Budget, reach, reach_each
from arangovis.stores.base import GraphStore
from arangovis.stores.memory import MemoryStore
from arangovis.stores.transaction import Transaction

WRONG, DATA, STAGE, PLOT = (
    NodeId("dataset", "wrong"),
    NodeId("dataset", "data"),
    *(NodeId("artifact", k) for k in "sp"),
)
FIRST, SECOND = NodeId("run", "first"), NodeId("run", "second")
FILE = {"role": "neighbours", "digest": "0" * 64, "bytes": 1, "media_type": "x/y", "stage_key": "k"}


@pytest.fixture
def store() -> GraphStore:
    """Return a graph: FIRST read WRONG and DATA and made STAGE; SECOND read DATA, found STAGE and made PLOT."""
    made = MemoryStore()

    def action(transaction: Transaction) -> None:
        for data in (WRONG, DATA):
            transaction.create(data, None, {"name": data.key, "form": "table"})
        for run in (FIRST, SECOND):
            transaction.create(run, None, {"method": "projection.pca", "state": "SUCCESS", "executor": "worker"})
        for file in (STAGE, PLOT):
            transaction.create(file, None, {**FILE, "role": file.key})
        for source, run in ((WRONG, FIRST), (DATA, FIRST), (DATA, SECOND)):
            transaction.link(EdgeId("input_to", source, run, source.key))
        transaction.link(EdgeId("input_to", STAGE, SECOND, "neighbours"), {"found": True})
        transaction.link(EdgeId("generated", FIRST, STAGE, "neighbours"))
        transaction.link(EdgeId("generated", SECOND, PLOT, "plot"))

    made.transact(action, Caller("ada"))
    return made


def reached(store: GraphStore, start: NodeId, direction: Direction) -> dict[NodeId, int]:
    return {visit.node.id: visit.depth for visit in reach(store, (start,), direction).visits}


def test_it_is_not_gone_through(store: GraphStore) -> None:
    assert reached(store, WRONG, Direction.DOWNSTREAM) == {WRONG: 0, FIRST: 1, STAGE: 2}
    assert reached(store, PLOT, Direction.UPSTREAM) == {PLOT: 0, SECOND: 1, DATA: 2}


def test_from_itself_it_is(store: GraphStore) -> None:
    assert reached(store, STAGE, Direction.DOWNSTREAM) == {STAGE: 0, SECOND: 1, PLOT: 2}


def test_lineage_shows_it(store: GraphStore) -> None:
    answer = LineageService(store).ask(LineageQuestion(PLOT))
    assert {visit.node.id for visit in answer.visits} == {WRONG, DATA, STAGE, PLOT, FIRST, SECOND}


def test_each_reaches_its_own(store: GraphStore) -> None:
    parts = reach_each(store, (PLOT, STAGE), Direction.UPSTREAM)
    found = [{visit.node.id: visit.depth for visit in part.visits} for part in parts]
    assert found == [{PLOT: 0, SECOND: 1, DATA: 2}, {STAGE: 0, FIRST: 1, WRONG: 2, DATA: 2}]
    near, _ = reach_each(store, (PLOT, SECOND), Direction.UPSTREAM, Budget(depth=1))
    assert [(visit.node.id, visit.depth) for visit in near.visits] == [(PLOT, 0), (SECOND, 1)]


def test_what_is_out_of_range_is_refused(store: GraphStore) -> None:
    with pytest.raises(InvalidInput) as refused:
        Budget(depth=-1, limit=0)
    assert [fault.field for fault in refused.value.faults] == ["depth", "limit"]
    with pytest.raises(NotFound, match="no dataset/none"):
        reach(store, (WRONG, NodeId("dataset", "none")), Direction.DOWNSTREAM)
