"""Parameters and metrics as people have them at hand, as the plain values that a run keeps."""

import math
import os
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any

from arangovis.domain.errors import Fault, InvalidInput
from arangovis.domain.json import JsonValue

TEXT_LENGTH_MAX = 100_000


def flat_values(field: str, given: Mapping[str, Any]) -> dict[str, JsonValue]:
    """Return parameters or metrics as names and plain values; what is nested gets names with dots.

    Raises:
        InvalidInput: it names every value that is no text, number, boolean, path, or list of such.

    """
    if not isinstance(given, Mapping):
        raise InvalidInput.of(Fault(field, f"{type(given).__name__} is no mapping of names to values"))
    plain: dict[str, JsonValue] = {}
    faults = []
    for name, value in _flattened("", given):
        found = plain_value(value)
        if found is _NONE_SUCH:
            faults.append(Fault(f"{field}.{name}", f"{type(value).__name__} is no text, number or boolean"))
        else:
            plain[name] = found
    if faults:
        raise InvalidInput.of(*faults)
    return plain


def known_values(given: Mapping[str, Any]) -> dict[str, JsonValue]:
    """Return what of some values can be kept; the rest is left out."""
    found = {name: plain_value(value) for name, value in _flattened("", given)}
    return {name: value for name, value in found.items() if value is not _NONE_SUCH}


def plain_value(value: Any) -> Any:
    """Return a value as a scalar or a list of scalars; a mark of its own if it is none."""
    value = value.value if isinstance(value, Enum) else value
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, list | tuple):
        members = [_scalar(member) for member in value]
        return _NONE_SUCH if _NONE_SUCH in members else members
    return _scalar(value)


def _scalar(value: Any) -> Any:
    if isinstance(value, str):
        return value[:TEXT_LENGTH_MAX]
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else str(value)  # numpy.float64 is a float, but no JSON
    item = getattr(value, "item", None)
    if callable(item) and getattr(value, "ndim", 0) == 0:
        return _scalar(item())
    return _NONE_SUCH


def _flattened(prefix: str, given: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in given.items():
        if isinstance(value, Mapping):
            yield from _flattened(f"{prefix}{name}.", value)
        else:
            yield f"{prefix}{name}", value


class _NoneSuch:
    pass


_NONE_SUCH: Any = _NoneSuch()
