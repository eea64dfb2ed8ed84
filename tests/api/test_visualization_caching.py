"""When a plot is computed again and when it is not, and what of earlier work is used."""

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from arangovis.domain.ids import NodeId
from arangovis.projections.quality import DEFAULT_METRICS
from arangovis.wiring import build, compose
from arangovis_api.app import create_app
from tests.api.contract import ContractClient
from tests.api.visualization import PREPARER, World, digits, rows_of, task_of, training_digits

STAGES = {"transformer", "coordinates", "neighbours", "quality"}
SHOWN = {"plot", "result"}


@pytest.fixture
def number(world: World) -> int:
    """A model version with training data and so much traffic that a sample of it is a choice."""
    number = world.model(production=digits(0, 200), training=training_digits(900, 1000), metric=True)
    world.set_params(number, {"n_components": 2}, production_data_sample_size=100)
    return number


@pytest.fixture
def untrained(world: World) -> int:
    number = world.model("untrained", production=digits(0, 200))
    world.set_params(number, {"n_components": 2}, production_data_sample_size=100)
    return number


# --- the same question --------------------------------------------------------------------------------------------


def test_the_second_request_is_answered_from_the_graph(world: World, number: int) -> None:
    first = world.start(number)
    world.work()
    answer, runs = world.poll(first), world.runs()
    assert world.start(number) == first
    assert (world.work(), world.runs()) == (0, runs)
    assert world.poll(first).content == answer.content


def test_a_request_under_way_is_shared(world: World, number: int) -> None:
    assert world.start(number) == world.start(number)
    assert (world.work(), world.runs()) == (1, 1)


def test_two_requests_at_the_same_moment_share_one_job(world: World, number: int) -> None:
    barrier = threading.Barrier(8, timeout=30)
    tasks: list[str] = []

    def ask() -> None:
        client = ContractClient(create_app(world.service))
        barrier.wait()
        answer = client.simulate_post("/visualization/plottable_embeddings/pca", json={"model_version_id": number})
        tasks.append(task_of(answer))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(tasks) == 8
    assert len(set(tasks)) == 1
    assert (world.work(), world.runs()) == (1, 1)


def test_requests_over_other_connections_share_one_job(world: World, number: int) -> None:
    other = compose(world.service.settings, world.service.store, world.service.artifacts)
    elsewhere = World(other, ContractClient(create_app(other)))
    assert world.start(number) == elsewhere.start(number)


def test_other_versions_and_methods_have_their_own_answers(world: World, number: int, untrained: int) -> None:
    assert len({world.start(number), world.start(untrained), world.start(number, "umap")}) == 3


def test_new_traffic_does_not_change_the_answer_but_makes_it_stale(world: World, number: int) -> None:
    first = world.start(number)
    before = world.finished(first)
    world.send(number, digits(300, 350))
    assert world.start(number) == first
    after = world.finished(first)
    assert (before["stale"], after["stale"]) == (False, True)
    assert after["result"] == before["result"]


def test_new_training_data_are_another_question(world: World, number: int) -> None:
    first = world.start(number)
    world.work()
    world.service.datasets.put_training(world.version(number), rows_of(training_digits(1000, 1050)), PREPARER)
    second = world.start(number)
    assert second != first
    assert world.finished(second)["result"]["training_data_shape"] == [50, 2]


def test_a_new_monitoring_metric_is_shown_without_computing_the_layout_again(world: World, number: int) -> None:
    first = world.start(number)
    before = world.finished(first)["result"]
    world.metric(number, "confidence", threshold=0.6, operation="Greater")
    second = world.start(number)
    after = world.finished(second)["result"]
    assert (before["metrics"].keys(), after["metrics"].keys()) == ({"anomaly"}, {"anomaly", "confidence"})
    assert after["data"] == before["data"]
    assert world.made(second).keys() == SHOWN


def test_a_metric_registered_while_a_job_waits_is_shown_by_the_next(world: World, number: int) -> None:
    first = world.start(number)
    world.metric(number, "confidence")
    second = world.start(number)
    assert world.finished(first)["result"]["metrics"].keys() == {"anomaly"}
    assert world.finished(second)["result"]["metrics"].keys() == {"anomaly", "confidence"}


# --- recomputing --------------------------------------------------------------------------------------------------


def test_a_restart_sees_the_new_traffic(world: World, number: int) -> None:
    world.plot(number)
    world.send(number, digits(300, 350))
    task = world.restart(number)
    answer = world.finished(task)
    new = set(digits(300, 350)["_id"])
    assert new & set(answer["result"]["request_ids"])
    assert answer["stale"] is False
    assert world.start(number) == task


def test_a_restart_takes_another_sample(world: World, number: int) -> None:
    first = world.plot(number)
    second = world.finished(world.restart(number))["result"]
    assert second["request_ids"] != first["request_ids"]
    assert second["data"] != first["data"]
    assert second["data_shape"] == first["data_shape"]


def test_a_restart_with_refit_learns_a_new_transformer(world: World, number: int) -> None:
    first, second = world.start(number), ""
    world.work()
    second = world.restart(number)
    world.work()
    assert world.made(first)["transformer"] != world.made(second)["transformer"]
    assert world.read_of(second, "transformer") == []


def test_every_restart_is_a_run_of_its_own(world: World, number: int) -> None:
    assert world.restart(number) != world.restart(number)
    assert world.work() == 2


def test_a_restart_without_refit_places_new_rows_in_the_same_projection(world: World, number: int) -> None:
    first = world.start(number)
    before = world.finished(first)["result"]
    world.send(number, digits(300, 350))
    second = world.restart(number, refit_transformer=False)
    after = world.finished(second)["result"]
    assert world.read_of(second, "transformer") == [world.made(first)["transformer"]]
    assert "transformer" not in world.made(second)
    assert after["training_data"] == before["training_data"]
    assert world.read_of(second, "training") == world.read_of(first, "training")
    assert after["request_ids"] != before["request_ids"]
    placed = dict(zip(before["request_ids"], before["data"], strict=True))
    again = dict(zip(after["request_ids"], after["data"], strict=True))
    common = placed.keys() & again.keys()
    assert common
    assert all(placed[row] == pytest.approx(again[row], abs=1e-4) for row in common)


def test_the_same_holds_without_training_data(world: World, untrained: int) -> None:
    first = world.start(untrained)
    before = world.finished(first)["result"]
    second = world.restart(untrained, refit_transformer=False)
    after = world.finished(second)["result"]
    assert world.read_of(second, "transformer") == [world.made(first)["transformer"]]
    placed = dict(zip(before["request_ids"], before["data"], strict=True))
    again = dict(zip(after["request_ids"], after["data"], strict=True))
    common = placed.keys() & again.keys()
    assert 0 < len(common) < 100
    assert all(placed[row] == pytest.approx(again[row], abs=1e-4) for row in common)


def test_the_transformer_is_kept_over_several_restarts(world: World, number: int) -> None:
    first = world.start(number)
    world.work()
    for _ in range(3):
        task = world.restart(number, refit_transformer=False)
        world.work()
        assert world.read_of(task, "transformer") == [world.made(first)["transformer"]]


def test_without_refit_and_without_a_transformer_one_is_fitted(world: World, number: int) -> None:
    task = world.restart(number, refit_transformer=False)
    assert world.finished(task)["state"] == "SUCCESS"
    assert "transformer" in world.made(task)


def test_a_failed_restart_leaves_the_answer_and_its_samples_in_peace(world: World, number: int) -> None:
    first = world.start(number)
    before = world.finished(first)["result"]
    world.service.runs.cancel(NodeId("run", world.restart(number)), PREPARER)
    assert world.start(number) == first
    world.set_params(number, {"n_components": 2}, production_data_sample_size=100, visualization_metrics=["msid"])
    assert world.plot(number)["data"] == before["data"]


# --- parameters ---------------------------------------------------------------------------------------------------


def test_other_parameters_are_another_question(world: World, number: int) -> None:
    first = world.start(number)
    world.work()
    world.set_params(number, {"n_components": 3}, production_data_sample_size=100)
    second = world.start(number)
    assert second != first
    assert world.finished(second)["result"]["data_shape"] == [100, 3]
    assert world.read_of(second, "neighbours") == [world.made(first)["neighbours"]]


def test_the_same_parameters_again_are_the_same_question(world: World, number: int) -> None:
    first = world.start(number)
    world.work()
    world.set_params(number, {"n_components": 2}, production_data_sample_size=100)
    assert world.start(number) == first


def test_going_back_finds_the_old_answer(world: World, number: int) -> None:
    first = world.start(number)
    world.work()
    world.set_params(number, {"n_components": 3}, production_data_sample_size=100)
    world.plot(number)
    world.set_params(number, {"n_components": 2}, production_data_sample_size=100)
    assert world.start(number) == first


@pytest.mark.parametrize("restart", [None, True, False])
@pytest.mark.parametrize("trained", [True, False])
def test_other_metrics_change_nothing_but_the_metrics(
    world: World, number: int, untrained: int, *, restart: bool | None, trained: bool
) -> None:
    chosen = number if trained else untrained
    task = world.start(chosen)
    world.work()
    if restart is not None:
        task = world.restart(chosen, refit_transformer=restart)
    before = world.finished(task)["result"]
    metrics = ["sammon_error"]
    world.set_params(chosen, {"n_components": 2}, production_data_sample_size=100, visualization_metrics=metrics)
    second = world.start(chosen)
    after = world.finished(second)["result"]
    assert second != task
    same = set(before) - {"visualization_metrics", "provenance"}
    assert {name: after[name] for name in same} == {name: before[name] for name in same}
    assert before["visualization_metrics"].keys() == set(DEFAULT_METRICS)
    asked_for = {"sammon_error", "sammon_error_scale_fitted"}
    assert after["visualization_metrics"].keys() == {*DEFAULT_METRICS, *asked_for}
    assert world.made(second).keys() == {"quality", *SHOWN}
    found = {role for role, _ in world.read(second)}
    assert {"transformer", "neighbours", "production"} <= found


def test_the_points_of_an_answer_with_other_metrics_are_the_same_bytes(world: World, number: int) -> None:
    first = world.start(number)
    world.work()
    one = world.poll(first).content
    world.set_params(number, {"n_components": 2}, production_data_sample_size=100, visualization_metrics=[])
    second = world.start(number)
    world.work()
    other = world.poll(second).content
    assert _data(one) == _data(other)


def test_a_larger_sample_keeps_the_projection(world: World, number: int) -> None:
    first = world.start(number)
    before = world.finished(first)["result"]
    world.set_params(number, {"n_components": 2}, production_data_sample_size=150)
    second = world.start(number)
    after = world.finished(second)["result"]
    assert after["data_shape"] == [150, 2]
    assert after["training_data"] == before["training_data"]
    assert world.read_of(second, "transformer") == [world.made(first)["transformer"]]


def test_parameters_set_during_a_job_are_not_undone_by_its_end(world: World, number: int) -> None:
    first = world.start(number)
    claim = world.service.runs.claim(("projection.pca",), "tester", lease_us=60_000_000)
    assert claim is not None
    world.set_params(number, {"n_components": 3}, production_data_sample_size=60)
    world.service.runs.release(claim, counted=False)
    assert world.finished(first)["result"]["data_shape"] == [100, 2]
    params = world.get("/params/pca", f"model_version_id={number}").json
    assert params["parameters"] == {"n_components": 3}
    assert params["production_data_sample_size"] == 60
    second = world.start(number)
    assert second != first
    assert world.finished(second)["result"]["data_shape"] == [60, 3]


# --- determinism --------------------------------------------------------------------------------------------------


def test_the_same_seed_and_snapshot_give_the_same_points(world: World, tmp_path: Path) -> None:
    number = world.model("same", production=digits(0, 200), training=training_digits(900, 1000))
    first = world.plot(number)
    other_service = build(replace(world.service.settings, home=tmp_path / "other"))
    try:
        elsewhere = World(other_service, ContractClient(create_app(other_service)))
        other = elsewhere.model("same", production=digits(0, 200), training=training_digits(900, 1000))
        second = elsewhere.plot(other)
    finally:
        other_service.close()
    assert second["data"] == first["data"]
    assert second["request_ids"] == first["request_ids"]
    assert second["provenance"]["inputs"] == first["provenance"]["inputs"]
    assert second["provenance"]["environment"] == first["provenance"]["environment"]


# --- damage -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["result", "plot"])
def test_a_damaged_answer_is_computed_again(world: World, number: int, role: str) -> None:
    first = world.start(number)
    before = world.finished(first)["result"]
    world.damage(world.made(first)[role])
    second = world.start(number)
    assert second != first
    assert world.start(number) == second  # whoever asks meanwhile shares the repair
    assert world.finished(second)["result"]["data"] == before["data"]
    assert world.start(number) == second
    assert world.made(second).keys() == SHOWN


@pytest.mark.parametrize("role", ["transformer", "coordinates", "neighbours", "quality"])
def test_damaged_stages_are_computed_again(world: World, number: int, role: str) -> None:
    first = world.start(number)
    before = world.finished(first)["result"]
    for name in (role, "result"):
        world.damage(world.made(first)[name])
    second = world.start(number)
    after = world.finished(second)["result"]
    assert role in world.made(second)
    assert after["data"] == before["data"]
    assert after["top_100"] == before["top_100"]
    assert after["visualization_metrics"] == before["visualization_metrics"]
    assert world.is_intact(world.made(second)[role])


def test_a_damaged_transformer_is_not_used(world: World, number: int) -> None:
    first = world.start(number)
    before = world.finished(first)["result"]
    world.damage(world.made(first)["transformer"])
    second = world.restart(number, refit_transformer=False)
    after = world.finished(second)["result"]
    assert world.made(first)["transformer"] not in world.read_of(second, "transformer")
    assert "transformer" in world.made(second)
    assert after["training_data"] == before["training_data"]


def test_a_transformer_damaged_before_the_job_ran_ends_it_with_a_reason(world: World, number: int) -> None:
    first = world.start(number)
    world.work()
    second = world.restart(number, refit_transformer=False)
    world.damage(world.made(first)["transformer"])
    world.work()
    answer = world.poll(second)
    assert (answer.status_code, answer.json["state"]) == (500, "ERROR")
    assert "damaged" in answer.json["message"] or "digest" in answer.json["message"]
    assert world.finished(world.restart(number, refit_transformer=False))["state"] == "SUCCESS"


def _data(body: bytes) -> bytes:
    start = body.index(b'"data":')
    return body[start : body.index(b'"training_data_shape"')]


def test_stages_are_linked_to_the_run_that_made_them(world: World, number: int) -> None:
    task = world.start(number)
    world.work()
    assert world.made(task).keys() == STAGES | SHOWN
    roles = {role for role, _ in world.read(task)}
    assert roles == {"model", "params", "production", "training", "metric"}
