"""A database that the first version of the ArangoDB store wrote, as documents: brought up to date, and asked.

`arango-1.json` was dumped from the simulator after that version had written: six runs of which one was changed and one
deleted, a data set, and a node of a user's kind. None of them has words, nor the key by which an actor sorts.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from arangovis.domain.errors import StoreUnavailable
from arangovis.domain.graph import Direction
from arangovis.domain.ids import NodeId
from arangovis.domain.ordering import Order
from arangovis.domain.search import Comparison, Filter, Like, Operator, Search, Words
from arangovis.stores.arango import ArangoStore, schema
from arangovis.testing.samples import SAMPLES, create, found, run, told, update
from arangovis_schema import SCHEMA_VERSION
from tests.arango_databases import PATIENCE, Server, drop, running_server

DUMPS = sorted(Path(__file__).parent.glob("arango-*.json"))
_FILL = "FOR document IN @documents INSERT document INTO @@collection"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running_server() as running:
        yield running


@pytest.fixture(params=DUMPS, ids=lambda path: path.stem)
def old(request: pytest.FixtureRequest, server: Server) -> Iterator[ArangoStore]:
    """Return a store on a database as an earlier version left it."""
    address = server.fresh()
    store = ArangoStore(address, patience=PATIENCE)
    connection = store._server.connection
    schema.create(connection)
    for collection, documents in json.loads(request.param.read_text("utf-8")).items():
        binds = {"documents": documents, "@collection": collection}
        connection._database().aql.execute(_FILL, bind_vars=binds)
    yield store
    store.close()
    drop(address)


def test_there_is_a_dump_of_every_version_before() -> None:
    assert [int(path.stem.split("-")[1]) for path in DUMPS] == list(range(1, SCHEMA_VERSION))


def test_a_migrated_database_has_all_that_was_there(old: ArangoStore) -> None:
    assert old.migrate() == SCHEMA_VERSION == old.migrate()
    assert found(old) == {"run-0", "run-1", "run-3", "run-4", "run-5"}
    assert [node.attributes["name"] for node in old.history(run("run-1"))] == ["Fraud model 1", "Churn"]
    assert old.history(run("run-1"))[0].version.actor == "bob"
    assert old.get(run("run-2")).version.deleted
    assert len(old.edges_of([NodeId("dataset", "digits")], Direction.DOWNSTREAM)) == 6
    assert old.schema().vertices["gadget"].custom
    assert old.change_number() == 10


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
def test_a_migrated_database_finds_what_was_there_and_what_comes(
    old: ArangoStore, where: Filter, kind: str, keys: set[str]
) -> None:
    old.migrate()
    assert found(old, where, kind) == keys
    update(old, run("run-0"), {**SAMPLES["run"], "name": "renamed"})
    create(old, run("new"), attributes={**SAMPLES["run"], "name": "fraud"})
    assert found(old, Words("text", "renamed")) == {"run-0"}
    assert found(old, Words("text", "fraud")) == {"run-3", "run-4", "run-5", "new"}
    best = old.search(Search("run", limit=1, order=Order("metrics.auc", descending=True))).items
    assert [node.id.key for node in best] == ["run-5"]


def test_words_are_missing_before(old: ArangoStore) -> None:
    assert found(old, Words("text", "fraud")) == set()


def test_a_migration_that_died_half_way_is_finished_by_the_next(
    old: ArangoStore, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    if server.simulator is None:
        pytest.skip("only the simulator fails on demand")
    server.simulator.fault("error", method="POST", path="/_api/cursor", times=50, skip=6, number=4)
    try:
        with pytest.raises(StoreUnavailable):
            old.migrate()
    finally:
        server.simulator.clear_faults()
    assert old.migrate() == SCHEMA_VERSION
    assert found(old, Words("text", "fraud")) == {"run-0", "run-3", "run-4", "run-5"}
