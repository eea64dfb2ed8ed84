"""The default method, end to end: the same routes, the method whose compilation takes seconds."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from arangovis_api.app import create_app
from tests.api.contract import ContractClient
from tests.api.visualization import World, digits, numbers, training_digits
from tests.backends import build_service, settings_of


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    service = build_service(settings_of(tmp_path_factory.mktemp("home")))
    yield World(service, ContractClient(create_app(service)))
    service.close()


@pytest.fixture(scope="module")
def trained(world: World) -> tuple[int, str, dict[str, Any]]:
    """A model version with training data, its first task and its answer."""
    number = world.model(production=digits(0, 200), training=training_digits(900, 1100), metric=True)
    task = world.start(number, "umap")
    return number, task, world.finished(task)


def separation(points: Any, classes: Any) -> float:
    """Return the share of points whose nearest other point has their class."""
    table = numbers(points)
    distances = np.square(table[:, None] - table[None]).sum(axis=2)
    np.fill_diagonal(distances, np.inf)
    labels = np.asarray(classes)
    return float((labels[distances.argmin(axis=1)] == labels).mean())


def test_digits_fall_into_their_classes(trained: tuple[int, str, dict[str, Any]]) -> None:
    result = trained[2]["result"]
    assert result["data_shape"] == [200, 2]
    assert result["training_data_shape"] == [200, 2]
    assert np.isfinite(numbers(result["data"])).all()
    assert separation(result["data"], result["output_info"]["class"]["data"]) > 0.7
    assert 0 < result["visualization_metrics"]["global_score"] <= 1
    assert result["provenance"]["parameters"] == {
        "metric": "euclidean",
        "min_dist": 0.1,
        "n_components": 2,
        "n_neighbours": 15,
    }


def test_without_refit_training_points_stay_and_new_rows_find_their_class(
    world: World, trained: tuple[int, str, dict[str, Any]]
) -> None:
    number, first, before = trained
    world.send(number, digits(300, 400))
    second = world.restart(number, "umap", refit_transformer=False)
    result = world.finished(second)["result"]
    assert world.read_of(second, "transformer") == [world.made(first)["transformer"]]
    assert result["training_data"] == before["result"]["training_data"]
    assert result["data_shape"] == [300, 2]
    assert separation(result["data"], result["output_info"]["class"]["data"]) > 0.7


def test_with_refit_the_layout_is_learnt_again(world: World, trained: tuple[int, str, dict[str, Any]]) -> None:
    number, first, _ = trained
    task = world.restart(number, "umap")
    assert world.finished(task)["state"] == "SUCCESS"
    assert world.made(task)["transformer"] != world.made(first)["transformer"]


def test_another_min_dist_searches_no_neighbours(world: World) -> None:
    number = world.model("spread", production=digits(0, 80), training=training_digits(900, 980))
    first = world.start(number, "umap")
    world.work()
    parameters = {"metric": "euclidean", "min_dist": 0.6, "n_components": 2, "n_neighbours": 15}
    world.set_params(number, parameters, "umap")
    second = world.start(number, "umap")
    world.work()
    made = world.made(first)
    assert world.read_of(second, "fit_neighbours") == [made["fit_neighbours"]]
    assert world.read_of(second, "neighbours") == [made["neighbours"]]
    assert world.made(second).keys() == {"transformer", "layout", "coordinates", "quality", "plot", "result"}


@pytest.mark.parametrize("training", [None, training_digits(900, 960)])
def test_the_same_seed_and_rows_give_the_same_points(world: World, training: Any) -> None:
    names = [f"same {training is None} {number}" for number in range(2)]
    first, second = (
        world.plot(world.model(name, production=digits(0, 60), training=training), "umap") for name in names
    )
    assert first["data"] == second["data"]
    assert first["visualization_metrics"] == second["visualization_metrics"]


def test_without_training_data_other_metrics_keep_the_points(world: World) -> None:
    number = world.model("untrained", production=digits(0, 60))
    before = world.plot(number, "umap")
    parameters = {"metric": "euclidean", "min_dist": 0.1, "n_components": 2, "n_neighbours": 15}
    world.set_params(number, parameters, "umap", visualization_metrics=["sammon_error"])
    after = world.plot(number, "umap")
    assert after["data"] == before["data"]
    assert "sammon_error" in after["visualization_metrics"]
