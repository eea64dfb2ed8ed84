"""Rules of single documents: keys, system attributes, patches (pages "Documents", "Document keys")."""

import re
from collections.abc import Mapping
from typing import Any

from tests.arango_simulator.errors import error
from tests.arango_simulator.world import Document

KEY_BYTES_MAX = 254
_KEY = re.compile(r"[A-Za-z0-9_\-:.@()+,=;$!*'%]+")
_IDENTIFIER = re.compile(r"[^/\s]+/[A-Za-z0-9_\-:.@()+,=;$!*'%]{1,254}")
SYSTEM = frozenset(("_id", "_key", "_rev"))
EDGE_ENDS = ("_from", "_to")


def checked_key(key: object) -> str:
    """Return a document key; 1221 if it is none."""
    if not isinstance(key, str) or not _KEY.fullmatch(key) or len(key) > KEY_BYTES_MAX:
        raise error(1221)
    return key


def checked_document(document: object) -> Document:
    """Return a document; 1227 if it is no object."""
    if not isinstance(document, dict):
        raise error(1227, "expecting an object")
    return document


def check_edge(document: Mapping[str, Any]) -> None:
    """Raise 1233 unless both ends are document identifiers; that they exist is not checked."""
    for end in EDGE_ENDS:
        value = document.get(end)
        if not isinstance(value, str) or not _IDENTIFIER.fullmatch(value):
            raise error(1233)


def stored(collection: str, key: str, revision: str, body: Mapping[str, Any]) -> Document:
    """Return a document as it is stored: system attributes first."""
    document: Document = {"_key": key, "_id": f"{collection}/{key}", "_rev": revision}
    document.update((name, value) for name, value in body.items() if name not in SYSTEM)
    return document


def patched(
    old: Mapping[str, Any], patch: Mapping[str, Any], *, keep_null: bool, merge_objects: bool
) -> dict[str, Any]:
    """Return an object with a patch applied.

    Without `keep_null` a null removes the attribute, also in objects within, but not in objects within arrays.
    With `merge_objects` objects on both sides are merged at every level.
    """
    merged = dict(old)
    for name, value in patch.items():
        if value is None and not keep_null:
            merged.pop(name, None)
        elif isinstance(value, dict):
            below = merged.get(name) if merge_objects else None
            base = below if isinstance(below, dict) else {}
            merged[name] = patched(base, value, keep_null=keep_null, merge_objects=merge_objects)
        else:
            merged[name] = value
    return merged


def split_id(identifier: object) -> tuple[str, str]:
    """Return collection and key of a document identifier; 1205 if it is none."""
    if not isinstance(identifier, str) or not _IDENTIFIER.fullmatch(identifier):
        raise error(1205)
    collection, _, key = identifier.partition("/")
    return collection, key
