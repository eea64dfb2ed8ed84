"""Acceptance checks of anomaly detection that need the whole service; all are listed in `docs/reference/h2o.md`."""

import csv
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np
import onnxruntime
import pytest
from falcon.testing import TestClient

from arangovis.anomaly.methods import TRAIN
from arangovis.anomaly.model import to_bundle
from arangovis.domain.catalogue import Signature
from arangovis.domain.graph import Caller
from arangovis.domain.ids import NodeId
from arangovis.domain.work import Made, MadeDetector, Outcome, RunRequest
from arangovis.services.anomaly.at_once import Recorder
from arangovis.services.anomaly.products import DETECTOR
from arangovis.tabular.bundle import to_bytes
from arangovis.wiring import Arangovis
from arangovis_api.resources.h2o import imports
from tests.api.detecting import CSV, FORM, Detecting, csv_of
from tests.unit.anomaly import toy
from tests.unit.anomaly.test_export import HOSTILE, WINE, onnx_inputs

ADA = Caller("ada")
TOY_CSV = b"e,n1,n2\na,2,25\nzzz,2,25\nb,,10\n,,\n"
TOY_ROWS = [{"e": "a", "n1": 2, "n2": 25}, {"e": "zzz", "n1": 2, "n2": 25}, {"e": "b", "n1": None, "n2": 10}, {}]
SLOTS = ("e.a", "e.b", "e.missing(NA)", "n1", "n2")


@pytest.fixture
def world(service: Arangovis, client: TestClient) -> Detecting:
    return Detecting(service, client)


def plant_toy(service: Arangovis) -> int:
    """Record the detector of the written scores as if a run had trained it; return its integer id."""
    file = Made(DETECTOR, to_bytes(to_bundle(toy.MODEL)), "application/x-npz")
    detector = MadeDetector("toy", Signature().document(), DETECTOR, {"detector": "autoencoder"})
    blob = service.blobs.save(file.data, ADA)
    wanted = RunRequest(method=TRAIN, project=None, inputs=(), params={}, name="toy")
    outcome = Outcome((file,), detectors=(detector,))
    run = service.store.transact(
        lambda tx: Recorder(service.blobs, service.runs).record(tx, wanted, outcome, (blob,)), ADA
    )
    return service.detectors.made_by(run.id).number


def form(world: Detecting, path: str, **fields: str) -> Any:
    answer = world.client.simulate_post(path, body=urlencode(fields), headers={"Content-Type": FORM})
    assert answer.status_code == 200, answer.text
    return answer.json


def exported(world: Detecting, number: int, folder: Path) -> Path:
    path = f"/api/v1/anomaly-models/{number}/export"
    assert world.client.simulate_post(path, json={}).status_code == 201
    with zipfile.ZipFile(io.BytesIO(world.client.simulate_get(path).content)) as archive:
        archive.extractall(folder)
    return folder


def run_scorer(folder: Path, *arguments: str) -> list[dict[str, str]]:
    command = [sys.executable, "-I", "-S", "scorer.py", *arguments]
    found = subprocess.run(command, cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False)
    assert found.returncode == 0, found.stderr
    return list(csv.DictReader(io.StringIO(found.stdout)))


# --- 5, 6: the written table --------------------------------------------------------------------------------------


def test_the_written_scores_come_from_every_way_to_ask(world: Detecting, tmp_path: Path) -> None:
    number = plant_toy(world.service)
    by_json = world.score(number, TOY_ROWS).json["rows"]
    by_csv = world.score_csv(number, TOY_CSV).json["rows"]
    world.client.simulate_post("/3/PostFile?destination_frame=toy", body=TOY_CSV, headers={"Content-Type": CSV})
    types = json.dumps(["Enum", "Numeric", "Numeric"])
    form(world, "/3/Parse", source_frames="toy", destination_frame="toy.hex", blocking="true", column_types=types)
    predicted = form(world, "/3/Predictions/models/toy/frames/toy.hex", reconstruction_error="true")
    (column,) = predicted["model_metrics"][0]["predictions"]["columns"]
    folder = exported(world, number, tmp_path)
    (tmp_path / "rows.csv").write_bytes(TOY_CSV)
    session = onnxruntime.InferenceSession(folder / "model.onnx", providers=["CPUExecutionProvider"])

    exact = {"rel": 1e-12, "abs": 0}
    assert [row["score"] for row in by_json] == pytest.approx(toy.SCORES, **exact)
    assert [row["score"] for row in by_csv] == pytest.approx(toy.SCORES, **exact)
    assert column["data"] == pytest.approx(toy.SCORES, **exact)
    assert predicted["model_metrics"][0]["MSE"] == pytest.approx(np.mean(toy.SCORES), **exact)
    elsewhere = [float(row["Reconstruction.MSE"]) for row in run_scorer(folder, "rows.csv")]
    assert elsewhere == pytest.approx(toy.SCORES, **exact)
    assert session.run(["score"], onnx_inputs(toy.MODEL, toy.TABLE))[0] == pytest.approx(toy.SCORES, rel=1e-6)


def test_slots_and_features_have_the_written_names_and_values(world: Detecting) -> None:
    number = plant_toy(world.service)

    rows = world.score(number, TOY_ROWS, squared_errors=True, reconstruction=True, layers="0").json["rows"]

    assert list(rows[0]["squared_errors"]) == [f"reconstr_{slot}.SE" for slot in SLOTS]
    assert list(rows[0]["reconstruction"]) == [f"reconstr_{slot}" for slot in SLOTS]
    assert list(rows[0]["squared_errors"].values()) == pytest.approx(toy.FIRST_ERRORS, abs=5e-11)
    assert [row["deep_features"]["0"] for row in rows] == [pytest.approx(each, abs=5e-11) for each in toy.FEATURES]
    assert [np.mean(list(row["squared_errors"].values())) for row in rows] == pytest.approx(toy.SCORES, rel=1e-12)


# --- 3: jobs ------------------------------------------------------------------------------------------------------


def test_a_job_goes_forward_and_ends_once(world: Detecting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "AT_ONCE_BYTES_MAX", 0)
    world.client.simulate_post("/3/PostFile?destination_frame=raw", body=TOY_CSV, headers={"Content-Type": CSV})
    begun = form(world, "/3/Parse", source_frames="raw", destination_frame="f")["job"]
    path = f"/3/Jobs/{begun['key']['name']}"

    seen = [begun, world.client.simulate_get(path).json["jobs"][0]]
    world.work()
    seen += [world.client.simulate_get(path).json["jobs"][0] for _ in range(2)]
    too_late = form(world, f"{path}/cancel")["jobs"][0]

    assert [job["status"] for job in seen] == ["RUNNING", "RUNNING", "DONE", "DONE"]
    progress = [job["progress"] for job in seen]
    assert progress == sorted(progress)
    assert (progress[0], progress[-1]) == (0.0, 1.0)
    assert too_late["status"] == "DONE"


# --- 10, 12: files that are odd -----------------------------------------------------------------------------------


@pytest.mark.parametrize("end", [b"", b"\n"])
def test_a_header_alone_has_no_mean_with_or_without_its_last_line_end(world: Detecting, end: bytes) -> None:
    number = plant_toy(world.service)

    answer = world.score_csv(number, b"e,n1,n2" + end).json

    assert answer["rows"] == []
    assert (answer["metrics"]["mse"], answer["metrics"]["rmse"]) == (None, None)


def test_text_after_sixty_thousand_numbers_is_told_with_its_rows(world: Detecting) -> None:
    world.client.simulate_post(
        "/3/PostFile?destination_frame=late", body=b"n\n" + b"1\n" * 60_000 + b"x\n" * 5, headers={"Content-Type": CSV}
    )
    form(world, "/3/Parse", source_frames="late", destination_frame="late.hex", blocking="true")
    node = world.service.h2o_names.frame("late.hex").id

    (warning,) = world.client.simulate_get(f"/api/v1/frames/{node.key}").json["warnings"]

    assert (warning["kind"], warning["column"], warning["count"]) == ("unreadable", "n", 5)
    assert warning["rows"] == [60_000, 60_001, 60_002, 60_003, 60_004]
    assert warning["lines"][0] == 60_002


# --- 18: the exported zip -----------------------------------------------------------------------------------------


def test_hostile_names_go_through_the_service_and_run_nothing(world: Detecting, tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    names = [*HOSTILE[:-1], f"__import__('pathlib').Path({str(marker)!r}).touch()", "é\u202e"]
    data = csv_of(names, WINE.data[:, : len(names)].tolist())
    frame = world.frame(data, "hostile.csv", setup={"header": True})
    number = world.train(frame, name="hostile")
    expected = world.score_csv(number, data).json["rows"]
    folder = exported(world, number, tmp_path / "scorer")
    (folder / "rows.csv").write_bytes(data)

    found = run_scorer(folder, "rows.csv")
    selftest = [sys.executable, "-I", "-S", "scorer.py", "--selftest"]
    subprocess.run(selftest, cwd=folder, check=True, capture_output=True)

    learnt = world.client.simulate_get(f"/api/v1/anomaly-models/{number}").json["columns"]
    assert sorted(column["name"] for column in learnt) == sorted(names)
    assert [float(row["Reconstruction.MSE"]) for row in found] == pytest.approx(
        [row["score"] for row in expected], rel=1e-12
    )
    assert not marker.exists()
    assert b"pathlib').Path" not in (folder / "scorer.py").read_bytes()


# --- 17: what was deleted -----------------------------------------------------------------------------------------


def test_a_frame_that_was_deleted_under_h2o_stays_in_the_lineage(world: Detecting) -> None:
    number = plant_toy(world.service)
    world.client.simulate_post("/3/PostFile?destination_frame=toy", body=TOY_CSV, headers={"Content-Type": CSV})
    form(world, "/3/Parse", source_frames="toy", destination_frame="toy.hex", blocking="true")
    fields = {"reconstruction_error": "true", "predictions_frame": "p"}
    form(world, f"/3/Predictions/models/{number}/frames/toy.hex", **fields)
    frame, prediction = (world.service.h2o_names.frame(name).id for name in ("toy.hex", "p"))

    statuses = [world.client.simulate_delete("/3/Frames/toy.hex").status_code for _ in range(2)]

    assert statuses == [200, 404]
    assert world.client.simulate_get("/3/Frames/toy.hex").status_code == 404
    nodes = world.client.simulate_get(f"/api/v1/lineage/{prediction}").json["nodes"]
    assert str(frame) in [node["id"] for node in nodes]
    tombstone = world.service.store.get(NodeId.parse(str(frame)))
    assert tombstone.version.deleted
    assert tombstone.attributes["content_digest"]
