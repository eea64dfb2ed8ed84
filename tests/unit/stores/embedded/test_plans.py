"""SQLite is asked how it would answer: no question may walk over a whole table."""

import sqlite3
from pathlib import Path

import pytest

from arangovis.domain.graph import Direction, EdgeId
from arangovis.domain.search import AllOf, AnyOf, Comparison, Filter, Operator, Present, Search
from arangovis.stores.embedded import EmbeddedStore, flush
from arangovis.stores.transaction import Transaction
from arangovis.testing.samples import SAMPLES, act, create, dataset, follow, run

TABLES = ("node", "node_version", "edge", "edge_version", "property", "property_by_value", "record", "action")
EQUAL = Comparison("params.p1", Operator.EQUAL, "v3")
RANGE = Comparison("metrics.m0", Operator.GREATER, 0.5)


@pytest.fixture
def traced(store: EmbeddedStore, monkeypatch: pytest.MonkeyPatch) -> tuple[EmbeddedStore, list[str]]:
    """Return a store with some content, and the statements that its reader runs from now on."""
    monkeypatch.setattr(flush, "INDEX_LAG_MAX", 0)

    def fill(transaction: Transaction) -> None:
        for number in range(30):
            facts = {**SAMPLES["run"], "params": {"p1": f"v{number % 5}"}, "metrics": {"m0": number / 30}}
            transaction.create(run(f"run-{number:02}"), "vision", facts)
            transaction.create(dataset(f"set-{number:02}"), "vision", SAMPLES["dataset"])
            transaction.link(EdgeId("input_to", dataset(f"set-{number:02}"), run(f"run-{number:02}")))

    act(store, fill)
    statements: list[str] = []
    with store._readers.snapshot() as connection:
        connection.set_trace_callback(statements.append)
    return store, statements


def full_scans(path: Path, statements: list[str]) -> list[str]:
    """Return the steps of the plans that read a whole table; the texts come with their values filled in."""
    connection = sqlite3.connect(path)
    questions = [text for text in statements if text.startswith("SELECT")]
    assert questions
    plans = [row[3] for text in questions for row in connection.execute(f"EXPLAIN QUERY PLAN {text}")]
    connection.close()
    aliases = {"n", "v", "e", "d", "p", *TABLES}
    return [step for step in plans if step.startswith("SCAN") and step.split()[1] in aliases]


@pytest.mark.parametrize("at", [None, 10**16])
@pytest.mark.parametrize("direction", list(Direction))
def test_lineage_and_edges_follow_indexes(
    traced: tuple[EmbeddedStore, list[str]], path: Path, direction: Direction, at: int | None
) -> None:
    store, statements = traced
    follow(store, run("run-01"), direction=direction, kinds=["input_to", "generated"], at=at)
    store.edges_of([run("run-01")], direction, at=at)
    store.get_many([run(f"run-{number:02}") for number in range(20)], at=at)
    store.history(run("run-01"))
    store.record("lease", "a")
    store.records("lease", "umap", due_max=5)
    assert full_scans(path, statements) == []


@pytest.mark.parametrize(
    "where",
    [
        AllOf(()),
        EQUAL,
        RANGE,
        AllOf((EQUAL, RANGE)),
        AnyOf((EQUAL, Comparison("params.p1", Operator.EQUAL, "v4"))),
        Present("params.p1"),
    ],
    ids=str,
)
@pytest.mark.parametrize("project", [None, "vision"])
def test_searches_follow_indexes(
    traced: tuple[EmbeddedStore, list[str]], path: Path, where: Filter, project: str | None
) -> None:
    store, statements = traced
    page = store.search(Search("run", where, project=project, limit=2))
    assert len(page.items) == 2
    store.search(Search("run", where, project=project, limit=2, cursor=page.next_cursor))
    assert full_scans(path, statements) == []


def test_an_equality_stops_at_a_full_page(traced: tuple[EmbeddedStore, list[str]], path: Path) -> None:
    """No sorting: the rows of the index come newest first."""
    store, statements = traced
    store.search(Search("run", EQUAL, limit=2))
    connection = sqlite3.connect(path)
    plans = [
        row[3] for text in statements if "SELECT" in text for row in connection.execute(f"EXPLAIN QUERY PLAN {text}")
    ]
    connection.close()
    assert not [step for step in plans if "ORDER BY" in step]


def test_upstream_needs_no_second_look_at_an_edge(traced: tuple[EmbeddedStore, list[str]], path: Path) -> None:
    store, statements = traced
    follow(store, run("run-01"), direction=Direction.UPSTREAM, kinds=["input_to"])
    connection = sqlite3.connect(path)
    plans = [
        row[3] for text in statements if " edge e" in text for row in connection.execute(f"EXPLAIN QUERY PLAN {text}")
    ]
    connection.close()
    assert any("COVERING INDEX edge_into" in step for step in plans)


def test_a_hub_is_passed_by(store: EmbeddedStore, path: Path) -> None:
    """The edges of other kinds at a node are not read: the kinds are part of the seek."""
    create(store, run("hub"), dataset("set"))
    connection = sqlite3.connect(path)
    plan = [
        row[3]
        for row in connection.execute(
            "EXPLAIN QUERY PLAN SELECT 1 FROM edge e WHERE e.source = 1 AND e.kind BETWEEN 'a' AND 'b'"
        )
    ]
    connection.close()
    assert plan == ["SEARCH e USING PRIMARY KEY (source=? AND kind>? AND kind<?)"]
