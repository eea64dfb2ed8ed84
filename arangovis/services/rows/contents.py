"""Where a row is in a data set or a file: filters say where it cannot be, what is left is read."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeAlias, cast

import numpy as np

from arangovis.domain.catalogue import Dataset
from arangovis.domain.errors import IntegrityError
from arangovis.domain.graph import Node
from arangovis.domain.ids import NodeId
from arangovis.domain.json import decode
from arangovis.domain.views import items, mapping, text
from arangovis.services.blobs import Blobs
from arangovis.services.datasets import Datasets, Segment
from arangovis.services.rows.filters import file_filter, filters_of
from arangovis.stores.base import GraphStore
from arangovis.tabular import ROW_ID, SegmentReader, row_errors
from arangovis.tabular.arrow_stream import MEDIA_TYPE as ARROW
from arangovis.tabular.arrow_stream import from_arrow
from arangovis.tabular.bloom import BloomFilter
from arangovis.tabular.parquet_columns import PARQUET
from arangovis.tabular.stored_ids import ids_in_arrow, ids_in_parquet, ids_in_segment

Positions: TypeAlias = tuple[int, ...] | None
"""Where a row is, from 0; empty where it certainly is not, None where nobody can tell."""

RESULT, JSON = "result", "application/json"
NUMBER_DIGITS_MAX = 15


@dataclass(slots=True)
class Reading:
    """How many files a question may read, how many it did, and how many it need not because of their filters."""

    files_max: int
    files_read: int = 0
    files_skipped: int = 0
    is_cut: bool = False
    _filters: dict[NodeId, Mapping[str, BloomFilter]] = field(default_factory=dict)

    def filters(self, store: GraphStore, source: NodeId) -> Mapping[str, BloomFilter]:
        """Return the filters of samples and segments of a data set; they are read once."""
        if source not in self._filters:
            self._filters[source] = filters_of(store, source)
        return self._filters[source]

    def may_read(self, found: BloomFilter | None, row: str) -> bool:
        """Say whether a file is to be read for a row, and count it."""
        if found is not None and not found.may_hold(row):
            self.files_skipped += 1
            return False
        if self.files_read >= self.files_max:
            self.is_cut = True
            return False
        self.files_read += 1
        return True


@dataclass(frozen=True, slots=True)
class Sampled:
    """The rows of a sample, in its order: the id of each, and where it is in the source."""

    ids: Sequence[str]
    positions: Sequence[int]


class RowContents:
    """Looks rows up. What was deleted or is kept elsewhere holds nobody knows what."""

    def __init__(self, store: GraphStore, blobs: Blobs, datasets: Datasets) -> None:
        self._store = store
        self._blobs = blobs
        self._datasets = datasets

    # --- data sets --------------------------------------------------------------------------------------------

    def in_dataset(self, node: Node, row: str, reading: Reading) -> Positions:
        """Return where a row is among the rows of a data set.

        Raises:
            IntegrityError: stored bytes are damaged or gone.

        """
        if node.version.deleted or not node.attributes.get("segments"):
            return None
        dataset = Dataset.of(node.id, node.project, node.attributes)
        if dataset.selection is not None:
            return self._in_sample(dataset, row, reading)
        if dataset.source is None:
            numbered = is_numbered(node)
            return _numbered(row, dataset.rows) if numbered else self._in_segments(dataset, row, reading)
        source = self._store.find(dataset.source)
        if source is None or source.version.deleted:
            return None
        if is_numbered(source):
            return _numbered(row, dataset.rows)
        return self._among_all(Dataset.of(source.id, source.project, source.attributes), dataset, (row, reading))

    def sampled(self, dataset: Dataset) -> Sampled:
        """Return the rows of a sample.

        Raises:
            IntegrityError: stored bytes are damaged or gone, or the data set is no sample.

        """
        if dataset.selection is None:
            raise IntegrityError(f"{dataset.id} is no sample")
        columns = from_arrow(self._blobs.read(dataset.selection))
        return Sampled([str(value) for value in columns["id"]], np.asarray(columns["position"]).tolist())

    def id_at(self, dataset: Dataset, position: int) -> str | None:
        """Return the id of the row at a position of a table or stream; None if its rows have none."""
        start = 0
        for segment in self._datasets.segments(dataset):
            if position < start + segment.rows:
                ids = ids_in_segment(self._blobs.read(segment.digest))
                return None if ids is None else ids[position - start]
            start += segment.rows
        return None

    def _in_sample(self, dataset: Dataset, row: str, reading: Reading) -> Positions:
        known = {} if dataset.source is None else reading.filters(self._store, dataset.source)
        if reading.may_read(known.get(str(dataset.selection)), row):
            return _places(self.sampled(dataset).ids, row)
        return None if reading.is_cut else ()

    def _in_segments(self, dataset: Dataset, row: str, reading: Reading) -> Positions:
        found: list[int] = []
        for start, _, ids in self._read_segments(dataset, dataset.segments, (row, reading)):
            found += [start + place for place in _places(ids, row)]
        return None if reading.is_cut and not found else tuple(found)

    def _among_all(self, source: Dataset, snapshot: Dataset, wanted: tuple[str, Reading]) -> Positions:
        """Return where a row is among the rows without errors of the first segments of a source."""
        row, reading = wanted
        good_before = self._good_before(source, snapshot.segments)
        found: list[int] = []
        for _, segment, ids in self._read_segments(source, snapshot.segments, wanted):
            reader = SegmentReader(segment.rows, partial(self._blobs.read, segment.digest), segment.errors)
            ordinals = np.cumsum(~row_errors([reader])) - 1
            good = np.flatnonzero(~row_errors([reader]))
            places = [place for place in _places(ids, row) if place in good]
            found += [good_before[segment.number] + int(ordinals[place]) for place in places]
        return None if reading.is_cut and not found else tuple(found)

    def _good_before(self, source: Dataset, count: int) -> Mapping[int, int]:
        """Return how many rows without errors there are before each segment."""
        before, total = {}, 0
        for segment in self._datasets.segments(source)[:count]:
            before[segment.number] = total
            total += segment.rows - segment.errors
        return before

    def _read_segments(
        self, dataset: Dataset, count: int, wanted: tuple[str, Reading]
    ) -> Iterator[tuple[int, Segment, Sequence[str]]]:
        """Yield the segments that may hold a row, each with its first position and its ids."""
        row, reading = wanted
        known = reading.filters(self._store, dataset.id)
        start = 0
        for segment in self._datasets.segments(dataset)[:count]:
            if reading.may_read(known.get(segment.digest), row):
                ids = ids_in_segment(self._blobs.read(segment.digest)) or ()
                yield start, segment, ids
            start += segment.rows

    # --- files ------------------------------------------------------------------------------------------------

    def in_file(self, node: Node, row: str, reading: Reading) -> Positions:
        """Return where a row is among the rows of a file that keeps their ids; None if it keeps none.

        Raises:
            IntegrityError: the stored bytes are damaged or gone.

        """
        if node.version.deleted or not _may_keep_ids(node):
            return None
        digest = text(node.attributes, "digest")
        if not self._blobs.exists(digest):
            return None
        if reading.may_read(file_filter(self._store, digest), row):
            ids = self.ids_of_file(node)
            return None if ids is None else _places(ids, row)
        return None if reading.is_cut else ()

    def ids_of_file(self, node: Node) -> Sequence[str] | None:
        """Return the ids of the rows of a file, in order; None if it keeps none.

        Raises:
            IntegrityError: the stored bytes are damaged or gone.

        """
        if not _may_keep_ids(node):
            return None
        data = self._blobs.read(text(node.attributes, "digest"))
        if node.attributes.get("media_type") == ARROW:
            return ids_in_arrow(data)
        if node.attributes.get("media_type") == PARQUET:
            return ids_in_parquet(data)
        document = decode(data)
        return cast("Sequence[str]", items(document, "requests_ids")) if "requests_ids" in document else None


def is_numbered(node: Node) -> bool:
    """Say whether the rows of a data set have no ids: then a row is told by its number, from 0."""
    return "frame" in node.attributes or ROW_ID not in mapping(node.attributes, "columns")


def _may_keep_ids(node: Node) -> bool:
    facts = node.attributes
    return facts.get("media_type") in (ARROW, PARQUET) or (facts.get("role"), facts.get("media_type")) == (RESULT, JSON)


def _numbered(row: str, rows: int) -> tuple[int, ...]:
    is_number = row.isascii() and row.isdecimal() and len(row) <= NUMBER_DIGITS_MAX
    return (int(row),) if is_number and int(row) < rows else ()


def _places(ids: Sequence[str], row: str) -> tuple[int, ...]:
    return tuple(place for place, found in enumerate(ids) if found == row)
