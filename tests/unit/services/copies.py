"""Places to copy from and to, and whether they are equal."""

import time
from pathlib import Path

from sklearn.datasets import load_digits

from arangovis.artifacts.local import LocalArtifactStore
from arangovis.domain.graph import Record
from arangovis.domain.ids import NodeId
from arangovis.domain.plans import Step
from arangovis.domain.runs import Executor, Priority, Run, RunState
from arangovis.services.copying.copying import Place
from arangovis.settings import Settings
from arangovis.stores.base import GraphStore
from arangovis.stores.embedded import EmbeddedStore
from arangovis.stores.frozen import content
from arangovis.stores.memory import MemoryStore
from arangovis.tabular import Rows, read_rows
from arangovis.testing.stores_copy import actions_of
from arangovis.wiring import Arangovis, compose
from tests.unit.services.world import ADA, World

KINDS = ("kind", "reservation", "sequence", "segment", "idempotency", "blob")


def digits(first: int, count: int) -> Rows:
    """Return rows of real digits with their pixels as embeddings."""
    data = load_digits().data[first : first + count]
    lines = [",".join(["_id", *(f"embedding_{i}" for i in range(64))])]
    lines += [",".join([f"d{first + n}", *(f"{pixel:g}" for pixel in row)]) for n, row in enumerate(data)]
    return read_rows("\n".join(lines).encode(), "text/csv")


def records_of(store: GraphStore) -> list[Record]:
    """Return the records that are copied."""
    with store.frozen() as state:
        records = [record for kind in KINDS for record in state.records(kind)]
    return [record for record in records if record.kind != "blob" or record.group == "kept"]


def is_equal(left: Place, right: Place, *, until: int | None = None) -> bool:
    """Say whether two places hold the same, as of a time."""
    end = 2**62 if until is None else until
    found = [[content(action) for action in actions_of(place.store, until=end)] for place in (left, right)]
    blobs = [{blob.digest for blob in place.artifacts.blobs()} for place in (left, right)]
    return found[0] == found[1] and records_of(left.store) == records_of(right.store) and blobs[0] == blobs[1]


def embedded(folder: Path) -> Place:
    """Return an empty embedded store with a folder for bytes."""
    folder.mkdir()
    store = EmbeddedStore(folder / "graph.db")
    store.migrate()
    return Place(store, LocalArtifactStore(folder / "artifacts"))


def memory(folder: Path) -> Place:
    """Return an empty memory store with a folder for bytes."""
    return Place(MemoryStore(), LocalArtifactStore(folder / "artifacts"))


def place_of(world: World) -> Place:
    return Place(world.service.store, world.service.artifacts)


def service_over(place: Place, folder: Path) -> Arangovis:
    return compose(Settings(home=folder), place.store, place.artifacts)


def new_world(folder: Path) -> World:
    """Return an empty world of a minute ago."""
    world = World.at(folder / "source")
    world.clock.now = time.time_ns() // 1000 - 60_000_000
    return world


def used_world(folder: Path) -> World:
    """Return a service in use: data, runs that ended, wait, are computed, are logged from outside, and a plan."""
    world = new_world(folder)
    version = world.version(64)
    world.service.datasets.put_training(version, digits(0, 40), ADA)
    world.service.datasets.append_production(version, digits(40, 30), ADA, idempotency_key="a")
    world.ask("done")
    world.succeed(world.claim("done"), "report")
    world.ask("started", priority=Priority.BACKGROUND)
    world.claim("started")
    world.ask("waiting")
    world.service.plans.start("plan", None, [Step("a", "step"), Step("b", "step", after=("a",))], ADA)
    external = Run(NodeId("run", "mine"), None, "train", RunState.STARTED, Executor.EXTERNAL)
    world.service.store.transact(lambda tx: tx.create(external.id, None, external.document()), ADA)
    return world
