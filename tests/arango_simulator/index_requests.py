"""Indexes as a request describes them (pages "HTTP interface for persistent, TTL, inverted indexes")."""

import itertools
from collections.abc import Mapping
from typing import Any

from tests.arango_simulator.collection import Collection
from tests.arango_simulator.errors import error, not_implemented
from tests.arango_simulator.indexes import IndexDefinition, PersistentIndex, TtlIndex

STORED_VALUES_MAX = 32
_COMMON = {"type", "name", "fields", "inBackground"}
_KNOWN = {
    "persistent": {"unique", "sparse", "deduplicate", "estimates", "cacheEnabled", "storedValues"},
    "ttl": {"expireAfter"},
    "inverted": {
        "analyzer", "cache", "cleanupIntervalStep", "commitIntervalMsec", "consolidationIntervalMsec",
        "consolidationPolicy", "features", "includeAllFields", "optimizeTopK", "parallelism", "primaryKeyCache",
        "primarySort", "searchField", "storedValues", "trackListPositions", "writebufferActive", "writebufferIdle",
        "writebufferSizeMax",
    },
}  # fmt: skip
_numbers = itertools.count(100)


def definition_of(body: Mapping[str, Any]) -> IndexDefinition:
    """Return the index that a request asks for; 10 if it is described wrongly, 501 for what is not simulated."""
    kind = body.get("type")
    if kind not in _KNOWN:
        raise not_implemented(f"indexes of type {kind!r}")
    unknown = body.keys() - _KNOWN[kind] - _COMMON
    if unknown:
        raise not_implemented(f"{', '.join(sorted(unknown))} of {kind} indexes")
    number = str(next(_numbers))
    name = body.get("name") or f"idx_{number}"
    fields = _fields(body, kind)
    return IndexDefinition(number, name, kind, fields, **_FLAGS[kind](body, fields))


def _fields(body: Mapping[str, Any], kind: str) -> tuple[str, ...]:
    fields = body.get("fields")
    if not isinstance(fields, list) or not fields:
        raise error(10, "fields must be an array of at least one attribute")
    names = [field.get("name") if kind == "inverted" and isinstance(field, dict) else field for field in fields]
    if not all(isinstance(name, str) and name for name in names) or len(set(names)) < len(names):
        raise error(10, "fields must be different attribute names")
    if kind != "inverted" and any(str(name).split(".")[-1] == "_id" for name in names):
        raise error(10, "_id cannot be indexed, at no level")
    return tuple(str(name) for name in names)


def _persistent(body: Mapping[str, Any], fields: tuple[str, ...]) -> dict[str, Any]:
    if not body.get("deduplicate", True):
        raise not_implemented("deduplicate: false of persistent indexes")
    more = {"deduplicate": True, "estimates": bool(body.get("estimates", True))}
    more["cacheEnabled"] = bool(body.get("cacheEnabled", False))
    if body.get("storedValues"):
        more["storedValues"] = _stored(body["storedValues"], fields)
    return {"unique": bool(body.get("unique", False)), "sparse": bool(body.get("sparse", False)), "more": more}


def _stored(values: Any, fields: tuple[str, ...]) -> Any:
    good = isinstance(values, list) and all(isinstance(value, str) for value in values)
    if not good or len(values) > STORED_VALUES_MAX or set(values) & {*fields, "_id"}:
        raise error(10, "storedValues must be up to 32 attributes that are not indexed already")
    return list(values)


def _ttl(body: Mapping[str, Any], fields: tuple[str, ...]) -> dict[str, Any]:
    after = body.get("expireAfter")
    if len(fields) != 1 or isinstance(after, bool) or not isinstance(after, int | float) or after < 0:
        raise error(10, "a ttl index has one field, and expireAfter of 0 or more")
    return {"sparse": True, "more": {"expireAfter": after, "estimates": False}}


def _inverted(body: Mapping[str, Any], _fields: tuple[str, ...]) -> dict[str, Any]:
    more = {name: value for name, value in body.items() if name not in ("type", "name", "inBackground")}
    return {"sparse": True, "more": more}


_FLAGS = {"persistent": _persistent, "ttl": _ttl, "inverted": _inverted}


def build(collection: Collection, definition: IndexDefinition) -> None:
    """Create an index; 1210 if it is unique and the documents are not. An inverted one is listed and never used."""
    if definition.type == "inverted":
        collection.described_only[definition.id] = definition
    elif definition.type == "ttl":
        if collection.ttl is not None:
            raise error(10, "there can only be one ttl index per collection")
        collection.add_index(TtlIndex(definition))
    else:
        collection.add_index(PersistentIndex(definition))
