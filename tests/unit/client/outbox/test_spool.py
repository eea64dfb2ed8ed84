"""The files in which requests wait."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from arangovis.client.outbox.frames import Request, Role, encoded
from arangovis.client.outbox.spool import Spool, target_of
from arangovis.client.outbox.target import Target
from arangovis.domain.errors import Conflict, InvalidContent, StoreUnavailable

TARGET = Target(url="http://127.0.0.1:1", actor="ada")


def request(number: int, role: Role = Role.DATA, size: int = 10, hollow: bytes = b"") -> Request:
    return Request("POST", f"/{number}", body=b"x" * size, role=role, hollow=hollow)


_opened: list[Spool] = []


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "spool" / "one"
    while _opened:
        _opened.pop().abandon()


def opened(folder: Path) -> Spool:
    _opened.append(Spool(folder))
    return _opened[-1]


def created(folder: Path, **options: int) -> Spool:
    _opened.append(Spool.create(folder, TARGET, **options))
    return _opened[-1]


def filled(folder: Path, count: int, **options: int) -> Spool:
    spool = created(folder, **options)
    for number in range(count):
        spool.append(request(number))
    return spool


def deliver(spool: Spool, count: int = 1_000_000) -> list[str]:
    """Take requests out, and return their paths."""
    paths = []
    while len(paths) < count and (found := spool.first()) is not None:
        paths.append(found[0].path)
        spool.advance(found[1])
    return paths


def paths(count: int, start: int = 0) -> list[str]:
    return [f"/{number}" for number in range(start, count)]


def test_requests_come_out_in_order_and_are_counted(folder: Path) -> None:
    spool = filled(folder, 5)
    assert (spool.requests, spool.bytes) == (5, sum(len(encoded(request(n))) for n in range(5)))
    assert deliver(spool) == paths(5)
    assert (spool.requests, spool.bytes) == (0, 0)


def test_one_process_at_a_time_and_the_next_goes_on_where_it_was(folder: Path) -> None:
    spool = filled(folder, 5, segment_bytes=1)
    assert deliver(spool, 2) == paths(2)
    with pytest.raises(Conflict):
        Spool(folder)
    spool.abandon()
    again = opened(folder)
    assert (again.requests, again.target) == (3, TARGET)
    assert deliver(again) == paths(5, 2)


def test_a_delivered_segment_is_deleted(folder: Path) -> None:
    spool = filled(folder, 5, segment_bytes=1)
    assert len(list(folder.glob("*.frames"))) == 5
    deliver(spool, 4)
    spool.first()
    assert len(list(folder.glob("*.frames"))) == 1


@pytest.mark.parametrize("cut", range(1, len(encoded(request(2)))))
def test_what_a_kill_left_of_a_frame_is_cut_off(folder: Path, cut: int) -> None:
    spool = filled(folder, 3)
    spool.abandon()
    (segment,) = folder.glob("*.frames")
    segment.write_bytes(segment.read_bytes()[:-cut])
    again = opened(folder)
    again.append(request(9))
    assert deliver(again) == ["/0", "/1", "/9"]


def test_a_damaged_position_sends_all_again_and_loses_nothing(folder: Path) -> None:
    spool = filled(folder, 3)
    deliver(spool, 2)
    spool.abandon()
    (folder / "position").write_bytes(b"\0" * 20)
    assert deliver(opened(folder)) == paths(3)


def test_damage_while_it_is_used_loses_what_is_damaged_and_not_what_comes(folder: Path) -> None:
    spool = filled(folder, 3)
    (segment,) = folder.glob("*.frames")
    with segment.open("r+b") as file:
        file.seek(len(encoded(request(0))) + 30)
        file.write(b"\xff\xff")
    assert deliver(spool) == ["/0"]
    spool.append(request(7))
    assert (deliver(spool), spool.damaged, spool.requests) == (["/7"], 2, 0)


def test_dropping_leaves_the_one_under_way_what_is_kept_and_hollow_bodies(folder: Path) -> None:
    spool = created(folder)
    for role, number in ((Role.OPENING, 0), (Role.DATA, 1), (Role.KEPT, 2)):
        spool.append(request(number, role, 1000))
    spool.append(request(3, size=1000, hollow=b"0 rows"))
    found = spool.first()
    assert found is not None
    assert spool.drop(1) == 2
    spool.advance(found[1])  # it was delivered while the file was written anew: sent once more
    assert spool.requests == 3
    left = []
    while (found := spool.first()) is not None:
        left.append((found[0].path, len(found[0].body), found[0].role))
        spool.advance(found[1])
    assert left == [("/0", 1000, Role.OPENING), ("/2", 1000, Role.KEPT), ("/3", 6, Role.HOLLOW)]
    assert (spool.requests, spool.bytes) == (0, 0)


def test_dropping_takes_no_more_than_it_must(folder: Path) -> None:
    spool = filled(folder, 10, segment_bytes=1)
    size = spool.bytes // 10
    assert spool.drop(3 * size) == 3
    assert deliver(spool) == ["/0", *paths(10, 4)]


def test_what_was_refused_can_be_tried_again(folder: Path) -> None:
    spool = filled(folder, 2)
    found = spool.first()
    assert found is not None
    spool.set_aside(*found)
    assert [kept.path for kept in spool.refused()] == ["/0"]
    deliver(spool)
    spool.close()
    assert folder.exists()
    again = opened(folder)
    assert again.restore_refused() == 1
    assert deliver(again) == ["/0"]
    again.close()
    assert not folder.exists()


def test_a_full_disk_leaves_nothing_half_written(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spool = filled(folder, 1)

    class Full:
        """A file on a disk that has room for 5 bytes more."""

        def __init__(self, file: object) -> None:
            self.file, self.room = file, 5

        def write(self, data: memoryview) -> int:
            if not self.room:
                raise OSError(28, "No space left on device")
            written, self.room = self.file.write(data[: self.room]), 0
            return written

        def __getattr__(self, name: str) -> object:
            return getattr(self.file, name)

    whole = spool._writing
    monkeypatch.setattr(spool, "_writing", Full(whole))
    with pytest.raises(StoreUnavailable, match="No space left"):
        spool.append(request(1))
    monkeypatch.setattr(spool, "_writing", whole)
    spool.append(request(2))
    assert deliver(spool) == ["/0", "/2"]


def test_a_folder_that_is_no_spool_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidContent):
        target_of(tmp_path)
