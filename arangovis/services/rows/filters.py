"""Bloom filters of row ids, as records beside what they are of.

A snapshot's filter is written when it is frozen, a file's when its run ends, a segment's when the index of a data set
is asked for. Whatever has none is read instead, so that the answers are the same without.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from arangovis.domain.graph import Record
from arangovis.domain.ids import NodeId
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction

if TYPE_CHECKING:
    from arangovis.tabular.bloom import BloomFilter

KIND = "row_filter"
_PAGE = 1000


def snapshot_filter(source: NodeId, digest: str, found: "BloomFilter") -> Record:
    """Return the record of the filter of a sample or a segment of a data set, by the digest of its bytes."""
    return Record(KIND, f"{source.key}.{digest}", group=source.key, data=found.document())


def put_file_filter(transaction: Transaction, digest: str, filter_document: Mapping[str, object]) -> None:
    """Write the filter of a file, inside the action that writes its node."""
    transaction.put_record(Record(KIND, digest, data=filter_document))  # type: ignore[arg-type]  # it is JSON


def file_filter(store: GraphStore, digest: str) -> "BloomFilter | None":
    """Return the filter of a file, or None if there is none."""
    from arangovis.tabular.bloom import BloomFilter

    record = store.record(KIND, digest)
    return None if record is None else BloomFilter.read(record.data)


def filters_of(store: GraphStore, source: NodeId) -> "Mapping[str, BloomFilter]":
    """Return the filters of samples and segments of a data set, by the digest of their bytes."""
    from arangovis.tabular.bloom import BloomFilter

    return {record.key.partition(".")[2]: BloomFilter.read(record.data) for record in _records(store, source)}


def _records(store: GraphStore, source: NodeId) -> Iterator[Record]:
    after: Record | None = None
    while page := store.records(KIND, source.key, after=after, limit=_PAGE):
        yield from page
        after = page[-1]
