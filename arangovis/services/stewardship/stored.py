"""Which bytes a node refers to, and who else does."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from arangovis.domain.catalogue import Dataset, DatasetForm
from arangovis.domain.graph import Node, Record
from arangovis.domain.ids import NodeId
from arangovis.domain.search import Comparison, Operator, Search
from arangovis.domain.views import integer, optional_text, text
from arangovis.stores.base import GraphStore

PAGE = 1000
SCANNED_MAX = 200_000
"""Data sets and segments that are looked at to know who else refers to some bytes."""


@dataclass(frozen=True, slots=True)
class StoredBytes:
    """Bytes that a node refers to; `is_kept` is False for those that a user keeps elsewhere."""

    node: NodeId
    digest: str
    bytes: int
    is_kept: bool = True


class StoredFiles:
    """Reads what nodes refer to. A node that was deleted refers to nothing that its tombstone could name."""

    def __init__(self, store: GraphStore) -> None:
        self._store = store

    def of(self, node: Node) -> list[StoredBytes]:
        """Return the bytes of a node: a file's, a data set's segments, a sample's selection."""
        if node.version.deleted:
            return []
        if node.id.kind == "artifact":
            digest = text(node.attributes, "digest")
            kept = self._store.record("blob", digest) is not None
            return [StoredBytes(node.id, digest, integer(node.attributes, "bytes", 0), kept)]
        return self._of_dataset(node) if node.id.kind == "dataset" else []

    def size(self, node: Node) -> int:
        """Return how many bytes of a node are kept here."""
        return sum(found.bytes for found in self.of(node) if found.is_kept)

    def _of_dataset(self, node: Node) -> list[StoredBytes]:
        if node.attributes.keys().isdisjoint(("segments", "selection")):
            return []
        dataset = Dataset.of(node.id, node.project, node.attributes)
        found = []
        if dataset.selection is not None:
            record = self._store.record("blob", dataset.selection)
            size = 0 if record is None else integer(record.data, "bytes", 0)
            found.append(StoredBytes(node.id, dataset.selection, size, record is not None))
        if dataset.form is not DatasetForm.SNAPSHOT:
            for record in self._segments(node.id.key, dataset.segments):
                data = record.data
                found.append(StoredBytes(node.id, text(data, "digest"), integer(data, "bytes", 0)))
        return found

    def shared(self, digests: Iterable[str], node_id: NodeId) -> tuple[Mapping[str, NodeId], bool]:
        """Return which of some bytes a live node other than this one refers to, and whether all were looked at."""
        wanted = set(digests)
        found: dict[str, NodeId] = {}
        for digest in wanted:
            where = Comparison("digest", Operator.EQUAL, digest)
            for artifact in self._store.search(Search("artifact", where, limit=2)).items:
                if artifact.id != node_id:
                    found[digest] = artifact.id
        if not wanted - found.keys():
            return found, True
        left = SCANNED_MAX
        for digest, other in self._of_other_datasets(node_id):
            left -= 1
            if digest in wanted:
                found.setdefault(digest, other)
            if not left:
                return found, False
        return found, True

    def _of_other_datasets(self, node_id: NodeId) -> Iterator[tuple[str, NodeId]]:
        live: set[str] = set()
        for node in self._store.all_nodes(Search("dataset", limit=PAGE)):
            if node.id != node_id:
                live.add(node.id.key)
                yield optional_text(node.attributes, "selection") or "", node.id
        for record in self._segments(None, None):
            if record.group in live:
                yield text(record.data, "digest"), NodeId("dataset", record.group)

    def _segments(self, group: str | None, last: int | None) -> Iterator[Record]:
        after: Record | None = None
        while page := self._store.records("segment", group, due_max=last, after=after, limit=PAGE):
            yield from page
            after = page[-1]
