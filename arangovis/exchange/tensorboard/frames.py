"""The frames of an event file: length, checksum of the length, content, checksum of the content."""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from arangovis.exchange.tensorboard.crc32c import masked_crcs

CONTENT_BYTES_MAX = 1 << 30
FRAMES_AT_ONCE = 4_096
BYTES_AT_ONCE = 16 << 20
_HEAD = struct.Struct("<QI")
_FOOT = struct.Struct("<I")


class Damaged(Exception):
    """A frame is not what was written. What came before it is."""


class _Frame(NamedTuple):
    place: int
    head: bytes
    content: bytes
    foot: int


def read_frames(path: Path) -> Iterator[bytes]:
    """Yield the contents of a file's frames; one at the end that is not whole is left for later.

    Raises:
        Damaged: a checksum is not right.

    """
    with path.open("rb") as stream:
        place = 0
        while True:
            frames = list(_some(stream, place))
            good = _count_good(frames)
            yield from (frame.content for frame in frames[:good])
            if good < len(frames):
                raise Damaged(f"the frame at byte {frames[good].place} is damaged; what follows is not read")
            if not frames:
                return
            last = frames[-1]
            place = last.place + _HEAD.size + len(last.content) + _FOOT.size


def _some(stream: BinaryIO, place: int) -> Iterator[_Frame]:
    """Yield some whole frames from a place on; none at the end of the file."""
    stream.seek(place)
    size = 0
    for _ in range(FRAMES_AT_ONCE):
        head = stream.read(_HEAD.size)
        if len(head) < _HEAD.size:
            return
        length, _ = _HEAD.unpack(head)
        if length > CONTENT_BYTES_MAX or (length > BYTES_AT_ONCE and not _is_good(head)):
            yield _Frame(place, head, b"", 0)  # nobody reads so much for a length that is damaged
            return
        content = stream.read(length)
        foot = stream.read(_FOOT.size)
        if len(foot) < _FOOT.size:
            if not _is_good(head):
                yield _Frame(place, head, b"", 0)  # no torn end: the length is another than was written
            return
        yield _Frame(place, head, content, _FOOT.unpack(foot)[0])
        place += _HEAD.size + length + _FOOT.size
        size += length
        if size > BYTES_AT_ONCE:
            return


def _is_good(head: bytes) -> bool:
    return bool(masked_crcs([head[:8]])[0] == _HEAD.unpack(head)[1])


def _count_good(frames: list[_Frame]) -> int:
    """Return how many frames, from the first on, are as they were written."""
    if not frames:
        return 0
    heads = masked_crcs([frame.head[:8] for frame in frames])
    contents = masked_crcs([frame.content for frame in frames])
    said = np.array([_HEAD.unpack(frame.head)[1] for frame in frames], np.uint32)
    right = (heads == said) & (contents == np.array([frame.foot for frame in frames], np.uint32))
    return len(frames) if right.all() else int(np.argmin(right))
