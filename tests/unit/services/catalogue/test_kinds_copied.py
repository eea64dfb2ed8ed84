"""What was of a kind that was taken back is copied with all of its history."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from arangovis.domain.errors import InvalidInput
from arangovis.domain.graph import EdgeId
from arangovis.services.catalogue.entities import NewNode
from arangovis.services.copying.copying import Copying, Place
from arangovis_schema import EdgeKind, KeyRule, VertexKind
from tests.unit.services.copies import embedded, is_equal, new_world, place_of, service_over
from tests.unit.services.world import ADA, World

NOTEBOOK = VertexKind("notebook", "A notebook.", KeyRule.NAMED, ())
WRITTEN_IN = EdgeKind("written_in", "Where.", ("project",), ("notebook",), lineage=True)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return new_world(tmp_path)


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Place]:
    place = embedded(tmp_path / "target")
    yield place
    place.store.close()


def test_a_retired_kind_is_copied_with_what_was_of_it(world: World, target: Place, tmp_path: Path) -> None:
    pipeline = world.service.pipeline
    project = world.service.catalogue.register_project("wine", ADA).node
    pipeline.kinds.declare_vertex(NOTEBOOK, ADA)
    pipeline.kinds.declare_edge(WRITTEN_IN, ADA)
    node = pipeline.entities.create(NewNode("notebook", "wine", "first look"), ADA).node
    pipeline.entities.link(EdgeId("written_in", project, node), ADA)
    pipeline.kinds.remove("edge", "written_in", ADA, force=True)
    pipeline.kinds.remove("vertex", "notebook", ADA, force=True)
    report = Copying(place_of(world), target).run()
    assert report.problems == []
    assert is_equal(place_of(world), target, until=report.at)
    copied = service_over(target, tmp_path / "copy").pipeline
    with pytest.raises(InvalidInput, match="not a declared vertex kind"):
        copied.entities.create(NewNode("notebook", "wine", "another"), ADA)
    assert copied.kinds.declare_vertex(NOTEBOOK, ADA)
    assert copied.entities.create(NewNode("notebook", "wine", "first look"), ADA).node == node
