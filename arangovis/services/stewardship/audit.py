"""Who did what to a node, when, in which request: its versions, those of its edges, and what was done with it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from arangovis.domain.errors import Fault, InvalidInput, NotFound
from arangovis.domain.graph import Edge, EdgeId, Node, Version
from arangovis.domain.ids import NodeId
from arangovis.domain.json import EMPTY, Document, canonical
from arangovis.domain.views import optional_text
from arangovis.services.lineage.bulk import live_nodes
from arangovis.stores.base import SCAN_LIMIT_MAX, GraphStore

ENTRIES_DEFAULT, ENTRIES_MAX = 1000, 10_000
_DEEDS = (("export", "exported"), ("gate", "decided"), ("verify", "verified"), ("erase", "erased"))
"""What a run that read the node did, by a word in its method; any other read it."""


@dataclass(frozen=True, slots=True)
class AuditChange:
    """An attribute before and after, any JSON values; None where it was not there."""

    name: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One thing that happened.

    `deed` is created, changed, deleted or restored for the node itself; linked, relinked or unlinked for an edge, where
    `other` is the node at its other end, `edge` its kind and `role` its role; and for an edge to a run that did
    something with the node what that was: read, exported, decided, verified, or deployed.
    """

    at: int
    actor: str
    request_id: str
    action_id: str
    deed: str
    edge: str | None
    role: str | None
    other: NodeId | None
    method: str | None
    changes: tuple[AuditChange, ...]


@dataclass(frozen=True, slots=True)
class AuditTrail:
    """What happened to a node, newest first. To read on, ask as of a time before the last entry."""

    node: NodeId
    entries: tuple[AuditEntry, ...]
    partial_reasons: tuple[str, ...]


class Audit:
    """Answers who did what."""

    def __init__(self, store: GraphStore) -> None:
        self._store = store

    def trail(self, node_id: NodeId, *, at: int | None = None, limit: int = ENTRIES_DEFAULT) -> AuditTrail:
        """Return what happened to a node.

        Args:
            node_id: the node, deleted or not.
            at: until this time (microseconds since 1970), or None for everything.
            limit: so many entries, and those beside them that are of the same time as the last.

        Raises:
            NotFound: it never existed, or not yet at that time.
            InvalidInput: the limit is out of range.

        """
        if not 1 <= limit <= ENTRIES_MAX:
            raise InvalidInput.of(Fault("limit", f"{limit} is not between 1 and {ENTRIES_MAX}"))
        versions = [node for node in self._store.history(node_id) if at is None or node.version.valid_from <= at]
        if not versions:
            raise NotFound(f"there is no {node_id}")
        read = self._store.edge_history(node_id, limit=SCAN_LIMIT_MAX)
        edges = [edge for edge in read if at is None or edge.version.valid_from <= at]
        entries = [*_of_node(versions), *self._of_edges(node_id, edges)]
        entries.sort(key=lambda entry: entry.at, reverse=True)
        shown = _page(entries, limit)
        cut = {"edges": len(read) >= SCAN_LIMIT_MAX, "limit": len(shown) < len(entries)}
        return AuditTrail(node_id, shown, tuple(reason for reason, is_so in cut.items() if is_so))

    def _of_edges(self, node_id: NodeId, edges: Sequence[Edge]) -> Iterator[AuditEntry]:
        runs = live_nodes(self._store, (edge.id.target for edge in edges if edge.id.kind == "input_to"))
        for edge_id, versions in groupby(sorted(edges, key=_order), key=lambda edge: edge.id):
            before: Edge | None = None
            for edge in versions:
                yield _of_edge(node_id, edge_id, (before, edge), runs)
                before = edge


def _page(entries: Sequence[AuditEntry], limit: int) -> tuple[AuditEntry, ...]:
    """Return the first entries, and all of the last one's time: who reads on asks as of a time before that."""
    end = min(limit, len(entries))
    while end < len(entries) and entries[end].at == entries[end - 1].at:
        end += 1
    return tuple(entries[:end])


def _order(edge: Edge) -> tuple[EdgeId, int]:
    return edge.id, edge.version.number


def _of_node(versions: Sequence[Node]) -> Iterator[AuditEntry]:
    before: Node | None = None
    for node in versions:
        deed = "deleted" if node.version.deleted else "created"
        changes: tuple[AuditChange, ...] = ()
        if before is not None and deed == "created":
            deed = "restored" if before.version.deleted else "changed"
            changes = () if before.version.deleted else tuple(field_changes(before.attributes, node.attributes))
        yield _entry(node.version, deed, changes=changes)
        before = node


def _of_edge(
    node_id: NodeId, edge_id: EdgeId, versions: tuple[Edge | None, Edge], runs: Mapping[NodeId, Node]
) -> AuditEntry:
    before, edge = versions
    leaves = edge_id.source == node_id
    other = edge_id.target if leaves else edge_id.source
    method = optional_text(runs[other].attributes, "method") if leaves and other in runs else None
    changes: tuple[AuditChange, ...] = ()
    if edge.version.deleted:
        deed = "unlinked"
    elif before is not None and not before.version.deleted:
        deed, changes = "relinked", tuple(field_changes(before.attributes, edge.attributes))
    else:
        deed = _deed(edge_id, method, leaves=leaves)
    return _entry(edge.version, deed, edge=edge_id, other=other, method=method, changes=changes)


def _deed(edge_id: EdgeId, method: str | None, *, leaves: bool) -> str:
    if leaves and edge_id.kind == "deployed_as":
        return "deployed"
    if not leaves or edge_id.kind != "input_to":
        return "linked"
    return next((deed for word, deed in _DEEDS if word in (method or "")), "read")


def _entry(
    version: Version,
    deed: str,
    *,
    edge: EdgeId | None = None,
    other: NodeId | None = None,
    method: str | None = None,
    changes: tuple[AuditChange, ...] = (),
) -> AuditEntry:
    return AuditEntry(
        at=version.valid_from,
        actor=version.actor,
        request_id=version.request_id,
        action_id=version.action_id,
        deed=deed,
        edge=None if edge is None else edge.kind,
        role=None if edge is None else edge.role,
        other=other,
        method=method,
        changes=changes,
    )


def field_changes(before: Document, after: Document) -> Iterator[AuditChange]:
    """Yield the attributes that differ, those of a mapping one by one as `params.alpha`."""
    for name in sorted({*before, *after}):
        old, new = before.get(name), after.get(name)
        if isinstance(old, Mapping | None) and isinstance(new, Mapping | None):
            inner = field_changes(old or EMPTY, new or EMPTY)
            yield from (AuditChange(f"{name}.{change.name}", change.before, change.after) for change in inner)
        elif canonical(old) != canonical(new):
            yield AuditChange(name, old, new)
