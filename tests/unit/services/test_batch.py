"""Batches: each action succeeds or fails by itself and leaves no trace if it fails."""

from pathlib import Path

import pytest

from arangovis.domain.errors import ArangovisError, InvalidInput, NotFound
from arangovis.domain.graph import EdgeId
from arangovis.domain.ids import NodeId, named_id
from arangovis.domain.work import Input
from arangovis.services.batch import ACTIONS_MAX, Action, AddLink, AddModel, AddProject
from arangovis.services.run_log import LoggedRun, Output
from arangovis.settings import Settings
from arangovis.wiring import build
from tests.unit.services.world import ADA, World

FILE = {"digest": "0" * 64, "bytes": 3, "media_type": "text/plain"}


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World.at(tmp_path)


def codes(world: World, actions: list[Action]) -> list[str]:
    answers = world.service.batch.run(actions, ADA)
    return ["ok" if answer.error is None else answer.error.code for answer in answers]


def test_later_actions_see_what_earlier_ones_wrote(world: World) -> None:
    project = named_id("project", None, "demo")
    run = LoggedRun("train", project="demo", key="run-1", outputs=(Output("model", attributes=FILE),))
    evaluate = LoggedRun("evaluate", project="demo", key="run-2")
    link = AddLink(EdgeId("linked", project, NodeId("run", "run-1"), "best"))
    assert codes(world, [AddProject("demo"), AddModel("demo", "digits"), run, link, evaluate]) == ["ok"] * 5
    ids = (project, NodeId("run", "run-1"), NodeId("run", "run-2"))
    assert len({world.service.store.get(node).version.action_id for node in ids}) == 1


def test_an_action_that_fails_leaves_no_trace_and_the_rest_is_done(world: World) -> None:
    torn = LoggedRun("train", key="torn", outputs=(Output("model", attributes=FILE), Output("bad")))
    unread = InvalidInput("action 3 has no name")
    actions: list[Action] = [
        AddModel("none", "digits"),
        torn,
        unread,
        AddProject("demo"),
        AddProject(""),
        AddLink(EdgeId("linked", named_id("project", None, "demo"), NodeId("run", "torn"), "x")),
        LoggedRun("train", key="whole"),
        LoggedRun("train", key="whole", name="other"),
    ]
    assert codes(world, actions) == [
        "not-found",
        "invalid-input",
        "invalid-input",
        "ok",
        "invalid-input",
        "not-found",
        "ok",
        "already-exists",
    ]
    assert world.service.store.find(NodeId("run", "torn")) is None
    assert world.service.store.find(NodeId("run", "whole")) is not None
    world.check()


def test_the_answer_says_what_was_registered(world: World) -> None:
    first, second = world.service.batch.run([AddProject("demo"), AddProject("demo")], ADA)
    assert first.registered is not None
    assert second.registered is not None
    assert (first.registered.created, second.registered.created) == (True, False)
    assert first.registered.node == second.registered.node
    world.service.catalogue.register_project("facts", ADA, facts={"description": "mine"})
    (answer,) = world.service.batch.run([AddProject("facts")], ADA)
    assert answer.registered is not None
    assert not answer.registered.created


def test_a_batch_repeated_is_done_once(world: World) -> None:
    actions: list[Action] = [AddProject("demo"), LoggedRun("train", key="run-1"), AddModel("demo", "digits")]
    codes(world, actions)
    before = world.service.store.change_number()
    assert codes(world, actions) == ["ok"] * 3
    assert world.service.store.change_number() == before


@pytest.mark.parametrize("count", [0, ACTIONS_MAX + 1])
def test_its_size_is_limited(world: World, count: int) -> None:
    with pytest.raises(InvalidInput, match="actions"):
        world.service.batch.run([AddProject("demo")] * count, ADA)


def test_a_thousand_actions_are_one_commit(world: World) -> None:
    actions: list[Action] = [
        LoggedRun("train", key=f"run-{number}", inputs=(Input(NodeId("dataset", "none"), "x"),) if number % 2 else ())
        for number in range(ACTIONS_MAX)
    ]
    answers = world.service.batch.run(actions, ADA)
    assert [answer.error is None for answer in answers] == [number % 2 == 0 for number in range(ACTIONS_MAX)]
    assert all(answer.error is None or isinstance(answer.error, NotFound) for answer in answers)


@pytest.mark.parametrize(
    "odd",
    [
        LoggedRun("train", key="odd", metrics={"large": 2**63}),
        LoggedRun("train", key="odd", metrics={"larger": 2**70}),
        LoggedRun("train", key="odd", started=2**70),
        LoggedRun("train", key="odd", name="\ud800"),
        LoggedRun("train", key="odd", attributes={"lone": "\ud800"}),
    ],
)
def test_a_value_that_the_store_cannot_hold_does_not_take_the_others_with_it(tmp_path: Path, odd: LoggedRun) -> None:
    service = build(Settings(home=tmp_path))
    try:
        answers = service.batch.run([AddProject("demo"), odd, AddProject("other")], ADA)
        assert [answer.error is None for answer in (answers[0], answers[2])] == [True, True]
        assert answers[1].error is None or isinstance(answers[1].error, ArangovisError)
        written = service.store.find(NodeId("run", "odd")) is not None
        assert written == (answers[1].error is None)
    finally:
        service.close()
