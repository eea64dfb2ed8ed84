"""Points that are chosen on a plot become data sets; parameters and fresh samples are asked for under `/api/v1`."""

from typing import Any

import numpy as np
import pytest

from arangovis.client.connection import connect_to
from arangovis.domain.ids import NodeId
from tests.api.visualization import World, digits, strict, training_digits

ROWS, TRAINED = 60, 40


@pytest.fixture
def number(world: World) -> int:
    """Return a model version with 60 digits of traffic and 40 training digits."""
    return world.model(production=digits(0, ROWS), training=training_digits(600, 600 + TRAINED))


@pytest.fixture
def task(world: World, number: int) -> str:
    """Return a finished PCA plot of them."""
    task = world.start(number)
    world.finished(task)
    return task


def saved(world: World, task: str, body: Any, status: int = 201) -> Any:
    answer = world.client.simulate_post(f"/api/v1/projections/{task}/selections", json=body)
    assert answer.status_code == status, answer.text
    return strict(answer.content)


def points(world: World, task: str) -> Any:
    answer = world.client.simulate_get(f"/api/v1/projections/{task}/points", headers={"Accept": "application/json"})
    return strict(answer.content)["columns"]


def test_selection_becomes_data_whose_lineage_leads_to_the_sample_and_the_plot(world: World, task: str) -> None:
    chosen = [7, 3, 3, ROWS + 2]
    answer = saved(world, task, {"name": "odd ones", "rows": chosen})
    assert [(item["set"], item["rows"]) for item in answer["datasets"]] == [("production", 2), ("training", 1)]
    dataset = world.service.datasets.find(NodeId.parse(answer["datasets"][0]["dataset"]))
    assert dataset is not None
    rows = world.service.snapshots.rows(dataset)
    assert list(rows.ids) == [points(world, task)["id"][row] for row in (3, 7)]
    assert np.asarray(rows.values("embedding")).shape[0] == 2
    up = strict(world.client.simulate_get(f"/api/v1/lineage/{dataset.id}?depth=6").content)
    kinds = {(node["kind"], node["attributes"].get("method") or node["attributes"].get("role")) for node in up["nodes"]}
    assert ("run", "plot.selection") in kinds
    assert ("artifact", "plot") in kinds
    assert ("derived_into", "selection") in {(edge["kind"], edge["role"]) for edge in up["edges"]}


def test_same_selection_under_the_same_name_is_the_same_data(world: World, task: str) -> None:
    first, second = (saved(world, task, {"name": "left", "rows": [1, 2]}) for _ in range(2))
    assert first["datasets"] == second["datasets"]
    assert first["run"] != second["run"]
    other = saved(world, task, {"name": "right", "rows": [1, 2]})
    assert other["datasets"] != first["datasets"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "x", "rows": [ROWS + TRAINED]}, "rows"),
        ({"name": "x", "rows": [-1]}, "rows"),
        ({"name": "x", "rows": []}, "rows"),
        ({"name": "", "rows": [1]}, "name"),
        ({"rows": [1]}, "name"),
        ({"name": "x", "rows": ["one"]}, "rows"),
    ],
)
def test_selection_of_nothing_is_refused_by_name(world: World, task: str, body: Any, field: str) -> None:
    faults = saved(world, task, body, 400)["errors"]
    assert all(fault["field"].startswith(field) for fault in faults), faults


def test_what_is_no_finished_projection_has_no_points_to_choose(world: World) -> None:
    saved(world, "nothing", {"name": "x", "rows": [1]}, 404)


def test_parameters_are_set_and_read_under_the_native_routes(world: World, number: int) -> None:
    path = f"/api/v1/model-versions/{number}/params/pca"
    before = strict(world.client.simulate_get(path).content)
    assert before["parameters"] == {"n_components": 2}
    set_ = world.client.simulate_put(path, json={"parameters": {"n_components": 3}, "production_data_sample_size": 30})
    assert set_.status_code == 200, set_.text
    now = strict(world.client.simulate_get(path).content)
    assert (now["parameters"], now["production_data_sample_size"]) == ({"n_components": 3}, 30)
    refused = world.client.simulate_put(path, json={"parameters": {"n_components": 9}})
    assert refused.status_code == 400
    assert strict(refused.content)["errors"][0]["field"] == "parameters.n_components"
    assert strict(world.client.simulate_get(path).content) == now


def test_fresh_projection_is_a_new_run(world: World, number: int, task: str) -> None:
    body = {"model_version": number, "method": "pca"}
    same = world.client.simulate_post("/api/v1/projections", json=body)
    assert strict(same.content)["id"] == f"run/{task}"
    fresh = world.client.simulate_post("/api/v1/projections", json={**body, "fresh": True})
    assert fresh.status_code == 202
    assert strict(fresh.content)["id"] != f"run/{task}"
    refused = world.client.simulate_post("/api/v1/projections", json={**body, "rows": "all", "fresh": True})
    assert refused.status_code == 400


def test_sdk_keeps_a_selection(world: World, task: str) -> None:
    client = connect_to(world.service, actor="ada")
    kept = client.save_selection(f"run/{task}", [0, 1], name="first two")
    assert [(item.set, item.rows) for item in kept.datasets] == [("production", 2)]
