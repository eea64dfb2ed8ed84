"""JSON as values: types, canonical bytes, digests, and a codec that keeps NaN and infinities.

Documents are stored with `encode`, which writes a non-finite number as `{"$number": "nan"}` so that the bytes
stay strict JSON; `decode` brings it back. A mapping of that very shape is written as `{"$number": [value]}`.
"""

import hashlib
import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TypeAlias, cast

import orjson

from arangovis.domain.errors import InvalidInput

Scalar: TypeAlias = str | int | float | bool | None
JsonValue: TypeAlias = "Scalar | Sequence[JsonValue] | Mapping[str, JsonValue]"
Document: TypeAlias = Mapping[str, JsonValue]

EMPTY: Document = MappingProxyType({})

_NUMBER = "$number"
_STRICT = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME
"""What orjson would write of its own accord, though it is not JSON."""
_INTEGERS = range(-(2**63), 2**64)
"""What orjson can write."""


def encode(document: Document) -> bytes:
    """Return the document as strict JSON bytes.

    Raises:
        InvalidInput: a value is not JSON, an integer does not fit 64 bits, or it is nested too deep.

    """
    try:
        data = orjson.dumps(document, option=_STRICT, default=as_dict)
        # A number that is not finite comes out as null. Without one, nothing had to be wrapped.
        return orjson.dumps(_wrapped(document), option=_STRICT) if b"null" in data or b'"$number"' in data else data
    except (TypeError, RecursionError) as error:
        raise InvalidInput(f"not a JSON document: {error}") from error


def decode(data: bytes | str) -> Document:
    """Return the document that `encode` wrote."""
    loaded = orjson.loads(data)
    wrapped = b'"$number"' in data if isinstance(data, bytes) else '"$number"' in data
    return cast("Document", _unwrapped(loaded) if wrapped else loaded)


def decode_many(data: Sequence[bytes]) -> list[Document]:
    """Return the documents that `encode` wrote, in order; for many, much quicker than one by one."""
    whole = b"[" + b",".join(data) + b"]"
    loaded = orjson.loads(whole)
    return cast("list[Document]", [_unwrapped(item) for item in loaded] if b'"$number"' in whole else loaded)


def canonical(value: JsonValue) -> bytes:
    """Return the one byte form of a JSON value: keys sorted, no spaces. Equal values give equal bytes.

    Whole floats are written as integers, so 15 and 15.0 are the same parameter.

    Raises:
        InvalidInput: as `encode`.

    """
    try:
        return orjson.dumps(_normalised(value), option=_STRICT | orjson.OPT_SORT_KEYS)
    except (TypeError, RecursionError) as error:
        raise InvalidInput(f"not JSON: {error}") from error


def exact(document: Document) -> bytes:
    """Return one byte form of a document that keeps 15 and 15.0 apart: equal bytes mean the very same content.

    Raises:
        InvalidInput: as `encode`.

    """
    return orjson.dumps(orjson.loads(encode(document)), option=orjson.OPT_SORT_KEYS)


def digest_of(value: JsonValue) -> str:
    """Return SHA-256 over the canonical form, 64 hex digits."""
    return hashlib.sha256(canonical(value)).hexdigest()


def as_dict(value: object) -> object:
    """Help orjson (`default=`) with the read-only mappings that documents may be.

    Raises:
        TypeError: it is anything else.

    """
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is not a JSON type")


def _wrapped(value: object) -> object:
    if isinstance(value, float):
        return value if math.isfinite(value) else {_NUMBER: str(value)}
    if isinstance(value, Mapping):
        return _escaped({key: _wrapped(item) for key, item in value.items()})
    if isinstance(value, list | tuple):
        return [_wrapped(item) for item in value]
    return value


def _unwrapped(value: object) -> object:
    if isinstance(value, dict):
        if value.keys() == {_NUMBER}:
            inner = value[_NUMBER]
            return {_NUMBER: _unwrapped(inner[0])} if isinstance(inner, list) else float(inner)
        return {key: _unwrapped(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_unwrapped(item) for item in value]
    return value


def _normalised(value: object) -> object:
    if isinstance(value, float):
        if not math.isfinite(value):
            return {_NUMBER: str(value)}
        return int(value) if value.is_integer() and int(value) in _INTEGERS else value
    if isinstance(value, Mapping):
        return _escaped({key: _normalised(item) for key, item in value.items()})
    if isinstance(value, list | tuple):
        return [_normalised(item) for item in value]
    return value


def _escaped(mapping: dict[str, object]) -> dict[str, object]:
    """Keep a mapping that looks like a wrapped number apart from one."""
    return {_NUMBER: [mapping[_NUMBER]]} if len(mapping) == 1 and _NUMBER in mapping else mapping
