"""Collections, schema validation and indexes.

Pages "HTTP interface for collections", "Schema validation", "HTTP interface for indexes" and below.
"""

import pytest
from arango.collection import StandardCollection
from arango.database import StandardDatabase
from arango.exceptions import (
    ArangoServerError,
    CollectionCreateError,
    CollectionDeleteError,
    CollectionRenameError,
    DocumentInsertError,
    DocumentUpdateError,
    IndexCreateError,
    IndexDeleteError,
)
from sklearn.datasets import load_wine

from tests.arango_simulator.process import Simulator
from tests.unit.arango_simulator.conftest import Raw, numbers_of


def number_of(error: pytest.ExceptionInfo[ArangoServerError]) -> tuple[int, int]:
    return int(error.value.http_code), int(error.value.error_code)


def own(database: StandardDatabase) -> list[str]:
    return [collection["name"] for collection in database.collections() if not collection["system"]]


def test_the_life_of_a_collection(database: StandardDatabase) -> None:
    database.create_collection("docs")
    database.create_collection("links", edge=True)
    assert own(database) == ["docs", "links"]
    assert (database.collection("docs").properties()["edge"], database.collection("links").properties()["edge"]) == (
        False,
        True,
    )
    database.collection("docs").insert_many([{} for _ in range(5)])
    assert database.collection("docs").count() == 5
    assert database.collection("docs").truncate()
    assert database.collection("docs").count() == 0
    assert database.delete_collection("docs")
    assert own(database) == ["links"]
    assert not database.has_collection("docs")
    assert database.delete_collection("docs", ignore_missing=True) is False
    with pytest.raises(CollectionDeleteError) as error:
        database.delete_collection("docs")
    assert number_of(error) == (404, 1203)


def test_system_collections_are_listed_apart(database: StandardDatabase, raw: Raw) -> None:
    system = {each["name"] for each in database.collections() if each["system"]}
    assert "_graphs" in system
    names = [each["name"] for each in raw("GET", "/_api/collection?excludeSystem=true").json()["result"]]
    assert names == []


@pytest.mark.parametrize("name", ["", "1a", "a/b", "_own", "a" * 257, "a:b"])
def test_bad_names(database: StandardDatabase, raw: Raw, name: str) -> None:
    answer = raw("POST", "/_api/collection", {"name": name})
    assert (answer.status_code, answer.json()["errorNum"]) == (400, 1208)


def test_a_taken_name(database: StandardDatabase) -> None:
    database.create_collection("docs")
    with pytest.raises(CollectionCreateError) as error:
        database.create_collection("docs", edge=True)
    assert number_of(error) == (409, 1207)


def test_what_is_not_simulated_says_so(database: StandardDatabase, raw: Raw) -> None:
    docs = database.create_collection("docs")
    with pytest.raises(CollectionRenameError) as renamed:
        docs.rename("other")
    assert number_of(renamed) == (501, 9)
    for method, path in (("GET", "/_api/view"), ("POST", "/_api/explain"), ("GET", "/_api/collection/docs/figures")):
        answer = raw(method, path, {} if method == "POST" else None)
        assert (answer.status_code, answer.json()["errorNum"]) == (501, 9)
        assert path.split("/")[2] in answer.json()["errorMessage"]
    geo = raw("POST", "/_api/index?collection=docs", {"type": "geo", "fields": ["place"]})
    assert (geo.status_code, geo.json()["errorNum"]) == (501, 9)


def test_key_options(database: StandardDatabase, raw: Raw) -> None:
    strict = database.create_collection("strict", user_keys=False)
    assert raw("POST", "/_api/document/strict", {"_key": "a"}).json()["errorNum"] == 1222
    assert strict.insert({})["_key"]
    counted = database.create_collection("counted", key_generator="autoincrement", key_increment=5, key_offset=10)
    assert [int(counted.insert({})["_key"]) for _ in range(3)] == [15, 20, 25]
    uuids = database.create_collection("uuids", key_generator="uuid")
    assert len(uuids.insert({})["_key"]) == 36
    padded = database.create_collection("padded", key_generator="padded")
    keys = [padded.insert({})["_key"] for _ in range(20)]
    assert keys == sorted(keys)
    assert {len(key) for key in keys} == {16}


# page "Schema validation"

NUMS = {"properties": {"nums": {"type": "array", "items": {"type": "number", "maximum": 6}}}, "required": ["nums"]}
MESSAGE = "nums must be an array of numbers up to 6"


def schema(level: str) -> dict[str, object]:
    return {"rule": {**NUMS, "additionalProperties": False}, "level": level, "message": MESSAGE}


@pytest.mark.parametrize(
    ("level", "insert", "spoil", "touch_bad"),
    [
        ("none", True, True, True),
        ("new", False, True, True),
        ("moderate", False, False, True),
        ("strict", False, False, False),
    ],
)
def test_levels(database: StandardDatabase, level: str, insert: bool, spoil: bool, touch_bad: bool) -> None:
    """Whether a bad document may be inserted, a good one may become bad, a bad one may be changed."""
    docs = database.create_collection("docs")
    docs.insert_many([{"_key": "good", "nums": [1]}, {"_key": "bad", "nums": [7]}])
    docs.configure(schema=schema(level))
    actions = [
        (insert, lambda: docs.insert({"nums": [9]})),
        (spoil, lambda: docs.update({"_key": "good", "nums": "x"})),
        (touch_bad, lambda: docs.update({"_key": "bad", "nums": [8]})),
    ]
    for allowed, action in actions:
        if allowed:
            action()
            continue
        with pytest.raises((DocumentInsertError, DocumentUpdateError)) as error:
            action()
        assert number_of(error) == (400, 1620)
        assert error.value.error_message == MESSAGE
    docs.insert({"nums": [6]})  # system attributes are no additional properties


def test_schema_of_edges_and_its_removal(database: StandardDatabase, raw: Raw) -> None:
    links = database.create_collection("links", edge=True, schema=schema("strict"))
    links.insert({"_from": "a/1", "_to": "a/2", "nums": []})
    assert links.properties()["schema"]["message"] == MESSAGE
    with pytest.raises(DocumentInsertError):
        links.insert({"_from": "a/1", "_to": "a/2"})
    assert raw("PUT", "/_api/collection/links/properties", {"schema": None}).json()["schema"] is None
    links.insert({"_from": "a/1", "_to": "a/2"})
    with pytest.raises(CollectionCreateError) as error:
        database.create_collection("docs", schema={"rule": {"type": 7}})
    assert number_of(error) == (400, 1621)


# page "HTTP interface for indexes"


@pytest.fixture
def wines(database: StandardDatabase) -> StandardCollection:
    """The wine data set of scikit-learn as documents."""
    data = load_wine()
    wines = database.create_collection("wines")
    rows = [
        {"_key": f"w{n}", "class": int(target), "measured": dict(zip(data.feature_names, map(float, row), strict=True))}
        for n, (row, target) in enumerate(zip(data.data, data.target, strict=True))
    ]
    assert numbers_of(wines.insert_many(rows)) == [0] * 178
    return wines


def test_create_list_and_drop(wines: StandardCollection, raw: Raw) -> None:
    body = {"type": "persistent", "fields": ["class", "measured.alcohol"], "name": "by_class"}
    first = raw("POST", "/_api/index?collection=wines", {**body, "storedValues": ["measured.hue"]})
    assert (first.status_code, first.json()["isNewlyCreated"]) == (201, True)
    second = raw("POST", "/_api/index?collection=wines", body)
    assert (second.status_code, second.json()["isNewlyCreated"]) == (200, False)
    assert second.json()["id"] == first.json()["id"]
    assert [index["type"] for index in wines.indexes()] == ["primary", "persistent"]
    assert raw("GET", f"/_api/index/{first.json()['id']}").json()["storedValues"] == ["measured.hue"]
    taken = raw("POST", "/_api/index?collection=wines", {**body, "fields": ["class"]})
    assert (taken.status_code, taken.json()["errorNum"]) == (409, 1207)
    assert wines.delete_index(first.json()["id"].partition("/")[2])
    with pytest.raises(IndexDeleteError) as error:
        wines.delete_index("12345")
    assert number_of(error) == (404, 1212)


def test_edge_collections_have_an_edge_index(database: StandardDatabase) -> None:
    links = database.create_collection("links", edge=True)
    assert [(index["type"], index["fields"]) for index in links.indexes()] == [
        ("primary", ["_key"]),
        ("edge", ["_from", "_to"]),
    ]


@pytest.mark.parametrize(
    "body",
    [
        {"type": "persistent"},
        {"type": "persistent", "fields": []},
        {"type": "persistent", "fields": ["a", "a"]},
        {"type": "persistent", "fields": ["_id"]},
        {"type": "persistent", "fields": ["a._id"]},
        {"type": "persistent", "fields": ["a"], "storedValues": ["a"]},
        {"type": "ttl", "fields": ["a"]},
        {"type": "ttl", "fields": ["a", "b"], "expireAfter": 1},
        {"type": "ttl", "fields": ["a"], "expireAfter": -1},
    ],
)
def test_bad_indexes(database: StandardDatabase, raw: Raw, body: dict[str, object]) -> None:
    database.create_collection("docs")
    answer = raw("POST", "/_api/index?collection=docs", body)
    assert (answer.status_code, answer.json()["errorNum"]) == (400, 10)


def test_unique_indexes_refuse_equal_values(database: StandardDatabase, raw: Raw) -> None:
    docs = database.create_collection("docs")
    docs.add_index({"type": "persistent", "fields": ["a", "b.c"], "unique": True})
    docs.insert({"_key": "x", "a": 1, "b": {"c": 2}})
    docs.insert({"_key": "y", "a": 1, "b": {"c": "2"}})
    refused = raw("POST", "/_api/document/docs", {"a": 1.0, "b": {"c": 2}})
    assert (refused.status_code, refused.json()["errorNum"]) == (409, 1210)  # 1 and 1.0 are the same number
    with pytest.raises(DocumentUpdateError) as error:
        docs.update({"_key": "y", "b": {"c": 2}})
    assert number_of(error) == (409, 1210)
    docs.update({"_key": "x", "other": 1})
    docs.delete("x")
    docs.update({"_key": "y", "b": {"c": 2}})


def test_missing_values_in_unique_indexes(database: StandardDatabase) -> None:
    """Not sparse: a missing attribute is null, and two of them are equal. Sparse: it is not indexed."""
    dense, sparse = database.create_collection("dense"), database.create_collection("sparse")
    dense.add_index({"type": "persistent", "fields": ["a"], "unique": True})
    sparse.add_index({"type": "persistent", "fields": ["a"], "unique": True, "sparse": True})
    assert numbers_of(dense.insert_many([{}, {"a": None}])) == [0, 1210]
    assert numbers_of(sparse.insert_many([{}, {"a": None}, {"a": 1}, {"a": 1}])) == [0, 0, 0, 1210]


def test_unique_arrays(database: StandardDatabase) -> None:
    docs = database.create_collection("docs")
    docs.add_index({"type": "persistent", "fields": ["tags[*].name"], "unique": True})
    rows = [{"tags": [{"name": "x"}, {"name": "x"}]}, {"tags": [{"name": "y"}, {"name": "x"}]}, {"tags": []}]
    assert numbers_of(docs.insert_many(rows)) == [0, 1210, 0]


def test_a_unique_index_over_equal_values(wines: StandardCollection) -> None:
    """Page "Persistent indexes": 400 if documents violate the uniqueness."""
    with pytest.raises(IndexCreateError) as error:
        wines.add_index({"type": "persistent", "fields": ["class"], "unique": True})
    assert number_of(error) == (400, 1210)
    assert len(wines.indexes()) == 1


def test_documents_expire(database: StandardDatabase, simulator: Simulator) -> None:
    """Page "TTL indexes": expireAfter seconds after the time in the field, in seconds or as ISO 8601 text."""
    docs = database.create_collection("docs")
    docs.add_index({"type": "ttl", "fields": ["at"], "expireAfter": 100})
    now = database.time().timestamp()
    text = database.time().strftime("%Y-%m-%dT%H:%M:%S.000Z")
    docs.insert_many([{"_key": "n", "at": now}, {"_key": "t", "at": text}, {"_key": "never"}, {"_key": "x", "at": "x"}])
    assert docs.count() == 4
    simulator.advance(99_000 + 7 * 3600)
    assert [docs.has(key) for key in ("n", "t", "never", "x")] == [False, False, True, True]
    assert docs.count() == 2
    docs.insert({"_key": "n"})
    assert docs.has("n")


def test_inverted_indexes_are_listed_only(database: StandardDatabase) -> None:
    docs = database.create_collection("docs")
    docs.add_index({"type": "inverted", "fields": [{"name": "text", "analyzer": "text_en"}], "name": "inv"})
    assert [index["type"] for index in docs.indexes()] == ["primary", "inverted"]
