"""Lineage in every format, read back by those who own the format."""

import io
import json
from collections import Counter
from pathlib import Path
from typing import Any

import networkx as nx
import pydot
import pytest
from falcon.testing import Result, TestClient
from prov.model import ProvDocument, ProvEntity, ProvInvalidation

from arangovis.domain.search import Comparison, Operator, Search
from arangovis.services.exchange.exporting import MEDIA_TYPES, Format
from arangovis.services.lineage.lineage import LineageQuestion
from arangovis.wiring import Arangovis
from tests.api.samples import register_with_data
from tests.backends import build_service, settings_of
from tests.known_graph import ADA, KnownGraph, build

ROOT = "/api/v1"


@pytest.fixture
def graph(service: Arangovis) -> KnownGraph:
    return build(service.store)


def export(client: TestClient, node: object, form: str, **asked: Any) -> Result:
    return client.simulate_get(f"{ROOT}/export/{node}", params={"format": form, **asked})


def text(client: TestClient, node: object, form: str, **asked: Any) -> str:
    answer = export(client, node, form, **asked)
    assert answer.status_code == 200, answer.text
    return str(answer.text)


UPSTREAM = (
    "plot-1",
    "project-1",
    "model 1",
    "params-1",
    "sample",
    "stream",
    "train-1",
    "features-1",
    "holdout",
    "raw-1",
)


@pytest.mark.parametrize("form", [form.value for form in Format if form is not Format.CROISSANT])
def test_a_format_has_its_media_type_and_a_tag(client: TestClient, graph: KnownGraph, form: str) -> None:
    answer = export(client, graph["plot-1"], form)
    assert (answer.status_code, answer.headers["content-type"]) == (200, MEDIA_TYPES[Format(form)])
    assert "x-arangovis-partial" not in answer.headers
    headers = {"If-None-Match": answer.headers["etag"]}
    path = f"{ROOT}/export/{graph['plot-1']}"
    assert client.simulate_get(path, params={"format": form}, headers=headers).status_code == 304


@pytest.mark.parametrize(("form", "read"), [("prov-json", "json"), ("prov-n", "provn")])
def test_prov_is_read_back(client: TestClient, graph: KnownGraph, form: str, read: str) -> None:
    records = ProvDocument.deserialize(content=text(client, graph["plot-1"], form), format=read).get_records()
    named = {record.identifier.localpart for record in records if record.is_element()}
    agents = {"ada"}
    assert named == {str(graph[name]) for name in UPSTREAM} | agents | {"excerpt"}
    relations = Counter(type(record).__name__ for record in records if record.is_relation())
    assert relations == {
        "ProvUsage": 5,
        "ProvGeneration": 2,
        "ProvDerivation": 2,
        "ProvAttribution": 8,
        "ProvAssociation": 2,
    }


def test_a_tombstone_is_invalidated_and_who_made_it_is_told(client: TestClient, graph: KnownGraph) -> None:
    document = ProvDocument.deserialize(content=text(client, graph["report"], "prov-json"), format="json")
    (gone,) = document.get_records(ProvInvalidation)
    assert str(graph["report"]) in str(gone)
    assert 'arangovis:actor="bob"' in str(gone)
    assert f"wasAttributedTo(node:{graph['report']}, actor:ada)" in document.get_provn()


def test_successors_are_revisions(client: TestClient, graph: KnownGraph) -> None:
    assert "prov:Revision" not in text(client, graph["train-1"], "prov-n", direction="both", depth=1)
    assert "prov:Revision" in text(client, graph["sample"], "prov-n", direction="both")


def test_the_lineage_of_then_is_exported(client: TestClient, graph: KnownGraph) -> None:
    then = graph.times["registered"]
    document = ProvDocument.deserialize(
        content=text(client, graph["raw-1"], "prov-n", direction="downstream", at=then), format="provn"
    )
    assert {record.identifier.localpart for record in document.get_records(ProvEntity)} == {
        *(str(graph[name]) for name in ("raw-1", "features-1")),
        "excerpt",
    }


@pytest.mark.parametrize("form", ["prov-json", "prov-n", "graphml", "node-link", "dot", "mermaid"])
def test_an_export_that_is_cut_says_so_twice(client: TestClient, graph: KnownGraph, form: str) -> None:
    answer = export(client, graph["plot-1"], form, depth=1)
    assert answer.headers["x-arangovis-partial"] == "depth"
    assert "partial" in answer.text or "not all" in answer.text


def test_graphs_are_read_back(client: TestClient, graph: KnownGraph) -> None:
    lineage = client.simulate_get(f"{ROOT}/lineage/{graph['plot-1']}").json
    wanted = sorted((edge["from"], edge["to"]) for edge in lineage["edges"])
    read = nx.read_graphml(io.BytesIO(text(client, graph["plot-1"], "graphml").encode()), force_multigraph=True)
    assert sorted((source, target) for source, target, _ in read.edges) == wanted
    read = nx.node_link_graph(json.loads(text(client, graph["plot-1"], "node-link")), edges="edges")
    assert sorted((source, target) for source, target, _ in read.edges) == wanted
    assert nx.is_directed_acyclic_graph(read)


@pytest.mark.filterwarnings("ignore:.*deprecated - use:DeprecationWarning")
def test_dot_is_read_back(client: TestClient, graph: KnownGraph) -> None:
    (read,) = pydot.graph_from_dot_data(text(client, graph["plot-1"], "dot"))
    assert len(read.get_edges()) == 9


def test_events_of_a_lineage_are_taken_by_another_service(
    client: TestClient, graph: KnownGraph, tmp_path: Path
) -> None:
    told = json.loads(text(client, graph["plot-1"], "openlineage"))
    end = next(
        event for event in told if event.get("eventType") == "COMPLETE" and _made(event) == [str(graph["plot-1"])]
    )
    other = build_service(settings_of(tmp_path / "other"))
    try:
        assert other.lineage_events.take_all(told, ADA).status == "success"
        *_, plot = other.lineage_events.take(end, ADA).datasets
        assert len(other.lineage.ask(LineageQuestion(plot)).visits) == len(UPSTREAM)
    finally:
        other.close()


def _made(event: Any) -> list[str]:
    return [output["facets"]["arangovis"]["node"] for output in event["outputs"]]


def test_croissant_describes_the_rows_of_a_stream(client: TestClient, service: Arangovis) -> None:
    register_with_data(client)
    where = Comparison("form", Operator.EQUAL, "stream")
    (stream,) = service.store.search(Search("dataset", where)).items
    found = json.loads(text(client, stream.id, "croissant"))
    assert (found["@type"], found["isLiveDataset"]) == ("sc:Dataset", True)
    with service.artifacts.open(found["distribution"][0]["sha256"]) as rows:
        assert rows.read()[:4] == b"PAR1"
    assert "embedding" in {field["name"] for field in found["recordSet"][0]["field"]}


def test_what_cannot_be_exported_is_said(client: TestClient, graph: KnownGraph) -> None:
    assert export(client, graph["plot-1"], "croissant").status_code == 422
    assert export(client, "dataset/nothing", "dot").status_code == 404
    wrong = export(client, graph["plot-1"], "pdf")
    assert (wrong.status_code, wrong.json["errors"][0]["field"]) == (400, "format")
    assert export(client, graph["plot-1"], "dot", limit=10_001).status_code == 400
    assert client.simulate_get(f"{ROOT}/export/{graph['plot-1']}").status_code == 400
