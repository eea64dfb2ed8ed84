"""Calls share commits; each is whole or not there; nobody waits for ever."""

import signal
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from arangovis.domain.errors import AlreadyExists, Conflict, InvalidInput, StoreUnavailable
from arangovis.domain.graph import Record
from arangovis.domain.ids import NodeId
from arangovis.stores.embedded import EmbeddedStore
from arangovis.stores.embedded.group import Call
from arangovis.stores.transaction import Transaction
from arangovis.testing.samples import CALLER, SAMPLES, act, create, put, run

DEADLINE_S = 30
THREADS = 8


class HeldLeader:
    """A thread that leads and stays inside its action until it is let go, while others queue behind it."""

    def __init__(self, store: EmbeddedStore, pool: ThreadPoolExecutor, *, error: BaseException | None = None) -> None:
        self.store = store
        self.pool = pool
        self.error = error
        self.inside = threading.Event()
        self.go = threading.Event()
        self.future = pool.submit(act, store, self._action)
        assert self.inside.wait(DEADLINE_S)

    def _action(self, transaction: Transaction) -> int:
        self.inside.set()
        assert self.go.wait(DEADLINE_S)
        if self.error is not None:
            raise self.error
        transaction.create_new(run("leader"), None, SAMPLES["run"])
        return threading.get_ident()

    def queue(self, *actions: Callable[[Transaction], object]) -> list[Future[object]]:
        """Submit actions and return once all of them wait."""
        futures = [self.pool.submit(self.store.transact, action, CALLER) for action in actions]
        group = self.store._writer._group
        deadline = threading.Event()
        for _ in range(DEADLINE_S * 1000):
            with group._mutex:
                if len(group._waiting) == len(actions):
                    return futures
            deadline.wait(0.001)
        raise AssertionError("the calls did not queue up")


def creating(key: str) -> Callable[[Transaction], object]:
    def action(transaction: Transaction) -> int:
        transaction.create(run(key), None, SAMPLES["run"])
        return threading.get_ident()

    return action


def failing(error: BaseException) -> Callable[[Transaction], object]:
    def action(transaction: Transaction) -> None:
        transaction.create(run("torn"), None, SAMPLES["run"])
        raise error

    return action


def test_waiting_calls_share_one_commit_in_one_thread(store: EmbeddedStore) -> None:
    with ThreadPoolExecutor(THREADS + 1) as pool:
        leader = HeldLeader(store, pool)
        commits: list[str] = []
        connection = store._writer._connection
        assert connection is not None
        futures = leader.queue(*(creating(f"run-{number}") for number in range(THREADS)))
        connection.set_trace_callback(lambda text: commits.append(text) if text == "COMMIT" else None)
        leader.go.set()
        threads = {future.result(DEADLINE_S) for future in futures}
        assert len(threads) == 1
        assert len(commits) == 2  # the leader's own, and one for all who waited
        connection.set_trace_callback(None)
    nodes = store.get_many([run(f"run-{number}") for number in range(THREADS)])
    assert len(nodes) == THREADS
    assert len({node.version.valid_from for node in nodes.values()}) == THREADS  # an action each, all the same
    assert len({node.version.action_id for node in nodes.values()}) == THREADS


def test_a_failing_action_fails_alone(store: EmbeddedStore) -> None:
    refused = ValueError("not today")
    with ThreadPoolExecutor(THREADS) as pool:
        leader = HeldLeader(store, pool)
        good, bad, clash, unstorable, last = leader.queue(
            creating("good"),
            failing(refused),
            creating("leader"),
            lambda transaction: transaction.create_new(run("odd"), "\ud800", SAMPLES["run"]),
            creating("last"),
        )
        leader.go.set()
        assert good.result(DEADLINE_S)
        assert last.result(DEADLINE_S)
        with pytest.raises(ValueError, match="not today"):
            bad.result(DEADLINE_S)
        with pytest.raises(AlreadyExists):
            clash.result(DEADLINE_S)
        with pytest.raises(InvalidInput, match="Unicode"):
            unstorable.result(DEADLINE_S)
    found = store.get_many([run(key) for key in ("leader", "good", "torn", "odd", "last")])
    assert {node_id.key for node_id in found} == {"leader", "good", "last"}


def test_what_cannot_be_stored_leaves_nothing_behind(store: EmbeddedStore) -> None:
    create(store, run("first"))
    before = store.change_number()

    def clash(transaction: Transaction) -> None:
        transaction.create_new(run("new"), None, SAMPLES["run"])
        transaction.create_new(run("first"), None, SAMPLES["run"])

    with pytest.raises(AlreadyExists):
        act(store, clash)
    with pytest.raises(InvalidInput, match="64 bits"):
        put(store, Record("lease", "a"), Record("lease", "b", due=2**63))
    assert store.find(run("new")) is None
    assert store.record("lease", "a") is None
    assert store.change_number() == before
    create(store, run("next"))


def test_many_threads_lose_nothing(store: EmbeddedStore) -> None:
    rounds = 25

    def work(thread: int) -> list[int]:
        numbers = []
        for number in range(rounds):
            create(store, run(f"run-{thread}-{number}"))
            numbers.append(act(store, lambda transaction: transaction.next_number("sequence")))
        return numbers

    with ThreadPoolExecutor(THREADS) as pool:
        numbers = [number for found in pool.map(work, range(THREADS)) for number in found]
    assert sorted(numbers) == list(range(1, THREADS * rounds + 1))
    ids = [run(f"run-{thread}-{number}") for thread in range(THREADS) for number in range(rounds)]
    assert len(store.get_many(ids)) == len(ids)


@pytest.mark.parametrize("direct", [True, False])
def test_an_action_that_transacts_is_refused(store: EmbeddedStore, direct: bool) -> None:
    def nested(transaction: Transaction) -> None:
        transaction.create(run("outer"), None, SAMPLES["run"])
        create(store, run("inner"))

    with ThreadPoolExecutor(2) as pool:
        leader = HeldLeader(store, pool)
        (future,) = leader.queue(nested) if not direct else (pool.submit(act, store, nested),)
        leader.go.set()
        with pytest.raises(Conflict, match="must not call transact"):
            future.result(DEADLINE_S)
    assert store.get_many([run("outer"), run("inner")]) == {}
    create(store, run("after"))


def test_an_action_may_read_the_store(store: EmbeddedStore) -> None:
    create(store, run("known"))

    def action(transaction: Transaction) -> tuple[bool, bool]:
        transaction.create(run("new"), None, SAMPLES["run"])
        return store.find(run("known")) is not None, store.find(run("new")) is not None

    assert act(store, action) == (True, False)


def test_an_interrupted_leader_leaves_nobody_hanging(store: EmbeddedStore) -> None:
    """Whoever was in its group, or waited, is committed by the next leader, once."""
    with ThreadPoolExecutor(THREADS) as pool:
        leader = HeldLeader(store, pool, error=KeyboardInterrupt())
        futures = leader.queue(*(creating(f"run-{number}") for number in range(4)))
        leader.go.set()
        with pytest.raises(KeyboardInterrupt):
            leader.future.result(DEADLINE_S)
        for future in futures:
            future.result(DEADLINE_S)
    assert store.find(run("leader")) is None
    assert all(len(store.history(run(f"run-{number}"))) == 1 for number in range(4))


def test_an_interrupt_during_a_followers_action_is_the_leaders(store: EmbeddedStore) -> None:
    attempts = []

    def interrupted_once(transaction: Transaction) -> int:
        attempts.append(threading.get_ident())
        if len(attempts) == 1:
            raise KeyboardInterrupt
        transaction.create(run("patient"), None, SAMPLES["run"])
        return len(attempts)

    with ThreadPoolExecutor(THREADS) as pool:
        leader = HeldLeader(store, pool)
        first, patient = leader.queue(creating("first"), interrupted_once)
        leader.go.set()
        with pytest.raises(KeyboardInterrupt):
            first.result(DEADLINE_S)
        assert patient.result(DEADLINE_S) == 2
    assert store.find(run("first")) is None
    assert store.find(run("patient")) is not None


def test_an_interrupted_waiter_leaves_the_queue(store: EmbeddedStore) -> None:
    with ThreadPoolExecutor(2) as pool:
        leader = HeldLeader(store, pool)
        pool.submit(_interrupt_when_waiting, store)
        with pytest.raises(KeyboardInterrupt):
            create(store, run("impatient"))
        leader.go.set()
        leader.future.result(DEADLINE_S)
    create(store, run("after"))
    assert store.find(run("impatient")) is None


def _interrupt_when_waiting(store: EmbeddedStore) -> None:
    group = store._writer._group
    pause = threading.Event()
    for _ in range(DEADLINE_S * 1000):
        with group._mutex:
            if group._waiting:
                break
        pause.wait(0.001)
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)


def test_leadership_that_is_abandoned_is_passed_on(store: EmbeddedStore) -> None:
    """A waiter that was just told to lead, and is interrupted before it does, hands on to the next."""
    group = store._writer._group
    interrupted = Call(lambda _: None, CALLER)
    assert group._queue(interrupted) is False
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(create, store, run("waiting"))
        pause = threading.Event()
        while len(group._waiting) < 2 and not waiting.done():
            pause.wait(0.001)
        group._abandon(interrupted)
        waiting.result(DEADLINE_S)
    assert store.find(run("waiting")) is not None


def test_a_group_that_cannot_be_committed_fails_as_a_whole(store: EmbeddedStore, path: Path) -> None:
    """Another writer's lock, taken in the middle, would be no test: so the database itself refuses to grow."""
    create(store, run("before"))
    connection = store._writer._connection
    assert connection is not None
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    with ThreadPoolExecutor(THREADS) as pool:
        leader = HeldLeader(store, pool)
        large = {**SAMPLES["run"], "message": "x" * 1_000_000}
        futures = leader.queue(
            creating("small"),
            lambda transaction: transaction.create_new(run("large"), None, large),
            failing(ValueError("an answer that rests on what was not committed")),
        )
        connection.execute(f"PRAGMA max_page_count = {pages + 2}")
        leader.go.set()
        leader.future.result(DEADLINE_S)
        for future in futures:
            with pytest.raises(StoreUnavailable, match="disk is full") as refusal:
                future.result(DEADLINE_S)
            assert str(path) not in str(refusal.value)
    assert store.get_many([run("small"), run("large"), run("torn")]) == {}
    create(store, run("after"))  # on a connection of its own
    reader = sqlite3.connect(path)
    assert reader.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    reader.close()


def test_one_thread_alone_hands_nothing_over(store: EmbeddedStore) -> None:
    assert store.transact(lambda _: threading.get_ident(), CALLER) == threading.get_ident()


def test_reads_without_writes_change_nothing(store: EmbeddedStore) -> None:
    create(store, run("known"))
    before = store.change_number()
    assert act(store, lambda transaction: transaction.find(NodeId("run", "known"))) is not None
    assert store.change_number() == before
