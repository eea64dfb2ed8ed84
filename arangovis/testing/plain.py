"""What stores answer, made comparable: NaN equals NaN, 1 differs from 1.0 and from true.

Times and action ids are left out, since two stores need not agree on them.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from arangovis.domain.graph import Edge, Node, Record, Version
from arangovis.domain.ids import NodeId
from arangovis.stores.transaction import Draft, EdgeDraft


def plain(value: object) -> object:
    """Return an answer in a form that `==` compares rightly."""
    match value:
        case Node():
            return value.id, value.project, plain(value.attributes), plain(value.version)
        case Edge():
            return value.id, plain(value.attributes), plain(value.version)
        case Version():
            return value.number, value.valid_to is None, value.actor, value.request_id, value.deleted
        case Record():
            return value.kind, value.key, value.group, value.due, plain(value.data)
        case Draft():
            return value.id, value.project, plain(value.attributes), value.deleted
        case EdgeDraft():
            return value.id, plain(value.attributes), value.deleted
        case Mapping():
            return {key: plain(member) for key, member in value.items()}
        case list() | tuple():
            return _members(value)
        case int() | float():
            return type(value).__name__, repr(value)
    return value


def nodes_by_id(nodes: Iterable[Node]) -> dict[NodeId, object]:
    """Return nodes in comparable form, in no particular order; check that none comes twice."""
    listed = list(nodes)
    by_id = {node.id: plain(node) for node in listed}
    assert len(by_id) == len(listed)
    return by_id


def edges_by_id(edges: Iterable[Edge]) -> dict[object, object]:
    """Return edges in comparable form, in no particular order; check that none comes twice."""
    listed = list(edges)
    by_id: dict[object, object] = {edge.id: plain(edge) for edge in listed}
    assert len(by_id) == len(listed)
    return by_id


def _members(value: list[Any] | tuple[Any, ...]) -> object:
    if value and all(isinstance(member, EdgeDraft) for member in value):
        return {member.id: plain(member) for member in value}
    return [plain(member) for member in value]
