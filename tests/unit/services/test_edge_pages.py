"""The edges of a node page by page."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arangovis.domain.errors import Fault, InvalidInput, NotFound
from arangovis.domain.graph import Direction, EdgeId, Page
from arangovis.domain.ids import NodeId
from arangovis.domain.work import Input
from arangovis.services.lineage.edge_pages import EdgesQuestion, Neighbour
from arangovis.stores.base import EDGE_PAGE_MAX
from arangovis.stores.transaction import Transaction
from arangovis.testing.samples import SAMPLES, dataset, run
from tests.unit.services.world import ADA, World

HUB = dataset("digits")
EVERY = frozenset({"input_to", "derived_into", "linked"})
DOWN = EdgesQuestion(HUB, Direction.DOWNSTREAM)


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Return a data set that seven runs read, one of them twice; that a second was made from; and that links to it."""
    world = World.at(tmp_path)

    def fill(transaction: Transaction) -> None:
        for node in (HUB, dataset("scaled")):
            transaction.create(node, None, SAMPLES["dataset"])
        for number in range(7):
            transaction.create(run(f"train-{number}"), None, SAMPLES["run"])
            transaction.link(EdgeId("input_to", HUB, run(f"train-{number}"), "training"))
        transaction.link(EdgeId("input_to", HUB, run("train-3"), "validation"))
        transaction.link(EdgeId("derived_into", HUB, dataset("scaled")))
        transaction.link(EdgeId("linked", HUB, dataset("scaled"), "größer"))

    world.service.store.transact(fill, ADA)
    return world


def pages(world: World, question: EdgesQuestion) -> list[Page[Neighbour]]:
    found = [world.service.lineage.edges(question)]
    while found[-1].next_cursor is not None:
        assert len(found) < 100
        found.append(world.service.lineage.edges(replace(question, cursor=found[-1].next_cursor)))
    return found


def listed(found: Sequence[Page[Neighbour]]) -> list[Neighbour]:
    return [item for page in found for item in page.items]


@pytest.mark.parametrize("limit", [1, 2, 3, 9, 10, 11, EDGE_PAGE_MAX])
def test_every_edge_comes_once_with_its_other_end_kind_by_kind(world: World, limit: int) -> None:
    found = pages(world, replace(DOWN, edges=EVERY, limit=limit))
    items = listed(found)
    assert len(found) == -(-10 // limit)
    assert all(len(page.items) == limit for page in found[:-1])
    assert [item.edge.id.kind for item in items] == ["derived_into", *["input_to"] * 8, "linked"]
    assert len({item.edge.id for item in items}) == 10
    assert all(item.node == world.service.store.get(item.edge.id.target) for item in items)


def test_upstream_is_what_enters_and_lineage_what_is_meant(world: World) -> None:
    (item,) = listed(pages(world, EdgesQuestion(dataset("scaled"))))
    assert (item.edge.id, item.node.id) == (EdgeId("derived_into", HUB, dataset("scaled")), HUB)
    assert len(listed(pages(world, DOWN))) == 9
    assert listed(pages(world, EdgesQuestion(HUB))) == []
    assert listed(pages(world, replace(DOWN, edges=frozenset()))) == []


def test_pages_go_on_behind_what_is_gone_and_a_tombstone_is_shown(world: World) -> None:
    question = replace(DOWN, edges=frozenset({"input_to"}), limit=3)
    first = world.service.lineage.edges(question)
    last = first.items[-1]

    def change(transaction: Transaction) -> None:
        transaction.unlink(last.edge.id)
        transaction.delete(run("train-6"), force=True)

    world.service.store.transact(change, ADA)
    rest = pages(world, replace(question, cursor=first.next_cursor))
    assert len(listed(rest)) == 5
    assert last.edge.id not in {item.edge.id for item in listed(rest)}
    assert [item.node.id for item in listed(rest) if item.node.version.deleted] == [run("train-6")]


def test_the_past_is_listed_as_it_was(world: World) -> None:
    before = world.service.store.get(HUB).version.valid_from
    world.clock.now += 1000
    world.ask(inputs=(Input(HUB, "data"),))
    assert len(listed(pages(world, DOWN))) == 10
    past = listed(pages(world, replace(DOWN, at=before, limit=2)))
    assert len(past) == 9
    with pytest.raises(NotFound, match="dataset/digits"):
        world.service.lineage.edges(replace(DOWN, at=before - 1))


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"direction": Direction.BOTH}, "direction"),
        ({"limit": 0}, "limit"),
        ({"limit": EDGE_PAGE_MAX + 1}, "limit"),
        ({"edges": frozenset({"knows", "input_to"})}, "edges"),
        ({"cursor": ""}, "cursor"),
        ({"cursor": "nonsense"}, "cursor"),
        ({"cursor": "größer"}, "cursor"),
        ({"cursor": "WzEsMl0"}, "cursor"),
        ({"cursor": "WzEsMiwzXQ"}, "cursor"),
        ({"cursor": "eyJhIjoxLCJiIjoyLCJjIjozfQ"}, "cursor"),
    ],
)
def test_a_wrong_question_names_the_field(world: World, fields: dict[str, object], fault: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        world.service.lineage.edges(replace(DOWN, **fields))  # type: ignore[arg-type]
    assert [found.field for found in refusal.value.faults] == [fault]


def test_a_cursor_of_other_edges_is_refused(world: World) -> None:
    unknown = DOWN.cursor_behind(EdgeId("input_to", HUB, run("nobody")))
    other_kind = DOWN.cursor_behind(EdgeId("linked", HUB, dataset("scaled")))
    no_id = DOWN.cursor_behind(EdgeId("input_to", HUB, NodeId("Run", "")))
    for cursor in (unknown, other_kind, no_id):
        with pytest.raises(InvalidInput, match="cursor"):
            world.service.lineage.edges(replace(DOWN, cursor=cursor))


@given(role=st.text(max_size=300).filter(lambda text: not any("\ud800" <= c <= "\udfff" for c in text)))
def test_a_cursor_brings_back_the_edge_it_was_made_of(role: str) -> None:
    for question in (DOWN, EdgesQuestion(HUB)):
        ends = (HUB, run("a=b")) if question.direction is Direction.DOWNSTREAM else (run("a=b"), HUB)
        edge_id = EdgeId("input_to", *ends, role)
        cursor = question.cursor_behind(edge_id)
        assert cursor.isascii()
        assert replace(question, cursor=cursor).after() == edge_id


@given(cursor=st.one_of(st.text(), st.from_regex(r"[A-Za-z0-9_-]{0,40}", fullmatch=True)))
def test_any_text_is_a_cursor_or_refused(cursor: str) -> None:
    faults: Sequence[Fault] = ()
    try:
        edge_id = replace(DOWN, cursor=cursor).after()
    except InvalidInput as refusal:
        faults = refusal.faults
    else:
        assert edge_id is not None
        assert (edge_id.kind, edge_id.source) in {(kind, HUB) for kind in DOWN.edges}
    assert {fault.field for fault in faults} <= {"cursor"}
