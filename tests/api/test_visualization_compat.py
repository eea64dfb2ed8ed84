"""The table where code, openapi.yaml and README of hydro-visualization disagree: one test a row, named by its topic.

And: every answer is as its declared schema says.
"""

from dataclasses import replace
from typing import Any

import pytest
from marshmallow import RAISE, Schema

from arangovis.projections.metrics import METRIC_NAMES
from arangovis.settings import Settings, read_settings
from arangovis.wiring import compose
from arangovis_api.app import create_app
from arangovis_api.resources.visualization import url_prefix
from arangovis_api.schemas.visualization import (
    BuildInfo,
    ParametersSet,
    ProjectionParameters,
    Support,
    TaskStarted,
    TaskState,
)
from tests.api.contract import ContractClient
from tests.api.visualization import World, digits, training_digits

UMAP = {"metric": "cosine", "min_dist": 0.2, "n_components": 2, "n_neighbours": 30}
NAMES = ["global_score", "sammon_error", "auc_score", "stability_score", "msid", "clustering"]


@pytest.fixture
def number(world: World) -> int:
    return world.model(production=digits(0, 30), training=training_digits(30, 60), metric=True)


def test_where_the_id_goes(world: World, number: int) -> None:
    in_body = world.post("/plottable_embeddings/pca", {"model_version_id": number})
    in_query = world.post("/plottable_embeddings/pca", None, f"model_version_id={number}")
    both = world.post("/plottable_embeddings/pca", {"model_version_id": number}, f"model_version_id={number}")
    unequal = world.post("/plottable_embeddings/pca", {"model_version_id": number}, "model_version_id=5")
    assert [answer.status_code for answer in (in_body, in_query, both, unequal)] == [202, 202, 202, 400]
    assert in_body.json == in_query.json == both.json


def test_type_of_the_id(world: World, number: int) -> None:
    answers = [world.post("/plottable_embeddings/pca", {"model_version_id": key}) for key in (number, str(number))]
    assert answers[0].json == answers[1].json
    mixed = world.post("/plottable_embeddings/pca", {"model_version_id": number}, f"model_version_id=%20{number}")
    assert mixed.json == answers[0].json


def test_status_of_a_start(world: World, number: int) -> None:
    for path in ("/plottable_embeddings/pca", "/jobs/pca"):
        assert world.post(path, {"model_version_id": number}).status_code == 202
    world.work()
    assert world.post("/plottable_embeddings/pca", {"model_version_id": number}).status_code == 202


def test_path_of_a_poll(world: World, number: int) -> None:
    query = f"task_id={world.start(number)}"
    assert world.get("/jobs", query).json == world.get("/jobs/pca", query).json == world.get("/jobs/umap", query).json


def test_status_of_an_unsupported_model(world: World) -> None:
    number = world.model("empty")
    queries = [f"model_version_id={number}", "", "model_version_id=abc", "model_version_id=999"]
    answers = [world.get("/supported", query) for query in queries]
    assert [answer.status_code for answer in answers] == [200, 400, 400, 404]
    assert all(answer.json["supported"] is False and answer.json["message"] for answer in answers)


def test_body_of_a_supported_model(world: World, number: int) -> None:
    assert world.get("/supported", f"model_version_id={number}").json == {"supported": True, "message": ""}


@pytest.mark.parametrize("wrapper", ["parameters", "properties"])
@pytest.mark.parametrize("neighbours", ["n_neighbours", "n_neighbors"])
def test_wrapper_key_and_neighbour_count(world: World, number: int, wrapper: str, neighbours: str) -> None:
    parameters = {**{name: value for name, value in UMAP.items() if name != "n_neighbours"}, neighbours: 30}
    world.post("/params/umap", {"model_version_id": number, wrapper: parameters})
    assert world.get("/params/umap", f"model_version_id={number}").json["parameters"] == UMAP


def test_metrics_are_those_of_the_lists(world: World, number: int) -> None:
    def status(parameters: Any, **rest: Any) -> int:
        body = {"model_version_id": number, "parameters": parameters, **rest}
        return world.post("/params/umap", body).status_code

    assert len(METRIC_NAMES) == 21
    assert [status({**UMAP, "metric": metric}) for metric in METRIC_NAMES] == [200] * 21
    assert status({**UMAP, "metric": "angular"}) == 400
    spelled = [*NAMES, *(name.upper() for name in NAMES), "stability", "msid_score"]
    assert [status(UMAP, visualization_metrics=[name]) for name in spelled] == [200] * len(spelled)
    assert status(UMAP, visualization_metrics=["trustworthy"]) == 400


def test_keys_of_a_result(world: World, number: int) -> None:
    world.set_params(number, {"n_components": 2}, visualization_metrics=NAMES)
    result = world.plot(number)
    for one, other in (("request_ids", "requests_ids"), ("output_info", "class_labels"), ("top_N", "top_100")):
        assert result[one]
        assert result[one] == result[other]
    assert all(isinstance(row, str) for row in result["request_ids"])
    quality = result["visualization_metrics"]
    for one, other in (("msid", "msid_score"), ("stability_score", "stability")):
        assert quality[one] == quality[other]
    assert isinstance(quality["global_score"], float)
    assert result["metrics"].keys() == {"anomaly"}


def test_text_of_an_error(world: World, number: int) -> None:
    answers = [
        world.get("/params/umap"),
        world.get("/params/umap", "model_version_id=999"),
        world.get("/jobs"),
        world.get("/jobs", "task_id=none"),
        world.get("/nowhere"),
        world.post("/params/umap", {"model_version_id": number, "parameters": {}}),
        world.post("/plottable_embeddings/umap", {}),
        world.poll(world.start(world.model("empty"))),
    ]
    assert all(answer.status_code >= 400 for answer in answers)
    assert all(answer.json["message"] == answer.json["description"] != "" for answer in answers)


def test_no_message_on_success(world: World, number: int) -> None:
    answer = world.finished(world.start(number))
    assert "message" not in answer
    assert "message" not in answer["result"]


def test_methods(world: World, number: int) -> None:
    statuses = {
        method: world.post(f"/plottable_embeddings/{method}", {"model_version_id": number}).status_code
        for method in ("umap", "pca", "tsne", "trimap")
    }
    assert set(statuses.values()) == {202}


@pytest.mark.parametrize(
    ("setting", "path"), [("/vis", "/vis"), ("vis/", "/vis"), ("/a/b/", "/a/b"), ("", ""), ("/", "")]
)
def test_prefix_of_the_environment(world: World, number: int, setting: str, path: str) -> None:
    assert read_settings({"home": "/h"}, {"URL_PREFIX": "/vis"}).url_prefix == "/vis"
    assert url_prefix(setting) == path
    settings = replace(world.service.settings, url_prefix=setting)
    client = ContractClient(create_app(compose(settings, world.service.store, world.service.artifacts)))
    started = client.simulate_post(f"{path}/plottable_embeddings/pca", json={"model_version_id": number})
    assert started.status_code == 202
    assert client.simulate_get(started.headers["Location"]).json["state"] == "PENDING"


def test_prefix_of_the_default() -> None:
    assert Settings().url_prefix == "/visualization"


# --- declared schemas ---------------------------------------------------------------------------------------------


def test_every_answer_is_as_declared(world: World, number: int) -> None:
    start = world.post("/plottable_embeddings/pca", {"model_version_id": number})
    pending = world.poll(start.json["task_id"])
    world.work()
    finished = world.poll(start.json["task_id"])
    empty = world.model("empty")
    answers: list[tuple[type[Schema], Any]] = [
        (BuildInfo, world.get("/buildinfo")),
        (Support, world.get("/supported", f"model_version_id={number}")),
        (Support, world.get("/supported", f"model_version_id={empty}")),
        (TaskStarted, start),
        (TaskStarted, world.post("/jobs/pca", {"model_version_id": number})),
        (TaskState, pending),
        (TaskState, finished),
        (TaskState, world.poll("none")),
        (TaskState, world.poll(world.start(empty))),
        (ProjectionParameters, world.get("/params/pca", f"model_version_id={number}")),
        (ParametersSet, world.post("/params/umap", {"model_version_id": number, "parameters": UMAP})),
    ]
    for schema, answer in answers:
        assert schema(unknown=RAISE).validate(answer.json) == {}, answer.text[:200]


def test_the_routes_are_in_the_open_document(world: World) -> None:
    paths = world.client.simulate_get("/api/v1/openapi.json").json["paths"]
    expected = {
        "/visualization/health": {"get"},
        "/visualization/buildinfo": {"get"},
        "/visualization/supported": {"get"},
        "/visualization/plottable_embeddings/{method}": {"post"},
        "/visualization/jobs": {"get"},
        "/visualization/jobs/{method}": {"get", "post"},
        "/visualization/params/{method}": {"get", "post"},
    }
    found = {path: set(verbs) - {"parameters"} for path, verbs in paths.items() if path.startswith("/visualization")}
    assert found == expected
