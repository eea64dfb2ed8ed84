"""Freezing a sample of a data set, so that a run never reads something that grows.

A snapshot is a data set of its own: the manifest's digest and length, and a blob with the sampled row positions
and ids, chosen by a seed. The source is `derived_into` it. A snapshot of all rows has no such blob: its rows are those
of its part of the manifest that carry no error.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import numpy.typing as npt

from arangovis.domain.catalogue import Dataset, DatasetForm
from arangovis.domain.errors import Conflict, IntegrityError, NoData
from arangovis.domain.graph import Caller, EdgeId
from arangovis.domain.ids import NodeId, named_id
from arangovis.domain.json import EMPTY, Document, JsonValue, digest_of
from arangovis.domain.views import mapping
from arangovis.services.blobs import Blobs
from arangovis.services.datasets import Datasets
from arangovis.services.erased import erased_note
from arangovis.services.rows.filters import snapshot_filter
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction
from arangovis.tabular import Rows, SegmentReader, error_free, gather, row_errors, row_ids, sample_positions
from arangovis.tabular.arrow_stream import from_arrow, to_arrow
from arangovis.tabular.bloom import BloomFilter
from arangovis.tabular.strata import Codes, class_codes

_ALL = "all rows"
_SELECTION = "selection"


@dataclass(frozen=True, slots=True)
class FrozenSample:
    """A snapshot that is ready to be written: its blob is stored, its node is not."""

    node: NodeId
    project: str | None
    attributes: Mapping[str, JsonValue]
    source: NodeId
    slot: str
    row_filter: BloomFilter | None = None
    """Of the ids of a sample's rows; all rows are as many as their segments hold."""
    erased: Document = field(default_factory=dict)
    """What the source said of rows erased from it when they were read: its positions are those of that time."""

    @property
    def digest(self) -> str:
        """Digest of the content: source, manifest and sampled rows."""
        return str(self.attributes["digest"])


class Snapshots:
    """Snapshots of data sets. One per (source, sample size) is in force until a forced recomputation."""

    def __init__(self, store: GraphStore, blobs: Blobs, datasets: Datasets) -> None:
        self._store = store
        self._blobs = blobs
        self._datasets = datasets

    def current(self, source: Dataset, size: int) -> Dataset | None:
        """Return the snapshot in force, or None."""
        node_id = self._store.reserved("snapshot", _slot(source.id, size))
        return None if node_id is None else self._datasets.find(node_id)

    def freeze(self, source: Dataset, *, size: int, seed: int, generation: int, caller: Caller) -> FrozenSample:
        """Sample `size` rows of a data set, all if it has fewer; rows with an error flag are left out first.

        Raises:
            NoData: no row is left.

        """
        erased = self._erased(source.id)
        readers = self._readers(source)
        valid = np.flatnonzero(~row_errors(readers))
        if valid.size == 0:
            raise NoData(f"{source.name} has no rows without errors")
        positions = valid[sample_positions(valid.size, size, seed)]
        ids = row_ids(readers, positions)
        blob = self._blobs.save(to_arrow({"position": positions, "id": ids}), caller)
        digest = digest_of([str(source.id), source.digest, blob.digest])
        node = named_id("dataset", source.project, f"snapshot of {source.id}", f"{generation} {digest}")
        attributes: Document = {
            "name": f"sample of {source.name}",
            "form": DatasetForm.SNAPSHOT.value,
            "digest": digest,
            "rows": int(positions.size),
            "segments": source.segments,
            "selection": blob.digest,
            "source": str(source.id),
            "seed": seed,
            "generation": generation,
            "sample_size": size,
        }
        slot = _slot(source.id, size)
        return FrozenSample(node, source.project, attributes, source.id, slot, BloomFilter.of(ids), erased)

    def freeze_all(self, source: Dataset) -> FrozenSample:
        """Freeze all rows of a data set that carry no error, by its manifest alone: no row is read.

        Raises:
            NoData: there is none.

        """
        rows = self.count(source)
        if rows == 0:
            raise NoData(f"{source.name} has no rows without errors")
        digest = digest_of([str(source.id), source.digest, _ALL])
        node = named_id("dataset", source.project, f"snapshot of {source.id}", f"{_ALL} {digest}")
        attributes: Document = {
            "name": f"all rows of {source.name}",
            "form": DatasetForm.SNAPSHOT.value,
            "digest": digest,
            "rows": rows,
            "segments": source.segments,
            "source": str(source.id),
        }
        return FrozenSample(node, source.project, attributes, source.id, f"{source.id} {_ALL}")

    def freeze_rows(self, sample: Dataset, rows: Sequence[int], *, name: str, caller: Caller) -> FrozenSample:
        """Choose rows of a sample, given by their numbers in it, as a snapshot of the same source.

        Raises:
            IntegrityError: stored bytes are damaged or gone, or it is no sample.

        """
        if sample.selection is None or sample.source is None:
            raise IntegrityError(f"{sample.id} is not a sample")
        erased = self._erased(sample.id)
        known = from_arrow(self._blobs.read(sample.selection))
        positions = np.asarray(known["position"], dtype=np.int64)[list(rows)]
        ids = [str(known["id"][row]) for row in rows]
        blob = self._blobs.save(to_arrow({"position": positions, "id": ids}), caller)
        digest = digest_of([str(sample.id), blob.digest])
        attributes: Document = {
            "name": name,
            "form": DatasetForm.SNAPSHOT.value,
            "digest": digest,
            "rows": len(ids),
            "segments": sample.segments,
            "selection": blob.digest,
            "source": str(sample.source),
        }
        node = named_id("dataset", sample.project, f"selection of {sample.id}", digest_of([name, digest]))
        return FrozenSample(node, sample.project, attributes, sample.id, "", BloomFilter.of(ids), erased)

    def write_selection(self, transaction: Transaction, chosen: FrozenSample) -> None:
        """Write chosen rows inside the action that keeps them; no sample is put in force."""
        selection = str(chosen.attributes["selection"])
        _check_not_erased(transaction, chosen)
        self._blobs.keep(transaction, [selection])
        transaction.ensure(chosen.node, chosen.project, chosen.attributes)
        transaction.link(
            EdgeId("derived_into", chosen.source, chosen.node, "selection"), {"transformation": "selection"}
        )
        if chosen.row_filter is not None:
            source = NodeId.parse(str(chosen.attributes["source"]))
            transaction.put_record(snapshot_filter(source, selection, chosen.row_filter))

    def write(self, transaction: Transaction, sample: FrozenSample) -> None:
        """Write a frozen sample inside the action that uses it, and put it in force."""
        selection = sample.attributes.get("selection")
        if selection is not None:
            _check_not_erased(transaction, sample)
        role = "sample" if selection is not None else _ALL
        self._blobs.keep(transaction, [] if selection is None else [str(selection)])
        transaction.ensure(sample.node, sample.project, sample.attributes)
        transaction.link(EdgeId("derived_into", sample.source, sample.node, role), {"transformation": role})
        transaction.move_reservation("snapshot", sample.slot, sample.node)
        if selection is not None and sample.row_filter is not None:
            transaction.put_record(snapshot_filter(sample.source, str(selection), sample.row_filter))

    def rows(self, snapshot: Dataset) -> Rows:
        """Return the sampled rows, in order of position.

        Raises:
            IntegrityError: stored bytes are damaged or gone.

        """
        if snapshot.source is None or snapshot.selection is None:
            raise IntegrityError(f"{snapshot.id} is not a snapshot")
        source = self._source(snapshot)
        selection = from_arrow(self._blobs.read(snapshot.selection))
        readers = self._readers(source, segments=snapshot.segments)
        return gather(readers, np.asarray(selection["position"], dtype=np.int64))

    def ids(self, snapshot: Dataset) -> Sequence[str]:
        """Return the ids of the sampled rows, in order of position.

        Raises:
            IntegrityError: stored bytes are damaged or gone, or it is no sample.

        """
        if snapshot.selection is None:
            raise IntegrityError(f"{snapshot.id} is not a sample")
        return [str(row) for row in from_arrow(self._blobs.read(snapshot.selection))["id"]]

    def count(self, dataset: Dataset) -> int:
        """Return how many rows of a data set carry no error."""
        return sum(segment.rows - segment.errors for segment in self._datasets.segments(dataset))

    def some(self, dataset: Dataset, ordinals: npt.ArrayLike, columns: Sequence[str] | None = None) -> Rows:
        """Return some rows without errors of a table or of a snapshot of all rows; see `RowReading.some`."""
        return self.reading(dataset).some(ordinals, columns)

    def at(self, dataset: Dataset, numbers: npt.NDArray[np.int64], columns: Sequence[str]) -> Rows:
        """Return rows by their numbers from 0: in a sample, among all of a table or stream, or those without errors.

        The last is meant for a snapshot of all rows. Numbers are sorted.

        Raises:
            InvalidInput: there are no such rows.
            NoData: the source was deleted.
            IntegrityError: stored bytes are damaged or gone.

        """
        if dataset.selection is not None:
            known = from_arrow(self._blobs.read(dataset.selection))
            positions = np.asarray(known["position"], dtype=np.int64)[numbers]
            return gather(self._readers(self._source(dataset), segments=dataset.segments), positions, columns)
        if dataset.source is not None:
            return self.some(dataset, numbers, columns)
        return gather(self._readers(dataset), numbers, columns)

    def reading(self, dataset: Dataset) -> "RowReading":
        """Return what reads the rows without errors of a table or of a snapshot of all rows, part by part.

        Raises:
            NoData: the source was deleted.
            IntegrityError: the data set is a sample.

        """
        if dataset.selection is not None:
            raise IntegrityError(f"{dataset.id} is a sample, not all rows")
        source = dataset if dataset.source is None else self._source(dataset)
        return RowReading(self._readers(source, segments=dataset.segments))

    def columns(self, dataset: Dataset) -> Mapping[str, JsonValue]:
        """Return the types of the columns of a data set, or of what it is a snapshot of, by name."""
        return mapping(self._store.get(dataset.source or dataset.id).attributes, "columns")

    def _erased(self, node_id: NodeId) -> Document:
        node = self._store.find(node_id)
        return EMPTY if node is None else erased_note(node.attributes)

    def _source(self, snapshot: Dataset) -> Dataset:
        source = None if snapshot.source is None else self._datasets.find(snapshot.source)
        if source is None:
            raise NoData(f"the source of {snapshot.id} was deleted")
        return source

    def _readers(self, source: Dataset, segments: int | None = None) -> list[SegmentReader]:
        manifest, last = self._datasets.segments(source)[: segments or source.segments], _LastRead(self._blobs)
        return [SegmentReader(s.rows, partial(last.read, s.digest), s.errors) for s in manifest]


class RowReading:
    """Reads rows without errors; the segment that was read last is kept, so that going on in it reads nothing."""

    def __init__(self, readers: Sequence[SegmentReader]) -> None:
        self._readers = readers

    def some(self, ordinals: npt.ArrayLike, columns: Sequence[str] | None = None) -> Rows:
        """Return some rows by their numbers from 0, sorted.

        Memory is that of these rows, one row group and one stored segment.

        Raises:
            InvalidInput: there are no such rows.
            IntegrityError: stored bytes are damaged or gone.

        """
        return gather(self._readers, error_free(self._readers, ordinals), columns)

    def classes(self, column: str) -> Codes | None:
        """Return the class of each row; see `class_codes`."""
        return class_codes(self._readers, column)


class _LastRead:
    """The bytes of the blob that was read last."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs
        self._digest = ""
        self._data: bytes | memoryview = b""

    def read(self, digest: str) -> bytes | memoryview:
        if digest != self._digest:
            self._digest, self._data = "", b""  # not two at a time
            self._data = self._blobs.content(digest)
            self._digest = digest
        return self._data


def _check_not_erased(transaction: Transaction, sample: FrozenSample) -> None:
    """Refuse a sample whose source lost rows since it was read: its positions are those of other rows now.

    Raises:
        Conflict: it did.

    """
    source = transaction.find(sample.source)
    if source is not None and erased_note(source.attributes) != sample.erased:
        raise Conflict(f"rows were erased from {sample.source} meanwhile; ask again")


def _slot(source: NodeId, size: int) -> str:
    return f"{source} {size}"
