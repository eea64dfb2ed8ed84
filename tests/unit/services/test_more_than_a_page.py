"""What has more edges than one page, or one answer of the store, is still read whole."""

from pathlib import Path

import pytest

from arangovis.domain.catalogue import ProjectionParams
from arangovis.domain.graph import EdgeId
from arangovis.domain.plans import Step
from arangovis.domain.work import Input
from arangovis.services import verification
from arangovis.stores import base
from arangovis.stores.transaction import Transaction
from arangovis.testing.samples import SAMPLES, dataset, run
from tests.unit.services.world import ADA, World


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """Return a world where a page has two edges, and an answer of the store three."""
    monkeypatch.setattr(base, "EDGE_PAGE_MAX", 2)
    monkeypatch.setattr(base, "SCAN_LIMIT_MAX", 3)
    monkeypatch.setattr(verification, "SCAN_LIMIT_MAX", 3)
    monkeypatch.setattr(verification, "ENDS_AT_ONCE", 3)
    return World.at(tmp_path)


def test_a_plan_of_many_steps(world: World) -> None:
    names = [f"step-{number}" for number in range(7)]
    plan = world.service.plans.start("sweep", None, [Step(name, "toy") for name in names], ADA)
    assert sorted(world.service.plans.steps(plan.id)) == names
    world.check()


def test_many_metric_specs(world: World) -> None:
    version, catalogue = world.version(), world.service.catalogue
    names = [f"metric-{number}" for number in range(6)]
    for name in names:
        catalogue.register_metric_spec(version.number, name, ADA, threshold=1.0, operation="Less")
    assert [spec.name for spec in catalogue.metric_specs(version)] == names


def test_many_revisions_and_many_runs_of_one(world: World) -> None:
    version, params = world.version(), world.service.params
    nodes = [
        params.set(version, "umap", ProjectionParams({"n_neighbours": 10 + n}, 100, 100, ()), ADA) for n in range(5)
    ]
    used = {
        node: [world.ask(inputs=(Input(node, "params"),)).id for _ in range(count)] for count, node in enumerate(nodes)
    }
    history = params.history(version, "umap")
    assert [revision.node for revision in history] == nodes
    assert {revision.node: list(revision.runs) for revision in history} == {
        node: sorted(runs) for node, runs in used.items()
    }
    assert [revision.current for revision in history] == [False] * 4 + [True]


def test_every_edge_of_a_hub_is_verified(world: World) -> None:
    hub, runs = dataset("hub"), [run(f"train-{number}") for number in range(9)]

    def fill(transaction: Transaction) -> None:
        transaction.create(hub, None, SAMPLES["dataset"])
        for node in runs:
            transaction.create(node, None, SAMPLES["run"])
            transaction.link(EdgeId("input_to", hub, node))
        transaction.link(EdgeId("derived_into", hub, hub))

    world.service.store.transact(fill, ADA)
    check = verification._Check(world.service.store, world.service.artifacts, read_blobs=True)
    assert {found.id.target for found in check._edges_at([hub])} == {hub, *runs}
    assert [found.id.source for found in check._edges_at([runs[0]])] == [hub]
    assert "dangling-edge" not in {problem.code for problem in check.problems()}
