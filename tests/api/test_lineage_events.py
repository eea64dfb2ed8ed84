"""OpenLineage over REST: events of every kind as the real client writes them, and those that are none."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from falcon.testing import Result, TestClient

from tests.api.openlineage.make import BUCKET, DAY, LOAD, POSTGRES, TRAIN, events

FOLDER = Path(__file__).parent / "openlineage"
FILES = sorted(path.stem for path in FOLDER.glob("*.json"))
ROOT = "/api/v1"


def event(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    return found


def post(client: TestClient, document: object, path: str = "lineage", **members: Any) -> Result:
    return client.simulate_post(f"{ROOT}/{path}", json=document, **members)


def taken(client: TestClient, *names: str) -> list[Any]:
    answers = [post(client, event(name)) for name in names]
    assert {answer.status_code for answer in answers} <= {200, 201}, [answer.text for answer in answers]
    return [answer.json for answer in answers]


def node(client: TestClient, node_id: str) -> Any:
    return client.simulate_get(f"{ROOT}/nodes/{node_id}").json["attributes"]


def test_the_files_are_those_that_the_client_writes_now() -> None:
    assert sorted(events()) == FILES


@pytest.mark.parametrize("name", FILES)
def test_an_event_of_every_kind_is_taken_and_its_repeat_is_harmless(client: TestClient, name: str) -> None:
    (answer,) = taken(client, name)
    again = post(client, event(name))
    assert (answer["changed"], again.status_code, again.json["changed"]) == (True, 200, False)


def test_the_story_of_the_files_is_one_lineage(client: TestClient) -> None:
    taken(client, *sorted(FILES, key=lambda name: str(event(name)["eventTime"])))
    model = _find(client, "models/forest.onnx")
    lineage = client.simulate_get(f"{ROOT}/lineage/{model}").json
    names = [found["attributes"]["name"] for found in lineage["nodes"]]
    assert names[:3] == ["models/forest.onnx", "daily.train", "cellar.public.wine"]
    assert sorted(names[3:]) == ["daily.load", "raw/wine.csv"]
    run = node(client, f"run/{LOAD}")
    assert (run["state"], run["method"], run["tags"]) == ("SUCCESS", "airflow.example", ["nightly"])
    assert (run["environment"]["spark"], run["code"]["commit"]) == ("3.5.1", "abc123")
    assert node(client, f"run/{TRAIN}")["params"] == {"trees": "300"}
    assert node(client, f"run/{DAY}")["state"] == "CANCELLED"
    table = node(client, _find(client, "cellar.public.wine"))
    assert (table["version"], table["attributes"]["owners"]) == ("12", ["team:cellar"])
    downstream = client.simulate_get(
        f"{ROOT}/lineage/{_find(client, 'raw/wine.csv')}", params={"direction": "downstream"}
    )
    assert "cellar.marts.wine" in {found["attributes"]["name"] for found in downstream.json["nodes"]}


def _find(client: TestClient, name: str) -> str:
    """Return the newest data set that events call so."""
    asked = {"kinds": ["dataset"], "filter": f'attributes.openlineage_name = "{name}"'}
    found = [item.get("node", item) for item in client.simulate_post(f"{ROOT}/search", json=asked).json["items"]]
    return str(max(found, key=lambda item: str(item["attributes"].get("version", "")))["id"])


def test_a_deleted_run_takes_no_events(client: TestClient) -> None:
    taken(client, "run-start")
    assert client.simulate_delete(f"{ROOT}/runs/{LOAD}").status_code == 204
    assert post(client, event("run-complete")).status_code == 410


def test_columns_are_followed_through_events(client: TestClient) -> None:
    taken(client, "run-complete")
    table = _find(client, "cellar.public.wine")
    found = client.simulate_get(f"{ROOT}/columns/{table}", params={"column": "ash_scaled"}).json
    assert [(link["source"]["column"], link["transform"]) for link in found["links"]] == [
        ("ash", "DIRECT/TRANSFORMATION: scaled")
    ]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"eventType": "DONE"}, "eventType"),
        ({"eventTime": "now"}, "eventTime"),
        ({"run": {"runId": "1"}}, "run.runId"),
        ({"job": {"name": "x"}}, "job.namespace"),
        ({"inputs": [{"namespace": BUCKET}]}, "inputs.0.name"),
        ({"outputs": [{"namespace": POSTGRES, "name": "x", "facets": {"schema": "y"}}]}, "outputs.0.facets.schema"),
    ],
)
def test_what_is_wrong_with_an_event_is_named(client: TestClient, change: dict[str, Any], field: str) -> None:
    answer = post(client, {**event("run-start"), **change})
    assert answer.status_code == 400
    assert [fault["field"] for fault in answer.json["errors"]] == [field]
    assert client.simulate_get(f"{ROOT}/nodes/run/{LOAD}").status_code == 404


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"7", b"null", b'"event"'])
def test_a_body_that_is_no_event_is_refused(client: TestClient, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    assert client.simulate_post(f"{ROOT}/lineage", body=body, headers=headers).status_code == 400


def test_another_media_type_is_refused(client: TestClient) -> None:
    headers = {"Content-Type": "text/plain"}
    assert client.simulate_post(f"{ROOT}/lineage", body=b"{}", headers=headers).status_code == 415


def _packed(client: TestClient, body: bytes, coding: str = "gzip") -> Result:
    headers = {"Content-Type": "application/json", "Content-Encoding": coding}
    return client.simulate_post(f"{ROOT}/lineage", body=body, headers=headers)


def test_a_packed_event_is_unpacked(client: TestClient) -> None:
    packed = gzip.compress(json.dumps(event("run-start")).encode())
    assert _packed(client, packed).status_code == 201
    assert _packed(client, packed[:-9]).status_code == 400
    assert _packed(client, b"not packed").status_code == 400
    assert _packed(client, packed, "br").status_code == 415
    assert _packed(client, gzip.compress(bytes(40 << 20))).status_code == 413


def test_a_batch_says_what_was_not_taken(client: TestClient) -> None:
    answer = post(client, [event("run-start"), {"eventType": "X"}, event("run-complete")], "lineage/batch")
    assert answer.status_code == 200
    assert answer.json["status"] == "partial_success"
    summary = {"received": 3, "successful": 2, "failed": 1, "retriable": 0, "non_retriable": 1}
    assert answer.json["summary"] == summary
    assert answer.json["failed_events"][0]["index"] == 1
    assert "eventTime: is missing" in answer.json["failed_events"][0]["reason"]
    assert node(client, f"run/{LOAD}")["state"] == "SUCCESS"


def test_a_batch_is_a_list_of_few_enough_events(client: TestClient) -> None:
    assert post(client, event("run-start"), "lineage/batch").status_code == 400
    assert post(client, [{}] * 1001, "lineage/batch").status_code == 400
    assert post(client, [], "lineage/batch").json["status"] == "success"


def test_events_go_into_a_project(client: TestClient) -> None:
    client.simulate_post(f"{ROOT}/projects", json={"name": "cellar"})
    answer = post(client, event("run-start"), params={"project": "cellar"})
    assert answer.status_code == 201
    assert post(client, event("dataset"), params={"project": "nowhere"}).status_code == 404
