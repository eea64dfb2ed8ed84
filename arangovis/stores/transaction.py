"""What an action may do: read, and buffer writes that are flushed together.

A backend subclasses `Transaction` with five reads; buffering, reading one's own writes, reservations, sequences,
validation and the refusal of edges to nothing are the same everywhere.
"""

from abc import abstractmethod
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from arangovis.domain.access import OPEN
from arangovis.domain.errors import AlreadyExists, Conflict, Fault, Gone, InUse, InvalidInput, NotFound
from arangovis.domain.graph import Action, Direction, EdgeId
from arangovis.domain.ids import NodeId
from arangovis.domain.json import EMPTY, Document, canonical, digest_of
from arangovis.stores.bookkeeping import Bookkeeping, record_key
from arangovis.stores.drafts import Draft, EdgeDraft, WriteSet
from arangovis_schema import LINEAGE_EDGE_KINDS, KeyRule
from arangovis_schema.declarations import edge_kind_of
from arangovis_schema.validation import faults_of

T = TypeVar("T")

DEPENDANTS_SHOWN_MAX = 100
DEPENDANTS_READ_MAX = 1000
"""So many edges of a node are looked at first: one that leads to a live node is enough to keep it."""


class Transaction(Bookkeeping):
    """One action's view of the store."""

    def __init__(self, now: int) -> None:
        super().__init__(now)
        self._seen: dict[NodeId, Draft] = {}
        self._created: set[NodeId] = set()
        self.stamp: tuple[int, str] | None = None
        """The time and the id that its writes get, if they are not new ones."""
        self.scope = OPEN
        """Who acts: nodes out of reach are as if they were not there, see `arangovis.stores.guarded`."""
        self.brought: set[str] = set()
        """Digests of bytes that the action came with: naming others is no claim to read them."""

    # --- what a backend gives ---------------------------------------------------------------------------------

    @abstractmethod
    def _read_nodes(self, ids: Sequence[NodeId]) -> dict[NodeId, Draft]:
        """Return the current state, tombstones included, of the nodes that exist."""

    @abstractmethod
    def _read_edges(
        self, node_id: NodeId, direction: Direction, kinds: Sequence[str] | None, *, limit: int | None = None
    ) -> Sequence[EdgeDraft]:
        """Return the current, not deleted edges at a node: any `limit` of them, or all of them."""

    @abstractmethod
    def _read_edge(self, edge_id: EdgeId) -> EdgeDraft | None:
        """Return the current state of an edge, deleted or not."""

    def attempt(self, part: Callable[[], T]) -> T:
        """Do a part of the action; if it raises, its writes are forgotten and the rest of the action may go on."""
        writes, created = self.writes, set(self._created)
        self.writes = WriteSet(dict(writes.nodes), dict(writes.edges), dict(writes.records))
        try:
            return part()
        except BaseException:
            self.writes, self._created = writes, created
            raise

    # --- nodes ------------------------------------------------------------------------------------------------

    def find_many(self, ids: Iterable[NodeId]) -> dict[NodeId, Draft]:
        """Return the nodes that exist, tombstones included, as the action sees them."""
        found = self.all_found(ids)
        if self.scope.projects is None:
            return found
        return {node_id: draft for node_id, draft in found.items() if self.scope.sees(node_id, draft.project)}

    def all_found(self, ids: Iterable[NodeId]) -> dict[NodeId, Draft]:
        """Return the nodes that exist, also those that the action may not see."""
        found: dict[NodeId, Draft] = {}
        unseen: dict[NodeId, None] = {}
        for node_id in ids:
            draft = self.writes.nodes.get(node_id) or self._seen.get(node_id)
            if draft is None:
                unseen[node_id] = None
            else:
                found[node_id] = draft
        if unseen:
            read = self._read_nodes(tuple(unseen))
            self._seen |= read
            found |= read
        return found

    def stored(self, ids: Iterable[NodeId]) -> dict[NodeId, Draft]:
        """Return the nodes as they were before this action, tombstones included, whoever may see them."""
        wanted = tuple(ids)
        unseen = tuple(node_id for node_id in wanted if node_id not in self._seen)
        if unseen:
            self._seen |= self._read_nodes(unseen)
        return {node_id: self._seen[node_id] for node_id in wanted if node_id in self._seen}

    def find(self, node_id: NodeId) -> Draft | None:
        """Return a live node, or None if it does not exist or is deleted."""
        draft = self.find_many((node_id,)).get(node_id)
        return None if draft is None or draft.deleted else draft

    def get(self, node_id: NodeId) -> Draft:
        """Return a live node.

        Raises:
            NotFound: it never existed.
            Gone: it was deleted.

        """
        draft = self.find_many((node_id,)).get(node_id)
        if draft is None:
            raise NotFound(f"there is no {node_id}")
        if draft.deleted:
            raise Gone(f"{node_id} was deleted")
        return draft

    def create(self, node_id: NodeId, project: str | None, attributes: Document) -> Draft:
        """Write a new node, or a new version over its tombstone.

        Raises:
            AlreadyExists: it is there.
            InvalidInput: the kind is unknown or the attributes do not fit its declaration.

        """
        present = self.find_many((node_id,)).get(node_id)
        if present is None:
            return self.create_new(node_id, project, attributes)
        if not present.deleted:
            raise AlreadyExists(f"{node_id} exists already")
        return self._put(Draft(node_id, self._home(node_id, project), attributes))

    def create_new(self, node_id: NodeId, project: str | None, attributes: Document) -> Draft:
        """Write a node whose id was just made from random bits: `create` without the look-up."""
        self._created.add(node_id)
        return self._put(Draft(node_id, self._home(node_id, project), attributes))

    def _home(self, node_id: NodeId, project: str | None) -> str | None:
        """Return the project of a new node: the only one of who acts, where none was named and its id is not of it."""
        if project is not None or self.scope.home is None:
            return project
        return self.scope.home if self.vertex_kind(node_id.kind).key_rule is KeyRule.TIME_ORDERED else None

    def ensure(self, node_id: NodeId, project: str | None, attributes: Document) -> bool:
        """Create the node, or find the same content there. Return whether it was created.

        Raises:
            AlreadyExists: there is other content under this id.
            InvalidInput: as `create`.

        """
        present = self.find(node_id)
        if present is None:
            self.create(node_id, project, attributes)
            return True
        if present.project != project or canonical(present.attributes) != canonical(attributes):
            raise AlreadyExists(f"{node_id} exists already with other content")
        return False

    def update(self, node_id: NodeId, attributes: Document) -> Draft:
        """Write a new version with all its attributes; equal attributes write nothing.

        Raises:
            NotFound: it does not exist.
            InvalidInput: as `create`.

        """
        present = self.get(node_id)
        if canonical(present.attributes) == canonical(attributes):
            return present
        return self._put(Draft(node_id, present.project, attributes))

    def delete(self, node_id: NodeId, *, force: bool = False) -> None:
        """Leave a tombstone: a version with the content's hash. Its edges stay, so lineage still shows it.

        Raises:
            NotFound: it does not exist.
            InUse: live nodes depend on it and `force` is false.

        """
        present = self.get(node_id)
        dependants = () if force else self._dependants(node_id)
        if dependants:
            raise InUse(f"{node_id} is in use by {', '.join(dependants[:5])}", dependants)
        tombstone: Document = {"content_digest": digest_of(present.attributes)}
        self.writes.nodes[node_id] = Draft(node_id, present.project, tombstone, deleted=True)

    def _dependants(self, node_id: NodeId) -> tuple[str, ...]:
        declared = (edge_kind_of(record.data) for record in self.records("kind", "edge"))
        kinds = (*LINEAGE_EDGE_KINDS, "contains", *(kind.name for kind in declared if kind.lineage))
        some = self._read_edges(node_id, Direction.DOWNSTREAM, kinds, limit=DEPENDANTS_READ_MAX)
        live = self._live_targets(node_id, kinds, some)
        if not live and len(some) >= DEPENDANTS_READ_MAX:
            live = self._live_targets(node_id, kinds, self._read_edges(node_id, Direction.DOWNSTREAM, kinds))
        return tuple(sorted(live))[:DEPENDANTS_SHOWN_MAX]

    def _live_targets(self, node_id: NodeId, kinds: Sequence[str], read: Sequence[EdgeDraft]) -> list[str]:
        edges = self._with_own(read, node_id, Direction.DOWNSTREAM, kinds)
        ends = self.all_found(edge.id.target for edge in edges if edge.id.target != node_id)
        return [str(end.id) for end in ends.values() if not end.deleted]

    def _put(self, draft: Draft) -> Draft:
        kind = self.vertex_kind(draft.id.kind)
        faults = faults_of(kind.fields, draft.attributes, open_fields=kind.custom)
        if faults:
            raise InvalidInput.of(*(Fault(name, problem) for name, problem in faults))
        self.writes.nodes[draft.id] = draft
        return draft

    # --- copying ----------------------------------------------------------------------------------------------

    def replay(self, action: Action) -> None:
        """Write what an action of another store wrote, unchecked but for what would break this one.

        Raises:
            Conflict: it changes a node that is not here, or an edge of it ends at one.
            InvalidInput: a kind is not declared.

        """
        for kind in {node.id.kind for node in action.nodes}:
            self.vertex_kind(kind, retired=True)
        for kind in {edge.id.kind for edge in action.edges}:
            self.edge_kind(kind, retired=True)
        made = {node.id for node in action.nodes if node.version.number == 1}
        needed = {end for edge in action.edges for end in (edge.id.source, edge.id.target)}
        needed = (needed | {node.id for node in action.nodes}) - made
        if missing := needed - self.find_many(sorted(needed)).keys():
            raise Conflict(f"an action of time {action.time} needs {min(missing)}, which is not there")
        self.stamp = action.time, action.action_id
        self._created |= made
        for node in action.nodes:
            self.writes.nodes[node.id] = Draft(node.id, node.project, node.attributes, node.version.deleted)
        for edge in action.edges:
            if edge.version.number > 1:
                self._read_edge(edge.id)
            self.writes.edges[edge.id] = EdgeDraft(edge.id, edge.attributes, edge.version.deleted)

    # --- edges ------------------------------------------------------------------------------------------------

    def edges_of(
        self, node_id: NodeId, direction: Direction, kinds: Sequence[str] | None = None
    ) -> tuple[EdgeDraft, ...]:
        """Return the live edges at a node as the action sees them, all of them."""
        edges = self._with_own(self._read_edges(node_id, direction, kinds), node_id, direction, kinds)
        if self.scope.projects is None:
            return edges
        seen = self.find_many(end for edge in edges for end in (edge.id.source, edge.id.target))
        return tuple(edge for edge in edges if edge.id.source in seen and edge.id.target in seen)

    def _with_own(
        self, read: Sequence[EdgeDraft], node_id: NodeId, direction: Direction, kinds: Sequence[str] | None
    ) -> tuple[EdgeDraft, ...]:
        found = {edge.id: edge for edge in read}
        own = {i: edge for i, edge in self.writes.edges.items() if _touches(i, node_id, direction, kinds)}
        return tuple(edge for edge in (found | own).values() if not edge.deleted)

    def link(self, edge_id: EdgeId, attributes: Document = EMPTY) -> bool:
        """Write an edge. Return whether anything changed: the same edge with the same attributes writes nothing.

        Raises:
            NotFound: an end does not exist.
            Gone: an end was deleted.
            InvalidInput: the kind is unknown, does not join these kinds, or the attributes do not fit.

        """
        self._check_edge(edge_id, attributes)
        ends = (edge_id.source, edge_id.target)
        found = self.find_many(ends)
        for end in ends:
            draft = found.get(end)
            if draft is None:
                raise NotFound(f"there is no {end}")
            if draft.deleted:
                raise Gone(f"{end} was deleted")
        present = self._find_edge(edge_id)
        if present and not present.deleted and canonical(present.attributes) == canonical(attributes):
            return False
        self.writes.edges[edge_id] = EdgeDraft(edge_id, attributes)
        return True

    def _find_edge(self, edge_id: EdgeId) -> EdgeDraft | None:
        if edge_id in self.writes.edges:
            return self.writes.edges[edge_id]
        if edge_id.source in self._created or edge_id.target in self._created:
            return None  # an end is as new as this action, so the store cannot know the edge
        return self._read_edge(edge_id)

    def unlink(self, edge_id: EdgeId) -> None:
        """Delete an edge; its earlier versions stay readable with `at`.

        Raises:
            NotFound: there is no such edge.

        """
        present = self._find_edge(edge_id)
        if present is None or present.deleted:
            raise NotFound(f"there is no edge {edge_id.kind} from {edge_id.source} to {edge_id.target}")
        self.writes.edges[edge_id] = EdgeDraft(edge_id, present.attributes, deleted=True)

    def _check_edge(self, edge_id: EdgeId, attributes: Document) -> None:
        kind = self.edge_kind(edge_id.kind)
        if not kind.accepts(edge_id.source.kind, edge_id.target.kind):
            problem = f"{kind.name} does not join {edge_id.source.kind} to {edge_id.target.kind}"
            raise InvalidInput.of(Fault("kind", problem))
        faults = faults_of(kind.fields, attributes, open_fields=kind.custom)
        if faults:
            raise InvalidInput.of(*(Fault(name, problem) for name, problem in faults))


def _touches(edge_id: EdgeId, node_id: NodeId, direction: Direction, kinds: Sequence[str] | None) -> bool:
    if kinds is not None and edge_id.kind not in kinds:
        return False
    leaves = edge_id.source == node_id and direction is not Direction.UPSTREAM
    enters = edge_id.target == node_id and direction is not Direction.DOWNSTREAM
    return leaves or enters


__all__ = ["Draft", "EdgeDraft", "Transaction", "WriteSet", "record_key"]
