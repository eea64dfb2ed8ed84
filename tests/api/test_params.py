from typing import Any

from falcon.testing import TestClient

from arangovis.wiring import Arangovis
from tests.api.samples import register_with_data
from tests.api.working import METHOD

PARAMETERS = {"n_neighbours": 15, "min_dist": 0.1, "n_components": 2, "metric": "euclidean"}


def set_parameters(client: TestClient, actor: str, **changes: Any) -> None:
    body = {"model_version_id": 1, "parameters": {**PARAMETERS, **changes}}
    result = client.simulate_post("/visualization/params/umap", json=body, headers={"X-Arangovis-Actor": actor})
    assert result.status_code == 200, result.text


def test_every_revision_with_its_runs(client: TestClient, service: Arangovis) -> None:
    register_with_data(client)
    path = "/api/v1/model-versions/1/params/umap/history"
    assert client.simulate_get(path).json["items"] == []
    for actor, neighbours in (("ada", 15), ("grace", 30), ("ada", 30), ("grace", 15)):
        set_parameters(client, actor, n_neighbours=neighbours)
    client.simulate_post("/visualization/plottable_embeddings/umap", json={"model_version_id": 1})
    (run,) = client.simulate_get("/api/v1/runs", params={"method": METHOD}).json["items"]

    items = client.simulate_get(path).json["items"]

    assert [(item["revision"], item["actor"], item["values"]["n_neighbours"]) for item in items] == [
        (1, "ada", 15),
        (2, "grace", 30),
        (3, "grace", 15),
    ]
    assert [item["current"] for item in items] == [False, False, True]
    assert [item["runs"] for item in items] == [[], [], [run["id"]]]
    assert items[0]["at"] < items[1]["at"] < items[2]["at"]
    assert items[0]["options"]["visualization_metrics"] == ["global_score"]


def test_other_methods_and_versions(client: TestClient) -> None:
    register_with_data(client)
    set_parameters(client, "ada")

    assert client.simulate_get("/api/v1/model-versions/1/params/tsne/history").json["items"] == []
    assert client.simulate_get("/api/v1/model-versions/2/params/umap/history").status_code == 404
