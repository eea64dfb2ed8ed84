"""How models were trained, and what doing a run again takes."""

from pathlib import Path

import pytest

from arangovis.domain.errors import InvalidInput, NotFound
from arangovis.domain.work import Input, Made, Outcome
from arangovis.services.blobs import Blobs
from arangovis.services.trials.training import Trainings
from arangovis.services.trials.trials import Trials
from arangovis.stores.memory import MemoryStore
from tests.period_graph import PERIODS, PeriodGraph, began, build_periods
from tests.unit.services.world import ADA, World


@pytest.fixture(scope="module")
def graph() -> PeriodGraph:
    return build_periods(MemoryStore())


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World.at(tmp_path)


def trainings(graph: PeriodGraph, blobs: Blobs) -> Trainings:
    return Trainings(graph.store, blobs, Trials(graph.store))


def test_a_model_as_trained_then(graph: PeriodGraph, world: World) -> None:
    asked = trainings(graph, world.service.blobs)
    now = asked.as_trained(graph["lasso"])
    assert (now.run, now.version, now.earlier_trials) == (graph["fit-21"], graph["version-21"], 10)
    then = graph.store.history(graph["fit-6"])[0].version.valid_from
    before = asked.as_trained(graph["lasso"], at=then)
    assert (before.run, before.technique, before.trained_at) == (graph["fit-5"], "lasso", began(5))
    assert (before.actor, before.request_id) == ("ada", "request-ada")
    assert (before.metrics["rmse"], before.params["alpha"]) == (45.0, 0.5)
    assert before.environment["scikit-learn"] == "1.4.2"
    read = {item.role: (item.node, item.digest) for item in before.inputs}
    assert read == {"features": (graph["features-5"], None), "test": (graph["holdout"], "0" * 64)}
    one = asked.as_trained(graph["version-4"])
    assert (one.run, one.earlier_trials) == (graph["fit-4"], 0)


def test_what_was_not_trained_is_not_found(graph: PeriodGraph, world: World) -> None:
    asked = trainings(graph, world.service.blobs)
    registered = graph.store.history(graph["lasso"])[0].version.valid_from
    with pytest.raises(NotFound, match="was not trained by then"):
        asked.as_trained(graph["lasso"], at=registered)
    with pytest.raises(InvalidInput, match="neither a model"):
        asked.as_trained(graph["holdout"])
    assert PERIODS == 22


def test_a_recipe_names_what_is_missing(graph: PeriodGraph, world: World) -> None:
    recipe = trainings(graph, world.service.blobs).recipe(graph["fit-3"])
    assert (recipe.method, recipe.params["alpha"], recipe.is_complete) == ("train", 0.3, False)
    assert recipe.missing == ("the version of the code", f"the bytes of {graph['holdout']}, read as test")
    assert {item.node: item.is_here for item in recipe.inputs} == {graph["features-3"]: None, graph["holdout"]: False}
    with pytest.raises(InvalidInput, match="is no run"):
        trainings(graph, world.service.blobs).recipe(graph["lasso"])


def test_a_recipe_of_a_worker_is_complete_while_its_inputs_are_here(world: World) -> None:
    first = world.ask(seed=7)
    world.succeed(world.claim(), "file")
    file = world.made(first.id)["file"]
    second = world.ask(inputs=(Input(file, "file"),), params={"alpha": 1.5}, seed=9)
    world.runs.succeed(world.claim(), Outcome((Made("out", b"out", "text/plain"),), environment={"numpy": "2.0"}), ADA)
    asked = world.service.stewardship.trainings
    recipe = asked.recipe(second.id)
    assert (recipe.is_complete, recipe.missing, recipe.seed) == (True, (), 9)
    (item,) = recipe.inputs
    assert (item.node, item.role, item.is_here) == (file, "file", True)
    world.service.artifacts.remove(str(item.digest))
    assert asked.recipe(second.id).missing == (f"the bytes of {file}, read as file",)
