"""Parameters in the dialect of hydro-visualization: defaults, full replacement, and everything that is refused."""

from typing import Any

import pytest

from tests.api.visualization import World, digits

DEFAULTS = {
    "parameters": {"metric": "euclidean", "min_dist": 0.1, "n_components": 2, "n_neighbours": 15},
    "production_data_sample_size": 500,
    "training_data_sample_size": 5000,
    "visualization_metrics": ["global_score"],
}
GOOD = {"metric": "cosine", "min_dist": 0.2, "n_components": 3, "n_neighbours": 30}
ALL_METRICS = ["global_score", "sammon_error", "auc_score", "stability_score", "msid", "clustering"]


@pytest.fixture
def number(world: World) -> int:
    return world.model()


def read(world: World, number: int) -> Any:
    answer = world.get("/params/umap", f"model_version_id={number}")
    assert answer.status_code == 200
    return answer.json


def write(world: World, body: Any, query: str = "") -> Any:
    return world.post("/params/umap", body, query)


def test_a_fresh_store_answers_defaults_and_records_nothing(world: World, number: int) -> None:
    before = world.service.store.change_number()
    assert read(world, number) == DEFAULTS
    assert world.service.store.change_number() == before


def test_what_is_set_is_read_back(world: World, number: int) -> None:
    body = {
        "model_version_id": number,
        "parameters": GOOD,
        "production_data_sample_size": 700,
        "training_data_sample_size": 900,
        "visualization_metrics": ["global_score", "msid"],
    }
    answer = write(world, body)
    assert (answer.status_code, answer.json) == (200, {"message": "Set parameters."})
    assert read(world, number) == {name: value for name, value in body.items() if name != "model_version_id"}


def test_what_is_left_out_goes_back_to_its_default(world: World, number: int) -> None:
    full = {"production_data_sample_size": 700, "training_data_sample_size": 900, "visualization_metrics": ["msid"]}
    write(world, {"model_version_id": number, "parameters": GOOD, **full})
    write(world, {"model_version_id": number, "parameters": GOOD})
    assert read(world, number) == {**DEFAULTS, "parameters": GOOD}


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"parameters": {**GOOD, "min_dist": 1.0}}, "min_dist"),
        ({"parameters": {**GOOD, "min_dist": -0.1}}, "min_dist"),
        ({"parameters": {**GOOD, "min_dist": "0.1"}}, "min_dist"),
        ({"parameters": {**GOOD, "min_dist": None}}, "min_dist"),
        ({"parameters": {**GOOD, "min_dist": True}}, "min_dist"),
        ({"parameters": {**GOOD, "n_components": 1}}, "n_components"),
        ({"parameters": {**GOOD, "n_components": 4}}, "n_components"),
        ({"parameters": {**GOOD, "n_components": 2.5}}, "n_components"),
        ({"parameters": {**GOOD, "n_components": True}}, "n_components"),
        ({"parameters": {**GOOD, "n_components": [2]}}, "n_components"),
        ({"parameters": {**GOOD, "n_neighbours": 1}}, "n_neighbours"),
        ({"parameters": {**GOOD, "n_neighbours": 201}}, "n_neighbours"),
        ({"parameters": {**GOOD, "n_neighbours": {}}}, "n_neighbours"),
        ({"parameters": {**GOOD, "metric": 5}}, "metric"),
        ({"parameters": {**GOOD, "metric": "nonsense"}}, "metric"),
        ({"parameters": {**GOOD, "metric": ["cosine"]}}, "metric"),
        ({"parameters": {name: GOOD[name] for name in ("metric", "min_dist", "n_components")}}, "n_neighbours"),
        ({"parameters": {}}, "metric"),
        ({"parameters": [GOOD]}, "parameters"),
        ({"parameters": "umap"}, "parameters"),
        ({"parameters": None}, "parameters"),
        ({"production_data_sample_size": 19}, "production_data_sample_size"),
        ({"production_data_sample_size": 5001}, "production_data_sample_size"),
        ({"production_data_sample_size": "500"}, "production_data_sample_size"),
        ({"production_data_sample_size": None}, "production_data_sample_size"),
        ({"training_data_sample_size": 19}, "training_data_sample_size"),
        ({"training_data_sample_size": 10001}, "training_data_sample_size"),
        ({"training_data_sample_size": False}, "training_data_sample_size"),
        ({"visualization_metrics": "msid"}, "visualization_metrics"),
        ({"visualization_metrics": ["msid", "msid"]}, "twice"),
        ({"visualization_metrics": ["msid", "MSID"]}, "twice"),
        ({"visualization_metrics": ["stability", "stability_score"]}, "twice"),
        ({"visualization_metrics": ["nope"]}, "nope"),
        ({"visualization_metrics": [1]}, "visualization_metrics"),
        ({"visualization_metrics": {"msid": 1}}, "visualization_metrics"),
        ({"visualization_metrics": None}, "visualization_metrics"),
    ],
)
def test_a_fault_is_named_and_nothing_is_stored(world: World, number: int, changed: dict[str, Any], named: str) -> None:
    write(world, {"model_version_id": number, "parameters": GOOD})
    changes = world.service.store.change_number()
    answer = write(world, {"model_version_id": number, "parameters": GOOD, **changed})
    assert answer.status_code == 400
    assert named in answer.json["message"]
    assert world.service.store.change_number() == changes
    assert read(world, number) == {**DEFAULTS, "parameters": GOOD}


def test_all_faults_are_named_at_once(world: World, number: int) -> None:
    parameters = {"metric": "nonsense", "min_dist": 2, "n_components": 2}
    body = {"parameters": parameters, "production_data_sample_size": 1, "visualization_metrics": ["nope", "worse"]}
    lines = write(world, body).json["message"].split("\n")
    named = ("model_version_id", "metric", "min_dist", "n_neighbours", "production_data", "nope", "worse")
    assert len(lines) == len(named)
    assert all(name in line for name, line in zip(named, lines, strict=True))


@pytest.mark.parametrize("body", [{"parameters": GOOD}, {"model_version_id": 1}, {}])
def test_the_two_required_keys_are_required(world: World, number: int, body: Any) -> None:
    assert write(world, body).status_code == 400


@pytest.mark.parametrize("key", [{"model_version_id": 999}, {"model_name": "digits", "model_version": "9"}])
def test_an_unknown_version_is_not_found(world: World, number: int, key: Any) -> None:
    assert write(world, {**key, "parameters": GOOD}).status_code == 404


@pytest.mark.parametrize(
    ("parameters", "rest"),
    [
        ({**GOOD, "min_dist": 0.0}, {}),
        ({**GOOD, "min_dist": 0}, {}),
        ({**GOOD, "min_dist": 0.99}, {}),
        ({**GOOD, "n_components": 2}, {}),
        ({**GOOD, "n_components": 3}, {}),
        ({**GOOD, "n_neighbours": 2}, {}),
        ({**GOOD, "n_neighbours": 200}, {}),
        (GOOD, {"production_data_sample_size": 20, "training_data_sample_size": 20}),
        (GOOD, {"production_data_sample_size": 5000, "training_data_sample_size": 10000}),
        (GOOD, {"visualization_metrics": []}),
        (GOOD, {"visualization_metrics": ALL_METRICS}),
    ],
)
def test_limits_belong_to_what_is_allowed(
    world: World, number: int, parameters: dict[str, Any], rest: dict[str, Any]
) -> None:
    answer = write(world, {"model_version_id": number, "parameters": parameters, **rest})
    assert answer.status_code == 200, answer.text
    assert read(world, number) == {**DEFAULTS, "parameters": parameters, **rest}


def test_extra_names_are_ignored(world: World, number: int) -> None:
    parameters = {**GOOD, "low_memory": 0.9, "use_labels": True}
    answer = write(world, {"model_version_id": number, "parameters": parameters, "method": "umap", "a": None})
    assert answer.status_code == 200
    assert read(world, number)["parameters"] == GOOD


@pytest.mark.parametrize("metric_in", ["MSID", "msid_score", "msid"])
def test_metrics_have_other_spellings(world: World, number: int, metric_in: str) -> None:
    write(world, {"model_version_id": number, "parameters": GOOD, "visualization_metrics": [metric_in, "stability"]})
    assert read(world, number)["visualization_metrics"] == ["msid", "stability_score"]


def test_parameters_have_other_spellings(world: World, number: int) -> None:
    american = {name: value for name, value in GOOD.items() if name != "n_neighbours"} | {"n_neighbors": 30}
    assert write(world, {"model_version_id": number, "parameters": american}).status_code == 200
    assert read(world, number)["parameters"] == GOOD
    assert write(world, {"model_version_id": number, "properties": {**GOOD, "min_dist": 0.5}}).status_code == 200
    assert read(world, number)["parameters"] == {**GOOD, "min_dist": 0.5}


def test_whole_numbers_may_have_a_point(world: World, number: int) -> None:
    write(world, {"model_version_id": number, "parameters": {**GOOD, "n_neighbours": 30.0}})
    neighbours = read(world, number)["parameters"]["n_neighbours"]
    assert (neighbours, type(neighbours)) == (30, int)


@pytest.mark.parametrize(
    ("key", "query"),
    [
        ({}, "model_version_id=1"),
        ({"model_version_id": "1"}, ""),
        ({"model_version_id": 1}, "model_version_id=1"),
        ({"model_name": "digits", "model_version": "1"}, ""),
    ],
)
def test_the_version_may_be_named_in_every_way(world: World, number: int, key: Any, query: str) -> None:
    assert write(world, {**key, "parameters": GOOD}, query).status_code == 200
    assert read(world, number)["parameters"] == GOOD


@pytest.mark.parametrize(("query", "status"), [("", 400), ("model_version_id=x", 400), ("model_version_id=9", 404)])
def test_reading_asks_for_a_version(world: World, number: int, query: str, status: int) -> None:
    answer = world.get("/params/umap", query)
    assert answer.status_code == status
    assert answer.json["message"]


def test_methods_and_versions_have_their_own(world: World, number: int) -> None:
    other = world.model("other", production=digits(0, 20))
    write(world, {"model_version_id": number, "parameters": GOOD})
    assert read(world, other) == DEFAULTS
    assert world.get("/params/pca", f"model_version_id={number}").json["parameters"] == {"n_components": 2}
