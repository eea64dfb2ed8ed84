"""The questions of a team about its trials, on 22 periods and on an experiment with known answers."""

import pytest

from arangovis.domain.errors import InvalidFilter, InvalidInput, NotFound
from arangovis.domain.json import Document
from arangovis.services.trials.choosing import Choosing
from arangovis.services.trials.data import DataUses, TrialPeriod
from arangovis.services.trials.statistics import sign_test, summary
from arangovis.services.trials.techniques import Goal, MetricGoal, Techniques
from arangovis.services.trials.trials import Trials, TrialScope
from arangovis.stores.memory import MemoryStore
from arangovis.stores.transaction import Transaction
from tests.period_graph import ADA, PERIODS, PROJECT, SEEDS, TASK, PeriodGraph, began, build_experiment, build_periods

SHOP, OF_TASK = TrialScope(project=PROJECT), TrialScope(task=TASK)
RMSE, ACCURACY = MetricGoal("rmse", Goal.MINIMISE), MetricGoal("accuracy")


@pytest.fixture(scope="module")
def graph() -> PeriodGraph:
    return build_periods(MemoryStore())


@pytest.fixture(scope="module")
def experiment() -> PeriodGraph:
    return build_experiment(MemoryStore())


def trials(graph: PeriodGraph) -> Trials:
    return Trials(graph.store)


@pytest.mark.parametrize("scope", [SHOP, OF_TASK, TrialScope()])
def test_techniques_with_distinct_counts_and_the_best_run(graph: PeriodGraph, scope: TrialScope) -> None:
    answer = Techniques(trials(graph)).techniques(scope, RMSE)
    assert (answer.runs, answer.partial_reasons) == (PERIODS, ())
    forest, lasso = answer.techniques
    assert (forest.technique, forest.runs, forest.models, forest.datasets) == ("forest", 11, 1, 12)
    assert (forest.best, forest.best_run) == (28.0, graph["fit-22"])
    assert (lasso.technique, lasso.runs, lasso.best, lasso.best_run) == ("lasso", 11, 29.0, graph["fit-21"])


def test_techniques_of_another_task_are_none(graph: PeriodGraph) -> None:
    assert Techniques(trials(graph)).techniques(TrialScope(task="fraud")).techniques == ()
    with pytest.raises(NotFound, match="no project 'nowhere'"):
        Techniques(trials(graph)).techniques(TrialScope(project="nowhere"))


def test_feature_engineering_of_a_task(graph: PeriodGraph) -> None:
    answer = Techniques(trials(graph)).features(SHOP)
    found = {item.transformation: (item.featuresets, item.features, item.runs) for item in answer.transformations}
    assert found == {"log": (PERIODS, 1, PERIODS), "weekly": (PERIODS, 0, PERIODS)}


def test_which_transformation_helps(experiment: PeriodGraph) -> None:
    answer = Techniques(trials(experiment)).effects(TrialScope(task="income"), ACCURACY)
    (log,) = answer.effects
    assert (log.transformation, log.datasets, log.used.count, log.unused.count) == ("log", 1, 2 * SEEDS, 2 * SEEDS)
    assert log.difference == pytest.approx(0.02)
    assert log.used.low is not None
    assert log.used.high is not None
    assert log.used.median is not None
    assert log.used.low <= log.used.median <= log.used.high
    down = Techniques(trials(experiment)).effects(TrialScope(task="income"), MetricGoal("accuracy", Goal.MINIMISE))
    assert down.effects[0].difference == pytest.approx(-0.02)


def test_gains_of_a_feature_by_pairs(experiment: PeriodGraph) -> None:
    answer = Techniques(trials(experiment)).gains(TrialScope(project="experiment"), "age", ACCURACY)
    assert (len(answer.pairs), answer.better, answer.worse, answer.unpaired) == (2 * SEEDS, 14, 0, ())
    assert answer.gain.median == pytest.approx(0.05)
    assert answer.p_value == pytest.approx(2 / 2**14)
    with pytest.raises(InvalidInput, match="shoe_size"):
        Techniques(trials(experiment)).gains(TrialScope(), "shoe_size", ACCURACY)


def test_one_data_set_of_22_runs_counts_once(graph: PeriodGraph) -> None:
    answer = DataUses(graph.store, trials(graph)).datasets(SHOP, TrialPeriod())
    assert (answer.count, answer.runs) == (PERIODS + 1, PERIODS)
    first = answer.datasets[0]
    assert (first.dataset, first.name, first.runs) == (graph["holdout"], "holdout", PERIODS)
    assert (first.first, first.last) == (began(1), began(PERIODS))
    assert {use.runs for use in answer.datasets[1:]} == {1}


def test_data_sets_of_a_period(graph: PeriodGraph) -> None:
    uses = DataUses(graph.store, trials(graph))
    answer = uses.datasets(SHOP, TrialPeriod(began(5), began(8)))
    assert (answer.count, answer.runs) == (4, 3)
    assert {use.dataset for use in answer.datasets} == {graph[n] for n in ("holdout", "sales-5", "sales-6", "sales-7")}
    assert uses.datasets(SHOP, TrialPeriod(began(PERIODS + 1))).count == 0
    with pytest.raises(InvalidInput, match="before the start"):
        uses.datasets(SHOP, TrialPeriod(began(8), began(5)))


def test_which_data_sets_influence_which_models(graph: PeriodGraph) -> None:
    answer = DataUses(graph.store, trials(graph)).influences(SHOP)
    assert (len(answer.models), answer.count, answer.partial_reasons) == (PERIODS, PERIODS + 1, ())
    found = {model.version: {item.dataset: item.hops for item in model.datasets} for model in answer.models}
    assert found[graph["version-7"]] == {graph["holdout"]: 2, graph["sales-7"]: 3}


def test_a_model_that_a_run_read_is_influenced_by_what_else_it_read(experiment: PeriodGraph) -> None:
    answer = DataUses(experiment.store, trials(experiment)).influences(TrialScope(project="experiment"))
    (model,) = answer.models
    assert [(item.dataset, item.hops) for item in model.datasets] == [(experiment["census"], 3)]


def test_models_derived_from_a_data_set(graph: PeriodGraph) -> None:
    uses = DataUses(graph.store, trials(graph))
    one = uses.derived(graph["sales-4"])
    assert [thing.node for thing in one.versions] == [graph["version-4"]]
    assert [(thing.node, thing.name) for thing in one.models] == [(graph["forest"], "forest")]
    assert [(thing.node, thing.is_active) for thing in one.deployments] == [(graph["service-4"], False)]
    assert one.runs == 1
    every = uses.derived(graph["holdout"])
    assert (len(every.versions), len(every.models), every.runs, len(every.deployments)) == (PERIODS, 2, PERIODS, 22)


def test_what_is_affected_if_a_data_set_is_withdrawn(graph: PeriodGraph) -> None:
    answer = DataUses(graph.store, trials(graph)).derived(graph["holdout"], active_only=True)
    assert {thing.node for thing in answer.deployments} == {graph["service-21"], graph["service-22"]}
    assert {thing.node for thing in answer.versions} == {graph["version-21"], graph["version-22"]}
    assert {thing.node for thing in answer.models} == {graph["lasso"], graph["forest"]}
    nobody = DataUses(graph.store, trials(graph)).derived(graph["sales-4"], active_only=True)
    assert (nobody.deployments, nobody.versions, nobody.models) == ((), (), ())


def test_a_data_set_of_trials_that_read_their_model(experiment: PeriodGraph) -> None:
    answer = DataUses(experiment.store, trials(experiment)).derived(experiment["census"])
    assert [thing.node for thing in answer.versions] == [experiment["version"]]
    assert answer.runs == 4 * SEEDS


def test_what_a_trial_read_beside_its_model_is_not_of_its_data() -> None:
    """A teacher, or a baseline that is compared with, was there before the data came."""
    graph = build_periods(MemoryStore())
    run: Document = {"method": "distil", "state": "SUCCESS", "executor": "external", "metrics": {"rmse": 3.0}}

    def distil(transaction: Transaction) -> None:
        graph.write(transaction, "distil", "run", run)
        graph.link(transaction, "input_to", ("sales-4", "distil"), "train")
        graph.link(transaction, "input_to", ("version-9", "distil"), "teacher")
        graph.link(transaction, "input_to", ("version-7", "distil"), "model")

    graph.store.transact(distil, ADA)
    answer = DataUses(graph.store, trials(graph)).derived(graph["sales-4"])
    assert {thing.node: thing.hops for thing in answer.versions} == {graph["version-4"]: 3, graph["version-7"]: 2}
    assert answer.runs == 2


@pytest.mark.parametrize("order", [("near", "far"), ("far", "near")])
def test_a_version_that_several_trials_read_is_as_far_as_the_nearest(order: tuple[str, str]) -> None:
    graph = build_periods(MemoryStore())
    run: Document = {"method": "fit", "state": "SUCCESS", "executor": "external", "metrics": {"rmse": 3.0}}

    def fit(transaction: Transaction) -> None:
        for name in order:
            graph.write(transaction, name, "run", run)
            graph.link(transaction, "input_to", ("sales-4" if name == "near" else "features-4", name), "train")
            graph.link(transaction, "input_to", ("version-7", name), "model")

    graph.store.transact(fit, ADA)
    answer = DataUses(graph.store, trials(graph)).derived(graph["sales-4"])
    assert {thing.node: thing.hops for thing in answer.versions}[graph["version-7"]] == 2


def test_which_model_should_go_to_production(graph: PeriodGraph) -> None:
    choosing = Choosing(graph.store, trials(graph))
    answer = choosing.ranking(SHOP, RMSE, limit=3)
    assert [(c.rank, c.version, c.value) for c in answer.candidates] == [
        (1, graph["version-22"], 28.0),
        (2, graph["version-21"], 29.0),
        (3, graph["version-20"], 30.0),
    ]
    assert [c.active_deployments for c in answer.candidates][:2] == [(graph["service-22"],), (graph["service-21"],)]
    assert answer.partial_reasons == ("limit",)
    under = choosing.ranking(SHOP, RMSE, where="metrics.accuracy < 0.6 and params.alpha > 0.5")
    assert [c.version for c in under.candidates] == [graph[f"version-{n}"] for n in (9, 8, 7, 6)]
    assert under.filtered_out == PERIODS - 4
    assert choosing.ranking(SHOP, MetricGoal("f1")).unmeasured == PERIODS
    with pytest.raises(InvalidFilter):
        choosing.ranking(SHOP, RMSE, where="metrics.accuracy <")


def test_the_best_run_stands_for_a_version(experiment: PeriodGraph) -> None:
    answer = Choosing(experiment.store, trials(experiment)).ranking(TrialScope(), ACCURACY)
    (only,) = answer.candidates
    assert only.run == experiment[f"run-features-age-log-{SEEDS - 1}"]


def test_the_past_knows_the_trials_of_then(graph: PeriodGraph) -> None:
    then = graph.store.history(graph["fit-5"])[0].version.valid_from
    for scope in (TrialScope(project=PROJECT, at=then), TrialScope(task=TASK, at=then)):
        assert Techniques(trials(graph)).techniques(scope).runs == 5


def test_statistics_by_rank() -> None:
    assert summary([]).count == 0
    assert (summary([3.0]).median, summary([3.0]).low) == (3.0, None)
    six = summary([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    assert (six.low, six.high) == (1.0, 6.0)  # 2 / 2**6 is 3 %
    assert summary([1.0, 2.0, 3.0, 4.0, 5.0]).low is None  # 2 / 2**5 is 6 %
    nine = summary([float(value) for value in range(1, 10)])
    assert (nine.low, nine.high) == (2.0, 8.0)  # 2 * (1 + 9) / 2**9 is 4 %
    assert sign_test([]) is None
    assert sign_test([0.0]) is None
    assert sign_test([1.0, 1.0, 1.0]) == 0.25
    assert sign_test([1.0, -1.0]) == 1.0
