"""Many threads on one store: nothing lost, nothing torn, no edge to nothing."""

import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier, BrokenBarrierError, Event
from typing import TypeVar

from arangovis.domain.errors import AlreadyExists, Conflict, Gone, InUse
from arangovis.domain.graph import Direction, Record
from arangovis.domain.ids import NodeId
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction
from arangovis.testing.contract import StoreContract
from arangovis.testing.samples import SAMPLES, act, create, dataset, edge, follow, link, put, run

T = TypeVar("T")

THREADS = 8
ROUNDS = 20
MEETING_S = 0.01
"""How long an action waits for the other one; on a store that runs actions one by one it never comes."""

TABLE = SAMPLES["dataset"]


def at_once(*work: Callable[[], T]) -> list[T]:
    """Run each piece of work in a thread of its own, and return their answers."""
    with ThreadPoolExecutor(len(work)) as pool:
        return [future.result() for future in [pool.submit(piece) for piece in work]]


class ConcurrencyContract(StoreContract):
    """What must hold when several threads act at once."""

    def test_numbers_have_no_gaps_from_many_threads(self, store: GraphStore) -> None:
        def take() -> list[int]:
            return [act(store, lambda t: t.next_number("versions")) for _ in range(ROUNDS)]

        taken = at_once(*[take] * THREADS)
        assert sorted(number for numbers in taken for number in numbers) == list(range(1, THREADS * ROUNDS + 1))
        assert all(numbers == sorted(numbers) for numbers in taken)

    def test_no_update_is_lost(self, store: GraphStore) -> None:
        create(store, dataset("counter"), attributes={**TABLE, "rows": 0})

        def increment(transaction: Transaction) -> None:
            present = transaction.get(dataset("counter")).attributes
            rows = present["rows"]
            assert isinstance(rows, int)
            transaction.update(dataset("counter"), {**present, "rows": rows + 1})

        def work() -> None:
            for _ in range(ROUNDS):
                act(store, increment)

        at_once(*[work] * THREADS)
        versions = store.history(dataset("counter"))
        assert [node.attributes["rows"] for node in versions] == list(range(THREADS * ROUNDS + 1))
        begins = [node.version.valid_from for node in versions]
        assert begins == sorted(set(begins))

    def test_one_of_many_creates_a_node_or_takes_a_name(self, store: GraphStore) -> None:
        def attempt(number: int) -> bool:
            def action(transaction: Transaction) -> NodeId:
                transaction.ensure(dataset("shared"), None, {**TABLE, "rows": number})
                return transaction.reserve("dataset", "shared", NodeId("dataset", str(number)))

            try:
                return act(store, action) == NodeId("dataset", str(number))
            except AlreadyExists:
                return False

        won = at_once(*(partial(attempt, number) for number in range(THREADS)))
        assert won.count(True) == 1
        assert store.reserved("dataset", "shared") == NodeId("dataset", str(won.index(True)))
        assert [node.attributes["rows"] for node in store.history(dataset("shared"))] == [won.index(True)]

    def test_one_record_is_claimed_by_one(self, store: GraphStore) -> None:
        total = THREADS * 5
        put(store, *(Record("lease", str(number), "open", number) for number in range(total)))

        def claim(transaction: Transaction) -> str | None:
            waiting = transaction.records("lease", "open", limit=1)
            for record in waiting:
                transaction.put_record(Record("lease", record.key, "held", record.due))
                return record.key
            return None

        def work() -> list[str]:
            return [key for key in iter(lambda: act(store, claim), None) if key is not None]

        claimed = [key for keys in at_once(*[work] * 4) for key in keys]
        assert sorted(claimed, key=int) == [str(number) for number in range(total)]

    def test_readers_never_see_a_part_of_an_action(self, store: GraphStore) -> None:
        left, right = dataset("left"), dataset("right")
        both = edge("derived_into", left, right)
        create(store, left, right, attributes={**TABLE, "rows": 0})
        link(store, both, attributes={"transformation": "0"})
        done = Event()

        def write() -> None:
            for rows in range(1, 60):

                def action(transaction: Transaction, rows: int = rows) -> None:
                    transaction.update(left, {**TABLE, "rows": rows})
                    transaction.link(both, {"transformation": str(rows)})
                    transaction.update(right, {**TABLE, "rows": rows})

                act(store, action)
            done.set()

        def read() -> int:
            torn = 0
            while not done.is_set():
                nodes = store.get_many([left, right])
                torn += nodes[left].attributes != nodes[right].attributes
                lineage = follow(store, left)
                seen = {str(visit.node.attributes["rows"]) for visit in lineage.visits}
                seen |= {str(found.attributes["transformation"]) for found in lineage.edges}
                torn += len(seen) != 1
            return torn

        def guarded() -> int:
            try:
                write()
            finally:
                done.set()
            return 0

        assert at_once(guarded, read, read) == [0, 0, 0]

    # --- write skew -------------------------------------------------------------------------------------------

    def test_no_edge_ends_in_nothing_when_deletion_and_link_cross(self, store: GraphStore) -> None:
        """Write skew: one action deletes a data set that nothing uses, the other links a new run to it."""
        outcomes = set()
        for number in range(ROUNDS):
            data, training = dataset(f"data-{number}"), run(f"train-{number}")
            create(store, data)
            barrier = Barrier(2)
            deleted, linked = at_once(
                partial(self._delete, store, data, barrier),
                partial(self._train, store, data, training, barrier),
            )
            outcomes.add((deleted, linked))
            self._check_ends(store, data, training)
            if linked:
                assert store.find(training) is not None
            else:
                assert deleted
                assert store.find(training) is None
        assert outcomes <= {(True, False), (False, True), (True, True)}

    @staticmethod
    def _delete(store: GraphStore, data: NodeId, barrier: Barrier) -> bool:
        def action(transaction: Transaction) -> None:
            unused = not transaction.edges_of(data, Direction.DOWNSTREAM)
            _meet(barrier)
            if unused:
                transaction.delete(data)

        with contextlib.suppress(InUse, Conflict):
            act(store, action)
        return store.get(data).version.deleted

    @staticmethod
    def _train(store: GraphStore, data: NodeId, training: NodeId, barrier: Barrier) -> bool:
        def action(transaction: Transaction) -> None:
            transaction.get(data)
            _meet(barrier)
            transaction.create_new(training, None, SAMPLES["run"])
            transaction.link(edge("input_to", data, training))

        with contextlib.suppress(Gone, Conflict):
            act(store, action)
            return True
        return False

    @staticmethod
    def _check_ends(store: GraphStore, *ids: NodeId) -> None:
        edges = store.edges_of(ids, Direction.BOTH)
        ends = {end for found in edges for end in (found.id.source, found.id.target)}
        assert set(store.get_many(list(ends))) == ends
        for found in edges:
            begun = found.version.valid_from
            assert set(store.get_many([found.id.source, found.id.target], at=begun)) == {
                found.id.source,
                found.id.target,
            }


def _meet(barrier: Barrier) -> None:
    """Wait for the other action where both can be inside at once."""
    with contextlib.suppress(BrokenBarrierError):
        barrier.wait(MEETING_S)
