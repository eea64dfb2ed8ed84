from typing import Any
from urllib.parse import quote

import pytest
from falcon.testing import TestClient

from arangovis.domain.graph import Caller
from arangovis.wiring import Arangovis
from tests.api.samples import posted, register
from tests.api.working import LEASE_US, METHOD, ask, finish, take

KEY = "0c0ffee0-0000-4000-8000-000000000001"


def training(**changes: Any) -> dict[str, Any]:
    return {
        "method": "training",
        "project": "demo",
        "params": {"learning_rate": 0.01, "layers": 2, "optimizer": "adam"},
        "metrics": {"accuracy": 0.93},
        "tags": ["baseline"],
        **changes,
    }


def found(client: TestClient, **params: Any) -> list[str]:
    return [item["attributes"]["name"] for item in client.simulate_get("/api/v1/runs", params=params).json["items"]]


@pytest.fixture
def three_runs(client: TestClient) -> None:
    register(client)
    posted(client, "/api/v1/runs", training(name="slow", params={"learning_rate": 0.001}))
    posted(client, "/api/v1/runs", training(name="fast", tags=["baseline", "wide"]))
    posted(client, "/api/v1/runs", training(name="lost", state="ERROR", method="scoring", project=None))


def test_a_run_is_logged_with_everything(client: TestClient) -> None:
    version = register(client)
    body = training(
        key=KEY,
        name="first",
        attributes={"host": "gpu-3"},
        started="2026-01-05T10:00:00Z",
        ended=1_767_607_500_000_000,
        inputs=[{"node": version["node"], "role": "start"}],
        outputs=[{"role": "report", "attributes": {"digest": "0" * 64, "bytes": 3, "media_type": "text/plain"}}],
    )
    result = client.simulate_post("/api/v1/runs", json=body)

    assert result.status_code == 201
    assert result.json["node"] == f"run/{KEY}"
    run = client.simulate_get(f"/api/v1/runs/{KEY}", headers={"X-Arangovis-Actor": "ada"}).json
    assert run["lease"] is None
    attributes = run["attributes"]
    assert attributes["params"] == {"learning_rate": 0.01, "layers": 2, "optimizer": "adam"}
    assert (attributes["state"], attributes["executor"]) == ("SUCCESS", "external")
    assert (attributes["started"], attributes["ended"]) == (1_767_607_200_000_000, 1_767_607_500_000_000)
    lineage = client.simulate_get(f"/api/v1/lineage/run/{KEY}", params={"direction": "both"}).json
    assert {(edge["kind"], edge["role"]) for edge in lineage["edges"]} == {
        ("input_to", "start"),
        ("generated", "report"),
    }


def test_the_same_run_is_logged_once(client: TestClient) -> None:
    register(client)
    first = client.simulate_post("/api/v1/runs", json=training(key=KEY))
    again = client.simulate_post("/api/v1/runs", json=training(key=KEY))
    other = client.simulate_post("/api/v1/runs", json=training(key=KEY, metrics={"accuracy": 0.5}))

    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 409)


def test_actor_and_request_id_are_recorded(client: TestClient) -> None:
    register(client)
    headers = {"X-Arangovis-Actor": "ada", "X-Request-Id": "nightly-7"}
    result = client.simulate_post("/api/v1/runs", json=training(), headers=headers)

    version = client.simulate_get(result.headers["location"]).json["version"]

    assert (version["actor"], version["request_id"]) == ("ada", "nightly-7")
    assert result.headers["x-request-id"] == "nightly-7"


@pytest.mark.usefixtures("three_runs")
def test_runs_are_found(client: TestClient) -> None:
    assert found(client) == ["lost", "fast", "slow"]
    assert found(client, method="training") == ["fast", "slow"]
    assert found(client, state="ERROR") == ["lost"]
    assert found(client, project="demo") == ["fast", "slow"]
    assert found(client, filter="params.learning_rate < 0.005") == ["slow"]
    assert found(client, filter="tags = 'wide' or name = 'slow'", method="training") == ["fast", "slow"]
    assert found(client, filter="metrics.accuracy >= 0.9 and not tags = 'wide'", state="SUCCESS") == ["slow"]


@pytest.mark.usefixtures("three_runs")
def test_pages_of_runs(client: TestClient) -> None:
    first = client.simulate_get("/api/v1/runs", params={"limit": 2}).json
    second = client.simulate_get("/api/v1/runs", params={"limit": 2, "cursor": first["next_cursor"]}).json

    assert [item["attributes"]["name"] for item in first["items"]] == ["lost", "fast"]
    assert [item["attributes"]["name"] for item in second["items"]] == ["slow"]
    assert second["next_cursor"] is None


@pytest.mark.usefixtures("three_runs")
@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"filter": "params.learning_rate <"}, "filter"),
        ({"filter": "x" * 10_001}, "filter"),
        ({"limit": "0"}, "limit"),
        ({"limit": "1001"}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"cursor": "nonsense"}, "cursor"),
        ({"state": "DONE"}, "state"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_question_that_cannot_be_read(client: TestClient, params: dict[str, str], field: str) -> None:
    result = client.simulate_get("/api/v1/runs", params=params)

    assert result.status_code == 400
    assert [fault["field"] for fault in result.json["errors"]] == [field]


def test_an_open_run_shows_its_progress(client: TestClient, service: Arangovis, caller: Caller) -> None:
    run = ask(service, caller)
    waiting = client.simulate_get(f"/api/v1/runs/{run.id.key}").json
    claim = take(service)
    service.runs.renew(claim, lease_us=LEASE_US, progress=0.25, stage="neighbours")
    working = client.simulate_get(f"/api/v1/runs/{run.id.key}").json
    finish(service, claim)
    done = client.simulate_get(f"/api/v1/runs/{run.id.key}").json

    assert (waiting["attributes"]["state"], waiting["lease"]["owner"]) == ("PENDING", "")
    lease = working["lease"]
    assert (lease["progress"], lease["stage"], lease["owner"], lease["attempt"]) == (0.25, "neighbours", "worker-1", 1)
    assert (done["attributes"]["state"], done["lease"]) == ("SUCCESS", None)


def test_cancelling(client: TestClient, service: Arangovis, caller: Caller) -> None:
    path = f"/api/v1/runs/{ask(service, caller).id.key}"

    cancelled = client.simulate_post(f"{path}/cancel", headers={"X-Arangovis-Actor": "ada"})
    again = client.simulate_post(f"{path}/cancel", json={})

    assert (cancelled.status_code, again.status_code) == (200, 200)
    assert cancelled.json["attributes"]["state"] == "CANCELLED"
    assert cancelled.json["version"]["actor"] == "ada"
    assert service.runs.claim([METHOD], "worker-1", lease_us=LEASE_US) is None


def test_what_ended_is_not_cancelled(client: TestClient) -> None:
    register(client)
    posted(client, "/api/v1/runs", training(key=KEY))

    assert client.simulate_post(f"/api/v1/runs/{KEY}/cancel").status_code == 409
    assert client.simulate_post("/api/v1/runs/nothing/cancel").status_code == 404
    assert client.simulate_post(f"/api/v1/runs/{KEY}/cancel", json={"why": "so"}).status_code == 400


@pytest.mark.parametrize("key", ["nothing", "01a1fc58-eccd-72b7-9209-104f77f9d552"])
def test_unknown_runs(client: TestClient, key: str) -> None:
    assert client.simulate_get(f"/api/v1/runs/{key}").status_code == 404


@pytest.mark.usefixtures("three_runs")
def test_an_unchanged_list_is_not_sent_again(client: TestClient) -> None:
    path = f"/api/v1/runs?filter={quote('tags exists')}"
    tag = {"If-None-Match": client.simulate_get(path).headers["etag"]}

    assert client.simulate_get(path, headers=tag).status_code == 304
    posted(client, "/api/v1/runs", training(name="later"))
    assert client.simulate_get(path, headers=tag).status_code == 200
