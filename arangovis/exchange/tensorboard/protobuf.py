"""Messages in protobuf's wire form, as far as event files need it: fields one after another, by their numbers."""

import struct
from collections.abc import Iterator

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
_DOUBLE, _FLOAT = struct.Struct("<d"), struct.Struct("<f")


class Malformed(Exception):
    """The bytes are no message."""


def fields(data: bytes) -> Iterator[tuple[int, int, int | bytes]]:
    """Yield number, wire type and raw value of each field; of a fixed one its bytes.

    Raises:
        Malformed: the message ends in the midst of a field, or has a field of a type that nobody writes.

    """
    place, end = 0, len(data)
    while place < end:
        key, place = _varint(data, place)
        kind = key & 7
        value: int | bytes
        if kind == VARINT:
            value, place = _varint(data, place)
        else:
            size, place = _varint(data, place) if kind == BYTES else (_sizes(kind), place)
            value = data[place : place + size]
            place += size
            if place > end:
                raise Malformed("it ends in the midst of a field")
        yield key >> 3, kind, value


def double(value: int | bytes) -> float:
    """Return the number of a field of 64 bits."""
    return float(_DOUBLE.unpack(_of_size(value, 8))[0])


def single(value: int | bytes) -> float:
    """Return the number of a field of 32 bits."""
    return float(_FLOAT.unpack(_of_size(value, 4))[0])


def signed(value: int | bytes) -> int:
    """Return the number of a varint of 64 bits with a sign."""
    number = whole(value)
    return number - (1 << 64) if number >= 1 << 63 else number


def whole(value: int | bytes) -> int:
    """Return the number of a varint."""
    if isinstance(value, int):
        return value
    raise Malformed("a number is not written as one")


def message(value: int | bytes) -> bytes:
    """Return the bytes of a field that holds a message, a text or bytes."""
    if isinstance(value, bytes):
        return value
    raise Malformed("a number stands where a message is due")


def text(value: int | bytes) -> str:
    """Return a text; what is not UTF-8 in it is replaced."""
    return message(value).decode("utf-8", "replace")


def varints(value: int | bytes) -> Iterator[int]:
    """Yield the numbers of a repeated field, packed or alone."""
    if isinstance(value, int):
        yield value
        return
    place = 0
    while place < len(value):
        number, place = _varint(value, place)
        yield number


def _varint(data: bytes, place: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        if place >= len(data) or shift > 63:
            raise Malformed("a number has no end")
        byte = data[place]
        number |= (byte & 0x7F) << shift
        place += 1
        if byte < 0x80:
            return number & 0xFFFFFFFFFFFFFFFF, place
        shift += 7


def _sizes(kind: int) -> int:
    if kind == FIXED64:
        return 8
    if kind == FIXED32:
        return 4
    raise Malformed(f"a field is of wire type {kind}")


def _of_size(value: int | bytes, size: int) -> bytes:
    if isinstance(value, bytes) and len(value) == size:
        return value
    raise Malformed(f"a number does not have {8 * size} bits")
