"""The questions about trials over REST and in the SDK, on 22 periods and on an experiment."""

from typing import Any

import pytest
from falcon.testing import TestClient

from arangovis.client.client import Client
from arangovis.client.local import LocalBackend
from arangovis.wiring import Arangovis
from tests.period_graph import PERIODS, PROJECT, SEEDS, TASK, PeriodGraph, began, build_experiment, build_periods


@pytest.fixture
def periods(service: Arangovis) -> PeriodGraph:
    return build_periods(service.store)


@pytest.fixture
def experiment(service: Arangovis) -> PeriodGraph:
    return build_experiment(service.store)


@pytest.fixture
def sdk(service: Arangovis) -> Client:
    return Client(LocalBackend(service, "ada"))


def get(client: TestClient, path: str, **params: Any) -> Any:
    result = client.simulate_get(f"/api/v1{path}", params=params)
    assert result.status_code == 200, result.text
    return result.json


def test_the_techniques_of_a_task(client: TestClient, sdk: Client, periods: PeriodGraph) -> None:
    answer = get(client, "/trials/techniques", task=TASK, metric="rmse", goal="minimise")
    assert answer["techniques"][0] == {
        "technique": "forest",
        "runs": 11,
        "models": 1,
        "datasets": 12,
        "best": 28.0,
        "best_run": str(periods["fit-22"]),
    }
    assert sdk.techniques(project=PROJECT).runs == PERIODS
    assert [f.transformation for f in sdk.feature_techniques(project=PROJECT).transformations] == ["log", "weekly"]


def test_what_helped(client: TestClient, sdk: Client, experiment: PeriodGraph) -> None:
    (log,) = get(client, "/trials/transformations", task="income", metric="accuracy")["effects"]
    assert (log["transformation"], log["used"]["count"]) == ("log", 2 * SEEDS)
    assert sdk.transformation_effects("accuracy", task="income").effects[0].difference == pytest.approx(0.02)
    gains = get(client, "/trials/gains", project="experiment", metric="accuracy", attribute="age")
    assert (len(gains["pairs"]), gains["better"], gains["worse"]) == (2 * SEEDS, 2 * SEEDS, 0)
    assert sdk.feature_gains("age", "accuracy", task="income").gain.median == pytest.approx(0.05)
    assert experiment.project == "experiment"


def test_distinct_data_sets_in_a_period(client: TestClient, sdk: Client, periods: PeriodGraph) -> None:
    whole = get(client, "/trials/datasets", project=PROJECT)
    assert (whole["count"], whole["runs"], whole["datasets"][0]["runs"]) == (PERIODS + 1, PERIODS, PERIODS)
    part = sdk.datasets_used(task=TASK, start=began(5), end=began(8))
    assert (part.count, part.runs) == (4, 3)
    influenced = sdk.dataset_influences(project=PROJECT)
    assert (len(influenced.models), influenced.count) == (PERIODS, PERIODS + 1)
    assert periods["holdout"] in {item.dataset for item in influenced.models[0].datasets}


def test_what_came_of_a_data_set(client: TestClient, sdk: Client, periods: PeriodGraph) -> None:
    every = get(client, f"/derived/{periods['holdout']}")
    assert (len(every["versions"]), len(every["deployments"]), every["runs"]) == (PERIODS, PERIODS, PERIODS)
    withdrawn = sdk.derived_models(periods["holdout"], active=True)
    assert {thing.node for thing in withdrawn.deployments} == {periods["service-21"], periods["service-22"]}


def test_a_model_as_trained_and_its_recipe(client: TestClient, sdk: Client, periods: PeriodGraph) -> None:
    then = periods.store.history(periods["fit-6"])[0].version.valid_from
    answer = get(client, f"/as-trained/{periods['lasso']}", at=then)
    assert (answer["run"], answer["metrics"]["rmse"], answer["actor"]) == (str(periods["fit-5"]), 45.0, "ada")
    assert sdk.as_trained(periods["lasso"]).run == periods["fit-21"]
    recipe = sdk.recipe(periods["fit-3"])
    assert (recipe.is_complete, recipe.params["alpha"]) == (False, 0.3)
    assert get(client, f"/recipe/runs/{periods['fit-3'].key}")["missing"] == list(recipe.missing)


def test_the_ranking(client: TestClient, sdk: Client, periods: PeriodGraph) -> None:
    answer = get(client, "/trials/ranking", project=PROJECT, metric="rmse", goal="minimise", limit=1)
    assert [(c["rank"], c["version"]) for c in answer["candidates"]] == [(1, str(periods["version-22"]))]
    assert answer["partial"] is True
    under = sdk.model_ranking("rmse", goal="minimise", where="metrics.accuracy < 0.6 and params.alpha > 0.5")
    assert [c.version for c in under.candidates] == [periods[f"version-{n}"] for n in (9, 8, 7, 6)]


def test_the_past_is_answered_as_it_was(sdk: Client, periods: PeriodGraph) -> None:
    then = periods.store.history(periods["fit-5"])[0].version.valid_from
    assert sdk.techniques(project=PROJECT, at=then).runs == 5
    assert len(sdk.dataset_influences(project=PROJECT, at=then).models) == 5
    assert sdk.derived_models(periods["holdout"], at=then).runs == 5
    best = sdk.model_ranking("rmse", project=PROJECT, goal="minimise", at=then).candidates[0]
    assert (best.version, best.active_deployments) == (periods["version-5"], ())
    assert sdk.feature_gains("day", "rmse", project=PROJECT, at=then).pairs == ()


@pytest.mark.parametrize(
    ("path", "params", "status", "field"),
    [
        ("/trials/transformations", {}, 400, "metric"),
        ("/trials/gains", {"metric": "a"}, 400, "attribute"),
        ("/trials/gains", {"metric": "a", "attribute": "b"}, 400, "attribute"),
        ("/trials/techniques", {"goal": "win"}, 400, "goal"),
        ("/trials/techniques", {"project": "nowhere"}, 404, None),
        ("/trials/datasets", {"start": "2026-02-01", "end": "2026-01-01"}, 400, "end"),
        ("/trials/ranking", {"metric": "a", "limit": "0"}, 400, "limit"),
        ("/trials/ranking", {"metric": "a", "filter": "metrics."}, 400, None),
        ("/derived/dataset/none", {}, 404, None),
        ("/as-trained/model/none", {}, 404, None),
        ("/recipe/runs/none", {}, 404, None),
    ],
)
def test_what_is_wrong_is_named(
    client: TestClient, path: str, params: dict[str, str], status: int, field: str | None
) -> None:
    result = client.simulate_get(f"/api/v1{path}", params=params)
    assert result.status_code == status, result.text
    if field is not None:
        assert [error["field"] for error in result.json["errors"]] == [field]
