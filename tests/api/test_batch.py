from typing import Any

import pytest
from falcon.testing import TestClient

from arangovis.wiring import Arangovis
from tests.api.samples import posted, register

REPORT = {"role": "report", "attributes": {"digest": "0" * 64, "bytes": 1, "media_type": "text/plain"}}


def send(client: TestClient, *actions: object) -> list[dict[str, Any]]:
    answers: list[dict[str, Any]] = posted(client, "/api/v1/batch", {"actions": list(actions)})["answers"]
    assert len(answers) == len(actions)
    return answers


def test_actions_of_every_kind_see_the_ones_before(client: TestClient) -> None:
    project = {"action": "project", "name": "vision"}
    model = {"action": "model", "project": "vision", "name": "digits"}
    run = {"action": "run", "project": "vision", "method": "training", "key": "first", "outputs": [REPORT]}

    made = send(client, project, model, run)
    link = {"action": "link", "from": made[1]["node"], "to": "run/first", "role": "trained by"}
    linked = send(client, link, project, model, run, link)

    assert [answer["status"] for answer in made] == [201, 201, 201]
    assert [answer["status"] for answer in linked] == [201, 200, 200, 200, 200]
    lineage = client.simulate_get("/api/v1/lineage/run/first", params={"edges": "linked"}).json
    assert [(edge["from"], edge["role"]) for edge in lineage["edges"]] == [(made[1]["node"], "trained by")]


def test_each_action_fails_alone(client: TestClient) -> None:
    version = register(client)["node"]
    run = {"action": "run", "method": "training", "inputs": [{"node": version, "role": "start"}]}
    wrong: list[tuple[object, int, str]] = [
        ({"action": "run"}, 400, "method"),
        ({"action": "fly"}, 400, "action"),
        ({"method": "training"}, 400, "action"),
        ("run", 400, "action"),
        ([], 400, "action"),
        (None, 400, "action"),
        ({**run, "colour": "red"}, 400, "colour"),
        ({**run, "inputs": [{"node": "dataset/nothing", "role": "data"}]}, 404, ""),
        ({**run, "inputs": [{"node": "../etc", "role": "data"}]}, 400, "inputs.0.node"),
        ({**run, "params": {"layers": {"deep": 1}}}, 400, "params"),
        ({**run, "outputs": [{"role": "x", "kind": "unicorn"}]}, 400, "kind"),
        ({**run, "state": "PENDING"}, 400, "state"),
        ({**run, "project": "nowhere"}, 404, ""),
        ({"action": "model", "project": "nowhere", "name": "digits"}, 404, ""),
        ({"action": "project", "name": "\n"}, 400, "name"),
        ({"action": "link", "from": version, "to": version, "kind": "generated"}, 400, "kind"),
        ({"action": "link", "from": version}, 400, "to"),
    ]

    answers = send(client, *(part for action, _, _ in wrong for part in (run, action)), run)

    assert [answer["status"] for answer in answers[::2]] == [201] * (len(wrong) + 1)
    for (action, status, field), answer in zip(wrong, answers[1::2], strict=True):
        assert (answer["status"], answer["error"]["status"]) == (status, status), action
        assert field == "" or field in {fault["field"] for fault in answer["error"]["errors"]}, answer
    assert len(client.simulate_get("/api/v1/runs").json["items"]) == len(wrong) + 1


def test_one_batch_is_one_action_of_the_store(client: TestClient) -> None:
    send(client, *({"action": "run", "method": "training", "key": f"run-{number}"} for number in range(3)))

    versions = [client.simulate_get(f"/api/v1/runs/run-{number}").json["version"] for number in range(3)]

    assert len({version["action_id"] for version in versions}) == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "actions"),
        ({"actions": []}, "actions"),
        ({"actions": {}}, "actions"),
        ({"actions": [{"action": "project", "name": "p"}] * 1001}, "actions"),
        ({"actions": [{"action": "project", "name": "p"}], "atomic": True}, "atomic"),
    ],
)
def test_a_batch_that_is_none(client: TestClient, service: Arangovis, body: object, field: str) -> None:
    result = client.simulate_post("/api/v1/batch", json=body)

    assert result.status_code == 400
    assert [fault["field"] for fault in result.json["errors"]] == [field]
    assert service.store.change_number() == 0


def test_a_thousand_runs_in_one_request(client: TestClient) -> None:
    dataset = send(client, {"action": "run", "method": "import", "outputs": [REPORT], "key": "import"})
    assert dataset[0]["status"] == 201
    actions = [
        {"action": "run", "method": "training", "params": {"seed": number, "rate": 0.1}, "outputs": [REPORT]}
        for number in range(1000)
    ]

    assert {answer["status"] for answer in send(client, *actions)} == {201}

    page = client.simulate_get("/api/v1/runs", params={"filter": "params.seed >= 990", "limit": 1000}).json
    assert len(page["items"]) == 10
