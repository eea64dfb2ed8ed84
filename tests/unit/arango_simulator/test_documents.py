"""Documents through python-arango and plain HTTP.

The pages named are those of ArangoDB's documentation, version 3.12.
"""

import pytest
from arango.collection import StandardCollection
from arango.database import StandardDatabase
from arango.exceptions import (
    ArangoServerError,
    DocumentDeleteError,
    DocumentGetError,
    DocumentInsertError,
    DocumentReplaceError,
    DocumentRevisionError,
    DocumentUpdateError,
)

from tests.unit.arango_simulator.conftest import Raw, numbers_of


@pytest.fixture
def people(database: StandardDatabase) -> StandardCollection:
    return database.create_collection("people")


def code_of(error: pytest.ExceptionInfo[ArangoServerError]) -> tuple[int, int]:
    return int(error.value.http_code), int(error.value.error_code)


# page "HTTP interface for documents", create


def test_insert_answers_identity_and_revision(people: StandardCollection) -> None:
    meta = people.insert({"_key": "ada", "born": 1815}, return_new=True)
    assert (meta["_id"], meta["_key"]) == ("people/ada", "ada")
    assert meta["new"] == {"_id": "people/ada", "_key": "ada", "_rev": meta["_rev"], "born": 1815}
    assert people.get("ada") == meta["new"]
    assert people.has("ada")
    assert not people.has("bob")
    assert people.get("bob") is None


def test_keys_are_made_and_given_id_and_rev_ignored(people: StandardCollection, raw: Raw) -> None:
    first = raw("POST", "/_api/document/people", {"_id": "people/x", "_rev": "y", "a": 1}).json()
    second = raw("POST", "/_api/document/people", {"a": 1}).json()
    assert first["_id"] == f"people/{first['_key']}" != "people/x"
    assert first["_rev"] not in ("y", second["_rev"])
    assert int(second["_key"]) > int(first["_key"])  # page "Documents": later keys are higher numbers


@pytest.mark.parametrize(
    ("key", "good"),
    [
        ("A-z_0:.@()+,=;$!*'%", True),
        ("k" * 254, True),
        ("k" * 255, False),
        ("", False),
        ("a/b", False),
        ("a b", False),
        ("ä", False),
        (7, False),
    ],
)
def test_keys(people: StandardCollection, raw: Raw, key: object, good: bool) -> None:
    """Page "Documents", section "User-specified keys"."""
    answer = raw("POST", "/_api/document/people", {"_key": key})
    assert (answer.status_code, answer.json().get("errorNum")) == ((202, None) if good else (400, 1221))
    assert people.count() == int(good)


def test_status_and_headers_of_a_write(database: StandardDatabase, raw: Raw) -> None:
    database.create_collection("fast")
    database.create_collection("safe", sync=True)
    answer = raw("POST", "/_api/document/fast", {"_key": "a"})
    assert answer.status_code == 202
    assert answer.headers["ETag"] == f'"{answer.json()["_rev"]}"'
    assert answer.headers["Location"].endswith("/_api/document/fast/a")
    assert raw("POST", "/_api/document/fast?waitForSync=true", {}).status_code == 201
    assert raw("POST", "/_api/document/safe", {"_key": "a"}).status_code == 201
    assert raw("PUT", "/_api/document/safe/a", {}).status_code == 201
    assert raw("DELETE", "/_api/document/safe/a").status_code == 200
    assert raw("DELETE", "/_api/document/fast/a").status_code == 202


def test_a_taken_key(people: StandardCollection, raw: Raw) -> None:
    people.insert({"_key": "a", "n": 1, "m": {"x": 1}})
    answer = raw("POST", "/_api/document/people", {"_key": "a", "n": 2})
    assert (answer.status_code, answer.json()["errorNum"]) == (409, 1210)
    with pytest.raises(DocumentInsertError) as error:
        people.insert({"_key": "a"}, overwrite_mode="conflict")
    assert code_of(error) == (409, 1210)
    before = people.get("a")
    assert people.insert({"_key": "a", "n": 2}, overwrite_mode="ignore")["_rev"] == before["_rev"]
    assert people.get("a") == before


def test_overwrite_modes(people: StandardCollection) -> None:
    people.insert({"_key": "a", "n": 1, "m": {"x": 1}})
    meta = people.insert({"_key": "a", "m": {"y": 2}}, overwrite_mode="update", return_old=True, return_new=True)
    assert meta["old"]["m"] == {"x": 1}
    assert (meta["new"]["n"], meta["new"]["m"]) == (1, {"x": 1, "y": 2})
    assert meta["_old_rev"] == meta["old"]["_rev"] != meta["_rev"]
    people.insert({"_key": "a", "m": {"z": 3}}, overwrite_mode="update", merge=False, keep_none=True)
    assert people.get("a")["m"] == {"z": 3}
    people.insert({"_key": "a", "n": None}, overwrite_mode="update", keep_none=False)
    assert "n" not in people.get("a")
    people.insert({"_key": "a", "only": 1}, overwrite_mode="replace")
    assert {name for name in people.get("a") if name[0] != "_"} == {"only"}


def test_silent_says_nothing(people: StandardCollection) -> None:
    assert people.insert({"_key": "a"}, silent=True) is True
    assert people.get("a") is not None


# page "HTTP interface for documents", read


def test_read_with_preconditions(people: StandardCollection, raw: Raw) -> None:
    rev = people.insert({"_key": "a"})["_rev"]
    answer = raw("GET", "/_api/document/people/a")
    assert (answer.status_code, answer.headers["ETag"]) == (200, f'"{rev}"')
    assert raw("GET", "/_api/document/people/a", If_None_Match=f'"{rev}"').status_code == 304
    assert raw("GET", "/_api/document/people/a", If_None_Match='"other"').status_code == 200
    assert raw("GET", "/_api/document/people/a", If_Match=f'"{rev}"').status_code == 200
    other = raw("GET", "/_api/document/people/a", If_Match='"other"')
    assert (other.status_code, other.json()["errorNum"], other.json()["_rev"]) == (412, 1200, rev)
    head = raw("HEAD", "/_api/document/people/a")
    assert (head.status_code, head.headers["ETag"], head.content) == (200, f'"{rev}"', b"")


def test_what_is_not_there(people: StandardCollection, raw: Raw) -> None:
    for method, body in (("GET", None), ("PUT", {}), ("PATCH", {}), ("DELETE", None)):
        missing = raw(method, "/_api/document/people/nobody", body)
        assert (missing.status_code, missing.json()["errorNum"]) == (404, 1202)
        unknown = raw(method, "/_api/document/nothing/nobody", body)
        assert (unknown.status_code, unknown.json()["errorNum"]) == (404, 1203)
        assert unknown.json()["error"] is True
        assert unknown.json()["code"] == 404


@pytest.mark.parametrize("body", ["{", '{1: "World"}', "7"])
def test_a_malformed_body(people: StandardCollection, simulator, database: StandardDatabase, body: str) -> None:
    import requests

    url = f"{simulator.url}/_db/{database.name}/_api/document/people"
    answer = requests.post(url, data=body, auth=("root", simulator.root_password), timeout=10)
    assert (answer.status_code, answer.json()["errorNum"]) == (400, 600)


def test_an_array_element_that_is_no_object(people: StandardCollection, raw: Raw) -> None:
    answer = raw("POST", "/_api/document/people", [{"_key": "a"}, 7])
    assert [each.get("errorNum") for each in answer.json()] == [None, 1227]


# page "HTTP interface for documents", update and replace


def test_update_merges_and_replace_does_not(people: StandardCollection) -> None:
    """The example "Patches an existing document with new content"."""
    people.insert({"_key": "a", "one": "world"})
    people.update({"_key": "a", "hello": "world"})
    people.update({"_key": "a", "numbers": {"one": 1, "empty": None}})
    assert people.get("a")["numbers"] == {"one": 1, "empty": None}
    people.update({"_key": "a", "hello": None, "numbers": {"four": 4}}, keep_none=False)
    document = people.get("a")
    assert (document["one"], document["numbers"]) == ("world", {"one": 1, "empty": None, "four": 4})
    assert "hello" not in document
    people.update({"_key": "a", "numbers": {"five": 5}}, merge=False)
    assert people.get("a")["numbers"] == {"five": 5}
    people.replace({"_key": "a", "new": True})
    assert {name for name in people.get("a") if name[0] != "_"} == {"new"}


def test_null_in_arrays_stays(people: StandardCollection) -> None:
    """`keepNull`: not attributes of objects that are nested inside of arrays."""
    people.insert({"_key": "a"})
    people.update({"_key": "a", "list": [{"x": None}]}, keep_none=False)
    assert people.get("a")["list"] == [{"x": None}]


def test_a_revision_is_new_after_every_write(people: StandardCollection) -> None:
    seen = [people.insert({"_key": "a"})["_rev"]]
    seen += [people.update({"_key": "a", "n": 1})["_rev"] for _ in range(2)]
    seen += [people.replace({"_key": "a", "n": 1})["_rev"]]
    assert len(set(seen)) == len(seen)


def test_a_wrong_revision(people: StandardCollection, raw: Raw) -> None:
    old = people.insert({"_key": "a"})
    new = people.update({"_key": "a", "n": 1})
    stale = {"_key": "a", "_rev": old["_rev"], "n": 2}
    for write in (people.update, people.replace, people.delete):
        with pytest.raises(DocumentRevisionError) as error:
            write(stale)
        assert code_of(error) == (412, 1200)
    assert people.update(stale, check_rev=False)["_old_rev"] == new["_rev"]
    ignored = raw("PATCH", "/_api/document/people/a", {"_rev": "wrong"})
    assert ignored.status_code == 202  # `ignoreRevs` is true by default
    refused = raw("PATCH", "/_api/document/people/a?ignoreRevs=false", {"_rev": "wrong"})
    assert (refused.status_code, refused.json()["_key"]) == (412, "a")
    header = raw("PUT", "/_api/document/people/a", {}, If_Match='"wrong"')
    assert (header.status_code, header.json()["errorNum"]) == (412, 1200)


def test_missing_documents_through_the_driver(people: StandardCollection) -> None:
    with pytest.raises(DocumentUpdateError) as updated:
        people.update({"_key": "nobody"})
    with pytest.raises(DocumentReplaceError) as replaced:
        people.replace({"_key": "nobody"})
    with pytest.raises(DocumentDeleteError) as deleted:
        people.delete("nobody")
    assert [code_of(error) for error in (updated, replaced, deleted)] == [(404, 1202)] * 3
    assert people.delete("nobody", ignore_missing=True) is False


def test_delete(people: StandardCollection) -> None:
    people.insert({"_key": "a", "n": 1})
    assert people.delete("a", return_old=True)["old"]["n"] == 1
    assert not people.has("a")
    assert people.insert({"_key": "a"})["_key"] == "a"


# page "HTTP interface for documents", multiple document operations


def test_many_with_errors_in_the_list(people: StandardCollection, raw: Raw) -> None:
    people.insert({"_key": "a"})
    answer = raw("POST", "/_api/document/people", [{"_key": "a"}, {"_key": "b"}, {"_key": "a"}, {"_key": "b/c"}])
    assert answer.status_code == 202
    assert sorted(answer.headers["X-Arango-Error-Codes"].split(",")) == ["1210:2", "1221:1"]
    assert [each.get("errorNum") for each in answer.json()] == [1210, None, 1210, 1221]
    assert [each.get("error") for each in answer.json()] == [True, None, True, True]
    assert people.count() == 2  # the good ones were written


def test_many_through_the_driver(people: StandardCollection) -> None:
    assert numbers_of(people.insert_many([{"_key": "a"}, {"_key": "b"}, {"_key": "a"}])) == [0, 0, 1210]
    assert numbers_of(people.update_many([{"_key": "a", "n": 1}, {"_key": "x"}])) == [0, 1202]
    assert numbers_of(people.replace_many([{"_key": "x"}, {"_key": "b", "n": 2}])) == [1202, 0]
    assert [document["n"] for document in people.get_many(["a", "x", "b"])] == [1, 2]
    rev = people.get("a")["_rev"]
    stale = people.update_many([{"_key": "a", "_rev": "wrong"}, {"_key": "a", "_rev": rev, "n": 3}])
    assert isinstance(stale[0], DocumentRevisionError)
    assert people.get("a")["n"] == 3
    assert numbers_of(people.delete_many(["a", "x", {"_key": "b"}])) == [0, 1202, 0]
    assert people.count() == 0


def test_many_silently(people: StandardCollection, raw: Raw) -> None:
    assert raw("POST", "/_api/document/people?silent=true", [{"_key": "a"}, {"_key": "b"}]).json() == {}
    failed = raw("POST", "/_api/document/people?silent=true", [{"_key": "a"}, {"_key": "c"}]).json()
    assert [each["errorNum"] for each in failed] == [1210]


def test_get_many_reports_missing_ones(people: StandardCollection, raw: Raw) -> None:
    people.insert({"_key": "doc1", "hello": "world"})
    answer = raw("PUT", "/_api/document/people?onlyget=true", ["doc1", {"_key": "doc2"}])
    assert answer.status_code == 200
    assert answer.json()[0]["hello"] == "world"
    assert answer.json()[1]["errorNum"] == 1202


def test_a_document_of_another_collection(people: StandardCollection, raw: Raw) -> None:
    answer = raw("DELETE", "/_api/document/people", ["cats/tom"])
    assert [each["errorNum"] for each in answer.json()] == [1213]


# page "Edges", attributes of edges


@pytest.mark.parametrize(
    ("edge", "number"),
    [
        ({"_from": "a/1", "_to": "b/2"}, None),
        ({"_from": "a/1"}, 1233),
        ({"_to": "a/1"}, 1233),
        ({"_from": "a", "_to": "b/2"}, 1233),
        ({"_from": "a/1", "_to": 7}, 1233),
    ],
)
def test_edges_need_ends(database: StandardDatabase, raw: Raw, edge: dict[str, object], number: int | None) -> None:
    database.create_collection("links", edge=True)
    answer = raw("POST", "/_api/document/links", edge)
    assert answer.json().get("errorNum") == number
    assert answer.status_code == (202 if number is None else 400)


def test_an_update_keeps_the_ends_and_a_replacement_needs_them(database: StandardDatabase, raw: Raw) -> None:
    links = database.create_collection("links", edge=True)
    links.insert({"_key": "l", "_from": "a/1", "_to": "b/2"})
    links.update({"_key": "l", "n": 1})
    assert (links.get("l")["_from"], links.get("l")["n"]) == ("a/1", 1)
    assert raw("PUT", "/_api/document/links/l", {"n": 2}).json()["errorNum"] == 1233
    assert links.get("l")["n"] == 1
    links.update({"_key": "l", "_to": "b/3"})
    for vertex, keys in (("b/3", ["l"]), ("b/2", []), ("a/1", ["l"])):
        edges = raw("GET", f"/_api/edges/links?vertex={vertex}").json()["edges"]
        assert [edge["_key"] for edge in edges] == keys


def test_reading_from_a_collection_that_is_not_there(database: StandardDatabase) -> None:
    with pytest.raises(DocumentGetError) as error:
        database.collection("nothing").get("a")
    assert code_of(error) == (404, 1203)
