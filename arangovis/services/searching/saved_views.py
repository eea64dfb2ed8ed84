"""Saved views: addresses of the page with a name, kept for a team. A change is a new version of the same node.

What is kept is where a reader was and nothing that was seen there, so opening one shows what is there now, and only
what the one who opens it may see.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from arangovis.domain.errors import AlreadyExists, Fault, InvalidInput, NotFound
from arangovis.domain.graph import Caller, EdgeId, Node, Page
from arangovis.domain.ids import NodeId, time_ordered_id
from arangovis.domain.json import Document, exact
from arangovis.domain.ordering import Order
from arangovis.domain.search import EVERYTHING, Comparison, Operator, Search
from arangovis.domain.views import optional_text, text
from arangovis.services.catalogue.names import Registered, check_name, project_id, project_key, project_names
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Draft, Transaction
from arangovis_schema import Field, FieldType, KeyRule, VertexKind

ADDRESS_LENGTH_MAX = 7500
"""Characters; the server takes request lines of 8190 bytes, and a proxy may add a path."""
NAMES = "saved_view"
"""The namespace of the names, each behind the key of its project."""
_ADDRESS = re.compile(r"([a-z][a-z-]{0,31})(\?[!-\"$-~]*)?")

SAVED_VIEW = VertexKind(
    "saved_view",
    "A view of the page that people open by its name.",
    KeyRule.TIME_ORDERED,
    (
        Field("name", FieldType.TEXT, "The name people know it by.", required=True, searchable=True),
        Field("description", FieldType.TEXT, "What it shows."),
        Field("owner", FieldType.TEXT, "Who saved it first.", required=True, searchable=True),
        Field("view", FieldType.TEXT, "Which view of the page it is, such as live.", required=True, searchable=True),
        Field("address", FieldType.TEXT, "The view and its query, as they stand behind /ui/.", required=True),
    ),
    custom=True,
)
"""Declared when the first one is saved, by the way that users' own kinds go."""


@dataclass(frozen=True, slots=True)
class SavedView:
    """A saved view as it stands: `version` counts its changes from 1. Times are microseconds since 1970."""

    node: NodeId
    project: str | None
    """The name of its project, or the key of one that was deleted; None if it is shared with everybody."""
    name: str
    description: str | None
    view: str
    address: str
    """The view and its query, such as `live?run=run/1`: it stands behind `/ui/`."""
    owner: str
    version: int
    changed: int
    changed_by: str


@dataclass(frozen=True, slots=True)
class ViewWanted:
    """A view to save."""

    name: str
    address: str
    project: str | None = None
    """The name of a project; None shares it with everybody."""
    description: str | None = None


@dataclass(frozen=True, slots=True)
class ViewChange:
    """What is to be otherwise about a saved view; None is as it was."""

    name: str | None = None
    address: str | None = None
    description: str | None = None


class SavedViews:
    """The saved views of projects, and those that are shared by all."""

    def __init__(self, store: GraphStore) -> None:
        self._store = store

    def save(self, wanted: ViewWanted, caller: Caller) -> Registered:
        """Save a view under a name, or a new version of the one of this name. The same again changes nothing.

        Raises:
            InvalidInput: the name or the address is not valid.
            NotFound: there is no such project.

        """
        check_name("name", wanted.name)
        facts: Document = {"name": wanted.name, **_where(wanted.address), **_said(wanted.description)}
        return self._store.transact(lambda transaction: _save(transaction, wanted, facts, caller), caller)

    def page(
        self, *, project: str | None = None, view: str | None = None, limit: int = 100, cursor: str | None = None
    ) -> Page[SavedView]:
        """Return a page of saved views by name: those of a project or all that may be seen, of one view or any.

        Raises:
            InvalidInput: the cursor or the limit is not valid.
            NotFound: there is no such project.

        """
        home = project_key(self._store, project)
        if SAVED_VIEW.name not in self._store.schema().vertices:
            return Page(())
        where = EVERYTHING if view is None else Comparison("view", Operator.EQUAL, view)
        found = self._store.search(Search(SAVED_VIEW.name, where, home, limit, cursor, Order("name")))
        return Page(self._shown(found.items), found.next_cursor)

    def get(self, node: NodeId) -> SavedView:
        """Return a saved view as it stands.

        Raises:
            NotFound: there is none with this id, or none any more.

        """
        found = self._store.find(node) if node.kind == SAVED_VIEW.name else None
        if found is None or found.version.deleted:
            raise _missing(node)
        return self._shown((found,))[0]

    def change(self, node: NodeId, change: ViewChange, caller: Caller) -> SavedView:
        """Give a saved view another name, address or description; it keeps its id, so links to it go on working.

        Raises:
            AlreadyExists: its project has another view of this name.
            InvalidInput: the name or the address is not valid.
            NotFound: there is no such view.

        """
        if change.name is not None:
            check_name("name", change.name)
        where = {} if change.address is None else _where(change.address)
        facts: Document = {**where, **_said(change.description)}

        def action(transaction: Transaction) -> None:
            draft = _draft(transaction, node)
            named = {} if change.name is None else _rename(transaction, draft, change.name)
            transaction.update(node, {**draft.attributes, **facts, **named})

        self._store.transact(action, caller)
        return self.get(node)

    def delete(self, node: NodeId, caller: Caller) -> None:
        """Delete a saved view and free its name; its versions are kept.

        Raises:
            NotFound: there is no such view.

        """

        def action(transaction: Transaction) -> None:
            draft = _draft(transaction, node)
            transaction.release(NAMES, _reserved_name(draft.project, text(draft.attributes, "name")))
            transaction.delete(node, force=True)

        self._store.transact(action, caller)

    def _shown(self, nodes: Iterable[Node]) -> Sequence[SavedView]:
        views = tuple(nodes)
        names = project_names(self._store, (node.project for node in views))
        return [_saved(node, None if node.project is None else names[node.project]) for node in views]


def _save(transaction: Transaction, wanted: ViewWanted, facts: Document, caller: Caller) -> Registered:
    transaction.declare_vertex_kind(SAVED_VIEW)
    # Who may write in one project only means that one.
    key = transaction.scope.home if wanted.project is None else project_id(transaction, wanted.project).key
    fresh = time_ordered_id(SAVED_VIEW.name, transaction.now)
    node = _take_name(transaction, key, wanted.name, fresh)
    if node == fresh:
        transaction.create_new(node, key, {**facts, "owner": caller.actor})
        if key is not None:
            transaction.link(EdgeId("contains", NodeId("project", key), node))
        return Registered(node, created=True)
    present = _draft(transaction, node).attributes
    changed: Document = {**present, **facts}
    if exact(changed) != exact(present):
        transaction.update(node, changed)
    return Registered(node, created=False)


def _take_name(transaction: Transaction, project: str | None, name: str, node: NodeId) -> NodeId:
    """Take a name for a view and return who has it now; one that was deleted as any node can be has it no more."""
    reserved = _reserved_name(project, name)
    holder = transaction.reserve(NAMES, reserved, node)
    if transaction.find(holder) is not None or holder == node:
        return holder
    transaction.move_reservation(NAMES, reserved, node)
    return node


def _rename(transaction: Transaction, draft: Draft, name: str) -> Document:
    before = _reserved_name(draft.project, text(draft.attributes, "name"))
    if _take_name(transaction, draft.project, name, draft.id) != draft.id:
        raise AlreadyExists(f"there is another view called {name[:80]!r}")
    if before != _reserved_name(draft.project, name) and transaction.reserved(NAMES, before) == draft.id:
        transaction.release(NAMES, before)
    return {"name": name}


def _reserved_name(project: str | None, name: str) -> str:
    return f"{project or ''}/{name}"


def _where(address: str) -> Document:
    found = _ADDRESS.fullmatch(address)
    if found is None or len(address) > ADDRESS_LENGTH_MAX:
        right = f"a view and its query, such as live?run=run/1, in {ADDRESS_LENGTH_MAX} characters at most"
        raise InvalidInput.of(Fault("address", f"{address[:80]!r} is not {right}"))
    return {"view": found[1], "address": address}


def _said(description: str | None) -> Document:
    return {} if description is None else {"description": description}


def _draft(transaction: Transaction, node: NodeId) -> Draft:
    draft = transaction.find(node) if node.kind == SAVED_VIEW.name else None
    if draft is None:
        raise _missing(node)
    return draft


def _saved(node: Node, project: str | None) -> SavedView:
    said, version = node.attributes, node.version
    return SavedView(
        node=node.id,
        project=project,
        name=text(said, "name"),
        description=optional_text(said, "description"),
        view=text(said, "view"),
        address=text(said, "address"),
        owner=text(said, "owner"),
        version=version.number,
        changed=version.valid_from,
        changed_by=version.actor,
    )


def _missing(node: NodeId) -> NotFound:
    return NotFound(f"there is no {node}")
