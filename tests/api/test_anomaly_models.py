"""Detectors over the API: trained by a run, scoring without a trace or with all of it."""

import io
import json
from typing import Any

import pyarrow as pa
import pytest
from falcon.testing import TestClient

from arangovis.domain.graph import Caller, Direction, EdgeId
from arangovis.domain.ids import NodeId
from arangovis.services.verification import check_store
from arangovis.tabular.frame_columns import arrow_columns
from arangovis.wiring import Arangovis
from tests.api.detecting import CSV, Detecting, benign, cancer, csv_of, everything, row_objects

ARROW = "application/vnd.apache.arrow.stream"
LEVELS = b"colour,size\n" + b"red,1\nblue,2\nred,3\nblue,4\nred,2\nblue,3\n" * 5


@pytest.fixture
def world(service: Arangovis, client: TestClient) -> Detecting:
    return Detecting(service, client)


@pytest.fixture
def number(world: Detecting) -> int:
    return world.train(world.frame(benign()))


def scores(answer: Any) -> list[Any]:
    return [row["score"] for row in answer["rows"]]


def test_odd_rows_score_higher(world: Detecting) -> None:
    number = world.train(world.frame(benign()), parameters={"hidden": [20, 10, 20], "epochs": 30})
    _, _, target = cancer()

    answer = world.score_csv(number, everything()).json

    found = [row["score"] for row in answer["rows"]]
    order = sorted(range(len(found)), key=lambda place: -found[place])
    assert sum(target[place] == 0 for place in order[:100]) >= 90
    assert answer["metrics"]["mse"] == pytest.approx(sum(found) / len(found))


def test_every_form_of_the_same_rows_has_the_same_scores(world: Detecting, number: int) -> None:
    names, rows, _ = cancer()
    sink = io.BytesIO()
    table = pa.table({name: rows[:20, place] for place, name in enumerate(names)})
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    path = f"/api/v1/anomaly-models/{number}/score"

    by_json = scores(world.score(number, row_objects(20)).json)
    by_csv = scores(world.score_csv(number, everything(20)).json)
    by_arrow = world.client.simulate_post(path, body=sink.getvalue(), headers={"Content-Type": ARROW})

    assert by_csv == by_json
    assert by_arrow.headers["content-type"] == ARROW
    (found, *_) = arrow_columns(by_arrow.content)
    assert found.values is not None
    assert found.values.tolist() == by_json


def test_order_and_further_columns_change_nothing(world: Detecting, number: int) -> None:
    names, rows, _ = cancer()
    plain = scores(world.score(number, row_objects(20)).json)
    turned = csv_of(["more", *names[::-1]], [["z", *row[::-1]] for row in rows[:20].tolist()])

    answer = world.score_csv(number, turned).json

    assert scores(answer) == plain
    assert [(w["kind"], w["column"]) for w in answer["warnings"]] == [("extra_column", "more")]


def test_all_is_answered_in_one_call(world: Detecting, number: int) -> None:
    answer = world.score(number, row_objects(2), squared_errors=True, reconstruction=True, layers="0,1", top=3).json

    row = answer["rows"][0]
    assert sum(row["squared_errors"].values()) / len(row["squared_errors"]) == pytest.approx(row["score"], rel=1e-12)
    assert len(row["deep_features"]["1"]) == 4
    assert len(row["top_features"]) == 3
    assert row["top_features"][0]["error"] == max(row["squared_errors"].values())
    refused = world.score(number, row_objects(1), layers="7")
    assert refused.status_code == 422
    assert "between 0 and 2" in refused.json["detail"]


def test_nothing_is_stored_without_being_asked(world: Detecting, number: int) -> None:
    before = world.service.store.change_number(), len(list(world.service.artifacts.blobs()))

    world.score(number, row_objects(3))
    world.score_csv(number, everything(50))

    assert (world.service.store.change_number(), len(list(world.service.artifacts.blobs()))) == before


def test_a_missing_column_is_its_mean_and_is_told(world: Detecting, number: int) -> None:
    rows = row_objects(3)
    for row in rows:
        del row["mean area"]

    answer = world.score(number, rows).json
    nulls = world.score(number, [{**row, "mean area": None} for row in rows]).json
    strict = world.score(number, rows, strict=True)

    assert [row["status"] for row in answer["rows"]] == ["ok"] * 3
    assert scores(answer) == scores(nulls)
    assert [(w["kind"], w["column"]) for w in answer["warnings"]] == [("missing_column", "mean area")]
    assert strict.status_code == 422
    assert "mean area" in [fault["field"] for fault in strict.json["errors"]]


def test_an_unseen_level_is_missing_and_refused_in_strict_mode(world: Detecting) -> None:
    number = world.train(world.frame(LEVELS))
    rows = [{"colour": "green", "size": 2}, {"colour": "red", "size": 2}]

    answer = world.score(number, rows).json
    missing = world.score(number, [{"colour": None, "size": 2}, rows[1]]).json
    strict = world.score(number, rows, strict=True)

    assert scores(answer) == scores(missing)
    assert [(w["kind"], w["column"], w["level"], w["rows"]) for w in answer["warnings"]] == [
        ("unseen_level", "colour", "green", [0])
    ]
    assert strict.status_code == 422
    assert "green" in strict.json["detail"]


def test_text_for_a_number_is_missing_and_told(world: Detecting, number: int) -> None:
    first, second = row_objects(2)
    rows = [{**first, "mean area": "large"}, second]

    answer = world.score(number, rows).json
    strict = world.score(number, rows, strict=True)

    assert answer["rows"][0]["score"] == scores(world.score(number, [{**first, "mean area": None}]).json)[0]
    assert [(w["kind"], w["column"], w["rows"]) for w in answer["warnings"]] == [("not_a_number", "mean area", [0])]
    assert strict.status_code == 422


def test_numbers_beyond_sense_flag_their_row_only(world: Detecting, number: int) -> None:
    rows = row_objects(4)
    plain = scores(world.score(number, rows).json)
    body = json.dumps([rows[0], {**rows[1], "mean area": 1e308}, {**rows[2], "mean area": "inf"}, rows[3]])
    path = f"/api/v1/anomaly-models/{number}/score"

    result = world.client.simulate_post(path, body=body, headers={"Content-Type": "application/json"})

    answer = result.json
    assert [row["status"] for row in answer["rows"]] == ["ok", "out_of_range", "non_finite", "ok"]
    assert scores(answer) == [plain[0], None, None, plain[3]]
    assert answer["metrics"]["mse"] == pytest.approx((plain[0] + plain[3]) / 2)
    assert answer["metrics"]["flagged"] == 2
    assert not {"NaN", "Infinity"} & set(result.text.replace('"', " ").split())


def test_no_rows_have_no_mean(world: Detecting, number: int) -> None:
    for answer in (world.score(number, []).json, world.score_csv(number, everything(0)).json):
        assert answer["rows"] == []
        assert answer["metrics"]["mse"] is None
    assert world.score_csv(number, b"").status_code == 422


def test_csv_in_is_csv_out_with_a_summary(world: Detecting, number: int) -> None:
    result = world.score_csv(number, everything(3), accept="*/*")

    assert result.headers["content-type"] == CSV
    assert result.text.splitlines()[0].replace('"', "") == "Reconstruction.MSE,is_anomaly,status"
    assert json.loads(result.headers["arangovis-summary"])["metrics"]["rows"] == 3


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"{", 400), (b'{"rows": 3}', 400), (b"[1]", 422), (b'[{"mean area": {}}]', 422), (b'[{"nothing": 1}]', 422)],
)
def test_bodies_that_are_no_rows_are_refused(world: Detecting, number: int, body: bytes, status: int) -> None:
    path = f"/api/v1/anomaly-models/{number}/score"

    result = world.client.simulate_post(path, body=body, headers={"Content-Type": "application/json"})

    assert result.status_code == status, result.text


def test_what_is_kept_leads_back_to_every_file(world: Detecting, number: int) -> None:
    answer = world.score_csv(number, everything(30), persist=True, name="traffic").json
    again = world.score(number, row_objects(30), persist=True).json

    prediction = world.product(answer["run"], "dataset")
    found = world.upstream(prediction)
    methods = sorted(str(what) for kind, what in found if kind == "run")
    assert methods == ["anomaly.score", "anomaly.train", "frame.parse", "frame.parse"]
    assert sorted(kind for kind, _ in found if kind in ("model_version", "artifact")) == [
        "artifact",
        "artifact",
        "model_version",
    ]
    assert scores(answer) == scores(again)
    key = prediction.partition("/")[2]
    stored = world.client.simulate_get(f"/api/v1/frames/{key}/rows?limit=1000").json["items"]
    assert [row["Reconstruction.MSE"] for row in stored] == scores(answer)
    assert check_store(world.service.store, world.service.artifacts) == []


def test_a_deployed_detector_is_observed(world: Detecting, number: int) -> None:
    version = world.service.catalogue.version(number).id
    deployment = NodeId("deployment", "gate")

    def deploy(transaction: Any) -> None:
        transaction.create(deployment, None, {"name": "gate", "state": "active"})
        transaction.link(EdgeId("deployed_as", version, deployment))

    world.service.store.transact(deploy, Caller("ada"))
    answer = world.score(number, row_objects(5), persist=True).json

    edges = world.service.store.edges_of((deployment,), Direction.DOWNSTREAM, ("observed_as",))
    (performance,) = world.service.store.get_many([edge.id.target for edge in edges]).values()
    assert performance.attributes["metrics"]["mse"] == pytest.approx(answer["metrics"]["mse"])
    assert performance.attributes["attributes"]["run"] == answer["run"]


def test_equal_requests_share_a_training_until_its_detector_is_deleted(world: Detecting) -> None:
    frame = world.frame(benign())
    number = world.train(frame)
    runs = len(world.client.simulate_get("/api/v1/runs").json["items"])

    assert world.train(frame) == number
    assert len(world.client.simulate_get("/api/v1/runs").json["items"]) == runs
    assert world.train(frame, seed=8) == number + 1
    assert world.client.simulate_delete(f"/api/v1/anomaly-models/{number}").status_code == 204
    assert world.client.simulate_get(f"/api/v1/anomaly-models/{number}").status_code == 404
    assert world.train(frame) == number + 2


def test_the_same_seed_gives_the_same_bytes(world: Detecting) -> None:
    frames = [world.frame(benign()), world.frame(benign())]
    versions = [world.service.catalogue.version(world.train(frame)).id for frame in frames]

    states = [world.service.store.reserved("detector", str(version)) for version in versions]
    digests = {world.service.store.get(state).attributes["digest"] for state in states if state is not None}

    assert versions[0] != versions[1]
    assert len(digests) == 1


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"detector": "oracle"}, "detector"),
        ({"parameters": {"hidden": "many"}}, "hidden"),
        ({"parameters": {"depth": 3}}, "depth"),
        ({"ignored": ["no such"]}, "ignored"),
        ({"name": ""}, "name"),
        ({"seed": -1}, "seed"),
    ],
)
def test_a_training_that_cannot_be_is_refused(world: Detecting, changed: dict[str, Any], field: str) -> None:
    body = {"frame": world.frame(benign()), "name": "cancer", **changed}

    result = world.client.simulate_post("/api/v1/anomaly-models", json=body)

    assert result.status_code == 400, result.text
    assert any(field in fault["field"] for fault in result.json["errors"]), result.text


def test_a_detector_ignores_what_it_is_told_to(world: Detecting) -> None:
    number = world.train(world.frame(benign()), ignored=["mean area"])

    detector = world.client.simulate_get(f"/api/v1/anomaly-models/{number}").json

    assert "mean area" not in [column["name"] for column in detector["columns"]]
    assert detector["detector"] == "autoencoder"
    assert detector["layers"] == [8, 4, 8]
    assert detector["parameters"]["hidden"] == "8,4,8"
    assert len(detector["history"]) > 0
    assert all(len(errors) == 2 for errors in detector["history"])


def test_an_unknown_detector_is_not_found(world: Detecting) -> None:
    assert world.score(99, []).status_code == 404
    assert (
        world.client.simulate_post("/api/v1/anomaly-models", json={"frame": "dataset/x", "name": "n"}).status_code
        == 404
    )
