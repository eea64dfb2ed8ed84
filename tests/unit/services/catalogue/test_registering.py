"""What is registered by what is said of it: names, data sets, feature sets, and looking them up."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arangovis.domain.errors import AlreadyExists, Conflict, InvalidFilter, InvalidInput, NotFound
from arangovis.domain.graph import Direction, EdgeId
from arangovis.domain.ids import NodeId
from arangovis.services.catalogue.data import (
    ColumnLineage,
    Derivation,
    DescribedDataset,
    DescribedFeatureset,
    Feature,
)
from arangovis.services.catalogue.entities import NewNode
from arangovis.services.catalogue.lookup import Wanted
from arangovis.services.catalogue.names import find_project
from tests.unit.services.world import ADA, BOB, World


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World.at(tmp_path)
    made.service.catalogue.register_project("wine", ADA)
    return made


HARVEST = DescribedDataset("harvest", "2025", "0" * 64, "s3://cellar/harvest", 178, {"alcohol": "number"})
LOGS = DescribedFeatureset("logs", (Feature("log_alcohol", "float64", "log"), Feature("ash", "float64")))


def dataset(world: World, wanted: DescribedDataset = HARVEST) -> NodeId:
    return world.service.pipeline.data.register_dataset("wine", wanted, ADA).node


@pytest.mark.parametrize(
    "other",
    [{"digest": "1" * 64}, {"url": "s3://other"}, {"rows": 1}, {"columns": {}}, {"facts": {"tags": ["new"]}}],
    ids=lambda other: next(iter(other)),
)
def test_other_content_under_one_name_and_version_is_refused(world: World, other: dict[str, object]) -> None:
    dataset(world)
    before = world.service.store.change_number()
    changed = replace(HARVEST, **other)  # type: ignore[arg-type]
    if other == {"columns": {}}:
        assert dataset(world, changed) == dataset(world)  # who says less does not disagree
    else:
        with pytest.raises(AlreadyExists, match=next(iter(other)) if "facts" not in other else "tags"):
            dataset(world, changed)
    assert world.service.store.change_number() == before


def test_versions_follow_each_other_in_the_order_they_were_registered(world: World) -> None:
    years = [dataset(world, replace(HARVEST, version=year)) for year in ("2023", "2024", "2025")]
    dataset(world, replace(HARVEST, version="2023"))
    edges = [
        edge.id.target
        for year in years
        for edge in world.service.store.all_edges(year, Direction.DOWNSTREAM, "succeeded_by")
    ]
    assert edges == years[1:]


def test_a_feature_set_joins_several_data_sets_and_feature_sets(world: World) -> None:
    tables = [dataset(world, replace(HARVEST, name=name)) for name in ("harvest", "weather")]
    first = world.service.pipeline.data.register_featureset(
        "wine", replace(LOGS, derived_from=tuple(map(Derivation, tables))), ADA
    )
    column = ColumnLineage("ratio", ("log_alcohol", "ash"), "quotient")
    second = world.service.pipeline.data.register_featureset(
        "wine",
        DescribedFeatureset(
            "ratios", (Feature("ratio", "float64"),), derived_from=(Derivation(first.node, "divide", (column,)),)
        ),
        ADA,
    )
    upstream = world.service.store.all_edges(first.node, Direction.UPSTREAM, "derived_into")
    assert {edge.id.source for edge in upstream} == set(tables)
    (edge,) = world.service.store.all_edges(second.node, Direction.UPSTREAM, "derived_into")
    assert edge.attributes == {
        "transformation": "divide",
        "columns": [{"to": "ratio", "from": ["log_alcohol", "ash"], "transform": "quotient"}],
    }
    world.check()


def test_a_feature_set_that_does_not_hold_together_is_refused_whole(world: World) -> None:
    table = dataset(world)
    twice = replace(LOGS, features=(*LOGS.features, *LOGS.features))
    strange = Derivation(table, columns=(ColumnLineage("ash", ("price",)), ColumnLineage("tint", ("alcohol",))))
    before = world.service.store.change_number()
    with pytest.raises(InvalidInput, match="ash, log_alcohol: two features"):
        world.service.pipeline.data.register_featureset("wine", twice, ADA)
    with pytest.raises(InvalidInput) as refusal:
        world.service.pipeline.data.register_featureset("wine", replace(LOGS, derived_from=(strange,)), ADA)
    assert [fault.problem for fault in refusal.value.faults] == [
        f"'price' is no column of {table}",
        "'tint' is no feature of 'logs'",
    ]
    wrong = replace(LOGS, derived_from=(Derivation(NodeId("run", "none")),))
    with pytest.raises(NotFound, match="run/none"):
        world.service.pipeline.data.register_featureset("wine", wrong, ADA)
    assert world.service.store.change_number() == before


def test_a_data_set_that_is_elsewhere_has_no_rows_here(world: World) -> None:
    found = world.service.datasets.find(dataset(world, DescribedDataset("bare")))
    assert found is not None
    assert (found.digest, found.rows, found.segments) == ("", 0, 0)
    assert world.service.datasets.segments(found) == []
    world.check()


# --- looking up -------------------------------------------------------------------------------------------------


def test_look_up_says_what_it_did_not_find(world: World) -> None:
    lookup = world.service.pipeline.lookup
    node = dataset(world, replace(HARVEST, facts={"tags": ["gold"], "attributes": {"grape": "Riesling"}}))
    for wanted in (
        Wanted("dataset", name="harvest"),
        Wanted("dataset", tag="gold", project="wine"),
        Wanted("dataset", attribute="grape", value="Riesling"),
        Wanted("dataset", attribute="attributes.grape", value="Riesling"),
        Wanted("dataset", attribute="digest", value="0" * 64),
        Wanted("dataset", filter="rows > 100 and tags = 'gold'"),
    ):
        assert lookup.newest(wanted).id == node, wanted
    for wanted, error, said in (
        (Wanted("dataset", name="other"), NotFound, "name 'other'"),
        (Wanted("dataset", name="harvest", project="beer"), NotFound, "'beer'"),
        (Wanted("nonsense"), InvalidInput, "'nonsense'"),
        (Wanted("dataset", value=1), InvalidInput, "attribute"),
        (Wanted("dataset", filter="rows >"), InvalidFilter, "filter"),
    ):
        with pytest.raises(error, match=said):
            lookup.newest(wanted)


@settings(max_examples=60, deadline=None)
@given(text=st.text(min_size=1, max_size=40), value=st.one_of(st.text(max_size=20), st.integers(-9, 9), st.booleans()))
def test_any_text_is_data(text: str, value: str | int | bool) -> None:
    world = World.at(Path("/nonexistent"))
    try:
        world.service.catalogue.register_project(text, ADA, facts={"attributes": {f"k{text}": value}})
    except InvalidInput:
        return
    found = world.service.pipeline.lookup.find(Wanted("project", attribute=f"k{text}", value=value))
    assert [node.attributes["name"] for node in found.items] == [text]
    assert find_project(world.service.store, text).id == found.items[0].id


# --- links and nodes --------------------------------------------------------------------------------------------


def test_a_circle_is_refused_however_long(world: World) -> None:
    entities = world.service.pipeline.entities
    chain = [dataset(world, DescribedDataset(f"step {number}")) for number in range(5)]
    for source, target in pairwise(chain):
        entities.link(EdgeId("derived_into", source, target), ADA)
        entities.link(EdgeId("linked", source, target, "see"), ADA)
    with pytest.raises(Conflict, match="circle"):
        entities.link(EdgeId("derived_into", chain[-1], chain[0]), ADA)
    assert entities.link(EdgeId("linked", chain[-1], chain[0], "see"), ADA).created
    entities.link(EdgeId("succeeded_by", chain[0], chain[1]), ADA)
    with pytest.raises(Conflict, match="circle"):
        entities.link(EdgeId("succeeded_by", chain[1], chain[0]), ADA)


def test_a_change_of_nothing_writes_nothing(world: World) -> None:
    node = dataset(world)
    entities = world.service.pipeline.entities
    assert entities.update(node, {"tags": ["gold"]}, BOB)
    before = world.service.store.change_number()
    assert not entities.update(node, {"tags": ["gold"], "description": None}, BOB)
    assert world.service.store.change_number() == before
    with pytest.raises(InvalidInput, match="tags"):
        entities.update(node, {"tags": "gold"}, BOB)


def test_a_node_of_no_kind_is_not_made(world: World) -> None:
    before = world.service.store.change_number()
    for wanted, error in (
        (NewNode("nonsense", name="x"), InvalidInput),
        (NewNode("dataset", name="x"), InvalidInput),
        (NewNode("Not/A/Kind", key="x"), InvalidInput),
    ):
        with pytest.raises(error):
            world.service.pipeline.entities.create(wanted, ADA)
    assert world.service.store.change_number() == before


# --- projects ---------------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(moves=st.lists(st.tuples(st.integers(0, 2), st.sampled_from("abcd")), max_size=12))
def test_names_of_projects_lead_to_one_project_each(moves: list[tuple[int, str]]) -> None:
    """Any sequence of registrations and renamings agrees with a plain table of names."""
    world, table = World.at(Path("/nonexistent")), {}
    for which, name in moves:
        if which == 0:
            made = world.service.catalogue.register_project(name, ADA)
            assert made.created == (name not in table)
            assert table.setdefault(name, made.node) == made.node
        elif table:
            old = sorted(table)[which % len(table)]
            if name in table and name != old:
                with pytest.raises(AlreadyExists):
                    world.service.pipeline.projects.rename(table[old], name, ADA)
            else:
                world.service.pipeline.projects.rename(table[old], name, ADA)
                table[name] = table.pop(old)
        for known, node in table.items():
            assert find_project(world.service.store, known).id == node
        for unknown in set("abcd") - table.keys():
            with pytest.raises(NotFound):
                find_project(world.service.store, unknown)
    assert len(set(table.values())) == len(table)
