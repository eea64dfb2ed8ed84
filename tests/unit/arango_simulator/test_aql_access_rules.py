"""Nothing is read after it was modified: 1579 (page "Data queries", "Restrictions", and those of the operations)."""

import pytest

from tests.arango_simulator.errors import ArangoError
from tests.unit.arango_simulator.aql_world import AqlWorld

REFUSED = [
    "REMOVE 'john' IN users REMOVE 'mary' IN users",
    "INSERT {} INTO users FOR u IN users RETURN u",
    "FOR u IN users UPDATE u WITH {a: 1} IN users FOR v IN users RETURN v",
    "LET x = (INSERT {value: 15} IN users) LET y = (INSERT {value: 16} IN users) RETURN [x, y]",
    "FOR doc IN users REMOVE doc IN users RETURN LENGTH(users)",
    "INSERT {} INTO users RETURN DOCUMENT('users/john')",
    "INSERT {} INTO users RETURN DOCUMENT('other/john')",
    "INSERT {} INTO users LET x = DOCUMENT(other, 'john') RETURN x",
    "INSERT {} INTO users RETURN COLLECTION_COUNT(other)",
    "INSERT {} INTO users RETURN (FOR u IN users RETURN 1)",
    "INSERT {} INTO users FOR v IN 1..1 OUTBOUND 'users/john' edges RETURN v",
    "INSERT {} INTO users FOR v IN 1..1 OUTBOUND 'users/john' GRAPH 'g' RETURN v",
    "INSERT {} INTO users FOR v IN OUTBOUND SHORTEST_PATH 'users/john' TO 'users/mary' edges RETURN v",
    "UPSERT {a: 1} INSERT {a: 1} UPDATE {} IN users FOR u IN users RETURN u",
    "FOR u IN users LET x = (UPDATE u WITH {a: 1} IN users) RETURN x",
    "FOR e IN edges REMOVE e IN edges FOR v IN 1..1 ANY 'users/john' edges RETURN v",
    "INSERT {_key: 'a'} INTO users INSERT {_key: 'b'} INTO @@users",
]

ALLOWED = [
    "REMOVE 'john' IN users REMOVE 'john' IN other",
    "INSERT {} INTO users FOR o IN other RETURN o",
    "FOR u IN users UPDATE u WITH {a: LENGTH(users)} IN users",
    "FOR u IN users LET d = DOCUMENT(u._id) UPDATE d WITH {a: 1} IN users RETURN NEW",
    "LET n = LENGTH(users) INSERT {n} INTO users RETURN NEW.n",
    "LET every = (FOR u IN users RETURN u) FOR u IN every UPDATE u WITH {a: 1} IN users",
    "FOR v IN 1..1 OUTBOUND 'users/john' edges INSERT {of: v._id} INTO users RETURN NEW",
    "LET x = (INSERT {} INTO users RETURN NEW) LET y = (INSERT {} INTO other RETURN NEW) RETURN [x, y]",
    "INSERT {} INTO users RETURN LENGTH(other)",
    "WITH users FOR u IN users REMOVE u IN users RETURN OLD",
]


@pytest.fixture
def world() -> AqlWorld:
    people = [{"_key": "john"}, {"_key": "mary"}]
    world = AqlWorld(users=people, other=people, edges=[{"_from": "users/john", "_to": "users/mary"}])
    world.add_graph("g", "edges", "users")
    return world


@pytest.mark.parametrize("query", REFUSED)
def test_access_after_modification_is_refused_before_anything_is_done(world: AqlWorld, query: str) -> None:
    binds = {"@users": "users"} if "@@users" in query else {}
    assert world.refusal(query, binds) == 1579
    assert world.rows("RETURN [LENGTH(users), LENGTH(other), LENGTH(edges)]") == [[2, 2, 1]]


@pytest.mark.parametrize("query", ALLOWED)
def test_other_orders_are_allowed(world: AqlWorld, query: str) -> None:
    assert world.refusal(query) == 0


def test_the_message_names_what_is_accessed(world: AqlWorld) -> None:
    with pytest.raises(ArangoError, match="access after data-modification by collection 'users'"):
        world.run("INSERT {} INTO users FOR u IN users RETURN u")
    with pytest.raises(ArangoError, match="access after data-modification by traversal"):
        world.run("INSERT {} INTO users FOR v IN 1 OUTBOUND 'users/john' edges RETURN v")
