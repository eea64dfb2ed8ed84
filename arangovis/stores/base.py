"""The contract of a graph store.

A backend implements the abstract methods of `GraphStore` and gives its transactions the four reads of
`TransactionReads`. Everything else is derived here. `arangovis.testing.stores` checks a backend against all of it.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from arangovis.domain.errors import NotFound
from arangovis.domain.graph import Caller, Direction, Edge, Lineage, Node, Page, Record, Walk
from arangovis.domain.ids import NodeId
from arangovis.domain.search import Search
from arangovis.stores.transaction import Transaction, record_key
from arangovis_schema import BUILT_IN, Schema
from arangovis_schema.declarations import edge_kind_of, vertex_kind_of

T = TypeVar("T")

DEPTH_MAX = 1000
NODE_LIMIT_MAX = 100_000
SCAN_LIMIT_MAX = 10_000


class GraphStore(ABC):
    """Versioned vertices and edges, and unversioned records, with one way to write.

    All methods may be called from any thread. Every read answers from one consistent state of the store and
    never shows a part of an action. Reads raise StoreUnavailable if the store does not answer.
    """

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
        written. All rows it writes get one `valid_from`, later than everything they replace.

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
    def walk(self, walk: Walk) -> Lineage:
        """Answer a question of lineage, breadth first. Cycles are safe; unknown starts are left out.

        Tombstones are walked through and returned. If nodes remain beyond `depth_max` the answer is cut by
        DEPTH; if `node_limit` stopped it, by LIMIT, and exactly `node_limit` nodes are returned.
        """

    @abstractmethod
    def search(self, search: Search) -> Page[Node]:
        """Answer a search; see `arangovis.domain.search` for what conditions mean.

        Raises:
            InvalidInput: the cursor or the limit is not valid.

        """

    @abstractmethod
    def history(self, node_id: NodeId) -> Sequence[Node]:
        """Return every version of a node, oldest first, tombstones included; empty if it never existed."""

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

    def reserved(self, namespace: str, name: str) -> NodeId | None:
        """Return the node that holds a name, or None; see `Transaction.reserve`."""
        record = self.record("reservation", record_key(namespace, name))
        return None if record is None else NodeId.parse(str(record.data["node"]))

    def schema(self) -> Schema:
        """Return the kinds in force: the built-in ones and those that users declared."""
        vertices = [vertex_kind_of(record.data) for record in self.records("kind", "vertex")]
        edges = [edge_kind_of(record.data) for record in self.records("kind", "edge")]
        return BUILT_IN.extended(vertices, edges)
