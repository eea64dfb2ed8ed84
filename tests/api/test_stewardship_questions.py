"""Questions of stewards over REST and in the SDK, on projections of digits and on graphs with known answers."""

from collections.abc import Mapping
from typing import Any

import pytest
from falcon.testing import TestClient

from arangovis.client.client import Client
from arangovis.client.local import LocalBackend
from arangovis.domain import errors
from arangovis.domain.graph import Caller, Direction
from arangovis.domain.ids import NodeId
from arangovis.services.datasets import production_id
from arangovis.wiring import Arangovis
from tests.api.visualization import World, digits
from tests.backends import overwrite
from tests.known_graph import KnownGraph, build
from tests.period_graph import PERIODS, PeriodGraph, build_periods

ADA = Caller("ada", "request-ada")
ROWS = 40


@pytest.fixture
def sdk(service: Arangovis) -> Client:
    return Client(LocalBackend(service, "ada"))


@pytest.fixture
def graph(service: Arangovis) -> KnownGraph:
    return build(service.store)


@pytest.fixture
def periods(service: Arangovis) -> PeriodGraph:
    return build_periods(service.store)


@pytest.fixture
def plotted(world: World) -> dict[str, NodeId]:
    """Project half of a stream, twice: on two samples."""
    number = world.model(production=digits(0, ROWS))
    service, version = world.service, world.version(number)
    sizes = {"parameters": {"n_components": 2}, "production_data_sample_size": ROWS // 2}
    service.projections.set_params(version, "pca", sizes, ADA)
    first = service.projections.plottable(version, "pca", ADA).id
    world.work()
    second = service.projections.recompute(version, "pca", ADA, refit=True).id
    world.work()
    return {"stream": production_id(version), "first": first, "second": second}


def get(client: TestClient, path: str, **params: Any) -> Mapping[str, Any]:
    result = client.simulate_get(f"/api/v1{path}", params=params)
    assert result.status_code == 200, result.text
    found: Mapping[str, Any] = result.json
    return found


def made(service: Arangovis, run: NodeId, role: str) -> NodeId:
    edges = service.store.edges_of((run,), Direction.DOWNSTREAM, ("generated",))
    return next(edge.id.target for edge in edges if edge.id.role == role)


def ids_of(service: Arangovis, run: NodeId) -> list[str]:
    sample = service.datasets.find(NodeId.parse(str(service.runs.get(run).options["production"])))
    assert sample is not None
    return service.snapshots.rows(sample).ids


# --- rows -------------------------------------------------------------------------------------------------------------


def test_only_the_plot_that_holds_the_row_is_answered(
    client: TestClient, service: Arangovis, sdk: Client, plotted: dict[str, NodeId]
) -> None:
    first, second = ids_of(service, plotted["first"]), ids_of(service, plotted["second"])
    row = min(set(first) - set(second))
    answer = get(client, f"/rows/{plotted['stream']}", row=row)
    plot = made(service, plotted["first"], "plot")
    assert [(h["node"], h["positions"]) for h in answer["results"] if h["role"] == "plot"] == [
        (str(plot), [first.index(row)])
    ]
    assert (answer["present"], answer["partial"], answer["files_skipped"]) == (True, False, 1)
    same = sdk.row_holders(plotted["stream"], row)
    assert [str(holder.node) for holder in same.results] == [holder["node"] for holder in answer["results"]]
    origin = sdk.point_origin(plot, first.index(row))
    assert (origin.row, origin.dataset, origin.run) == (row, plotted["stream"], plotted["first"])
    assert get(client, f"/points/{plot}", point=first.index(row))["row"] == row


def test_rows_can_be_indexed(client: TestClient, sdk: Client, plotted: dict[str, NodeId]) -> None:
    result = client.simulate_post(f"/api/v1/rows/{plotted['stream']}/index")
    assert (result.status_code, result.json["filters"], result.json["rows"]) == (200, 1, ROWS)
    assert sdk.index_rows(plotted["stream"]).filters == 0
    missing = client.simulate_get(f"/api/v1/rows/{plotted['stream']}", params={"row": "nobody"})
    assert (missing.status_code, missing.json["detail"]) == (404, f"{plotted['stream']} has no row 'nobody'")


def test_columns_of_a_plot(client: TestClient, service: Arangovis, sdk: Client, plotted: dict[str, NodeId]) -> None:
    plot = made(service, plotted["first"], "plot")
    answer = get(client, f"/columns/{plot}", column="x")
    assert answer["ends"] == [{"node": str(plotted["stream"]), "column": "embedding"}]
    assert answer["unknown"] == []
    down = sdk.column_lineage(plotted["stream"], "class", direction="downstream")
    assert {plot} <= {link.target.node for link in down.links}
    assert {link.target.column for link in down.links} == {"class"}


@pytest.mark.parametrize(
    ("path", "params", "field"),
    [
        ("/rows/dataset/x", {}, "row"),
        ("/rows/run/x", {"row": "a"}, "kind"),
        ("/rows/dataset/x", {"row": "a", "files": "0"}, "files"),
        ("/points/artifact/x", {"point": "-1"}, "point"),
        ("/points/artifact/x", {}, "point"),
        ("/columns/dataset/x", {"direction": "sideways"}, "direction"),
        ("/columns/dataset/x", {"direction": "both"}, "direction"),
        ("/audit/dataset/x", {"limit": "0"}, "limit"),
        ("/audit/dataset/x", {"at": "yesterday"}, "at"),
        ("/delete-plan/dataset/x", {"limit": "many"}, "limit"),
        ("/retention", {"older_than_days": "-1"}, "older_than_days"),
        ("/retention", {"cursor": "x"}, "cursor"),
        ("/environments/dataset/x", {"limit": "0"}, "limit"),
        ("/packages/numpy/uses", {"versions": "new"}, "versions"),
        ("/packages/numpy/uses", {"colour": "red"}, "colour"),
    ],
)
def test_what_is_wrong_is_named(client: TestClient, path: str, params: dict[str, str], field: str) -> None:
    result = client.simulate_get(f"/api/v1{path}", params=params)
    assert result.status_code == 400, result.text
    assert [error["field"] for error in result.json["errors"]] == [field]


@pytest.mark.parametrize("question", ["rows", "points", "columns", "audit", "delete-plan", "environments"])
def test_what_never_was_is_not_found(client: TestClient, question: str) -> None:
    params = {"rows": {"row": "a"}, "points": {"point": "0"}}.get(question, {})
    result = client.simulate_get(f"/api/v1/{question}/dataset/none", params=params)
    assert (result.status_code, "dataset/none" in result.json["detail"]) == (404, True)


# --- care -------------------------------------------------------------------------------------------------------------


def test_the_audit_of_a_data_set(client: TestClient, sdk: Client, graph: KnownGraph) -> None:
    answer = get(client, f"/audit/{graph['holdout']}")
    told = [(entry["deed"], entry["other"], entry["role"]) for entry in answer["entries"]]
    assert told == [
        ("read", str(graph["train-2"]), "test"),
        ("read", str(graph["train-1"]), "test"),
        ("created", None, None),
    ]
    assert {entry["request_id"] for entry in answer["entries"]} <= {"request-ada", "request-bob"}
    assert sdk.audit(graph["holdout"], limit=1).partial_reasons == ("limit",)
    assert [e.deed for e in sdk.audit(graph["holdout"], at=graph.times["registered"]).entries] == ["created"]


def test_an_answer_that_is_known_is_not_sent_again(client: TestClient, graph: KnownGraph) -> None:
    path = f"/api/v1/audit/{graph['holdout']}"
    tag = client.simulate_get(path).headers["etag"]
    assert client.simulate_get(path, headers={"If-None-Match": tag}).status_code == 304


def test_a_delete_plan(client: TestClient, sdk: Client, graph: KnownGraph) -> None:
    answer = get(client, f"/delete-plan/{graph['features-1']}")
    direct = {effect["node"] for effect in answer["breaks"] if effect["is_direct"]}
    assert direct == {str(graph["train-1"]), str(graph["live"])}
    assert {effect["node"] for effect in answer["breaks"] if effect["is_active"]} == {str(graph["live"])}
    assert (answer["is_refused"], answer["upstream"]) == (True, [str(graph["raw-1"])])
    assert sdk.delete_plan(graph["features-1"], limit=2).partial_reasons == ("limit",)


def test_retention_pages(client: TestClient, sdk: Client, plotted: dict[str, NodeId], service: Arangovis) -> None:
    assert get(client, "/retention")["items"] == []
    page = sdk.retention(older_than_days=0, limit=1000)
    kept = made(service, plotted["second"], "plot")
    found = {item.node: item for item in page.items}
    assert made(service, plotted["first"], "plot") in found
    assert kept not in found
    assert page.bytes == sum(item.bytes for item in page.items) > 0
    assert page.next_cursor is None


def test_bytes_are_verified_and_damage_is_named(
    client: TestClient, service: Arangovis, sdk: Client, plotted: dict[str, NodeId]
) -> None:
    plot = made(service, plotted["first"], "plot")
    sound = client.simulate_post(f"/api/v1/verify/{plot}")
    assert (sound.status_code, sound.json["damaged"], sound.json["run"]) == (200, [], None)
    digest = str(service.store.get(plot).attributes["digest"])
    overwrite(service, digest, b"other bytes")
    report = sdk.verify_bytes(plot, upstream=False, record=True)
    assert [(item.node, item.problem) for item in report.damaged] == [(plot, "damaged")]
    assert report.run is not None
    left = client.simulate_post(f"/api/v1/verify/{plot}", json={"budget_bytes": 0})
    assert (left.status_code, left.json["state"]) == (202, "PENDING")
    wrong = client.simulate_post(f"/api/v1/verify/{plot}", json={"budget_bytes": -1})
    assert [error["field"] for error in wrong.json["errors"]] == ["budget_bytes"]


def test_a_worker_verifies_what_is_over_the_budget(world: World, plotted: dict[str, NodeId], sdk: Client) -> None:
    report = sdk.verify_bytes(made(world.service, plotted["first"], "plot"), budget_bytes=0)
    assert report.run is not None
    world.work()
    run = world.service.runs.get(report.run)
    assert (run.state.value, run.metrics["damaged"], run.metrics["checked"]) == ("SUCCESS", 0, report.checked)


# --- software ---------------------------------------------------------------------------------------------------------


def test_which_software_ran(client: TestClient, sdk: Client, periods: PeriodGraph) -> None:
    answer = get(client, f"/environments/{periods['service-3']}", package="scikit_learn")
    assert answer["packages"] == [{"package": "scikit-learn", "version": "1.4.2", "runs": [str(periods["fit-3"])]}]
    swept = sdk.package_uses("Scikit.Learn", versions=">=1.5.0rc1", kinds=["deployment"])
    assert len(swept.exposed) == PERIODS - 10
    assert sum(thing.is_active for thing in swept.exposed) == 2
    assert get(client, "/packages/numpy/uses")["runs"] == []


def test_the_software_of_a_projection(sdk: Client, service: Arangovis, plotted: dict[str, NodeId]) -> None:
    found = sdk.environments(made(service, plotted["first"], "plot"), package="numpy")
    assert [use.package for use in found.packages] == ["numpy"]
    assert plotted["first"] in found.packages[0].runs


def test_a_closed_client_asks_nothing(sdk: Client) -> None:
    sdk.close()
    with pytest.raises(errors.Conflict):
        sdk.audit("dataset/x")


def test_every_question_can_be_asked_of_every_node_a_tombstone_too(
    client: TestClient, service: Arangovis, graph: KnownGraph
) -> None:
    for name in ("train-2", "features-2", "live"):
        service.store.transact(lambda tx, node=graph[name]: tx.delete(node, force=True), ADA)  # type: ignore[misc]
    questions = ("columns", "audit", "delete-plan", "environments", "derived", "as-trained")
    for question in questions:
        statuses = {client.simulate_get(f"/api/v1/{question}/{node}").status_code for node in graph.nodes.values()}
        assert statuses <= {200, 400, 404, 410}, question
