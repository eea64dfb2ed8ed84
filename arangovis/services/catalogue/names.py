"""Names: what one may be, whose it is, and what happens when something is registered under it again.

The id of a project is made of its first name. One that was renamed is found by a reservation of its new name, so
the usual look-up stays one read.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from arangovis.domain.errors import AlreadyExists, Conflict, Fault, InvalidInput, NotFound
from arangovis.domain.graph import Node
from arangovis.domain.ids import NodeId, named_id
from arangovis.domain.json import Document, canonical
from arangovis.domain.search import PROJECT, Comparison, Filter, Not, Operator, Present
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction

NAME_LENGTH_MAX = 256
PROJECT_NAMES = "project"
"""The namespace of projects that are called otherwise than at first."""


@dataclass(frozen=True, slots=True)
class Registered:
    """What a registration answers: the node, and whether it is new. A repeat answers the same node."""

    node: NodeId
    created: bool


class _Attributed(Protocol):
    @property
    def attributes(self) -> Document:
        """What is said of it."""


def check_name(field: str, name: str) -> None:
    """Refuse a name that is empty, too long, or has control characters.

    Raises:
        InvalidInput: it names the field.

    """
    if not name.strip() or len(name) > NAME_LENGTH_MAX or not name.isprintable():
        problem = f"{name[:80]!r} is not 1 to {NAME_LENGTH_MAX} printable characters"
        raise InvalidInput.of(Fault(field, problem))


def ensure_facts(transaction: Transaction, node: NodeId, project: str | None, facts: Document) -> bool:
    """Create the node, or find these facts there; what was said of it beside them since does not matter.

    Returns:
        Whether it was created.

    Raises:
        AlreadyExists: one of the facts is another there.

    """
    present = transaction.find(node)
    if present is None:
        transaction.create(node, project, facts)
        return True
    other = [name for name, fact in facts.items() if not _equal(present.attributes.get(name), fact)]
    if other or present.project != project:
        raise AlreadyExists(f"{node} exists already with other content: {', '.join(other) or 'project'}")
    return False


def project_id(transaction: Transaction, name: str) -> NodeId:
    """Return the node of a project that something is to be put into.

    Raises:
        NotFound: there is none of this name.
        Conflict: it is archived.

    """
    node_id = named_id("project", None, name)
    draft = transaction.find(node_id)
    if draft is None or not _is_called(draft, name):
        moved = transaction.reserved(PROJECT_NAMES, name)
        draft = None if moved is None else transaction.find(moved)
    if draft is None:
        raise NotFound(f"there is no project {name[:80]!r}")
    if draft.attributes.get("archived"):
        raise Conflict(f"project {name!r} is archived: it takes nothing new")
    return draft.id


def free_project_id(transaction: Transaction, name: str) -> NodeId:
    """Return the id of the project of this name, whether there is one or not."""
    node_id = named_id("project", None, name)
    draft = transaction.find(node_id)
    if draft is not None and _is_called(draft, name):
        return node_id
    held = transaction.reserved(PROJECT_NAMES, name)
    if held is not None or draft is None:
        return held or node_id
    # the project that was made under this name is called otherwise now
    number = transaction.next_number(f"projects called {name}")
    return transaction.reserve(PROJECT_NAMES, name, named_id("project", None, name, str(number)))


def find_project(store: GraphStore, name: str) -> Node:
    """Return a project, archived or not.

    Raises:
        NotFound: there is none of this name.

    """
    node = store.find(named_id("project", None, name))
    if node is None or node.version.deleted or not _is_called(node, name):
        moved = store.reserved(PROJECT_NAMES, name)
        node = None if moved is None else store.find(moved)
    if node is None or node.version.deleted:
        raise NotFound(f"there is no project {name[:80]!r}")
    return node


def project_key(store: GraphStore, name: str | None) -> str | None:
    """Return the key of a project, or None for none.

    Raises:
        NotFound: there is none of this name.

    """
    return None if name is None else find_project(store, name).id.key


def project_names(store: GraphStore, keys: Iterable[str | None]) -> Mapping[str, str]:
    """Return the names of the projects of these keys; of one that was deleted, which has none any more, its key."""
    wanted = sorted({key for key in keys if key is not None})
    found = store.get_many([NodeId("project", key) for key in wanted])
    return {node.id.key: str(node.attributes.get("name", node.id.key)) for node in found.values()}


def home_of(project: str | None) -> Filter:
    """Return the condition that a node is of the project of this key; None is no project, rather than any."""
    return Not(Present(PROJECT)) if project is None else Comparison(PROJECT, Operator.EQUAL, project)


def _is_called(project: _Attributed, name: str) -> bool:
    return project.attributes.get("name") == name


def _equal(left: object, right: object) -> bool:
    return canonical([left]) == canonical([right])  # type: ignore[list-item]  # both are of documents
