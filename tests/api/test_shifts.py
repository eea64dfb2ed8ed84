"""Shift between data sets over the API: the report, what it is linked to, and what is refused."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from falcon.testing import TestClient

from arangovis.domain.graph import Caller
from arangovis.wiring import Arangovis
from tests.api.detecting import Detecting, cancer, csv_of

PATH = "/api/v1/shift-detections"


@pytest.fixture
def detecting(service: Arangovis, client: TestClient) -> Detecting:
    return Detecting(service, client)


def halves() -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    rows = np.random.default_rng(0).permutation(cancer()[1])
    return rows[:280], rows[280:]


def frame(detecting: Detecting, rows: npt.NDArray[np.float64], name: str) -> str:
    return detecting.frame(csv_of(cancer()[0], rows.tolist()), name)


def detected(detecting: Detecting, **body: Any) -> dict[str, Any]:
    asked = detecting.client.simulate_post(PATH, json=body)
    assert asked.status_code == 202, asked.text
    assert asked.json["report"] is None
    detecting.work()
    found: dict[str, Any] = detecting.client.simulate_get(asked.headers["Location"]).json
    return found


def test_a_shift_is_a_run_whose_report_is_linked_to_both_data_sets(detecting: Detecting) -> None:
    left, right = halves()
    larger = right.copy()
    larger[:, 3] *= 2
    before, after = frame(detecting, left, "before.csv"), frame(detecting, larger, "after.csv")
    found = detected(detecting, reference=before, current=after)
    assert found["report"]["shifted"] is True
    assert found["report"]["columns"][0]["column"] == "mean area"
    upstream = detecting.client.simulate_get(f"/api/v1/lineage/{found['node']}").json
    assert {before, after, found["run"]} <= {node["id"] for node in upstream["nodes"]}
    for side in (before, after):
        downstream = detecting.client.simulate_get(f"/api/v1/lineage/{side}?direction=downstream").json
        assert found["node"] in {node["id"] for node in downstream["nodes"]}
    run = detecting.run(found["run"])
    assert run["metrics"]["auc"] == pytest.approx(found["report"]["auc"])


def test_no_shift_between_halves_and_the_same_question_is_the_same_run(detecting: Detecting) -> None:
    left, right = (frame(detecting, rows, f"{name}.csv") for name, rows in zip("ab", halves(), strict=True))
    found = detected(detecting, reference=left, current=right)
    assert found["report"]["shifted"] is False
    again = detecting.client.simulate_post(PATH, json={"reference": left, "current": right})
    assert (again.status_code, again.json) == (200, found)
    listed = detecting.client.simulate_get(PATH).json["items"]
    assert [item["id"] for item in listed] == [found["run"]]


def test_a_stream_is_frozen_before_it_is_compared(detecting: Detecting, caller: Caller) -> None:
    service = detecting.service
    service.catalogue.register_project("p", caller)
    service.catalogue.register_model("p", "m", caller)
    body = {"project": "p", "model": "m", "signature": {"inputs": [], "outputs": []}}
    number = detecting.client.simulate_post("/api/v1/model-versions", json=body).json["id"]
    left, right = halves()
    sent = [dict(zip(cancer()[0], row, strict=True)) for row in right.tolist()]
    path = f"/api/v1/model-versions/{number}/production-data"
    stream = detecting.client.simulate_post(path, json=sent)
    assert stream.status_code == 201, stream.text
    reference = frame(detecting, left, "left.csv")
    found = detected(detecting, reference=reference, current=stream.json["node"])
    assert found["report"]["rows"] == [280, len(right)]
    assert found["report"]["shifted"] is False
    inputs = detecting.upstream(found["run"])
    assert ("dataset", "sample of production data of m 1") in inputs


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        ({"reference": "dataset/nothing"}, 404, "dataset/nothing"),
        ({"reference": "run/0190"}, 404, "run/0190"),
        ({"rows_max": 9}, 400, "rows_max"),
        ({"threshold": 0.4}, 400, "threshold"),
        ({"alpha": 2}, 400, "alpha"),
        ({"seed": -1}, 400, "seed"),
        ({"project": "nobody's"}, 404, "nobody's"),
        ({"colour": "red"}, 400, "colour"),
    ],
)
def test_bad_requests_are_refused_by_name(detecting: Detecting, change: dict[str, Any], status: int, said: str) -> None:
    before = frame(detecting, halves()[0], "before.csv")
    answer = detecting.client.simulate_post(PATH, json={"reference": before, "current": before, **change})
    assert answer.status_code == status
    assert said in answer.text


def test_a_column_to_ignore_that_is_nowhere_fails_the_run_with_its_name(detecting: Detecting) -> None:
    before = frame(detecting, halves()[0], "before.csv")
    asked = detecting.client.simulate_post(PATH, json={"reference": before, "current": before, "ignored": ["nope"]})
    detecting.work()
    run = detecting.run(asked.json["run"])
    assert run["state"] == "ERROR"
    assert "nope" in run["message"]


def test_another_run_is_no_detection(detecting: Detecting) -> None:
    frame(detecting, halves()[0], "before.csv")
    run = detecting.client.simulate_get("/api/v1/runs").json["items"][0]["id"]
    assert detecting.client.simulate_get(f"{PATH}/{run.partition('/')[2]}").status_code == 404
