"""What cannot be computed: answered as a job that says why."""

import logging
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from arangovis.domain.errors import ComputeFailed
from arangovis.domain.runs import Run
from arangovis.domain.work import Outcome
from arangovis.projections.base import Progress
from arangovis.wiring import worker_context
from arangovis.workers.inline import drain
from tests.api.test_visualization_routes import ONE_INPUT, PEOPLE, TWO_INPUTS
from tests.api.visualization import World, digits, training_digits


@pytest.mark.parametrize("path", ["/plottable_embeddings/pca", "/jobs/pca"])
@pytest.mark.parametrize(
    ("model", "state", "text"),
    [
        ({}, "NO_DATA", "No production data"),
        ({"training": training_digits(0, 20)}, "NO_DATA", "No production data"),
        ({"signature": TWO_INPUTS, "production": PEOPLE}, "NO_DATA", "training data"),
        ({"signature": ONE_INPUT, "production": PEOPLE, "training": PEOPLE}, "NOT_SUPPORTED", "scalar inputs"),
        ({"production": {**digits(0, 20), "_hs_error": ["broken"] * 20}}, "NO_DATA", "without errors"),
    ],
)
def test_what_is_not_there_or_not_suited_ends_at_once(
    world: World, path: str, model: dict[str, Any], state: str, text: str
) -> None:
    number = world.model(**model)
    started = world.post(path, {"model_version_id": number})
    assert started.status_code == 202
    answer = world.poll(started.json["task_id"])
    assert answer.status_code == 404
    assert answer.json["state"] == state
    assert text in answer.json["message"]
    assert world.work() == 0


def test_too_few_rows_are_not_supported(world: World) -> None:
    task = world.start(world.model(production=digits(0, 3)))
    world.work()
    answer = world.poll(task)
    assert (answer.status_code, answer.json["state"]) == (404, "NOT_SUPPORTED")
    assert "4 rows" in answer.json["message"]


def test_a_metric_that_makes_no_sense_of_the_data_is_not_supported(world: World) -> None:
    number = world.model(production=digits(0, 60))
    world.set_params(number, {"metric": "jaccard", "min_dist": 0.1, "n_components": 2, "n_neighbours": 5}, "umap")
    task = world.start(number, "umap")
    world.work()
    answer = world.poll(task)
    assert (answer.status_code, answer.json["state"]) == (404, "NOT_SUPPORTED")
    assert "jaccard" in answer.json["message"]


def test_rows_with_errors_are_left_out(world: World) -> None:
    rows = digits(0, 40)
    flagged = [number % 4 == 0 for number in range(40)]
    rows["_hs_error"] = ["broken" if bad else None for bad in flagged]
    result = world.plot(world.model(production=rows))
    assert result["request_ids"] == [row for row, bad in zip(rows["_id"], flagged, strict=True) if not bad]


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ZeroDivisionError("division by zero"), "Internal error"),
        (MemoryError(), "Internal error"),
        (np.linalg.LinAlgError("SVD did not converge"), "Internal error"),
        (ComputeFailed("the layout did not converge"), "the layout did not converge"),
    ],
)
def test_an_exception_is_a_json_error_without_its_insides(
    world: World, error: Exception, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)

    def raising(run: Run, progress: Progress) -> Outcome:
        raise error

    task = world.start(world.model(production=digits(0, 20)))
    drain(replace(worker_context(world.service), handlers={"projection.pca": raising}))
    answer = world.poll(task)
    assert answer.status_code == 500
    assert answer.json["state"] == "ERROR"
    assert text in answer.json["message"]
    assert not any(word in answer.text for word in ("Traceback", "division", "SVD", ".py", "Error("))


def test_an_error_is_not_kept_as_an_answer(world: World) -> None:
    def raising(run: Run, progress: Progress) -> Outcome:
        raise ZeroDivisionError

    number = world.model(production=digits(0, 20))
    first = world.start(number)
    drain(replace(worker_context(world.service), handlers={"projection.pca": raising}))
    second = world.start(number)
    assert second != first
    assert world.finished(second)["state"] == "SUCCESS"


def test_no_data_is_asked_again_once_there_are_some(world: World) -> None:
    number = world.model()
    assert world.poll(world.start(number)).json["state"] == "NO_DATA"
    world.send(number, digits(0, 20))
    assert world.plot(number)["data_shape"] == [20, 2]
