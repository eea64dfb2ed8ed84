"""Nodes that operators set up by name, of a project or of none, each with a record beside it: schedules, webhooks.

A kind is declared with the first of its nodes, by the way that users' own kinds go. The record holds what has no
versions: what changes all the time, or must not be seen.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from arangovis.domain.errors import NotFound
from arangovis.domain.graph import EdgeId, Node, Record
from arangovis.domain.ids import NodeId, named_id
from arangovis.domain.json import Document
from arangovis.domain.search import PAGE_SIZE_MAX, Search
from arangovis.services.catalogue.names import project_id, project_key
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Draft, Transaction
from arangovis_schema import VertexKind


@dataclass(frozen=True, slots=True)
class Standing:
    """A kind of such nodes, and the kind of the records beside them, which have the keys of their nodes."""

    kind: VertexKind
    records: str

    def named(self, transaction: Transaction, project: str | None, name: str) -> "Named":
        """Return the place of what is called so, in a project (its name) or among those of none.

        Raises:
            NotFound: there is no such project.

        """
        transaction.declare_vertex_kind(self.kind)
        home = None if project is None else project_id(transaction, project)
        return Named(named_id(self.kind.name, None if home is None else home.key, name), home)

    def draft(self, transaction: Transaction, node: NodeId) -> Draft:
        """Return one inside an action.

        Raises:
            NotFound: there is none.

        """
        draft = transaction.find(node) if node.kind == self.kind.name else None
        if draft is None:
            raise NotFound(f"there is no {node}")
        return draft

    def remove(self, transaction: Transaction, node: NodeId) -> None:
        """Remove one with its record; a tombstone says who did.

        Raises:
            NotFound: there is none.

        """
        self.draft(transaction, node)
        transaction.delete(node, force=True)
        transaction.remove_record(self.records, node.key)

    def get(self, store: GraphStore, node: NodeId) -> tuple[Node, Record | None]:
        """Return one with its record.

        Raises:
            NotFound: there is none.

        """
        found = store.find(node) if node.kind == self.kind.name else None
        if found is None or found.version.deleted:
            raise NotFound(f"there is no {node}")
        return found, store.record(self.records, node.key)

    def all(self, store: GraphStore, project: str | None) -> Iterator[tuple[Node, Record | None]]:
        """Yield those of a project, or all, with their records.

        Raises:
            NotFound: there is no such project.

        """
        home = project_key(store, project)
        if self.kind.name in store.schema().vertices:
            for node in store.all_nodes(Search(self.kind.name, project=home, limit=PAGE_SIZE_MAX)):
                yield node, store.record(self.records, node.id.key)


@dataclass(frozen=True, slots=True)
class Named:
    """Where something of a name is, or will be: its node, and that of its project."""

    node: NodeId
    home: NodeId | None

    def create(self, transaction: Transaction, attributes: Document) -> None:
        """Make the node, in its project."""
        transaction.create(self.node, None if self.home is None else self.home.key, attributes)
        if self.home is not None:
            transaction.link(EdgeId("contains", self.home, self.node))
