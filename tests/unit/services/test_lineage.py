"""Questions of lineage."""

from pathlib import Path

import pytest

from arangovis.domain.errors import InvalidInput, NotFound
from arangovis.domain.graph import Cut, Direction
from arangovis.domain.ids import NodeId
from arangovis.domain.work import Input, Made, Outcome
from arangovis.services.lineage.lineage import LineageAnswer, LineageQuestion
from arangovis.stores.base import DEPTH_MAX, NODE_LIMIT_MAX
from tests.unit.services.world import ADA, World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World.at(tmp_path)


def chain(world: World, length: int) -> list[NodeId]:
    """Make a chain version -> run -> artifact -> run -> artifact ..."""
    nodes = [world.version().id]
    for _ in range(length):
        run = world.ask(inputs=(Input(nodes[-1], "data"),))
        world.runs.succeed(world.claim(), Outcome((Made("file", str(run.id).encode(), "text/plain"),)), ADA)
        nodes += [run.id, world.made(run.id)["file"]]
    return nodes


def ask(world: World, start: NodeId, **fields: object) -> LineageAnswer:
    return world.service.lineage.ask(LineageQuestion(start, **fields))  # type: ignore[arg-type]


def ids(answer: LineageAnswer) -> list[NodeId]:
    return [visit.node.id for visit in answer.visits]


def test_upstream_and_downstream(world: World) -> None:
    nodes = chain(world, 2)
    up = ask(world, nodes[-1])
    assert ids(up) == nodes[::-1]
    assert [visit.depth for visit in up.visits] == [0, 1, 2, 3, 4]
    assert len(up.edges) == 4
    assert not up.cuts
    down = ask(world, nodes[0], direction=Direction.DOWNSTREAM)
    assert ids(down) == nodes
    middle = ask(world, nodes[2], direction=Direction.BOTH)
    assert sorted(ids(middle)) == sorted(nodes)


def test_answers_that_are_cut_say_so(world: World) -> None:
    nodes = chain(world, 2)
    assert ask(world, nodes[-1], depth=2).cuts == {Cut.DEPTH}
    limited = ask(world, nodes[-1], limit=3)
    assert (limited.cuts, len(limited.visits)) == ({Cut.LIMIT}, 3)


def test_kinds_limit_what_is_shown_not_what_is_walked(world: World) -> None:
    nodes = chain(world, 2)
    answer = ask(world, nodes[-1], kinds=frozenset({"model_version"}))
    assert ids(answer) == [nodes[-1], nodes[0]]
    assert answer.edges == []


def test_other_edges_are_followed_when_named(world: World) -> None:
    nodes = chain(world, 1)
    assert len(ask(world, nodes[0]).visits) == 1
    above = ask(world, nodes[0], edges=frozenset({"contains"}))
    assert [node.kind for node in ids(above)] == ["model_version", "model", "project"]


def test_the_past_is_answered_as_it_was(world: World) -> None:
    nodes = chain(world, 1)
    before = world.service.store.get(nodes[-1]).version.valid_from
    world.clock.now += 1000
    run = world.ask(inputs=(Input(nodes[-1], "data"),))
    now = ask(world, nodes[0], direction=Direction.DOWNSTREAM)
    past = ask(world, nodes[0], direction=Direction.DOWNSTREAM, at=before)
    assert set(ids(now)) - set(ids(past)) == {run.id}


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"depth": -1}, "depth"),
        ({"depth": DEPTH_MAX + 1}, "depth"),
        ({"limit": 0}, "limit"),
        ({"limit": NODE_LIMIT_MAX + 1}, "limit"),
        ({"kinds": frozenset({"nonsense"})}, "kinds"),
        ({"edges": frozenset({"nonsense"})}, "edges"),
    ],
)
def test_questions_out_of_range_are_refused(world: World, fields: dict[str, object], field: str) -> None:
    start = world.version().id
    with pytest.raises(InvalidInput) as refused:
        ask(world, start, **fields)
    assert [fault.field for fault in refused.value.faults] == [field]


def test_what_never_was_is_not_found(world: World) -> None:
    missing = NodeId("run", "none")
    for act in (lambda: ask(world, missing), lambda: world.service.lineage.history(missing)):
        with pytest.raises(NotFound, match="run/none"):
            act()
    start = world.version().id
    with pytest.raises(NotFound):
        ask(world, start, at=world.clock.now - 10)
    with pytest.raises(NotFound):
        world.service.lineage.node(missing)


def test_history_is_every_version(world: World) -> None:
    run = world.ask()
    world.clock.now += 1
    world.runs.cancel(run.id, ADA)
    history = world.service.lineage.history(run.id)
    assert [version.attributes["state"] for version in history] == ["PENDING", "CANCELLED"]
    assert world.service.lineage.node(run.id, at=history[0].version.valid_from).version.number == 1
