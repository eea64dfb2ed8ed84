"""Documents of the collections: from values, and back.

Attributes are kept as JSON, so that people can ask for them in AQL. Where JSON would not bring a value back as it was
(a number that is not finite, a float that is whole, an integer beyond 53 bits), `exact` keeps the whole document as
the text that `arangovis.domain.json.encode` writes.
"""

import math
from collections.abc import Mapping
from typing import Any, TypeAlias

import orjson

from arangovis.domain.graph import Caller, Edge, EdgeId, Node, Record, Version
from arangovis.domain.json import Document, decode, encode
from arangovis.stores.arango.places import digest_of_node, edge_place, node_id_of, node_place, record_place
from arangovis.stores.arango.properties import Stored
from arangovis.stores.arango.sortable import TEXT_END, integer_key, integer_of_key, text_key
from arangovis.stores.drafts import Draft, EdgeDraft

Row: TypeAlias = dict[str, Any]

FOREVER = 2**53 - 1
"""The end of what has not ended, later than every time: the largest integer that every client reads exactly."""

NOW = FOREVER - 1
"""As of this time a store is as it is."""

_INTEGER_MAX = 2**53
_DEPTH_MAX = 64
"""Deeper documents are kept as text only, since the server limits how deep JSON may be nested."""


def moment(at: int | None) -> int:
    """Return the time that a question is asked of."""
    return NOW if at is None else min(at, NOW)


def stored(document: Document) -> Row:
    """Return the two attributes that keep a document.

    Raises:
        InvalidInput: it is not JSON.

    """
    text = encode(document)
    if _survives(document, 0):
        return {"attributes": orjson.Fragment(text)}
    exact = text.decode()
    if _depth(document) > _DEPTH_MAX:
        return {"attributes": {}, "exact": exact}
    return {"attributes": orjson.Fragment(orjson.dumps(document, default=dict)), "exact": exact}


def loaded(row: Row) -> Document:
    """Return the document that `stored` kept."""
    exact = row.get("exact")
    return row["attributes"] if exact is None else decode(exact)


def _survives(value: object, depth: int) -> bool:
    if isinstance(value, float):
        return math.isfinite(value) and not value.is_integer()
    if isinstance(value, int):
        return -_INTEGER_MAX <= value <= _INTEGER_MAX
    if isinstance(value, Mapping):
        return depth < _DEPTH_MAX and all(_survives(member, depth + 1) for member in value.values())
    if isinstance(value, list | tuple):
        return depth < _DEPTH_MAX and all(_survives(member, depth + 1) for member in value)
    return True


def _depth(value: object) -> int:
    members = value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
    return 1 + max(map(_depth, members), default=0)


# --- nodes ----------------------------------------------------------------------------------------------------------


def node_row(draft: Draft, old: Row | None, properties: list[Stored]) -> Row:
    """Return a node's next version; the commit fills in what is null: when it is written, and so created."""
    return {
        "_key": node_place(draft.id).key,
        "id": str(node_place(draft.id)),
        "kind": draft.id.kind,
        "digest": digest_of_node(draft.id),
        "order": text_key(draft.id.key),
        "project": draft.project,
        "number": 1 if old is None else old["number"] + 1,
        "created": None if old is None else old["created"],
        "valid_from": None,
        "deleted": draft.deleted,
        **stored(draft.attributes),
        "properties": [{"name": name, "type": type_, "value": value} for name, type_, value in properties],
    }


def node_of(row: Row) -> Node:
    """Return the node of a row of its collection or of `node_version`."""
    return Node(node_id_of(row["id"]), row["project"], loaded(row), version_of(row), row["created"])


def draft_of(row: Row) -> Draft:
    """Return a node as an action sees it."""
    return Draft(node_id_of(row["id"]), row["project"], loaded(row), deleted=row["deleted"])


def version_of(row: Row) -> Version:
    """Return the version of a row."""
    return Version(
        row["number"],
        row["valid_from"],
        row.get("valid_to"),
        row["actor"],
        row["request_id"],
        row["action"],
        row["deleted"],
    )


def action_row(caller: Caller, action_id: str) -> Row:
    """Return what every version of an action carries."""
    return {"actor": caller.actor, "request_id": caller.request_id, "action": action_id}


# --- edges ----------------------------------------------------------------------------------------------------------


def edge_rows(draft: EdgeDraft, old: Row | None) -> list[Row]:
    """Return an edge's next version, and where it comes back to life a copy that keeps when it lived before.

    The edge is walked while `alive_from <= time < alive_to`; null is the time of the action.
    """
    source, target = (str(node_place(end)) for end in (draft.id.source, draft.id.target))
    key = edge_place(draft.id).key
    same: Row = {"edge": key, "kind": draft.id.kind, "role": draft.id.role, "source": source, "target": target}
    same |= {"_from": source, "_to": target}
    row: Row = {
        "_key": key,
        **same,
        "number": 1 if old is None else old["number"] + 1,
        "valid_from": None,
        "deleted": draft.deleted,
        **_life(draft, old),
        **stored(draft.attributes),
    }
    if old is None or not old["deleted"] or draft.deleted:
        return [row]
    lived = {name: old[name] for name in ("number", "valid_from", "deleted", "alive_from", "alive_to")}
    return [row, {"_key": f"{key}.{old['number']}", **same, **lived, "attributes": {}}]


def _life(draft: EdgeDraft, old: Row | None) -> Row:
    if old is None:
        return {"alive_from": None, "alive_to": None if draft.deleted else FOREVER}
    if old["deleted"]:
        return {name: old[name] if draft.deleted else new for name, new in _ALIVE.items()}
    return {"alive_from": old["alive_from"], "alive_to": None if draft.deleted else FOREVER}


_ALIVE = {"alive_from": None, "alive_to": FOREVER}


def edge_of(row: Row) -> Edge:
    """Return the edge of a row of its collection or of `edge_version`."""
    return Edge(edge_id_of(row), loaded(row), version_of(row))


def edge_draft_of(row: Row) -> EdgeDraft:
    """Return an edge as an action sees it."""
    return EdgeDraft(edge_id_of(row), loaded(row), deleted=row["deleted"])


def edge_id_of(row: Row) -> EdgeId:
    """Return the id of an edge's row."""
    return EdgeId(row["kind"], node_id_of(row["source"]), node_id_of(row["target"]), row["role"])


# --- records --------------------------------------------------------------------------------------------------------


def record_row(record: Record) -> Row:
    """Return a record's row. `place` sorts by (group, due, key).

    Raises:
        OverflowError: `due` does not fit 64 bits.

    """
    return {
        "_key": record_place(record.kind, record.key).key,
        "kind": record.kind,
        "key": record.key,
        "group": record.group,
        "due": record.due,
        "due_order": integer_key(record.due),
        "place": place_of(record),
        **stored(record.data),
    }


def record_of(row: Row) -> Record:
    """Return the record of a row."""
    return Record(row["kind"], row["key"], row["group"], integer_of_key(row["due_order"]), loaded(row))


def place_of(record: Record) -> str:
    """Return the place of a record among those of its kind."""
    return f"{text_key(record.group)}{TEXT_END}{integer_key(record.due)}{text_key(record.key)}"
