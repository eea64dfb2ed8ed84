"""Sweeps and comparisons over REST, on digits: by reference on workers, recorded by a process, and by predictions."""

import hashlib
import struct
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from falcon.testing import Result, TestClient

from arangovis.compatibility.pytorch.weights import weights_of
from arangovis.tabular.arrow_stream import MEDIA_TYPE
from arangovis.wiring import Arangovis, worker_context
from arangovis.workers.inline import drain
from tests.api.samples import posted
from tests.unit.services.sweep_world import LOGISTIC, MLP, columns, new_model, old_model

ROOT = "/api/v1/compatibility"
SWEEPS, COMPARISONS = f"{ROOT}/sweeps", f"{ROOT}/comparisons"
BYTES = {"Content-Type": "application/octet-stream"}


def version(client: TestClient, name: str, weights: bytes, rows: bytes) -> tuple[int, str]:
    """Register a model version with weights and training data; return its id and the data set."""
    posted(client, "/api/v1/projects", {"name": "demo"})
    posted(client, "/api/v1/models", {"project": "demo", "name": name})
    body = {"project": "demo", "model": name, "signature": {"inputs": [], "outputs": []}}
    number = int(posted(client, "/api/v1/model-versions", body)["id"])
    path = f"/api/v1/model-versions/{number}"
    assert client.simulate_put(f"{path}/weights", body=weights, headers=BYTES).status_code == 201
    stored = client.simulate_put(f"{path}/training-data", body=rows, headers={"Content-Type": MEDIA_TYPE})
    return number, str(stored.json["node"])


@pytest.fixture
def body(client: TestClient) -> dict[str, Any]:
    """Return a sweep to ask for: three lambdas, two epochs."""
    h1, train = version(client, "old", weights_of(old_model()), columns(0, 400))
    h2, test = version(client, "new", weights_of(new_model()), columns(400, 600))
    rows = {"features": ["embedding"], "target": "class", "batch_size": 100, "image": [8, 8]}
    options = {"lambda_c_stepsize": 0.5, "epochs": 2, "optimizer_arguments": {"lr": 0.1, "momentum": 0.5}}
    return {
        "reference": {"model_version": h1, "factory": "logistic-regression", "arguments": LOGISTIC},
        "base": {"model_version": h2, "factory": "mlp", "arguments": MLP},
        "train": {"dataset": train, **rows},
        "test": {"dataset": test, **rows},
        "options": options,
    }


@pytest.fixture
def path(client: TestClient, service: Arangovis, body: dict[str, Any]) -> str:
    """Return the path of a finished sweep."""
    asked = client.simulate_post(SWEEPS, json=body)
    assert asked.status_code == 202, asked.text
    drain(worker_context(service))
    return str(asked.headers["location"])


def key_of(path: str) -> str:
    return path.rpartition("/")[2]


def all_rows(client: TestClient, path: str, **query: object) -> list[dict[str, Any]]:
    """Return every row of a question, page by page."""
    found: list[dict[str, Any]] = []
    cursor: str | None = "0"
    while cursor is not None:
        page = client.simulate_get(path, params={**query, "limit": 7, "cursor": cursor}).json
        found, cursor = found + page["items"], page["next_cursor"]
    assert len(found) == page["total"]
    return found


def test_a_sweep_is_asked_for_watched_and_read(client: TestClient, service: Arangovis, body: dict[str, Any]) -> None:
    asked = client.simulate_post(SWEEPS, json=body)
    assert (asked.status_code, asked.json["state"], asked.json["points"], asked.json["progress"]) == (
        202,
        "STARTED",
        6,
        0,
    )
    assert client.simulate_post(SWEEPS, json=body).json["id"] == asked.json["id"]
    drain(worker_context(service))
    path = asked.headers["location"]
    sweep = client.simulate_get(path).json
    assert (sweep["state"], sweep["done"], sweep["failed"], sweep["progress"]) == ("SUCCESS", 6, 0, 1.0)
    assert 0 < sweep["h1_performance"]["test"] < 1
    points = client.simulate_get(f"{path}/points").json
    assert [point["lambda_c"] for point in points["items"]] == [0, 0, 0.5, 0.5, 1, 1]
    assert set(points["pareto"]["test"]["btc"]) <= set(range(6))
    assert client.simulate_post(SWEEPS, json=body).status_code == 200
    assert [node["id"] for node in client.simulate_get(SWEEPS).json["items"]] == [asked.json["id"]]


def test_a_point_and_its_rows_agree(client: TestClient, path: str) -> None:
    point = client.simulate_get(f"{path}/points/3").json
    scores = point["evaluations"]["test"]["scores"]
    rows = f"{path}/points/3/instances"
    for region in ("progress", "common", "regress"):
        found = all_rows(client, rows, region=region)
        assert len(found) == scores[region]
        assert {row["region"] for row in found} <= {region}
    assert len(all_rows(client, rows, model="h2")) == scores["h2_errors"]
    assert len(all_rows(client, rows, split="train")) > 0
    classes = point["evaluations"]["test"]["classes"]
    assert sum(item["incompatible"] for item in classes) == scores["regress"]
    found = all_rows(client, rows, region="regress", **{"class": "8"})
    assert len(found) == next(item["incompatible"] for item in classes if item["class"] == 8)
    assert point["evaluations"]["test"]["venn"]["h1_radius"] <= 50
    assert len(point["losses"]) == 2


def test_pictures_are_those_of_the_rows(client: TestClient, path: str) -> None:
    from tests.unit.services.sweep_world import digits

    answer = client.simulate_get(f"{path}/instances/digit-450/image")
    assert answer.headers["content-type"] == "image/png"
    pixels = pixels_of(answer.content)
    expected = digits()[0][450].numpy().reshape(8, 8)
    np.testing.assert_array_equal(pixels, np.round(expected / expected.max() * 255))
    row = client.simulate_get(f"{path}/instances/digit-450").json
    assert (row["split"], row["position"], row["metadata"]) == ("test", 50, "digit-450")
    assert client.simulate_get(f"{path}/instances/digit-9999/image").status_code == 404


def pixels_of(png: bytes) -> Any:
    """Return the grey pixels of a PNG without filters."""
    width, height = struct.unpack(">II", png[16:24])
    start = png.index(b"IDAT")
    length = struct.unpack(">I", png[start - 4 : start])[0]
    raw = np.frombuffer(zlib.decompress(png[start + 4 : start + 4 + length]), dtype=np.uint8)
    return raw.reshape(height, width + 1)[:, 1:]


def test_the_five_paths_of_the_original(client: TestClient, path: str) -> None:
    key = {"sweep": key_of(path)}
    status = client.simulate_get("/api/v1/sweep_status", params=key).json
    assert (status["running"], status["percent_complete"]) == (False, 1.0)
    assert client.simulate_post("/api/v1/start_sweep", json={}).json["sweep"] == status["sweep"]
    summary = client.simulate_get("/api/v1/sweep_summary").json
    assert summary["performance_metric"] == "accuracy"
    points = summary["data"]
    assert [point["datapoint_index"] for point in points] == list(range(12))
    assert [(point["training"], point["new-error"]) for point in points[:4]] == [
        (True, True),
        (False, True),
        (True, False),
        (False, False),
    ]
    record = client.simulate_get("/api/v1/evaluation_data/5", params=key).json
    assert (record["lambda_c"], record["testing"], record["btc"]) == (0.5, True, points[5]["btc"])
    assert len(record["error_instances"]) == len(
        set(record["models_error_overlap"][0]) | set(record["models_error_overlap"][1])
    )
    assert client.simulate_get("/api/v1/instance_data/digit-3").headers["content-type"] == "image/png"


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/evaluation_data/12",
        "/api/v1/evaluation_data/-1",
        "/api/v1/evaluation_data/one",
        "/api/v1/instance_data/99999",
        "/api/v1/sweep_status?sweep=none",
        f"{SWEEPS}/none",
        f"{SWEEPS}/none/points/0",
        f"{COMPARISONS}/none",
    ],
)
def test_what_is_not_there_is_404(client: TestClient, path: str) -> None:
    answer = client.simulate_get(path)
    assert (answer.status_code, answer.json["type"]) == (404, "urn:arangovis:error:not-found")


def test_a_point_that_is_not_there_is_404(client: TestClient, path: str) -> None:
    for missing in ("6", "x", "9999999999"):
        assert client.simulate_get(f"{path}/points/{missing}").status_code == 404
        assert client.simulate_get(f"{path}/points/{missing}/instances").status_code == 404


@pytest.mark.parametrize(
    ("where", "value", "field"),
    [
        (("options", "lambda_c_stepsize"), 0, "options.lambda_c_stepsize"),
        (("options", "lambda_c_stepsize"), 1.5, "options.lambda_c_stepsize"),
        (("options", "lambdas"), [0.5], "options.lambda_c_stepsize"),
        (("options", "epochs"), 0, "options.epochs"),
        (("options", "new_error"), "MSELoss", "options.new_error"),
        (("options", "new_error"), "StrictImitationNLLLoss", "new_error"),
        (("options", "optimizer_arguments"), {"lr": "fast"}, "options.optimizer_arguments"),
        (("base", "factory"), "os:system", "base.factory"),
        (("train", "features"), [], "train.features"),
        (("train", "batch_size"), 0, "train.batch_size"),
        (("test", "image"), [8], "test.image"),
        (("speed",), 3, "speed"),
    ],
)
def test_what_is_wrong_is_named(
    client: TestClient, body: dict[str, Any], where: Sequence[str], value: object, field: str
) -> None:
    part = body
    for name in where[:-1]:
        part = part[name]
    part[where[-1]] = value
    answer = client.simulate_post(SWEEPS, json=body)
    assert (answer.status_code, [error["field"] for error in answer.json["errors"]]) == (400, [field])


def test_a_sweep_is_cancelled_and_resumed(client: TestClient, service: Arangovis, body: dict[str, Any]) -> None:
    path = client.simulate_post(SWEEPS, json=body).headers["location"]
    cancelled = client.simulate_post(f"{path}/cancel", json={})
    assert (cancelled.status_code, cancelled.json["state"]) == (200, "CANCELLED")
    assert drain(worker_context(service)) == 0
    resumed = client.simulate_post(f"{path}/resume", json={})
    assert (resumed.status_code, resumed.json["retry_of"]) == (202, cancelled.json["id"])
    drain(worker_context(service))
    again = client.simulate_post(f"{resumed.headers['location']}/resume", json={})
    assert (again.status_code, again.json["done"]) == (200, 6)
    assert client.simulate_post(f"{resumed.headers['location']}/cancel", json={}).status_code == 409


def test_a_model_without_weights_is_refused(client: TestClient, body: dict[str, Any]) -> None:
    posted(client, "/api/v1/models", {"project": "demo", "name": "bare"})
    made = posted(client, "/api/v1/model-versions", {"project": "demo", "model": "bare", "signature": {}})
    body["reference"]["model_version"] = made["id"]
    answer = client.simulate_post(SWEEPS, json=body)
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (400, "reference.model_version")


def test_bytes_that_are_no_weights_are_refused(client: TestClient) -> None:
    for data in (b"", b"PK\x03\x04", (5).to_bytes(8, "little") + b"hello"):
        assert client.simulate_post(f"{ROOT}/weights", body=data, headers=BYTES).status_code == 400


# --- recorded -----------------------------------------------------------------------------------------------------


def split(name: str, rows: int) -> dict[str, Any]:
    truth = [n % 3 for n in range(rows)]
    h1 = [t if n % 4 else (t + 1) % 3 for n, t in enumerate(truth)]
    digest = hashlib.sha256(f"{name}{rows}".encode()).hexdigest()
    return {"name": name, "digest": digest, "ids": list(range(100, 100 + rows)), "truth": truth, "h1": h1}


def recorded_body(**given: object) -> dict[str, Any]:
    models = {r: {"name": r, "digest": hashlib.sha256(r.encode()).hexdigest()} for r in ("reference", "base")}
    data = {"train": split("train", 12), "test": split("test", 6)}
    return {**models, **data, "options": {"lambdas": [0, 1]}, "metric": "mine", **given}


def point_body(client: TestClient) -> dict[str, Any]:
    weights = weights_of(new_model())
    sent = client.simulate_post(f"{ROOT}/weights", body=weights, headers=BYTES)
    assert sent.status_code == 201
    right = {name: recorded_body()[name]["truth"] for name in ("train", "test")}
    right["test"] = [1, *right["test"][1:]]
    return {"predictions": right, "losses": [2.5, 1.5], "weights": sent.json["digest"], "weights_bytes": len(weights)}


def test_a_process_records_its_sweep(client: TestClient, service: Arangovis) -> None:
    begun = client.simulate_post(f"{ROOT}/recorded-sweeps", json=recorded_body())
    assert (begun.status_code, begun.json["state"], begun.json["executor"]) == (202, "STARTED", "external")
    path, point = begun.headers["location"], point_body(client)
    assert client.simulate_post(f"{path}/end", json={}).status_code == 409
    for number in range(4):
        made = client.simulate_put(f"{path}/points/{number}", json=point)
        assert (made.status_code, made.json["state"]) == (200, "SUCCESS")
        assert client.simulate_get(path).json["progress"] == (number + 1) / 4
    again = client.simulate_put(f"{path}/points/0", json={**point, "losses": [9]})
    assert again.json["metrics"]["loss"] == 1.5
    assert client.simulate_post(f"{path}/end", json={}).json["state"] == "SUCCESS"
    shared = client.simulate_post(f"{ROOT}/recorded-sweeps", json=recorded_body())
    assert (shared.status_code, shared.json["id"]) == (200, begun.json["id"])
    whole = client.simulate_get(f"{path}/points/0").json
    assert whole["evaluations"]["test"]["scores"]["regress"] == 0
    assert whole["evaluations"]["test"]["scores"]["common"] == 1
    rows = client.simulate_get(f"{path}/points/0/instances").json["items"]
    assert [(row["id"], row["region"]) for row in rows] == [(100, "common"), (104, "progress")]
    assert client.simulate_get(f"/api/v1/nodes/{whole['model']}").json["attributes"]["name"] == "base"
    assert client.simulate_get("/api/v1/sweep_summary").json["performance_metric"] == "mine"


def test_a_point_that_failed_is_tried_again(client: TestClient) -> None:
    path = client.simulate_post(f"{ROOT}/recorded-sweeps", json=recorded_body()).headers["location"]
    point = point_body(client)
    failed = client.simulate_put(f"{path}/points/0", json={"failure": "the loss became nan"})
    assert (failed.json["state"], failed.json["message"]) == ("ERROR", "the loss became nan")
    for number in range(1, 4):
        client.simulate_put(f"{path}/points/{number}", json=point)
    ended = client.simulate_post(f"{path}/end", json={}).json
    assert (ended["state"], ended["failed"], ended["done"]) == ("ERROR", 1, 3)
    assert "the loss became nan" in ended["message"]
    second = client.simulate_post(f"{ROOT}/recorded-sweeps", json=recorded_body())
    assert second.json["id"] != ended["id"]
    assert client.simulate_put(f"{path}/points/0", json=point).status_code == 409


def test_a_cancelled_process_is_told(client: TestClient) -> None:
    path = client.simulate_post(f"{ROOT}/recorded-sweeps", json=recorded_body()).headers["location"]
    client.simulate_post(f"{path}/cancel", json={})
    answer = client.simulate_put(f"{path}/points/0", json=point_body(client))
    assert answer.status_code == 409
    assert client.simulate_post(f"{path}/resume", json={}).status_code == 409


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"predictions": {"train": [0]}}, "predictions.test"),
        ({"predictions": {"train": [0], "test": [0]}}, "predictions"),
        ({"weights": "abc"}, "weights"),
    ],
)
def test_a_point_that_does_not_fit_is_refused(client: TestClient, change: dict[str, Any], field: str) -> None:
    path = client.simulate_post(f"{ROOT}/recorded-sweeps", json=recorded_body()).headers["location"]
    answer = client.simulate_put(f"{path}/points/0", json={**point_body(client), **change})
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (400, field)


# --- comparisons --------------------------------------------------------------------------------------------------

TEXTS = {"h1": ["cat", "dog", "cat", "eel"], "h2": ["cat", "cat", "cat", "dog"], "truth": ["cat", "dog", "eel", "eel"]}


def compare(client: TestClient, **given: object) -> Result:
    return client.simulate_post(COMPARISONS, json={**TEXTS, **given})


def test_predictions_are_compared(client: TestClient) -> None:
    answer = compare(client, ids=["a", "b", "c", "d"], name="cats", notes=["w", "x", "y", "z"])
    assert answer.status_code == 201
    assert answer.json["scores"]["btc"] == pytest.approx(1 / 3)
    assert (answer.json["scores"]["bec"], answer.json["scores"]["bec_h2"]) == (1.0, pytest.approx(1 / 3))
    path = answer.headers["location"]
    assert client.simulate_get(path).json == answer.json
    rows = client.simulate_get(f"{path}/instances", params={"region": "regress"}).json["items"]
    assert [(row["id"], row["h2"], row["metadata"]) for row in rows] == [("b", "cat", "x"), ("d", "dog", "z")]
    assert client.simulate_get(f"{path}/instances/c").json["metadata"] == "y"
    assert client.simulate_get(f"{path}/instances/c/image").status_code == 200
    assert client.simulate_get(f"{path}/instances/q/image").status_code == 404
    again = compare(client, ids=["a", "b", "c", "d"], name="cats", notes=["w", "x", "y", "z"])
    assert (again.status_code, again.json["id"]) == (200, answer.json["id"])


def test_two_perfect_models_have_scores_that_are_not_defined(client: TestClient) -> None:
    answer = compare(client, h1=TEXTS["truth"], h2=TEXTS["truth"]).json
    assert (answer["scores"]["bec"], answer["venn"]["h1_radius"]) == (None, 0)
    assert "bec" in answer["scores"]["reasons"]


def test_columns_of_a_data_set_are_compared(client: TestClient) -> None:
    posted(client, "/api/v1/projects", {"name": "demo"})
    posted(client, "/api/v1/models", {"project": "demo", "name": "m"})
    number = posted(client, "/api/v1/model-versions", {"project": "demo", "model": "m", "signature": {}})["id"]
    rows = [{"_id": f"r{n}", "old": n % 2, "new": 0, "y": 0} for n in range(6)]
    stored = client.simulate_put(f"/api/v1/model-versions/{number}/training-data", json=rows)
    columns = {"dataset": stored.json["node"], "h1": "old", "h2": "new", "truth": "y"}
    body = {"columns": columns, "h1_model": number, "project": "demo"}
    answer = client.simulate_post(COMPARISONS, json=body)
    assert (answer.status_code, answer.json["scores"]["progress"]) == (201, 3)
    lineage = client.simulate_get(f"/api/v1/lineage/{answer.json['id']}", params={"direction": "upstream"}).json
    assert stored.json["node"] in {node["id"] for node in lineage["nodes"]}
    wrong = {**body, "columns": {**columns, "h2": "newer"}}
    refused = client.simulate_post(COMPARISONS, json=wrong)
    assert (refused.status_code, refused.json["errors"][0]["field"]) == (400, "h2")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"h1": ["cat"]}, "truth"),
        ({"truth": None}, "truth"),
        ({"h1": ["cat", 1, 2, 3]}, "h1"),
        ({"h1": [0.5, 1, 2, 3]}, "h1"),
        ({"ids": [1]}, "ids"),
        ({"h1": [], "h2": [], "truth": []}, "truth"),
    ],
)
def test_predictions_that_do_not_fit_are_refused(client: TestClient, change: dict[str, Any], field: str) -> None:
    answer = compare(client, **change)
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (400, field)


def test_unknown_models_and_projects_are_404(client: TestClient) -> None:
    assert compare(client, h1_model=99).status_code == 404
    assert compare(client, project="nowhere").status_code == 404
