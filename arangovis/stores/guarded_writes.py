"""What an action wrote, held against the scope that it ran in, before any of it is stored."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from arangovis.domain.access import OF_ADMINS, Role, Scope
from arangovis.domain.errors import Forbidden, NotFound
from arangovis.domain.ids import NodeId
from arangovis.domain.json import EMPTY, JsonValue
from arangovis.stores.transaction import Transaction

_NAMING = {"artifact": "digest", "dataset": "selection"}
"""By kind of node, which attribute has its bytes read."""
_REFERENCE = re.compile(r"[a-z][a-z0-9_]*/(?:[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\Z")
"""An id as services write it; its key is a hash or a UUID."""
_READING = frozenset(("reader",))
"""Kinds of records that reading leaves behind."""


def check_writes(transaction: Transaction, names: Callable[[str], bool]) -> None:
    """Refuse an action that wrote what its scope may not.

    Args:
        transaction: the action, after it ran.
        names: whether a file that the scope sees has the bytes of a digest.

    Raises:
        Forbidden: it may only read, or not write there, or what runs the service is for admins.
        NotFound: it wrote over a node that it may not see.

    """
    scope, writes = transaction.scope, transaction.writes
    if not scope.role.includes(Role.WRITE):
        if writes.touches_graph or any(kind not in _READING for kind, _ in writes.records):
            raise Forbidden("this token may only read")
        return
    _check_kinds(transaction, scope)
    if scope.projects is None:
        return
    _check_nodes(transaction, scope)
    _check_edges(transaction, scope)
    _check_references(transaction, scope)
    _check_names(transaction, scope)
    _check_bytes(transaction, names)


def _check_kinds(transaction: Transaction, scope: Scope) -> None:
    """Keep what runs the service from those who may write data, whichever verb they write it with."""
    kind = next((node.kind for node in transaction.writes.nodes if node.kind in OF_ADMINS), None)
    if kind is not None and not scope.role.includes(Role.ADMIN):
        raise Forbidden(f"a {kind} is written by those of the role admin; yours is {scope.role.value}")


def _check_nodes(transaction: Transaction, scope: Scope) -> None:
    before = transaction.stored(transaction.writes.nodes)
    for node_id, draft in transaction.writes.nodes.items():
        present = before.get(node_id)
        if present is not None and not scope.sees(node_id, present.project):
            raise NotFound(f"there is no {node_id}")
        if not scope.changes(node_id, draft.project):
            raise _elsewhere(node_id, draft.project)


def _check_edges(transaction: Transaction, scope: Scope) -> None:
    """Let edges join what one may read to what one may write, nothing else."""
    edges = transaction.writes.edges
    ends = transaction.all_found(end for edge in edges for end in (edge.source, edge.target))
    for edge in edges:
        both = [ends[end] for end in (edge.source, edge.target) if end in ends]
        hidden = next((end.id for end in both if not scope.sees(end.id, end.project)), None)
        if hidden is not None:
            raise NotFound(f"there is no {hidden}")
        if not any(scope.changes(end.id, end.project) for end in both):
            raise _elsewhere(edge.target, ends[edge.target].project if edge.target in ends else None)


def _check_references(transaction: Transaction, scope: Scope) -> None:
    """Let attributes name nodes that one may read, as edges may: workers follow them, and see everything."""
    before = transaction.stored(transaction.writes.nodes)
    named: dict[NodeId, None] = {}
    for node_id, draft in transaction.writes.nodes.items():
        present = before.get(node_id)
        known = EMPTY if present is None else present.attributes
        changed = (value for name, value in draft.attributes.items() if known.get(name) != value)
        named.update(dict.fromkeys(_references(tuple(changed))))
    for found in transaction.all_found(named).values():
        if not scope.sees(found.id, found.project):
            raise NotFound(f"there is no {found.id}")


def _references(value: JsonValue) -> Iterator[NodeId]:
    """Yield what is written as the id of a node in a value, however deep."""
    if isinstance(value, str):
        if _REFERENCE.match(value):
            yield NodeId.parse(value)
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, Sequence):
        for inner in value:
            yield from _references(inner)


def _check_names(transaction: Transaction, scope: Scope) -> None:
    """Let names be taken away only from nodes that one may write."""
    names = [key for kind, key in transaction.writes.records if kind == "reservation"]
    before = {key: record for key in names if (record := transaction.stored_record("reservation", key)) is not None}
    holders = {key: NodeId.parse(str(record.data["node"])) for key, record in before.items()}
    nodes = transaction.all_found(holders.values())
    for key, holder in holders.items():
        now = transaction.writes.records["reservation", key]
        if now is not None and now.data["node"] == str(holder):
            continue
        if holder in nodes and not scope.changes(holder, nodes[holder].project):
            raise Forbidden("the name is that of something that this token may not write")


def _check_bytes(transaction: Transaction, names: Callable[[str], bool]) -> None:
    """Let files have bytes that came with them, or that one may read already: a digest alone opens nothing.

    The same holds for what says which rows a sample has.
    """
    files = {node_id: draft for node_id, draft in transaction.writes.nodes.items() if node_id.kind in _NAMING}
    before = transaction.stored(files)
    for node_id, draft in files.items():
        attribute = _NAMING[node_id.kind]
        digest, present = draft.attributes.get(attribute), before.get(node_id)
        if not isinstance(digest, str) or digest in transaction.brought:
            continue
        if present is not None and present.attributes.get(attribute) == digest:
            continue
        if transaction.stored_record("blob", digest) is not None and not names(digest):
            raise Forbidden("the bytes of this digest are stored and not yours to name: upload the file")


def _elsewhere(node_id: NodeId, project: str | None) -> Forbidden:
    if project is None and node_id.kind != "project":
        return Forbidden("this token writes to its projects only, and what is of no project is shared: name a project")
    return Forbidden(f"this token may not write {node_id}")
