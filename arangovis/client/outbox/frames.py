"""Requests as frames in a file: each has a checksum, so what was cut or damaged is found and nothing else is lost.

A frame is a head (mark, CRC-32 of all that follows, three lengths), a header in JSON, a hollow body and the body.
"""

import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import BinaryIO

import orjson

FRAME_BYTES_MAX = 1 << 30
_MARK = b"AVq1"
_HEAD = struct.Struct("<4sIIII")
_CHECKED_FROM = 8
"""Where the part of the head begins that the checksum covers: the lengths."""


class Role(StrEnum):
    """What may become of a request when there is no room."""

    OPENING = "opening"
    """Never dropped, and first in the spool of a forked child: the begin of a run. Sending it again does no harm."""
    KEPT = "kept"
    """Never dropped: the end of a run, tags."""
    DATA = "data"
    """May be dropped: rows."""
    HOLLOW = "hollow"
    """It takes the place of what was dropped; never dropped, and nobody minds if it is refused."""


@dataclass(frozen=True, slots=True)
class Request:
    """An idempotent request to the service.

    `hollow` is the body that takes the place of `body` when this is dropped or refused; without it nothing does.
    """

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    body: bytes = field(default=b"", repr=False)
    role: Role = Role.DATA
    hollow: bytes = field(default=b"", repr=False)

    def hollowed(self) -> "Request | None":
        """Return what takes this request's place, if anything."""
        if not self.hollow:
            return None
        return Request(self.method, self.path, self.headers, self.hollow, Role.HOLLOW)


@dataclass(frozen=True, slots=True)
class Frame:
    """A request and where in the file its frame ends, in bytes."""

    request: Request
    end: int


def encoded(request: Request) -> bytes:
    """Return the frame of a request."""
    header = orjson.dumps([request.method, request.path, dict(request.headers), request.role.value])
    checked = _lengths(len(header), len(request.hollow), len(request.body))
    checksum = zlib.crc32(checked)
    for part in (header, request.hollow, request.body):
        checksum = zlib.crc32(part, checksum)
    head = _MARK + checksum.to_bytes(4, "little") + checked
    return b"".join((head, header, request.hollow, request.body))


def read_frame(file: BinaryIO, start: int) -> Frame | None:
    """Return the frame that begins at an offset, or None: the file ends there, or what is there is no whole frame."""
    file.seek(start)
    head = file.read(_HEAD.size)
    if len(head) < _HEAD.size:
        return None
    mark, checksum, *lengths = _HEAD.unpack(head)
    if mark != _MARK or sum(lengths) > FRAME_BYTES_MAX:
        return None
    content = file.read(sum(lengths))
    if len(content) < sum(lengths) or zlib.crc32(content, zlib.crc32(head[_CHECKED_FROM:])) != checksum:
        return None
    return Frame(_request(content, lengths[0], lengths[1]), start + _HEAD.size + len(content))


def read_frames(file: BinaryIO, start: int = 0) -> Iterator[Frame]:
    """Yield frames until the first that is not whole."""
    frame = read_frame(file, start)
    while frame is not None:
        yield frame
        frame = read_frame(file, frame.end)


def _lengths(header: int, hollow: int, body: int) -> bytes:
    return _HEAD.pack(_MARK, 0, header, hollow, body)[_CHECKED_FROM:]


def _request(content: bytes, header_bytes: int, hollow_bytes: int) -> Request:
    method, path, headers, role = orjson.loads(content[:header_bytes])
    body_at = header_bytes + hollow_bytes
    return Request(method, path, headers, content[body_at:], Role(role), content[header_bytes:body_at])
