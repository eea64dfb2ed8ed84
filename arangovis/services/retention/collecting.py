"""Bytes that no node refers to any more: found by looking at everything that might name them.

What refers to bytes names their digest, so whatever looks like one, in any live node or record of rows, counts. Writers
go on meanwhile: what is found is first put aside (staged, so that an action that comes to need it keeps it again), then
everything is looked at once more, and only what is still not named may go, after a day by the sweep of `Blobs`. A
collection that dies between the two leaves bytes put aside for the next one.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import orjson

from arangovis.domain.access import OPEN, acting_in
from arangovis.domain.graph import Caller, Record
from arangovis.domain.json import Document
from arangovis.domain.search import PAGE_SIZE_MAX, Search
from arangovis.domain.views import integer, optional_text
from arangovis.services.blob_records import KEPT, STAGED, STAGED_FOR_US
from arangovis.services.blobs import Blobs, SweepReport
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction

COLLECTOR = Caller("collection")
BATCH = 200
ASIDE_US = 100 * 366 * 24 * 3600 * 1_000_000
"""So long what was put aside stays, unless the collection says that it may go."""
_DIGEST = re.compile(rb"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
_NAMING = ("chunk", "session")
"""Records that may name bytes, besides segments, which count with their data set."""


@dataclass(frozen=True, slots=True)
class Collected:
    """What a collection found, or would: bytes that nothing names; and what the sweep removed that was past due.

    Those that were found go a day later, with the next sweep.
    """

    dry_run: bool
    looked_at: int
    unused: int
    unused_bytes: int
    saved: int
    swept: SweepReport


class Collecting:
    """Collections may run beside everything else and beside each other, and may be stopped at any time."""

    def __init__(self, store: GraphStore, blobs: Blobs) -> None:
        self._store = store
        self._blobs = blobs

    def __call__(self, *, dry_run: bool = False) -> Collected:
        """Find the bytes that nothing names and let them go; remove what earlier rounds let go.

        Raises:
            StoreUnavailable: the store does not answer.

        """
        with acting_in(OPEN):  # what the caller may not see names bytes too
            return self._collected(dry_run=dry_run)

    def _collected(self, *, dry_run: bool) -> Collected:
        stored = list(self._stored())
        named = self.named()
        unused = [record for record in stored if record.key not in named]
        saved = 0 if dry_run else self._let_go(unused, [r for r in stored if r.group == STAGED and r.key in named])
        swept = self._blobs.sweep(COLLECTOR, dry_run=dry_run)
        size = sum(integer(record.data, "bytes", 0) for record in unused)
        return Collected(dry_run, len(stored), len(unused), size, saved, swept)

    def _let_go(self, unused: Sequence[Record], left: Sequence[Record]) -> int:
        """Let go of what nothing names; `left` is what a collection that died put aside, and somebody names."""
        aside = [record for batch in _batches(unused) for record in self._put_aside(batch)]
        looked_at = [*aside, *left]
        named = self.named() if looked_at else frozenset()
        return sum(self._settled(batch, named) for batch in _batches(looked_at))

    def _stored(self) -> Iterator[Record]:
        """Yield the records of bytes that are kept, and of those that a collection put aside and did not settle."""
        yield from self._store.all_records("blob", KEPT)
        for record in self._store.all_records("blob", STAGED):
            if record.due > self._store.now() + 2 * STAGED_FOR_US:
                yield record

    def named(self) -> frozenset[str]:
        """Return every digest that something live names."""
        found: set[bytes] = set()
        datasets: set[str] = set()
        for kind in self._store.schema().vertices:
            for said in self._nodes(kind, datasets):
                found.update(_DIGEST.findall(orjson.dumps(said, default=_plain)))
        for kind in _NAMING:
            for record in self._store.all_records(kind):
                found.update(_DIGEST.findall(orjson.dumps([record.key, record.data], default=_plain)))
        for record in self._store.all_records("segment"):
            if record.group in datasets:
                found.update(_DIGEST.findall(orjson.dumps(record.data, default=_plain)))
        return frozenset(digest.decode() for digest in found)

    def _nodes(self, kind: str, datasets: set[str]) -> Iterator[Document]:
        """Yield what is said of the live nodes of a kind; note the data sets whose segments somebody needs."""
        for node in self._store.all_nodes(Search(kind, limit=PAGE_SIZE_MAX)):
            if kind == "dataset":
                source = optional_text(node.attributes, "source") or ""
                datasets.update((node.id.key, source.rpartition("/")[2]))
            yield node.attributes

    def _put_aside(self, batch: Sequence[Record]) -> Sequence[Record]:
        return self._store.transact(lambda transaction: _aside(transaction, batch), COLLECTOR)

    def _settled(self, batch: Sequence[Record], named: frozenset[str]) -> int:
        return self._store.transact(lambda transaction: _settle(transaction, batch, named), COLLECTOR)


def _aside(transaction: Transaction, batch: Sequence[Record]) -> Sequence[Record]:
    """Put aside what is as it was seen; return how it is now."""
    found = []
    for seen in batch:
        if transaction.record("blob", seen.key) == seen:
            found.append(Record("blob", seen.key, STAGED, transaction.now + ASIDE_US, seen.data))
            transaction.put_record(found[-1])
    return found


def _settle(transaction: Transaction, batch: Sequence[Record], named: frozenset[str]) -> int:
    """Let go what is still not named, and keep the rest again; return how many are kept."""
    saved = 0
    for aside in batch:
        if transaction.record("blob", aside.key) != aside:
            continue  # an action came to need it
        if aside.key in named:
            transaction.put_record(Record("blob", aside.key, KEPT, data=aside.data))
            saved += 1
        else:
            transaction.put_record(replace(aside, due=transaction.now + STAGED_FOR_US))
    return saved


def _batches(records: Sequence[Record]) -> Iterator[tuple[Record, ...]]:
    return (tuple(records[begin : begin + BATCH]) for begin in range(0, len(records), BATCH))


def _plain(value: object) -> object:
    """Help orjson with the read-only mappings that documents may be."""
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is not JSON")
