"""Whatever things are called, every format is read back by those who own it, with the same content."""

import io
import json
import re
from typing import Any

import networkx as nx
import pydot
import pytest
from hypothesis import given
from prov.model import ProvDocument

from arangovis.domain.errors import NotSupported
from arangovis.domain.graph import Direction, Edge, EdgeId
from arangovis.domain.ids import NodeId
from arangovis.exchange.croissant import croissant, data_type
from arangovis.exchange.excerpt import Excerpt, Segment, label
from arangovis.exchange.graphs.drawings import LABEL_LENGTH_MAX, dot, mermaid
from arangovis.exchange.graphs.networks import graphml, node_link
from arangovis.exchange.openlineage.events import read_event
from arangovis.exchange.openlineage.telling import lineage_events, run_id_of
from arangovis.exchange.prov.prov_json import prov_json
from arangovis.exchange.prov.prov_n import prov_n
from arangovis.exchange.prov.statements import statements
from tests.unit.exchange.excerpts import HOSTILE, NOW_US, excerpts, node, version

RAW, MODEL, RUN = NodeId("dataset", "raw"), NodeId("model_version", "m1"), NodeId("run", "r1")


def small(name: str = "raw", **facts: Any) -> Excerpt:
    """Return data of this name that a run made a model of."""
    nodes = (
        node(MODEL, name="m"),
        node(RUN, "bob", name="fit", method="train", state="SUCCESS", started=NOW_US, ended=NOW_US + 1),
        node(RAW, name=name, form="external", **facts),
    )
    edges = (
        Edge(EdgeId("generated", RUN, MODEL, "model"), {}, version()),
        Edge(EdgeId("input_to", RAW, RUN, "train"), {}, version()),
    )
    return Excerpt(MODEL, Direction.UPSTREAM, nodes, edges)


def pairs(excerpt: Excerpt) -> list[tuple[str, str]]:
    return sorted((str(edge.id.source), str(edge.id.target)) for edge in excerpt.edges)


# --- PROV ---------------------------------------------------------------------------------------------------------


def read_prov(text: str, form: str) -> set[Any]:
    return set(ProvDocument.deserialize(content=text, format=form).get_records())


@given(excerpts())
def test_both_forms_of_prov_say_the_same(excerpt: Excerpt) -> None:
    told = list(statements(excerpt))
    as_json, as_text = read_prov(prov_json(told), "json"), read_prov(prov_n(told), "provn")
    assert {str(record) for record in as_json} == {str(record) for record in as_text}
    elements = [statement for statement in told if statement.id is not None]
    assert len({record.identifier for record in as_text if record.is_element()}) == len(elements)


@given(excerpts())
def test_prov_gives_names_back_as_they_are(excerpt: Excerpt) -> None:
    records = read_prov(prov_n(statements(excerpt)), "provn")
    labels = {record.identifier.localpart: str(record.label) for record in records if record.is_element()}
    assert {name: labels[name] for name in _ids(excerpt)} == {str(node.id): label(node) for node in excerpt.nodes}


def _ids(excerpt: Excerpt) -> set[str]:
    return {str(node.id) for node in excerpt.nodes}


def test_relations_of_prov_are_those_of_the_edges() -> None:
    text = prov_n(statements(small()))
    for line in (
        '  wasGeneratedBy(node:model_version/m1, node:run/r1, 2026-01-01T12:00:00.000000+00:00, [prov:role="model"])',
        '  used(node:run/r1, node:dataset/raw, 2026-01-01T12:00:00.000000+00:00, [prov:role="train"])',
        "  wasAssociatedWith(node:run/r1, actor:bob, -)",
        "  wasAttributedTo(node:dataset/raw, actor:ada)",
    ):
        assert line in text.splitlines()


@pytest.mark.parametrize(
    ("kind", "source", "target", "said"),
    [
        (
            "derived_into",
            NodeId("dataset", "a"),
            NodeId("dataset", "b"),
            "wasDerivedFrom(node:dataset/b, node:dataset/a, ",
        ),
        ("succeeded_by", NodeId("dataset", "a"), NodeId("dataset", "b"), "prov:type='prov:Revision'"),
        ("spawned", NodeId("run", "a"), NodeId("run", "b"), "wasStartedBy(node:run/b, -, node:run/a, "),
        (
            "deployed_as",
            NodeId("run", "a"),
            NodeId("deployment", "b"),
            "wasInfluencedBy(node:deployment/b, node:run/a, ",
        ),
        ("deployed_as", NodeId("params", "a"), NodeId("deployment", "b"), "wasDerivedFrom(node:deployment/b, "),
    ],
)
def test_each_kind_of_edge_is_a_relation(kind: str, source: NodeId, target: NodeId, said: str) -> None:
    nodes = tuple(node(end, name="x", method="x", state="SUCCESS") for end in (source, target))
    excerpt = Excerpt(source, Direction.DOWNSTREAM, nodes, (Edge(EdgeId(kind, source, target), {}, version()),))
    text = prov_n(statements(excerpt))
    assert said in text
    assert read_prov(text, "provn")


def test_what_was_deleted_is_invalidated() -> None:
    gone = node(RAW, "ada", deleted=True, content_digest="0" * 64)
    text = prov_n(statements(Excerpt(RAW, Direction.UPSTREAM, (gone,), ())))
    assert 'wasInvalidatedBy(node:dataset/raw, -, 2026-01-01T12:00:00.000000+00:00, [arangovis:actor="ada"])' in text


def test_prov_says_that_it_is_not_all() -> None:
    whole = small()
    cut = Excerpt(whole.start, whole.direction, whole.nodes, whole.edges, partial_reasons=("depth",))
    assert json.loads(prov_json(statements(whole)))["entity"]["arangovis:excerpt"]["arangovis:partial"]["$"] == "false"
    about = json.loads(prov_json(statements(cut)))["entity"]["arangovis:excerpt"]
    assert (about["arangovis:partial"]["$"], about["arangovis:partial_reason"]) == ("true", "depth")


# --- graphs -------------------------------------------------------------------------------------------------------


@given(excerpts())
def test_graphml_is_read_back(excerpt: Excerpt) -> None:
    read = nx.read_graphml(io.BytesIO(graphml(excerpt).encode()), force_multigraph=True)
    assert sorted((source, target) for source, target, _ in read.edges) == pairs(excerpt)
    assert read.graph["partial"] is bool(excerpt.partial_reasons)
    for found in excerpt.nodes:
        assert json.loads(read.nodes[str(found.id)]["json"])["label"] == label(found)
    roles = [json.loads(facts["json"])["role"] for _, _, facts in read.edges(data=True)]
    assert sorted(roles) == sorted(edge.id.role for edge in excerpt.edges)


@given(excerpts())
def test_node_link_json_is_read_back(excerpt: Excerpt) -> None:
    read = nx.node_link_graph(json.loads(node_link(excerpt)), edges="edges")
    assert sorted((source, target) for source, target, _ in read.edges) == pairs(excerpt)
    assert {read.nodes[str(found.id)]["label"] for found in excerpt.nodes} == {label(n) for n in excerpt.nodes}
    assert read.graph["partial_reasons"] == list(excerpt.partial_reasons)


@pytest.mark.filterwarnings("ignore:.*deprecated - use:DeprecationWarning")  # pydot calls pyparsing by old names
@given(excerpts())
def test_dot_is_read_back(excerpt: Excerpt) -> None:
    (graph,) = pydot.graph_from_dot_data(dot(excerpt))
    found = sorted((_unquoted(edge.get_source()), _unquoted(edge.get_destination())) for edge in graph.get_edges())
    assert found == pairs(excerpt)
    drawn = {_unquoted(item.get_name()): item for item in graph.get_nodes() if item.get_name() != "node"}
    assert drawn.keys() == _ids(excerpt)
    for item in excerpt.nodes:
        title = f"{item.id.kind}: {label(item)[:LABEL_LENGTH_MAX]}".replace("\0", "")
        assert _unquoted(drawn[str(item.id)].get("label")) == title


def _unquoted(text: str) -> str:
    back = {r"\\": "\\", r"\"": '"', r"\n": "\n", r"\r": "\r"}
    return re.sub(r"\\[\\\"nr]", lambda found: back[found[0]], text[1:-1] if text.startswith('"') else text)


MERMAID_NODE = re.compile(r'  n(\d+)[\[(]"([^"]*)"[\])]\Z')
MERMAID_EDGE = re.compile(r'  n(\d+) -- "([^"]*)" --> n(\d+)\Z')


@given(excerpts())
def test_mermaid_has_a_line_a_thing_and_nothing_that_means_anything_in_names(excerpt: Excerpt) -> None:
    first, *lines = mermaid(excerpt).split("\n")[:-1]
    assert first == "flowchart LR"
    drawn = [found for line in lines if (found := MERMAID_NODE.match(line))]
    linked = [found for line in lines if (found := MERMAID_EDGE.match(line))]
    others = [line for line in lines if not MERMAID_NODE.match(line) and not MERMAID_EDGE.match(line)]
    assert all(re.match(r"  (%% this is not all|classDef deleted|class n[\dn,]+ deleted)", line) for line in others)
    assert [_decoded(found[2]) for found in drawn] == [
        f"{n.id.kind}: {label(n)[:LABEL_LENGTH_MAX]}" for n in excerpt.nodes
    ]
    names = [str(node.id) for node in excerpt.nodes]
    assert sorted((names[int(found[1])], names[int(found[3])]) for found in linked) == pairs(excerpt)


def _decoded(text: str) -> str:
    assert not set(text) & set("\"[](){}<>|\\`\n\r&%$'")
    return re.sub(r"#(\d+);", lambda found: chr(int(found[1])), text)


# --- OpenLineage --------------------------------------------------------------------------------------------------


@given(excerpts())
def test_events_are_events_of_the_standard(excerpt: Excerpt) -> None:
    events = [read_event(event) for event in json.loads(json.dumps(lineage_events(excerpt), allow_nan=True))]
    runs = {event.run.id for event in events if event.run is not None}
    assert runs == {run_id_of(excerpt.start)}
    end = next(event for event in events if event.type is not None and event.type.is_end)
    read = {str(facet_of(said)) for said in end.inputs}
    assert read == {str(edge.id.source) for edge in excerpt.edges if edge.id.kind == "input_to"}


def facet_of(said: Any) -> object:
    return said.facets["arangovis"]["node"]


# --- Croissant ----------------------------------------------------------------------------------------------------


def described(segments: tuple[Segment, ...] = (), **facts: Any) -> dict[str, Any]:
    data = node(RAW, **{"name": "raw", "form": "table", **facts})
    found: dict[str, Any] = json.loads(croissant(Excerpt(RAW, Direction.UPSTREAM, (data,), (), segments=segments)))
    return found


def test_croissant_has_the_files_and_the_fields() -> None:
    found = described((Segment("ab" * 32, 10, 99),), columns={"price": "float64", "at": "timestamp[us]"})
    (file,) = found["distribution"]
    assert (file["contentUrl"], file["sha256"]) == (f"blobs/ab/{'ab' * 32}", "ab" * 32)
    assert [field["dataType"] for field in found["recordSet"][0]["field"]] == ["sc:Float", "sc:Date"]
    assert found["recordSet"][0]["field"][0]["source"] == {
        "fileObject": {"@id": "segment-1"},
        "extract": {"column": "price"},
    }
    assert found["isLiveDataset"] is False


def test_croissant_of_a_stream_is_live_and_reads_all_segments() -> None:
    segments = tuple(Segment(digit * 64, 10) for digit in "ab")
    found = described(segments, form="stream", columns={"x": "int64"})
    assert found["isLiveDataset"] is True
    assert found["distribution"][-1]["includes"] == [f"blobs/{d * 2}/{d * 64}" for d in "ab"]
    assert found["recordSet"][0]["field"][0]["source"]["fileSet"] == {"@id": "segments"}


@pytest.mark.parametrize("name", HOSTILE)
def test_croissant_takes_columns_of_any_name(name: str) -> None:
    field = described((Segment("a" * 64, 1),), columns={name: "text"})["recordSet"][0]["field"][0]
    assert (field["name"], field["source"]["extract"]["column"]) == (name, name)
    assert re.fullmatch(r"records/\w+", field["@id"])


def test_croissant_describes_data_sets_only() -> None:
    with pytest.raises(NotSupported):
        croissant(small())


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [
        ("bool", "Boolean"),
        ("int64", "Integer"),
        ("double", "Float"),
        ("list<item: float>", "Float"),
        ("VARCHAR", "Text"),
    ],
)
def test_types_of_croissant(dtype: str, expected: str) -> None:
    assert data_type(dtype) == f"sc:{expected}"
