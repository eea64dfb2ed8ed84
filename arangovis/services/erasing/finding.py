"""Where a person's rows are: in data sets, in the samples taken of them, and in what was predicted for them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from arangovis.domain.access import OPEN, acting_in
from arangovis.domain.catalogue import Dataset, DatasetForm
from arangovis.domain.erasure import Subject
from arangovis.domain.errors import Fault, InvalidInput
from arangovis.domain.graph import Direction, Node, Record
from arangovis.domain.ids import NodeId
from arangovis.domain.views import integer, mapping, text
from arangovis.services.blobs import Blobs
from arangovis.services.lineage.bulk import edges_at, live_nodes
from arangovis.stores.base import GraphStore
from arangovis.tabular.erasing import Places, matching_places
from arangovis.tabular.rows import ROW_ID
from arangovis.tabular.stored_ids import ids_in_segment


@dataclass(frozen=True, slots=True)
class Held:
    """A data set that holds rows to erase.

    `within` are their places in each segment that holds some, by its number; `node` is None of one that was deleted.
    """

    id: NodeId
    node: Node | None
    segments: tuple[Record, ...]
    within: Mapping[int, Places]

    @property
    def rows(self) -> int:
        """How many rows are erased."""
        return sum(len(places) for places in self.within.values())

    @property
    def places(self) -> Places:
        """Where the rows are in the whole of it, sorted."""
        found, start = [np.zeros(0, dtype=np.int64)], 0
        for segment in self.segments:
            if segment.due in self.within:
                found.append(start + self.within[segment.due])
            start += integer(segment.data, "rows")
        return np.concatenate(found)


@dataclass(frozen=True, slots=True)
class Sampled:
    """A snapshot of a data set that holds rows to erase; the snapshot itself may hold none of them."""

    node: Node
    source: Held


@dataclass(frozen=True, slots=True)
class Found:
    """What holds a person's rows."""

    held: tuple[Held, ...] = ()
    samples: tuple[Sampled, ...] = ()
    row_ids: frozenset[str] = field(default=frozenset(), repr=False)


class Finding:
    """Looks through everything that is stored."""

    def __init__(self, store: GraphStore, blobs: Blobs) -> None:
        self._store = store
        self._blobs = blobs

    def find(self, subject: Subject, datasets: Sequence[NodeId] = ()) -> Found:
        """Return what holds a person's rows, of the named data sets or of all that the caller may see.

        Raises:
            InvalidInput: a named one has no rows that are kept here, or not such a column.
            IntegrityError: stored bytes are damaged or gone.

        """
        held = {one.id: one for one in self._by_value(subject, datasets)}
        with acting_in(OPEN):  # what was made of the rows goes with them, whoever may see it
            ids = frozenset(row for one in held.values() for row in self._ids(one))
            waiting = list(held.values())
            while waiting:
                for made in self._made_of(waiting.pop(), held, ids):
                    held[made.id] = made
                    waiting.append(made)
            samples = tuple(sample for one in held.values() for sample in self._samples(one))
        return Found(tuple(held.values()), samples, ids)

    # --- data sets --------------------------------------------------------------------------------------------

    def _by_value(self, subject: Subject, datasets: Sequence[NodeId]) -> Iterator[Held]:
        for key, segments in self._manifests(datasets):
            node = self._store.find(NodeId("dataset", key))
            if node is None:
                continue  # out of reach of who asks
            live = None if node.version.deleted else node
            if live is not None and subject.column not in mapping(live.attributes, "columns"):
                if datasets:
                    raise _no_column(node.id, subject.column)
                continue
            within = {record.due: self._places(record, subject) for record in segments}
            within = {number: places for number, places in within.items() if len(places)}
            if within:
                yield Held(node.id, live, segments, within)

    def _places(self, record: Record, subject: Subject) -> Places:
        data = self._blobs.read(text(record.data, "digest"))
        found = matching_places(data, subject.column, subject.is_named_by)
        return np.zeros(0, dtype=np.int64) if found is None else found

    def _manifests(self, datasets: Sequence[NodeId]) -> Iterator[tuple[str, tuple[Record, ...]]]:
        """Yield the segments of each data set, deleted or not, in order."""
        if datasets:
            for dataset in datasets:
                records = tuple(self._store.all_records("segment", dataset.key))
                if not records:
                    raise InvalidInput.of(Fault("datasets", f"{dataset} has no rows that are kept here"))
                yield dataset.key, records
            return
        group: list[Record] = []
        for record in self._store.all_records("segment"):  # in order of group, then number
            if group and group[0].group != record.group:
                yield group[0].group, tuple(group)
                group = []
            group.append(record)
        if group:
            yield group[0].group, tuple(group)

    def _ids(self, held: Held) -> Iterator[str]:
        for record in held.segments:
            if record.due in held.within:
                ids = ids_in_segment(self._blobs.read(text(record.data, "digest")))
                if ids is not None:
                    yield from (ids[place] for place in held.within[record.due])

    # --- what was made of them --------------------------------------------------------------------------------

    def _made_of(self, source: Held, known: Iterable[NodeId], ids: frozenset[str]) -> Iterator[Held]:
        """Yield the data sets that runs made of the rows of one: the same rows by their ids, or in the same order."""
        runs = _ends(self._store, (source.id,), "input_to")
        for node in live_nodes(self._store, _ends(self._store, runs, "generated")).values():
            if node.id.kind != "dataset" or node.id in set(known):
                continue
            segments = tuple(self._store.all_records("segment", node.id.key))
            within = self._aligned(node, segments, source, ids)
            if within:
                yield Held(node.id, node, segments, within)

    def _aligned(
        self, node: Node, segments: Sequence[Record], source: Held, ids: frozenset[str]
    ) -> Mapping[int, Places]:
        if ROW_ID in mapping(node.attributes, "columns"):
            return {record.due: places for record in segments if len(places := self._named(record, ids))}
        if _rows(segments) == _rows(source.segments):
            return _split(source.places, segments)
        return {}

    def _named(self, record: Record, ids: frozenset[str]) -> Places:
        found = ids_in_segment(self._blobs.read(text(record.data, "digest"))) or ()
        return np.array([place for place, row in enumerate(found) if row in ids], dtype=np.int64)

    # --- samples ----------------------------------------------------------------------------------------------

    def _samples(self, source: Held) -> Iterator[Sampled]:
        """Yield the snapshots of a data set: those taken of it, and those chosen from them."""
        seen: set[NodeId] = set()
        waiting = [source.id]
        while waiting:
            ends = _ends(self._store, waiting, "derived_into") - seen
            seen |= ends
            found = [node for node in live_nodes(self._store, sorted(ends)).values() if _is_of(node, source.id)]
            yield from (Sampled(node, source) for node in found)
            waiting = [node.id for node in found]


def _is_of(node: Node, source: NodeId) -> bool:
    if node.id.kind != "dataset":
        return False
    dataset = Dataset.of(node.id, node.project, node.attributes)
    return dataset.form is DatasetForm.SNAPSHOT and dataset.source == source


def _ends(store: GraphStore, nodes: Iterable[NodeId], kind: str) -> set[NodeId]:
    return {edge.id.target for edge in edges_at(store, nodes, Direction.DOWNSTREAM, (kind,))}


def _rows(segments: Sequence[Record]) -> int:
    return sum(integer(record.data, "rows") for record in segments)


def _split(places: Places, segments: Sequence[Record]) -> Mapping[int, Places]:
    """Return places in the whole of a data set as places in its segments."""
    found, start = {}, 0
    for record in segments:
        stop = start + integer(record.data, "rows")
        inside = places[(places >= start) & (places < stop)]
        if len(inside):
            found[record.due] = inside - start
        start = stop
    return found


def _no_column(dataset: NodeId, column: str) -> InvalidInput:
    return InvalidInput.of(Fault("column", f"{dataset} has no column {column[:80]!r}"))
