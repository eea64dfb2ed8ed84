"""One tag has one active deployment, whoever activates what at the same moment, on every store."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Barrier

import pytest

from arangovis.artifacts.local import LocalArtifactStore
from arangovis.domain.errors import Conflict
from arangovis.domain.graph import Caller
from arangovis.domain.ids import NodeId
from arangovis.domain.search import Comparison, Operator, Search
from arangovis.services.catalogue.deployments import DeploymentState, Provision
from arangovis.services.run_log import LoggedRun
from arangovis.services.verification import check_store
from arangovis.settings import Settings
from arangovis.stores.base import GraphStore
from arangovis.stores.embedded import EmbeddedStore
from arangovis.stores.memory import MemoryStore
from arangovis.wiring import Arangovis, compose
from tests.arango_databases import PassingStore, Server

ADA = Caller("ada")
ACTIVE, ARCHIVED, SCHEDULED = DeploymentState.ACTIVE, DeploymentState.ARCHIVED, DeploymentState.SCHEDULED
WRITERS = 6


@pytest.fixture(params=["memory", "embedded", "arango"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[GraphStore]:
    if request.param == "arango":
        server: Server = request.getfixturevalue("arango")
        made: GraphStore = PassingStore(server)
    else:
        made = MemoryStore() if request.param == "memory" else EmbeddedStore(tmp_path / "graph.sqlite")
    made.migrate()
    with closing(made):
        yield made


@pytest.fixture
def service(store: GraphStore, tmp_path: Path) -> Arangovis:
    made = compose(Settings(home=tmp_path), store, LocalArtifactStore(tmp_path / "artifacts"))
    for project in ("wine", "beer"):
        made.catalogue.register_project(project, ADA)
    return made


def deploy(service: Arangovis, project: str | None, state: DeploymentState = ACTIVE) -> NodeId:
    """Deploy a new run of the tag."""
    run = service.run_log.log(LoggedRun("train", project=project, deployment_tag="release"), ADA).node
    (newest,) = service.store.search(
        Search("run", Comparison("deployment_tag", Operator.EQUAL, "release"), limit=1)
    ).items
    assert newest.id == run
    return service.pipeline.deployments.provision(Provision("release", state=state), ADA).node


def states(service: Arangovis, *nodes: NodeId) -> list[DeploymentState]:
    return [service.pipeline.deployments.get(node).state for node in nodes]


def test_a_deployment_without_a_project_leaves_those_of_projects_alone(service: Arangovis) -> None:
    service.pipeline.gates.put("wine", "never", "metrics.loss < 0", ADA)
    beer = deploy(service, "beer")
    first, second = deploy(service, None), deploy(service, None)
    assert states(service, beer, first, second) == [ACTIVE, ARCHIVED, ACTIVE]
    assert service.pipeline.deployments.get(first).replaces is None
    later = deploy(service, None, SCHEDULED)
    service.pipeline.deployments.change(later, ACTIVE, ADA)
    assert states(service, beer, second, later) == [ACTIVE, ARCHIVED, ACTIVE]
    assert service.pipeline.gates.all(None) == []


def test_of_many_that_are_activated_at_once_one_stays(service: Arangovis) -> None:
    deployments = service.pipeline.deployments
    nodes = [deploy(service, "wine", SCHEDULED) for _ in range(WRITERS)]
    start = Barrier(WRITERS)

    def activate(node: NodeId) -> None:
        start.wait(timeout=60)
        deployments.change(node, ACTIVE, ADA)

    with ThreadPoolExecutor(WRITERS) as threads:
        list(threads.map(activate, nodes))
    found = states(service, *nodes)
    assert (found.count(ACTIVE), found.count(ARCHIVED)) == (1, WRITERS - 1)
    last = nodes[found.index(ACTIVE)]
    assert deployments.current("release").node == last
    seen = [last]
    while (before := deployments.get(seen[-1]).replaces) is not None:
        seen.append(before)
    assert sorted(seen) == sorted(nodes)  # each replaced the one that was active before it, and none was skipped
    while len(seen) > 1:
        assert deployments.roll_back(seen.pop(0), ADA).node == seen[0]
        assert states(service, *nodes).count(ACTIVE) == 1
    assert check_store(service.store, service.artifacts) == []


def test_provisioning_beside_one_that_is_activated_leaves_one(service: Arangovis) -> None:
    deployments = service.pipeline.deployments
    old = deploy(service, "wine", SCHEDULED)
    service.run_log.log(LoggedRun("train", project="wine", deployment_tag="release"), ADA)
    start = Barrier(2)

    def provision() -> NodeId:
        start.wait(timeout=60)
        return deployments.provision(Provision("release", state=ACTIVE), ADA).node

    def activate() -> NodeId:
        start.wait(timeout=60)
        return deployments.change(old, ACTIVE, ADA).node

    with ThreadPoolExecutor(2) as threads:
        nodes = [threads.submit(work) for work in (provision, activate)]
        new, _ = (node.result() for node in nodes)
    assert sorted(states(service, old, new)) == [ACTIVE, ARCHIVED]


def test_one_that_was_archived_meanwhile_is_not_what_was_replaced(
    service: Arangovis, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployments = service.pipeline.deployments
    old = deploy(service, "wine")
    service.run_log.log(LoggedRun("train", project="wine", deployment_tag="release"), ADA)
    transact = service.store.transact

    def late(*given):  # type: ignore[no-untyped-def]
        monkeypatch.undo()
        deployments.change(old, ARCHIVED, ADA)
        return transact(*given)

    monkeypatch.setattr(service.store, "transact", late)
    new = deployments.provision(Provision("release", state=ACTIVE), ADA).node
    assert states(service, old, new) == [ARCHIVED, ACTIVE]
    assert deployments.get(new).replaces is None
    with pytest.raises(Conflict, match="nothing to go back to"):
        deployments.roll_back(new, ADA)


def test_rolling_back_goes_to_what_was_active_before(service: Arangovis) -> None:
    """Not to what was active when the deployment was scheduled."""
    deployments = service.pipeline.deployments
    first = deploy(service, "wine")
    waiting = deploy(service, "wine", SCHEDULED)
    assert deployments.get(waiting).replaces is None
    third = deploy(service, "wine")
    deployments.change(waiting, ACTIVE, ADA)
    assert deployments.get(waiting).replaces == third
    assert states(service, first, third, waiting) == [ARCHIVED, ARCHIVED, ACTIVE]
    edges = service.store.history(waiting)
    assert [node.attributes.get("replaces") for node in edges] == [None, str(third)]
    assert deployments.roll_back(waiting, ADA).node == third
    assert deployments.roll_back(third, ADA).node == first
    assert states(service, first, third, waiting) == [ACTIVE, ARCHIVED, ARCHIVED]
    deployments.change(third, ACTIVE, ADA)  # one that comes back by hand replaces what it finds
    assert deployments.get(third).replaces == first
    deployments.change(first, ACTIVE, ADA)
    assert deployments.get(first).replaces == third
    assert deployments.roll_back(first, ADA).node == third


def test_active_ones_of_before_slots_are_archived_too(service: Arangovis) -> None:
    """A store of an earlier version, and a graph that was imported, have active deployments that hold no slot."""
    facts = {"name": "old", "state": "active", "deployment_tag": "release"}
    home = service.store.search(Search("project", Comparison("name", Operator.EQUAL, "wine"))).items[0].id.key
    old = [NodeId("deployment", f"old-{number}") for number in range(2)]
    service.store.transact(lambda t: [t.create(node, home, facts) for node in old], ADA)
    new = deploy(service, "wine")
    assert states(service, *old, new) == [ARCHIVED, ARCHIVED, ACTIVE]
    assert service.pipeline.deployments.get(new).replaces in old
