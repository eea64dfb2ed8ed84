from datetime import UTC, datetime, timedelta

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
