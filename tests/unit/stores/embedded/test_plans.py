"""SQLite is asked how it would answer: no question may walk over a whole table."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from arangovis.domain.graph import Cut, Direction, EdgeId
from arangovis.domain.search import AllOf, AnyOf, Comparison, Filter, Operator, Present, Search
from arangovis.stores.embedded import EmbeddedStore, flush, queries, walk
from arangovis.stores.embedded.rows import Row
from arangovis.stores.transaction import Transaction
from arangovis.testing.samples import SAMPLES, act, create, dataset, edge, edge_ids, follow, link, run

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


@pytest.mark.parametrize("limit", [1000, 10])
@pytest.mark.parametrize(
    ("direction", "leaves"),
    [
        (Direction.DOWNSTREAM, True),
        (Direction.UPSTREAM, False),
        (Direction.BOTH, True),
        (Direction.BOTH, False),
    ],
)
def test_a_hub_is_not_read_whole_where_a_walk_is_cut(
    store: EmbeddedStore, monkeypatch: pytest.MonkeyPatch, direction: Direction, leaves: bool, limit: int
) -> None:
    monkeypatch.setattr(walk, "READ_ON_MAX", 7)
    near, hub, spokes = dataset("near"), dataset("hub"), [dataset(f"spoke-{number:03}") for number in range(300)]
    create(store, near, hub, *spokes)
    there_and_back = {edge("derived_into", near, hub), edge("derived_into", hub, near)}
    ends = [(hub, spoke) if leaves else (spoke, hub) for spoke in spokes]
    link(store, *(edge("derived_into", *pair) for pair in ends), *there_and_back)
    rows_read = 0

    def counted(*arguments: Any, **options: Any) -> Iterator[Row]:
        nonlocal rows_read
        for row in edges_from(*arguments, **options):
            rows_read += 1
            yield row

    edges_from = queries.edges_from
    monkeypatch.setattr(queries, "edges_from", counted)
    lineage = follow(store, near, direction=direction, depth_max=1 if limit > 10 else 5, node_limit=limit)
    assert lineage.cuts == {Cut.DEPTH if limit > 10 else Cut.LIMIT}
    assert len(lineage.visits) == (2 if limit > 10 else 10)
    assert there_and_back <= edge_ids(lineage.edges)
    assert rows_read < 100
