"""A read that does not end is given up, and nothing of the store is held by it."""

from pathlib import Path

import pytest
from falcon.testing import TestClient

from arangovis.artifacts.local import LocalArtifactStore
from arangovis.domain.errors import StoreUnavailable
from arangovis.domain.search import Comparison, Like, Operator, Search
from arangovis.settings import Settings
from arangovis.stores.embedded import EmbeddedStore, connection
from arangovis.testing.samples import SAMPLES, act, dataset
from arangovis.wiring import compose
from arangovis_api.app import create_app

ENDLESS = "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers) SELECT max(n) FROM numbers"
NODES = 3000
ALL_NAMES = Search("dataset", Like("name", "%d%i%g%"))


@pytest.fixture
def filled(store: EmbeddedStore) -> EmbeddedStore:
    facts = SAMPLES["dataset"]

    def action(transaction):  # type: ignore[no-untyped-def]
        for number in range(NODES):
            transaction.create(dataset(f"d{number}"), None, {**facts, "name": f"digits {number}"})

    act(store, action)
    return store


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "READ_LIMIT_S", 0.0)
    monkeypatch.setattr(connection, "STEPS_BETWEEN_LOOKS", 100)


def test_a_query_without_end_is_given_up(store: EmbeddedStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "READ_LIMIT_S", 0.2)
    with pytest.raises(StoreUnavailable, match="took too long"), store._readers.snapshot() as reader:
        reader.execute(ENDLESS).fetchall()
    assert store.change_number() == 0
    assert store._readers._lent == 0


@pytest.mark.usefixtures("impatient")
def test_every_read_of_the_store_has_the_limit(filled: EmbeddedStore) -> None:
    with pytest.raises(StoreUnavailable, match="took too long"):
        filled.search(ALL_NAMES)
    with pytest.raises(StoreUnavailable, match="took too long"):
        filled.facets(ALL_NAMES, ["name"], 10)
    with filled.frozen() as state:  # what copies a whole store takes its time
        assert state.action_count() == 1
        assert sum(1 for _ in state.actions()) == 1
    act(filled, lambda transaction: transaction.delete(dataset("d7")))  # and writing is not reading


def test_the_limit_counts_anew_for_each_read(filled: EmbeddedStore, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as impatience:
        impatience.setattr(connection, "READ_LIMIT_S", 0.0)
        impatience.setattr(connection, "STEPS_BETWEEN_LOOKS", 100)
        with pytest.raises(StoreUnavailable):
            filled.search(ALL_NAMES)
    assert len(filled.search(ALL_NAMES).items) == ALL_NAMES.limit
    named = Search("dataset", Comparison("name", Operator.EQUAL, "digits 12"))
    assert [node.id for node in filled.search(named).items] == [dataset("d12")]


@pytest.mark.usefixtures("impatient")
def test_over_rest_it_is_503(filled: EmbeddedStore, tmp_path: Path) -> None:
    service = compose(Settings(home=tmp_path), filled, LocalArtifactStore(tmp_path / "artifacts"))
    answer = TestClient(create_app(service)).simulate_post(
        "/api/v1/search", host="localhost", json={"kinds": ["dataset"], "filter": "name like '%d%i%g%'"}
    )
    assert (answer.status_code, answer.json["type"]) == (503, "urn:arangovis:error:store-unavailable")
    assert "took too long" in answer.json["detail"]
