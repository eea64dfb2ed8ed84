from typing import Any

import pytest
from falcon.testing import TestClient

from arangovis.domain.graph import Caller
from arangovis.domain.ids import NodeId
from arangovis.domain.work import Input, Made
from arangovis.wiring import Arangovis
from tests.api.samples import posted, register_with_data
from tests.api.working import ask, finish, take

REPORT = {"digest": "0" * 64, "bytes": 1, "media_type": "text/plain"}
PARAMETERS = {"n_neighbours": 15, "min_dist": 0.1, "n_components": 2, "metric": "euclidean"}


def chain(client: TestClient, length: int) -> list[str]:
    """Log runs, each reading what the one before made; return runs and artifacts from the last to the first."""
    nodes: list[str] = []
    for number in range(length):
        inputs = [{"node": nodes[0], "role": "report"}] if nodes else []
        outputs = [{"role": "report", "attributes": REPORT}]
        body = {"method": "step", "key": f"step-{number}", "inputs": inputs, "outputs": outputs}
        run = posted(client, "/api/v1/runs", body)["node"]
        made = client.simulate_get(f"/api/v1/lineage/{run}", params={"direction": "downstream"}).json["nodes"][1]
        nodes = [made["id"], run, *nodes]
    return nodes


def asked(client: TestClient, node: str, **params: Any) -> dict[str, Any]:
    result = client.simulate_get(f"/api/v1/lineage/{node}", params=params)
    assert result.status_code == 200, result.text
    document: dict[str, Any] = result.json
    return document


def shown(document: dict[str, Any]) -> list[str]:
    return [node["id"] for node in document["nodes"]]


def test_upstream_is_the_whole_past_by_depth(client: TestClient) -> None:
    nodes = chain(client, 3)

    document = asked(client, nodes[0])

    assert document["start"] == nodes[0]
    assert shown(document) == nodes
    assert [node["depth"] for node in document["nodes"]] == [0, 1, 2, 3, 4, 5]
    assert {(edge["from"], edge["to"]) for edge in document["edges"]} == set(zip(nodes[1:], nodes, strict=False))
    assert (document["partial"], document["partial_reasons"]) == (False, [])


def test_downstream_and_both(client: TestClient) -> None:
    nodes = chain(client, 3)

    assert shown(asked(client, nodes[-1], direction="downstream")) == nodes[::-1]
    assert sorted(shown(asked(client, nodes[3], direction="both"))) == sorted(nodes)


def test_a_cut_answer_says_why(client: TestClient) -> None:
    nodes = chain(client, 3)

    deep, short = asked(client, nodes[0], depth=2), asked(client, nodes[0], limit=4)

    assert (shown(deep), deep["partial_reasons"]) == (nodes[:3], ["depth"])
    assert (shown(short), short["partial_reasons"]) == (nodes[:4], ["limit"])


def test_kinds_are_what_is_shown(client: TestClient) -> None:
    nodes = chain(client, 2)

    assert shown(asked(client, nodes[0], kinds="run")) == [nodes[0], nodes[1], nodes[3]]


def test_other_edges_are_followed_when_named(client: TestClient) -> None:
    version = register_with_data(client)["node"]

    document = asked(client, version, edges="contains, succeeded_by", direction="both", depth=1)

    kinds = sorted(node["kind"] for node in document["nodes"])
    assert kinds == ["dataset", "metric_spec", "model", "model_version"]
    assert asked(client, version)["edges"] == []


def test_lineage_as_it_was(client: TestClient) -> None:
    nodes = chain(client, 2)
    second = client.simulate_get(f"/api/v1/nodes/{nodes[1]}").json["created"]

    assert shown(asked(client, nodes[2], direction="downstream", at=second - 1)) == [nodes[2]]
    assert shown(asked(client, nodes[2], direction="downstream", at=second)) == nodes[:3][::-1]


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"direction": "sideways"}, "direction"),
        ({"depth": "-1"}, "depth"),
        ({"depth": "1001"}, "depth"),
        ({"limit": "0"}, "limit"),
        ({"limit": "100001"}, "limit"),
        ({"kinds": "run,unicorn"}, "kinds"),
        ({"edges": "knows"}, "edges"),
        ({"deep": "1"}, "deep"),
    ],
)
def test_questions_that_cannot_be_answered(client: TestClient, params: dict[str, str], field: str) -> None:
    result = client.simulate_get(f"/api/v1/lineage/{chain(client, 1)[0]}", params=params)

    assert result.status_code == 400
    assert [fault["field"] for fault in result.json["errors"]] == [field]


def test_unchanged_lineage_is_not_sent_again(client: TestClient) -> None:
    node = chain(client, 1)[0]
    tag = client.simulate_get(f"/api/v1/lineage/{node}").headers["etag"]

    assert client.simulate_get(f"/api/v1/lineage/{node}", headers={"If-None-Match": tag}).status_code == 304


def test_where_a_plot_comes_from(client: TestClient, service: Arangovis) -> None:
    number = register_with_data(client)["id"]
    params = {"model_version_id": number, "parameters": PARAMETERS}
    set_by = client.simulate_post("/visualization/params/umap", json=params, headers={"X-Arangovis-Actor": "grace"})
    assert set_by.status_code == 200, set_by.text
    start = {"model_version_id": number}
    asked_by = {"X-Arangovis-Actor": "ada"}
    assert (
        client.simulate_post("/visualization/plottable_embeddings/umap", json=start, headers=asked_by).status_code
        == 202
    )
    claim = take(service)
    finish(service, claim, Made("plot", b"...", "application/json"))
    (plot,) = client.simulate_get("/api/v1/artifacts", params={"filter": "role = 'plot'"}).json["items"]

    origin = client.simulate_get(f"/api/v1/origin/{plot['id']}").json

    assert origin["node"] == plot["id"]
    assert origin["run"]["id"] == str(claim.run.id)
    assert origin["requested_by"] == "ada"
    assert origin["created_by"] == "worker-1"
    inputs = {item["role"]: item for item in origin["inputs"]}
    assert set(inputs) == {"model", "production", "metric"}
    stream = client.simulate_get(f"/api/v1/model-versions/{number}").json["production_data"]
    assert inputs["production"]["derived_from"] == [stream]
    assert origin["parameters"] == PARAMETERS
    assert origin["parameters_set_by"]["actor"] == "grace"
    assert origin["parameters_set_by"]["node"].startswith("params/")


def test_the_origin_of_a_logged_run_is_itself(client: TestClient) -> None:
    body = {"method": "training", "params": {"layers": 2}}
    node = client.simulate_post("/api/v1/runs", json=body, headers={"X-Arangovis-Actor": "ada"}).json["node"]

    origin = client.simulate_get(f"/api/v1/origin/{node}").json

    assert (origin["node"], origin["run"]["id"], origin["requested_by"]) == (node, node, "ada")
    assert origin["parameters"] == {"layers": 2}
    assert origin["parameters_set_by"] == {"node": node, "actor": "ada", "at": origin["requested_at"]}


def test_the_origin_of_an_upload_is_who_sent_it(client: TestClient) -> None:
    number = register_with_data(client)["id"]
    stream = client.simulate_get(f"/api/v1/model-versions/{number}").json["production_data"]

    origin = client.simulate_get(f"/api/v1/origin/{stream}").json

    assert (origin["run"], origin["requested_by"], origin["inputs"]) == (None, None, [])
    assert origin["created_by"] == "anonymous"


def test_the_newest_of_several_runs_is_the_origin(client: TestClient, service: Arangovis, caller: Caller) -> None:
    report = chain(client, 1)[0]
    again = {"method": "step", "key": "again", "outputs": [{"role": "report", "node": report}]}
    posted(client, "/api/v1/runs", again)
    run = ask(service, caller, Input(NodeId.parse(report), "report"))

    assert client.simulate_get(f"/api/v1/origin/{report}").json["run"]["id"] == "run/again"
    assert [i["role"] for i in client.simulate_get(f"/api/v1/origin/{run.id}").json["inputs"]] == ["report"]
