"""FOR, FILTER, SORT, LIMIT, LET, COLLECT, RETURN and subqueries, by the pages of the operations."""

import pytest

from tests.unit.arango_simulator.aql_world import AqlWorld

USERS = [
    {"_key": "anna", "name": "Anna", "age": 30, "city": "cologne", "country": "de", "active": True},
    {"_key": "bert", "name": "Bert", "age": 41, "city": "bonn", "country": "de", "active": False},
    {"_key": "cleo", "name": "Cleo", "age": 30, "city": "paris", "country": "fr", "active": True},
    {"_key": "dora", "name": "Dora", "city": "paris", "country": "fr", "active": True},
    {"_key": "emil", "name": "Emil", "age": 52, "city": "cologne", "country": "de"},
]


@pytest.fixture
def world() -> AqlWorld:
    return AqlWorld(users=USERS, empty=[])


def test_for_goes_over_collections_arrays_ranges_and_subqueries(world: AqlWorld) -> None:
    assert sorted(world.rows("FOR u IN users RETURN u._key")) == ["anna", "bert", "cleo", "dora", "emil"]
    assert sorted(world.rows("FOR u IN @@c RETURN u._key", {"@c": "users"})) == ["anna", "bert", "cleo", "dora", "emil"]
    assert world.rows("FOR year IN [2011, 2012] RETURN year") == [2011, 2012]
    assert world.rows("FOR i IN 3..5 RETURN i") == [3, 4, 5]
    assert world.rows("FOR i IN (FOR j IN 1..3 RETURN j * j) RETURN i + 1") == [2, 5, 10]
    assert world.rows("FOR i IN 1..2 FOR j IN ['a', 'b'] RETURN CONCAT(i, j)") == ["1a", "1b", "2a", "2b"]
    assert world.rows("FOR e IN empty RETURN e") == []


def test_for_over_what_is_no_array_is_an_error(world: AqlWorld) -> None:
    # page "Query errors", and "Error codes": 1563
    assert world.refusal("FOR x IN @value RETURN x", {"value": 5}) == 1563
    assert world.refusal("FOR u IN users FOR x IN u.friends RETURN x") == 1563


def test_the_order_of_a_scan_means_nothing_but_is_the_same_each_time() -> None:
    world = AqlWorld(numbers=[{"_key": f"{number:03}"} for number in range(50)])
    keys = world.rows("FOR n IN numbers RETURN n._key")
    assert keys != sorted(keys)
    assert sorted(keys) == [f"{number:03}" for number in range(50)]
    assert world.rows("FOR n IN numbers RETURN n._key") == keys


def test_filter_with_a_missing_attribute(world: AqlWorld) -> None:
    # page "Type and value order": null is less than any number
    assert sorted(world.rows("FOR u IN users FILTER u.age < 40 RETURN u._key")) == ["anna", "cleo", "dora"]
    assert sorted(world.rows("FOR u IN users FILTER u.age < 40 AND u.age != null RETURN u._key")) == ["anna", "cleo"]
    assert world.rows("FOR u IN users FILTER u.age == null RETURN u._key") == ["dora"]
    assert sorted(world.rows("FOR u IN users FILTER u.active == true FILTER u.age RETURN u._key")) == ["anna", "cleo"]


def test_sort_by_several_keys(world: AqlWorld) -> None:
    query = "FOR u IN users SORT u.age DESC, u.name RETURN u._key"
    assert world.rows(query) == ["emil", "bert", "anna", "cleo", "dora"]
    query = "FOR u IN users SORT u.country, u.age desc, u.name DESC RETURN u._key"
    assert world.rows(query) == ["emil", "bert", "anna", "cleo", "dora"]
    assert world.rows("FOR u IN users SORT u.age ASC, u.name LIMIT 2 RETURN u._key") == ["dora", "anna"]
    assert sorted(world.rows("FOR u IN users SORT null RETURN u._key")) == ["anna", "bert", "cleo", "dora", "emil"]


def test_limit(world: AqlWorld) -> None:
    # page "LIMIT"
    query = "FOR u IN users SORT u._key LIMIT {} RETURN u._key"
    assert world.rows(query.format("2")) == ["anna", "bert"]
    assert world.rows(query.format("0, 2")) == ["anna", "bert"]
    assert world.rows(query.format("3, 5")) == ["dora", "emil"]
    assert world.rows(query.format("@skip, @most"), {"skip": 1, "most": 1}) == ["bert"]
    assert world.rows(query.format("1 + 1")) == ["anna", "bert"]
    assert world.rows(query.format("0")) == []
    assert world.rows(query.format("3, null")) == ["dora", "emil"]
    assert world.refusal("FOR u IN users LIMIT u.age RETURN u") == 1501
    assert world.refusal("FOR u IN users LIMIT LENGTH([1]) RETURN u") == 1501
    assert world.refusal("FOR u IN users LIMIT -1 RETURN u") == 1504
    assert world.refusal("FOR u IN users LIMIT @n RETURN u", {"n": "2"}) == 1504


def test_limit_before_filter_is_done_before_it(world: AqlWorld) -> None:
    # page "FILTER", order of operations
    assert world.rows("FOR i IN 1..10 LIMIT 3 FILTER i % 2 == 0 RETURN i") == [2]
    assert world.rows("FOR i IN 1..10 FILTER i % 2 == 0 LIMIT 3 RETURN i") == [2, 4, 6]


def test_full_count_is_the_number_without_the_last_limit(world: AqlWorld) -> None:
    # page "HTTP interfaces for AQL queries", option fullCount
    result = world.run("FOR u IN users SORT u._key LIMIT 1, 2 RETURN u._key", full_count=True)
    assert (result.rows, result.stats["fullCount"]) == (["bert", "cleo"], 5)
    result = world.run("FOR u IN users LIMIT 4 LIMIT 1 RETURN 1", full_count=True)
    assert (result.rows, result.stats["fullCount"]) == ([1], 4)
    assert "fullCount" not in world.run("FOR u IN users RETURN 1", full_count=True).stats
    assert "fullCount" not in world.run("FOR u IN users LIMIT 1 RETURN 1").stats


def test_let(world: AqlWorld) -> None:
    query = "FOR u IN users LET old = u.age > 40, word = old ? 'old' : 'young' SORT u._key RETURN word"
    assert world.rows(query) == ["young", "old", "young", "young", "old"]
    assert world.rows("LET a = 1 LET b = a + 1 RETURN a + b") == [3]


def test_a_subquery_is_an_array_and_sees_outer_variables(world: AqlWorld) -> None:
    # page "Subqueries"
    query = """
        FOR c IN ['de', 'fr']
          LET names = (FOR u IN users FILTER u.country == c SORT u.name DESC LIMIT 2 RETURN u.name)
          RETURN {c, names}
    """
    assert world.rows(query) == [{"c": "de", "names": ["Emil", "Bert"]}, {"c": "fr", "names": ["Dora", "Cleo"]}]
    assert world.rows("RETURN FIRST(FOR u IN users FILTER u._key == 'anna' RETURN u.age)") == [30]
    assert world.rows("RETURN (RETURN 1)") == [[1]]


def test_a_join(world: AqlWorld) -> None:
    query = """
        FOR a IN users FOR b IN users
          FILTER a.city == b.city AND a._key < b._key
          SORT a._key RETURN [a._key, b._key]
    """
    assert world.rows(query) == [["anna", "emil"], ["cleo", "dora"]]


def test_return_distinct_keeps_the_order(world: AqlWorld) -> None:
    # page "RETURN"
    assert world.rows("FOR u IN users SORT u._key RETURN DISTINCT u.city") == ["cologne", "bonn", "paris"]
    assert world.rows("FOR x IN [1, 1.0, '1', [1], [1, null], {a: null}, {}] RETURN DISTINCT x") == [
        1,
        "1",
        [1],
        {"a": None},
    ]


COLLECTED = [  # page "COLLECT"
    ("FOR u IN users COLLECT city = u.city RETURN city", ["bonn", "cologne", "paris"]),
    ("FOR u IN users COLLECT WITH COUNT INTO n RETURN n", [5]),
    ("FOR e IN empty COLLECT WITH COUNT INTO n RETURN n", [0]),
    ("FOR e IN empty COLLECT x = e.x RETURN x", []),
    ("FOR u IN users COLLECT age = u.age WITH COUNT INTO n RETURN [age, n]", [[None, 1], [30, 2], [41, 1], [52, 1]]),
    (
        "FOR u IN users COLLECT country = u.country, city = u.city INTO g RETURN [country, city, LENGTH(g)]",
        [["de", "bonn", 1], ["de", "cologne", 2], ["fr", "paris", 2]],
    ),
    (
        "FOR u IN users COLLECT city = u.city INTO g = u.name RETURN {city, names: SORTED(g)}",
        [{"city": "bonn", "names": ["Bert"]}, {"city": "cologne", "names": ["Anna", "Emil"]},
         {"city": "paris", "names": ["Cleo", "Dora"]}],
    ),
    (
        "FOR u IN users LET name = u.name LET x = 1 COLLECT city = u.city INTO g KEEP name RETURN SORTED(g)",
        [[{"name": "Bert"}], [{"name": "Anna"}, {"name": "Emil"}], [{"name": "Cleo"}, {"name": "Dora"}]],
    ),
    (
        "LET top = 1 FOR u IN users FILTER u.age == 52 LET x = 2 "
        "COLLECT c = u.city INTO g RETURN ATTRIBUTES(g[0], false, true)",
        [["u", "x"]],
    ),
    (
        "FOR u IN users COLLECT AGGREGATE least = MIN(u.age), most = MAX(u.age) RETURN {least, most}",
        [{"least": 30, "most": 52}],
    ),
    (
        "FOR u IN users COLLECT country = u.country AGGREGATE n = COUNT(1), ages = SUM(u.age), a = AVG(u.age) "
        "RETURN [country, n, ages, a]",
        [["de", 3, 123, 41], ["fr", 2, 30, 30]],
    ),
    (
        "FOR u IN users COLLECT AGGREGATE cities = COUNT_DISTINCT(u.city), every = SORTED_UNIQUE(u.country) "
        "RETURN [cities, every]",
        [[3, ["de", "fr"]]],
    ),
    ("FOR e IN empty COLLECT AGGREGATE n = LENGTH(e), m = MAX(e.x) RETURN [n, m]", [[0, None]]),
    ("LET k = 7 FOR e IN empty COLLECT WITH COUNT INTO n RETURN n + k", [7]),
    (
        "FOR u IN users COLLECT age = FLOOR(u.age / 10) * 10 AGGREGATE n = LENGTH(1) "
        "INTO g FILTER n > 1 RETURN [age, LENGTH(g)]",
        [[30, 2]],
    ),
    ("FOR u IN users COLLECT c = u.city OPTIONS {method: 'hash'} SORT c DESC LIMIT 1 RETURN c", ["paris"]),
    ("FOR x IN [1, 1.0, '1', null, [1], {a: 1}] COLLECT v = x WITH COUNT INTO n RETURN n", [1, 2, 1, 1, 1]),
]  # fmt: skip


@pytest.mark.parametrize(("query", "expected"), COLLECTED)
def test_collect(world: AqlWorld, query: str, expected: list[object]) -> None:
    assert world.rows(query) == expected


def test_collect_hides_the_variables_before_it(world: AqlWorld) -> None:
    assert world.refusal("FOR u IN users COLLECT c = u.city RETURN u") == 1203
    assert world.rows("FOR u IN users COLLECT c = u.city FILTER c == 'bonn' LET u = 1 RETURN u") == [1]
    assert world.refusal("FOR u IN users COLLECT AGGREGATE m = CONCAT(u.name) RETURN m") == 1574
    assert world.refusal("FOR u IN users COLLECT AGGREGATE m = 1 + 1 RETURN m") == 1574


def test_names(world: AqlWorld) -> None:
    # page "AQL syntax": names, keywords
    world.add("my-coll", [{"sort": 1}])
    world.add("filter", [{"in": 2}])
    assert world.rows("FOR d IN `my-coll` RETURN d.`sort`") == [1]
    assert world.rows("FOR d IN \u00b4filter\u00b4 RETURN d['in']") == [2]
    assert world.rows("LET `my-var` = 42 RETURN `my-var`") == [42]
    assert world.rows(
        "FOR options IN [1] LET keep = options, to = 2, count = 3, prune = 4 RETURN keep + to + count + prune"
    ) == [10]
    assert world.rows("for u in users filter u._key == 'anna' return u.name") == ["Anna"]
    assert world.refusal("FOR d IN filter RETURN d") == 1501
    assert world.refusal("RETURN {sort: 1}") == 1501


def test_variables_shadow_collections_but_not_each_other(world: AqlWorld) -> None:
    assert world.rows("LET users = [1] FOR u IN users RETURN u") == [1]
    assert world.refusal("LET a = 1 LET a = 2 RETURN a") == 1511
    assert world.refusal("FOR u IN users FOR u IN users RETURN u") == 1511
    assert world.refusal("LET a = 1 RETURN (FOR a IN [1] RETURN a)") == 1511


def test_what_is_not_done_is_said_to_be_so(world: AqlWorld) -> None:
    assert world.refusal("FOR d IN view SEARCH d.x == 1 RETURN d") == 9
    assert world.refusal("FOR u IN users WINDOW {preceding: 1} AGGREGATE x = SUM(u.age) RETURN x") == 9
    assert world.refusal("RETURN FIRST(users)") == 9
