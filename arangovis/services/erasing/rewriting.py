"""What data sets, samples and files become without a person's rows: their new bytes, stored but not yet named."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from arangovis.domain.catalogue import Dataset
from arangovis.domain.errors import IntegrityError
from arangovis.domain.graph import Caller, Direction, Node, Record
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Document, digest_of
from arangovis.domain.runs import Run
from arangovis.domain.search import Comparison, Operator, Search
from arangovis.domain.views import integer, mapping, optional_text, text
from arangovis.services.blobs import BlobReference, Blobs
from arangovis.services.datasets import Datasets
from arangovis.services.erasing.finding import Found, Held, Sampled
from arangovis.services.erasing.results import plot_without, result_without
from arangovis.services.frames.frames import FRAME, UPLOAD
from arangovis.services.lineage.bulk import edges_at, live_nodes
from arangovis.services.rows.contents import RESULT, RowContents
from arangovis.services.runs import run_of
from arangovis.stores.base import GraphStore
from arangovis.tabular.arrow_stream import from_arrow, to_arrow
from arangovis.tabular.erasing import Places, error_count, without_places
from arangovis.tabular.frames.documents import frame_document, frame_of
from arangovis.tabular.frames.recounting import recounted

PLOT = "plot"


@dataclass(frozen=True, slots=True)
class NewDataset:
    """A data set's segments to be: new records by number, in place of those that held rows; the frame's new figures."""

    held: Held
    segments: Mapping[int, Record]
    frame: Document | None = None


@dataclass(frozen=True, slots=True)
class NewSample:
    """A snapshot's attributes to be; `lost` are the places in it whose rows go."""

    node: Node
    attributes: Document
    lost: Places
    rows_lost: int
    selection: str | None = None


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file's bytes to be; None of one that cannot be rewritten, and goes, if only as a precaution."""

    node: Node
    blob: BlobReference | None
    is_precaution: bool = False


@dataclass(frozen=True, slots=True)
class Rewriting:
    """Everything that one erasure changes in the graph, and from which state of it that was worked out.

    `kept` are files that were learnt or counted from the rows, and hold none.
    """

    found: Found
    datasets: tuple[NewDataset, ...] = ()
    samples: tuple[NewSample, ...] = ()
    files: tuple[NewFile, ...] = ()
    kept: tuple[NodeId, ...] = ()
    runs: tuple[Run, ...] = ()
    readers: Mapping[NodeId, frozenset[NodeId]] = field(default_factory=dict)
    """The runs and snapshots that each data set whose rows go led to."""

    @property
    def became(self) -> Mapping[str, str | None]:
        """What the digests of old bytes become."""
        found: dict[str, str | None] = {}
        for made in self.datasets:
            old = {record.due: record for record in made.held.segments}
            found |= {text(old[n].data, "digest"): text(new.data, "digest") for n, new in made.segments.items()}
        for sample in self.samples:
            if sample.selection is not None:
                found[text(sample.node.attributes, "selection")] = sample.selection
        for file in self.files:
            found[text(file.node.attributes, "digest")] = None if file.blob is None else file.blob.digest
        return {old: new for old, new in found.items() if old != new}

    @property
    def precautions(self) -> frozenset[str]:
        """The digests of bytes that go although nobody can tell whether they hold anything of the rows."""
        unsure = {text(file.node.attributes, "digest") for file in self.files if file.is_precaution}
        return frozenset(
            unsure.difference(text(f.node.attributes, "digest") for f in self.files if not f.is_precaution)
        )


class Rewriter:
    """Makes the new bytes."""

    def __init__(self, store: GraphStore, blobs: Blobs, caller: Caller, *, dry_run: bool = False) -> None:
        self._store = store
        self._blobs = blobs
        self._caller = caller
        self._is_dry = dry_run
        self._contents = RowContents(store, blobs, Datasets(store, blobs))

    def rewrite(self, found: Found) -> Rewriting:
        """Return what everything becomes; the new bytes are stored, and stay for a day.

        Raises:
            IntegrityError: stored bytes are damaged or gone.

        """
        datasets = tuple(self._dataset(held) for held in found.held)
        by_id = {made.held.id: made for made in datasets}
        samples = tuple(
            new for sample in found.samples if (new := self._sample(sample, by_id[sample.source.id])) is not None
        )
        touched = [*by_id, *(sample.node.id for sample in samples if sample.rows_lost)]
        runs = self._readers(touched)
        lost = {str(sample.node.id): sample.lost for sample in samples}
        files, kept = self._files(runs, lost, found)
        uploads = [NewFile(node, None) for node in self._uploads(by_id)]
        readers = {node: frozenset(self._ends((node,))) for node in touched}
        return Rewriting(found, datasets, samples, (*files, *uploads), tuple(kept), tuple(runs), readers)

    def _save(self, data: bytes) -> BlobReference:
        if self._is_dry:
            return BlobReference(hashlib.sha256(data).hexdigest(), len(data))
        return self._blobs.save(data, self._caller)

    # --- data sets --------------------------------------------------------------------------------------------

    def _dataset(self, held: Held) -> NewDataset:
        segments = {
            record.due: self._segment(record, held.within[record.due])
            for record in held.segments
            if record.due in held.within
        }
        frame = None if held.node is None or self._is_dry else mapping(held.node.attributes, FRAME)
        return NewDataset(held, segments, self._frame(held, segments, frame) if frame else None)

    def _segment(self, record: Record, places: Places) -> Record:
        data = without_places(self._blobs.read(text(record.data, "digest")), places)
        blob = self._save(data)
        rows = integer(record.data, "rows") - len(places)
        facts: dict[str, str | int] = {"digest": blob.digest, "rows": rows, "bytes": blob.bytes}
        if "errors" in record.data:
            facts["errors"] = error_count(data)
        return Record("segment", record.key, record.group, record.due, {**record.data, **facts})

    def _frame(self, held: Held, segments: Mapping[int, Record], frame: Document) -> Document:
        records = (segments.get(record.due, record) for record in held.segments)
        return frame_document(
            recounted(frame_of(frame), (self._blobs.read(text(record.data, "digest")) for record in records))
        )

    # --- samples ----------------------------------------------------------------------------------------------

    def _sample(self, sample: Sampled, source: NewDataset) -> NewSample | None:
        dataset = Dataset.of(sample.node.id, sample.node.project, sample.node.attributes)
        if dataset.selection is None:
            return self._all_rows(sample.node, dataset, source)
        columns = from_arrow(self._blobs.read(dataset.selection))
        positions = np.asarray(columns["position"], dtype=np.int64)
        gone = source.held.places
        is_lost = np.isin(positions, gone)
        kept = positions[~is_lost]
        ids = [str(row) for row, lost in zip(columns["id"], is_lost.tolist(), strict=True) if not lost]
        data = to_arrow({"position": kept - np.searchsorted(gone, kept), "id": ids})
        blob = self._save(data)
        if blob.digest == dataset.selection:
            return None
        facts: dict[str, str | int] = {"selection": blob.digest, "rows": len(ids)}
        if is_lost.any():  # a sample of the same rows is what it was for what was computed from it
            facts["digest"] = digest_of([dataset.digest, blob.digest])
        lost = np.flatnonzero(is_lost)
        return NewSample(sample.node, {**sample.node.attributes, **facts}, lost, len(lost), blob.digest)

    def _all_rows(self, node: Node, dataset: Dataset, source: NewDataset) -> NewSample | None:
        records = [source.segments.get(r.due, r) for r in source.held.segments if r.due <= dataset.segments]
        rows = sum(integer(record.data, "rows") - integer(record.data, "errors", 0) for record in records)
        if not any(number <= dataset.segments for number in source.segments):
            return None
        digests = [text(record.data, "digest") for record in records]
        facts: dict[str, str | int] = {"rows": rows, "digest": digest_of([dataset.digest, *digests])}
        none = np.zeros(0, dtype=np.int64)
        return NewSample(node, {**node.attributes, **facts}, none, max(dataset.rows - rows, 1))

    # --- files ------------------------------------------------------------------------------------------------

    def _readers(self, nodes: Iterable[NodeId]) -> list[Run]:
        found = live_nodes(self._store, sorted(self._ends(nodes))).values()
        return [run_of(node) for node in found if node.id.kind == "run"]

    def _ends(self, nodes: Iterable[NodeId]) -> set[NodeId]:
        edges = edges_at(self._store, nodes, Direction.DOWNSTREAM, ("input_to", "derived_into"))
        return {edge.id.target for edge in edges}

    def _files(
        self, runs: Sequence[Run], lost: Mapping[str, Places], found: Found
    ) -> tuple[list[NewFile], list[NodeId]]:
        files: dict[NodeId, NewFile] = {}
        kept: list[NodeId] = []
        for run in runs:
            made = edges_at(self._store, (run.id,), Direction.DOWNSTREAM, ("generated",))
            for node in live_nodes(self._store, (edge.id.target for edge in made)).values():
                if node.id.kind != "artifact" or node.id in files:
                    continue
                if not self._holds(node, found.row_ids):
                    kept.append(node.id)
                    continue
                files[node.id] = self._file(node, run, lost, found.row_ids)
        others = [replace(file, node=other) for file in files.values() for other in self._twins(file.node, files)]
        return [*files.values(), *others], kept

    def _holds(self, node: Node, row_ids: frozenset[str]) -> bool:
        """Say whether a file is one of rows, or keeps vectors or what was learnt of them point by point."""
        facts = node.attributes
        if "stage_key" in facts or facts.get("role") in (PLOT, RESULT):
            return True
        return self._names(node, row_ids)

    def _names(self, node: Node, row_ids: frozenset[str]) -> bool:
        """Say whether a file keeps ids of rows, and some are among these."""
        if not self._blobs.exists(text(node.attributes, "digest")):
            return False
        ids = self._contents.ids_of_file(node)
        return ids is not None and not row_ids.isdisjoint(ids)

    def _is_precaution(self, node: Node, row_ids: frozenset[str]) -> bool:
        """Say whether nothing but the run that made a stage's file speaks for it having to go."""
        if "stage_key" not in node.attributes:
            return False
        try:
            return not self._names(node, row_ids)
        except IntegrityError:  # it is damaged: it goes, and nobody can look into it
            return False

    def _file(self, node: Node, run: Run, lost: Mapping[str, Places], row_ids: frozenset[str]) -> NewFile:
        role = node.attributes.get("role")
        if "stage_key" in node.attributes or role not in (PLOT, RESULT):
            return NewFile(node, None, self._is_precaution(node, row_ids))
        data = self._blobs.read(text(node.attributes, "digest"))
        samples = {name: value for name, value in run.options.items() if isinstance(value, str)}
        new = plot_without(data, lost) if role == PLOT else result_without(data, lost, samples)
        return NewFile(node, None if new is None else self._save(new))

    def _uploads(self, datasets: Mapping[NodeId, NewDataset]) -> Iterator[Node]:
        """Yield the files that frames were parsed from: they are not rewritten, whatever format they have."""
        makers = {edge.id.source for edge in edges_at(self._store, datasets, Direction.UPSTREAM, ("generated",))}
        sources = {edge.id.source for edge in edges_at(self._store, makers, Direction.UPSTREAM, ("input_to",))}
        found = {
            node.id: node
            for node in live_nodes(self._store, sorted(sources)).values()
            if node.id.kind == "artifact" and optional_text(node.attributes, "role") == UPLOAD
        }
        yield from found.values()
        for node in list(found.values()):
            yield from self._twins(node, found)

    def _twins(self, node: Node, known: Mapping[NodeId, object]) -> Iterator[Node]:
        """Yield the other files of the same bytes."""
        where = Comparison("digest", Operator.EQUAL, text(node.attributes, "digest"))
        yield from (twin for twin in self._store.all_nodes(Search("artifact", where)) if twin.id not in known)
