"""Routes of hydro-visualization: where arguments may be, which answers questions and mistakes get."""

from typing import Any

import pytest

from tests.api.visualization import CLASS, DIGITS, World, digits, task_of, training_digits

PROFILES = ("CATEGORICAL", "NOMINAL", "ORDINAL", "NUMERICAL", "CONTINUOUS", "INTERVAL", "RATIO")
AGE = {"name": "age", "shape": [], "dtype": "int64", "profile": "RATIO"}
SEX = {"name": "sex", "shape": [], "dtype": "int64", "profile": "NOMINAL"}
NAME = {"name": "name", "shape": [], "dtype": "string", "profile": "TEXT"}
ONE_INPUT = {"inputs": [AGE, NAME], "outputs": [CLASS]}
TWO_INPUTS = {"inputs": [AGE, SEX], "outputs": [CLASS]}
FLAT_EMBEDDING = {
    "inputs": [],
    "outputs": [{"name": "embedding", "shape": [64], "dtype": "float32", "profile": "NONE"}],
}
PEOPLE: dict[str, Any] = {"age": [20, 30, 40], "sex": [0, 1, 0], "name": ["a", "b", "c"], "class": [0, 1, 1]}


def test_health_and_build(world: World) -> None:
    health, build = world.get("/health"), world.get("/buildinfo")
    assert (health.status_code, health.text) == (200, "Ok")
    assert health.headers["Content-Type"].startswith("text/plain")
    assert build.status_code == 200
    assert {"name", "version", "gitHeadCommit", "gitCurrentBranch", "pythonVersion"} == build.json.keys()
    assert build.json["name"] == "arangovis"


# --- /supported ---------------------------------------------------------------------------------------------------


def test_a_model_with_embeddings_and_traffic_is_supported(world: World) -> None:
    number = world.model(production=digits(0, 30))
    answer = world.get("/supported", f"model_version_id={number}")
    assert (answer.status_code, answer.json) == (200, {"supported": True, "message": ""})


@pytest.mark.parametrize(
    ("signature", "production", "training", "expected"),
    [
        (DIGITS, None, training_digits(0, 20), "No production data"),
        (ONE_INPUT, PEOPLE, PEOPLE, "at least 2 scalar inputs"),
        (ONE_INPUT, PEOPLE, None, "at least 2 scalar inputs"),
        (TWO_INPUTS, PEOPLE, None, "upload its training data"),
        (FLAT_EMBEDDING, {**PEOPLE, "embedding": [[0.0] * 64] * 3}, None, "no `embedding` output of shape [1, N]"),
    ],
)
def test_every_decision_against_is_a_plain_answer(
    world: World, signature: dict[str, Any], production: Any, training: Any, expected: str
) -> None:
    number = world.model(signature=signature, production=production, training=training)
    answer = world.get("/supported", f"model_version_id={number}")
    assert answer.status_code == 200
    assert answer.json["supported"] is False
    assert expected in answer.json["message"]


def test_too_few_inputs_names_the_profiles_that_count(world: World) -> None:
    number = world.model(signature=ONE_INPUT, production=PEOPLE, training=PEOPLE)
    message = world.get("/supported", f"model_version_id={number}").json["message"]
    assert all(profile in message for profile in PROFILES)
    assert "TEXT" not in message


@pytest.mark.parametrize(
    ("query", "status", "text"),
    [
        ("", 400, "Expected args: 'model_version_id'. Provided args: none"),
        ("id=1&x=2", 400, "Provided args: id, x"),
        ("model_version_id=abc", 400, "abc"),
        ("model_version_id=", 400, "not an integer"),
        ("model_version_id=1.5", 400, "1.5"),
        ("model_version_id=1&model_version_id=2", 400, "not an integer"),
        ("model_version_id=999", 404, "999"),
        ("model_version_id=-1", 404, "-1"),
        ("model_name=digits&model_version=7", 404, "digits"),
    ],
)
def test_a_question_that_cannot_be_decided_is_an_error(world: World, query: str, status: int, text: str) -> None:
    world.model(production=digits(0, 30))
    answer = world.get("/supported", query)
    assert answer.status_code == status
    assert answer.json["supported"] is False
    assert text in answer.json["message"]
    assert answer.json["description"] == answer.json["message"]


# --- naming the model version -------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/plottable_embeddings/pca", "/jobs/pca"])
@pytest.mark.parametrize(
    ("body", "query"),
    [
        ({"model_version_id": 1}, ""),
        ({"model_version_id": "1"}, ""),
        ({"model_version_id": 1}, "model_version_id=1"),
        ({"model_version_id": 1, "else": [1, {"a": None}]}, ""),
        ({}, "model_version_id=1"),
        (None, "model_version_id=1"),
        ({"model_version_id": None}, "model_version_id=1"),
        ({"model_name": "digits", "model_version": "1", "visualization_metrics": ["global_score"]}, ""),
        ({"model_name": "digits", "model_version": 1}, ""),
        (None, "model_name=digits&model_version=1"),
    ],
)
def test_a_start_finds_the_version_wherever_it_is_named(world: World, path: str, body: Any, query: str) -> None:
    world.model(production=digits(0, 30))
    answer = world.post(path, body, query)
    assert answer.status_code == 202, answer.text
    task = answer.json["task_id"]
    assert answer.json["run"] == f"run/{task}"
    assert answer.headers["Location"] == f"/visualization/jobs?task_id={task}"
    assert world.run(task).method == "projection.pca"


@pytest.mark.parametrize("path", ["/plottable_embeddings/pca", "/jobs/pca"])
@pytest.mark.parametrize(
    ("body", "query", "status", "text"),
    [
        ({}, "", 400, "Expected 'model_version_id' in body."),
        (None, "", 400, "Expected 'model_version_id' in body."),
        ({"model_version_id": None}, "", 400, "Expected 'model_version_id' in body."),
        ({"model_name": "digits"}, "", 400, "Expected 'model_version_id' in body."),
        ({"model_version_id": 1}, "model_version_id=2", 400, "one in the body and another in the query"),
        ({"model_version_id": "x"}, "", 400, "not an integer"),
        ({"model_version_id": True}, "", 400, "not an integer"),
        ({"model_version_id": 1.5}, "", 400, "not an integer"),
        ({"model_version_id": [1]}, "", 400, "not an integer"),
        ({"model_version_id": {"id": 1}}, "", 400, "not an integer"),
        ({"model_name": ["digits"], "model_version": 1}, "", 400, "model_name"),
        ({"model_name": "digits", "model_version": {}}, "", 400, "model_version"),
        ({"model_version_id": 999}, "", 404, "999"),
        ({"model_version_id": 10**30}, "", 400, "model_version_id"),
        ([1], "", 400, "object"),
        ("1", "", 400, "object"),
    ],
)
def test_a_start_that_names_none_is_refused(
    world: World, path: str, body: Any, query: str, status: int, text: str
) -> None:
    world.model(production=digits(0, 30))
    answer = world.post(path, body, query)
    assert answer.status_code == status, answer.text
    assert text in answer.json["message"]
    assert world.runs() == 0


# --- methods and bodies -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["foo", "umap_mixed", "PCA"])
@pytest.mark.parametrize("path", ["/plottable_embeddings", "/jobs", "/params"])
def test_an_unknown_method_is_refused(world: World, path: str, method: str) -> None:
    world.model(production=digits(0, 30))
    answer = world.post(f"{path}/{method}", {"model_version_id": 1, "parameters": {}})
    assert answer.status_code == 400
    assert "not implemented" in answer.json["message"]
    assert world.runs() == 0


def test_an_unknown_method_is_refused_on_reads_too(world: World) -> None:
    task = world.start(world.model(production=digits(0, 30)))
    for answer in (world.get("/params/foo", "model_version_id=1"), world.get("/jobs/foo", f"task_id={task}")):
        assert answer.status_code == 400
        assert "not implemented" in answer.json["message"]


def test_the_version_is_asked_for_before_the_method_is_looked_at(world: World) -> None:
    assert "Expected" in world.post("/jobs/foo", {}).json["message"]
    assert "not implemented" in world.post("/jobs/foo", {"model_version_id": 999}).json["message"]


@pytest.mark.parametrize("path", ["/plottable_embeddings/pca", "/jobs/pca", "/params/pca"])
@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b'{"model_version_id": 1', "application/json", 400),
        (b"{'model_version_id': 1}", "application/json", 400),
        (b'{"model_version_id": NaN}', "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"null", "application/json", 400),
        (b"model_version_id=1", "application/x-www-form-urlencoded", 415),
        (b'{"model_version_id": 1}', "text/plain", 415),
    ],
)
def test_a_body_that_is_no_json_object_is_a_json_error(
    world: World, path: str, body: bytes, content_type: str, status: int
) -> None:
    world.model(production=digits(0, 30))
    answer = world.client.simulate_post("/visualization" + path, body=body, headers={"Content-Type": content_type})
    assert answer.status_code == status
    assert answer.json["message"]
    assert answer.json["description"] == answer.json["message"]


@pytest.mark.parametrize(
    ("verb", "path"),
    [("GET", "/plottable_embeddings/pca"), ("POST", "/jobs"), ("PUT", "/params/pca"), ("DELETE", "/supported")],
)
def test_a_wrong_verb_is_a_json_error(world: World, verb: str, path: str) -> None:
    answer = world.client.simulate_request(verb, "/visualization" + path)
    assert answer.status_code == 405
    assert answer.json["message"]
    assert answer.headers["Allow"]


@pytest.mark.parametrize("refit", [1, 0, "yes", None, [], "", 1.0])
def test_refit_must_be_true_or_false(world: World, refit: object) -> None:
    number = world.model(production=digits(0, 30))
    answer = world.post("/jobs/pca", {"model_version_id": number, "refit_transformer": refit})
    assert answer.status_code == 400
    assert "refit_transformer" in answer.json["message"]
    assert world.runs() == 0


@pytest.mark.parametrize("refit", [True, False, "true", "False"])
def test_refit_may_be_spelled_as_text(world: World, refit: object) -> None:
    number = world.model(production=digits(0, 30))
    assert world.restart(number, refit_transformer=refit)


def test_the_actor_of_a_start_is_recorded(world: World) -> None:
    number = world.model(production=digits(0, 30))
    started = world.post("/plottable_embeddings/pca", {"model_version_id": number}, **{"X-Arangovis-Actor": "ada"})
    run = world.run(task_of(started))
    assert world.service.store.get(run.id).version.actor == "ada"
