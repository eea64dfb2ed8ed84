"""Acceptance check 18: a graph of arangopipe is taken in, asked, and given back without loss."""

from pathlib import Path
from typing import Any

import pytest

from arangovis.client import Client, connect
from arangovis.compat.arangopipe import ArangoPipe
from arangovis.services.verification import check_store
from arangovis.wiring import Arangovis
from tests.unit.compat.arangopipe import seed_files
from tests.unit.compat.arangopipe.worlds import registered, run_info

COUNT = sum(len(all_) for all_ in seed_files.VERTICES.values())


def by_id() -> dict[str, dict[str, Any]]:
    return {document["_id"]: document for all_ in seed_files.documents().values() for document in all_}


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    return seed_files.write_dump(tmp_path / "dump")


def test_18_in_and_out_without_loss(client: Client, dump: Path, tmp_path: Path, service: Arangovis) -> None:
    report = client.import_arangopipe(dump)
    assert (report.read, report.nodes, report.known) == (COUNT, COUNT, 0)
    count = client.export_arangopipe(tmp_path / "out")
    out = seed_files.read_lines(tmp_path / "out")
    assert out == by_id()
    assert count == len(out)
    assert check_store(service.store, service.artifacts) == []


def test_18_again_only_what_is_new(client: Client, dump: Path, service: Arangovis) -> None:
    client.import_arangopipe(dump)
    before = service.store.change_number()
    again = client.import_arangopipe(dump)
    assert (again.nodes, again.links, again.known) == (0, 0, COUNT)
    assert service.store.change_number() == before


def test_18_what_a_person_should_know_is_said(client: Client, dump: Path) -> None:
    said = "\n".join(client.import_arangopipe(dump).problems)
    assert "project/102: another project is called 'Home_Value_Assessor' already" in said
    assert "datasets/203: another dataset is called 'housing' already; both are kept" in said
    assert "run/half: was logged by half, without modelparams and devperf" in said
    assert "models/401: is related to models/999, which is not in the graph; the text is kept" in said
    assert "there is no datasets/888; it is kept as it was, without a link" in said
    assert "run/0ef73d9edf084877" not in said


def test_18_an_imported_graph_answers_questions(client: Client, dump: Path) -> None:
    client.import_arangopipe(dump)
    ap = ArangoPipe(client, "enterprise_ml_graph")
    params, performance = ap.lookup_modelparams("t1"), ap.lookup_modelperf("t1")
    assert params is not None
    assert performance is not None
    assert (params["alpha"], params["json_weights"], params["space"]) == (0.5, seed_files.WEIGHTS, {"a": 1})
    assert performance["_id"] == "devperf/0ef73d9edf084877"
    model = ap.lookup_entity_by_id("models/401")
    assert model is not None
    assert model["related_models"] == "models/402,models/402,models/999"
    linked = client.edges(client.lookup("model", "lasso").id, direction="downstream", edges=["linked"])
    assert sorted(one.node.attributes["name"] for one in linked) == ["net", "wine"]
    served = client.serving_performance("Deployment_1")
    assert [period.metrics["rmse"] for period in served.periods] == [0.8, 0.9]
    assert served.development["rmse"] == 0.78
    parts = {part.node.kind for part in client.deployment("Deployment_1").parts}
    assert parts == {"run", "model_version", "params", "featureset", "dataset"}
    run = client.run("run/0ef73d9edf084877")
    assert run.attributes["started"] == run.attributes["ended"]
    assert client.lookup("run", attribute="run_id", value="x:1,2").id.key != "x:1,2"
    assert client.derived_models(
        client.lookup("dataset", attribute="arangopipe_key", value="201").id, active=True
    ).deployments


def test_18_scripts_go_on_with_an_imported_graph(client: Client, dump: Path, tmp_path: Path) -> None:
    client.import_arangopipe(dump)
    ap = ArangoPipe(client, "enterprise_ml_graph")
    given = {"dataset": ap.lookup_entity_by_id("datasets/201"), "featureset": ap.lookup_featureset("logs")}
    info = run_info({**given, "model": ap.lookup_model("lasso")}, tag="later", deployment_tag="Deployment_2")  # type: ignore[dict-item]
    assert info["dataset"] == "201"
    ap.log_run(info)
    ap.register_deployment("Deployment_2")
    ap.link_entities("models/402", "datasets/201")
    client.export_arangopipe(tmp_path / "out")
    out = seed_files.read_lines(tmp_path / "out")
    run = info["run_id"]
    assert out[f"run_models/{run}-401"]["_from"] == "models/401"
    assert out[f"run_datasets/{run}-201"]["_to"] == "datasets/201"
    assert out[f"devperf/{run}"]["rmse"] == info["model-perf"]["rmse"]
    assert out["models/402"]["related_datasets"] == "datasets/201"
    assert out["models/401"] == by_id()["models/401"]


def test_18_what_was_logged_here_goes_out_and_in(ap: ArangoPipe, client: Client, tmp_path: Path) -> None:
    given = registered(ap)
    info = run_info(given, tag="t", deployment_tag="ward")
    info["model-params"]["weights"] = "0.5 " * 10_000
    ap.log_run(info)
    ap.register_deployment("ward")
    ap.log_serving_perf({"rmse": 0.5, "period": "2026-01"}, "ward")
    client.export_arangopipe(tmp_path / "out")
    first = seed_files.read_lines(tmp_path / "out")
    assert {one.partition("/")[0] for one in first} == {*seed_files.VERTICES, *seed_files.EDGES} - {
        "Notebook-Files",
        "project_notebook",
    }
    assert first[f"modelparams/{info['run_id']}"]["weights"] == info["model-params"]["weights"]
    with connect(home=tmp_path / "other") as other:
        assert other.import_arangopipe(tmp_path / "out", graph="copied").problems == ()
        other.export_arangopipe(tmp_path / "again", graph="copied")
    second = seed_files.read_lines(tmp_path / "again")
    assert second == first


def test_a_changed_document_is_told_and_the_graph_keeps_its_own(client: Client, dump: Path, tmp_path: Path) -> None:
    client.import_arangopipe(dump)
    changed = tmp_path / "changed.jsonl"
    changed.write_text('{"_id": "datasets/201", "_key": "201", "name": "housing", "description": "edited"}\n')
    report = client.import_arangopipe(changed)
    assert report.problems == ("datasets/201: differs from what was imported before, which stays",)
    assert client.lookup("dataset", attribute="arangopipe_key", value="201").attributes["description"] == "prices"


def test_a_dry_run_writes_nothing(client: Client, dump: Path, service: Arangovis) -> None:
    before = service.store.change_number()
    assert client.import_arangopipe(dump, dry_run=True).read == COUNT
    assert service.store.change_number() == before
