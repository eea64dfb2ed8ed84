"""Arrays and facts as bytes: an npz file without pickle, and a JSON member for the facts.

The same bundle always gives the same bytes, so that content addressing finds equal products: members are sorted,
stored uncompressed and carry a fixed date. `numpy.load(..., allow_pickle=False)` reads the arrays too.
"""

import io
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO, cast

import numpy as np
import numpy.typing as npt

from arangovis.domain.errors import IntegrityError, InvalidInput
from arangovis.domain.json import JsonValue, Scalar, decode, encode

__all__ = ["ArrayBundle", "from_bytes", "to_bytes"]

FORMAT = 1
FACTS_MEMBER = "facts.json"
_ARRAY_SUFFIX = ".npy"
_LENGTHS = struct.Struct("<HH")
"""In the header before a zip member, from LENGTHS_AT on: how long its name is and what else stands before its bytes."""
_LENGTHS_AT, _HEADER_BYTES = 26, 30
_DAMAGED = "the stored arrays are damaged"
_UNREADABLE = (
    *(zipfile.BadZipFile, OSError, EOFError, tokenize.TokenError),
    *(ValueError, TypeError, LookupError, AttributeError, OverflowError, MemoryError, RuntimeError),
)
"""What the readers of zip, JSON and npy raise when the bytes are something else: RuntimeError for encrypted ones."""


@dataclass(frozen=True, slots=True)
class ArrayBundle:
    """Arrays and facts that are stored together."""

    arrays: Mapping[str, npt.NDArray[np.generic]]
    facts: Mapping[str, Scalar]


def to_bytes(bundle: ArrayBundle) -> bytes:
    """Return the bundle as bytes.

    Raises:
        InvalidInput: an array holds Python objects, or a fact is not a JSON scalar.

    """
    names = sorted(bundle.arrays)
    header: dict[str, JsonValue] = {"arrays": list(names), "facts": _facts(bundle.facts), "format": FORMAT}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(_member(FACTS_MEMBER), encode(header))
        for name in names:
            archive.writestr(_member(name + _ARRAY_SUFFIX), _array_bytes(name, bundle.arrays[name]))
    return buffer.getvalue()


def from_bytes(data: bytes | memoryview) -> ArrayBundle:
    """Return the bundle that `to_bytes` wrote. The arrays are copied out of the bytes once, a little at a time.

    Raises:
        IntegrityError: the bytes are damaged or were not written by `to_bytes`.

    """
    import pyarrow as pa

    try:
        whole = memoryview(data)
        with zipfile.ZipFile(cast("BinaryIO", pa.BufferReader(whole))) as archive:
            return _read(archive, whole)
    except _UNREADABLE as error:
        raise IntegrityError(_DAMAGED) from error


def _read(archive: zipfile.ZipFile, whole: memoryview) -> ArrayBundle:
    # Only uncompressed members were written; a compressed one could unfold to any size.
    if any(member.compress_type != zipfile.ZIP_STORED for member in archive.infolist()):
        raise IntegrityError(_DAMAGED)
    header = decode(archive.read(FACTS_MEMBER))
    names = cast("list[str]", header["arrays"])
    if header["format"] != FORMAT or set(archive.namelist()) != {FACTS_MEMBER, *(n + _ARRAY_SUFFIX for n in names)}:
        raise IntegrityError(_DAMAGED)
    arrays = {name: _array(_stored(archive, whole, name + _ARRAY_SUFFIX)) for name in names}
    return ArrayBundle(arrays, dict(cast("Mapping[str, Scalar]", header["facts"])))


def _stored(archive: zipfile.ZipFile, whole: memoryview, name: str) -> memoryview:
    """Return the bytes of a member as they lie in the whole."""
    member = archive.getinfo(name)
    archive.open(member).close()  # what stands before the bytes is checked by this
    lengths = _LENGTHS.unpack_from(whole, member.header_offset + _LENGTHS_AT)
    start = member.header_offset + _HEADER_BYTES + sum(lengths)
    found = whole[start : start + member.file_size]
    if zlib.crc32(found) != member.CRC:
        raise IntegrityError(_DAMAGED)
    return found


def _facts(facts: Mapping[str, Scalar]) -> dict[str, Scalar]:
    for name, value in facts.items():
        if value is not None and not isinstance(value, str | int | float | bool):
            raise InvalidInput(f"the fact {name!r} is not text, a number, true, false or null")
    return dict(sorted(facts.items()))


def _member(name: str) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name)  # dated 1980-01-01
    member.create_system = 3
    return member


def _array_bytes(name: str, array: npt.NDArray[np.generic]) -> bytes:
    if array.dtype.hasobject:
        raise InvalidInput(f"the array {name!r} holds objects; only numbers, truth values and text can be stored")
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.asarray(array, order="C"), allow_pickle=False)
    return buffer.getvalue()


def _array(data: memoryview) -> npt.NDArray[np.generic]:
    import pyarrow as pa

    file = cast("BinaryIO", pa.BufferReader(data))  # reads bytes that lie in memory without copying all of them
    return cast("npt.NDArray[np.generic]", np.lib.format.read_array(file, allow_pickle=False))
