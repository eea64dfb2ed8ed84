"""A whole pipeline through the SDK, in this process and over REST, on scikit-learn's wine: checks of the catalogue."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sklearn.datasets import load_wine

import arangovis as av
from arangovis.client.client import Client
from arangovis.domain import errors
from arangovis.services.verification import check_store
from arangovis.wiring import Arangovis
from tests.api.test_client_calls import in_process, over_rest

Connect = Callable[[str], Client]
PERIOD_US = 30 * 86_400_000_000
SIGNATURE = av.Signature(outputs=(av.signature_field("class", "int64", "nominal"),))


@pytest.fixture(params=[in_process, over_rest], ids=lambda way: way.__name__)
def connect(service: Arangovis, request: pytest.FixtureRequest) -> Connect:
    made: Connect = request.param(service)
    return made


@pytest.fixture
def ada(connect: Connect) -> Client:
    return connect("ada")


def columns() -> dict[str, str]:
    return dict.fromkeys(load_wine().feature_names, "number")


def pipeline(client: Client) -> dict[str, Any]:
    """Register all that a training needs."""
    client.register_project("wine", description="Which cultivar is it?")
    client.register_model("wine", "cultivar", tags=["classifier"], attributes={"task": "classification"})
    dataset = client.register_dataset(
        "wine", "harvest", rows=178, columns=columns(), url="https://example.org/wine.csv"
    )
    log = av.Derivation(dataset, "log of alcohol", (av.ColumnLineage("log_alcohol", ("alcohol",), "log"),))
    features = [av.Feature("log_alcohol", "float64", "log"), av.Feature("ash", "float64")]
    featureset = client.register_featureset("wine", "logs", features, derived_from=log)
    version = client.register_model_version("wine", "cultivar", SIGNATURE)
    return {"dataset": dataset, "featureset": featureset, "version": version}


def train(client: Client, given: dict[str, Any], tag: str, accuracy: float, **fields: Any) -> av.NodeId:
    inputs = (
        av.Input(given["dataset"], "training"),
        av.Input(given["featureset"], "features"),
        av.Input(given["version"].node, "model"),
    )
    logged: dict[str, Any] = {
        "project": "wine",
        "params": {"C": 1.5},
        "params_node": True,
        "evaluation": {"accuracy": accuracy},
        "tags": ("night",),
        "deployment_tag": tag,
        "extra": {"pipeline": {"steps": ["scale", "fit"]}},
        "inputs": inputs,
    }
    return client.log_run(av.LoggedRun("train", **{**logged, **fields}))


def changes(service: Arangovis) -> int:
    return service.store.change_number()


# --- registering ------------------------------------------------------------------------------------------------


def test_what_is_registered_again_is_the_same_and_other_content_is_refused(ada: Client, service: Arangovis) -> None:
    first = pipeline(ada)
    before = changes(service)
    again = pipeline(ada)
    assert [again[name] for name in ("dataset", "featureset")] == [first[name] for name in ("dataset", "featureset")]
    assert changes(service) == before
    for refused in (
        lambda: ada.register_project("wine", description="another"),
        lambda: ada.register_model("wine", "cultivar", tags=["regression"]),
        lambda: ada.register_dataset("wine", "harvest", rows=179),
        lambda: ada.register_featureset("wine", "logs", {"ash": "float64"}),
    ):
        with pytest.raises(errors.AlreadyExists, match="other content"):
            refused()
    assert changes(service) == before


def test_of_twenty_who_register_one_name_at_once_one_makes_it(connect: Connect, service: Arangovis) -> None:
    connect("ada").register_project("wine")
    clients = [connect(f"user-{number}") for number in range(20)]

    def register(client: Client) -> tuple[av.NodeId, ...]:
        dataset = client.register_dataset("wine", "harvest", rows=178)
        featureset = client.register_featureset("wine", "logs", {"ash": "float64"}, derived_from=dataset)
        return client.register_model("wine", "cultivar"), dataset, featureset

    with ThreadPoolExecutor(20) as threads:
        made = set(threads.map(register, clients))
    assert len(made) == 1
    for node in made.pop():
        assert len(service.store.history(node)) == 1


def test_twenty_who_disagree_leave_one_entity(connect: Connect, service: Arangovis) -> None:
    connect("ada").register_project("wine")

    def register(number: int) -> str:
        try:
            return str(connect(f"user-{number}").register_dataset("wine", "harvest", rows=number))
        except errors.AlreadyExists:
            return "refused"

    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(register, range(20)))
    assert answers.count("refused") == 19
    assert len(list(connect("ada").find("dataset", name="harvest"))) == 1


def test_nothing_is_written_into_an_unknown_project(ada: Client, service: Arangovis) -> None:
    before = changes(service)
    for refused in (
        lambda: ada.register_model("nowhere", "cultivar", tags=["x"]),
        lambda: ada.register_dataset("nowhere", "harvest"),
        lambda: ada.register_featureset("nowhere", "logs", {"ash": "float64"}),
    ):
        with pytest.raises(errors.NotFound, match="'nowhere'"):
            refused()
    assert changes(service) == before


def test_a_new_version_of_a_data_set_succeeds_the_one_before(ada: Client) -> None:
    ada.register_project("wine")
    first = ada.register_dataset("wine", "harvest", version="2024", rows=100)
    second = ada.register_dataset("wine", "harvest", version="2025", rows=120)
    (link,) = ada.edges(second, edges=["succeeded_by"])
    assert link.node.id == first


def test_columns_of_a_feature_set_are_traced(ada: Client) -> None:
    given = pipeline(ada)
    (derived,) = ada.edges(given["featureset"], edges=["derived_into"])
    assert derived.node.id == given["dataset"]
    assert derived.edge.attributes == {
        "transformation": "log of alcohol",
        "columns": [{"to": "log_alcohol", "from": ["alcohol"], "transform": "log"}],
    }
    assert ada.node(given["featureset"]).attributes["feature_names"] == ["log_alcohol", "ash"]


def test_lineage_of_columns_that_are_not_there_is_refused_with_all_of_them(ada: Client, service: Arangovis) -> None:
    given = pipeline(ada)
    before = changes(service)
    wrong = av.Derivation(given["dataset"], columns=(av.ColumnLineage("sugar", ("alcohol", "price")),))
    with pytest.raises(errors.InvalidInput) as refusal:
        ada.register_featureset("wine", "others", {"ash": "float64"}, derived_from=wrong)
    assert [fault.field for fault in refusal.value.faults] == [
        "derived_from.0.columns.0.to",
        "derived_from.0.columns.0.from",
    ]
    with pytest.raises(errors.NotFound, match="dataset/none, dataset/nothing"):
        ada.register_featureset("wine", "o", {"a": "int"}, derived_from=["dataset/none", "dataset/nothing"])
    assert changes(service) == before


# --- logging ----------------------------------------------------------------------------------------------------


def test_a_run_keeps_all_that_was_said_of_it(ada: Client, service: Arangovis) -> None:
    given = pipeline(ada)
    run = train(ada, given, "release", 0.97, key="run-1")
    attributes = ada.node(run).attributes
    assert attributes["tags"] == ["night"]
    assert attributes["deployment_tag"] == "release"
    assert attributes["extra"] == {"pipeline": {"steps": ["scale", "fit"]}}
    (evaluation,) = ada.edges(run, direction="downstream", edges=["generated"])
    assert evaluation.node.attributes["metrics"] == {"accuracy": 0.97}
    inputs = {edge.edge.id.role: edge.node for edge in ada.edges(run, edges=["input_to"])}
    assert set(inputs) == {"training", "features", "model", "params"}
    assert inputs["params"].attributes["values"] == {"C": 1.5}
    assert len({node.version.action_id for node in (ada.node(run), evaluation.node, inputs["params"])}) == 1
    before = changes(service)
    assert train(ada, given, "release", 0.97, key="run-1") == run
    with pytest.raises(errors.AlreadyExists):
        train(ada, given, "release", 0.98, key="run-1")
    with pytest.raises(errors.AlreadyExists):
        train(ada, given, "other", 0.97, key="run-1")
    assert changes(service) == before


def test_everything_that_a_run_refers_to_in_vain_is_named_at_once(ada: Client, service: Arangovis) -> None:
    pipeline(ada)
    before = changes(service)
    inputs = (av.Input("dataset/none", "a"), av.Input("featureset/none", "b"))  # type: ignore[arg-type]
    with pytest.raises(errors.NotFound) as refusal:
        ada.log_run(av.LoggedRun("train", project="nowhere", inputs=inputs))
    assert all(name in refusal.value.detail for name in ("'nowhere'", "dataset/none", "featureset/none"))
    assert changes(service) == before


# --- looking up -------------------------------------------------------------------------------------------------


def test_look_up_by_name_tag_and_attribute(ada: Client) -> None:
    given = pipeline(ada)
    first = train(ada, given, "release", 0.9)
    second = train(ada, given, "release", 0.95)
    assert ada.lookup("dataset", "harvest").id == given["dataset"]
    assert ada.lookup("model", tag="classifier").attributes["name"] == "cultivar"
    assert [node.id for node in ada.find("model", "task", "classification")] == [ada.lookup("model").id]
    assert [node.id for node in ada.find("run", "deployment_tag", "release")] == [second, first]
    assert [node.id for node in ada.find("run", "params.C", 1.5, project="wine")] == [second, first]
    assert list(ada.find("run", "params.C", "1.5")) == []
    assert list(ada.find("run", tag="morning")) == []
    assert len(list(ada.find("run", tag="night", limit=1))) == 2
    with pytest.raises(errors.NotFound, match="there is no dataset with name 'grapes'"):
        ada.lookup("dataset", "grapes")


@pytest.mark.parametrize(
    "text",
    ['O\'Brien "x"', "a // b; REMOVE d IN node", "FOR d IN run RETURN d", "'; DROP TABLE node; --", "a.b`c`", "@x"],
)
def test_names_with_quotes_and_keywords_are_data(ada: Client, service: Arangovis, text: str) -> None:
    ada.register_project(text)
    model = ada.register_model(text, text, tags=[text], attributes={text: text})
    before = changes(service)
    assert ada.lookup("model", text, project=text).id == model
    assert ada.lookup("model", tag=text).id == model
    assert [node.id for node in ada.find("model", text, text)] == [model]
    assert list(ada.find("model", f"{text}x", text)) == []
    with pytest.raises(errors.InvalidInput):
        ada.lookup(text, "x")
    assert changes(service) == before


# --- links ------------------------------------------------------------------------------------------------------


def test_a_link_is_seen_from_both_ends_and_made_once(ada: Client, service: Arangovis) -> None:
    given = pipeline(ada)
    model = ada.lookup("model").id
    made = ada.link(given["dataset"], model, "inspired")
    before = changes(service)
    again = ada.link(given["dataset"], model, "inspired")
    assert (made.created, again.created) == (True, False)
    assert changes(service) == before
    for node, direction, other in ((model, "upstream", given["dataset"]), (given["dataset"], "downstream", model)):
        (edge,) = ada.edges(node, direction=direction, edges=["linked"])
        assert (edge.node.id, edge.edge.id.role) == (other, "inspired")
    ada.unlink(given["dataset"], model, "inspired")
    assert list(ada.edges(model, edges=["linked"])) == []
    with pytest.raises(errors.NotFound):
        ada.unlink(given["dataset"], model, "inspired")


def test_links_that_make_no_sense_are_refused(ada: Client, service: Arangovis) -> None:
    given = pipeline(ada)
    before = changes(service)
    with pytest.raises(errors.NotFound, match="dataset/none, run/none"):
        ada.link("dataset/none", "run/none")
    with pytest.raises(errors.InvalidInput, match="itself"):
        ada.link(given["dataset"], given["dataset"])
    with pytest.raises(errors.Conflict, match="circle"):
        ada.link(given["featureset"], given["dataset"], kind="derived_into")
    with pytest.raises(errors.InvalidInput, match="does not join"):
        ada.link(given["dataset"], given["featureset"], kind="generated")
    with pytest.raises(errors.InvalidInput, match="not a declared edge kind"):
        ada.link(given["dataset"], given["featureset"], kind="nonsense")
    assert changes(service) == before


# --- deploying --------------------------------------------------------------------------------------------------


def test_from_tag_to_deployment_and_its_performance(ada: Client, connect: Connect, service: Arangovis) -> None:
    given = pipeline(ada)
    run = train(ada, given, "release", 0.97)
    deployment = connect("grace").provision("release", state="active", description="for the cellar")
    assert {part.node.kind for part in deployment.parts} == {"run", "model_version", "params", "featureset", "dataset"}
    assert (deployment.run, deployment.actor) == (run, "grace")
    assert ada.provision("release").node == deployment.node
    with pytest.raises(errors.NotFound, match="'unknown'"):
        ada.provision("unknown")

    for period in (2, 0, 1):
        start = period * PERIOD_US
        ada.log_serving_performance(
            "release", {"accuracy": 0.97 - period / 100}, start=start, end=start + PERIOD_US, period=f"month {period}"
        )
    served = ada.serving_performance("release")
    assert served.development == {"accuracy": 0.97}
    assert [one.period for one in served.periods] == ["month 0", "month 1", "month 2"]
    assert served.periods[2].difference == {"accuracy": pytest.approx(-0.02)}
    before = changes(service)
    with pytest.raises(errors.NotFound):
        ada.log_serving_performance("unknown", {"accuracy": 1.0})
    assert changes(service) == before
    assert check_store(service.store, service.artifacts) == []


def test_a_deployment_is_replaced_rolled_back_and_archived_with_history(ada: Client, connect: Connect) -> None:
    given = pipeline(ada)
    train(ada, given, "release", 0.9)
    first = ada.provision("release", state="active")
    train(ada, given, "release", 0.95)
    second = ada.provision("release")
    assert (second.state, second.replaces, ada.deployment("release").node) == ("scheduled", None, first.node)
    assert ada.change_deployment(second, "active").replaces == first.node
    assert ada.deployment(first.node).state == "archived"
    assert ada.deployment("release").node == second.node
    back = connect("grace").roll_back("release", reason="too slow")
    assert back.node == first.node
    ada.change_deployment(back, "archived")
    history = ada.deployment_history(first)
    assert [(change.state, change.actor) for change in history] == [
        ("active", "ada"),
        ("archived", "ada"),
        ("active", "grace"),
        ("archived", "ada"),
    ]
    assert ada.deployment(first.node, at=history[0].at).state == "active"
    with pytest.raises(errors.Conflict, match="cannot become scheduled"):
        ada.change_deployment(first, "scheduled")
    assert [one.node for one in ada.deployments(tag="release", state="archived")] == [second.node, first.node]


def test_a_gate_refuses_and_an_override_is_recorded(ada: Client, service: Arangovis) -> None:
    given = pipeline(ada)
    train(ada, given, "release", 0.9)
    ada.set_gate("wine", "good", "evaluation.accuracy >= 0.95 and params.C > 1", model="cultivar")
    assert [(gate.name, gate.filter) for gate in ada.gates("wine")] == [
        ("good", "evaluation.accuracy >= 0.95 and params.C > 1")
    ]
    with pytest.raises(errors.GateRefused, match=r"'good' refuses it: evaluation\.accuracy >= 0\.95 does"):
        ada.provision("release")
    (decision,) = ada.find("run", "method", "gate.decide")
    assert decision.attributes["attributes"]["result"] == "failed"  # type: ignore[index,call-overload]
    assert list(ada.deployments(tag="release")) == []
    made = ada.provision("release", override="the cellar waits")
    said = ada.lookup("run", attribute="result", value="overridden")
    assert said.attributes["attributes"]["override"] == "the cellar waits"  # type: ignore[index,call-overload]
    assert (said.id, "gate") in [(part.node, part.role) for part in made.parts]
    with pytest.raises(errors.InvalidFilter):
        ada.set_gate("wine", "good", "evaluation.accuracy >=")
    assert check_store(service.store, service.artifacts) == []


# --- aliases ----------------------------------------------------------------------------------------------------


def test_an_alias_is_one_version_and_moves_with_history(ada: Client, connect: Connect) -> None:
    first = pipeline(ada)["version"]
    second = ada.register_model_version("wine", "cultivar", SIGNATURE, version="2")
    ada.set_alias("wine", "cultivar", "champion", first)
    ada.set_alias("wine", "cultivar", "challenger", second.number)
    moved = connect("grace").set_alias("wine", "cultivar", "champion", second)
    assert (moved.version, moved.number, moved.actor) == (second.node, second.number, "grace")
    history = ada.alias_history("wine", "cultivar", "champion")
    assert [(one.actor, one.before, one.after) for one in history] == [
        ("ada", None, first.node),
        ("grace", first.node, second.node),
    ]
    assert ada.alias("wine", "cultivar", "champion", at=history[0].at).version == first.node
    assert [alias.name for alias in ada.aliases("wine", "cultivar")] == ["challenger", "champion"]
    ada.remove_alias("wine", "cultivar", "champion")
    assert [alias.name for alias in ada.aliases("wine", "cultivar")] == ["challenger"]
    with pytest.raises(errors.NotFound, match="'champion'"):
        ada.alias("wine", "cultivar", "champion")
    assert ada.alias_history("wine", "cultivar", "champion")[-1].after is None
    ada.set_alias("wine", "cultivar", "champion", first)
    assert ada.alias("wine", "cultivar", "champion").version == first.node
    other = ada.register_model("wine", "other")
    stranger = ada.register_model_version("wine", "other", SIGNATURE)
    with pytest.raises(errors.InvalidInput, match="no version of"):
        ada.set_alias("wine", "cultivar", "champion", stranger)
    assert other != ada.lookup("model", "cultivar").id
