"""Nodes and links of any kind: made, changed, deleted by their ids. What has a verb of its own is made by that."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from arangovis.domain.errors import Conflict, Fault, InUse, InvalidInput, NotFound
from arangovis.domain.graph import Caller, Direction, EdgeId, Walk
from arangovis.domain.ids import NodeId, named_id, time_ordered_id
from arangovis.domain.json import EMPTY, Document
from arangovis.domain.runs import RunState
from arangovis.domain.search import Search
from arangovis.services.catalogue.names import Registered, check_name, ensure_facts, project_id
from arangovis.stores.base import DEPTH_MAX, NODE_LIMIT_MAX, GraphStore
from arangovis.stores.transaction import DEPENDANTS_SHOWN_MAX, Transaction
from arangovis_schema import BUILT_IN, LINEAGE_EDGE_KINDS

LINKED = "linked"
USERS_FIELDS = ("description", "tags", "attributes")
"""What may be changed of a node that has a verb of its own: the rest is written by that."""
OF_SERVICES = frozenset(("alias", "gate", "saved_search", "saved_view"))
"""Kinds that a service declares as users do, and writes by verbs of its own; those of admins are kept from writers."""
_ORDERED = (*LINEAGE_EDGE_KINDS, "succeeded_by")


@dataclass(frozen=True, slots=True)
class NewNode:
    """A node of a user's kind to make. With a name it is made once; with neither name nor key, at every call."""

    kind: str
    project: str | None = None
    name: str | None = None
    key: str | None = None
    attributes: Document = field(default_factory=lambda: EMPTY)


@dataclass(frozen=True, slots=True)
class NodeLink:
    """A link that was asked for, and whether it is new."""

    kind: str
    source: NodeId
    target: NodeId
    label: str
    created: bool


class Entities:
    """Nodes and links by their ids."""

    def __init__(self, store: GraphStore) -> None:
        self._store = store

    # --- nodes ------------------------------------------------------------------------------------------------

    def create(self, wanted: NewNode, caller: Caller) -> Registered:
        """Make a node of a kind that a user declared; the same again under one name or key is the same node.

        Raises:
            InvalidInput: the kind has a verb of its own or is not declared, or an attribute does not fit.
            NotFound: there is no such project.
            AlreadyExists: there is other content under this name or key.

        """
        if _has_verb(wanted.kind):
            raise InvalidInput.of(Fault("kind", f"a {wanted.kind} is made by a verb of its own"))
        if wanted.name is not None:
            check_name("name", wanted.name)
        return self._store.transact(lambda tx: _create(tx, wanted), caller)

    def update(self, node: NodeId, changes: Document, caller: Caller) -> bool:
        """Change attributes of a node: those given, null removes one. Return whether anything changed.

        Raises:
            NotFound: it does not exist.
            InvalidInput: it has a verb of its own, and this is none of description, tags, attributes; or it does
                not fit.

        """
        if _has_verb(node.kind):
            fixed = [name for name in changes if name not in USERS_FIELDS]
            if fixed:
                problem = f"is not changed here; of a {node.kind} that is {', '.join(USERS_FIELDS)}"
                raise InvalidInput.of(*(Fault(name, problem) for name in fixed))

        def action(transaction: Transaction) -> bool:
            before = transaction.get(node)
            after = {**before.attributes, **changes}
            told = {name: value for name, value in after.items() if value is not None}
            return transaction.update(node, told) is not before

        return self._store.transact(action, caller)

    def delete(self, node: NodeId, caller: Caller, *, force: bool = False) -> None:
        """Delete a node; a tombstone and its history stay.

        Raises:
            NotFound: it does not exist.
            InUse: live nodes depend on it, and `force` is false; a project is in use while anything is in it.
            Conflict: it is a run that is open.

        """
        if node.kind == "project" and not force:
            self._check_empty(node)
        self._store.transact(lambda tx: _delete(tx, node, force=force), caller)

    def _check_empty(self, project: NodeId) -> None:
        inside = [
            str(found.id)
            for kind in self._store.schema().vertices
            for found in self._store.search(Search(kind, project=project.key, limit=10)).items
            if found.id != project
        ]
        if inside:
            raise InUse(f"{project} is in use by {', '.join(inside[:5])}", tuple(inside[:DEPENDANTS_SHOWN_MAX]))

    # --- links ------------------------------------------------------------------------------------------------

    def link(self, edge: EdgeId, caller: Caller, attributes: Document = EMPTY) -> NodeLink:
        """Link two nodes; the same link again changes nothing.

        Raises:
            NotFound: ends do not exist; both are named.
            InvalidInput: the kind is not declared or does not join these, an end is linked to itself, or an
                attribute does not fit.
            Conflict: what flows or follows in one direction would go in a circle.

        """
        if edge.source == edge.target:
            raise InvalidInput.of(Fault("to", f"{edge.target} is linked to itself"))
        self._check_circle(edge)

        def action(transaction: Transaction) -> NodeLink:
            transaction.edge_kind(edge.kind)
            found = transaction.find_many((edge.source, edge.target))
            missing = [str(end) for end in (edge.source, edge.target) if end not in found]
            if missing:
                raise NotFound(f"there is no {', '.join(missing)}")
            return _linked(edge, created=transaction.link(edge, attributes))

        return self._store.transact(action, caller)

    def unlink(self, edge: EdgeId, caller: Caller) -> None:
        """Take a link away; it stays readable as of before.

        Raises:
            NotFound: there is no such link.

        """
        self._store.transact(lambda tx: tx.unlink(edge), caller)

    def _check_circle(self, edge: EdgeId) -> None:
        declared = self._store.schema().edges
        kind = declared.get(edge.kind)
        if kind is None or not (kind.lineage or edge.kind in _ORDERED):
            return
        followed = {name for name, one in declared.items() if one.lineage} if kind.lineage else {edge.kind}
        walk = Walk((edge.target,), Direction.DOWNSTREAM, frozenset(followed), DEPTH_MAX, NODE_LIMIT_MAX)
        if any(visit.node.id == edge.source for visit in self._store.walk(walk).visits):
            raise Conflict(f"{edge.kind} from {edge.source} to {edge.target} would go in a circle")


def _has_verb(kind: str) -> bool:
    return kind in BUILT_IN.vertices or kind in OF_SERVICES


def _create(transaction: Transaction, wanted: NewNode) -> Registered:
    transaction.vertex_kind(wanted.kind)
    home = None if wanted.project is None else project_id(transaction, wanted.project).key
    named: Mapping[str, str] = {} if wanted.name is None else {"name": wanted.name}
    attributes = {**wanted.attributes, **named}
    if wanted.key is not None:
        node = NodeId.of(wanted.kind, wanted.key)
    elif wanted.name is not None:
        node = named_id(wanted.kind, home, wanted.name)
    else:
        node = time_ordered_id(wanted.kind, transaction.now)
    created = ensure_facts(transaction, node, home, attributes)
    if wanted.project is not None and home is not None:
        transaction.link(EdgeId("contains", NodeId("project", home), node))
    return Registered(node, created)


def _delete(transaction: Transaction, node: NodeId, *, force: bool) -> None:
    present = transaction.get(node)
    if node.kind == "run" and RunState(str(present.attributes["state"])).is_open:
        raise Conflict(f"{node} is open; cancel or end it first")
    transaction.delete(node, force=force)


def _linked(edge: EdgeId, *, created: bool) -> NodeLink:
    return NodeLink(edge.kind, edge.source, edge.target, edge.role, created)
