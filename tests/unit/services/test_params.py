"""The audit of parameters: what was set, when, by whom, and which runs used it."""

import threading
from pathlib import Path

import pytest

from arangovis.domain.catalogue import ProjectionParams
from arangovis.domain.errors import Conflict
from arangovis.domain.graph import Direction
from arangovis.domain.ids import NodeId
from arangovis.domain.work import Input
from tests.unit.services.world import ADA, BOB, World

METHOD = "umap"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World.at(tmp_path)


def params(neighbours: int) -> ProjectionParams:
    return ProjectionParams({"n_neighbours": neighbours}, 500, 5000, ("global_score",))


def put(world: World, neighbours: int, caller: object = ADA) -> NodeId:
    world.clock.now += 1
    return world.service.params.set(world.version(), METHOD, params(neighbours), caller)  # type: ignore[arg-type]


def test_reading_writes_nothing(world: World) -> None:
    version = world.version()
    before = world.service.store.change_number()
    assert world.service.params.current(version, METHOD, params(15)) == params(15)
    assert world.service.params.in_force(version, METHOD) is None
    assert world.service.params.history(version, METHOD) == []
    assert world.service.store.change_number() == before


def test_the_same_again_writes_nothing(world: World) -> None:
    first = put(world, 15)
    before = world.service.store.change_number()
    assert put(world, 15, BOB) == first
    assert world.service.store.change_number() == before


def test_going_back_to_old_values_is_a_new_revision(world: World) -> None:
    nodes = [put(world, 15), put(world, 30, BOB), put(world, 15)]
    assert len(set(nodes)) == 3
    history = world.service.params.history(world.version(), METHOD)
    assert [revision.number for revision in history] == [1, 2, 3]
    assert [revision.params.values["n_neighbours"] for revision in history] == [15, 30, 15]
    assert [revision.actor for revision in history] == ["ada", "bob", "ada"]
    assert [revision.request_id for revision in history] == ["request-1", "request-2", "request-1"]
    assert [revision.current for revision in history] == [False, False, True]
    assert [revision.at for revision in history] == sorted(revision.at for revision in history)
    chain = [world.service.store.edges_of((node,), Direction.DOWNSTREAM, ("succeeded_by",)) for node in nodes]
    assert [[edge.id.target for edge in edges] for edges in chain] == [[nodes[1]], [nodes[2]], []]
    assert world.service.params.current(world.version(), METHOD, params(99)) == params(15)
    world.check()


def test_old_and_new_are_seen_at_their_times(world: World) -> None:
    put(world, 15)
    between = world.clock.now
    second = put(world, 30)
    assert world.service.store.find(second, at=between) is None
    assert world.service.store.find(second) is not None


def test_methods_and_versions_have_histories_of_their_own(world: World) -> None:
    put(world, 15)
    first = world.version()
    world.service.params.set(first, "pca", params(2), BOB)
    other = world.version(dimension=3)
    world.service.params.set(other, METHOD, params(7), BOB)
    assert len(world.service.params.history(first, METHOD)) == 1
    assert [revision.actor for revision in world.service.params.history(first, "pca")] == ["bob"]
    (revision,) = world.service.params.history(other, METHOD)
    assert (revision.number, revision.params) == (1, params(7))


def test_each_revision_names_the_runs_that_used_it(world: World) -> None:
    first = put(world, 15)
    runs = [world.ask(inputs=(Input(first, "params"),)).id for _ in range(2)]
    second = put(world, 30)
    third = world.ask(inputs=(Input(second, "params"),)).id
    history = world.service.params.history(world.version(), METHOD)
    assert [revision.runs for revision in history] == [tuple(sorted(runs)), (third,)]


def test_sample_sizes_and_metrics_are_part_of_the_content(world: World) -> None:
    put(world, 15)
    other = ProjectionParams({"n_neighbours": 15}, 100, 5000, ("global_score",))
    world.service.params.set(world.version(), METHOD, other, BOB)
    assert [revision.number for revision in world.service.params.history(world.version(), METHOD)] == [1, 2]


def test_defaults_are_recorded_once(world: World) -> None:
    version, write = world.version(), world.service.params.write_first
    store = world.service.store
    first = store.transact(lambda tx: write(tx, version, METHOD, params(15)), ADA)
    assert store.transact(lambda tx: write(tx, version, METHOD, params(15)), BOB) == first
    put(world, 30)
    with pytest.raises(Conflict, match="ask again"):
        store.transact(lambda tx: write(tx, version, METHOD, params(15)), BOB)


def test_revisions_set_at_once_are_numbered_without_gaps(world: World) -> None:
    version = world.version()

    def put_one(neighbours: int) -> None:
        world.service.params.set(version, METHOD, params(neighbours), ADA)

    threads = [threading.Thread(target=put_one, args=(number,)) for number in range(2, 22)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    history = world.service.params.history(version, METHOD)
    assert [revision.number for revision in history] == list(range(1, 21))
    assert sum(revision.current for revision in history) == 1
    edges = world.service.store.edges_of([revision.node for revision in history], Direction.BOTH, ("succeeded_by",))
    assert len(edges) == 19
