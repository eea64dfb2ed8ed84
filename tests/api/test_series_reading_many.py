"""Many runs followed live: what is new, what is replaced, what is gone."""

import threading
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


class Viewer:
    """A live view: asks again and again, and keeps what a plot would show."""

    def __init__(self, log: Logging, *, by_token: bool, **question: Any) -> None:
        self.log = log
        self.by_token = by_token
        self.question = question
        self.lines: dict[str, list[Any]] = {}
        self.cursors: dict[str, str] = {}
        self.token: str | None = None
        self.of_runs = 0

    def refresh(self) -> dict[str, Any]:
        """Ask once, and draw."""
        place = {"token": self.token, "keep": True} if self.by_token else {"cursors": self.cursors}
        answer: dict[str, Any] = self.log.post("/series-queries", fields=["step"], **self.question, **place)
        self.token, self.of_runs = answer["token"], answer["of_runs"]
        for run in answer["gone"]:
            key = run.partition("/")[2]
            del self.lines[key]
            self.cursors.pop(key)
        for run in answer["runs"]:
            key = run["run"].partition("/")[2]
            had = [] if run["restart"] else self.lines.get(key, [])
            self.lines[key] = had + run["columns"]["step"]
            self.cursors[key] = run["cursor"]
        return answer


@pytest.fixture(params=["cursors", "token"])
def viewer(log: Logging, request: pytest.FixtureRequest) -> Viewer:
    return Viewer(log, by_token=request.param == "token", where={"project": "p", "tags": {"any": ["shown"]}})


def test_new_rows_and_new_runs(log: Logging, viewer: Viewer) -> None:
    first = log.run(tags=["shown"])
    log.append(first, 0, {"step": [0, 1]})
    viewer.refresh()
    log.append(first, 1, {"step": [2]})
    second = log.run(tags=["shown"])
    viewer.refresh()
    assert viewer.lines == {first: [0, 1, 2], second: []}
    answer = viewer.refresh()
    assert (answer["runs"], answer["gone"], answer["of_runs"]) == ([], [], 2)


def test_a_run_that_is_tagged_later_brings_its_whole_history(log: Logging, viewer: Viewer) -> None:
    old = log.run()
    for sequence in range(3):
        log.append(old, sequence, {"step": [sequence]})
    viewer.refresh()
    assert viewer.lines == {}
    log.post(f"/runs/{old}/tags", add=["shown"])
    viewer.refresh()
    assert viewer.lines == {old: [0, 1, 2]}
    log.post(f"/runs/{old}/tags", remove=["shown"])
    viewer.refresh()
    assert viewer.lines == {}


def test_a_replaced_run_loses_its_old_line_at_once(log: Logging, viewer: Viewer) -> None:
    run = log.run(tags=["shown"])
    log.append(run, 0, {"step": [0, 1, 2]})
    viewer.refresh()
    # the same second, or microsecond: only the generation tells
    body = {"session": "b" * 32, "mode": "replace", "project": "p", "tags": ["shown"]}
    replaced = log.client.simulate_put(f"/api/v1/runs/{run}", json=body)
    assert replaced.status_code in (200, 201), replaced.text
    viewer.refresh()
    assert viewer.lines == {run: []}
    generation = replaced.json["generation"]
    assert log.append(run, 0, {"step": [7]}, generation=generation).status_code == 201
    viewer.refresh()
    assert viewer.lines == {run: [7]}
    assert log.append(run, 1, {"step": [8]}, generation=generation - 1).status_code >= 400


def test_a_deleted_run_goes_from_every_view(log: Logging, viewer: Viewer) -> None:
    run, other = log.run(tags=["shown"]), log.run(tags=["shown"])
    log.append(run, 0, {"step": [0]})
    viewer.refresh()
    assert log.client.simulate_delete(f"/api/v1/runs/{run}", params={"force": "true"}).status_code == 204
    viewer.refresh()
    assert viewer.lines == {other: []}
    assert viewer.of_runs == 1


def test_increments_of_four_writers_are_the_whole(log: Logging, viewer: Viewer) -> None:
    run = log.run(tags=["shown"])
    done, failures = threading.Event(), []

    def write(logger: str, order: list[int]) -> None:
        for sequence in order:
            result = log.append(run, sequence, {"step": [int(logger) * 1000 + sequence]}, logger=logger)
            failures.extend([] if result.status_code == 201 else [result.text])

    rng = np.random.default_rng(5)
    writers = [threading.Thread(target=write, args=(str(number), rng.permutation(25).tolist())) for number in range(4)]
    closer = threading.Thread(target=lambda: ([writer.join() for writer in writers], done.set()))
    for thread in (*writers, closer):
        thread.start()
    polls = 0
    while not done.is_set() and polls < 10_000:
        viewer.refresh()
        polls += 1
    closer.join()
    viewer.refresh()
    assert failures == []
    assert sorted(viewer.lines[run]) == sorted(writer * 1000 + step for writer in range(4) for step in range(25))


def test_an_answer_that_was_lost_is_given_again(log: Logging) -> None:
    run = log.run()
    log.append(run, 0, {"step": [0]})
    ask = {"runs": [run], "fields": ["step"], "keep": True}
    first = log.post("/series-queries", **ask)
    log.append(run, 1, {"step": [1]})
    lost = log.post("/series-queries", **ask, token=first["token"])
    log.append(run, 2, {"step": [2]})
    again = log.post("/series-queries", **ask, token=first["token"])
    assert lost["runs"][0]["columns"]["step"] == [1]
    assert again["runs"][0]["columns"]["step"] == [1, 2]
    log.append(run, 3, {"step": [3]})
    assert log.post("/series-queries", **ask, token=again["token"])["runs"][0]["columns"]["step"] == [3]
    stale = log.client.simulate_post("/api/v1/series-queries", json={**ask, "token": first["token"]})
    assert stale.status_code == 410


def test_a_token_answers_its_own_question_only(log: Logging) -> None:
    run = log.run()
    log.append(run, 0, {"step": [0], "loss": [1.0]})
    token = log.post("/series-queries", runs=[run], fields=["step"], keep=True)["token"]
    other = log.client.simulate_post("/api/v1/series-queries", json={"runs": [run], "fields": ["loss"], "token": token})
    assert (other.status_code, other.json["errors"][0]["field"]) == (400, "token")


def test_rows_of_many_runs_as_arrow(log: Logging) -> None:
    coarse, fine = log.run(), log.run()
    log.append(coarse, 0, {"step": [0, 1], "v": np.array([1.5, 2.5], dtype=np.float32)})
    log.append(fine, 0, {"step": [0], "v": [0.1]})
    body = {"runs": [coarse, fine], "fields": ["v"]}
    table, facts = table_of(log.client.simulate_post("/api/v1/series-queries", json=body, headers={"Accept": ARROW}))
    assert table["_run"].to_pylist() == [coarse, coarse, fine]
    assert table["v"].to_pylist() == [1.5, 2.5, 0.1]
    assert [run["rows"] for run in facts["runs"]] == [2, 1]
    empty = log.client.simulate_post("/api/v1/series-queries", json={**body, "runs": []}, headers={"Accept": ARROW})
    assert table_of(empty)[0].num_rows == 0


def test_each_run_is_thinned_out_by_itself(log: Logging) -> None:
    runs = [log.run() for _ in range(3)]
    for number, run in enumerate(runs):
        log.append(run, 0, {"step": np.arange(178), "alcohol": ALCOHOL * number})
    answer = log.post("/series-queries", runs=runs, fields=["step", "alcohol"], decimate=20, x="step")
    assert [(run["rows"] <= 20, run["of_points"]) for run in answer["runs"]] == [(True, 178)] * 3
    assert [max(run["columns"]["alcohol"]) for run in answer["runs"]] == [0.0, ALCOHOL.max(), 2 * ALCOHOL.max()]


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"fields": ["step"], "runs": ["x"] * 501}, 400, "runs"),
        ({"fields": ["step"], "cursors": {"a": "b"}, "runs": ["a"]}, 400, "cursors.a"),
        ({"fields": ["step"], "token": "abc"}, 400, "token"),
        ({"fields": ["step"], "token": "abc", "cursors": {"a": "b"}}, 400, "token"),
        ({"fields": ["step"], "where": {"tags": {"some": ["a"]}}}, 400, "where.tags.some"),
        ({"runs": []}, 400, "fields"),
    ],
)
def test_questions_that_cannot_be(log: Logging, body: dict[str, Any], status: int, field: str) -> None:
    result = log.client.simulate_post("/api/v1/series-queries", json=body)
    assert result.status_code == status
    assert [fault["field"] for fault in result.json["errors"]] == [field]
