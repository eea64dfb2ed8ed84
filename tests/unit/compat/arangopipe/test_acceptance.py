"""The acceptance list of arangopipe's successor, by number; docs/reference/arangopipe.md says where each number is."""

import copy
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from arangovis.client.client import Client
from arangovis.compat.arangopipe import ArangoPipe
from arangovis.domain import errors
from arangovis.domain.graph import Caller, Cut, EdgeId
from arangovis.domain.ids import NodeId
from arangovis.exchange.arangopipe.names import COLLECTIONS, EDGE_COLLECTIONS
from arangovis.services.lineage.lineage import LineageQuestion
from arangovis.services.verification import check_store
from arangovis.wiring import Arangovis
from tests.unit.compat.arangopipe.worlds import PROJECT, fitted, registered, run_info

HOSTILE = ["it's", 'say "hi"', "a // b", "x; DROP", "doc.name == @value OR true", "REMOVE doc IN run", "a.b`c`", "%_*"]


def test_01_provisioning_twice_changes_nothing(client: Client, service: Arangovis) -> None:
    first = ArangoPipe(client, "enterprise_ml_graph")
    before = service.store.change_number()
    second = ArangoPipe(client, "enterprise_ml_graph", replication_factor=3)
    second.create_enterprise_ml_graph(3)
    assert service.store.change_number() == before
    assert all(first.has_vertex(name) for name in COLLECTIONS)
    assert len(COLLECTIONS) == 9
    assert all(second.has_edge(name) for name in EDGE_COLLECTIONS)
    assert len(EDGE_COLLECTIONS) == 11
    assert not first.has_vertex("notebook")
    assert not first.has_edge("project_notebook")


def test_02_one_name_is_one_entity(ap: ArangoPipe, client: Client, service: Arangovis) -> None:
    first = registered(ap)
    before = service.store.change_number()
    assert registered(ap) == first
    assert service.store.change_number() == before
    for refused in (
        lambda: ap.register_dataset({"name": "diabetes", "source": "elsewhere"}),
        lambda: ap.register_featureset({"name": "log_progression", "age": "int64"}, first["dataset"]["_key"]),
        lambda: ap.register_model({"name": "lasso", "type": "ridge"}, project=PROJECT),
        lambda: ap.register_project({"name": PROJECT, "description": "other"}),
    ):
        with pytest.raises(errors.AlreadyExists):
            refused()


@pytest.mark.parametrize("collection", ["project", "datasets", "featuresets", "models"])
def test_02_twenty_threads_make_one(ap: ArangoPipe, collection: str) -> None:
    given = registered(ap)
    together = threading.Barrier(20)

    def register(number: int) -> Any:
        together.wait(60)
        document = {"name": "one of twenty", "description": f"by thread {number}"}
        try:
            if collection == "featuresets":
                return ap.register_featureset({**document, "x": "float64"}, given["dataset"]["_key"])
            if collection == "models":
                return ap.register_model(document, project=PROJECT)
            return ap.register_project(document) if collection == "project" else ap.register_dataset(document)
        except errors.AlreadyExists as error:
            return error

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(register, range(20)))
    refused = [answer for answer in answers if isinstance(answer, errors.AlreadyExists)]
    assert len(refused) == 19
    assert None not in answers
    assert len(ap.find_entity("name", "one of twenty", collection)) == 1


def test_03_a_model_of_no_project_is_not_written(ap: ArangoPipe, service: Arangovis) -> None:
    before = service.store.change_number()
    with pytest.raises(errors.NotFound, match="no project"):
        ap.register_model({"name": "orphan", "type": "lasso"}, project="nobody")
    assert service.store.change_number() == before
    assert ap.lookup_model("orphan") is None


def test_04_a_run_keeps_all_that_it_was_given(ap: ArangoPipe) -> None:
    info = run_info(registered(ap), tag="t1", deployment_tag="d1", tag_for_deployment=True, steps=["scale", {"fit": 1}])
    ap.log_run(info)
    run = ap.lookup_entity_by_id(f"run/{info['run_id']}")
    assert run is not None
    for name in ("tag", "project", "pipeline", "deployment_tag", "tag_for_deployment", "steps", "run_id"):
        assert run[name] == info[name]
    assert run["timestamp"] == info["model-perf"]["timestamp"]


def test_05_the_same_run_again_is_the_same(ap: ArangoPipe, service: Arangovis) -> None:
    info = run_info(registered(ap), tag="t1")
    ap.log_run(info)
    before = service.store.change_number()
    ap.log_run(copy.deepcopy(info))
    assert service.store.change_number() == before
    with pytest.raises(errors.AlreadyExists):
        ap.log_run({**info, "model-params": {**info["model-params"], "alpha": 99}})
    params = ap.lookup_modelparams("t1")
    assert params is not None
    assert params["alpha"] == info["model-params"]["alpha"]
    assert check_store(service.store, service.artifacts) == []


def test_06_a_tag_finds_what_was_just_logged(ap: ArangoPipe) -> None:
    given = registered(ap)
    first, second = (run_info(given, alpha, tag="twice") for alpha in (0.01, 0.1))
    ap.log_run(first)
    ap.log_run(second)
    params, performance = ap.lookup_modelparams("twice"), ap.lookup_modelperf("twice")
    assert params is not None
    assert performance is not None
    assert {name: params[name] for name in second["model-params"]} == second["model-params"]
    assert {name: performance[name] for name in second["model-perf"]} == second["model-perf"]
    assert performance["_id"] == f"devperf/{second['run_id']}"
    assert ap.lookup_entity_by_id(params["_id"]) == params
    assert ap.lookup_modelparams("never") is None
    assert ap.lookup_modelperf("never") is None


def test_07_all_that_is_missing_is_named(ap: ArangoPipe, service: Arangovis) -> None:
    info = run_info(registered(ap))
    untouched = copy.deepcopy(info)
    before = service.store.change_number()
    broken = {**info, "model-params": {"alpha": 1}, "model-perf": {"rmse": 1.0}}
    del broken["dataset"], broken["model"]
    with pytest.raises(errors.InvalidInput) as caught:
        ap.log_run(broken)
    named = {fault.field for fault in caught.value.faults}
    assert named == {"dataset", "model", "model-params.run_id", "model-perf.run_id", "model-perf.timestamp"}
    with pytest.raises(errors.NotFound, match=r"datasets/nothing.*models/nobody"):
        ap.log_run({**info, "dataset": "nothing", "model": "nobody"})
    assert service.store.change_number() == before
    ap.log_run(info)
    assert info == untouched


@pytest.mark.parametrize("text", HOSTILE)
def test_08_what_is_looked_for_is_data(ap: ArangoPipe, text: str) -> None:
    ap.register_dataset({"name": f"set {text}", text: text, "rank": 1})
    ap.register_dataset({"name": "another", "rank": 2})
    assert [found["name"] for found in ap.find_entity(text, text, "datasets")] == [f"set {text}"]
    assert ap.find_entity(text, "another", "datasets") == []
    assert ap.find_entity("name", text, "datasets") == []
    with pytest.raises(errors.InvalidInput, match="no collection"):
        ap.find_entity("name", "x", f"datasets {text}")
    assert [found["rank"] for found in ap.find_entity("rank", 2, "datasets")] == [2]
    assert ap.lookup_entity_by_id("datasets/" + text.replace("/", "|")) is None


def test_08_finding_pages_and_sorts(ap: ArangoPipe) -> None:
    for number in range(130):
        ap.register_dataset({"name": f"set {number}", "batch": True})
    found = ap.find_entity("batch", True, "datasets")
    assert [one["name"] for one in found] == [f"set {number}" for number in reversed(range(130))]


def test_09_links_are_edges(ap: ArangoPipe, client: Client) -> None:
    given = registered(ap)
    model, dataset = given["model"]["_id"], given["dataset"]["_id"]
    ap.link_entities(model, dataset)
    ap.link_entities(model, dataset)
    looked = ap.lookup_model("lasso")
    assert looked is not None
    assert looked["related_datasets"] == dataset
    node = client.lookup("dataset", "diabetes").id
    seen = [neighbour.node.id.kind for neighbour in client.edges(node, edges=["linked"])]
    assert seen == ["model"]
    for missing in ("datasets/none", "nothing/at all"):
        with pytest.raises((errors.NotFound, errors.InvalidInput)):
            ap.link_entities(model, missing)
    with pytest.raises(errors.InvalidInput, match="collection/key"):
        ap.link_entities(model, "no id")


def test_10_a_tagged_run_is_deployed_with_its_parts(ap: ArangoPipe, client: Client) -> None:
    info = run_info(registered(ap), deployment_tag="ward")
    ap.log_run(info)
    with pytest.raises(errors.NotFound):
        ap.register_deployment("nobody's")
    made = ap.register_deployment("ward")
    assert ap.register_deployment("ward") == made
    deployment = client.deployment("ward")
    parts = {part.node.kind for part in deployment.parts}
    assert parts == {"run", "model_version", "params", "featureset", "dataset"}
    client.change_deployment("ward", "archived", reason="too old")
    assert [change.state for change in client.deployment_history("ward")] == ["active", "archived"]
    found = ap.find_entity("tag", "ward", "deployment")
    assert [one["status"] for one in found] == ["archived"]


def test_11_serving_performance_is_ordered_and_compared(ap: ArangoPipe, client: Client, service: Arangovis) -> None:
    info = run_info(registered(ap), deployment_tag="ward")
    ap.log_run(info)
    before = service.store.change_number()
    with pytest.raises(errors.NotFound):
        ap.log_serving_perf({"rmse": 1.0, "period": "2026-01"}, "ward", "ada")
    assert service.store.change_number() == before
    ap.register_deployment("ward")
    for period, rmse in (("2026-03-01 to 2026-03-31", 0.6), ("2026-01", 0.4), ("Feb-2026", 0.5)):
        ap.log_serving_perf({"rmse": rmse, "period": period}, "ward", "ada")
    served = client.serving_performance("ward")
    assert [period.metrics["rmse"] for period in served.periods] == [0.4, 0.5, 0.6]
    assert served.development["rmse"] == pytest.approx(info["model-perf"]["rmse"])
    assert served.periods[0].difference["rmse"] == pytest.approx(0.4 - info["model-perf"]["rmse"])


def test_12_collections_of_ones_own(ap: ArangoPipe) -> None:
    project = ap.register_project({"name": PROJECT})
    ap.add_vertex_to_arangopipe("notebook")
    ap.add_vertex_to_arangopipe("notebook")
    ap.add_edge_definition_to_arangopipe("project_notebook", "project_notebook", "project", "notebook")
    ap.add_edge_definition_to_arangopipe("project_notebook", "project", "notebook")
    assert ap.has_vertex("notebook")
    assert ap.has_edge("project_notebook")
    made = ap.insert_into_vertex_type("notebook", {"name": "first look", "cells": [{"source": "1 + 1"}]})
    edge = ap.insert_into_edge_type("project_notebook", project, made, {"by": "ada"})
    assert edge["_id"] == f"project_notebook/{project['_key']}-{made['_key']}"
    found = ap.lookup_entity("first look", "notebook")
    assert found is not None
    assert found["cells"] == [{"source": "1 + 1"}]
    with pytest.raises(errors.InUse):
        ap.remove_vertex_from_arangopipe("notebook")
    with pytest.raises(errors.InUse):
        ap.remove_edge_definition_from_arangopipe("project_notebook")
    ap.remove_edge_definition_from_arangopipe("project_notebook", purge=True)
    ap.remove_vertex_from_arangopipe("notebook", purge=True)
    assert not ap.has_vertex("notebook")
    assert not ap.has_edge("project_notebook")
    with pytest.raises(errors.NotSupported, match="part of the schema"):
        ap.remove_vertex_from_arangopipe("datasets", purge=True)


def test_13_a_data_set_in_use_stays(ap: ArangoPipe, client: Client, service: Arangovis) -> None:
    ap.log_run(run_info(registered(ap)))
    dataset = client.lookup("dataset", "diabetes").id
    with pytest.raises(errors.InUse) as caught:
        client.delete_node(dataset)
    assert any(one.startswith("run/") for one in caught.value.dependants)
    client.delete_node(dataset, force=True)
    assert ap.lookup_dataset("diabetes") is None
    assert check_store(service.store, service.artifacts) == []


def two_runs(ap: ArangoPipe, client: Client) -> dict[str, NodeId]:
    """Log two runs of one model, deploy and observe the first; return the nodes by name."""
    given = registered(ap)
    infos = {"1": run_info(given, deployment_tag="ward"), "2": run_info(given, alpha=0.5, tag="never deployed")}
    nodes = {
        "data": client.lookup("dataset", "diabetes").id,
        "features": client.lookup("featureset", "log_progression").id,
    }
    for name, info in infos.items():
        ap.log_run(info)
        run = nodes[f"run {name}"] = NodeId("run", info["run_id"])
        ends = [*client.edges(run, direction="upstream"), *client.edges(run, direction="downstream")]
        nodes |= {
            f"{end.node.id.kind} {name}": end.node.id for end in ends if end.node.id.kind in ("params", "evaluation")
        }
        nodes["version"] = next(end.node.id for end in ends if end.node.id.kind == "model_version")
    ap.register_deployment("ward")
    served = ap.log_serving_perf({"rmse": 0.5, "period": "2026-01"}, "ward")
    nodes["served"] = NodeId("serving_performance", served["_key"])
    nodes["deployment"] = client.deployment("ward").node
    return nodes


_READ = {"data", "features", "version"}
_ABOVE = {
    "data": set[str](),
    "features": {"data"},
    "version": set[str](),
    "params 1": set[str](),
    "params 2": set[str](),
    "run 1": _READ | {"params 1"},
    "run 2": _READ | {"params 2"},
    "evaluation 1": _READ | {"params 1", "run 1"},
    "evaluation 2": _READ | {"params 2", "run 2"},
    "deployment": _READ | {"params 1", "run 1"},
    "served": _READ | {"params 1", "run 1", "deployment"},
}
"""What is upstream of each node; the second run is not deployed."""


def test_15_lineage_from_every_node(ap: ArangoPipe, client: Client) -> None:
    nodes = two_runs(ap, client)
    names = {node: name for name, node in nodes.items()}
    assert names.keys() == set(nodes.values())
    assert nodes.keys() == _ABOVE.keys()
    below = {name: {other for other, above in _ABOVE.items() if name in above} for name in _ABOVE}
    for direction, expected in (("upstream", _ABOVE), ("downstream", below)):
        for name, node in nodes.items():
            answer = client.lineage(node, direction=direction)
            found = [names[visit.node.id] for visit in answer.visits]
            assert (found[0], sorted(found[1:]), answer.cuts) == (name, sorted(expected[name]), frozenset())


def test_15_what_is_cut_off_is_said(ap: ArangoPipe, client: Client) -> None:
    served = two_runs(ap, client)["served"]
    near = client.lineage(served, depth=1)
    assert ([visit.node.id.kind for visit in near.visits], near.cuts) == (
        ["serving_performance", "deployment"],
        frozenset({Cut.DEPTH}),
    )
    few = client.ask(LineageQuestion(served, limit=3))
    assert (len(few.visits), few.cuts) == (3, frozenset({Cut.LIMIT}))


def test_15_a_circle_is_refused_and_one_that_is_there_ends(ap: ArangoPipe, client: Client, service: Arangovis) -> None:
    nodes = two_runs(ap, client)
    with pytest.raises(errors.Conflict, match="circle"):
        client.link(nodes["features"], nodes["data"], kind="derived_into")
    circle = EdgeId("derived_into", nodes["features"], nodes["data"])
    service.store.transact(lambda transaction: transaction.link(circle), Caller("ada"))
    for direction in ("upstream", "downstream", "both"):
        answer = client.lineage(nodes["data"], direction=direction)
        found = [visit.node.id for visit in answer.visits]
        assert len(found) == len(set(found))
        assert nodes["features"] in found
        assert (circle in [edge.id for edge in answer.edges], answer.cuts) == (True, frozenset())


def test_17_weights_are_files_and_come_back(ap: ArangoPipe, client: Client) -> None:
    model, _ = fitted(0.01)
    weights = repr(model.coef_.tolist() * 1000)
    info = run_info(registered(ap), tag="with weights")
    layers = {"first": model.coef_.tolist() * 1000}
    info["model-params"] |= {"json_weights": weights, "layers": layers}
    ap.log_run(info)
    ap.log_run(info)
    params = ap.lookup_modelparams("with weights")
    assert params is not None
    assert params["json_weights"] == weights
    assert params["layers"] == layers
    run = client.run(f"run/{info['run_id']}")
    assert weights not in repr(run.attributes)
    artifacts = [one.node for one in client.edges(run.id, direction="downstream") if one.node.id.kind == "artifact"]
    assert sorted(str(artifact.attributes["name"]) for artifact in artifacts) == ["json:layers", "json_weights"]


def test_20_no_call_drops_a_database(ap: ArangoPipe, service: Arangovis) -> None:
    registered(ap)
    before = service.store.change_number()
    for refused in (lambda: ap.delete_database("_system"), lambda: ap.delete_all_databases(preserve=["mine"])):
        with pytest.raises(errors.NotSupported, match="drops a database"):
            refused()
    ap.delete_arangomldb()
    assert service.store.change_number() == before
