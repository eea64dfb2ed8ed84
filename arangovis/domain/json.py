"""JSON as values: types, canonical bytes, digests, and a codec that keeps NaN and infinities.

Documents are stored with `encode`, which writes a non-finite number as `{"$number": "nan"}` so that the bytes
stay strict JSON; `decode` brings it back.
"""

import hashlib
import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeAlias, cast

import orjson

from arangovis.domain.errors import InvalidInput

Scalar: TypeAlias = str | int | float | bool | None
JsonValue: TypeAlias = "Scalar | list[JsonValue] | tuple[JsonValue, ...] | Mapping[str, JsonValue]"
Document: TypeAlias = Mapping[str, JsonValue]

EMPTY: Document = MappingProxyType({})

_NUMBER = "$number"


def encode(document: Document) -> bytes:
    """Return the document as strict JSON bytes.

    Raises:
        InvalidInput: a value is not JSON, or an integer does not fit 64 bits.

    """
    try:
        return orjson.dumps(_wrapped(document))
    except (TypeError, orjson.JSONEncodeError) as error:
        raise InvalidInput(f"not a JSON document: {error}") from error


def decode(data: bytes | str) -> Document:
    """Return the document that `encode` wrote."""
    loaded = orjson.loads(data)
    wrapped = b'"$number"' in data if isinstance(data, bytes) else '"$number"' in data
    return cast("Document", _unwrapped(loaded) if wrapped else loaded)


def canonical(value: JsonValue) -> bytes:
    """Return the one byte form of a JSON value: keys sorted, no spaces. Equal values give equal bytes.

    Whole floats are written as integers, so 15 and 15.0 are the same parameter.
    """
    return orjson.dumps(_normalised(value), option=orjson.OPT_SORT_KEYS)


def digest_of(value: JsonValue) -> str:
    """Return SHA-256 over the canonical form, 64 hex digits."""
    return hashlib.sha256(canonical(value)).hexdigest()


def _wrapped(value: object) -> object:
    if isinstance(value, float):
        return value if math.isfinite(value) else {_NUMBER: str(value)}
    if isinstance(value, Mapping):
        return {key: _wrapped(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_wrapped(item) for item in value]
    return value


def _unwrapped(value: object) -> object:
    if isinstance(value, dict):
        if value.keys() == {_NUMBER}:
            return float(value[_NUMBER])
        return {key: _unwrapped(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_unwrapped(item) for item in value]
    return value


def _normalised(value: object) -> object:
    if isinstance(value, float):
        if not math.isfinite(value):
            return {_NUMBER: str(value)}
        return int(value) if value.is_integer() and abs(value) < 2**53 else value
    if isinstance(value, Mapping):
        return {key: _normalised(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_normalised(item) for item in value]
    return value
