"""What was given for one field, taken as it is: broadcasting and conversion come when it is sent."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from arangovis.client.columns import tensors
from arangovis.client.columns.kinds import (
    BOOL,
    FLOAT,
    INT,
    TEXT,
    TIMESTAMP,
    dtype_kind,
    exact_float,
    plain_kind,
    refused,
    utc_microseconds,
)

_TEXT_BYTES = 60
Host = npt.NDArray[np.generic]


@dataclass(frozen=True, slots=True)
class Part:
    """The values of one field in one call: an array of this machine, or a tensor that is still on its device."""

    kind: str
    shape: tuple[int, ...]
    values: Any

    @property
    def nbytes(self) -> int:
        """How many bytes wait with it, about."""
        if self.kind == TEXT:
            return sum(_TEXT_BYTES + len(text) for text in self.values.reshape(-1))
        return math.prod(self.shape) * 8


def part_of(field: str, value: object, *, copy: bool = True) -> Part:
    """Take a value: a number, text, truth value or time, or any nesting, array or tensor of one of these.

    Args:
        field: its name, for errors.
        value: what was given.
        copy: keep a copy, so that the caller may change the array afterwards.

    Raises:
        InvalidInput: it is None, of no kind that is stored, a mixture of kinds, or outside what the kind can hold.

    """
    if value is None:
        raise refused(field, "is None; leave the field out, or give NaN")
    tensor = tensors.taken(field, value, copy=copy)
    if tensor is not None:
        return Part(*tensor)
    array = _array(field, value)
    if array.dtype == object:
        kind, array = _of_objects(field, array)
    else:
        found = dtype_kind(array.dtype)
        if found is None:
            raise refused(field, f"is an array of {array.dtype}, which is of no kind that can be stored")
        kind, array = found, _sound(field, array, copy=copy)
    return Part(kind, array.shape, array)


def as_float(field: str, part: Part) -> Part:
    """Return whole numbers as the floats that are equal to them.

    Raises:
        InvalidInput: a number has no equal float.

    """
    array = tensors.on_host([part.values])
    floats = array.astype(np.float64)
    different = np.abs(array) > 2**53
    for value in array[different]:
        exact_float(field, int(value))
    return Part(FLOAT, part.shape, floats.reshape(part.shape))


def common_shape(parts: Mapping[str, Part]) -> tuple[int, ...]:
    """Return the shape to which all broadcast.

    Raises:
        InvalidInput: there is none; the error names each field and its shape.

    """
    try:
        return np.broadcast_shapes(*(part.shape for part in parts.values()))
    except ValueError as error:
        shapes = ", ".join(f"{name} {_shown(part.shape)}" for name, part in parts.items())
        raise refused("fields", f"do not broadcast to one shape: {shapes}") from error


def _shown(shape: tuple[int, ...]) -> str:
    return "()" if not shape else f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})"


def _array(field: str, value: object) -> Host:
    """Return a numpy array; sequences become arrays of objects, so that each value can be looked at."""
    if isinstance(value, np.ma.MaskedArray):
        if np.ma.is_masked(value):
            raise refused(field, "has masked values; leave them out, or fill them with NaN")
        return np.asarray(value)
    if isinstance(value, np.ndarray | np.generic):
        return np.asarray(value)
    if isinstance(value, str | int | float | bool | datetime):
        return _object_array(value)
    if isinstance(value, list | tuple | range):
        return _object_array(list(value))
    return _foreign(field, value)


def _foreign(field: str, value: object) -> Host:
    try:
        if hasattr(value, "__array__"):
            return np.asarray(value)
        if hasattr(value, "__dlpack__"):
            return np.from_dlpack(value)
    except (TypeError, ValueError, RuntimeError, BufferError) as error:
        raise refused(field, f"is a {type(value).__name__} that cannot be read as an array") from error
    raise refused(field, f"is a {type(value).__name__}, which is no number, text, truth value, time or array of them")


def _object_array(value: object) -> Host:
    try:
        return np.array(value, dtype=object)
    except ValueError:  # lists in it differ in length
        return np.array([None, *(value if isinstance(value, list) else [])], dtype=object)[1:]


def _of_objects(field: str, array: Host) -> tuple[str, Host]:
    """Return the kind and the typed array of plain values."""
    flat = array.reshape(-1).tolist()
    kinds = {_kind_of(field, given) for given in set(map(type, flat))}
    if kinds == {INT, FLOAT}:
        floats = [value if plain_kind(type(value)) == FLOAT else exact_float(field, value) for value in flat]
        return FLOAT, np.array(floats, dtype=np.float64).reshape(array.shape)
    if len(kinds) > 1:
        raise refused(field, f"is a mixture of {' and '.join(sorted(kinds))}")
    kind = kinds.pop() if kinds else FLOAT
    return kind, _typed(field, kind, flat).reshape(array.shape)


def _kind_of(field: str, given: type) -> str:
    if issubclass(given, datetime):
        return TIMESTAMP
    kind = plain_kind(given) or next((k for base, k in _BASES if issubclass(given, base)), None)
    if kind is None:
        what = _HINTS.get(given, f"a {given.__name__}, which is of no kind that can be stored")
        raise refused(field, f"holds {what}")
    return kind


_HINTS = {type(None): "None; leave the row out, or give NaN", list: "lists of different lengths"}
_BASES = ((bool, BOOL), (int, INT), (float, FLOAT), (str, TEXT))


def _typed(field: str, kind: str, flat: Iterable[Any]) -> Host:
    if kind == TEXT:
        return np.array([str(text) for text in flat], dtype=object)
    if kind == TIMESTAMP:
        return np.array([utc_microseconds(time) for time in flat], dtype="datetime64[us]")
    try:
        return np.array(list(flat), dtype={INT: np.int64, FLOAT: np.float64, BOOL: np.bool_}[kind])
    except OverflowError as error:
        raise refused(field, "has a whole number that does not fit in 64 bits") from error


def _sound(field: str, array: Host, *, copy: bool) -> Host:
    """Return an array of a dtype that is stored: int64, float32, float64, bool, datetime64[us] or objects (texts)."""
    kind = array.dtype.kind
    if kind in "iu":
        if array.dtype == np.uint64 and array.size and int(array.max()) > np.iinfo(np.int64).max:
            raise refused(field, f"{array.max()} does not fit in 64 bits")
        return array.astype(np.int64, copy=copy)
    if kind == "U":
        return array.astype(object)
    if kind == "M":
        return _microseconds(field, array)
    wanted = array.dtype if kind == "b" or array.dtype in (np.float32, np.float64) else np.dtype(np.float32)
    return array.astype(wanted.newbyteorder("="), copy=copy)


def _microseconds(field: str, array: Host) -> Host:
    if np.isnat(array).any():
        raise refused(field, "has a time that is none (NaT)")
    times = array.astype("datetime64[us]")
    if not np.array_equal(times.astype(array.dtype), array):
        raise refused(field, "has times finer than a microsecond")
    return times
