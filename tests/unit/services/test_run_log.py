"""Runs of users' own processes: one atomic, idempotent action."""

from dataclasses import replace
from pathlib import Path

import pytest

from arangovis.domain.errors import AlreadyExists, InvalidInput, NotFound
from arangovis.domain.graph import Direction
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Document
from arangovis.domain.runs import Executor, RunState
from arangovis.domain.work import Input
from arangovis.services.run_log import LoggedRun, Output
from tests.unit.services.world import ADA, BOB, World

FILE: Document = {"digest": "0" * 64, "bytes": 3, "media_type": "text/plain"}
VERSION: Document = {
    "name": "digits",
    "version": "9",
    "number": 7,
    "model": "nowhere",
    "signature": {"inputs": [{"x": 1}]},
}
LOGGED: Document = {"run": "nowhere", "series": "nowhere", "generation": 0, "fields": ["loss"]}
SAMPLE: Document = {"name": "sample", "form": "snapshot", "rows": 5, "segments": 1, "source": "nowhere"}
"""Each fits its kind, and would be a line that no list can show, or an answer that a worker gives to others."""


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World.at(tmp_path)


def logged(world: World, **fields: object) -> LoggedRun:
    made = (Output("model", attributes=FILE), Output("report", kind="evaluation", attributes={"metrics": {"f1": 0.9}}))
    given = {
        "project": "demo",
        "key": "run-1",
        "params": {"lr": 0.1},
        "metrics": {"loss": float("nan"), "accuracy": 1.0},
        "tags": ("night",),
        "attributes": {"commit": "abc"},
        "inputs": (Input(world.version().id, "model"),),
        "outputs": made,
    }
    return replace(LoggedRun("train"), **{**given, **fields})  # type: ignore[arg-type]


def test_a_run_is_logged_with_all_that_belongs_to_it(world: World) -> None:
    answer = world.service.run_log.log(logged(world), ADA)
    assert answer.created
    run = world.runs.get(answer.node)
    assert (run.executor, run.state, run.ended) == (Executor.EXTERNAL, RunState.SUCCESS, world.clock.now)
    assert run.metrics["accuracy"] == 1.0
    assert run.rest["tags"] == ["night"]
    assert set(world.made(run.id)) == {"model", "report"}
    actions = {world.service.store.get(node).version.action_id for node in (run.id, *world.made(run.id).values())}
    assert len(actions) == 1
    assert run.project == world.service.store.get(world.version().id).project


def test_the_same_again_is_the_same_run(world: World) -> None:
    first = world.service.run_log.log(logged(world), ADA)
    before = world.service.store.change_number()
    second = world.service.run_log.log(logged(world), BOB)
    assert (second.node, second.created) == (first.node, False)
    assert world.service.store.change_number() == before


@pytest.mark.parametrize(
    "other",
    [
        {"params": {"lr": 0.2}},
        {"metrics": {}},
        {"state": RunState.ERROR},
        {"outputs": ()},
        {"inputs": ()},
        {"ended": 5},
    ],
)
def test_other_content_under_one_key_is_refused(world: World, other: dict[str, object]) -> None:
    world.service.run_log.log(logged(world), ADA)
    before = world.service.store.change_number()
    with pytest.raises(AlreadyExists):
        world.service.run_log.log(logged(world, **other), ADA)
    assert world.service.store.change_number() == before


def test_without_a_key_every_call_is_a_run(world: World) -> None:
    nodes = {world.service.run_log.log(logged(world, key=None), ADA).node for _ in range(3)}
    assert len(nodes) == 3


def test_what_cannot_be_written_leaves_no_trace(world: World) -> None:
    good = logged(world)
    before = world.service.store.change_number()
    for fields, error, text in (
        ({"project": "other"}, NotFound, "'other'"),
        ({"inputs": (Input(NodeId("dataset", "none"), "data"),)}, NotFound, "dataset/none"),
        ({"outputs": (*good.outputs, Output("bad"))}, InvalidInput, "digest"),
        ({"outputs": (Output("bad", node=NodeId("artifact", "none")),)}, NotFound, "artifact/none"),
        ({"outputs": (Output("bad", kind="nonsense"),)}, InvalidInput, "nonsense"),
        ({"outputs": (Output("bad", kind="model_version", attributes=VERSION),)}, InvalidInput, "verb of its own"),
        ({"outputs": (Output("bad", kind="series_data", attributes=LOGGED),)}, InvalidInput, "verb of its own"),
        ({"outputs": (Output("bad", attributes={**FILE, "stage_key": "k"}),)}, InvalidInput, "stage_key"),
        ({"outputs": (Output("bad", kind="dataset", attributes=SAMPLE),)}, InvalidInput, "'nowhere'"),
        ({"state": RunState.PENDING}, InvalidInput, "state"),
        ({"key": "a/b"}, InvalidInput, "key"),
    ):
        with pytest.raises(error, match=text):
            world.service.run_log.log(replace(good, **fields), ADA)
    assert world.service.store.change_number() == before
    assert world.service.store.find(NodeId("run", "run-1")) is None


def test_an_output_may_exist_already(world: World) -> None:
    first = world.service.run_log.log(logged(world), ADA)
    file = world.made(first.node)["model"]
    second = world.service.run_log.log(LoggedRun("evaluate", outputs=(Output("copy", node=file),)), ADA)
    edges = world.service.store.edges_of((file,), Direction.UPSTREAM, ("generated",))
    assert {edge.id.source for edge in edges} == {first.node, second.node}


def test_a_run_that_is_not_over_has_no_end(world: World) -> None:
    run = world.runs.get(world.service.run_log.log(logged(world, state=RunState.STARTED), ADA).node)
    assert (run.state, run.ended) == (RunState.STARTED, None)
    assert world.runs.cancel(run.id, BOB).state is RunState.CANCELLED
