"""Stages are found again by their keys: within a project, and nowhere else."""

from pathlib import Path

import pytest

from arangovis.domain.ids import NodeId
from arangovis.services.stages import Stages
from tests.unit.services.world import ADA, World

KEY = "a" * 64


def put_stage(world: World, project: str | None) -> NodeId:
    """Write the product of a stage as a worker's run leaves it."""
    blob = world.service.blobs.save(b"what was computed", ADA)
    attributes = {"role": "neighbours", "digest": blob.digest, "bytes": blob.bytes, "media_type": "text/plain"}
    attributes["stage_key"] = KEY
    node = NodeId("artifact", "stage")

    def write(transaction) -> None:  # type: ignore[no-untyped-def]
        transaction.create_new(node, project, attributes)
        world.service.blobs.keep(transaction, (blob.digest,))

    world.service.store.transact(write, ADA)
    return node


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World.at(tmp_path)


def found(world: World, project: str | None) -> tuple[object, list[NodeId]]:
    stages = Stages(world.service.store, world.service.blobs, project)
    return stages.file("neighbours", KEY), [one.node for one in stages.found]


@pytest.mark.parametrize("own", ["digits", None])
def test_a_stage_is_used_again_in_its_own_project_only(world: World, own: str | None) -> None:
    names = ("digits", "fraud")
    keys = {name: world.service.catalogue.register_project(name, ADA).node.key for name in names}
    home = None if own is None else keys[own]
    made = put_stage(world, home)

    assert found(world, home) == (b"what was computed", [made])
    for other in {None, *keys.values()} - {home}:
        assert found(world, other) == (None, [])
