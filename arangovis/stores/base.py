"""The contract of a graph store.

A backend implements the abstract methods of `GraphStore` and gives its transactions the four reads of
`TransactionReads`. Everything else is derived here. `arangovis.testing.stores` checks a backend against all of it.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import ClassVar, TypeVar

from arangovis.domain.errors import Fault, InvalidInput, NotFound
from arangovis.domain.facets import Facets
from arangovis.domain.graph import Action, Caller, Direction, Edge, EdgeId, Lineage, Node, Page, Record, Walk
from arangovis.domain.ids import NodeId
from arangovis.domain.search import Search
from arangovis.stores.frozen import FrozenStore
from arangovis.stores.transaction import Transaction, record_key
from arangovis_schema import BUILT_IN, Schema
from arangovis_schema.declarations import edge_kind_of, vertex_kind_of

T = TypeVar("T")

DEPTH_MAX = 1000
NODE_LIMIT_MAX = 100_000
SCAN_LIMIT_MAX = 10_000
EDGE_PAGE_MAX = 1000


class GraphStore(ABC):
    """Versioned vertices and edges, and unversioned records, with one way to write.

    All methods may be called from any thread. Every read answers from one consistent state of the store and
    never shows a part of an action. Reads raise StoreUnavailable if the store does not answer.
    """

    actions_take_turns: ClassVar[bool] = True
    """Whether an action waits for its turn among writers even if it writes nothing; then it pays to look first."""

    # --- life -------------------------------------------------------------------------------------------------

    @abstractmethod
    def migrate(self) -> int:
        """Bring an empty or older store to SCHEMA_VERSION and return that version. Repeating it changes nothing.

        Raises:
            Conflict: the store is newer than this code.

        """

    @abstractmethod
    def close(self) -> None:
        """Release everything. A closed store is not used again; closing twice is allowed."""

    @abstractmethod
    def now(self) -> int:
        """Return the store's clock in microseconds since 1970. Leases are measured by it."""

    # --- the one write ----------------------------------------------------------------------------------------

    @abstractmethod
    def transact(self, action: Callable[[Transaction], T], caller: Caller) -> T:
        """Run an action and make its writes durable before returning its result: all of them or none.

        The action may run several times (a conflict with another writer repeats it), so it must have no effect
        but its writes, and it must not call `transact`. Whatever it raises is raised here, and nothing is
        written. All rows it writes get one `valid_from`, later than everything they replace; no other action has it.

        Raises:
            Conflict: it kept conflicting with other writers.
            StoreUnavailable: it is not known to be written.

        """

    # --- reads ------------------------------------------------------------------------------------------------

    @abstractmethod
    def get_many(self, ids: Sequence[NodeId], *, at: int | None = None) -> Mapping[NodeId, Node]:
        """Return the nodes that exist, tombstones included, by id; unknown ids are left out.

        Args:
            ids: any number, repeats allowed.
            at: the versions valid at this time; None for the current ones.

        """

    @abstractmethod
    def edges_of(
        self,
        ids: Sequence[NodeId],
        direction: Direction,
        kinds: Iterable[str] | None = None,
        *,
        at: int | None = None,
        limit: int = SCAN_LIMIT_MAX,
    ) -> Sequence[Edge]:
        """Return the edges that leave (DOWNSTREAM), enter (UPSTREAM) or touch (BOTH) the nodes, each edge once.

        Deleted edges are left out. `kinds` None means every kind. At most `limit` edges, in no particular order.
        """

    @abstractmethod
    def edge_page(
        self,
        node_id: NodeId,
        direction: Direction,
        kind: str,
        *,
        at: int | None = None,
        after: EdgeId | None = None,
        limit: int = EDGE_PAGE_MAX,
    ) -> Sequence[Edge]:
        """Return a page of the edges of one kind that leave (DOWNSTREAM) or enter (UPSTREAM) a node.

        They come in an order of the store's own, the same in every call; `after` continues behind an edge of the
        page before, whether it is still there or not. What a page costs does not depend on how many edges there are.
        Deleted edges are left out.

        Raises:
            InvalidInput: the direction is BOTH.

        """

    @abstractmethod
    def walk(self, walk: Walk) -> Lineage:
        """Answer a question of lineage, breadth first. Cycles are safe; unknown starts are left out.

        Tombstones are walked through and returned. If nodes remain beyond `depth_max` the answer is cut by
        DEPTH; if `node_limit` stopped it, by LIMIT, and exactly `node_limit` nodes are returned.
        """

    @abstractmethod
    def search(self, search: Search) -> Page[Node]:
        """Answer a search; see `arangovis.domain.search` for what conditions mean, `ordering` for in which order.

        Pages have neither gaps nor repeats for nodes whose values do not change meanwhile.

        Raises:
            InvalidInput: the cursor or the limit is not valid.

        """

    @abstractmethod
    def facets(self, search: Search, names: Sequence[str], limit: int) -> Facets:
        """Count the values of searchable names among all that a search finds, and the found nodes themselves.

        The search's page (limit, cursor, order) does not count. At most `limit` values a name, the most frequent.

        Raises:
            InvalidInput: see `arangovis.domain.facets.check_facets`.

        """

    @abstractmethod
    def history(self, node_id: NodeId) -> Sequence[Node]:
        """Return every version of a node, oldest first, tombstones included; empty if it never existed."""

    @abstractmethod
    def edge_history(self, node_id: NodeId, *, limit: int = SCAN_LIMIT_MAX) -> Sequence[Edge]:
        """Return the versions of the edges at a node, deleted ones included; empty if it never existed.

        Each version comes once, those of one edge oldest first. Of more than `limit` versions, some `limit` come.
        """

    @abstractmethod
    def records(
        self,
        kind: str,
        group: str | None = None,
        *,
        due_max: int | None = None,
        after: Record | None = None,
        limit: int = 1000,
    ) -> Sequence[Record]:
        """Return records of a kind, of one group or of all, with `due <= due_max`, in order of (group, due, key).

        `after` continues behind a record of the page before.
        """

    @abstractmethod
    def record(self, kind: str, key: str) -> Record | None:
        """Return one record, or None."""

    @abstractmethod
    def change_number(self) -> int:
        """Return a number that grows with every action that wrote a node or an edge; 0 for an empty store."""

    def changed_since(self, kind: str, change_number: int, *, limit: int) -> Sequence[Node] | None:  # noqa: ARG002
        """Return the nodes of a kind that were written since a change number of this store, tombstones included.

        They come in no particular order. None if the store cannot tell, or more than `limit` nodes of any kind were
        written: then whoever follows the nodes of a kind reads all of them again.
        """
        return None

    # --- copying ----------------------------------------------------------------------------------------------

    @abstractmethod
    def frozen(self) -> AbstractContextManager[FrozenStore]:
        """Hold one state of the whole store for reading, until the context ends.

        Raises:
            StoreUnavailable: the store does not answer.

        """

    @abstractmethod
    def load(self, actions: Sequence[Action]) -> int:
        """Write actions of another store as they are, durably, and return how many were new here.

        Time, action id, actor, request id and documents are kept; numbers, `created` and `valid_to` follow from the
        order. The actions come in order of time. Each is written whole or not at all, and none before those ahead
        of it, so that a load that was cut off is repeated from the last action that is there. An action that is
        there already, with the same content, is skipped. The user's kinds that the nodes are of are declared
        before; documents and edges are not checked again. Nobody else writes to the store meanwhile.

        Raises:
            Conflict: an action that is not later than the last one here is not there, or has other content; then
                neither it nor any after it is written.
            InvalidInput: a kind is not declared; then nothing of its action is written.
            StoreUnavailable: the rest is not known to be written.

        """

    @staticmethod
    def _check_one_way(direction: Direction) -> None:
        """Refuse a page of edges of both directions, which has no order."""
        if direction is Direction.BOTH:
            raise InvalidInput.of(Fault("direction", "a page of edges is of one direction"))

    # --- derived ----------------------------------------------------------------------------------------------

    def find(self, node_id: NodeId, *, at: int | None = None) -> Node | None:
        """Return a node, tombstone or not, or None."""
        return self.get_many((node_id,), at=at).get(node_id)

    def get(self, node_id: NodeId, *, at: int | None = None) -> Node:
        """Return a node, tombstone or not.

        Raises:
            NotFound: it never existed, or not yet at that time.

        """
        node = self.find(node_id, at=at)
        if node is None:
            raise NotFound(f"there is no {node_id}")
        return node

    def all_pages(self, search: Search) -> Iterator[Sequence[Node]]:
        """Yield everything that a search finds, in pages of its limit.

        Raises:
            InvalidInput: the cursor or the limit is not valid.

        """
        while True:
            page = self.search(search)
            yield page.items
            if page.next_cursor is None:
                return
            search = replace(search, cursor=page.next_cursor)

    def all_nodes(self, search: Search) -> Iterator[Node]:
        """Yield every node that a search finds, read in pages of its limit.

        Raises:
            InvalidInput: the cursor or the limit is not valid.

        """
        for page in self.all_pages(search):
            yield from page

    def all_records(self, kind: str, group: str | None = None) -> Iterator[Record]:
        """Yield every record of a kind, of one group or of all, in order of (group, due, key), read page by page.

        One that is written or removed meanwhile may come or not, or twice if it moves; every other one comes once.
        """
        after: Record | None = None
        while page := self.records(kind, group, after=after):
            yield from page
            after = page[-1]

    def all_edges(self, node_id: NodeId, direction: Direction, kind: str, *, at: int | None = None) -> Iterator[Edge]:
        """Yield every edge of one kind that leaves (DOWNSTREAM) or enters (UPSTREAM) a node, read page by page.

        An edge that is written or deleted meanwhile may come or not; every other one comes once.

        Raises:
            InvalidInput: the direction is BOTH.

        """
        after: EdgeId | None = None
        while True:
            page = self.edge_page(node_id, direction, kind, at=at, after=after, limit=EDGE_PAGE_MAX)
            yield from page
            if len(page) < EDGE_PAGE_MAX:
                return
            after = page[-1].id

    def all_edges_of(self, ids: Sequence[NodeId], direction: Direction, kind: str) -> Sequence[Edge]:
        """Return every edge of one kind that leaves or enters the nodes: in one call, unless they are very many.

        Raises:
            InvalidInput: the direction is BOTH.

        """
        self._check_one_way(direction)
        found = self.edges_of(ids, direction, (kind,), limit=SCAN_LIMIT_MAX)
        if len(found) < SCAN_LIMIT_MAX:
            return found
        return [edge for node_id in dict.fromkeys(ids) for edge in self.all_edges(node_id, direction, kind)]

    def reserved(self, namespace: str, name: str) -> NodeId | None:
        """Return the node that holds a name, or None; see `Transaction.reserve`."""
        record = self.record("reservation", record_key(namespace, name))
        return None if record is None else NodeId.parse(str(record.data["node"]))

    def schema(self) -> Schema:
        """Return the kinds in force: the built-in ones and those that users declared."""
        vertices = [vertex_kind_of(record.data) for record in self.records("kind", "vertex")]
        edges = [edge_kind_of(record.data) for record in self.records("kind", "edge")]
        return BUILT_IN.extended(vertices, edges)
