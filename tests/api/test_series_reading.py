import math
from typing import Any

import numpy as np
import pytest
from falcon.testing import TestClient
from sklearn.datasets import load_wine

from tests.api.logging_rows import ARROW, Logging, table_of

ALCOHOL = load_wine().data[:, 0]


@pytest.fixture
def log(client: TestClient) -> Logging:
    return Logging(client)


@pytest.fixture
def run(log: Logging) -> str:
    run = log.run()
    for sequence, begin in enumerate(range(0, 178, 50)):
        rows = slice(begin, min(begin + 50, 178))
        columns = {"step": np.arange(178)[rows], "alcohol": ALCOHOL[rows]}
        assert log.append(run, sequence, columns).status_code == 201
    return run


def test_rows_as_json(log: Logging, run: str) -> None:
    answer = log.rows(run, fields="step,alcohol")
    assert answer["columns"] == {"step": list(range(178)), "alcohol": ALCOHOL.tolist()}
    assert (answer["run"], answer["rows"], answer["of_points"]) == (f"run/{run}", 178, 178)
    assert (answer["restart"], answer["partial"], answer["state"]) == (False, False, "STARTED")
    assert answer["poll_after_ms"] == 1000


def test_rows_as_arrow(client: TestClient, run: str) -> None:
    query = {"fields": "alcohol", "decimate": "20", "order": "step"}
    result = client.simulate_get(f"/api/v1/runs/{run}/rows", params=query, headers={"Accept": ARROW})
    table, facts = table_of(result)
    assert table.column_names == ["alcohol"]
    assert table.num_rows == facts["rows"] <= 20
    assert facts["of_points"] == 178
    assert table["alcohol"].to_numpy().max() == ALCOHOL.max()


def test_what_is_new_since_a_cursor(log: Logging, run: str) -> None:
    first = log.rows(run, fields="step")
    log.append(run, 4, {"step": np.arange(3), "alcohol": np.zeros(3)})
    second = log.rows(run, fields="step", since=first["cursor"])
    assert second["columns"] == {"step": [0, 1, 2]}
    assert log.rows(run, fields="step", since=second["cursor"])["rows"] == 0


def test_a_poll_that_finds_nothing_new_costs_nothing(client: TestClient, log: Logging, run: str) -> None:
    path, query = f"/api/v1/runs/{run}/rows", {"fields": "step"}
    first = client.simulate_get(path, params=query)
    known = {"If-None-Match": first.headers["etag"]}
    assert client.simulate_get(path, params=query, headers=known).status_code == 304
    arrow = client.simulate_get(path, params=query, headers={**known, "Accept": ARROW})
    assert arrow.status_code == 200
    log.append(run, 4, {"step": [1], "alcohol": [1.0]})
    assert client.simulate_get(path, params=query, headers=known).status_code == 200
    log.post("/projects", name="another")  # a change elsewhere is no news
    after = client.simulate_get(path, params=query)
    log.post("/projects", name="a third")
    known = {"If-None-Match": after.headers["etag"]}
    assert client.simulate_get(path, params=query, headers=known).status_code == 304


def test_a_series_by_its_name(client: TestClient, log: Logging) -> None:
    for name in ("step", "loss"):
        log.post("/fields", project="p", name=name, kind="float")
    log.post("/series", project="p", name="training curve", fields=["step", "loss"])
    run = log.run()
    log.append(run, 0, {"step": [0.0], "loss": [1.5]}, series="training curve")
    answer = client.simulate_get(f"/api/v1/runs/{run}/series/training%20curve")
    assert answer.json["columns"] == {"step": [0.0], "loss": [1.5]}
    assert client.simulate_get(f"/api/v1/runs/{run}/series/nothing").status_code == 404
    listed = client.simulate_get(f"/api/v1/runs/{run}/series").json
    (series,) = listed["series"]
    assert (series["name"], series["rows"], series["newest_step"]) == ("training curve", 1, 0.0)
    assert {field["name"]: field["maximum"] for field in series["fields"]} == {"step": 0.0, "loss": 1.5}


def test_the_list_has_statistics(client: TestClient, log: Logging, run: str) -> None:
    log.attributes(run, seed=3)
    listed = client.simulate_get(f"/api/v1/runs/{run}/series").json
    (series,) = listed["series"]
    fields = {field["name"]: field for field in series["fields"]}
    assert (series["name"], series["rows"], series["newest_step"], series["loggers"]) == (None, 178, 177, ["a"])
    assert (fields["alcohol"]["count"], fields["alcohol"]["minimum"]) == (178, ALCOHOL.min())
    assert [(item["name"], item["kind"], item["value"]) for item in listed["attributes"]] == [("seed", "int", 3)]


def test_gaps_are_stored_exactly_and_shown_as_null(client: TestClient, log: Logging) -> None:
    run = log.run()
    log.append(run, 0, {"v": [1.0, math.nan, math.inf, -math.inf]})
    assert log.rows(run, fields="v")["columns"] == {"v": [1.0, None, None, None]}
    result = client.simulate_get(f"/api/v1/runs/{run}/rows", params={"fields": "v"}, headers={"Accept": ARROW})
    stored = table_of(result)[0]["v"].to_numpy()
    assert np.array_equal(stored, np.array([1.0, np.nan, np.inf, -np.inf]), equal_nan=True)


def test_attributes_filters_means(log: Logging, run: str) -> None:
    log.attributes(run, seed=3, name="first")
    answer = log.rows(
        run,
        fields="alcohol,seed",
        attributes="name",
        filter="alcohol > 13 and seed = 3",
        window=4,
        stride=2,
        order="step",
    )
    chosen = ALCOHOL[ALCOHOL > 13]
    means = [chosen[max(0, end - 4) : end].mean() for end in range(2, len(chosen) + 1, 2)]
    assert answer["columns"]["alcohol"] == pytest.approx(means, rel=1e-12)
    assert set(answer["columns"]["seed"]) == {3.0}
    assert set(answer["columns"]["name"]) == {"first"}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({}, "fields"),
        ({"fields": "step", "stride": "2"}, "stride"),
        ({"fields": "step", "window": "0"}, "window"),
        ({"fields": "step", "window": "many"}, "window"),
        ({"fields": "step", "decimate": "2"}, "decimate"),
        ({"fields": "step", "filter": "step >"}, "filter"),
        ({"fields": "step", "since": "nonsense"}, "since"),
        ({"fields": "step", "colour": "red"}, "colour"),
    ],
)
def test_questions_that_cannot_be(client: TestClient, run: str, query: dict[str, str], field: str) -> None:
    result = client.simulate_get(f"/api/v1/runs/{run}/rows", params=query)
    assert result.status_code == 400
    assert [fault["field"] for fault in result.json["errors"]] == [field]


def test_a_field_that_is_not_there_yet(client: TestClient, log: Logging) -> None:
    run = log.run()
    before = log.rows(run, fields="step,loss")
    assert (before["columns"], before["unknown"]) == ({"step": [], "loss": []}, ["step", "loss"])
    log.append(run, 0, {"step": [1], "loss": [0.5]})
    after = log.rows(run, fields="step,loss", since=before["cursor"])
    assert (after["columns"], after["unknown"], after["restart"]) == ({"step": [1], "loss": [0.5]}, [], False)
    ended = log.client.simulate_post(f"/api/v1/runs/{run}/end", json={"state": "SUCCESS"})
    assert ended.status_code == 200, ended.text
    refused = client.simulate_get(f"/api/v1/runs/{run}/rows", params={"fields": "step,los"})
    assert refused.status_code == 400
    assert refused.json["errors"] == [{"field": "fields", "problem": "there is no field 'los'"}]


def test_runs_that_are_not_there(client: TestClient, log: Logging, run: str) -> None:
    assert client.simulate_get("/api/v1/runs/nobody/rows", params={"fields": "step"}).status_code == 404
    assert client.simulate_delete(f"/api/v1/runs/{run}", params={"force": "true"}).status_code == 204
    gone = client.simulate_get(f"/api/v1/runs/{run}/rows", params={"fields": "step"})
    assert (gone.status_code, gone.json["type"]) == (410, "urn:arangovis:error:run-gone")
    refused = log.append(run, 9, {"step": [1], "alcohol": [1.0]})
    assert (refused.status_code, refused.json["type"]) == (410, "urn:arangovis:error:run-gone")


def test_what_runs_have_in_common(client: TestClient, log: Logging, run: str) -> None:
    other, third = log.run(tags=["late"]), log.run()
    log.append(other, 0, {"step": [1], "alcohol": [1.0]})
    log.append(other, 0, {"accuracy": [0.5]})
    log.append(third, 0, {"step": [1], "loss": [1.0]})
    log.attributes(run, seed=1, rate=0.1)
    log.attributes(other, seed=2)
    two = log.post("/series-common", runs=[run, other])
    assert two["runs"] == 2
    assert [[field["name"] for field in series["fields"]] for series in two["series"]] == [["alcohol", "step"]]
    assert [field["name"] for field in two["fields"]] == ["alcohol", "step"]
    assert [field["name"] for field in two["attributes"]] == ["seed"]
    three = log.post("/series-common", where={"project": "p"})
    assert (three["runs"], three["series"], three["attributes"]) == (3, [], [])
    assert [field["name"] for field in three["fields"]] == ["step"]
    late = log.post("/series-common", where={"tags": {"any": ["late"]}})
    assert [field["name"] for field in late["fields"]] == ["accuracy", "alcohol", "step"]


def test_names_with_commas(client: TestClient, log: Logging) -> None:
    run = log.run()
    log.append(run, 0, {"top 1, top 5": [0.5], "step": [1]})
    answer: dict[str, Any] = log.post("/series-queries", runs=[run], fields=["top 1, top 5"])
    assert answer["runs"][0]["columns"] == {"top 1, top 5": [0.5]}
    query = "fields=top%201%2C%20top%205&fields=step"
    result = client.simulate_get(f"/api/v1/runs/{run}/rows", query_string=query)
    assert result.json["columns"] == {"top 1, top 5": [0.5], "step": [1]}
