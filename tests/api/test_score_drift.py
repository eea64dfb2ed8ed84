"""How scores drift over the periods of a deployment: kept scorings, and production rows that a detector watches."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from falcon.testing import TestClient

import arangovis as av
from arangovis.anomaly.training import held_out_scores
from arangovis.cli import group
from arangovis.domain.graph import Caller, Direction, EdgeId
from arangovis.domain.ids import NodeId
from arangovis.services.anomaly.score_tables import training_table
from arangovis.wiring import Arangovis
from tests.api.detecting import Detecting, benign, cancer, csv_of

DAY_US = 86_400 * 1_000_000
MONDAY = 1_699_833_600 * 1_000_000
GATE = NodeId("deployment", "gate")


@pytest.fixture
def world(service: Arangovis, client: TestClient) -> Detecting:
    return Detecting(service, client)


@pytest.fixture
def number(world: Detecting) -> int:
    return world.train(world.frame(benign()))


def deploy(service: Arangovis, version: NodeId) -> None:
    def action(transaction: Any) -> None:
        transaction.create(GATE, None, {"name": "gate", "state": "active"})
        transaction.link(EdgeId("deployed_as", version, GATE))

    service.store.transact(action, Caller("ada"))


def rows_of(target: int, begin: int, count: int) -> bytes:
    names, rows, targets = cancer()
    return csv_of(names, rows[targets == target][begin : begin + count].tolist())


def drift(world: Detecting, **query: Any) -> Any:
    answer = world.client.simulate_get("/api/v1/deployments/gate/score-drift", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json


def test_periods_of_malignant_rows_drift_and_others_do_not(world: Detecting, number: int) -> None:
    version = world.service.catalogue.version(number).id
    deploy(world.service, version)
    for day, target in ((1, 0), (0, 1)):  # the later one first: they are answered in order of time
        begin, end = MONDAY + day * DAY_US, MONDAY + (day + 1) * DAY_US - 1
        data = rows_of(target, 0, 100)
        scored = world.score_csv(number, data, persist=True, period_start=begin, period_end=end)
        assert scored.status_code == 200, scored.text

    answer = drift(world)

    (found,) = answer["detectors"]
    model = world.service.detectors.load(number).model
    healthy, odd = found["periods"]
    assert (found["detector"], found["metric"], found["threshold"]) == (str(version), None, model.threshold)
    assert found["held_out"]["mean"] == pytest.approx(model.metrics.held_out_score, rel=1e-12)
    assert [period["period_start"] for period in (healthy, odd)] == [MONDAY, MONDAY + DAY_US]
    assert healthy["distance"]["psi"] < odd["distance"]["psi"]
    assert odd["distance"]["ks"] > 0.6
    assert odd["distance"]["p_value"] < 1e-6 < healthy["distance"]["p_value"]
    assert odd["scores"]["above"] > 0.5 > healthy["scores"]["above"]
    expected = [row["score"] for row in world.score_csv(number, rows_of(0, 0, 100)).json["rows"]]
    assert odd["scores"]["mean"] == pytest.approx(np.mean(expected))
    assert odd["scores"]["quantiles"]["0.5"] == pytest.approx(np.median(expected))
    assert answer["partial"] is False


def test_the_reference_is_what_training_held_out(world: Detecting, number: int) -> None:
    detector = world.service.detectors.load(number)
    run = world.service.store.edges_of((detector.version.id,), Direction.UPSTREAM, ("generated",))[0].id.source
    frame = NodeId.parse(str(world.service.runs.get(run).options["frame"]))
    table = training_table(world.service.frames.plain(world.service.frames.get(frame)), frozenset())

    scores = held_out_scores(detector.model, table)

    assert len(scores) == detector.model.metrics.held_out_rows
    assert scores.mean() == pytest.approx(detector.model.metrics.held_out_score, rel=1e-12)


def test_a_column_of_times_says_the_period(world: Detecting, number: int) -> None:
    deploy(world.service, world.service.catalogue.version(number).id)
    names, rows, _ = cancer()
    times = ["2023-11-14T00:00:00Z", "2023-11-13T06:00:00Z", "", "2023-11-15T12:30:00Z"]
    data = csv_of(["seen", *names], [[time, *row] for time, row in zip(times, rows[:4].tolist(), strict=True)])

    assert world.score_csv(number, data, persist=True, time_column="seen").status_code == 200

    (period,) = drift(world)["detectors"][0]["periods"]
    assert (period["period_start"], period["period_end"]) == (
        MONDAY + DAY_US // 4,
        MONDAY + 2.5 * DAY_US + 1_800 * 10**6,
    )


@pytest.mark.parametrize(
    ("query", "status", "word"),
    [
        ({"persist": True, "period_start": 5}, 400, "period_end"),
        ({"persist": True, "period_start": 5, "period_end": 4}, 400, "before"),
        ({"persist": True, "period_start": 5, "period_end": 6, "time_column": "t"}, 400, "time_column"),
        ({"persist": True, "time_column": "mean area"}, 422, "mean area"),
        ({"persist": True, "time_column": "absent"}, 422, "absent"),
        ({"period_start": 5, "period_end": 6}, 400, "persist"),
    ],
)
def test_a_period_that_cannot_be_is_refused_and_nothing_kept(
    world: Detecting, number: int, query: dict[str, Any], status: int, word: str
) -> None:
    runs = len(world.client.simulate_get("/api/v1/runs").json["items"])

    result = world.score_csv(number, rows_of(1, 0, 3), **query)

    assert result.status_code == status, result.text
    assert word in json.dumps(result.json["errors"])
    assert len(world.client.simulate_get("/api/v1/runs").json["items"]) == runs


def test_without_the_frame_there_are_scores_but_no_reference(world: Detecting) -> None:
    frame = world.frame(benign())
    number = world.train(frame)
    deploy(world.service, world.service.catalogue.version(number).id)
    world.score_csv(number, rows_of(1, 0, 20), persist=True)
    world.service.frames.delete(NodeId.parse(frame), Caller("ada"), force=True)

    answer = drift(world)

    (found,) = answer["detectors"]
    assert found["held_out"] is None
    assert found["periods"][0]["distance"] is None
    assert found["periods"][0]["scores"]["rows"] == 20
    assert answer["partial"] is True
    assert "learnt from" in answer["partial_reasons"][0]


def test_a_deployment_that_is_not_there(world: Detecting) -> None:
    assert world.client.simulate_get("/api/v1/deployments/none/score-drift").status_code == 404


# --- production rows ----------------------------------------------------------------------------------------------


def test_production_rows_drift_by_segment_and_by_time(tmp_path: Path) -> None:
    names, rows, target = cancer()
    healthy, odd = rows[target == 1], rows[target == 0]
    with av.connect(home=tmp_path / "home") as client:
        frame = client.anomaly.frame(benign(), "benign.csv")
        detector = client.anomaly.train(frame, "cancer", parameters={"hidden": [8, 4, 8], "epochs": 3}, seed=7)
        client.register_project("p")
        client.register_model("p", "watched")
        outputs = (av.signature_field("class", dtype="int64", profile="NOMINAL"),)
        version = client.register_model_version("p", "watched", av.Signature(outputs=outputs))
        client.anomaly.attach(detector.number, version)
        made = (av.Output("model", version.node),)
        client.log_run(av.LoggedRun("train", project="p", deployment_tag="live", outputs=made))
        client.provision("live", state="active")
        for day, part in enumerate((healthy[:60], odd[:60])):
            columns = dict(zip(names, part.T, strict=True))
            at = [MONDAY // 1000 + day * 86_400_000 + place for place in range(60)]
            client.append_production_data(version, {**columns, "class": [day] * 60, "at": at})

        by_segment = client.score_drift("live")
        by_time = client.score_drift("live", time_column="at", window_s=86_400)
        with pytest.raises(av.errors.InvalidInput, match="no column of moments"):
            client.score_drift("live", time_column="absent")

        shown = CliRunner().invoke(group, ["deployment", "drift", "live", "--home", str(tmp_path / "home")])

    assert shown.exit_code == 0, shown.output
    assert "held-out rows" in shown.output
    (found,) = by_segment.detectors
    assert (found.detector, found.metric) == (detector.node, "anomaly")
    assert [period.period for period in found.periods] == ["1", "2"]
    assert found.periods[0].period_start is not None
    assert found.periods[1].period_start >= found.periods[0].period_start
    distances = [period.distance for period in found.periods]
    assert distances[1].ks > 0.6 > distances[0].ks
    (again,) = by_time.detectors
    assert [period.period_start for period in again.periods] == [MONDAY, MONDAY + DAY_US]
    assert [period.scores for period in again.periods] == [period.scores for period in found.periods]
    assert by_segment.partial_reasons == ()
