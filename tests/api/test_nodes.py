from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from falcon.testing import TestClient

from arangovis.domain.graph import Caller
from arangovis.domain.ids import NodeId
from arangovis.wiring import Arangovis
from tests.api.samples import digits, posted, register, send_rows

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@pytest.fixture
def stream(client: TestClient) -> str:
    """Return the id of a stream that was appended to twice."""
    path = f"/api/v1/model-versions/{register(client)['id']}/production-data"
    send_rows(client, path, digits(40))
    return str(send_rows(client, path, digits(60)).json["node"])


def test_every_version_is_kept(client: TestClient, stream: str) -> None:
    versions = client.simulate_get(f"/api/v1/history/{stream}").json["items"]

    assert [version["attributes"]["rows"] for version in versions] == [40, 100]
    assert [version["version"]["number"] for version in versions] == [1, 2]
    assert versions[0]["version"]["valid_to"] == versions[1]["version"]["valid_from"]
    assert versions[1]["version"]["valid_to"] is None


def test_a_node_as_it_was(client: TestClient, stream: str) -> None:
    second = client.simulate_get(f"/api/v1/nodes/{stream}").json["version"]["valid_from"]
    before = (EPOCH + timedelta(microseconds=second - 1)).isoformat()

    rows = {
        at: client.simulate_get(f"/api/v1/nodes/{stream}", params={"at": at}).json["attributes"]["rows"]
        for at in (str(second), str(second - 1), before, before.replace("+00:00", "Z"), "")
    }

    assert list(rows.values()) == [100, 40, 40, 40, 100]
    assert client.simulate_get(f"/api/v1/nodes/{stream}", params={"at": "2001-01-01"}).status_code == 404


@pytest.mark.parametrize("at", ["yesterday", "-5", "9" * 25, "2026-13-01", "1.5"])
def test_times_that_are_none(client: TestClient, stream: str, at: str) -> None:
    result = client.simulate_get(f"/api/v1/nodes/{stream}", params={"at": at})

    assert result.status_code == 400
    assert result.json["errors"][0]["field"] == "at"


def test_a_deleted_node_is_its_tombstone(client: TestClient, service: Arangovis, caller: Caller) -> None:
    node = posted(client, "/api/v1/projects", {"name": "short-lived"})["node"]
    service.store.transact(lambda transaction: transaction.delete(NodeId.parse(node)), caller)

    shown = client.simulate_get(f"/api/v1/nodes/{node}").json

    assert shown["version"]["deleted"]
    assert shown["version"]["actor"] == "ada"
    assert client.simulate_get("/api/v1/projects").json["items"] == []


@pytest.mark.parametrize(
    ("node", "status"),
    [
        ("dataset/nothing", 404),
        ("nothing/nothing", 404),
        ("Dataset/x", 400),
        ("dataset/..", 400),
        ("dataset/a..b", 400),
        ("dataset/.hidden", 400),
        ("dataset/" + "k" * 129, 400),
        ("dataset/a%00b", 400),
        ("dataset/a%0Ab", 400),
        ("dataset/%ff", 400),
        ("dataset/..%2f..%2fetc%2fpasswd", 404),
    ],
)
@pytest.mark.parametrize("noun", ["nodes", "history", "lineage", "origin"])
def test_ids_that_are_none(client: TestClient, noun: str, node: str, status: int) -> None:
    assert client.simulate_get(f"/api/v1/{noun}/{node}").status_code == status


def test_an_unchanged_node_is_not_sent_again(client: TestClient, stream: str) -> None:
    for noun in ("nodes", "history"):
        tag = client.simulate_get(f"/api/v1/{noun}/{stream}").headers["etag"]
        assert client.simulate_get(f"/api/v1/{noun}/{stream}", headers={"If-None-Match": tag}).status_code == 304


# --- edges ------------------------------------------------------------------------------------------------------

LONGEST_ROLE = "\N{SHADOWED WHITE STAR}\N{GRINNING FACE}" * 128


@pytest.fixture
def hub(client: TestClient, stream: str) -> str:
    """Return a stream that six runs of the user's read, in the longest role that there may be."""
    for number in range(6):
        inputs = [{"node": stream, "role": LONGEST_ROLE}]
        posted(client, "/api/v1/runs", {"method": "training", "key": f"fold-{number}", "inputs": inputs})
    return stream


def edges(client: TestClient, node: str, **params: Any) -> dict[str, Any]:
    result = client.simulate_get(f"/api/v1/nodes/{node}/edges", params=params)
    assert result.status_code == 200, result.text
    document: dict[str, Any] = result.json
    return document


def test_edges_come_in_pages_with_their_other_ends(client: TestClient, hub: str) -> None:
    items, cursor = [], None
    while True:
        page = edges(client, hub, direction="downstream", limit=4, **({} if cursor is None else {"cursor": cursor}))
        items += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
        assert len(page["items"]) == 4

    assert sorted(item["to"] for item in items) == [f"run/fold-{number}" for number in range(6)]
    assert {(item["kind"], item["from"], item["role"]) for item in items} == {("input_to", hub, LONGEST_ROLE)}
    for item in items:
        assert item["node"] == client.simulate_get(f"/api/v1/nodes/{item['to']}").json


def test_the_edges_that_enter_are_meant_if_nothing_is_said(client: TestClient, hub: str) -> None:
    assert edges(client, hub) == {"items": [], "next_cursor": None}
    (item,) = edges(client, "run/fold-1")["items"]
    assert (item["from"], item["node"]["id"]) == (hub, hub)
    assert edges(client, "run/fold-1", edges="generated, derived_into")["items"] == []
    (part,) = edges(client, hub, edges="contains")["items"]
    assert part["node"]["kind"] == "model_version"


def test_edges_as_they_were(client: TestClient, hub: str) -> None:
    second = client.simulate_get("/api/v1/nodes/run/fold-1").json["created"]
    (item,) = edges(client, hub, direction="downstream", at=second - 1)["items"]
    assert item["to"] == "run/fold-0"
    assert client.simulate_get(f"/api/v1/nodes/{hub}/edges", params={"at": 1}).status_code == 404


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"direction": "both"}, "direction"),
        ({"limit": "0"}, "limit"),
        ({"limit": "1001"}, "limit"),
        ({"edges": "input_to,knows"}, "edges"),
        ({"cursor": "nonsense"}, "cursor"),
        ({"cursor": "A" * 4000}, "cursor"),
        ({"depth": "1"}, "depth"),
        ({"at": "noon"}, "at"),
    ],
)
def test_edges_that_cannot_be_listed(client: TestClient, stream: str, params: dict[str, str], field: str) -> None:
    result = client.simulate_get(f"/api/v1/nodes/{stream}/edges", params=params)

    assert result.status_code == 400
    assert [fault["field"] for fault in result.json["errors"]] == [field]


def test_edges_of_nothing_and_unchanged_edges(client: TestClient, stream: str) -> None:
    assert client.simulate_get("/api/v1/nodes/run/nothing/edges").status_code == 404
    tag = client.simulate_get(f"/api/v1/nodes/{stream}/edges").headers["etag"]
    again = client.simulate_get(f"/api/v1/nodes/{stream}/edges", headers={"If-None-Match": tag})
    assert again.status_code == 304
