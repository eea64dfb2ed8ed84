"""Stores that earlier versions of the program wrote, as text: opened, brought up to date, and asked."""

import sqlite3
from pathlib import Path

import pytest

from arangovis.domain.errors import StoreUnavailable
from arangovis.domain.graph import Direction
from arangovis.domain.ids import NodeId
from arangovis.domain.ordering import Order
from arangovis.domain.search import Comparison, Filter, Like, Operator, Search, Words
from arangovis.stores.embedded import EmbeddedStore
from arangovis.testing.samples import SAMPLES, create, found, run, told, update
from arangovis_schema import SCHEMA_VERSION

STORES = sorted(Path(__file__).parent.glob("embedded-*.sql"))


@pytest.fixture(params=STORES, ids=lambda path: path.stem)
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return the file of a store as an earlier version left it."""
    database = tmp_path / "graph.db"
    connection = sqlite3.connect(database)
    connection.executescript(request.param.read_text("utf-8"))
    connection.close()
    return database


def test_there_is_a_store_of_every_version_before() -> None:
    assert [int(path.stem.split("-")[1]) for path in STORES] == list(range(1, SCHEMA_VERSION))


def test_an_older_store_is_refused_until_it_is_migrated(path: Path) -> None:
    store = EmbeddedStore(path)
    with pytest.raises(StoreUnavailable, match="migrate it first"):
        store.get(run("run-0"))
    store.close()


def test_a_migrated_store_has_all_that_was_there(path: Path) -> None:
    store = _migrated(path)
    assert found(store) == {"run-0", "run-1", "run-3", "run-4", "run-5"}
    assert [node.attributes["name"] for node in store.history(run("run-1"))] == ["Fraud model 1", "Churn"]
    assert store.get(run("run-2")).version.deleted
    assert len(store.edges_of([NodeId("dataset", "digits")], Direction.DOWNSTREAM)) == 6  # its tombstone keeps its edge
    assert store.schema().vertices["gadget"].custom
    store.close()


@pytest.mark.parametrize(
    ("where", "kind", "keys"),
    [
        (Words("text", "fraud"), "run", {"run-0", "run-3", "run-4", "run-5"}),
        (Words("text", "out memory"), "run", {"run-1"}),
        (Words("text", "handwritten"), "dataset", {"digits"}),
        (Words("text", "read* lamp"), "gadget", {"lamp"}),
        (Like("name", "Fraud%4"), "run", {"run-4"}),
        (Comparison("actor", Operator.EQUAL, "ada"), "gadget", {"lamp"}),
    ],
    ids=told,
)
def test_a_migrated_store_finds_what_was_there_and_what_comes(
    path: Path, where: Filter, kind: str, keys: set[str]
) -> None:
    store = _migrated(path)
    assert found(store, where, kind) == keys
    update(store, run("run-0"), {**SAMPLES["run"], "name": "renamed"})
    create(store, *(run(f"new-{number}") for number in range(200)), attributes={**SAMPLES["run"], "name": "fraud"})
    assert found(store, Words("text", "renamed")) == {"run-0"}
    assert len(found(store, Words("text", "fraud"))) == min(100, 203)
    best = store.search(Search("run", limit=1, order=Order("metrics.auc", descending=True))).items
    assert [node.id.key for node in best] == ["run-5"]
    store.close()


def _migrated(path: Path) -> EmbeddedStore:
    store = EmbeddedStore(path)
    assert store.migrate() == SCHEMA_VERSION
    return store
