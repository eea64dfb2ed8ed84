"""What AQL reads and writes through: snapshots, look-ups and orders by index, compared with a plain model."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tests.arango_simulator.clock import Clock
from tests.arango_simulator.database import Database
from tests.arango_simulator.errors import ArangoError
from tests.arango_simulator.index_requests import build, definition_of
from tests.arango_simulator.indexes import Span
from tests.arango_simulator.ordering import sort_key
from tests.arango_simulator.transaction import Transaction
from tests.arango_simulator.world import World


def new_database() -> Database:
    return Database("test", clock=Clock(), transaction_idle_s=60, lock_timeout_s=1)


def add_index(database: Database, collection: str, *fields: str, **more: Any) -> None:
    body = {"type": "persistent", "fields": list(fields), **more}
    build(database.collection(collection), definition_of(body))


def put(database: Database, collection: str, *documents: dict[str, Any]) -> None:
    with database.transaction(write=[collection]) as world:
        for document in documents:
            world.insert(collection, document, overwrite="replace")


def keys(documents: Iterator[dict[str, Any]] | None) -> list[str] | None:
    return None if documents is None else [document["_key"] for document in documents]


def refusal_of(action: Callable[[], object]) -> int:
    """Return the error number, 0 if there was none."""
    try:
        action()
    except ArangoError as refusal:
        return refusal.number
    return 0


@pytest.fixture
def database() -> Database:
    database = new_database()
    database.create_collection("docs", {})
    database.create_collection("links", {"type": 3})
    return database


def test_a_transaction_is_a_world(database: Database) -> None:
    world: World = database.begin()
    assert (world.collection_type("docs"), world.collection_type("links")) == (2, 3)
    with pytest.raises(ArangoError) as error:
        world.collection_type("nothing")
    assert (error.value.status, error.value.number) == (404, 1203)


def test_look_up_by_what_identifies(database: Database) -> None:
    put(database, "docs", {"_key": "a"})
    put(database, "links", {"_key": "l", "_from": "docs/a", "_to": "docs/b"})
    world = database.begin()
    assert keys(world.lookup("docs", {("_key",): "a"})) == ["a"]
    assert keys(world.lookup("docs", {("_id",): "docs/a"})) == ["a"]
    assert keys(world.lookup("docs", {("_id",): "links/a"})) == []
    assert keys(world.lookup("docs", {("_key",): None})) == []
    assert keys(world.lookup("links", {("_from",): "docs/a"})) == ["l"]
    assert keys(world.lookup("links", {("_to",): "docs/a"})) == []
    assert world.lookup("docs", {("name",): "a"}) is None


def test_look_up_by_an_index(database: Database) -> None:
    add_index(database, "docs", "kind", "at.year")
    rows = [{"_key": f"{kind}{year}", "kind": kind, "at": {"year": year}} for kind in "xy" for year in (3, 1, 2)]
    put(database, "docs", *rows, {"_key": "none"})
    world = database.begin()
    assert sorted(keys(world.lookup("docs", {("kind",): "x"})) or []) == ["x1", "x2", "x3"]
    assert keys(world.lookup("docs", {("at", "year"): 2, ("kind",): "y"})) == ["y2"]
    assert keys(world.lookup("docs", {("kind",): None})) == ["none"]
    assert world.lookup("docs", {("at", "year"): 2}) is None
    assert keys(world.ordered("docs", {("kind",): "x"}, [("at", "year")], descending=False)) == ["x1", "x2", "x3"]
    assert keys(world.ordered("docs", {("kind",): "x"}, [("at", "year")], descending=True)) == ["x3", "x2", "x1"]
    assert keys(world.ordered("docs", {}, [("kind",), ("at", "year")], descending=False)) == [
        "none", "x1", "x2", "x3", "y1", "y2", "y3",
    ]  # fmt: skip
    assert world.ordered("docs", {}, [("at", "year")], descending=False) is None


def test_a_sparse_index_does_not_answer_for_null(database: Database) -> None:
    add_index(database, "docs", "name", sparse=True)
    put(database, "docs", {"_key": "a", "name": "n"}, {"_key": "b"})
    world = database.begin()
    assert keys(world.lookup("docs", {("name",): "n"})) == ["a"]
    assert world.lookup("docs", {("name",): None}) is None
    assert world.ordered("docs", {}, [("name",)], descending=False) is None


def test_an_array_index_names_each_document_once(database: Database) -> None:
    add_index(database, "docs", "tags[*]")
    put(database, "docs", {"_key": "a", "tags": ["x", "y", "x"]}, {"_key": "b", "tags": ["y"]}, {"_key": "c"})
    world = database.begin()
    assert keys(world.lookup("docs", {("tags", "[*]"): "y"})) == ["a", "b"]


def test_old_snapshots_find_old_values(database: Database) -> None:
    add_index(database, "docs", "n")
    put(database, "docs", {"_key": "a", "n": 1})
    before = database.begin()
    put(database, "docs", {"_key": "a", "n": 2})
    put(database, "docs", {"_key": "a", "n": 3})
    after = database.begin()
    equal = {n: {("n",): n} for n in (1, 2, 3)}
    assert [keys(before.lookup("docs", equal[n])) for n in (1, 2, 3)] == [["a"], [], []]
    assert [keys(after.lookup("docs", equal[n])) for n in (1, 2, 3)] == [[], [], ["a"]]
    assert keys(before.ordered("docs", {}, [("n",)], descending=True)) == ["a"]


def test_an_index_made_while_a_transaction_runs(database: Database) -> None:
    put(database, "docs", {"_key": "a", "n": 1})
    world = database.begin(write=["docs"])
    world.insert("docs", {"_key": "b", "n": 2})
    put(database, "docs", {"_key": "a", "n": 3})
    add_index(database, "docs", "n")
    assert keys(world.lookup("docs", {("n",): 1})) == ["a"]
    assert keys(world.lookup("docs", {("n",): 2})) == ["b"]


def test_forgotten_versions_leave_the_indexes(database: Database) -> None:
    add_index(database, "docs", "n")
    for n in range(50):
        put(database, "docs", {"_key": "a", "n": n})
    with database.transaction(write=["docs"]) as world:
        world.remove("docs", "a", rev=None)
    collection = database.collection("docs")
    assert collection.heads == {}
    (index,) = collection.indexes.values()
    assert index.chunk(Span(()), None, descending=False) == []
    assert list(database.outdated) == []


def test_the_better_index_wins_over_the_edge_index(database: Database) -> None:
    add_index(database, "links", "_from", "kind")
    rows = [{"_key": f"l{n}", "_from": "docs/hub", "_to": f"docs/{n}", "kind": n % 2} for n in range(6)]
    put(database, "links", *rows)
    world = database.begin()
    found = keys(world.lookup("links", {("_from",): "docs/hub", ("kind",): 1}))
    assert found == ["l1", "l3", "l5"]
    assert len(world.edges("links", "docs/hub", "outbound")) == 6
    assert world.edges("links", "docs/hub", "inbound") == []


def test_large_ranges_come_in_order(database: Database) -> None:
    """More entries than are read at once."""
    add_index(database, "docs", "n")
    put(database, "docs", *({"_key": f"k{n}", "n": n * 7 % 1000} for n in range(1000)))
    world = database.begin()
    found = [document["n"] for document in world.ordered("docs", {}, [("n",)], descending=True) or ()]
    assert found == list(range(999, -1, -1))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(-5, 5) | st.text("abAB1", max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
)


@given(st.lists(json_values, min_size=3, max_size=3))
def test_values_have_one_order(values: list[Any]) -> None:
    """Page "Type and value order": total, and consistent with equality."""
    first, second, third = sorted(values, key=sort_key)
    assert sort_key(first) <= sort_key(second) <= sort_key(third)
    assert (sort_key(first) == sort_key(third)) <= (sort_key(first) == sort_key(second))
    assert (sort_key(first) < sort_key(second)) != (sort_key(second) <= sort_key(first))


def test_the_documented_order() -> None:
    """The examples of the page "Type and value order"."""
    ascending = [None, False, True, -1, 0, 1, 1.5, "", "0", "a", "b", [], [0], [0, 0], [1], {}, {"a": 1}]
    keys_of = [sort_key(value) for value in ascending]
    assert keys_of == sorted(keys_of)
    assert sort_key([None]) == sort_key([])
    assert sort_key({"a": None}) == sort_key({})
    assert sort_key({"b": 0}) < sort_key({"a": 1})
    assert sort_key({"a": 1, "b": 2}) == sort_key({"b": 2, "a": 1})


class Versions(RuleBasedStateMachine):
    """Transactions side by side, against a model that copies all documents when a transaction begins."""

    def __init__(self) -> None:
        super().__init__()
        self.database = new_database()
        self.database.create_collection("docs", {})
        add_index(self.database, "docs", "n")
        self.committed: dict[str, int] = {}
        self.changed_at: dict[str, int] = {}
        self.time = 0
        self.open: list[tuple[Transaction, dict[str, int], set[str], int]] = []

    @rule()
    def begin(self) -> None:
        if len(self.open) < 4:
            world = self.database.begin(write=["docs"])
            self.open.append((world, dict(self.committed), set(), self.time))

    @rule(which=st.integers(0, 3), key=st.sampled_from("abcd"), n=st.integers(0, 3))
    def write(self, which: int, key: str, n: int) -> None:
        if which >= len(self.open):
            return
        world, seen, written, began = self.open[which]
        held = any(key in others for other, _, others, _ in self.open if other is not world)
        conflict = held or (key not in written and self.changed_at.get(key, 0) > began)
        number = refusal_of(lambda: world.insert("docs", {"_key": key, "n": n}, overwrite="replace"))
        assert number == (1200 if conflict else 0)
        if not number:
            seen[key] = n
            written.add(key)

    @rule(which=st.integers(0, 3), key=st.sampled_from("abcd"))
    def remove(self, which: int, key: str) -> None:
        if which >= len(self.open):
            return
        world, seen, written, began = self.open[which]
        held = any(key in others for other, _, others, _ in self.open if other is not world)
        conflict = held or (key not in written and self.changed_at.get(key, 0) > began)
        expected = 1200 if conflict else 0 if key in seen else 1202
        number = refusal_of(lambda: world.remove("docs", key, rev=None))
        assert number == expected
        if not number:
            del seen[key]
            written.add(key)

    @rule(which=st.integers(0, 3), good=st.booleans())
    def end(self, which: int, good: bool) -> None:
        if which >= len(self.open):
            return
        world, seen, written, _ = self.open.pop(which)
        if not good:
            world.abort()
            return
        world.commit()
        self.time += 1
        for key in written:
            self.changed_at[key] = self.time
            self.committed.pop(key, None)
            if key in seen:
                self.committed[key] = seen[key]

    @invariant()
    def everyone_sees_their_own(self) -> None:
        fresh = self.database.begin()
        for world, seen in [(fresh, self.committed), *((world, seen) for world, seen, _, _ in self.open)]:
            assert {document["_key"]: document["n"] for document in world.scan("docs")} == seen
            assert world.count("docs") == len(seen)
            for n in range(4):
                found = sorted(keys(world.lookup("docs", {("n",): n})) or [])
                assert found == sorted(key for key, value in seen.items() if value == n)
            in_order = [document["n"] for document in world.ordered("docs", {}, [("n",)], descending=False) or ()]
            assert in_order == sorted(seen.values())
        fresh.abort()


TestVersions = Versions.TestCase
