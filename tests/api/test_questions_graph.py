"""Every question over REST and through the SDK, on the graph with known answers."""

from collections.abc import Iterator
from typing import Any

import pytest
from falcon.testing import TestClient

from arangovis.client import Client
from arangovis.client.app_transport import AppTransport
from arangovis.client.remote import RemoteBackend
from arangovis.domain.errors import InvalidInput, NotFound
from arangovis.domain.graph import Caller
from arangovis.domain.ids import NodeId
from arangovis.domain.work import Input
from arangovis.services.lineage.around import Around
from arangovis.wiring import Arangovis
from tests.api.working import ask, take
from tests.known_graph import KnownGraph, build


@pytest.fixture
def graph(service: Arangovis) -> KnownGraph:
    return build(service.store)


@pytest.fixture
def sdk(service: Arangovis, client: TestClient) -> Iterator[Client]:
    """Return the SDK over the same app."""
    with Client(RemoteBackend(AppTransport(client.app))) as made:
        yield made


def asked(client: TestClient, path: str, **params: Any) -> dict[str, Any]:
    result = client.simulate_get(f"/api/v1{path}", params={name: str(value) for name, value in params.items()})
    assert result.status_code == 200, result.text
    document: dict[str, Any] = result.json
    return document


def refused(client: TestClient, path: str, status: int, **params: Any) -> str:
    result = client.simulate_get(f"/api/v1{path}", params={name: str(value) for name, value in params.items()})
    assert result.status_code == status, result.text
    return result.text


# --- impact -----------------------------------------------------------------------------------------------------


def test_impact_marks_active_deployments(client: TestClient, graph: KnownGraph) -> None:
    answer = asked(client, f"/impact/{graph['raw-1']}", kinds="plot,projection,model,evaluation,deployment")

    shown = [graph.names([NodeId.parse(item["node"])])[0] for item in answer["affected"]]
    assert shown == ["live", "evaluation-1", "model 1", "old", "project-1", "plot-1"]
    assert answer["active_deployments"] == [str(graph["live"])]
    assert answer["counts"] == {"deployment": 2, "evaluation": 1, "model": 1, "plot": 1, "projection": 1}
    assert (answer["partial"], answer["partial_reasons"]) == (False, [])


def test_impact_beyond_the_budget_is_partial(client: TestClient, graph: KnownGraph) -> None:
    answer = asked(client, f"/impact/{graph['raw-1']}", depth=1)

    assert (answer["partial"], answer["partial_reasons"]) == (True, ["depth"])


def test_impact_of_a_project(sdk: Client, graph: KnownGraph) -> None:
    assert sdk.impact(graph["stream"], project="known").counts["plot"] == 2
    with pytest.raises(NotFound, match="no project"):
        sdk.impact(graph["stream"], project="elsewhere")
    with pytest.raises(InvalidInput, match="plots"):
        sdk.impact(graph["stream"], kinds=["plots"])


def test_impact_as_of_a_time(sdk: Client, graph: KnownGraph) -> None:
    early = sdk.impact(graph["raw-1"], at=graph.times["train-1"])

    assert early.counts == {"evaluation": 1, "featureset": 1, "model": 1, "run": 2}


# --- fields -----------------------------------------------------------------------------------------------------


def test_the_history_of_a_parameter(client: TestClient, sdk: Client, graph: KnownGraph) -> None:
    answer = asked(client, f"/history/{graph['model 1']}/field", name="params.n_neighbours")
    first, second = sdk.field_history(graph["model 1"], "params.n_neighbours").changes

    assert [change["value"] for change in answer["changes"]] == [15, 30]
    assert (first.actor, second.actor, second.request_id) == ("ada", "bob", "request-bob")
    assert graph.names([*first.runs, *first.plots]) == ["plot-1", "project-1"]
    assert (first.current, second.current) == (False, True)
    assert len(sdk.field_history(graph["model 1"], "params.min_dist").changes) == 1
    assert len(sdk.field_history(graph["model 1"], "params.n_neighbours", at=graph.times["train-1"]).changes) == 1


def test_the_history_of_a_field_that_is_none(client: TestClient, graph: KnownGraph) -> None:
    assert asked(client, f"/history/{graph['raw-1']}/field", name="params.x")["changes"] == []
    assert "such as params.n_neighbours" in refused(client, f"/history/{graph['raw-1']}/field", 400, name="\x00")
    refused(client, "/history/run/none/field", 404, name="state")


# --- two nodes --------------------------------------------------------------------------------------------------


def test_the_difference_of_two_runs(client: TestClient, sdk: Client, graph: KnownGraph) -> None:
    found = sdk.diff(graph["train-1"], graph["train-2"])

    assert [(item.name, item.first, item.second) for item in found.params] == [("lr", 0.1, 0.2)]
    assert [item.name for item in found.metrics] == ["accuracy", "loss"]
    assert [item.name for item in found.code] == ["git.commit"]
    assert [(item.name, item.second) for item in found.environment] == [("scikit-learn", "1.6.0")]
    assert [(item.role, item.same_content) for item in found.inputs] == [("train", False)]
    assert graph.names([item.node for item in found.only_first]) == ["features-1", "raw-1"]
    assert graph.names([item.node for item in found.only_second]) == ["features-2", "raw-2"]
    assert not found.same
    assert asked(client, "/diff", a=graph["train-1"], b=graph["train-1"])["same"]


def test_two_plots_differ_as_their_runs(sdk: Client, graph: KnownGraph) -> None:
    found = sdk.diff(graph["plot-1"], graph["plot-2"])

    assert (found.first, found.second) == (graph["project-1"], graph["project-2"])
    assert [item.name for item in found.params] == ["n_neighbours"]
    with pytest.raises(NotFound, match="no run made"):
        sdk.diff(graph["raw-1"], graph["plot-1"])


def test_the_shortest_chain(client: TestClient, sdk: Client, graph: KnownGraph) -> None:
    found = sdk.path(graph["raw-1"], graph["january"])
    back = sdk.path(graph["january"], graph["raw-1"])
    around = sdk.path(graph["raw-1"], graph["raw-2"], direction="both")

    assert [graph.names([node.id])[0] for node in found.nodes] == ["raw-1", "features-1", "live", "january"]
    assert (found.found, found.length, back.found, back.partial_reasons) == (True, 3, False, ())
    assert (around.found, around.length) == (True, 6)
    answer = asked(client, "/paths", **{"from": graph["raw-1"], "to": graph["raw-1"]})
    assert (answer["found"], answer["length"], len(answer["nodes"])) == (True, 0, 1)
    assert "from" in refused(client, "/paths", 400, to=graph["raw-1"])
    assert "form kind/key" in refused(client, "/paths", 400, **{"from": "nothing", "to": graph["raw-1"]})


def test_common_ancestors(sdk: Client, graph: KnownGraph) -> None:
    found = sdk.common(graph["plot-1"], graph["plot-2"])

    assert graph.names([item.node for item in found.ancestors]) == ["holdout", "sample", "stream"]
    assert graph.names([item.node for item in found.ancestors if item.nearest]) == ["holdout", "sample"]
    assert [(item.first, item.rows, item.same) for item in found.shared_rows] == [
        (node, rows, True) for node, rows in sorted([(graph["holdout"], 20), (graph["sample"], 50)])
    ]


# --- staleness --------------------------------------------------------------------------------------------------


def test_a_plot_is_stale_because_of_what_it_used(sdk: Client, graph: KnownGraph) -> None:
    found = sdk.staleness(graph["plot-1"])

    causes = {(graph.names([cause.input])[0], cause.why, graph.names([cause.newer])[0]) for cause in found.causes}
    assert causes == {
        ("sample", "grew", "stream"),
        ("model 1", "model_version", "model 2"),
        ("params-1", "params", "params-2"),
        ("raw-1", "dataset", "raw-2"),
    }
    assert sdk.staleness(graph["plot-1"], at=graph.times["project-1"]).causes[0].why == "grew"
    assert not sdk.staleness(graph["evaluation-2"]).stale


def test_what_is_stale_in_a_project(client: TestClient, sdk: Client, graph: KnownGraph) -> None:
    plots = sdk.stale("known", kinds=["plot"], why=["params", "dataset"]).stale

    assert graph.names([item.node for item in plots]) == ["plot-1"]
    assert sorted(cause.why for cause in plots[0].causes) == ["dataset", "params"]
    assert "why" in refused(client, "/stale", 400, why="age")
    assert graph.names([item.node for item in sdk.stale(at=graph.times["project-1"]).stale]) == [
        "plot-1",
        "project-1",
        "result-1",
    ]


# --- models -----------------------------------------------------------------------------------------------------


def test_a_copy_of_the_test_data_was_trained_on(sdk: Client, graph: KnownGraph) -> None:
    report = sdk.leakage(graph["model"])
    (leak,) = report.leaks

    assert (report.clean, graph.names(report.runs)) == (False, ["train-1", "train-2", "train-3"])
    assert (leak.data, leak.run, leak.because) == (graph["copy"], graph["train-3"], "content")
    assert (leak.witness, leak.chain) == (graph["holdout"], (graph["copy"], graph["train-3"]))
    assert sdk.leakage(graph["model 1"]).clean
    assert not sdk.leakage(graph["model 1"], strict=True).clean
    assert sdk.leakage(graph["model 3"], roles=["secret"], tags=["secret"]).clean


def test_the_timeline_of_a_metric(client: TestClient, sdk: Client, graph: KnownGraph) -> None:
    first, second, third = sdk.timeline(graph["model"], "accuracy").points

    assert [(p.number, p.value) for p in (first, second, third)] == [(701, 0.9), (702, 0.94), (703, 0.99)]
    assert first.change is None
    assert second.step == pytest.approx(0.04)
    assert second.change is not None
    assert second.change.first is not None
    assert second.change.instead_of is not None
    assert (second.change.first.node, second.change.instead_of.node) == (graph["raw-2"], graph["raw-1"])
    assert [item.name for item in second.change.params] == ["lr"]
    assert third.change is not None
    assert third.change.first is not None
    assert third.change.first.node == graph["copy"]
    assert asked(client, f"/timeline/{graph['model']}", metric="none")["points"][0]["value"] is None
    refused(client, f"/timeline/{graph['train-1']}", 404, metric="accuracy")


# --- runs -------------------------------------------------------------------------------------------------------


def test_the_lineage_of_a_job(sdk: Client, graph: KnownGraph) -> None:
    found = sdk.job_lineage("train", project="known")

    nodes = {node.id: node.count for node in found.nodes}
    assert (found.job, found.runs, found.states) == ("run:train", 4, {"ERROR": 1, "SUCCESS": 3})
    assert (nodes["run:projection.umap"], nodes["model_version:classifier"]) == (2, 3)
    assert found.duration_s == 30.0
    flows = {(edge.source, edge.target): (edge.roles, edge.count) for edge in found.edges}
    assert flows["dataset:holdout", "run:train"] == (("test",), 2)
    assert flows["model_version:classifier", "run:projection.umap"] == (("model",), 2)
    with pytest.raises(NotFound, match="no run of nothing"):
        sdk.job_lineage("nothing")


def test_nothing_runs(sdk: Client, graph: KnownGraph) -> None:
    found = sdk.running(limit=5)

    assert graph["train-1"].kind == "run"
    assert (found.started, found.pending, found.work) == (0, 0, ())


def test_a_run_that_a_worker_holds(service: Arangovis, sdk: Client, graph: KnownGraph, caller: Caller) -> None:
    run = ask(service, caller, Input(graph["sample"], "production"))
    take(service, "worker-7")

    found = sdk.running()

    (work,) = found.work
    assert (found.started, found.pending, work.run, work.worker) == (1, 0, run.id, "worker-7")
    assert (work.state, work.attempt, work.overdue) == ("STARTED", 1, False)
    assert work.since is not None
    assert [(held.node, held.role) for held in work.holds] == [(graph["sample"], "production")]
    assert sdk.running("known").work == (), "it is of no project"


def test_the_lineage_of_what_was_deleted(sdk: Client, graph: KnownGraph) -> None:
    found = sdk.lineage(graph["report"])

    assert found.visits[0].node.version.deleted
    assert graph["stream"] in {visit.node.id for visit in found.visits}
    assert sdk.origin(graph["report"]).run is not None
    assert sdk.path(graph["stream"], graph["report"]).found


def test_external_runs_are_not_reproduced_here(client: TestClient, sdk: Client, graph: KnownGraph) -> None:
    found = sdk.reproducibility(graph["evaluation-1"])

    assert (found.run, found.reproducible) == (graph["train-1"], False)
    assert "no worker here does train" in next(check.detail for check in found.checks if check.name == "method")
    assert client.simulate_post(f"/api/v1/reproduce/{graph['train-1']}").status_code == 422


# --- recomputing ------------------------------------------------------------------------------------------------


def test_a_dry_run_says_what_cannot_be_done_and_why(sdk: Client, graph: KnownGraph) -> None:
    found = sdk.redo(graph["raw-1"], dry_run=True)

    reasons = {graph.names([run.run])[0]: run.reason for run in found.runs}
    assert list(reasons) == ["train-1", "project-1", "report-1"]
    assert "process of its user's" in str(reasons["train-1"])
    assert str(graph["train-1"]) in str(reasons["project-1"])
    assert [(pair.old, pair.new) for pair in found.replaced] == [(graph["raw-1"], graph["raw-2"])]
    assert (found.possible, found.impossible, found.plans) == (0, 3, ())
    assert sdk.redo(graph["raw-1"]).plans == ()


def test_what_has_no_successor_must_be_replaced(client: TestClient, sdk: Client, graph: KnownGraph) -> None:
    assert sdk.redo(graph["holdout"], dry_run=True).unresolved == (graph["holdout"],)
    with pytest.raises(InvalidInput, match="say what takes its place"):
        sdk.redo(graph["holdout"])
    with pytest.raises(InvalidInput, match="only a dataset"):
        sdk.redo(graph["holdout"], replace={graph["holdout"]: graph["model 1"]})
    with pytest.raises(InvalidInput, match="there is no dataset/none"):
        sdk.redo(graph["holdout"], replace={graph["holdout"]: "dataset/none"})
    body = {"replace": {"holdout": "dataset/none"}}
    result = client.simulate_post(f"/api/v1/impact/{graph['holdout']}/recompute", json=body)
    assert (result.status_code, "kind/key" in result.text) == (400, True)


def test_budgets_of_a_recomputation_are_checked(client: TestClient, graph: KnownGraph) -> None:
    path = f"/api/v1/impact/{graph['raw-1']}/recompute"
    for body in ({"depth": -1}, {"limit": 0}, {"replace": []}, {"other": 1}):
        assert client.simulate_post(path, json=body).status_code == 400, body


# --- around -----------------------------------------------------------------------------------------------------


def test_around_nodes_are_their_edges_and_how_many_neighbours_they_have(sdk: Client, graph: KnownGraph) -> None:
    plot, run = graph["plot-1"], graph["project-1"]
    shown = sdk.around([run, plot, plot, NodeId.of("run", "unknown")])

    assert {node.id for node in shown.nodes} == {run, plot}
    assert [(edge.id.kind, edge.id.source, edge.id.target) for edge in shown.edges] == [("generated", run, plot)]
    for degree in shown.degrees:
        ends = {
            way: {neighbour.node.id for neighbour in sdk.edges(degree.node, direction=way)}
            for way in ("upstream", "downstream")
        }
        assert (degree.upstream, degree.downstream) == (len(ends["upstream"]), len(ends["downstream"]))
        assert not degree.at_least


def test_around_a_hub_counts_a_page_and_says_so(service: Arangovis, monkeypatch: pytest.MonkeyPatch) -> None:
    graph = build(service.store)
    monkeypatch.setattr("arangovis.services.lineage.around.SCAN_LIMIT_MAX", 1)
    monkeypatch.setattr("arangovis.services.lineage.around.EDGE_PAGE_MAX", 1)
    shown = Around(service.store).of([graph["project-1"], graph["plot-1"]])
    assert [degree.at_least for degree in shown.degrees] == [True, True]
    assert len(shown.edges) == 1


def test_around_takes_so_many_nodes_and_no_more(sdk: Client, graph: KnownGraph) -> None:
    with pytest.raises(InvalidInput, match="nodes"):
        sdk.around([graph["plot-1"]] * 1001)
