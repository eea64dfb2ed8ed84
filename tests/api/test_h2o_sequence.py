"""The scoring sequence of H2O as its clients send it: import, set-up, parse, poll, predict, read, delete."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from falcon.testing import Result, TestClient

from arangovis.services.verification import check_store
from arangovis.wiring import Arangovis
from arangovis_api.app import create_app
from arangovis_api.resources.h2o import imports
from tests.api.contract import ContractClient
from tests.api.detecting import CSV, FORM, JSON, Detecting, benign, cancer, everything
from tests.backends import build_service, settings_of

NAMES = cancer()[0]
HOSTILE = "a b/c%2F\"ü'<frame>?x=1&y#z"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "all.csv").write_bytes(everything())
    return folder


@pytest.fixture
def world(tmp_path: Path, data: Path) -> Any:
    service = build_service(settings_of(tmp_path / "home", import_roots=str(data)))
    yield Detecting(service, ContractClient(create_app(service)))
    service.close()


def post(client: TestClient, path: str, fields: dict[str, Any], media: str) -> Result:
    """Post fields as a form, lists as JSON text, or as JSON."""
    if media == JSON:
        return client.simulate_post(path, body=json.dumps(fields), headers={"Content-Type": JSON})
    plain = {name: value if isinstance(value, str) else json.dumps(value) for name, value in fields.items()}
    return client.simulate_post(path, body=urlencode(plain), headers={"Content-Type": FORM})


def good(result: Result) -> Any:
    assert result.status_code == 200, result.text
    assert result.json["__meta"]["schema_version"] == 3
    return result.json


Spell = Callable[[str], Any]
SPELLINGS: dict[str, tuple[str, Spell, Spell, dict[str, str]]] = {
    # media type, a key, a truth, names of fields that differ
    "the seed's JSON": (JSON, str, str, {"column_types": "columns_types", "number_columns": "number_of_columns"}),
    "JSON with objects": (JSON, lambda name: {"name": name}, lambda word: word == "true", {}),
    "a form": (FORM, str, str, {}),
}


@pytest.fixture
def by_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have files of any size parsed by workers, as large ones are."""
    monkeypatch.setattr(imports, "AT_ONCE_BYTES_MAX", 0)


@pytest.mark.usefixtures("by_workers")
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_the_whole_sequence(world: Detecting, data: Path, spelling: str) -> None:
    media, key, truth, renamed = SPELLINGS[spelling]
    world.train(world.frame(benign()), name="ae")
    client = world.client

    imported = good(post(client, "/3/ImportFiles", {"path": str(data / "all.csv")}, media))
    source = imported["destination_frames"][0]
    assert source == f"nfs:/{data / 'all.csv'}"
    setup = good(post(client, "/3/ParseSetup", {"source_frames": [key(source)] if key is not str else source}, media))
    assert (setup["separator"], setup["check_header"], setup["number_columns"]) == (44, 1, 30)
    assert setup["column_names"] == list(NAMES)
    asked = {
        "destination_frame": key("frame.hex"),
        "source_frames": [key(source)],
        "parse_type": setup["parse_type"],
        "separator": setup["separator"],
        "check_header": setup["check_header"],
        renamed.get("number_columns", "number_columns"): setup["number_columns"],
        "column_names": setup["column_names"],
        renamed.get("column_types", "column_types"): setup["column_types"],
        "chunk_size": setup["chunk_size"],
        "delete_on_done": truth("true"),
    }
    parsed = good(post(client, "/3/Parse", asked, media))
    job = parsed["job"]["key"]["name"]
    assert parsed["job"]["status"] == "RUNNING"
    assert client.simulate_get("/3/Frames/frame.hex").status_code == 404
    world.work()
    done = good(client.simulate_get(f"/3/Jobs/{quote(job, safe='')}"))["jobs"][0]
    assert (done["status"], done["progress"], done["dest"]["name"]) == ("DONE", 1.0, "frame.hex")
    wanted = {
        "predictions_frame": key("scores"),
        "reconstruction_error": truth("true"),
        "deep_features_hidden_layer": 2,
    }
    predicted = good(post(client, "/3/Predictions/models/ae/frames/frame.hex", wanted, media))
    assert predicted["predictions_frame"]["name"] == "scores"
    measured = predicted["model_metrics"][0]
    frame = good(client.simulate_get("/3/Frames/scores?row_offset=0&row_count=569"))["frames"][0]
    columns = {column["label"]: column["data"] for column in frame["columns"]}
    assert list(columns) == ["Reconstruction.MSE", *(f"DF.L3.C{unit + 1}" for unit in range(8))]
    scores = columns["Reconstruction.MSE"]
    assert len(scores) == measured["nobs"] == 569
    assert sum(scores) / len(scores) == pytest.approx(measured["MSE"], rel=1e-12)
    assert measured["RMSE"] == pytest.approx(measured["MSE"] ** 0.5, rel=1e-12)
    again = good(client.simulate_get("/3/ModelMetrics/models/ae/frames/frame.hex"))["model_metrics"][0]
    assert again["MSE"] == measured["MSE"]
    for name in ("scores", "frame.hex"):
        assert client.simulate_delete(f"/3/Frames/{name}").status_code == 200
        assert client.simulate_get(f"/3/Frames/{name}").status_code == 404
        assert client.simulate_delete(f"/3/Frames/{name}").status_code == 404
    assert check_store(world.service.store, world.service.artifacts) == []


def prepared(world: Detecting, name: str = "rows") -> str:
    """Upload, parse and name a frame; return the name of a trained model."""
    world.train(world.frame(benign()), name="ae")
    posted = world.client.simulate_post(
        "/3/PostFile", params={"destination_frame": f"{name}.raw"}, body=everything(), headers={"Content-Type": CSV}
    )
    assert posted.status_code == 200, posted.text
    fields = {"source_frames": f"{name}.raw", "destination_frame": name, "blocking": "true"}
    parsed = good(post(world.client, "/3/Parse", fields, FORM))
    assert (parsed["job"]["status"], parsed["rows"]) == ("DONE", 569)
    return "ae"


def test_each_way_of_predicting_has_its_columns(world: Detecting) -> None:
    model = prepared(world)

    def labels(**fields: str) -> list[str]:
        path = f"/3/Predictions/models/{model}/frames/rows"
        answer = good(post(world.client, path, fields, FORM))
        found = answer["model_metrics"][0]["predictions"]
        assert found["rows"] == 569
        return [column["label"] for column in found["columns"]]

    assert labels() == [f"reconstr_{name}" for name in NAMES]
    assert labels(reconstruction_error="true") == ["Reconstruction.MSE"]
    assert labels(reconstruction_error_per_feature="true") == [f"reconstr_{name}.SE" for name in NAMES]
    assert labels(deep_features_hidden_layer="1") == [f"DF.L2.C{unit + 1}" for unit in range(4)]
    refused = post(
        world.client, f"/3/Predictions/models/{model}/frames/rows", {"deep_features_hidden_layer": "3"}, FORM
    )
    assert refused.status_code == 422
    assert "between 0 and 2" in refused.json["msg"]


def test_names_may_have_any_characters(world: Detecting) -> None:
    model = prepared(world, HOSTILE)
    path = quote(HOSTILE, safe="")

    frame = good(world.client.simulate_get(f"/3/Frames/{path}/summary"))["frames"][0]
    fields = {"predictions_frame": f"of {HOSTILE}", "reconstruction_error": "true"}
    predicted = good(post(world.client, f"/3/Predictions/models/{model}/frames/{path}", fields, FORM))
    listed = good(world.client.simulate_get("/3/Frames"))["frames"]

    assert frame["frame_id"]["name"] == HOSTILE
    assert predicted["frame"]["name"] == HOSTILE
    assert {item["frame_id"]["name"] for item in listed} == {HOSTILE, f"of {HOSTILE}"}
    content = world.client.simulate_get("/3/DownloadDataset", params={"frame_id": f"of {HOSTILE}"})
    assert content.text.splitlines()[0] == "Reconstruction.MSE"
    assert len(content.text.splitlines()) == 570


def test_a_source_is_parsed_as_often_as_it_is_asked_for(world: Detecting) -> None:
    prepared(world)
    fields = {"source_frames": '["rows.raw"]', "delete_on_done": "true", "blocking": "true"}

    for name in ("one", "two"):
        good(post(world.client, "/3/Parse", {**fields, "destination_frame": name}, FORM))
    world.client.simulate_delete("/3/Frames/one")

    assert good(world.client.simulate_get("/3/Frames/two"))["frames"][0]["rows"] == 569


def test_pages_and_pruned_answers(world: Detecting) -> None:
    prepared(world)

    path = "/3/Frames/rows?row_offset=10&row_count=2&column_offset=1&column_count=3&_exclude_fields=frames/columns/data"
    frame = good(world.client.simulate_get(path))["frames"][0]

    assert [column["label"] for column in frame["columns"]] == list(NAMES[1:4])
    assert frame["row_count"] == 2
    assert all("data" not in column and "mean" in column for column in frame["columns"])


def test_types_and_levels_are_those_of_h2o(world: Detecting) -> None:
    body = b"n,x,e,t\n1,0.5,b,2020-01-02\n2,1.5,a,2020-01-03\n3,,b,2020-01-04\n4,2,a,2020-01-05\n"
    world.client.simulate_post("/3/PostFile?destination_frame=kinds", body=body, headers={"Content-Type": CSV})
    setup = good(post(world.client, "/3/ParseSetup", {"source_frames": "kinds"}, FORM))
    good(post(world.client, "/3/Parse", {"source_frames": "kinds", "destination_frame": "k", "blocking": "1"}, FORM))

    columns = good(world.client.simulate_get("/3/Frames/k"))["frames"][0]["columns"]

    assert setup["column_types"] == ["Numeric", "Numeric", "Enum", "Time"]
    assert [column["type"] for column in columns] == ["int", "real", "enum", "time"]
    assert columns[1]["missing_count"] == 1
    assert columns[1]["data"][2] is None
    assert (columns[2]["domain"], columns[2]["data"]) == (["a", "b"], [1, 0, 1, 0])


def test_types_may_be_asked_for(world: Detecting) -> None:
    world.client.simulate_post("/3/PostFile?destination_frame=z", body=b"zip\n1\n2\n2\n", headers={"Content-Type": CSV})
    fields = {"source_frames": "z", "destination_frame": "k", "blocking": "true", "column_types": '["Enum"]'}

    good(post(world.client, "/3/Parse", {**fields, "column_names": '["code"]'}, FORM))

    column = good(world.client.simulate_get("/3/Frames/k"))["frames"][0]["columns"][0]
    assert (column["label"], column["type"], column["domain"]) == ("code", "enum", ["1", "2"])


def test_a_small_file_is_parsed_before_the_answer(world: Detecting) -> None:
    prepared(world)

    parsed = good(post(world.client, "/3/Parse", {"source_frames": "rows.raw", "destination_frame": "soon"}, FORM))
    job = good(world.client.simulate_get(f"/3/Jobs/{parsed['job']['key']['name']}"))["jobs"][0]

    assert (parsed["job"]["status"], parsed["rows"]) == ("DONE", 569)
    assert (job["status"], job["progress"], job["dest"]["name"]) == ("DONE", 1.0, "soon")
    assert good(world.client.simulate_get("/3/Frames/soon"))["frames"][0]["rows"] == 569


@pytest.mark.usefixtures("by_workers")
def test_a_job_that_waits_can_be_cancelled(world: Detecting) -> None:
    prepared(world)
    parsed = good(post(world.client, "/3/Parse", {"source_frames": "rows.raw", "destination_frame": "late"}, FORM))
    path = f"/3/Jobs/{parsed['job']['key']['name']}"

    cancelled = good(post(world.client, f"{path}/cancel", {}, FORM))["jobs"][0]
    world.work()

    assert cancelled["status"] == "CANCELLED"
    assert good(world.client.simulate_get(path))["jobs"][0]["status"] == "CANCELLED"
    assert world.client.simulate_get("/3/Frames/late").status_code == 404


def test_a_job_that_fails_says_why_without_a_stack(world: Detecting) -> None:
    prepared(world)
    fields = {"source_frames": "rows.raw", "destination_frame": "bad", "column_names": json.dumps(["a"] * 30)}
    parsed = good(post(world.client, "/3/Parse", fields, FORM))
    world.work()

    job = good(world.client.simulate_get(f"/3/Jobs/{parsed['job']['key']['name']}"))["jobs"][0]

    assert job["status"] == "FAILED"
    assert "two columns of this name" in job["exception"]
    assert job["stacktrace"] is None


def test_models_are_those_of_the_service(world: Detecting) -> None:
    prepared(world)

    listed = good(world.client.simulate_get("/3/Models"))["models"]
    one = good(world.client.simulate_get("/3/Models/ae"))["models"][0]
    same = good(world.client.simulate_get(f"/3/Models/{listed[0]['model_id']['name']}"))["models"][0]

    assert len(listed) == 1
    assert one == same
    assert one["output"]["names"] == list(NAMES)
    assert one["output"]["model_category"] == "AutoEncoder"
    assert world.client.simulate_delete("/3/Models/ae").status_code == 200
    assert world.client.simulate_get("/3/Models/ae").status_code == 404


def test_clients_learn_who_answers(client: TestClient) -> None:
    cloud = good(client.simulate_get("/3/Cloud"))
    about = good(client.simulate_get("/3/About"))

    assert cloud["cloud_healthy"] is True
    assert cloud["nodes"][0]["healthy"] is True
    assert {entry["name"] for entry in about["entries"]} >= {"Build project version"}


def test_lineage_of_a_prediction_has_no_gap(world: Detecting) -> None:
    prepared(world)
    fields = {"predictions_frame": "p", "reconstruction_error": "true"}
    good(post(world.client, "/3/Predictions/models/ae/frames/rows", fields, FORM))
    node = world.service.h2o_names.frame("p").id

    found = world.upstream(str(node))

    assert sorted(str(what) for kind, what in found if kind == "run") == [
        *("anomaly.score", "anomaly.train", "frame.parse", "frame.parse")
    ]
    assert sum(kind == "artifact" for kind, _ in found) == 2


def test_an_uploaded_file_is_imported_by_its_key(world: Detecting, service: Arangovis) -> None:
    del service
    prepared(world)

    imported = good(post(world.client, "/3/ImportFiles", {"path": "rows.raw"}, FORM))

    assert imported["destination_frames"] == ["rows.raw"]
