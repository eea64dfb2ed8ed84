"""Polling: states, the answer on success, its forms, and what a client that has it already is spared."""

import gzip
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from arangovis.domain.ids import NodeId
from arangovis.domain.runs import Reason, RunState
from arangovis.domain.work import RunRequest
from arangovis.wiring import compose
from arangovis_api.app import create_app
from tests.api.contract import ContractClient
from tests.api.visualization import ARROW, PREPARER, World, digits, numbers, strict

UNKNOWN_TASKS = ["0123", "01a1fc59-7362-72d7-9c48-331f6f230ce1", "../../etc/passwd", "a b", "%00", "x" * 4000, "run/1"]


@pytest.fixture
def number(world: World) -> int:
    return world.model(production=digits(0, 120), metric=True)


def test_states_move_forward_only(world: World, number: int) -> None:
    task = world.start(number)
    pending = world.poll(task)
    claim = world.service.runs.claim(("projection.pca",), "tester", lease_us=60_000_000)
    assert claim is not None
    world.service.runs.renew(claim, lease_us=60_000_000, progress=0.25, stage="fit")
    started = world.poll(task)
    world.service.runs.release(claim, counted=False)
    finished = world.finished(task)
    assert [pending.status_code, started.status_code] == [200, 200]
    assert [pending.json["state"], started.json["state"], finished["state"]] == ["PENDING", "STARTED", "SUCCESS"]
    assert all(answer["task_id"] == task for answer in (pending.json, started.json, finished))
    assert (started.json["progress"], started.json["stage"]) == (0.25, "fit")
    assert pending.json["poll_after_ms"] > 0
    assert started.json["poll_after_ms"] > 0
    assert "result" not in pending.json


def test_success_says_where_it_comes_from_and_has_no_message(world: World, number: int) -> None:
    before = datetime.now(UTC)
    task = world.start(number)
    answer = world.finished(task)
    assert set(answer) == {"state", "task_id", "run", "artifact", "created", "stale", "result"}
    assert answer["run"] == f"run/{task}"
    assert answer["artifact"] == world.made(task)["plot"]
    assert answer["stale"] is False
    assert before <= datetime.fromisoformat(answer["created"]) <= datetime.now(UTC) + timedelta(seconds=1)


def test_the_path_with_a_method_answers_the_same(world: World, number: int) -> None:
    task = world.start(number)
    world.work()
    plain, with_method = world.poll(task), world.get("/jobs/pca", f"task_id={task}")
    assert with_method.status_code == 200
    assert with_method.content == plain.content
    assert with_method.headers["ETag"] == plain.headers["ETag"]


@pytest.mark.parametrize("path", ["/jobs", "/jobs/pca"])
@pytest.mark.parametrize("query", ["", "task_id=", "id=3", "task_id=a&task_id=b"])
def test_a_poll_names_one_task(world: World, path: str, query: str) -> None:
    answer = world.get(path, query)
    assert answer.status_code == 400
    assert "task_id" in answer.json["message"]


@pytest.mark.parametrize("task", UNKNOWN_TASKS)
def test_an_unknown_task_is_not_found(world: World, task: str) -> None:
    answer = world.client.simulate_get("/visualization/jobs", params={"task_id": task})
    assert answer.status_code == 404
    assert answer.json["state"] == "UNKNOWN"
    assert answer.json["task_id"] == task[:128]
    assert answer.json["message"]


@pytest.mark.parametrize("task", UNKNOWN_TASKS)
def test_an_unknown_task_is_pending_for_ever_if_so_configured(world: World, task: str) -> None:
    settings = replace(world.service.settings, legacy_unknown_task=True)
    app = create_app(compose(settings, world.service.store, world.service.artifacts))
    answer = ContractClient(app).simulate_get("/visualization/jobs", params={"task_id": task})
    assert (answer.status_code, answer.json) == (200, {"state": "PENDING", "task_id": task[:128]})


def test_a_run_of_another_method_is_no_task(world: World) -> None:
    wanted = RunRequest(method="training", project=None, inputs=(), params={})
    run = world.service.store.transact(lambda tx: world.service.runs.request(tx, wanted)[0], PREPARER)
    assert world.poll(run.id.key).status_code == 404


@pytest.mark.parametrize(
    ("state", "status"),
    [(RunState.ERROR, 500), (RunState.NO_DATA, 404), (RunState.NOT_SUPPORTED, 404)],
)
def test_an_end_without_success_has_its_status_and_a_message(
    world: World, number: int, state: RunState, status: int
) -> None:
    task = world.start(number)
    claim = world.service.runs.claim(("projection.pca",), "tester", lease_us=60_000_000)
    assert claim is not None
    world.service.runs.fail(claim, state, reason=Reason.FAILED, message="because of the weather")
    answer = world.poll(task)
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/json"
    expected = {"state": state.value, "task_id": task, "message": "because of the weather"}
    assert expected.items() <= answer.json.items()
    assert answer.json["description"] == "because of the weather"


def test_a_cancelled_task_conflicts(world: World, number: int) -> None:
    task = world.start(number)
    world.service.runs.cancel(NodeId("run", task), PREPARER)
    answer = world.poll(task)
    assert answer.status_code == 409
    assert answer.json["state"] == "CANCELLED"
    assert "cancelled by preparer" in answer.json["message"]


# --- forms of the result ------------------------------------------------------------------------------------------


def test_a_client_that_has_the_result_is_not_sent_it_again(world: World, number: int) -> None:
    task = world.start(number)
    world.work()
    tag = world.poll(task).headers["ETag"]
    again = world.poll(task, **{"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == tag
    assert world.poll(task, **{"If-None-Match": f'"other", {tag}'}).status_code == 304
    assert world.poll(task, **{"If-None-Match": '"other"'}).status_code == 200


def test_open_tasks_have_no_tag(world: World, number: int) -> None:
    assert "ETag" not in world.poll(world.start(number)).headers


def test_new_traffic_changes_the_tag(world: World, number: int) -> None:
    task = world.start(number)
    world.work()
    first = world.poll(task)
    world.send(number, digits(120, 140))
    second = world.poll(task, **{"If-None-Match": first.headers["ETag"]})
    assert second.status_code == 200
    assert (first.json["stale"], second.json["stale"]) == (False, True)
    assert second.json["result"] == first.json["result"]


@pytest.mark.parametrize("accepted", ["gzip", "br, gzip;q=0.5", "GZIP", "gzip , deflate"])
def test_a_large_result_is_compressed_for_who_takes_it(world: World, number: int, accepted: str) -> None:
    task = world.start(number)
    world.work()
    plain, packed = world.poll(task), world.poll(task, **{"Accept-Encoding": accepted})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert len(packed.content) < len(plain.content) / 2
    assert gzip.decompress(packed.content) == plain.content
    assert packed.headers["ETag"] == plain.headers["ETag"]


@pytest.mark.parametrize("accepted", ["", "identity", "br", "gzip;q=0", "gzip; q=0.0, br", "not-gzip"])
def test_it_is_sent_plain_to_others(world: World, number: int, accepted: str) -> None:
    task = world.start(number)
    world.work()
    answer = world.poll(task, **{"Accept-Encoding": accepted})
    assert "Content-Encoding" not in answer.headers
    assert strict(answer.content)["state"] == "SUCCESS"


def test_a_small_result_is_not_compressed(world: World) -> None:
    task = world.start(world.model("small", production=digits(0, 10)))
    world.work()
    assert "Content-Encoding" not in world.poll(task, **{"Accept-Encoding": "gzip"}).headers


@pytest.mark.parametrize(("query", "headers"), [("&format=arrow", {}), ("", {"Accept": ARROW})])
def test_the_plot_is_served_as_arrow(world: World, number: int, query: str, headers: dict[str, str]) -> None:
    task = world.start(number)
    result = world.finished(task)["result"]
    answer = world.get("/jobs", f"task_id={task}{query}", **headers)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == ARROW
    plot = pa.ipc.open_stream(answer.content).read_all()
    points = np.stack([plot[axis].to_numpy() for axis in "xy"], axis=1)
    np.testing.assert_array_equal(points, numbers(result["data"]).astype(np.float32))
    assert plot["id"].to_pylist() == result["request_ids"]
    assert plot["class"].to_pylist() == result["output_info"]["class"]["data"]
    assert plot["anomaly"].to_pylist() == result["metrics"]["anomaly"]["scores"]
    assert set(plot["set"].to_pylist()) == {"production"}
    assert answer.headers["ETag"] != world.poll(task).headers["ETag"]


def test_json_is_the_form_for_who_does_not_care(world: World, number: int) -> None:
    task = world.start(number)
    world.work()
    for accept in ("*/*", "application/json", f"application/json, {ARROW};q=0.5", "text/html, */*;q=0.8"):
        assert world.poll(task, Accept=accept).headers["Content-Type"] == "application/json"
    assert world.get("/jobs", f"task_id={task}&format=json", Accept=ARROW).headers["Content-Type"] == "application/json"


def test_an_unknown_form_is_refused(world: World, number: int) -> None:
    answer = world.get("/jobs", f"task_id={world.start(number)}&format=pickle")
    assert answer.status_code == 400
    assert "format" in answer.json["message"]


def test_an_open_task_is_json_whatever_is_accepted(world: World, number: int) -> None:
    answer: Any = world.get("/jobs", f"task_id={world.start(number)}&format=arrow")
    assert answer.json["state"] == "PENDING"


# --- damage -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("role", "query"), [("result", ""), ("plot", "&format=arrow")])
def test_damaged_bytes_are_never_served(world: World, number: int, role: str, query: str) -> None:
    task = world.start(number)
    world.work()
    world.damage(world.made(task)[role])
    answer = world.get("/jobs", f"task_id={task}{query}")
    assert answer.status_code == 500
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json["state"] == "ERROR"
    assert "again" in answer.json["message"]
    assert "ETag" not in answer.headers
