"""Erasing a person's rows: found by a value of a column, gone from everything that holds them.

The order makes it safe to stop anywhere. An entry in the ledger comes first, so that what was begun is gone on with.
New bytes are stored; then one action lets all that named the old bytes name the new ones, and writes down which bytes
are erased; then those bytes are removed, as it says. Old versions of nodes stay and lead to the new bytes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from arangovis.domain.access import OPEN, acting_in, current_scope
from arangovis.domain.erasure import Subject
from arangovis.domain.errors import StoreUnavailable
from arangovis.domain.graph import Caller, Record
from arangovis.domain.ids import NodeId, time_ordered_id
from arangovis.services.blobs import Blobs
from arangovis.services.erased import ERASED
from arangovis.services.erasing.finding import Finding, Found
from arangovis.services.erasing.ledger import BEGUN, Entry, entries, write_file
from arangovis.services.erasing.rewriting import Rewriter, Rewriting
from arangovis.services.erasing.series_text import SeriesTexts
from arangovis.services.erasing.staged import discard_staged
from arangovis.services.erasing.writing import Moved, Writer
from arangovis.services.retention.collecting import Collecting
from arangovis.services.runs import Runs
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction

ATTEMPTS = 20


@dataclass(frozen=True, slots=True)
class ErasureWanted:
    """Whose rows to erase: those with a value in a column, of some data sets or, if none is named, of all."""

    column: str
    value: str = field(repr=False)
    datasets: tuple[NodeId, ...] = ()


@dataclass(frozen=True, slots=True)
class ErasedRows:
    """How many rows of a data set, or texts of what a run logged to a series, are erased."""

    node: NodeId
    rows: int


@dataclass(frozen=True, slots=True)
class Erasure:
    """What was erased, or would be.

    Args:
        key: of its entry in the ledger; None of a dry run, and where nothing was found.
        dry_run: whether it was only counted.
        column: by which column rows were found.
        rows: how many rows in all.
        datasets: rows by data set.
        samples: how many snapshots of these were adjusted.
        rewritten: plots and results that go on without the rows.
        erased: files that could not be rewritten, such as uploads, vectors and what was learnt point by point.
        learnt: files that were learnt or counted from the rows and hold none: make them again if they must not know.
        cancelled: runs that were reading the rows.
        texts: texts in series, by series data.
        blobs: how many stored files were removed.
        runs: the runs that recorded it.

    """

    key: str | None
    dry_run: bool
    column: str
    rows: int = 0
    datasets: tuple[ErasedRows, ...] = ()
    samples: int = 0
    rewritten: tuple[NodeId, ...] = ()
    erased: tuple[NodeId, ...] = ()
    learnt: tuple[NodeId, ...] = ()
    cancelled: tuple[NodeId, ...] = ()
    texts: tuple[ErasedRows, ...] = ()
    blobs: int = 0
    runs: tuple[NodeId, ...] = ()


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """An erasure as the ledger has it; the person is not to be told from it. `at` is microseconds since 1970."""

    key: str
    column: str
    datasets: tuple[NodeId, ...]
    at: int
    actor: str
    state: str


class Erasures:
    """Erases rows, goes on with what was stopped, and does it again where rows came back."""

    def __init__(self, store: GraphStore, blobs: Blobs, runs: Runs, *, folder: Path | None = None) -> None:
        self._store = store
        self._blobs = blobs
        self._folder = folder
        self._finding = Finding(store, blobs)
        self._writer = Writer(blobs, runs)
        self._texts = SeriesTexts(store, blobs)
        self._collecting = Collecting(store, blobs)

    def plan(self, wanted: ErasureWanted, caller: Caller) -> Erasure:
        """Say what erasing would change; nothing is.

        Raises:
            InvalidInput: a named data set has no such column, or no rows that are kept here.

        """
        entry = self._entry(wanted, caller)
        found = self._finding.find(entry.subject, entry.datasets)
        with acting_in(OPEN):
            made = Rewriter(self._store, self._blobs, caller, dry_run=True).rewrite(found)
            told = replace(_told(entry, made), key=None, dry_run=True)
            return replace(told, texts=_by_node(self._texts.count(entry))) if self._takes_texts(entry) else told

    def erase(self, wanted: ErasureWanted, caller: Caller) -> Erasure:
        """Erase rows, and return what went.

        Raises:
            InvalidInput: as `plan`.
            StoreUnavailable: a store did not answer, or so much is written that erasing did not come to an end;
                `resume` goes on with it.

        """
        entry = self._entry(wanted, caller)
        self._finding.find(entry.subject, entry.datasets)  # says what is wrong before anything is written
        with acting_in(OPEN):
            self._store.transact(lambda tx: tx.put_record(entry.record()), caller)
            self._note((entry,))
            return self._perform(entry, caller)

    def resume(self, caller: Caller) -> list[Erasure]:
        """Go on with every erasure that was begun and not ended."""
        with acting_in(OPEN):
            begun = list(entries(self._store, BEGUN))
            self._note(begun)  # it may have been stopped before it did
            return [self._perform(entry, caller) for entry in begun]

    def replay(self, known: Iterable[Entry], caller: Caller) -> list[Erasure]:
        """Do erasures again, those given and those of the store's own ledger, each once: rows may have come back."""
        with acting_in(OPEN):
            every = {entry.key: entry for entry in (*known, *entries(self._store))}
            self._note(every.values())
            return [self._again(entry, caller) for entry in every.values()]

    def ledger(self) -> list[LedgerEntry]:
        """Return all erasures, oldest first."""
        found = sorted(entries(self._store), key=lambda entry: entry.at)
        return [LedgerEntry(e.key, e.subject.column, e.datasets, e.at, e.actor, e.state) for e in found]

    # --- the parts --------------------------------------------------------------------------------------------

    def _entry(self, wanted: ErasureWanted, caller: Caller) -> Entry:
        """Return the entry for a wish; who does not see everything erases what is seen now, and no more later."""
        subject, datasets, now = Subject.of(wanted.column, wanted.value), wanted.datasets, self._store.now()
        if current_scope().projects is not None and not datasets:
            datasets = tuple(held.id for held in self._finding.find(subject).held)
        return Entry(time_ordered_id("run", now).key, subject, datasets, now, caller.actor)

    def _note(self, known: Iterable[Entry]) -> None:
        """Have the file beside the store name erasures too."""
        if self._folder is not None:
            write_file(self._folder, known)

    def _again(self, entry: Entry, caller: Caller) -> Erasure:
        begun = replace(entry, state=BEGUN, datasets=tuple(filter(self._has_rows, entry.datasets)))
        if entry.datasets and not begun.datasets:
            return Erasure(None, dry_run=False, column=entry.subject.column)
        self._store.transact(lambda tx: tx.put_record(replace(entry, state=BEGUN).record()), caller)
        return self._perform(begun, caller)

    def _has_rows(self, dataset: NodeId) -> bool:
        return bool(self._store.records("segment", dataset.key, limit=1))

    def _perform(self, entry: Entry, caller: Caller) -> Erasure:
        told = Erasure(entry.key, dry_run=False, column=entry.subject.column)
        for _ in range(ATTEMPTS):
            try:
                found = self._finding.find(entry.subject, entry.datasets)
                if found.held:
                    told = self._rewrite(entry, found, told, caller)
                    continue  # rows may have come meanwhile
                texts = self._texts.erase(entry, caller) if self._takes_texts(entry) else {}
                if not entry.datasets:
                    discard_staged(self._store, self._blobs, entry, caller)
                break
            except Moved:
                continue
        else:
            raise StoreUnavailable("so much is written that erasing did not come to an end; resume it later")
        removed = self._remove(entry, caller)
        self._store.transact(lambda tx: tx.put_record(entry.done().record()), caller)
        return replace(told, texts=_by_node(texts), blobs=removed)

    def _rewrite(self, entry: Entry, found: Found, before: Erasure, caller: Caller) -> Erasure:
        made = Rewriter(self._store, self._blobs, caller).rewrite(found)
        run = self._store.transact(lambda tx: self._writer.write(tx, entry, made), caller)
        return _joined(before, replace(_told(entry, made), runs=(run,)))

    def _takes_texts(self, entry: Entry) -> bool:
        return not entry.datasets

    def _remove(self, entry: Entry, caller: Caller) -> int:
        """Remove the bytes that were erased; what something else names as well stays."""
        records = list(self._store.all_records(ERASED, entry.key))
        if not records:
            return 0
        named = self._collecting.named()
        shared = [record for record in records if record.key in named]
        self._store.transact(lambda tx: _forget(tx, shared), caller)
        return self._blobs.erase((record.key for record in records if record.key not in named), caller, entry.key)


def _forget(transaction: Transaction, shared: Sequence[Record]) -> None:
    for record in shared:
        transaction.remove_record(ERASED, record.key)


def _told(entry: Entry, made: Rewriting) -> Erasure:
    return Erasure(
        key=entry.key,
        dry_run=False,
        column=entry.subject.column,
        rows=sum(dataset.held.rows for dataset in made.datasets),
        datasets=tuple(ErasedRows(dataset.held.id, dataset.held.rows) for dataset in made.datasets),
        samples=len(made.samples),
        rewritten=tuple(file.node.id for file in made.files if file.blob is not None),
        erased=tuple(file.node.id for file in made.files if file.blob is None),
        learnt=made.kept,
        cancelled=tuple(run.id for run in made.runs if run.state.is_open),
    )


def _joined(first: Erasure, second: Erasure) -> Erasure:
    """Return what two rounds did together."""
    return replace(
        second,
        rows=first.rows + second.rows,
        datasets=first.datasets + second.datasets,
        samples=first.samples + second.samples,
        rewritten=first.rewritten + second.rewritten,
        erased=first.erased + second.erased,
        learnt=tuple(dict.fromkeys(first.learnt + second.learnt)),
        cancelled=first.cancelled + second.cancelled,
        runs=first.runs + second.runs,
    )


def _by_node(found: dict[NodeId, int]) -> tuple[ErasedRows, ...]:
    return tuple(ErasedRows(node, texts) for node, texts in sorted(found.items()))
