"""What goes wrong on the way to a server: nothing is written twice or torn, and every error is told rightly."""

import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from time import monotonic, sleep

import pytest

from arangovis.domain.errors import (
    ArangovisError,
    Conflict,
    InvalidInput,
    NotFound,
    StoreUnavailable,
    TooLarge,
)
from arangovis.domain.graph import Action, Direction, Record
from arangovis.stores.arango import ArangoStore, loading
from arangovis.stores.arango.address import parse
from arangovis.stores.arango.connection import Patience
from arangovis.stores.arango.problems import problem_of
from arangovis.stores.arango.provision import provision
from arangovis.stores.frozen import content
from arangovis.stores.memory import MemoryStore
from arangovis.stores.transaction import Transaction
from arangovis.testing.samples import SAMPLES, act, chain, create, dataset, edge, follow, put, run, update
from arangovis.testing.stores_copy import actions_of
from arangovis_schema import SCHEMA_VERSION
from tests.arango_databases import PATIENCE, Server, drop
from tests.arango_simulator.process import Simulator, running_simulator

CURSOR = "/_api/cursor"
BEGIN = "/_api/transaction/begin"
WRITERS = 16
ROUNDS = 4
IMPATIENT = Patience(connect_s=1, read_s=0.3, deadline_s=2, tries_max=2, pause_s=0.01)


@pytest.fixture
def simulator(arango: Server) -> Iterator[Simulator]:
    if arango.simulator is None:
        pytest.skip("only the simulator has faults on demand")
    arango.simulator.clear_faults()
    yield arango.simulator
    arango.simulator.clear_faults()


@pytest.fixture
def store(arango: Server, simulator: Simulator) -> Iterator[ArangoStore]:
    address = arango.fresh()
    store = ArangoStore(address, patience=PATIENCE)
    store.migrate()
    create(store, dataset("digits"))
    yield store
    simulator.clear_faults()
    store.close()
    drop(address)


def train(transaction: Transaction) -> int:
    """Write a node, an edge, a record and a number: one read call, then one commit."""
    transaction.get(dataset("digits"))
    transaction.create_new(run("train"), None, SAMPLES["run"])
    transaction.link(edge("input_to", dataset("digits"), run("train")))
    transaction.put_record(Record("lease", "train", "umap", 1))
    return transaction.next_number("versions")


def written_once(store: ArangoStore) -> bool:
    """Say whether `train` was written, and check that it was once and whole."""
    there = store.find(run("train")) is not None
    assert len(store.history(run("train"))) == int(there)
    assert len(store.edges_of([run("train")], Direction.UPSTREAM)) == int(there)
    assert (store.record("lease", "train") is not None) == there
    assert store.change_number() == 1 + int(there)
    assert act(store, lambda t: t.next_number("versions")) == 1 + int(there)
    return there


# --- answers that are lost ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["drop", "do_then_drop", "unavailable"])
@pytest.mark.parametrize("skip", [0, 1, 2])
@pytest.mark.parametrize("times", [1, 3])
def test_a_lost_answer_is_made_up_for(
    store: ArangoStore, simulator: Simulator, kind: str, skip: int, times: int
) -> None:
    simulator.fault(kind, method="POST", path=CURSOR, skip=skip, times=times)
    assert act(store, train) == 1
    assert written_once(store)


@pytest.mark.parametrize(("kind", "written"), [("drop", False), ("do_then_drop", True), ("unavailable", False)])
def test_an_answer_that_never_comes_leaves_the_action_whole_or_undone(
    store: ArangoStore, simulator: Simulator, kind: str, written: bool
) -> None:
    simulator.fault(kind, method="POST", path=CURSOR, skip=2, times=100)
    with pytest.raises(StoreUnavailable, match="not known"):
        act(store, train)
    simulator.clear_faults()
    assert written_once(store) is written


@pytest.mark.parametrize("kind", ["drop", "unavailable"])
def test_a_read_that_is_never_answered_is_an_error(store: ArangoStore, simulator: Simulator, kind: str) -> None:
    simulator.fault(kind, times=100)
    simulator.reset_requests()
    with pytest.raises(StoreUnavailable):
        store.get(dataset("digits"))
    assert sum(simulator.requests().values()) <= PATIENCE.tries_max
    simulator.clear_faults()
    assert store.get(dataset("digits")).attributes == SAMPLES["dataset"]


def test_a_hung_server_is_an_error_within_the_deadline(store: ArangoStore, simulator: Simulator) -> None:
    impatient = ArangoStore(parse_again(store), patience=IMPATIENT)
    impatient.get(dataset("digits"))
    simulator.fault("hang", seconds=30, times=10)
    simulator.reset_requests()
    with pytest.raises(StoreUnavailable):
        impatient.get(dataset("digits"))
    with pytest.raises(StoreUnavailable):
        act(impatient, train)
    simulator.clear_faults()
    assert sum(simulator.requests().values()) <= 2 * IMPATIENT.tries_max
    impatient.close()


def parse_again(store: ArangoStore):  # type: ignore[no-untyped-def]
    return store._server.connection._address


# --- loading ------------------------------------------------------------------------------------------------------


@pytest.fixture
def history() -> list[Action]:
    """Give the actions of another store: one page, with what the page itself replaces."""
    source = MemoryStore()
    chain(source, 12)
    for rows in range(5):
        update(source, dataset("chain-003"), {**SAMPLES["dataset"], "rows": rows})
    return actions_of(source)


@pytest.fixture
def empty(arango: Server, simulator: Simulator) -> Iterator[ArangoStore]:
    address = arango.fresh()
    store = ArangoStore(address, patience=PATIENCE)
    store.migrate()
    yield store
    simulator.clear_faults()
    store.close()
    drop(address)


def loaded(store: ArangoStore) -> list[bytes]:
    return [content(action) for action in actions_of(store)]


@pytest.mark.parametrize("kind", ["drop", "do_then_drop", "unavailable"])
@pytest.mark.parametrize("times", [1, 3])
def test_a_page_whose_answer_was_lost_is_there_once(
    empty: ArangoStore, simulator: Simulator, history: list[Action], kind: str, times: int
) -> None:
    simulator.fault(kind, method="POST", path=CURSOR, skip=1, times=times)
    assert empty.load(history) == len(history)
    assert loaded(empty) == [content(action) for action in history]
    assert empty.load(history) == 0


@pytest.mark.parametrize(("kind", "there"), [("drop", 2), ("do_then_drop", 4)])
def test_a_load_that_was_cut_off_leaves_whole_pages_and_goes_on(
    empty: ArangoStore,
    simulator: Simulator,
    history: list[Action],
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    there: int,
) -> None:
    monkeypatch.setattr(loading, "ACTIONS_PER_PAGE", 2)
    simulator.fault(kind, method="POST", path=CURSOR, skip=3, times=100)  # the last time, a page, what the next reads
    with pytest.raises(StoreUnavailable, match="not known"):
        empty.load(history)
    simulator.clear_faults()
    assert loaded(empty) == [content(action) for action in history[:there]]
    assert empty.load(history) == len(history) - there
    assert loaded(empty) == [content(action) for action in history]


def test_a_page_beside_another_writer_is_not_written(
    empty: ArangoStore, history: list[Action], monkeypatch: pytest.MonkeyPatch
) -> None:
    expect = loading._Page._expect

    def late(page: loading._Page, actions: list[Action]) -> None:
        expect(page, actions)
        create(empty, dataset("meanwhile"))

    monkeypatch.setattr(loading._Page, "_expect", late)
    with pytest.raises(Conflict):
        empty.load(history)
    assert empty.change_number() == 1


# --- collisions ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stores", [1, WRITERS])
def test_a_storm_of_writers_loses_and_repeats_nothing(store: ArangoStore, stores: int) -> None:
    """From threads of one store, which take turns, and from as many stores, as of that many processes."""
    barrier = Barrier(WRITERS)
    several = [store, *(ArangoStore(parse_again(store), patience=PATIENCE) for _ in range(stores - 1))]

    def work(number: int) -> list[int]:
        barrier.wait()
        return [act(several[number % stores], lambda t: t.next_number("versions")) for _ in range(ROUNDS)]

    with ThreadPoolExecutor(WRITERS) as pool:
        taken = [future.result() for future in [pool.submit(work, number) for number in range(WRITERS)]]
    for other in several[1:]:
        other.close()
    assert sorted(number for numbers in taken for number in numbers) == list(range(1, WRITERS * ROUNDS + 1))


@pytest.mark.parametrize("number", [1200, 1210, 1579])
def test_a_collision_is_tried_again(store: ArangoStore, simulator: Simulator, number: int) -> None:
    simulator.fault("error", method="POST", path=CURSOR, skip=2, times=5, number=number)
    assert act(store, train) == 1
    assert written_once(store)


def test_collisions_without_end_are_a_conflict(
    store: ArangoStore, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("arangovis.stores.arango.actions.PAUSE_MAX_S", 0.01)
    simulator.fault("error", method="POST", path=CURSOR, skip=1, times=10_000, number=1200)
    with pytest.raises(Conflict, match="other writers"):
        act(store, lambda t: t.put_record(Record("lease", "a")) if t.record("lease", "a") is None else None)
    simulator.clear_faults()
    assert store.record("lease", "a") is None


def test_what_two_states_told_an_action_is_not_believed(store: ArangoStore) -> None:
    """Between its two reads another action changes both: one that would raise on that must not."""
    create(store, dataset("left"), dataset("right"), attributes={**SAMPLES["dataset"], "rows": 0})
    seen = []

    def both(transaction: Transaction) -> int:
        left = transaction.get(dataset("left")).attributes["rows"]
        if not seen:
            for side in ("left", "right"):
                update(store, dataset(side), {**SAMPLES["dataset"], "rows": 1})
        right = transaction.get(dataset("right")).attributes["rows"]
        seen.append((left, right))
        if left != right:
            raise AssertionError("the sides differ")
        assert isinstance(right, int)
        return right

    assert act(store, both) == 1
    assert seen == [(0, 1), (1, 1)]


# --- tokens, cursors, restarts ------------------------------------------------------------------------------------


def test_an_expired_token_is_renewed(store: ArangoStore, simulator: Simulator) -> None:
    simulator.expire_tokens()
    simulator.reset_requests()
    assert act(store, train) == 1
    assert written_once(store)
    assert simulator.requests()["POST", "/_open/auth"] == 1


def test_tokens_are_renewed_before_they_expire() -> None:
    with running_simulator(token_lifetime=2) as simulator:
        server = Server(simulator.url, simulator.root_password, simulator)
        store = ArangoStore(server.fresh(), patience=PATIENCE)
        store.migrate()
        simulator.advance(10)
        create(store, dataset("digits"))
        assert store.get(dataset("digits")).attributes == SAMPLES["dataset"]
        store.close()


def test_no_answer_depends_on_a_cursor(store: ArangoStore, simulator: Simulator) -> None:
    nodes = chain(store, 30)
    create(store, *(run(f"run-{number}") for number in range(1500)))
    simulator.reset_requests()
    assert len(store.get_many([run(f"run-{number}") for number in range(1500)])) == 1500
    simulator.lose_cursors()
    assert len(follow(store, nodes[0]).visits) == 30
    assert set(simulator.requests()) == {("POST", CURSOR)}


def test_a_restart_in_mid_action_is_not_noticed(store: ArangoStore, simulator: Simulator) -> None:
    restarted = []

    def action(transaction: Transaction) -> int:
        number = train(transaction)
        if not restarted:
            simulator.restart()
            restarted.append(True)
        return number

    assert act(store, action) == 1
    assert written_once(store)


def test_a_restart_ends_a_frozen_state(store: ArangoStore, simulator: Simulator) -> None:
    with store.frozen() as state:
        assert state.action_count() == 1
        simulator.restart()
        with pytest.raises(StoreUnavailable):
            list(state.actions())


# --- freezing -----------------------------------------------------------------------------------------------------


def begun(simulator: Simulator) -> int:
    """Return how many stream transactions were asked for."""
    return simulator.requests().get(("POST", BEGIN), 0)


def test_a_frozen_state_waits_for_an_action_that_took_its_time(store: ArangoStore, simulator: Simulator) -> None:
    """An action that will be there with an earlier time than another must be seen with it, or neither."""
    database = store._server.connection._database()
    early = store.now()
    writing = database.begin_transaction(write="action")
    late = database.begin_transaction(write="action")
    for transaction, time in ((writing, early), (late, early + 1)):
        row = {"time": time, "action_id": "", "actor": "", "request_id": ""}
        transaction.collection("action").insert(row)
    late.commit_transaction()
    simulator.reset_requests()

    def times() -> list[int]:
        with store.frozen() as state:
            assert state.at == early + 1
            return [action.time for action in state.actions()]

    with ThreadPoolExecutor(1) as threads:
        freezing = threads.submit(times)
        deadline = monotonic() + 20
        while begun(simulator) < 1 and monotonic() < deadline:
            sleep(0.01)
        assert not freezing.done()
        writing.commit_transaction()
        assert freezing.result(20)[-2:] == [early, early + 1]


def test_actions_that_come_while_a_state_is_taken_are_later(store: ArangoStore, simulator: Simulator) -> None:
    last = actions_of(store)[-1].time
    with ThreadPoolExecutor(1) as threads:
        with store._server.connection.alone(["action"]):
            simulator.reset_requests()
            coming = threads.submit(act, store, train)
            deadline = monotonic() + 20
            while simulator.requests().get(("POST", CURSOR), 0) < 2 and monotonic() < deadline:
                sleep(0.01)
            assert store.change_number() == 1
            assert not coming.done()
        assert coming.result(20) == 1
    assert store.get(run("train")).version.valid_from > last


@pytest.mark.parametrize("skip", [0, 1, 2, 3])
def test_nobody_waits_for_a_state_that_could_not_be_taken(store: ArangoStore, simulator: Simulator, skip: int) -> None:
    simulator.fault("unavailable", method="POST", skip=skip)
    with pytest.raises(StoreUnavailable), store.frozen():
        pass
    assert store._server.connection.once(lambda database: database.list_transactions()) == []
    assert act(store, train) == 1


def test_a_writer_that_does_not_end_is_not_waited_for_forever(store: ArangoStore) -> None:
    hurried = ArangoStore(parse_again(store), patience=Patience(connect_s=5, read_s=3, deadline_s=5, tries_max=1))
    writing = store._server.connection._database().begin_transaction(write="action")
    with pytest.raises(StoreUnavailable, match="busy"), hurried.frozen():
        pass
    writing.abort_transaction()
    with hurried.frozen() as state:
        assert state.action_count() == 1
    hurried.close()


# --- errors -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "status", "expected"),
    [
        (1210, 409, Conflict),
        (1200, 409, Conflict),
        (1200, 412, Conflict),
        (1202, 404, NotFound),
        (1620, 400, InvalidInput),
        (1221, 400, InvalidInput),
        (1216, 413, TooLarge),
        (32, 400, TooLarge),
        (11, 401, StoreUnavailable),
        (11, 403, StoreUnavailable),
        (1203, 404, StoreUnavailable),
        (1228, 404, StoreUnavailable),
        (1500, 410, StoreUnavailable),
        (1501, 400, StoreUnavailable),
        (0, 500, StoreUnavailable),
    ],
)
def test_errors_are_told_as_ours(number: int, status: int, expected: type[ArangovisError]) -> None:
    assert type(problem_of(number, status)) is expected or isinstance(problem_of(number, status), expected)
    assert not isinstance(problem_of(number, status), NotFound) or number == 1202


@pytest.mark.parametrize(("number", "expected"), [(1202, NotFound), (1620, InvalidInput), (1203, StoreUnavailable)])
def test_errors_come_over_the_wire(
    store: ArangoStore, simulator: Simulator, number: int, expected: type[ArangovisError]
) -> None:
    simulator.fault("error", method="POST", path=CURSOR, number=number)
    with pytest.raises(expected):
        store.get(dataset("digits"))


def test_a_database_that_was_not_set_up_says_so(arango: Server) -> None:
    address = arango.fresh()
    for wrong in (address, replace(address, database="arangovis_test_missing")):
        store = ArangoStore(wrong, patience=PATIENCE)
        with pytest.raises(StoreUnavailable, match="arangovis init"):
            store.get(dataset("digits"))
        store.close()
    drop(address)


def test_no_server_at_all_is_an_error() -> None:
    store = ArangoStore(parse("arango+http://ada@127.0.0.1:9/graph", "top-secret"), patience=IMPATIENT)
    with pytest.raises(StoreUnavailable) as refusal:
        store.migrate()
    assert "top-secret" not in str(refusal.value)


def test_secrets_are_in_no_error_and_no_repr(arango: Server) -> None:
    url = arango.store_url("graph")
    address = parse(url, "top-secret")
    store = ArangoStore(address, patience=PATIENCE)
    with pytest.raises(StoreUnavailable, match="refuses the user or the password") as refusal:
        store.get(dataset("digits"))
    with pytest.raises(StoreUnavailable, match="refuses the user or the password") as other:
        provision(url, password="x", root_password="top-secret", patience=PATIENCE)
    error: BaseException | None
    for error in (refusal.value, other.value):
        while error is not None:
            assert "top-secret" not in f"{error!r} {error}"
            assert error.__suppress_context__ or error.__context__ is None
            error = error.__cause__
    assert "top-secret" not in f"{address!r} {store!r} {vars(store)}"
    store.close()


def test_provisioning_again_changes_nothing_and_makes_the_user(arango: Server) -> None:
    url = arango.store_url("arangovis_test_provisioned").replace("root@", "grace@")
    secrets = {"password": "first", "root_password": arango.root_password, "patience": PATIENCE}
    address = replace(parse(url, "first"), password=arango.root_password, user="root")
    try:
        assert provision(url, **secrets) is True  # type: ignore[arg-type]
        assert provision(url, **secrets) is False  # type: ignore[arg-type]
        store = ArangoStore(parse(url, "first"), patience=PATIENCE)
        assert store.migrate() == SCHEMA_VERSION
        put(store, Record("lease", "a", data={"best": math.inf}))
        assert store.record("lease", "a") == Record("lease", "a", data={"best": math.inf})
        store.close()
    finally:
        drop(address)
