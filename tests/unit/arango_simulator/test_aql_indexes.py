"""Which queries use an index: told by the counters; the rows are the same without one."""

from typing import Any

import pytest

from tests.unit.arango_simulator.aql_world import AqlWorld

COUNT = 2000


@pytest.fixture(scope="module")
def worlds() -> tuple[AqlWorld, AqlWorld]:
    """The same documents with and without indexes."""
    documents = [
        {
            "_key": f"k{number}",
            "n": number,
            "group": number % 20,
            "meta": {"kind": f"kind{number % 7}"},
            "tags": [number % 3],
        }
        for number in range(COUNT)
    ]
    plain, indexed = AqlWorld(docs=documents), AqlWorld(docs=documents)
    for fields in (["group", "n"], ["meta.kind"], ["n"]):
        indexed.add_index("docs", *fields)
    return plain, indexed


QUERIES: list[tuple[str, dict[str, Any], int]] = [
    ("FOR d IN docs FILTER d._key == 'k7' RETURN d.n", {}, 1),
    ("FOR d IN docs FILTER d._id == 'docs/k7' RETURN d.n", {}, 1),
    ("FOR d IN docs FILTER d._key IN ['k7', 'k8', 'nothing', 'k7'] RETURN d.n", {}, 2),
    ("FOR d IN docs FILTER d._id IN @ids RETURN d.n", {"ids": ["docs/k1", "docs/k2"]}, 2),
    ("FOR d IN docs FILTER d.group == @g AND d.n > 100 RETURN d.n", {"g": 3}, COUNT // 20),
    ("FOR d IN docs FILTER d.n > 100 FILTER 3 == d.group RETURN d.n", {}, COUNT // 20),
    ("FOR d IN docs FILTER d.group == 3 && d.n == 43 RETURN d.n", {}, 1),
    ("FOR d IN docs FILTER d.meta.kind == 'kind2' RETURN d.n", {}, COUNT // 7 + 1),
    ("FOR d IN docs FILTER d['meta']['kind'] == 'kind2' RETURN d.n", {}, COUNT // 7 + 1),
    ("FOR d IN docs FILTER d.group IN [1, 2, 1] RETURN d.n", {}, COUNT // 10),
    ("FOR d IN docs LET x = d.n FILTER d.group == 5 RETURN x", {}, COUNT // 20),
    ("FOR g IN [1, 2] FOR d IN docs FILTER d.group == g AND d.n < 50 RETURN d.n", {}, COUNT // 10),
    ("FOR a IN docs FILTER a._key == 'k3' FOR b IN docs FILTER b.group == a.group RETURN b.n", {}, COUNT // 20 + 1),
    ("FOR d IN docs FILTER d._key == CONCAT('k', 5) RETURN d.n", {}, 1),
]


@pytest.mark.parametrize(("query", "binds", "most"), QUERIES)
def test_look_ups(worlds: tuple[AqlWorld, AqlWorld], query: str, binds: dict[str, Any], most: int) -> None:
    plain, indexed = worlds
    result = indexed.run(query, binds)
    assert result.stats["scannedFull"] == 0
    assert result.stats["scannedIndex"] <= most
    assert sorted(result.rows) == sorted(plain.rows(query, binds))
    assert result.rows


RANGES: list[tuple[str, dict[str, Any], int]] = [
    ("FOR d IN docs FILTER d.n < 5 RETURN d.n", {}, 6),
    ("FOR d IN docs FILTER d.n > @low AND d.n <= @high RETURN d.n", {"low": 10, "high": 20}, 11),
    ("FOR d IN docs FILTER 10 <= d.n FILTER d.n < 20 AND d.n < 15 RETURN d.n", {}, 6),
    ("FOR d IN docs FILTER d.group == 3 AND d.n >= 100 AND d.n < 200 RETURN d.n", {}, 5),
    ("FOR d IN docs FILTER d.n >= 'a' OR d.n < 3 RETURN d.n", {}, COUNT),
    ("FOR d IN docs FILTER d.n < 20 SORT d.n DESC LIMIT 4 RETURN d.n", {}, 5),
    ("FOR d IN docs FILTER d.group == 3 AND d.n > 100 SORT d.n LIMIT 4 RETURN d.n", {}, 4),
    ("FOR d IN docs FILTER d.group == 3 AND d.n < 100 SORT d.n DESC LIMIT 4 RETURN d.n", {}, 4),
    ("FOR i IN [5, 6] FOR d IN docs FILTER d.n < i AND d.n > 3 RETURN d.n", {}, 7),
    ("FOR d IN docs FILTER d.meta.kind > 'kind5' RETURN d.n", {}, 2 * COUNT // 7),
]


@pytest.mark.parametrize(("query", "binds", "most"), RANGES)
def test_ranges(worlds: tuple[AqlWorld, AqlWorld], query: str, binds: dict[str, Any], most: int) -> None:
    """Page "Persistent Indexes": range queries read the part of the index that is asked for."""
    plain, indexed = worlds
    result = indexed.run(query, binds)
    assert result.stats["scannedIndex"] <= most
    assert (result.stats["scannedFull"] > 0) == (" OR " in query)
    assert sorted(result.rows) == sorted(plain.rows(query, binds))
    assert result.rows


def test_an_empty_range_reads_nothing(worlds: tuple[AqlWorld, AqlWorld]) -> None:
    result = worlds[1].run("FOR d IN docs FILTER d.n > 20 AND d.n < 10 RETURN d.n")
    assert (result.rows, result.stats["scannedFull"], result.stats["scannedIndex"]) == ([], 0, 0)


ORDERS = [
    ("FOR d IN docs SORT d.n LIMIT 5 RETURN d.n", 5),
    ("FOR d IN docs SORT d.n DESC LIMIT 2, 5 RETURN d.n", 7),
    ("FOR d IN docs FILTER d.group == 3 SORT d.n DESC LIMIT 4 RETURN d.n", 4),
    ("FOR d IN docs FILTER d.group == 3 AND d.n % 2 == 1 SORT d.n LIMIT 4 RETURN d.n", 8),
    ("FOR d IN docs FILTER d.tags ANY == 1 SORT d.group, d.n LIMIT 4 RETURN [d.group, d.n]", 12),
]


@pytest.mark.parametrize(("query", "most"), ORDERS)
def test_sort_and_limit_read_an_index_in_its_order(worlds: tuple[AqlWorld, AqlWorld], query: str, most: int) -> None:
    plain, indexed = worlds
    result = indexed.run(query)
    assert result.stats["scannedFull"] == 0
    assert result.stats["scannedIndex"] <= most
    assert result.rows == plain.rows(query)


SCANS = [
    "FOR d IN docs FILTER d.group == 3 OR d.n == 4 RETURN d.n",
    "FOR d IN docs FILTER d.group == d.n RETURN d.n",
    "FOR d IN docs FILTER d.tags[0] == 1 RETURN d.n",
    "FOR d IN docs LIMIT 100 FILTER d.group == 3 RETURN d.group",
    "FOR d IN docs SORT d.group, d.n DESC LIMIT 3 RETURN [d.group, d.n]",
    "FOR i IN [2, 1] FOR d IN docs SORT d.n LIMIT 3 RETURN d.n",
]


@pytest.mark.parametrize("query", SCANS)
def test_other_queries_scan(worlds: tuple[AqlWorld, AqlWorld], query: str) -> None:
    plain, indexed = worlds
    result = indexed.run(query)
    assert result.stats["scannedFull"] > 0
    rows, expected = result.rows, plain.rows(query)
    assert (rows if "SORT" in query else sorted(rows)) == (expected if "SORT" in query else sorted(expected))


def test_a_limit_reads_no_more_than_it_must(worlds: tuple[AqlWorld, AqlWorld]) -> None:
    assert worlds[0].run("FOR d IN docs LIMIT 3 RETURN d").stats["scannedFull"] == 3


def test_an_order_in_a_subquery_is_decided_each_time(worlds: tuple[AqlWorld, AqlWorld]) -> None:
    query = "FOR g IN [3, 4] RETURN (FOR d IN docs FILTER d.group == g SORT d.n DESC LIMIT 2 RETURN d.n)"
    assert worlds[1].rows(query) == worlds[0].rows(query) == [[1983, 1963], [1984, 1964]]


def test_an_upsert_looks_up_by_an_index() -> None:
    world = AqlWorld(docs=[{"name": f"n{number}", "n": 0} for number in range(300)])
    world.add_index("docs", "name")
    world.run(
        "FOR i IN 0..599 UPSERT {name: CONCAT('n', i)} INSERT {name: CONCAT('n', i), n: 0} "
        "UPDATE {n: OLD.n + 1} IN docs"
    )
    assert world.rows("FOR d IN docs COLLECT n = d.n WITH COUNT INTO c RETURN [n, c]") == [[0, 300], [1, 300]]


def test_edges_by_their_ends() -> None:
    world = AqlWorld(e=[{"_from": f"n/{number % 5}", "_to": "n/x"} for number in range(50)])
    result = world.run("FOR x IN e FILTER x._from == 'n/3' RETURN x._to")
    assert (result.rows, result.stats["scannedFull"]) == (["n/x"] * 10, 0)


def test_equals_in_the_order_of_an_index_come_in_any_order() -> None:
    world = AqlWorld(docs=[{"_key": f"k{number:03}", "rank": number // 30} for number in range(90)])
    world.add_index("docs", "rank")
    result = world.run("FOR d IN docs SORT d.rank LIMIT 60 RETURN [d.rank, d._key]")
    assert result.stats["scannedFull"] == 0
    assert [rank for rank, _ in result.rows] == [0] * 30 + [1] * 30
    assert result.rows != sorted(result.rows)
