"""Users' own kinds, nodes by their ids, deletion, and the administration of projects, through SDK and REST."""

from collections.abc import Callable
from pathlib import Path

import pytest
from falcon.testing import TestClient

import arangovis as av
from arangovis.client.catalogue import Cataloguing
from arangovis.client.client import Client
from arangovis.client.deploying import Deploying
from arangovis.domain import errors
from arangovis.services.verification import check_store
from arangovis.wiring import Arangovis
from tests.api.samples import posted
from tests.api.test_catalogue_pipeline import changes, pipeline, train
from tests.api.test_client_calls import in_process, over_rest

Connect = Callable[[str], Client]
NOTEBOOK = [{"name": "cells", "type": "integer", "searchable": True}, {"name": "source", "type": "document"}]


@pytest.fixture(params=[in_process, over_rest], ids=lambda way: way.__name__)
def ada(service: Arangovis, request: pytest.FixtureRequest) -> Client:
    made: Connect = request.param(service)
    return made("ada")


# --- kinds ------------------------------------------------------------------------------------------------------


def declared(client: Client) -> None:
    client.declare_kind("notebook", NOTEBOOK, description="A notebook of somebody's.")
    client.declare_kind(
        "project_notebook", of="edge", sources=["project"], targets=["notebook"], lineage=True, description="Whose."
    )


def test_nodes_of_a_kind_of_ones_own_go_the_way_of_all_nodes(ada: Client, service: Arangovis) -> None:
    declared(ada)
    before = changes(service)
    declared(ada)
    assert changes(service) == before
    project = ada.register_project("wine")
    made = ada.create_node(
        "notebook", "first look", project="wine", attributes={"cells": 12, "source": {"a": [1]}, "tags": ["eda"]}
    )
    assert ada.create_node("notebook", "first look", project="wine", attributes={"cells": 12}) == made
    with pytest.raises(errors.AlreadyExists):
        ada.create_node("notebook", "first look", project="wine", attributes={"cells": 13})
    assert ada.link(project, made, kind="project_notebook").created
    assert [node.id for node in ada.find("notebook", "cells", 12)] == [made]
    assert ada.lookup("notebook", tag="eda").id == made
    assert [visit.node.id for visit in ada.lineage(made, edges=["project_notebook"]).visits] == [made, project]
    changed = ada.update_node(made, cells=13, source=None)
    assert (changed.attributes["cells"], "source" in changed.attributes) == (13, False)
    assert [node.attributes["cells"] for node in ada.history(made)] == [12, 13]
    kinds = {kind.name: kind for kind in ada.kinds()}
    assert not kinds["notebook"].built_in
    assert kinds["project_notebook"].sources == ("project",)
    assert kinds["run"].built_in


def test_a_kind_in_use_is_kept_unless_forced(ada: Client, service: Arangovis) -> None:
    declared(ada)
    project = ada.register_project("wine")
    node = ada.create_node("notebook", "first look", project="wine")
    ada.link(project, node, kind="project_notebook")
    for name, of in (("notebook", "vertex"), ("project_notebook", "edge")):
        with pytest.raises(errors.InUse) as refusal:
            ada.remove_kind(name, of=of)
        assert refusal.value.dependants == (str(node if of == "vertex" else project),)
    assert ada.remove_kind("project_notebook", of="edge", force=True).removed == 1
    assert ada.remove_kind("notebook", force=True).removed == 1
    assert {"notebook", "project_notebook"}.isdisjoint(kind.name for kind in ada.kinds())
    for refused in (
        lambda: ada.create_node("notebook", "another"),
        lambda: ada.link(project, "model/none", kind="project_notebook"),
        lambda: ada.remove_kind("notebook"),
        lambda: ada.remove_kind("run"),
    ):
        with pytest.raises(errors.InvalidInput):
            refused()
    assert [version.version.deleted for version in ada.history(node)] == [False, True]
    assert check_store(service.store, service.artifacts) == []
    declared(ada)
    assert ada.create_node("notebook", "first look", project="wine") == node


def test_an_unused_kind_is_removed_and_a_built_in_one_is_not_declared(ada: Client) -> None:
    declared(ada)
    assert ada.remove_kind("project_notebook", of="edge").removed == 0
    with pytest.raises(errors.AlreadyExists, match="built-in"):
        ada.declare_kind("run")
    with pytest.raises(errors.AlreadyExists, match="only gain fields"):
        ada.declare_kind("notebook", [{"name": "cells", "type": "text"}], description="A notebook of somebody's.")
    with pytest.raises(errors.InvalidInput, match="'nothing' is not a declared vertex kind"):
        ada.declare_kind("wrong", of="edge", sources=["nothing"])
    with pytest.raises(errors.InvalidInput, match="kind"):
        ada.declare_kind("Not A Kind")


def test_nodes_of_built_in_kinds_are_made_by_their_own_verbs(ada: Client, service: Arangovis) -> None:
    given = pipeline(ada)
    before = changes(service)
    with pytest.raises(errors.InvalidInput, match="verb of its own"):
        ada.create_node("run", "mine")
    with pytest.raises(errors.InvalidInput) as refusal:
        ada.update_node(given["dataset"], rows=1, digest="0" * 64)
    assert [fault.field for fault in refusal.value.faults] == ["rows", "digest"]
    assert changes(service) == before
    changed = ada.update_node(given["dataset"], tags=["gold"], attributes={"owner": "ada"})
    assert changed.attributes["rows"] == 178
    assert ada.lookup("dataset", tag="gold").id == given["dataset"]
    assert pipeline(ada)["dataset"] == given["dataset"]


# --- deletion ---------------------------------------------------------------------------------------------------


def test_what_is_in_use_is_deleted_only_by_force(ada: Client, service: Arangovis) -> None:
    given = pipeline(ada)
    run = train(ada, given, "release", 0.9)
    with pytest.raises(errors.InUse) as refusal:
        ada.delete_node(given["dataset"])
    assert set(refusal.value.dependants) == {str(run), str(given["featureset"])}
    ada.delete_node(given["dataset"], force=True)
    assert ada.node(given["dataset"]).version.deleted
    assert list(ada.find("dataset", name="harvest")) == []
    assert given["dataset"] in [visit.node.id for visit in ada.lineage(run).visits]
    assert check_store(service.store, service.artifacts) == []
    with pytest.raises(errors.Gone):
        ada.delete_node(given["dataset"])
    with pytest.raises(errors.NotFound):
        ada.delete_node("dataset/none")


def test_an_open_run_is_not_deleted(ada: Client) -> None:
    run = ada.log_run(av.LoggedRun("train", state=av.RunState.STARTED))
    with pytest.raises(errors.Conflict, match="open"):
        ada.delete_node(run, force=True)


# --- projects ---------------------------------------------------------------------------------------------------


def test_a_project_tells_distinct_counts_and_bytes(ada: Client) -> None:
    given = pipeline(ada)
    for number in range(22):
        train(ada, given, f"month-{number}", 0.9)
    ada.provision("month-3")
    ada.register_project("empty")
    overviews = {overview.name: overview for overview in ada.project_overviews()}
    assert overviews["wine"].counts == {
        "dataset": 1,
        "featureset": 1,
        "model": 1,
        "model_version": 1,
        "run": 22,
        "deployment": 1,
    }
    assert set(overviews["empty"].counts.values()) == {0}
    assert ada.project_overview("wine") == overviews["wine"]
    assert ada.project_bytes("wine").bytes == 0
    digest, rows = "0" * 64, {"digest": "1" * 64, "bytes": 7, "media_type": "text/plain"}
    same = {**rows, "digest": digest, "bytes": 5}
    outputs = tuple(av.Output(role, attributes=made) for role, made in (("a", same), ("b", same), ("c", rows)))
    ada.log_run(av.LoggedRun("report", project="wine", outputs=outputs))
    assert (ada.project_bytes("wine").bytes, ada.project_bytes("wine").blobs) == (12, 2)


def test_bytes_of_rows_are_counted_once(ada: Client, service: Arangovis) -> None:
    version = pipeline(ada)["version"]
    ada.append_production_data(version, {"_id": ["a", "b", "c"], "class": [1, 2, 3]})
    ada.append_production_data(version, {"_id": ["a", "b", "c"], "class": [1, 2, 3]}, idempotency_key="again")
    found = ada.project_bytes("wine")
    assert found.blobs == 1
    (digest,) = {str(record.data["digest"]) for record in service.store.records("segment")}
    assert found.bytes == len(service.blobs.read(digest))


def test_a_renamed_project_keeps_its_node_and_frees_its_name(ada: Client) -> None:
    node = ada.register_project("wine")
    ada.register_model("wine", "cultivar")
    assert ada.rename_project("wine", "vino").name == "vino"
    assert ada.register_project("vino") == node
    assert ada.register_model("vino", "cultivar") == ada.lookup("model", project="vino").id
    with pytest.raises(errors.NotFound):
        ada.register_model("wine", "cultivar")
    with pytest.raises(errors.NotFound):
        ada.lookup("model", project="wine")
    other = ada.register_project("wine")
    assert other != node
    assert ada.register_project("wine") == other
    assert ada.register_model("wine", "cultivar") != ada.lookup("model", project="vino").id
    with pytest.raises(errors.AlreadyExists):
        ada.rename_project("wine", "vino")
    with pytest.raises(errors.AlreadyExists):
        ada.rename_project("vino", "wine")
    ada.rename_project(other, "weinbau")
    assert ada.rename_project("vino", "wine").node == node
    assert {overview.name: overview.node for overview in ada.project_overviews()} == {"wine": node, "weinbau": other}


def test_an_archived_project_takes_nothing_new_and_comes_back(ada: Client, service: Arangovis) -> None:
    given = pipeline(ada)
    assert ada.archive_project("wine").archived
    assert ada.project_overviews() == []
    assert [overview.name for overview in ada.project_overviews(archived=True)] == ["wine"]
    before = changes(service)
    for refused in (
        lambda: ada.register_model("wine", "another"),
        lambda: train(ada, given, "late", 0.9),
        lambda: ada.register_dataset("wine", "another"),
    ):
        with pytest.raises(errors.Conflict, match="archived"):
            refused()
    assert changes(service) == before
    assert ada.lookup("model", project="wine").attributes["name"] == "cultivar"
    assert not ada.archive_project("wine", archived=False).archived
    train(ada, given, "late", 0.9)


def test_a_project_is_deleted_only_when_it_is_empty(ada: Client) -> None:
    empty = ada.register_project("empty")
    ada.delete_node(empty)
    run_only = ada.register_project("busy")
    run = ada.log_run(av.LoggedRun("train", project="busy"))
    with pytest.raises(errors.InUse) as refusal:
        ada.delete_node(run_only)
    assert refusal.value.dependants == (str(run),)
    assert ada.register_project("empty") == empty


# --- over REST --------------------------------------------------------------------------------------------------


def test_wrong_bodies_name_every_field_at_once(client: TestClient) -> None:
    body = {"name": "x" * 300, "digest": "short", "rows": -1, "columns": [], "sise": 3}
    problem = client.simulate_post("/api/v1/datasets", json=body)
    assert problem.status_code == 400
    assert {fault["field"] for fault in problem.json["errors"]} == {
        "project",
        "name",
        "digest",
        "rows",
        "columns",
        "sise",
    }
    wrong = client.simulate_post("/api/v1/serving-performance", json={"metrics": {"a": 1}})
    assert (wrong.status_code, wrong.json["errors"][0]["field"]) == (400, "deployment")
    half = client.simulate_get("/api/v1/nodes/run", params={"attribute": "method"})
    assert (half.status_code, half.json["errors"][0]["field"]) == (400, "value")


@pytest.mark.parametrize(
    ("value", "count"), [("5", 1), ('"5"', 1), ("true", 1), ("red", 1), ("6", 0), ("", None), ("[1]", 0)]
)
def test_a_value_in_a_query_is_json_or_a_text(client: TestClient, value: str, count: int | None) -> None:
    posted(client, "/api/v1/projects", {"name": "p", "attributes": {"a": 5, "b": "5", "c": True, "d": "red"}})
    found = [
        client.simulate_get("/api/v1/nodes/project", params={"attribute": name, "value": value})
        for name in ("a", "b", "c", "d")
    ]
    if count is None:
        assert {answer.status_code for answer in found} == {400}
    else:
        assert sum(len(answer.json["items"]) for answer in found) == count


def test_lists_are_not_sent_again_unchanged(client: TestClient) -> None:
    posted(client, "/api/v1/projects", {"name": "wine"})
    posted(client, "/api/v1/datasets", {"project": "wine", "name": "harvest"})
    for path in ("/api/v1/datasets", "/api/v1/featuresets", "/api/v1/deployments", "/api/v1/nodes/dataset"):
        first = client.simulate_get(path)
        assert first.status_code == 200
        again = client.simulate_get(path, headers={"If-None-Match": first.headers["etag"]})
        assert again.status_code == 304


def test_a_path_that_leads_nowhere_is_a_problem(client: TestClient) -> None:
    for method, path, status in (
        ("GET", "/api/v1/deployments/none", 404),
        ("GET", "/api/v1/deployments/none/history", 404),
        ("GET", "/api/v1/deployments/none/performance", 404),
        ("GET", "/api/v1/projects/none", 404),
        ("GET", "/api/v1/projects/none/bytes", 404),
        ("GET", "/api/v1/gates?project=none", 404),
        ("GET", "/api/v1/aliases?project=none&model=none", 404),
        ("GET", "/api/v1/aliases", 400),
        ("DELETE", "/api/v1/nodes/dataset/none", 404),
        ("DELETE", "/api/v1/links?from=a/b&to=c/d", 404),
        ("DELETE", "/api/v1/links?from=a", 400),
        ("DELETE", "/api/v1/kinds/nothing", 400),
        ("GET", "/api/v1/nodes/nothing", 400),
    ):
        answer = client.simulate_request(method, path.partition("?")[0], query_string=path.partition("?")[2])
        assert answer.status_code == status, (method, path, answer.text)


def test_every_call_of_the_catalogue_is_on_the_reference_page() -> None:
    page = (Path(__file__).parents[2] / "docs" / "reference" / "python.md").read_text("utf-8")
    calls = {name for mixin in (Cataloguing, Deploying) for name in vars(mixin) if not name.startswith("_")}
    assert {name for name in calls if f"`{name}`" not in page} == set()
