"""The one action of an erasure: everything that names old bytes names the new ones, or goes."""

from collections.abc import Iterable

from arangovis.domain.catalogue import Dataset, chained
from arangovis.domain.errors import Conflict
from arangovis.domain.graph import Direction, Record
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Document
from arangovis.domain.views import integer, mapping, text
from arangovis.domain.work import Input, Outcome, RunRequest
from arangovis.services.anomaly.at_once import Recorder
from arangovis.services.blobs import Blobs
from arangovis.services.erased import erased_record
from arangovis.services.erasing.ledger import Entry
from arangovis.services.erasing.rewriting import NewDataset, NewFile, NewSample, Rewriting
from arangovis.services.frames.frames import FRAME
from arangovis.services.methods import ERASE
from arangovis.services.rows.filters import KIND as ROW_FILTER
from arangovis.services.runs import Runs, load
from arangovis.stores.transaction import Transaction

NOTE = "erased"
"""Of the `extra` facts of a data set: how many rows were erased from it so far, and when last."""
READING = ("input_to", "derived_into")


class Moved(Conflict):
    """Something was written meanwhile that the erasure has to look at again."""


class Writer:
    """Writes a rewriting."""

    def __init__(self, blobs: Blobs, runs: Runs) -> None:
        self._blobs = blobs
        self._runs = runs
        self._recorder = Recorder(blobs, runs)

    def write(self, transaction: Transaction, entry: Entry, made: Rewriting) -> NodeId:
        """Write all of it inside an action, and the run that says who did it; return that run.

        Raises:
            Moved: the graph is not as it was when this was worked out.

        """
        _check_unmoved(transaction, made)
        for dataset in made.datasets:
            self._put_dataset(transaction, dataset)
        for sample in made.samples:
            self._put_sample(transaction, sample)
        for run in made.runs:
            if run.state.is_open:
                self._runs.cancel_in(transaction, load(transaction, run.id), "the rows that it reads were erased")
        for file in made.files:
            self._put_file(transaction, file)
        precautions = made.precautions
        for old, new in made.became.items():
            is_precaution = old in precautions
            transaction.put_record(
                erased_record(old, new, erasure=entry.key, at=transaction.now, is_precaution=is_precaution)
            )
            transaction.remove_record(ROW_FILTER, old)
        return self._record(transaction, entry, made)

    def _put_dataset(self, transaction: Transaction, made: NewDataset) -> None:
        for record in made.segments.values():
            self._blobs.keep(transaction, [text(record.data, "digest")])
            transaction.put_record(record)
        _drop_filters(transaction, made.held.id.key, (text(record.data, "digest") for record in made.held.segments))
        draft = transaction.find(made.held.id)
        if draft is None:
            return
        count = integer(draft.attributes, "segments", 0)
        old = {record.due: record for record in made.held.segments}
        records = [
            made.segments.get(n) or old.get(n) or _segment(transaction, draft.id, n) for n in range(1, count + 1)
        ]
        facts: Document = {
            "digest": chained(text(record.data, "digest") for record in records),
            "rows": sum(integer(record.data, "rows") for record in records),
            **({FRAME: made.frame} if made.frame else {}),
        }
        noted = _noted(draft.attributes, made.held.rows, transaction.now)
        transaction.update(draft.id, {**draft.attributes, **facts, "extra": noted})

    def _put_sample(self, transaction: Transaction, made: NewSample) -> None:
        if made.selection is not None:
            self._blobs.keep(transaction, [made.selection])
            source = Dataset.of(made.node.id, made.node.project, made.node.attributes).source
            old = text(made.node.attributes, "selection")
            _drop_filters(transaction, "" if source is None else source.key, [old])
        noted = _noted(made.node.attributes, made.rows_lost, transaction.now)
        transaction.update(made.node.id, {**made.attributes, "extra": noted})

    def _put_file(self, transaction: Transaction, made: NewFile) -> None:
        if made.blob is None:
            transaction.delete(made.node.id, force=True)
            return
        self._blobs.keep(transaction, [made.blob.digest])
        facts = {**mapping(made.node.attributes, "facts"), NOTE: True}
        new: Document = {"digest": made.blob.digest, "bytes": made.blob.bytes, "facts": facts}
        transaction.update(made.node.id, {**made.node.attributes, **new})

    def _record(self, transaction: Transaction, entry: Entry, made: Rewriting) -> NodeId:
        live = [dataset.held.id for dataset in made.datasets if transaction.find(dataset.held.id) is not None]
        wanted = RunRequest(
            ERASE,
            None,
            tuple(Input(node, "erased") for node in live),
            {"column": entry.subject.column},
            options={"erasure": entry.key},
            name="erase a person's rows",
        )
        metrics = {
            "rows": sum(dataset.held.rows for dataset in made.datasets),
            "data_sets": len(made.datasets),
            "samples": len(made.samples),
            "files_rewritten": sum(file.blob is not None for file in made.files),
            "files_erased": sum(file.blob is None for file in made.files),
        }
        return self._recorder.record(transaction, wanted, Outcome(metrics=metrics)).id


def _check_unmoved(transaction: Transaction, made: Rewriting) -> None:
    for dataset in made.datasets:
        for record in dataset.held.segments:
            if transaction.record("segment", record.key) != record:
                raise Moved(f"{dataset.held.id} was rewritten by another")
    for node_id, known in made.readers.items():
        ends = {edge.id.target for edge in transaction.edges_of(node_id, Direction.DOWNSTREAM, READING)}
        if ends != known:
            raise Moved(f"{node_id} is read by another")
    for run in made.runs:
        if load(transaction, run.id).state is not run.state:
            raise Moved(f"{run.id} went on")
    for node in [sample.node for sample in made.samples] + [file.node for file in made.files]:
        draft = transaction.find(node.id)
        if draft is None or draft.attributes != node.attributes:
            raise Moved(f"{node.id} was changed")


def _segment(transaction: Transaction, dataset: NodeId, number: int) -> Record:
    """Return a segment that was appended since."""
    record = transaction.record("segment", f"{dataset.key}.{number}")
    if record is None:
        raise Moved(f"{dataset} has no segment {number}")
    return record


def _noted(attributes: Document, rows: int, now: int) -> Document:
    extra = mapping(attributes, "extra")
    before = mapping(extra, NOTE)
    return {**extra, NOTE: {"rows": integer(before, "rows", 0) + rows, "at": now}}


def _drop_filters(transaction: Transaction, group: str, digests: Iterable[str]) -> None:
    """Remove the filters of what changed; rows are looked for without them."""
    for digest in digests:
        transaction.remove_record(ROW_FILTER, f"{group}.{digest}")
