"""From a tagged run to a deployment with all that it consists of, and back again."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from arangovis.domain.catalogue import Signature
from arangovis.domain.errors import (
    AlreadyExists,
    Conflict,
    GateRefused,
    InvalidFilter,
    InvalidInput,
    NotFound,
    StoreUnavailable,
)
from arangovis.domain.graph import Direction
from arangovis.domain.ids import NodeId
from arangovis.domain.runs import RunState
from arangovis.domain.search import Comparison, Operator, Search
from arangovis.domain.work import Input
from arangovis.services.catalogue import gates
from arangovis.services.catalogue.data import Derivation, DescribedDataset, DescribedFeatureset, Feature
from arangovis.services.catalogue.deployments import DeploymentState, Provision
from arangovis.services.catalogue.gates import DECISION
from arangovis.services.catalogue.performance import Observed
from arangovis.services.run_log import LoggedRun, Output
from arangovis.services.verification import check_store
from arangovis.settings import Settings
from arangovis.stores.transaction import Transaction
from arangovis.wiring import build
from tests.unit.services.world import ADA, BOB, World

ACTIVE, ARCHIVED, SCHEDULED = DeploymentState.ACTIVE, DeploymentState.ARCHIVED, DeploymentState.SCHEDULED
DAY_US = 86_400_000_000


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World.at(tmp_path)
    catalogue, data = made.service.catalogue, made.service.pipeline.data
    catalogue.register_project("wine", ADA)
    catalogue.register_model("wine", "cultivar", ADA)
    table = data.register_dataset("wine", DescribedDataset("harvest", rows=178, columns={"alcohol": "number"}), ADA)
    feature = (Feature("log_alcohol", "float64", "log"),)
    data.register_featureset("wine", DescribedFeatureset("logs", feature, derived_from=(Derivation(table.node),)), ADA)
    return made


def version_of(world: World) -> NodeId:
    return world.service.catalogue.register_version("wine", "cultivar", Signature(), ADA).node


def log(world: World, tag: str = "release", **fields: object) -> NodeId:
    """Log a training on the feature set, younger than all before."""
    world.clock.now += 1
    featureset = the(world, "featureset")
    given = {
        "project": "wine",
        "params": {"C": 1.5},
        "params_node": True,
        "metrics": {"loss": 0.2},
        "evaluation": {"accuracy": 0.97},
        "deployment_tag": tag,
        "inputs": (Input(featureset, "features"), Input(version_of(world), "model")),
    }
    return world.service.run_log.log(replace(LoggedRun("train"), **{**given, **fields}), BOB).node  # type: ignore[arg-type]


def the(world: World, kind: str) -> NodeId:
    """Return the only node of a kind."""
    (node,) = world.service.store.search(Search(kind)).items
    return node.id


def test_a_deployment_is_linked_to_all_that_it_consists_of(world: World) -> None:
    run = log(world)
    made = world.service.pipeline.deployments.provision(Provision("release"), BOB)
    deployment = world.service.pipeline.deployments.get(made.node)
    assert made.created
    assert {(part.node.kind, part.role) for part in deployment.parts} == {
        ("run", "run"),
        ("params", "params"),
        ("model_version", "model"),
        ("featureset", "features"),
        ("dataset", "dataset"),
    }
    assert (deployment.run, deployment.state, deployment.actor) == (run, SCHEDULED, "bob")
    upstream = world.service.store.all_edges(made.node, Direction.UPSTREAM, "deployed_as")
    assert len({edge.version.action_id for edge in upstream}) == 1
    world.check()


def test_the_same_run_is_the_same_deployment_and_an_unknown_tag_is_none(world: World) -> None:
    deployments = world.service.pipeline.deployments
    log(world, state=RunState.ERROR, tag="broken")
    log(world)
    first = deployments.provision(Provision("release"), ADA)
    before = world.service.store.change_number()
    again = deployments.provision(Provision("release"), BOB)
    assert (again.node, again.created) == (first.node, False)
    for tag in ("unknown", "broken"):
        with pytest.raises(NotFound, match=tag):
            deployments.provision(Provision(tag), ADA)
    with pytest.raises(InvalidInput, match="state"):
        deployments.provision(Provision("release", state=ARCHIVED), ADA)
    assert world.service.store.change_number() == before


def test_of_several_runs_the_newest_is_deployed_and_can_be_rolled_back(world: World) -> None:
    deployments = world.service.pipeline.deployments
    log(world)
    first = deployments.provision(Provision("release", state=ACTIVE), ADA).node
    newer = log(world, params={"C": 9.0})
    second = deployments.provision(Provision("release", state=ACTIVE), ADA).node
    assert deployments.get(second).run == newer
    assert [deployments.get(node).state for node in (first, second)] == [ARCHIVED, ACTIVE]
    assert deployments.current("release").node == second

    world.clock.now += DAY_US
    back = deployments.roll_back(second, BOB, reason="too many complaints")
    assert (back.node, back.state) == (first, ACTIVE)
    assert deployments.get(second).state is ARCHIVED
    assert [(change.state, change.actor) for change in deployments.history(first)] == [
        (ACTIVE, "ada"),
        (ARCHIVED, "ada"),
        (ACTIVE, "bob"),
    ]
    assert deployments.history(second)[-1].reason == "too many complaints"
    with pytest.raises(Conflict, match="nothing to go back to"):
        deployments.roll_back(first, BOB)
    world.check()


def test_states_follow_each_other(world: World) -> None:
    deployments = world.service.pipeline.deployments
    log(world)
    node = deployments.provision(Provision("release", scheduled_for=world.clock.now + DAY_US), ADA).node
    began = world.clock.now
    assert deployments.change(node, ACTIVE, BOB).since == began
    before = world.service.store.change_number()
    assert deployments.change(node, ACTIVE, BOB).state is ACTIVE
    assert world.service.store.change_number() == before
    with pytest.raises(Conflict, match="cannot become scheduled"):
        deployments.change(node, SCHEDULED, BOB)
    deployments.change(node, ARCHIVED, BOB, reason="season is over")
    changes = deployments.history(node)
    assert [change.state for change in changes] == [SCHEDULED, ACTIVE, ARCHIVED]
    assert [change.until for change in changes[:-1]] == [change.at for change in changes[1:]]
    assert deployments.get(node, at=changes[1].at).state is ACTIVE


def test_serving_performance_lies_beside_development(world: World) -> None:
    performance = world.service.pipeline.performance
    log(world)
    node = world.service.pipeline.deployments.provision(Provision("release"), ADA).node
    for day in (3, 1, 2):
        start = day * DAY_US
        observed = Observed({"accuracy": 0.97 - day / 100, "rows": day}, start, start + DAY_US, f"day {day}")
        assert performance.log(node, observed, BOB).created
    compared = performance.compare(node)
    assert compared.development == {"loss": 0.2, "accuracy": 0.97}
    assert [one.period for one in compared.periods] == ["day 1", "day 2", "day 3"]
    assert [one.difference for one in compared.periods] == [
        {"accuracy": pytest.approx(-day / 100)} for day in (1, 2, 3)
    ]
    again = Observed({"accuracy": 0.96, "rows": 1}, DAY_US, 2 * DAY_US, "day 1")
    assert not performance.log(node, again, ADA).created
    with pytest.raises(AlreadyExists, match="metrics"):
        performance.log(node, replace(again, metrics={"accuracy": 0.1}), ADA)


def test_performance_of_nothing_writes_nothing(world: World) -> None:
    before = world.service.store.change_number()
    for observed, node, error in (
        (Observed({"accuracy": 1.0}), NodeId("deployment", "none"), NotFound),
        (Observed({}), NodeId("deployment", "none"), InvalidInput),
        (Observed({"a": 1.0}, 5, 4), NodeId("deployment", "none"), InvalidInput),
    ):
        with pytest.raises(error):
            world.service.pipeline.performance.log(node, observed, ADA)
    assert world.service.store.change_number() == before


# --- gates ------------------------------------------------------------------------------------------------------


def decisions(world: World) -> list[dict[str, object]]:
    found = world.service.store.search(Search("run", Comparison("method", Operator.EQUAL, DECISION))).items
    return [dict(node.attributes["attributes"]) for node in found]  # type: ignore[arg-type]


def test_a_gate_refuses_with_the_conditions_that_do_not_hold(world: World) -> None:
    pipeline = world.service.pipeline
    run = log(world)
    condition = "evaluation.accuracy >= 0.99 and metrics.loss < 0.5 and params.C = 2"
    pipeline.gates.put("wine", "good enough", condition, ADA)
    with pytest.raises(GateRefused) as refusal:
        pipeline.deployments.provision(Provision("release"), BOB)
    assert "'good enough'" in refusal.value.detail
    assert "evaluation.accuracy >= 0.99" in refusal.value.detail
    assert "params.C = 2" in refusal.value.detail
    assert "loss" not in refusal.value.detail
    (said,) = decisions(world)
    assert said == {
        "result": "failed",
        "judged": str(run),
        "failed": ["evaluation.accuracy >= 0.99", "params.C = 2"],
    }
    with pytest.raises(NotFound):
        pipeline.deployments.current("release")

    made = pipeline.deployments.provision(Provision("release", override="the board wants it"), BOB)
    assert made.created
    assert decisions(world)[0]["result"] == "overridden"
    assert decisions(world)[0]["override"] == "the board wants it"
    parts = pipeline.deployments.get(made.node).parts
    assert [part.role for part in parts].count("gate") == 1
    world.check()


def test_a_gate_sees_what_comparisons_and_shifts_say(world: World) -> None:
    pipeline = world.service.pipeline
    log(world)
    version = version_of(world)
    pipeline.gates.put("wine", "keeps its word", "compatibility.btc > 0.9 and drift.auc < 0.6", ADA)
    with pytest.raises(GateRefused, match=r"compatibility\.btc > 0\.9 and drift\.auc < 0\.6 does not hold"):
        pipeline.deployments.provision(Provision("release"), ADA)
    read = (Input(version, "h2"),)
    world.service.run_log.log(LoggedRun("compatibility.compare", metrics={"btc": 0.1}, inputs=read), ADA)
    world.clock.now += 1
    world.service.run_log.log(LoggedRun("compatibility.compare", metrics={"btc": 0.95}, inputs=read), ADA)
    world.service.run_log.log(LoggedRun("drift.detect", metrics={"auc": 0.5}, inputs=read), ADA)
    assert pipeline.deployments.provision(Provision("release"), ADA).created
    assert decisions(world)[0]["result"] == "passed"


def test_a_gate_may_be_for_one_model_and_is_changed_with_history(world: World) -> None:
    pipeline, catalogue = world.service.pipeline, world.service.catalogue
    log(world)
    other = catalogue.register_model("wine", "other", ADA).node
    gate = pipeline.gates.put("wine", "strict", "metrics.loss < 0", ADA, model=other)
    assert pipeline.deployments.provision(Provision("release"), ADA).created
    changed = pipeline.gates.put("wine", "strict", "metrics.loss < 1", BOB, model=other)
    assert (gate.created, changed.created, gate.node) == (True, False, changed.node)
    filters = [version.attributes["filter"] for version in world.service.store.history(gate.node)]
    assert filters == ["metrics.loss < 0", "metrics.loss < 1"]
    with pytest.raises(InvalidFilter):
        pipeline.gates.put("wine", "broken", "metrics.loss <", ADA)
    with pytest.raises(NotFound):
        pipeline.gates.put("beer", "any", "metrics.loss < 1", ADA)


def test_of_more_gates_than_a_page_holds_each_is_asked(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline = world.service.pipeline
    monkeypatch.setattr(gates, "PAGE_SIZE_MAX", 2)
    for number in range(5):
        pipeline.gates.put("wine", f"gate {number}", "metrics.loss < 0" if number == 0 else "metrics.loss < 1", ADA)
    log(world)
    with pytest.raises(GateRefused, match="gate 0"):
        pipeline.deployments.provision(Provision("release"), ADA)
    assert len(decisions(world)) == 5


def test_a_gate_looks_at_an_output_of_its_run(world: World) -> None:
    """A model version that the run made, rather than read, is deployed and judged alike."""
    pipeline = world.service.pipeline
    version = version_of(world)
    log(world, inputs=(), outputs=(Output("model", node=version),), params_node=False)
    pipeline.gates.put("wine", "for it", "metrics.loss < 0", ADA, model=the(world, "model"))
    with pytest.raises(GateRefused):
        pipeline.deployments.provision(Provision("release"), ADA)
    made = pipeline.deployments.provision(Provision("release", override="wanted"), ADA).node
    assert version in [part.node for part in pipeline.deployments.get(made).parts]


# --- at once, and cut off ---------------------------------------------------------------------------------------


def test_a_log_that_fails_at_any_write_leaves_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every write of one `log_run` fails in turn; only when none fails is anything there."""
    writes = ("create_new", "create", "link")
    left = [0]

    def failing(method: Callable[..., object]) -> Callable[..., object]:
        def write(transaction: Transaction, *given: object, **named: object) -> object:
            left[0] -= 1
            if left[0] == 0:
                raise StoreUnavailable("cut off")
            return method(transaction, *given, **named)

        return write

    version = version_of(world)
    before = world.service.store.change_number()
    inputs = (Input(the(world, "featureset"), "features"), Input(version, "model"))
    run = LoggedRun("train", key="run-1", params={"C": 1}, params_node=True, evaluation={"f1": 1.0}, inputs=inputs)
    for name in writes:
        monkeypatch.setattr(Transaction, name, failing(getattr(Transaction, name)))
    failures = 0
    for failing_write in range(1, 100):
        left[0] = failing_write
        try:
            world.service.run_log.log(run, ADA)
        except StoreUnavailable:
            failures += 1
            assert world.service.store.change_number() == before
            assert world.service.store.find(NodeId("run", "run-1")) is None
        else:
            break
    assert failures >= 7
    assert world.service.store.change_number() > before
    world.check()


def test_many_provision_one_tag_at_once(tmp_path: Path) -> None:
    with closing(build(Settings(home=tmp_path / "home"))) as service:
        service.catalogue.register_project("wine", ADA)
        service.run_log.log(LoggedRun("train", project="wine", deployment_tag="release"), ADA)
        service.pipeline.gates.put("wine", "any", "method = 'train'", ADA)
        with ThreadPoolExecutor(16) as threads:
            wanted = [Provision("release", state=ACTIVE)] * 16
            made = list(threads.map(lambda one: service.pipeline.deployments.provision(one, BOB), wanted))
        assert len({one.node for one in made}) == 1
        assert [one.created for one in made].count(True) == 1
        assert len(service.pipeline.deployments.history(made[0].node)) == 1
        assert len(service.store.search(Search("run", Comparison("method", Operator.EQUAL, DECISION))).items) == 1
        assert check_store(service.store, service.artifacts) == []
