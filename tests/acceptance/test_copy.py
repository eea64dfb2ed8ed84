"""A service with a thousand runs moves from store to store and stays the same; killed copies go on; backups are whole.

`ARANGOVIS_TEST_COPY_STORES` names the stores that it moves through, `memory,sqlite,arango` unless said otherwise; a
hundred thousand runs move in `make test-all`.
"""

import os
import random
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

import pytest
from sklearn.datasets import load_digits

from arangovis.artifacts.local import LocalArtifactStore
from arangovis.domain.catalogue import ModelVersion, Profile, Signature, SignatureField
from arangovis.domain.graph import Caller, Direction
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Document
from arangovis.domain.runs import RunState
from arangovis.domain.work import Input
from arangovis.services.copying.copying import Copying, Place
from arangovis.services.copying.marks import CopyState, mark_of
from arangovis.services.copying.records import COPIED_KINDS
from arangovis.services.run_log import LoggedRun, Output
from arangovis.services.verification import check_store
from arangovis.settings import Settings
from arangovis.stores.base import GraphStore
from arangovis.stores.embedded import EmbeddedStore
from arangovis.stores.frozen import FrozenStore, content
from arangovis.stores.memory import MemoryStore
from arangovis.tabular import Rows, read_rows
from arangovis.wiring import Arangovis, build, compose, worker_context
from arangovis.workers.inline import drain
from tests.acceptance.processes import ROOT, Server, register, running_service, until

pytestmark = pytest.mark.acceptance

ADA, GRACE = Caller("ada", "request-1"), Caller("grace", "request-2")
STORES = os.environ.get("ARANGOVIS_TEST_COPY_STORES", "memory,sqlite,arango").split(",")
SIZES = [1000, pytest.param(100_000, marks=pytest.mark.slow)]
KILLS = 8
COPY = """
import sys
import arangovis.services.copying.copying as copying
from arangovis.cli import main

batches, copy_blob = copying._batches, copying.copy_blob

def said_batches(actions):
    for batch in batches(actions):
        print("batch", flush=True)
        yield batch

def said_blob(*arguments):
    print("blob", flush=True)
    return copy_blob(*arguments)

copying.ITEMS_PER_LOAD = 20  # so that there are many places to be killed at
copying._batches, copying.copy_blob = said_batches, said_blob
main(sys.argv[1:])
"""
"""`arangovis copy` that says where it is, a line a step."""


# --- the service that moves -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Used:
    """A service that was used, and what is asked of it again after it moved."""

    home: Path
    service: Arangovis
    plot: NodeId
    waiting: NodeId

    @property
    def place(self) -> Place:
        return Place(self.service.store, self.service.artifacts)


def rows(first: int, count: int) -> Rows:
    """Return rows of real digits with their pixels as embeddings."""
    data = load_digits().data[first : first + count]
    lines = [",".join(["_id", *(f"embedding_{i}" for i in range(64))])]
    lines += [",".join([f"d{first + n}", *(f"{pixel:g}" for pixel in row)]) for n, row in enumerate(data)]
    return read_rows("\n".join(lines).encode(), "text/csv")


def registered(service: Arangovis, name: str | None = None) -> ModelVersion:
    output = SignatureField("embedding", (1, 64), "float32", Profile.NUMERICAL)
    signature = Signature(outputs=(output,))
    return service.catalogue.version(
        service.catalogue.register_version("demo", "digits", signature, ADA, version=name).number
    )


def used(home: Path, runs: int) -> Used:
    """Make a service with data, a plot, a projection that waits, parameters that changed, and many logged runs."""
    service = build(Settings(home=home))
    service.catalogue.register_project("demo", ADA)
    service.catalogue.register_model("demo", "digits", ADA)
    version = registered(service)
    training = service.datasets.put_training(version, rows(0, 100), ADA)
    service.datasets.append_production(version, rows(100, 60), ADA)
    done = service.projections.plottable(version, "pca", ADA)
    drain(worker_context(service))
    service.projections.set_params(version, "pca", {"parameters": {"n_components": 3}}, GRACE)
    waiting = service.projections.plottable(version, "pca", GRACE)

    def log(number: int) -> None:
        file: Document = {"digest": f"{number:064x}", "bytes": number, "media_type": "application/json"}
        logged = LoggedRun(
            "training.mlp", "demo", key=f"train-{number}", params={"lr": 0.1 / (number + 1), "depth": number % 7},
            metrics={"loss": float("nan") if number % 50 == 0 else 1 / (number + 1)},
            inputs=(Input(training.node, "training"),), outputs=(Output("model", attributes=file),),
        )  # fmt: skip
        service.run_log.log(logged, ADA)

    with ThreadPoolExecutor(16) as threads:
        list(threads.map(log, range(runs)))
    plot = service.store.edges_of((done.id,), Direction.DOWNSTREAM, ("generated",))
    return Used(home, service, next(edge.id.target for edge in plot if edge.id.role == "plot"), waiting.id)


@pytest.fixture(scope="module", params=SIZES)
def source(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Used]:
    """Give a service that was used; no test changes it."""
    made = used(tmp_path_factory.mktemp("source") / "home", request.param)
    yield made
    made.service.close()


# --- where it moves -------------------------------------------------------------------------------------------------


@contextmanager
def sqlite(folder: Path) -> Iterator[Place]:
    folder.mkdir(exist_ok=True)
    store = EmbeddedStore(folder / "graph.db")
    store.migrate()
    yield Place(store, LocalArtifactStore(folder / "artifacts"))
    store.close()


@contextmanager
def memory(folder: Path) -> Iterator[Place]:
    yield Place(MemoryStore(), LocalArtifactStore(folder / "artifacts"))


@contextmanager
def arango(folder: Path) -> Iterator[Place]:
    """Give a database on the simulator, or on the server of ARANGOVIS_TEST_ARANGO_URL; it is dropped afterwards."""
    from tests.arango_databases import PassingStore, running_server

    with running_server() as server:
        store = PassingStore(server)
        store.migrate()
        yield Place(store, LocalArtifactStore(folder / "artifacts"))
        store.close()


PLACES = {"memory": memory, "sqlite": sqlite, "arango": arango}


# --- equal ----------------------------------------------------------------------------------------------------------


def assert_equal(source: Place, copy: Place, *, until: int) -> None:
    """Compare all versions, times, callers, documents, names, numbers and bytes as of a time."""
    with source.store.frozen() as left, copy.store.frozen() as right:
        pairs = zip_longest(left.actions(until=until), right.actions(until=until))
        assert all(ours is not None and content(ours) == content(theirs) for ours, theirs in pairs)
        for kind in COPIED_KINDS:
            assert _records(left, kind) == _records(right, kind)
    bytes_of = [{blob.digest: blob.bytes for blob in place.artifacts.blobs()} for place in (source, copy)]
    assert bytes_of[0] == bytes_of[1]


def _records(state: FrozenStore, kind: str) -> list[object]:
    return [record for record in state.records(kind) if kind != "blob" or record.group == "kept"]


def assert_usable(source: Used, place: Place, home: Path) -> None:
    """The plot knows where it comes from, what waits is computed, and the next numbers follow."""
    service = compose(Settings(home=home), place.store, place.artifacts)
    ours, theirs = source.service.origins.of(source.plot), service.origins.of(source.plot)
    assert theirs == ours
    assert theirs.run is not None
    assert service.runs.get(source.waiting).state is RunState.PENDING
    assert drain(worker_context(service)) == 1
    assert service.runs.get(source.waiting).state is RunState.SUCCESS
    assert registered(service).number == 1
    assert registered(service, "next").number == 2
    assert check_store(place.store, place.artifacts) == []


@pytest.mark.parametrize("middle", STORES)
def test_a_service_moves_to_another_store_and_back(source: Used, middle: str, tmp_path: Path) -> None:
    with PLACES[middle](tmp_path / "middle") as there, sqlite(tmp_path / "back") as back:
        went = Copying(source.place, there).run()
        came = Copying(there, back).run()
        assert (went.problems, came.problems) == ([], [])
        assert went.tally == came.tally
        assert_equal(source.place, there, until=went.at)
        assert_equal(source.place, back, until=went.at)
        assert_usable(source, back, tmp_path / "home")


# --- killed ---------------------------------------------------------------------------------------------------------


def copying(home: Path, target: Path) -> subprocess.Popen[str]:
    """Start a copy as a process."""
    command = [sys.executable, "-c", COPY, "copy", "--home", str(home), "--to-store", f"sqlite://{target}/graph.db"]
    command += ["--to-artifacts", f"file://{target}/artifacts"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def count(store: GraphStore) -> int:
    with store.frozen() as state:
        return state.action_count()


def test_a_copy_that_is_killed_goes_on(tmp_path: Path) -> None:
    made = used(tmp_path / "home", 600)
    chance, places = random.Random(20261121), []
    (tmp_path / "target").mkdir()
    store = EmbeddedStore(tmp_path / "target" / "graph.db")
    store.migrate()
    for number in range(KILLS):
        process = copying(made.home, tmp_path / "target")
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(chance.randrange(1, 40))]
        process.kill()
        process.communicate()
        mark = mark_of(store)
        assert mark is not None, said
        assert mark.state is CopyState.UNDER_WAY
        places.append(count(store))
        made.service.run_log.log(LoggedRun("meanwhile", "demo", key=f"meanwhile-{number}"), GRACE)
    assert places == sorted(places)
    assert len(set(places)) > 2
    process = copying(made.home, tmp_path / "target")
    last, _ = process.communicate(timeout=60)
    assert process.returncode == 0, last
    place = Place(store, LocalArtifactStore(tmp_path / "target" / "artifacts"))
    assert_equal(made.place, place, until=made.service.store.change_number())
    assert check_store(store, place.artifacts) == []
    store.close()
    made.service.close()


# --- while it is in use ---------------------------------------------------------------------------------------------


@contextmanager
def clients(server: Server, number: int) -> Iterator[list[str]]:
    """Log runs, send rows and ask for plots until the end; give the keys of the runs that were acknowledged."""
    ended, logged = threading.Event(), list[str]()

    def work() -> None:
        turn = 0
        while not ended.is_set():
            turn += 1
            key = f"logged-{turn}"
            assert server.post("/api/v1/runs", {"method": "train", "key": key}).status in (200, 201)
            logged.append(key)
            if turn % 10 == 1:
                server.task("jobs/pca", number)
                row = {"_id": key, "embedding": [float(turn)] * 64}
                server.post(f"/api/v1/model-versions/{number}/production-data", [row])

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield logged
    finally:
        ended.set()
        thread.join()


def arangovis(*arguments: object) -> str:
    """Run a command to its good end, and return what it printed."""
    command = [sys.executable, "-m", "arangovis.cli", *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(command, env=environment, text=True, capture_output=True, timeout=90, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def test_a_backup_is_made_while_a_server_works_and_restored_elsewhere(tmp_path: Path) -> None:
    with running_service(tmp_path / "home") as server:
        number = register(server)
        with clients(server, number) as logged:
            until(lambda: len(logged) > 30, what="some logged runs")
            acknowledged = list(logged)
            arangovis("backup", tmp_path / "backup", "--home", tmp_path / "home")
            after = len(logged)
            until(lambda: len(logged) > after, what="a run that was logged after the backup")
    arangovis("restore", tmp_path / "backup", "--home", tmp_path / "elsewhere")
    assert "All is well" in arangovis("verify", "--deep", "--home", tmp_path / "elsewhere")
    with running_service(tmp_path / "elsewhere") as server:
        found = [server.get(f"/api/v1/nodes/run/{key}").status for key in acknowledged]
        assert set(found) == {200}
        task = server.task("jobs/pca", number)
        until(lambda: server.state(task) == "SUCCESS", what="a plot by the restored service")
        service = build(Settings(home=tmp_path / "elsewhere"))
        until(lambda: not service.store.records("lease"), what="the end of what waited in the backup")
        service.close()
    assert "All is well" in arangovis("verify", "--deep", "--home", tmp_path / "elsewhere")
