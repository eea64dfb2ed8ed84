from typing import Any

import pytest
from falcon.testing import TestClient

from tests.api.samples import SIGNATURE, digits, posted, register, send_rows


def version_body(**changes: Any) -> dict[str, Any]:
    return {"project": "demo", "model": "digits", "signature": SIGNATURE, **changes}


def test_versions_are_numbered(client: TestClient) -> None:
    first = register(client)
    other = {"inputs": [], "outputs": [{"name": "class", "shape": [], "dtype": "int64"}]}

    again = client.simulate_post("/api/v1/model-versions", json=version_body())
    second = client.simulate_post("/api/v1/model-versions", json=version_body(signature=other))
    named = client.simulate_post("/api/v1/model-versions", json=version_body(version="blue"))

    assert first == {"id": 1, "node": first["node"], "version": "1"}
    assert (again.status_code, again.json) == (200, first)
    assert (second.status_code, second.json["id"], second.json["version"]) == (201, 2, "2")
    assert (named.status_code, named.json["id"], named.json["version"]) == (201, 3, "blue")


def test_another_signature_under_one_version_is_a_conflict(client: TestClient) -> None:
    register(client)
    other = {"inputs": [], "outputs": []}

    result = client.simulate_post("/api/v1/model-versions", json=version_body(version="1", signature=other))

    assert result.status_code == 409


@pytest.mark.parametrize("missing", ["project", "model"])
def test_a_version_needs_project_and_model(client: TestClient, missing: str) -> None:
    register(client)

    result = client.simulate_post("/api/v1/model-versions", json=version_body(**{missing: "nowhere"}))

    assert result.status_code == 404
    assert "nowhere" in result.json["detail"]


def test_profiles_and_types_of_other_servers_are_understood(client: TestClient) -> None:
    register(client)
    fields = [
        {"name": "age", "shape": [], "dtype": "DT_INT64", "profile": "Numerical"},
        {"name": "job", "dtype": "string"},
        {"name": "embedding", "shape": [1, -1], "dtype": "dt_float", "profile": "none"},
    ]
    made = posted(client, "/api/v1/model-versions", version_body(signature={"inputs": fields, "outputs": []}))

    stored = client.simulate_get(f"/api/v1/model-versions/{made['id']}").json["signature"]["inputs"]

    assert stored == [
        {"name": "age", "shape": [], "dtype": "int64", "profile": "NUMERICAL"},
        {"name": "job", "shape": [], "dtype": "string", "profile": "NONE"},
        {"name": "embedding", "shape": [1, -1], "dtype": "float32", "profile": "NONE"},
    ]


def test_a_version_tells_its_data(client: TestClient) -> None:
    version = register(client)
    path = f"/api/v1/model-versions/{version['id']}"
    assert client.simulate_get(path).json["training_data"] is None

    stored = send_rows(client, f"{path}/production-data", digits()).json

    shown = client.simulate_get(path).json
    assert shown["production_data"] == stored["node"]
    assert (shown["id"], shown["name"], shown["version"]) == (1, "digits", "1")


def test_versions_are_listed_newest_first(client: TestClient) -> None:
    register(client)
    register(client, model="letters")

    page = client.simulate_get("/api/v1/model-versions", params={"limit": 1}).json
    rest = client.simulate_get("/api/v1/model-versions", params={"cursor": page["next_cursor"]}).json

    assert [item["id"] for item in (*page["items"], *rest["items"])] == [2, 1]
    assert rest["next_cursor"] is None


@pytest.mark.parametrize(("number", "status"), [("2", 404), ("0", 404), ("9" * 30, 404), ("one", 400), ("1.0", 400)])
def test_unknown_versions(client: TestClient, number: str, status: int) -> None:
    register(client)

    assert client.simulate_get(f"/api/v1/model-versions/{number}").status_code == status
    body = {"name": "anomaly", "threshold": 1.0, "operation": "Less"}
    assert client.simulate_post(f"/api/v1/model-versions/{number}/metric-specs", json=body).status_code == status


def test_metric_specs(client: TestClient) -> None:
    path = f"/api/v1/model-versions/{register(client)['id']}/metric-specs"
    anomaly = {"name": "anomaly", "threshold": 5.5, "operation": "Less"}
    drift = {"name": "drift", "threshold": 1, "operation": "GreaterEq"}

    first = client.simulate_post(path, json=anomaly)
    again = client.simulate_post(path, json=anomaly)
    other = client.simulate_post(path, json={**anomaly, "threshold": 7})
    posted(client, path, drift)

    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 409)
    listed = client.simulate_get(path).json["items"]
    assert [{**anomaly, "node": first.json["node"]}, drift] == [
        listed[0],
        {name: value for name, value in listed[1].items() if name != "node"},
    ]
