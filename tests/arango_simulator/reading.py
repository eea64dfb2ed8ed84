"""What a transaction sees: the documents committed by the time of its snapshot, and its own writes over them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from tests.arango_simulator.collection import EDGES, Collection
from tests.arango_simulator.errors import error
from tests.arango_simulator.indexes import Entry, PersistentIndex, Span
from tests.arango_simulator.world import NO_RANGES, AttributePath, Document, EdgeDefinition, Ranges

if TYPE_CHECKING:
    from tests.arango_simulator.database import Database

Writes = dict[Collection, dict[str, Document | None]]
"""Uncommitted documents by collection and key; None is a removal."""


class Reading:
    """The reading half of a transaction.

    Attributes:
        snapshot: the commit number up to which it sees what others have committed.
        readable: the collections that may be read; None for all.
        check: called before every operation; a query that was killed raises from it.

    """

    def __init__(self, database: "Database") -> None:
        self.database = database
        self.snapshot = database.committed
        self.readable: frozenset[str] | None = None
        self.check: Callable[[], None] = self.unchecked
        self.writes: Writes = {}

    @staticmethod
    def unchecked() -> None:
        """Check nothing: no query runs."""

    def collection(self, name: str) -> Collection:
        """Return a collection that may be read; 1203 if there is none, 1652 if it had to be declared."""
        collection = self.database.collection(name)
        if self.readable is not None and name not in self.readable:
            raise error(1652, f"{name} [read]")
        return collection

    def collection_type(self, name: str) -> int:
        return self.database.collection(name).type

    def own(self, collection: Collection, key: str) -> list[Document]:
        """Return this transaction's uncommitted version of a document, if it has one."""
        document = self.writes.get(collection, {}).get(key)
        return [] if document is None else [document]

    def read(self, collection: Collection, key: str) -> Document | None:
        """Return a document as this transaction sees it."""
        own = self.writes.get(collection)
        document = own[key] if own is not None and key in own else collection.as_of(key, self.snapshot)
        if document is None or collection.ttl is None:
            return document
        return None if collection.ttl.expired(document, self.database.clock.now_s()) else document

    def _present(self, collection: Collection, keys: Sequence[str]) -> Iterator[Document]:
        for key in keys:
            document = self.read(collection, key)
            if document is not None:
                yield document

    def get(self, collection: str, key: str) -> Document | None:
        self.check()
        return self.read(self.collection(collection), key)

    def count(self, collection: str) -> int:
        self.check()
        found = self.collection(collection)
        if found.ttl is not None:
            return sum(1 for _ in self.all(found))
        with self.database.lock:
            own = self.writes.get(found, {})
            before = found.count_as_of(self.snapshot)
            return before + sum((new is not None) - self._was_there(found, key) for key, new in own.items())

    def _was_there(self, collection: Collection, key: str) -> bool:
        return collection.as_of(key, self.snapshot) is not None

    def all(self, collection: Collection) -> Iterator[Document]:
        """Yield all documents as this transaction sees them."""
        keys = list(collection.heads)
        added = [key for key in self.writes.get(collection, ()) if key not in collection.heads]
        return self._present(collection, [*keys, *added])

    def scan(self, collection: str) -> Iterator[Document]:
        self.check()
        return self.all(self.collection(collection))

    def lookup(
        self, collection: str, equal: Mapping[AttributePath, object], ranges: Ranges = NO_RANGES
    ) -> Iterator[Document] | None:
        self.check()
        found = self.collection(collection)
        keys = self._keys_by_identity(found, equal)
        if keys is not None:
            return self._present(found, keys)
        candidates = [(index, index.covers(equal, ranges)) for index in found.indexes.values()]
        usable = [(index, span) for index, span in candidates if span is not None]
        if not usable:
            return None
        index, span = max(usable, key=_use)
        return self._by_index(found, index, span, descending=False)

    def _keys_by_identity(self, collection: Collection, equal: Mapping[AttributePath, object]) -> list[str] | None:
        if ("_key",) in equal:
            key = equal["_key",]
            return [key] if isinstance(key, str) else []
        if ("_id",) in equal:
            name, _, key = str(equal["_id",]).partition("/")
            return [key] if name == collection.name else []
        for end, index in collection.ends.items():
            if (end,) in equal and not self._better_than_edges(collection, equal):
                with self.database.lock:
                    return index.keys_of(str(equal[end,]))
        return None

    def _better_than_edges(self, collection: Collection, equal: Mapping[AttributePath, object]) -> bool:
        """Whether an index covers more than one end (a vertex-centric index)."""
        return len(equal) > 1 and any(
            len(index.paths) > 1 and not index.definition.sparse and equal.keys() >= set(index.paths[:2])
            for index in collection.indexes.values()
        )

    def ordered(
        self,
        collection: str,
        equal: Mapping[AttributePath, object],
        by: Sequence[AttributePath],
        *,
        descending: bool,
        ranges: Ranges = NO_RANGES,
    ) -> Iterator[Document] | None:
        self.check()
        found = self.collection(collection)
        for index in found.indexes.values():
            span = index.orders(equal, by, ranges)
            if span is not None:
                return self._by_index(found, index, span, descending=descending)
        return None

    def _by_index(
        self, collection: Collection, index: PersistentIndex, span: Span, *, descending: bool
    ) -> Iterator[Document]:
        """Yield the documents of a range of an index, each once, as this transaction sees them."""
        seen: set[str] = set()
        for values, key in self._entries(index, span, descending=descending):
            document = self.read(collection, key)
            if document is not None and key not in seen and values in index.values_of(document):
                if index.expands:
                    seen.add(key)
                yield document

    def _entries(self, index: PersistentIndex, span: Span, *, descending: bool) -> Iterator[Entry]:
        after: Entry | None = None
        while True:
            with self.database.lock:
                entries = index.chunk(span, after, descending=descending)
            if not entries:
                return
            yield from entries
            after = entries[-1]

    def edges(self, collection: str, vertex_id: str, direction: str) -> Sequence[Document]:
        self.check()
        found = self.collection(collection)
        if found.type != EDGES:
            raise error(1218, f"{collection} is no edge collection")
        end = "_from" if direction == "outbound" else "_to"
        with self.database.lock:
            keys = found.ends[end].keys_of(vertex_id)
        return [document for document in self._present(found, keys) if document[end] == vertex_id]

    def graph(self, name: str) -> Sequence[EdgeDefinition]:
        return self.database.graph(name).definitions

    def vertex_collections(self, graph: str) -> Sequence[str]:
        return self.database.graph(graph).vertex_collections()


def _use(candidate: tuple[PersistentIndex, Span]) -> tuple[bool, int, int]:
    """Return how much of an index a condition uses."""
    index, span = candidate
    bounds = sum(bound is not None for bound in span[1:])
    return len(span.prefix) == len(index.paths), len(span.prefix), bounds
