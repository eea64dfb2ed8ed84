"""Rows in copies: chunks, heads and the blobs that hold them."""

from pathlib import Path

import pytest

from arangovis.artifacts.local import LocalArtifactStore
from arangovis.services.blobs import Blobs
from arangovis.services.copying.copying import Copying, Place
from arangovis.services.series import merging
from arangovis.services.series.series import series_services
from arangovis.stores.memory import MemoryStore
from tests.unit.services.series.logged import LoggingWorld, rows


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LoggingWorld:
    monkeypatch.setattr(merging, "INLINE_BYTES_MAX", 100)
    world = LoggingWorld.open(tmp_path)
    for sequence in range(10):
        world.send(sequence)
    world.keep_house()
    world.send(10)
    return world


def target_of(world: LoggingWorld, folder: Path) -> Place:
    return Place(MemoryStore(clock=world.clock), LocalArtifactStore(folder))


def test_a_copy_has_the_rows_and_takes_more(world: LoggingWorld, tmp_path: Path) -> None:
    target = target_of(world, tmp_path / "copy")
    target.store.migrate()
    report = Copying(Place(world.service.store, world.service.artifacts), target).run()
    assert list(report.problems) == []
    series = series_services(target.store, Blobs(target.store, target.artifacts))
    (logged,) = series.data.of_run(world.run, 0)
    found = series.log.rows(series.log.chunks(logged.data.node), logged.data.fields)
    assert found is not None
    assert found.num_rows == 11
    assert series.log.heads(logged.data.node) == world.service.series.log.heads(logged.data.node)


def test_a_copy_as_of_a_time_before_has_no_rows(world: LoggingWorld, tmp_path: Path) -> None:
    before = world.service.store.get(world.run).version.valid_from
    world.send(0, rows(0, 1), run=world.new_run())
    target = target_of(world, tmp_path / "copy")
    target.store.migrate()
    report = Copying(Place(world.service.store, world.service.artifacts), target).run(at=before)
    assert list(report.problems) == []
    assert list(target.store.records("chunk")) == []
    assert list(target.store.records("series_head")) == []
