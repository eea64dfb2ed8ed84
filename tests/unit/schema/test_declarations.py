"""The declarations of kinds: complete, consistent, and the same after a way through JSON."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arangovis.domain.ids import NodeId
from arangovis_schema import (
    BUILT_IN,
    EDGE_KINDS,
    LINEAGE_EDGE_KINDS,
    MIGRATIONS,
    RECORD_KINDS,
    SCHEMA_VERSION,
    VERTEX_KINDS,
    EdgeKind,
    Field,
    FieldType,
    KeyRule,
    VertexKind,
)
from arangovis_schema.declarations import edge_kind_document, edge_kind_of, vertex_kind_document, vertex_kind_of
from arangovis_schema.kinds import ANY_KIND

fields = st.builds(
    Field,
    name=st.text(min_size=1, max_size=8),
    type=st.sampled_from(list(FieldType)),
    description=st.text(max_size=8),
    required=st.booleans(),
    searchable=st.booleans(),
    choices=st.lists(st.text(max_size=3), max_size=2).map(tuple),
)
field_tuples = st.lists(fields, max_size=3).map(tuple)
kind_names = st.from_regex("[a-z][a-z0-9_]{0,9}", fullmatch=True)
ends = st.lists(kind_names | st.just(ANY_KIND), min_size=1, max_size=3).map(tuple)

LINEAGE = {"input_to", "generated", "derived_into", "deployed_as", "observed_as"}


# --- what is built in -----------------------------------------------------------------------------------------------


def test_names_are_unique_and_could_be_ids() -> None:
    for kinds in (VERTEX_KINDS, EDGE_KINDS, RECORD_KINDS):
        names = [kind.name for kind in kinds]
        assert len(names) == len(set(names))
        assert all(NodeId.of(name, "key").kind == name for name in names)


@pytest.mark.parametrize("kind", [*VERTEX_KINDS, *EDGE_KINDS], ids=lambda kind: kind.name)
def test_each_kind_and_field_is_described_once(kind: VertexKind | EdgeKind) -> None:
    names = [field.name for field in kind.fields]
    assert len(names) == len(set(names))
    assert kind.description.endswith(".")
    assert all(field.description.endswith(".") for field in kind.fields)
    assert not kind.custom


@pytest.mark.parametrize("kind", [*VERTEX_KINDS, *EDGE_KINDS], ids=lambda kind: kind.name)
def test_fields_promise_only_what_they_can_keep(kind: VertexKind | EdgeKind) -> None:
    for field in kind.fields:
        assert not (field.searchable and field.type is FieldType.DOCUMENT), field.name
        assert not field.choices or field.type is FieldType.TEXT, field.name


@pytest.mark.parametrize("kind", EDGE_KINDS, ids=lambda kind: kind.name)
def test_edges_join_kinds_that_exist(kind: EdgeKind) -> None:
    assert {*kind.sources, *kind.targets} <= {*BUILT_IN.vertices, ANY_KIND}


def test_the_edges_that_are_lineage_are_followed_by_default() -> None:
    assert set(LINEAGE_EDGE_KINDS) == LINEAGE
    assert {kind.name for kind in EDGE_KINDS} - LINEAGE == {"succeeded_by", "spawned", "contains", "linked"}


def test_searchable_fields_keep_their_order() -> None:
    run = BUILT_IN.vertices["run"]
    names = [field.name for field in run.searchable_fields]
    assert names[:2] == ["method", "state"]
    assert names == [field.name for field in run.fields if field.searchable]
    assert "message" not in names


def test_schema_versions_have_no_gaps() -> None:
    assert [migration.version for migration in MIGRATIONS] == list(range(1, SCHEMA_VERSION + 1))


# --- what edges join ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "source", "target", "accepted"),
    [
        ("input_to", "dataset", "run", True),
        ("input_to", "run", "dataset", False),
        ("input_to", "project", "run", False),
        ("generated", "run", "artifact", True),
        ("generated", "run", "run", False),
        ("generated", "artifact", "run", False),
        ("derived_into", "dataset", "featureset", True),
        ("derived_into", "dataset", "model", False),
        ("deployed_as", "model_version", "deployment", True),
        ("observed_as", "deployment", "serving_performance", True),
        ("observed_as", "serving_performance", "deployment", False),
        ("succeeded_by", "params", "params", True),
        ("spawned", "run", "run", True),
        ("contains", "project", "gadget", True),
        ("contains", "dataset", "run", False),
        ("linked", "gadget", "widget", True),
    ],
)
def test_an_edge_joins_what_it_is_declared_for(kind: str, source: str, target: str, accepted: bool) -> None:
    assert BUILT_IN.edges[kind].accepts(source, target) is accepted


@given(ends, ends, kind_names, kind_names)
def test_both_ends_must_be_accepted(
    sources: tuple[str, ...], targets: tuple[str, ...], source: str, target: str
) -> None:
    kind = EdgeKind("powers", "What feeds what.", sources, targets, lineage=False)
    left, right = source in sources or ANY_KIND in sources, target in targets or ANY_KIND in targets
    assert kind.accepts(source, target) is (left and right)
    assert kind.accepts(sources[0], targets[0])


# --- declarations as documents --------------------------------------------------------------------------------------


@given(st.builds(VertexKind, kind_names, st.text(), st.sampled_from(list(KeyRule)), field_tuples, st.just(True)))
def test_a_vertex_kind_survives_json(kind: VertexKind) -> None:
    assert vertex_kind_of(json.loads(json.dumps(vertex_kind_document(kind)))) == kind


@given(st.builds(EdgeKind, kind_names, st.text(), ends, ends, st.booleans(), field_tuples, st.just(True)))
def test_an_edge_kind_survives_json(kind: EdgeKind) -> None:
    assert edge_kind_of(json.loads(json.dumps(edge_kind_document(kind)))) == kind


@pytest.mark.parametrize("kind", VERTEX_KINDS, ids=lambda kind: kind.name)
def test_the_built_in_kinds_can_be_told_as_documents(kind: VertexKind) -> None:
    assert vertex_kind_of(vertex_kind_document(kind)) == replace(kind, custom=True)


# --- the kinds in force ---------------------------------------------------------------------------------------------


def test_a_schema_is_extended_without_being_changed() -> None:
    gadget = VertexKind("gadget", "A thing.", KeyRule.NAMED, (), custom=True)
    powers = EdgeKind("powers", "What feeds what.", ("gadget",), ("gadget",), lineage=False, custom=True)
    extended = BUILT_IN.extended([gadget], [powers])
    assert extended.vertices["gadget"] is gadget
    assert extended.edges["powers"] is powers
    assert extended.vertices["run"] is BUILT_IN.vertices["run"]
    assert "gadget" not in BUILT_IN.vertices
    assert BUILT_IN.extended() == BUILT_IN


def test_a_kind_of_the_same_name_takes_the_place_of_the_older() -> None:
    old = VertexKind("gadget", "A thing.", KeyRule.NAMED, (), custom=True)
    new = replace(old, fields=(Field("size", FieldType.INTEGER, "How big."),))
    extended = BUILT_IN.extended([old]).extended([new])
    assert extended.vertices["gadget"] is new
    assert len(extended.vertex_kinds) == len(BUILT_IN.vertex_kinds) + 1
