"""A folder in which requests wait to be delivered: what was appended is still there after the process was killed.

segment files `000001.frames`   frames in the order of delivery; a file is deleted when all of it is delivered
`position`                      the first segment that waits, and where in it; behind by one frame after a power cut
`refused`                       frames that the service will not take
`target.json`                   where all of it goes
`lock`                          held by the one process that may change anything here; the kernel frees it at its end
"""

import fcntl
import os
import shutil
import struct
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

import orjson

from arangovis.client.outbox.frames import Frame, Request, Role, encoded, read_frame, read_frames
from arangovis.client.outbox.target import Target
from arangovis.domain.errors import Conflict, InvalidContent, StoreUnavailable

SEGMENT_BYTES = 16 << 20
_SUFFIX = ".frames"
_POSITION = struct.Struct("<QQI")


@dataclass(frozen=True, slots=True)
class Place:
    """A frame of a spool: its segment, its end there, and how often the segment had been rewritten."""

    segment: int
    end: int
    edition: int


class Spool:
    """Not to be used by two threads at once.

    Raises:
        Conflict: another process has it.
        StoreUnavailable: the folder cannot be written.

    """

    def __init__(self, folder: Path, *, segment_bytes: int = SEGMENT_BYTES) -> None:
        self.folder = folder
        self._segment_bytes = segment_bytes
        self._lock = _locked(folder / "lock")
        self._position_file = os.fdopen(os.open(folder / "position", os.O_RDWR | os.O_CREAT, 0o600), "r+b", buffering=0)
        self._refused_file: BinaryIO | None = None
        self.damaged = 0
        self._edition = 0
        self._writing: BinaryIO | None = None
        self._reading: tuple[int, BinaryIO] | None = None
        self._segment, self._offset = self._read_position()
        self._last = max([self._segment, *self._segments()])
        self.requests, self.bytes = self._count()

    @classmethod
    def create(cls, folder: Path, target: Target, *, segment_bytes: int = SEGMENT_BYTES) -> "Spool":
        """Make a new spool; nobody finds it before it is locked.

        Raises:
            StoreUnavailable: the folder cannot be written.

        """
        draft = folder.with_name(f".{folder.name}")
        try:
            draft.parent.mkdir(parents=True, exist_ok=True)
            draft.mkdir(mode=0o700)
            (draft / "target.json").write_bytes(orjson.dumps(asdict(target)))
            spool = cls(draft, segment_bytes=segment_bytes)
            draft.rename(folder)
        except OSError as error:
            raise _unwritable(error) from error
        spool.folder = folder
        return spool

    @property
    def target(self) -> Target:
        """Where all of it goes.

        Raises:
            InvalidContent: it does not say so.

        """
        return target_of(self.folder)

    # --- writing ----------------------------------------------------------------------------------------------

    def append(self, request: Request) -> None:
        """Add a request; when this returns, the operating system has it.

        Raises:
            StoreUnavailable: it could not be written; nothing of it is left.

        """
        frame = encoded(request)
        try:
            _write_whole(self._writable(), frame)
        except OSError as error:
            raise _unwritable(error) from error
        self.requests += 1
        self.bytes += len(frame)

    def sync(self) -> None:
        """Make sure that what was appended survives a power cut."""
        if self._writing is not None:
            os.fsync(self._writing.fileno())

    def set_aside(self, request: Request, place: Place) -> None:
        """Put the first request aside, which the service refused; what takes its place waits behind the others."""
        if request.role is not Role.HOLLOW:
            _write_whole(self._refusing(), encoded(request))
        hollow = request.hollowed()
        if hollow is not None:
            self.append(hollow)
        self.advance(place)

    def drop(self, excess: int) -> int:
        """Drop the oldest data until so many bytes are free, or none is left to drop; return how many requests.

        What has a hollow body leaves it behind; what may not be dropped stays.
        """
        dropped = 0
        goal = self.bytes - excess
        for segment in range(self._segment, self._last + 1):
            if self.bytes <= goal:
                break
            dropped += self._thin(segment)
        return dropped

    # --- reading ----------------------------------------------------------------------------------------------

    def first(self) -> tuple[Request, Place] | None:
        """Return the request to deliver first, or None if nothing waits. What is damaged is passed over."""
        while True:
            frame = self._frame()
            if frame is not None:
                return frame.request, Place(self._segment, frame.end, self._edition)
            if self._segment >= self._last:
                self._forget_damaged()
                return None
            self._leave_segment()

    def advance(self, place: Place) -> None:
        """Forget the first request, delivered or refused; nothing happens if its place was rewritten meanwhile."""
        if (place.segment, place.edition) != (self._segment, self._edition):
            return
        self.requests -= 1
        self.bytes -= place.end - self._offset
        self._offset = place.end
        self._write_position()

    def refused(self) -> Iterator[Request]:
        """Yield what the service would not take."""
        with suppress(FileNotFoundError), (self.folder / "refused").open("rb") as file:
            yield from (frame.request for frame in read_frames(file))

    def restore_refused(self) -> int:
        """Put what was refused behind what waits, to be tried again; return how many requests."""
        found = list(self.refused())
        for request in found:
            self.append(request)
        if found:
            self.sync()
            (self.folder / "refused").unlink()
        return len(found)

    # --- life -------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Let go of the folder; if nothing is in it that anybody needs, delete it."""
        if not self.requests and not (self.folder / "refused").exists():
            shutil.rmtree(self.folder, ignore_errors=True)
        self.abandon()

    def abandon(self) -> None:
        """Let go of the folder and leave it as it is; this is what a forked child does with its parent's."""
        reading = None if self._reading is None else self._reading[1]
        for file in (self._writing, reading, self._refused_file, self._position_file, self._lock):
            if file is not None:
                file.close()

    # --- inside -----------------------------------------------------------------------------------------------

    def _forget_damaged(self) -> None:
        """Begin a new segment if frames that were written cannot be read any more; else nothing."""
        if self.requests:
            self.damaged += self.requests
            self.requests = self.bytes = 0
            self._start_segment()

    def _start_segment(self) -> None:
        if self._writing is not None:
            os.fsync(self._writing.fileno())
            self._writing.close()
            self._writing = None
        self._last += 1

    def _path(self, segment: int) -> Path:
        return self.folder / f"{segment:06d}{_SUFFIX}"

    def _segments(self) -> list[int]:
        return sorted(int(path.stem) for path in self.folder.glob(f"*{_SUFFIX}"))

    def _writable(self) -> BinaryIO:
        if self._writing is not None and self._writing.tell() >= self._segment_bytes:
            self._start_segment()
        if self._writing is None:
            self._writing = self._path(self._last).open("ab", buffering=0)
        return self._writing

    def _refusing(self) -> BinaryIO:
        if self._refused_file is None:
            self._refused_file = (self.folder / "refused").open("ab", buffering=0)
        return self._refused_file

    def _frame(self) -> Frame | None:
        if self._reading is None or self._reading[0] != self._segment:
            if not self._path(self._segment).exists():
                return None
            self._stop_reading()
            self._reading = self._segment, self._path(self._segment).open("rb")
        return read_frame(self._reading[1], self._offset)

    def _stop_reading(self) -> None:
        if self._reading is not None:
            self._reading[1].close()
            self._reading = None

    def _leave_segment(self) -> None:
        self._stop_reading()
        left, self._segment, self._offset = self._segment, self._segment + 1, 0
        self._write_position()
        self._path(left).unlink(missing_ok=True)

    def _thin(self, segment: int) -> int:
        """Rewrite a segment without what may be dropped; return how many requests that were."""
        path, start = self._path(segment), self._offset if segment == self._segment else 0
        if not path.exists():
            return 0
        with path.open("rb") as file:
            before = [frame.request for frame in read_frames(file, start)]
        under_way = 1 if segment == self._segment else 0  # it may be with the service by now
        kept = before[:under_way] + [left for left in map(_left, before[under_way:]) if left is not None]
        dropped = sum(request.role is Role.DATA for request in before[under_way:])
        if dropped:
            self._rewrite(segment, start, kept)
            self.requests -= len(before) - len(kept)
        return dropped

    def _rewrite(self, segment: int, start: int, kept: list[Request]) -> None:
        path = self._path(segment)
        draft, freed = path.with_suffix(".draft"), path.stat().st_size - start
        with draft.open("wb") as file:
            file.writelines(encoded(request) for request in kept)
            freed -= file.tell()
        if segment == self._last and self._writing is not None:
            self._writing.close()
            self._writing = None
        self._stop_reading()
        if segment == self._segment:
            self._offset = 0
            self._write_position()  # a kill before the next line: what is delivered already is sent again
        draft.replace(path)
        self._edition += 1
        self.bytes -= freed

    def _count(self) -> tuple[int, int]:
        """Count what waits, and cut off what a kill left of a frame."""
        requests = size = 0
        for segment in self._segments():
            start = self._offset if segment == self._segment else 0
            ends = [start]
            with self._path(segment).open("r+b") as file:
                ends += [frame.end for frame in read_frames(file, start)]
                file.truncate(ends[-1])
            requests += len(ends) - 1
            size += ends[-1] - start
        return requests, size

    def _read_position(self) -> tuple[int, int]:
        first = next(iter(self._segments()), 1)
        self._position_file.seek(0)
        data = self._position_file.read(_POSITION.size)
        if len(data) < _POSITION.size:
            return first, 0
        segment, offset, checksum = _POSITION.unpack(data)
        path = self._path(segment)
        sound = checksum == zlib.crc32(data[:-4]) and path.exists() and offset <= path.stat().st_size
        return (segment, offset) if sound else (first, 0)

    def _write_position(self) -> None:
        data = _POSITION.pack(self._segment, self._offset, 0)[:-4]
        whole = data + zlib.crc32(data).to_bytes(4, "little")
        os.pwrite(self._position_file.fileno(), whole, 0)


def target_of(folder: Path) -> Target:
    """Return where the requests of a spool go.

    Raises:
        InvalidContent: it does not say so.

    """
    try:
        return Target(**orjson.loads((folder / "target.json").read_bytes()))
    except (OSError, TypeError, orjson.JSONDecodeError) as error:
        raise InvalidContent(f"the spool {folder.name} does not say where its requests go") from error


def _left(request: Request) -> Request | None:
    return request.hollowed() if request.role is Role.DATA else request


def _write_whole(file: BinaryIO, data: bytes) -> None:
    """Append all of it, or nothing."""
    begin, view = file.seek(0, os.SEEK_END), memoryview(data)
    try:
        while view:
            view = view[file.write(view) :]
    except OSError:
        file.truncate(begin)
        raise


def _locked(path: Path) -> BinaryIO:
    try:
        file = path.open("ab", buffering=0)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(file.fileno()).st_ino == path.stat().st_ino:
                return file
        except BaseException:
            file.close()
            raise
        file.close()
    except (BlockingIOError, FileNotFoundError):
        pass
    raise Conflict(f"the spool {path.parent.name} is in use by another process, or gone")


def _unwritable(error: OSError) -> StoreUnavailable:
    return StoreUnavailable(f"the spool cannot be written: {error.strerror or type(error).__name__}")
