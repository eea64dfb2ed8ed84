"""How many calls to the server each thing costs."""

from collections.abc import Iterator

import pytest
from sklearn.datasets import load_wine

from arangovis.artifacts.local import LocalArtifactStore
from arangovis.domain.graph import Caller, Direction
from arangovis.domain.ids import NodeId
from arangovis.domain.search import Comparison, Operator, Search
from arangovis.domain.work import Input, Outcome, RunRequest
from arangovis.services.blobs import Blobs
from arangovis.services.catalogue import Catalogue
from arangovis.services.plans import Plans
from arangovis.services.run_log import LoggedRun, Output, RunLog
from arangovis.stores.arango import ArangoStore
from arangovis.stores.memory import MemoryStore
from arangovis.testing.samples import SAMPLES, create, dataset, edge, follow, link, run
from arangovis.testing.stores_copy import actions_of
from tests.arango_databases import PATIENCE, Server, drop
from tests.arango_simulator.process import Simulator

CALLER = Caller("ada", "request-1")
PLACES = [("project", "wine"), ("dataset", "wine"), ("dataset", "held-out")]


class Counter:
    """Counts requests since it was made, those for tokens included."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        simulator.reset_requests()

    @property
    def calls(self) -> int:
        return sum(self._simulator.requests().values())


@pytest.fixture
def simulator(arango: Server) -> Simulator:
    if arango.simulator is None:
        pytest.skip("only the simulator counts requests")
    return arango.simulator


@pytest.fixture
def store(arango: Server) -> Iterator[ArangoStore]:
    address = arango.fresh()
    store = ArangoStore(address, patience=PATIENCE)
    store.migrate()
    yield store
    store.close()
    drop(address)


def test_start_up_on_a_provisioned_database(arango: Server, simulator: Simulator) -> None:
    address = arango.fresh()
    first = ArangoStore(address, patience=PATIENCE)
    first.migrate()
    first.close()
    counter = Counter(simulator)
    second = ArangoStore(address, patience=PATIENCE)
    second.migrate()
    assert counter.calls <= 3
    second.close()
    drop(address)


def test_logging_a_run(store: ArangoStore, simulator: Simulator) -> None:
    Catalogue(store).register_project("wine", CALLER)
    create(store, dataset("wine"), dataset("held-out"))
    wine = load_wine()
    logged = LoggedRun(
        method="train",
        project="wine",
        key="run-1",
        params={"penalty": "l2", "C": 1.5},
        metrics={"rows": len(wine.data), "mean_alcohol": float(wine.data[:, 0].mean())},
        tags=("baseline", "wine"),
        inputs=(Input(dataset("wine"), "training"), Input(dataset("held-out"), "validation")),
        outputs=(Output("report", kind="evaluation", attributes={"metrics": {"accuracy": 0.975}}),),
    )
    counter = Counter(simulator)
    RunLog(store).log(logged, CALLER)
    assert counter.calls <= 4
    counter = Counter(simulator)
    assert not RunLog(store).log(logged, CALLER).created
    assert counter.calls == 1


def test_claiming_and_finishing_a_run(
    store: ArangoStore, simulator: Simulator, tmp_path_factory: pytest.TempPathFactory
) -> None:
    runs = Plans(store, Blobs(store, LocalArtifactStore(tmp_path_factory.mktemp("artifacts")))).runs
    create(store, dataset("wine"))
    wanted = RunRequest("umap", None, (Input(dataset("wine"), "data"),), {}, run_key="key-1")
    counter = Counter(simulator)
    store.transact(lambda transaction: runs.request(transaction, wanted), CALLER)
    assert counter.calls <= 2
    counter = Counter(simulator)
    claim = runs.claim(["tsne", "umap", "trimap"], "worker-1", lease_us=10**7)
    assert claim is not None
    assert counter.calls <= 3, "the third asks which request the run came of, for the logs"
    counter = Counter(simulator)
    assert runs.claim(["tsne", "umap", "trimap"], "worker-2", lease_us=10**7) is None
    assert counter.calls == 1
    counter = Counter(simulator)
    runs.renew(claim, lease_us=10**7, progress=0.5, stage="fit")
    assert counter.calls <= 2
    counter = Counter(simulator)
    runs.succeed(claim, Outcome(metrics={"trustworthiness": 0.98}), CALLER)
    assert counter.calls <= 4


def test_each_question_is_one_call(store: ArangoStore, simulator: Simulator) -> None:
    runs = [run(f"run-{number}") for number in range(1200)]
    create(store, dataset("wine"), *runs, attributes=None)
    link(store, *(edge("input_to", dataset("wine"), target) for target in runs))
    ids = [NodeId("dataset", "wine"), *runs]
    questions = [
        lambda: len(follow(store, dataset("wine"), node_limit=2000).visits) == 1201,
        lambda: len(store.search(Search("run", limit=1000)).items) == 1000,
        lambda: len(store.search(Search("run", Comparison("method", Operator.EQUAL, "train"))).items) == 100,
        lambda: len(store.search(Search("run", Comparison("method", Operator.GREATER, "a"))).items) == 100,
        lambda: len(store.get_many(ids)) == 1201,
        lambda: len(store.edges_of(ids, Direction.BOTH)) == 1200,
        lambda: len(store.history(dataset("wine"))) == 1,
        lambda: store.change_number() == 2,
        lambda: list(store.records("lease", "umap")) == [],
        lambda: store.record("lease", "run-1") is None,
        lambda: store.schema() is not None,
    ]
    calls = []
    for question in questions:
        counter = Counter(simulator)
        assert question()
        calls.append(counter.calls)
    assert calls == [1] * (len(questions) - 1) + [2]
    assert SAMPLES["run"]["method"] == "train"


def test_loading_a_page(store: ArangoStore, simulator: Simulator) -> None:
    """A state is begun, asked for its last time and ended; the page is one read, if it needs one, and one commit."""
    source = MemoryStore()
    create(source, dataset("wine"))
    create(source, *(run(f"run-{number}") for number in range(200)))
    for number in range(200):
        link(source, edge("input_to", dataset("wine"), run(f"run-{number}")))
    whole = actions_of(source)
    store.load(whole[:1])
    counter = Counter(simulator)
    assert store.load(whole[1:]) == 201
    assert counter.calls == 5


def test_freezing(store: ArangoStore, simulator: Simulator) -> None:
    create(store, dataset("wine"))
    counter = Counter(simulator)
    with store.frozen() as state:
        assert counter.calls == 5
        assert state.action_count() == 1
    assert counter.calls == 7
