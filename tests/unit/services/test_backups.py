"""Backups: whole or not there, checked before they are used, and made while others write."""

import os
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from arangovis.artifacts.local import LocalArtifactStore
from arangovis.domain.errors import Conflict, IntegrityError, NotFound
from arangovis.services.copying.backup_files import back_up_to, folder_of
from arangovis.services.copying.backups import (
    ARTIFACTS,
    GRAPH,
    MANIFEST,
    PARTIAL,
    back_up,
    check_backup,
    restore,
    set_aside,
)
from arangovis.services.copying.copying import Place
from arangovis.services.verification import check_store
from arangovis.stores.embedded import EmbeddedStore
from arangovis.testing.samples import create, dataset
from arangovis.testing.stores_copy import actions_of
from tests.unit.services.copies import embedded, is_equal, memory, place_of, used_world
from tests.unit.services.world import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return used_world(tmp_path)


@pytest.fixture
def backup(world: World, tmp_path: Path) -> Path:
    folder = tmp_path / "backup"
    back_up(place_of(world), folder)
    return folder


def test_a_backup_is_what_its_source_was(world: World, backup: Path) -> None:
    manifest = check_backup(backup)
    assert sorted(path.name for path in backup.iterdir()) == [ARTIFACTS, GRAPH, MANIFEST]
    assert manifest.actions == len(actions_of(world.service.store))
    assert manifest.at == actions_of(world.service.store)[-1].time
    store = EmbeddedStore(backup / GRAPH)
    kept = Place(store, LocalArtifactStore(backup / ARTIFACTS))
    assert is_equal(place_of(world), kept)
    store.close()


def test_a_backup_is_restored_into_an_empty_place(world: World, backup: Path, tmp_path: Path) -> None:
    before = check_backup(backup)
    target = memory(tmp_path / "new")
    report = restore(backup, target)
    assert (report.problems, report.given_back) == ([], 1)
    assert is_equal(place_of(world), target, until=report.at)
    assert check_store(target.store, target.artifacts) == []
    assert check_backup(backup) == before
    assert sorted(path.name for path in backup.iterdir()) == [ARTIFACTS, GRAPH, MANIFEST]
    again = memory(tmp_path / "again")
    create(again.store, dataset("a"))
    with pytest.raises(Conflict, match="not empty"):
        restore(backup, again)


def test_a_backup_of_a_backup_is_equal(world: World, backup: Path, tmp_path: Path) -> None:
    target = embedded(tmp_path / "restored")
    restore(backup, target)
    back_up(target, tmp_path / "second")
    last = memory(tmp_path / "last")
    restore(tmp_path / "second", last)
    assert is_equal(place_of(world), last, until=check_backup(backup).at)
    target.store.close()


def test_a_name_is_used_once(world: World, backup: Path, tmp_path: Path) -> None:
    with pytest.raises(Conflict, match="backup is there"):
        back_up(place_of(world), backup)
    assert not backup.with_name(backup.name + PARTIAL).exists()
    with pytest.raises(NotFound, match="no backup"):
        check_backup(tmp_path)


def test_a_backup_that_was_cut_off_is_continued(world: World, tmp_path: Path) -> None:
    folder = tmp_path / "backup"

    def cut(stage: str, done: int, total: int | None) -> None:
        if stage == "records":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        back_up(place_of(world), folder, cut)
    assert not folder.exists()
    with pytest.raises(NotFound):
        check_backup(folder.with_name(folder.name + PARTIAL))
    _, report = back_up(place_of(world), folder)
    assert report.loaded == 0
    assert check_backup(folder).actions == len(actions_of(world.service.store))


def test_a_backup_is_one_file_if_it_is_called_so(world: World, tmp_path: Path) -> None:
    path = tmp_path / "backup.tar"
    (tmp_path / "backup.tar.folder").mkdir()
    manifest = back_up_to(place_of(world), path)
    assert [left.name for left in tmp_path.glob("backup*")] == ["backup.tar"]
    with folder_of(path) as folder:
        assert check_backup(folder) == manifest
        target = memory(tmp_path / "new")
        assert restore(folder, target).problems == []
    assert is_equal(place_of(world), target, until=manifest.at)
    with pytest.raises(Conflict):
        back_up_to(place_of(world), path)
    assert back_up_to(place_of(world), tmp_path / "folder") == check_backup(tmp_path / "folder")


@pytest.mark.parametrize("length", [0, 100, 5000])
def test_a_file_that_is_not_whole_is_refused(world: World, tmp_path: Path, length: int) -> None:
    path = tmp_path / "backup.tar"
    back_up_to(place_of(world), path)
    os.truncate(path, length)
    with pytest.raises((IntegrityError, NotFound)), folder_of(path) as folder:
        check_backup(folder)


def test_a_file_that_reaches_out_of_its_folder_is_refused(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "evil.tar", "w") as archive:
        archive.addfile(tarfile.TarInfo("../outside"))
    with pytest.raises(IntegrityError), folder_of(tmp_path / "evil.tar"):
        pass
    assert not (tmp_path / "outside").exists()


# --- damage ---------------------------------------------------------------------------------------------------------


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


def _first_blob(backup: Path) -> Path:
    return next((backup / ARTIFACTS / "blobs").glob("??/*"))


DAMAGES: dict[str, Callable[[Path], object]] = {
    "a bit of the graph": lambda backup: _flip(backup / GRAPH),
    "the end of the graph": lambda backup: os.truncate(backup / GRAPH, (backup / GRAPH).stat().st_size - 1),
    "no graph": lambda backup: (backup / GRAPH).unlink(),
    "a bit of a blob": lambda backup: _flip(_first_blob(backup)),
    "a blob too few": lambda backup: _first_blob(backup).unlink(),
    "a blob too many": lambda backup: LocalArtifactStore(backup / ARTIFACTS).put(b"another"),
    "no bytes at all": lambda backup: shutil.rmtree(backup / ARTIFACTS),
    "no JSON": lambda backup: (backup / MANIFEST).write_text("{"),
    "another form": lambda backup: (backup / MANIFEST).write_bytes(orjson.dumps({"format": 1})),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_backup_is_refused_before_anything_is_written(
    backup: Path, tmp_path: Path, damage: Callable[[Path], object]
) -> None:
    damage(backup)
    target = memory(tmp_path / "new")
    with pytest.raises(IntegrityError):
        restore(backup, target)
    assert actions_of(target.store) == []
    assert target.store.record("copy", "mark") is None
    assert not (tmp_path / "new").exists()


# --- putting a store aside ------------------------------------------------------------------------------------------


def test_a_store_is_put_aside_whole(tmp_path: Path) -> None:
    place = embedded(tmp_path / "home")
    create(place.store, dataset("a"))
    path = tmp_path / "home" / "graph.db"
    with pytest.raises(Conflict, match="open"):
        set_aside(path, 5)
    place.store.close()
    moved = set_aside(path, 5)
    assert moved == path.with_name("graph.db.before-5")
    assert not path.exists()
    kept = EmbeddedStore(moved)
    assert kept.find(dataset("a")) is not None
    kept.close()
    assert set_aside(path, 6) is None
