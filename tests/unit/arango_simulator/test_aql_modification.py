"""INSERT, UPDATE, REPLACE, REMOVE, UPSERT (pages of the same names, and "Data queries")."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.unit.arango_simulator.aql_world import AqlWorld

JANE = {"_key": "jane", "name": {"first": "Jane", "last": "Doe"}, "logins": 1, "old": True}


@pytest.fixture
def world() -> AqlWorld:
    return AqlWorld(
        users=[JANE, {"_key": "tom", "logins": 5}], backup=[], links=[{"_from": "users/a", "_to": "users/b"}]
    )


def bare(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document without what the server sets."""
    return {name: value for name, value in document.items() if name not in ("_id", "_key", "_rev")}


def user(world: AqlWorld, key: str) -> dict[str, Any] | None:
    (document,) = world.rows("RETURN DOCUMENT(users, @key)", {"key": key})
    return None if document is None else bare(document)


def count(world: AqlWorld, collection: str) -> int:
    (found,) = world.rows("RETURN LENGTH(@@c)", {"@c": collection})
    return int(found)


# --- INSERT -----------------------------------------------------------------------------------------------------------


def test_insert(world: AqlWorld) -> None:
    result = world.run("FOR i IN 1..3 INSERT {_key: CONCAT('test', i), value: i} INTO users")
    assert result.rows == []
    assert result.stats["writesExecuted"] == 3
    assert user(world, "test2") == {"value": 2}
    (new,) = world.rows("INSERT {value: 9} IN users RETURN NEW")
    assert {"_key", "_id", "_rev", "value"} == new.keys()
    assert world.rows(
        "INSERT @document INTO @@c LET n = NEW RETURN n._id", {"document": {"_key": "x"}, "@c": "users"}
    ) == ["users/x"]


def test_insert_of_a_key_that_is_taken(world: AqlWorld) -> None:
    assert world.refusal("INSERT {_key: 'jane'} INTO users") == 1210
    result = world.run(
        "FOR k IN ['jane', 'new'] INSERT {_key: k} INTO users OPTIONS {ignoreErrors: true} RETURN NEW._key"
    )
    assert result.rows == ["new"]
    assert (result.stats["writesExecuted"], result.stats["writesIgnored"]) == (1, 1)


OVERWRITE_MODES = [
    ("overwriteMode: 'replace'", {"logins": 2}),
    ("overwrite: true", {"logins": 2}),
    ("overwriteMode: 'update'", {"name": {"first": "Jane", "last": "Doe"}, "logins": 2, "old": True}),
    ("overwriteMode: 'ignore'", bare(JANE)),
]


@pytest.mark.parametrize(("option", "expected"), OVERWRITE_MODES)
def test_overwrite_modes(world: AqlWorld, option: str, expected: dict[str, Any]) -> None:
    world.run("INSERT {_key: 'jane', logins: 2} INTO users OPTIONS {" + option + "}")
    assert user(world, "jane") == expected


def test_overwrite_mode_update_keeps_null_and_merges_as_asked(world: AqlWorld) -> None:
    query = "INSERT {_key: 'jane', name: {first: 'J'}, old: null} INTO users OPTIONS {overwriteMode: 'update', %s}"
    world.run(query % "keepNull: false, mergeObjects: false")
    assert user(world, "jane") == {"name": {"first": "J"}, "logins": 1}


def test_old_and_new_of_an_insert(world: AqlWorld) -> None:
    query = "FOR k IN ['jane', 'new'] INSERT {_key: k, logins: 7} INTO users OPTIONS {overwriteMode: %s} RETURN [%s]"
    assert world.rows(query % ("'update'", "OLD.logins, NEW.logins")) == [[1, 7], [None, 7]]
    assert world.rows(query % ("'ignore'", "NEW.logins")) == [[None], [None]]
    assert world.refusal(query % ("'ignore'", "OLD")) == 1501
    assert world.refusal("INSERT {} INTO users RETURN OLD") == 1501
    assert world.refusal("INSERT {} INTO users OPTIONS {overwriteMode: 'sometimes'}") == 1501


def test_insert_of_what_is_no_document_or_no_edge(world: AqlWorld) -> None:
    assert world.refusal("INSERT 5 INTO users") == 1227
    assert world.refusal("INSERT {_key: 'a b'} INTO users") == 1221
    assert world.refusal("INSERT {} INTO links") == 1233
    assert world.refusal("INSERT {_from: 'users/a', _to: 'users/b'} INTO links") == 0


# --- UPDATE and REPLACE -----------------------------------------------------------------------------------------------


def test_update(world: AqlWorld) -> None:
    world.run("UPDATE {_key: 'jane', logins: 2} IN users")
    assert user(world, "jane") == {**bare(JANE), "logins": 2}
    world.run("UPDATE 'jane' WITH {logins: 3, name: {first: 'J'}} IN users")
    assert user(world, "jane") == {"name": {"first": "J", "last": "Doe"}, "logins": 3, "old": True}
    world.run(
        "UPDATE 'jane' WITH {name: {first: 'K'}, old: null} IN users OPTIONS {mergeObjects: false, keepNull: false}"
    )
    assert user(world, "jane") == {"name": {"first": "K"}, "logins": 3}
    world.run("UPDATE 'jane' WITH {logins: null} IN users")
    assert user(world, "jane") == {"name": {"first": "K"}, "logins": None}


def test_update_of_all_documents_of_a_loop(world: AqlWorld) -> None:
    query = (
        "FOR u IN users FILTER u.logins > 0 UPDATE u WITH {logins: u.logins + 1} IN users "
        "RETURN {old: OLD.logins, new: NEW.logins}"
    )
    assert sorted(world.rows(query), key=str) == [{"old": 1, "new": 2}, {"old": 5, "new": 6}]
    world.run("FOR u IN users INSERT u INTO backup")
    world.run("FOR u IN users FILTER u.logins == 6 UPDATE u WITH {status: 'inactive'} IN backup")
    assert world.rows("FOR b IN backup FILTER b.status == 'inactive' RETURN b._key") == ["tom"]


def test_the_key_comes_from_a_document_found_before(world: AqlWorld) -> None:
    query = (
        "LET doc = FIRST(FOR u IN users FILTER u._key == 'tom' RETURN u) "
        "UPDATE doc WITH {tags: PUSH(doc.tags, 'x')} IN users"
    )
    world.run(query)
    assert user(world, "tom") == {"logins": 5, "tags": ["x"]}
    world.run("LET doc = DOCUMENT('users/tom') REMOVE doc IN users")
    assert user(world, "tom") is None


def test_update_needs_a_key_of_something_that_exists(world: AqlWorld) -> None:
    assert world.refusal("UPDATE {name: 'Jon'} IN users") == 1226
    assert world.refusal("UPDATE 'nobody' WITH {} IN users") == 1202
    assert world.refusal("UPDATE 5 WITH {} IN users") == 1227
    assert world.refusal("UPDATE 'jane' WITH 5 IN users") == 1227
    result = world.run("FOR k IN ['jane', 'nobody'] UPDATE k WITH {x: 1} IN users OPTIONS {ignoreErrors: true}")
    assert (result.stats["writesExecuted"], result.stats["writesIgnored"]) == (1, 1)


def test_replace(world: AqlWorld) -> None:
    assert world.rows("REPLACE 'jane' WITH {name: 'J'} IN users RETURN [OLD.logins, NEW.logins]") == [[1, None]]
    assert user(world, "jane") == {"name": "J"}
    world.run("REPLACE {_key: 'jane', level: 'premium'} IN users")
    assert user(world, "jane") == {"level": "premium"}
    assert world.refusal("REPLACE 'nobody' WITH {} IN users") == 1202


def test_the_revision_is_checked_only_on_demand(world: AqlWorld) -> None:
    # option ignoreRevs
    (rev,) = world.rows("RETURN DOCUMENT('users/jane')._rev")
    for query in (
        "UPDATE {_key: 'jane', _rev: @rev} WITH {x: 1} IN users OPTIONS {ignoreRevs: false}",
        "REPLACE {_key: 'jane', _rev: @rev} WITH {x: 1} IN users OPTIONS {ignoreRevs: false}",
        "REMOVE {_key: 'jane', _rev: @rev} IN users OPTIONS {ignoreRevs: false}",
        "UPSERT {_key: 'jane'} INSERT {} UPDATE {_rev: @rev} IN users OPTIONS {ignoreRevs: false}",
    ):
        assert world.refusal(query, {"rev": "_outdated"}) == 1200, query
    world.run("UPDATE {_key: 'jane', _rev: @rev} WITH {x: 1} IN users", {"rev": "_outdated"})
    assert world.refusal("REMOVE {_key: 'jane', _rev: @rev} IN users OPTIONS {ignoreRevs: false}", {"rev": rev}) == 1200
    (rev,) = world.rows("RETURN DOCUMENT('users/jane')._rev")
    assert world.refusal("REMOVE {_key: 'jane', _rev: @rev} IN users OPTIONS {ignoreRevs: false}", {"rev": rev}) == 0


# --- REMOVE -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["{_key: u._key}", "u._key", "u"])
def test_remove(world: AqlWorld, key: str) -> None:
    assert sorted(world.rows(f"FOR u IN users REMOVE {key} IN users LET removed = OLD RETURN removed._key")) == [
        "jane",
        "tom",
    ]
    assert count(world, "users") == 0


def test_remove_of_nothing(world: AqlWorld) -> None:
    assert world.refusal("REMOVE 'nobody' IN users") == 1202
    assert world.run("REMOVE 'nobody' IN users OPTIONS {ignoreErrors: true}").stats["writesIgnored"] == 1
    assert world.refusal("REMOVE 'jane' IN users RETURN NEW") == 1501


# --- UPSERT -----------------------------------------------------------------------------------------------------------

UPSERT = (
    "UPSERT {name: 'superuser'} INSERT {name: 'superuser', logins: 1} "
    "UPDATE {logins: OLD.logins + 1} IN users RETURN %s"
)


def test_upsert_inserts_and_then_updates(world: AqlWorld) -> None:
    result = "{logins: NEW.logins, type: OLD ? 'update' : 'insert'}"
    assert world.rows(UPSERT % result) == [{"logins": 1, "type": "insert"}]
    assert world.rows(UPSERT % result) == [{"logins": 2, "type": "update"}]
    assert count(world, "users") == 3


def test_upsert_with_replace(world: AqlWorld) -> None:
    world.run("UPSERT {_key: 'jane'} INSERT {} REPLACE {logins: OLD.logins + 10} IN users")
    assert user(world, "jane") == {"logins": 11}


def test_upsert_with_a_filter(world: AqlWorld) -> None:
    query = (
        "UPSERT FILTER CURRENT.logins > 4 && CURRENT._key IN ['jane', 'tom'] INSERT {x: 0} "
        "UPDATE {x: 1} IN users RETURN NEW._key"
    )
    assert world.rows(query) == ["tom"]
    query = "FOR name IN ['a', 'b'] UPSERT FILTER CURRENT.@what == name INSERT {[@what]: name} UPDATE {} IN users"
    world.run(query, {"what": "label"})
    assert sorted(world.rows("FOR u IN users FILTER u.label RETURN u.label")) == ["a", "b"]


def test_upsert_reads_what_it_wrote(world: AqlWorld) -> None:
    # page "UPSERT", limitations
    world.run("FOR i IN 1..5 UPSERT {name: 'once'} INSERT {name: 'once', n: 1} UPDATE {n: OLD.n + 1} IN users")
    assert world.rows("FOR u IN users FILTER u.name == 'once' RETURN u.n") == [5]


def test_upsert_by_key_of_many(world: AqlWorld) -> None:
    query = (
        "FOR i IN 1..3 UPSERT {_key: CONCAT('test', i)} INSERT {_key: CONCAT('test', i), foobar: false} "
        "UPDATE {foobar: true} IN users"
    )
    world.run(query)
    world.run(query)
    assert world.rows("FOR u IN users FILTER u.foobar == true COLLECT WITH COUNT INTO n RETURN n") == [3]


def test_upsert_with_keep_null(world: AqlWorld) -> None:
    world.run("UPSERT {_key: 'jane'} INSERT {} UPDATE {foobar: true, old: null} IN users OPTIONS {keepNull: false}")
    assert user(world, "jane") == {"name": {"first": "Jane", "last": "Doe"}, "logins": 1, "foobar": True}


# --- the query as a whole ---------------------------------------------------------------------------------------------


def test_a_limit_behind_a_modification_limits_what_is_returned_only(world: AqlWorld) -> None:
    # page "LIMIT"
    assert len(world.rows("FOR i IN 1..5 INSERT {value: i} INTO backup LIMIT 2 RETURN NEW")) == 2
    assert count(world, "backup") == 5
    assert world.rows("FOR i IN 1..5 INSERT {value: i} INTO backup LIMIT 0 RETURN NEW") == []
    assert count(world, "backup") == 10


def test_a_loop_does_not_see_what_it_inserts(world: AqlWorld) -> None:
    world.run("FOR u IN users INSERT {copy_of: u._key} INTO users")
    assert count(world, "users") == 4


def test_two_modifications_of_different_collections(world: AqlWorld) -> None:
    query = "FOR u IN users REMOVE u IN users INSERT OLD INTO backup RETURN NEW._key"
    assert sorted(world.rows(query)) == ["jane", "tom"]
    assert (count(world, "users"), count(world, "backup")) == (0, 2)


def test_modifications_in_subqueries(world: AqlWorld) -> None:
    world.run("FOR u IN users INSERT u INTO backup")
    query = (
        "LET a = (FOR u IN users REMOVE u IN users RETURN OLD._key) "
        "LET b = (FOR u IN backup REMOVE u IN backup) RETURN [SORTED(a), b]"
    )
    assert world.rows(query) == [[["jane", "tom"], []]]
    assert (count(world, "users"), count(world, "backup")) == (0, 0)


def test_a_failed_query_leaves_nothing(world: AqlWorld) -> None:
    assert world.refusal("FOR k IN ['x', 'y', 'jane'] INSERT {_key: k} INTO users") == 1210
    assert count(world, "users") == 2


def test_options_are_known_at_compile_time(world: AqlWorld) -> None:
    # page "Error codes": 1575, 1539
    assert world.refusal("FOR u IN users UPDATE u WITH {} IN users OPTIONS {keepNull: u.x}") == 1575
    result = world.run("INSERT {} INTO users OPTIONS {overwritemode: 'ignore', waitForSync: true}")
    assert [number for number, _ in result.warnings] == [1539]
    assert world.refusal("UPDATE 'jane' WITH {} IN users OPTIONS {ignoreErrors: @i, exclusive: true}", {"i": True}) == 0
