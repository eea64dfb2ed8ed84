"""What is no query: 1501, never an error of the interpreter. Bind parameters: 1551, 1552, 1553."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.arango_simulator import aql
from tests.arango_simulator.aql.words import words
from tests.arango_simulator.errors import ArangoError
from tests.unit.arango_simulator.aql_world import AqlWorld

PARTS = sorted(
    words(
        "FOR IN RETURN FILTER SORT LIMIT LET COLLECT INTO INSERT UPDATE REMOVE UPSERT WITH OPTIONS PRUNE GRAPH "
        "OUTBOUND ANY TO K_PATHS ALL == != < > <= AND OR NOT LIKE + - * / % ( ) [ ] { } , . .. : ? = x users 1 2.5 "
        "'text' @bind @@coll `quoted` null true AT LEAST AGGREGATE DISTINCT SEARCH COUNT KEEP CURRENT // /* */ ; # \\ '"
    )
)


def number_of(text: str) -> int:
    """Return the number of the error that a text gives, 0 if it is a query."""
    try:
        aql.parse_only(text)
    except ArangoError as refusal:
        return refusal.number
    return 0


@given(st.lists(st.sampled_from(PARTS), max_size=12).map(" ".join))
def test_any_sequence_of_words_is_a_query_or_a_refusal(text: str) -> None:
    assert number_of(text) in (0, 9, 1501, 1502, 1511, 1540, 1541, 1574, 1575)


@given(st.text(max_size=30))
def test_any_text_is_a_query_or_a_refusal(text: str) -> None:
    assert number_of(text) in (0, 9, 1501, 1502, 1540)


@pytest.mark.parametrize(
    "text",
    [
        "FOR u IN users",
        "FOR u IN users FILTER u.a",
        "RETURN",
        "RETURN 1 RETURN 2",
        "RETURN 1;",
        "FOR IN users RETURN 1",
        "FOR u users RETURN u",
        "RETURN 'open",
        "RETURN {a 1}",
        "RETURN [1 2]",
        "RETURN (1",
        "RETURN 1 +",
        "RETURN 2 ** 3",
        "RETURN u.1",
        "LET x = RETURN 1",
        "FOR a, b IN [1] RETURN a",
        "FOR v, e, p, x IN 1..2 OUTBOUND 'a/b' edges RETURN v",
        "FOR v, e, p IN OUTBOUND SHORTEST_PATH 'a/b' TO 'a/c' edges RETURN v",
        "FOR v IN 1..2 @direction 'a/b' edges RETURN v",
        "FOR u IN users COLLECT RETURN 1",
        "FOR u IN users COLLECT x = u.x KEEP u RETURN 1",
        "FOR u IN users COLLECT x = u.x INTO g WITH COUNT INTO n RETURN 1",
        "INSERT {a: 1}",
        "UPDATE 'x' WITH {a: 1}",
        "UPSERT 5 INSERT {} UPDATE {} IN users",
        "UPSERT {[LOWER('A')]: 1} INSERT {} UPDATE {} IN users",
        "FOR u IN users SORT RETURN u",
        "/* open",
        "SELECT * FROM users",
    ],
)
def test_a_syntax_error_is_1501(text: str) -> None:
    world = AqlWorld(users=[])
    assert world.refusal(text) == 1501


def test_an_empty_query_is_1502() -> None:
    assert AqlWorld().refusal("  \n ") == 1502


def test_deep_nesting_is_refused_without_harm() -> None:
    # page "Known limitations": nesting of expressions
    depth = 3000
    assert AqlWorld().refusal("RETURN " + "(" * depth + "1" + ")" * depth) in (0, 1524)
    assert AqlWorld().refusal("RETURN " + "[" * depth + "]" * depth) == 1524
    assert AqlWorld().refusal("RETURN " + "1" + "+1" * depth) in (0, 1524)


def test_bind_parameters() -> None:
    # page "Bind parameters", and "Error codes" 1551 to 1553
    world = AqlWorld(users=[{"_key": "a", "n": 1}])
    assert world.rows("FOR u IN @@c FILTER u.n == @n RETURN u.@what", {"@c": "users", "n": 1, "what": "_key"}) == ["a"]
    assert world.rows("RETURN @1", {"1": "digit"}) == ["digit"]
    assert world.refusal("RETURN @x") == 1551
    assert world.refusal("FOR u IN @@c RETURN u", {"c": "users"}) == 1551
    assert world.refusal("RETURN 1", {"x": 1}) == 1552
    assert world.refusal("RETURN @x", {"x": 1, "y": 2}) == 1552
    assert world.refusal("FOR u IN @@c RETURN u", {"@c": 5}) == 1553
    assert world.refusal("FOR u IN users RETURN u.@what", {"what": 5}) == 1553
    assert world.rows("RETURN '@x'") == ["@x"]


def test_unknown_collections_are_1203() -> None:
    world = AqlWorld(users=[])
    assert world.refusal("FOR u IN nothing RETURN u") == 1203
    assert world.refusal("FOR u IN @@c RETURN u", {"@c": "nothing"}) == 1203
    assert world.refusal("WITH nothing FOR u IN users RETURN u") == 1203
    assert world.refusal("INSERT {} INTO nothing") == 1203
    assert world.refusal("RETURN undefined_variable") == 1203
    assert world.refusal("FOR x IN [] FOR u IN nothing RETURN u") == 1203


def test_a_collection_is_no_operand() -> None:
    # page "Error codes": 1568
    assert AqlWorld(users=[]).refusal("RETURN users") == 1568
    assert AqlWorld(users=[]).refusal("FOR u IN users FILTER u.x == users RETURN u") == 1568


def test_what_a_query_asks_for() -> None:
    # page "HTTP interfaces for AQL queries", parse a query
    parsed = aql.parse_only("FOR u IN users FILTER u.a == @a FOR e IN @@edges UPDATE u WITH {b: @b} IN other")
    assert set(parsed.bind_names) == {"a", "b", "@edges"}
    assert set(parsed.collections) == {"users", "other"}
    query = "FOR u IN users INSERT u INTO @@copy"
    assert aql.collections_of(query, {"@copy": "copies"}) == ({"users"}, {"copies"})


def test_time_and_memory_are_limited() -> None:
    # page "HTTP interfaces for AQL queries", options maxRuntime, memoryLimit
    world = AqlWorld()
    assert world.refusal("FOR i IN 1..100000000 FILTER i < 0 RETURN i", max_runtime=0.05) == 1500
    assert world.refusal("RETURN SLEEP(20)", max_runtime=0.05) == 1500
    assert world.refusal("FOR i IN 1..100000 RETURN i", memory_limit=10_000) == 32
    assert world.refusal("RETURN LENGTH(FOR i IN 1..100000 RETURN i)", memory_limit=10_000) == 32
    assert world.refusal("FOR i IN 1..100000 SORT i DESC LIMIT 1 RETURN i", memory_limit=10_000) == 32
    assert world.refusal("FOR i IN 1..100 RETURN i", memory_limit=10_000) == 0
