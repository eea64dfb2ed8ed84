"""The seam between the AQL interpreter and the data: what one transaction sees and may do."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Protocol

Document = dict[str, Any]
AttributePath = tuple[str, ...]
Ranges = Mapping[AttributePath, Sequence[tuple[bool, object]]]
"""Values that attributes are known not to be below (True), or not above (False)."""

NO_RANGES: Ranges = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class EdgeDefinition:
    """One relation of a named graph: an edge collection, and the vertex collections that its edges join."""

    collection: str
    sources: tuple[str, ...]
    targets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class QueryOptions:
    """What a query is run with: bytes of memory and seconds of time (0: no limit), and the documented flags."""

    memory_limit: int = 0
    max_runtime: float = 0.0
    full_count: bool = False
    fail_on_warning: bool = False


@dataclass(frozen=True, slots=True)
class QueryResult:
    """What a query gave: rows, warnings as (code, message), and counters by their documented names."""

    rows: list[Any]
    warnings: list[tuple[int, str]] = field(default_factory=list)
    stats: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ParsedQuery:
    """What can be said of a query without running it."""

    bind_names: tuple[str, ...]
    collections: tuple[str, ...]


class World(Protocol):
    """One transaction's consistent view: its snapshot plus its own writes.

    Documents that are returned belong to the storage and must not be changed. Raises ArangoError: 1203 for an unknown
    collection, 1652 for a write to a collection that was not declared.
    """

    def collection_type(self, name: str) -> int:
        """Return 2 for a document collection, 3 for an edge collection."""

    def count(self, collection: str) -> int:
        """Return the number of documents."""

    def get(self, collection: str, key: str) -> Document | None:
        """Return a document, or None."""

    def scan(self, collection: str) -> Iterator[Document]:
        """Yield all documents, in an order that means nothing."""

    def lookup(
        self, collection: str, equal: Mapping[AttributePath, object], ranges: Ranges = NO_RANGES
    ) -> Iterator[Document] | None:
        """Yield the documents that may have these values, by an index; None if no index helps."""

    def ordered(
        self,
        collection: str,
        equal: Mapping[AttributePath, object],
        by: Sequence[AttributePath],
        *,
        descending: bool,
        ranges: Ranges = NO_RANGES,
    ) -> Iterator[Document] | None:
        """As `lookup`, in the order of an index on the equal fields followed by `by`; None if there is none."""

    def edges(self, collection: str, vertex_id: str, direction: str) -> Sequence[Document]:
        """Return the edges of a vertex; the direction is `outbound` or `inbound`."""

    def graph(self, name: str) -> Sequence[EdgeDefinition]:
        """Return the relations of a named graph; 1924 if there is none."""

    def vertex_collections(self, graph: str) -> Sequence[str]:
        """Return the vertex collections of a named graph, with its orphans."""

    def insert(
        self,
        collection: str,
        document: Document,
        *,
        overwrite: str | None = None,
        keep_null: bool = True,
        merge_objects: bool = True,
    ) -> tuple[Document | None, Document]:
        """Insert a document and return (old, new).

        Args:
            collection: its name.
            document: with or without `_key`.
            overwrite: what to do if the key is taken: None (1210), `ignore`, `replace` or `update`.
            keep_null: of an update.
            merge_objects: of an update.

        """

    def update(
        self, collection: str, key: str, patch: Document, *, rev: str | None, keep_null: bool, merge_objects: bool
    ) -> tuple[Document, Document]:
        """Patch a document and return (old, new); 1202 if missing, 1200 if `rev` is given and another."""

    def replace(self, collection: str, key: str, document: Document, *, rev: str | None) -> tuple[Document, Document]:
        """Replace a document and return (old, new); 1202 if missing, 1200 if `rev` is given and another."""

    def remove(self, collection: str, key: str, *, rev: str | None) -> Document:
        """Remove a document and return it; 1202 if missing, 1200 if `rev` is given and another."""
