"""Frames: uploaded, guessed at, parsed by a run, read in pages and as CSV, deleted with a tombstone."""

import gzip

import pytest
from falcon.testing import TestClient

from arangovis.domain.ids import NodeId
from arangovis.services.verification import check_store
from arangovis.wiring import Arangovis
from tests.api.detecting import CSV, Detecting, benign, cancer


@pytest.fixture
def world(service: Arangovis, client: TestClient) -> Detecting:
    return Detecting(service, client)


def test_a_frame_has_the_rows_and_figures_of_its_file(world: Detecting) -> None:
    names, rows, target = cancer()
    expected = rows[target == 1]
    frame = world.frame(benign(), "benign.csv")

    answer = world.client.simulate_get(f"/api/v1/frames/{frame.partition('/')[2]}").json
    page = world.client.simulate_get(f"/api/v1/frames/{frame.partition('/')[2]}/rows?limit=5&cursor=10").json

    assert answer["name"] == "benign.csv"
    assert answer["rows"] == len(expected)
    assert [column["name"] for column in answer["columns"]] == list(names)
    assert [column["maximum"] for column in answer["columns"]] == pytest.approx(expected.max(axis=0).tolist())
    assert [list(row.values()) for row in page["items"]] == expected[10:15].tolist()
    assert page["next_cursor"] == "15"
    assert check_store(world.service.store, world.service.artifacts) == []


def test_the_last_page_has_no_next(world: Detecting) -> None:
    key = world.frame(b"a,b\n1,x\n2,y\n").partition("/")[2]

    page = world.client.simulate_get(f"/api/v1/frames/{key}/rows?columns=b").json

    assert page == {"items": [{"b": "x"}, {"b": "y"}], "next_cursor": None}


def test_lineage_leads_to_the_file(world: Detecting) -> None:
    frame = world.frame(benign())

    assert world.upstream(frame) == [("dataset", "rows.csv"), ("run", "frame.parse"), ("artifact", "upload")]


def test_the_same_file_is_stored_once_and_packed_ones_are_read(world: Detecting) -> None:
    first, again = world.upload(benign()), world.upload(benign())
    packed = world.frame(gzip.compress(benign(), mtime=0), "rows.csv.gz")

    assert first == again
    rows = world.client.simulate_get(f"/api/v1/frames/{packed.partition('/')[2]}").json["rows"]
    assert rows == benign().count(b"\n") - 1


def test_a_setup_is_guessed_and_may_be_changed(world: Detecting) -> None:
    source = world.upload(b"zip;n\n00123;1\n00456;2\n")

    guessed = world.client.simulate_post("/api/v1/parse-setups", json={"source": source}).json
    frame = world.parse(source, name="codes", setup={"columns": [{"type": "categorical"}, {"name": "count"}]})
    answer = world.client.simulate_get(f"/api/v1/frames/{frame.partition('/')[2]}").json

    assert guessed["separator"] == ";"
    assert [column["type"] for column in guessed["columns"]] == ["text", "int"]
    assert guessed["preview"][0] == ["00123", "1"]
    assert [(column["name"], column["type"]) for column in answer["columns"]] == [
        ("zip", "categorical"),
        ("count", "int"),
    ]


@pytest.mark.parametrize(
    ("data", "field"),
    [(b"", "file"), (b"a,a\n1,2\n", "a"), (b"\0\1\2\0", "file")],
    ids=["empty", "a name twice", "no text"],
)
def test_content_that_cannot_be_taken_is_named(world: Detecting, data: bytes, field: str) -> None:
    headers = {"Content-Type": CSV}
    sent = world.client.simulate_post("/api/v1/uploads?name=f", body=data, headers=headers)
    if sent.status_code == 201:
        sent = world.client.simulate_post("/api/v1/parse-setups", json={"source": sent.json["node"]})

    assert sent.status_code == 422, sent.text
    assert field in [fault["field"] for fault in sent.json["errors"]]


def test_a_strict_parse_fails_where_cells_would_be_lost(world: Detecting) -> None:
    source = world.upload(b"n\n" + b"1\n" * 4000 + b"x\n")
    lenient = world.parse(source)
    result = world.client.simulate_post("/api/v1/frames", json={"source": source, "strict": True})
    world.work()

    warnings = world.client.simulate_get(f"/api/v1/frames/{lenient.partition('/')[2]}").json["warnings"]
    assert [(w["kind"], w["column"], w["count"], w["rows"]) for w in warnings] == [("unreadable", "n", 1, [4000])]
    run = world.run(result.json["id"])
    assert run["state"] == "ERROR"
    assert "n" in run["message"]


def test_a_header_alone_is_a_frame_without_rows(world: Detecting) -> None:
    key = world.frame(b"a,b\n", setup={"header": True}).partition("/")[2]

    assert world.client.simulate_get(f"/api/v1/frames/{key}").json["rows"] == 0
    assert world.client.simulate_get(f"/api/v1/frames/{key}/rows").json["items"] == []
    assert world.client.simulate_get(f"/api/v1/frames/{key}/content").content == b"a,b\n"


def test_csv_out_quotes_what_looks_like_a_formula(world: Detecting) -> None:
    key = world.frame(b"n,t\n1,=cmd()\n2,plain text\n3,+1+1\n").partition("/")[2]

    content = world.client.simulate_get(f"/api/v1/frames/{key}/content")

    assert content.headers["content-type"] == CSV
    assert b"'=cmd()" in content.content
    assert b"\n2,plain text" in content.content.replace(b'"', b"")
    again = world.client.simulate_get(
        f"/api/v1/frames/{key}/content", headers={"If-None-Match": content.headers["etag"]}
    )
    assert again.status_code == 304


def test_a_deleted_frame_is_gone_and_lineage_still_shows_it(world: Detecting) -> None:
    frame = world.frame(benign())
    number = world.train(frame)
    path = f"/api/v1/frames/{frame.partition('/')[2]}"

    refused = world.client.simulate_delete(path)
    deleted = world.client.simulate_delete(f"{path}?force=true")

    assert refused.status_code == 409
    assert refused.json["dependants"]
    assert deleted.status_code == 204
    assert world.client.simulate_get(path).status_code == 404
    assert world.client.simulate_delete(path).status_code == 404
    version = str(world.service.catalogue.version(number).id)
    assert ("dataset", None) in world.upstream(version)  # a tombstone says only the digest of what it was
    tombstone = world.service.store.get(NodeId.parse(frame))
    assert tombstone.version.deleted
    assert tombstone.attributes["content_digest"]


def test_frames_are_listed_newest_first(world: Detecting) -> None:
    names = ["one", "two", "three"]
    for name in names:
        world.frame(b"a\n1\n2\n", name)

    found = world.client.simulate_get("/api/v1/frames?limit=2").json
    rest = world.client.simulate_get("/api/v1/frames", params={"cursor": found["next_cursor"]}).json

    assert [frame["name"] for frame in found["items"] + rest["items"]] == names[::-1]
