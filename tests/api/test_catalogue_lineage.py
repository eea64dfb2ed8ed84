"""Lineage up and down from every kind of node of a pipeline, deployed or not: bounded, and safe in circles."""

import pytest
from falcon.testing import TestClient

import arangovis as av
from arangovis.client.client import Client
from arangovis.domain.graph import Cut
from arangovis.services.lineage.lineage import LineageQuestion
from arangovis.wiring import Arangovis
from tests.api.test_catalogue_pipeline import pipeline, train
from tests.api.test_client_calls import in_process

KINDS = {"dataset", "featureset", "model_version", "params", "run", "evaluation", "deployment", "serving_performance"}


@pytest.fixture
def ada(service: Arangovis) -> Client:
    return in_process(service)("ada")


def served(client: Client) -> dict[str, av.NodeId]:
    """Deploy a run and observe it, beside one that is not deployed; return the deployed nodes by kind."""
    given = pipeline(client)
    train(client, given, "release", 0.97)
    train(client, given, "never", 0.5)
    deployment = client.provision("release", state="active")
    observed = client.log_serving_performance("release", {"accuracy": 0.9}, period="March")
    nodes = {part.node.kind: part.node for part in deployment.parts}
    assert deployment.run is not None
    (evaluation,) = client.edges(deployment.run, direction="downstream", edges=["generated"])
    return {
        **nodes,
        "evaluation": evaluation.node.id,
        "deployment": deployment.node,
        "serving_performance": observed,
    }


def test_every_kind_has_its_lineage(ada: Client) -> None:
    nodes = served(ada)
    assert nodes.keys() == KINDS
    above = {visit.node.id for visit in ada.lineage(nodes["serving_performance"]).visits}
    assert above == set(nodes.values()) - {nodes["evaluation"]}
    below = {visit.node.id.kind for visit in ada.lineage(nodes["dataset"], direction="downstream").visits}
    assert below == KINDS - {"model_version", "params"}
    runs = [visit.node.id for visit in ada.lineage(nodes["dataset"], direction="downstream", kinds=["run"]).visits]
    assert len(runs) == len(set(runs)) == 3  # the data set itself, and both runs, each once
    for node in nodes.values():
        for direction in ("upstream", "downstream", "both"):
            found = ada.lineage(node, direction=direction)
            assert found.visits[0].node.id == node
            assert not found.cuts
            ids = [visit.node.id for visit in found.visits]
            assert len(ids) == len(set(ids))


def test_depth_and_node_limits_say_that_there_is_more(ada: Client) -> None:
    nodes = served(ada)
    near = ada.lineage(nodes["serving_performance"], depth=1)
    assert ([visit.node.id.kind for visit in near.visits], near.cuts) == (
        ["serving_performance", "deployment"],
        {Cut.DEPTH},
    )
    few = ada.ask(LineageQuestion(nodes["serving_performance"], limit=3))
    assert (len(few.visits), few.cuts) == (3, {Cut.LIMIT})


def test_a_circle_ends(ada: Client, client: TestClient) -> None:
    """The links' own call refuses circles; a batch writes what it is told, so questions must bear them."""
    nodes = served(ada)
    circle = {
        "action": "link",
        "kind": "derived_into",
        "from": str(nodes["featureset"]),
        "to": str(nodes["dataset"]),
    }
    assert client.simulate_post("/api/v1/batch", json={"actions": [circle]}).json["answers"][0]["status"] == 201
    found = ada.lineage(nodes["dataset"], direction="both")
    ids = [visit.node.id for visit in found.visits]
    assert len(ids) == len(set(ids))
    assert {node.kind for node in ids} == KINDS
    assert not found.cuts
