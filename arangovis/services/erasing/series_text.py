"""Texts that runs logged to series, without what names a person. Rows stay as many as they are."""

import hashlib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial, reduce

from arangovis.domain.erasure_texts import erased_text
from arangovis.domain.graph import Caller, Record
from arangovis.domain.ids import NodeId
from arangovis.series.codec import DIGEST_BYTES, Form, decode, digest_of_rows, encode, encode_table, parts_of
from arangovis.series.kinds import Table
from arangovis.series.statistics import joined, statistics_of
from arangovis.series.texts import changed_texts
from arangovis.services.blobs import Blobs
from arangovis.services.erased import erased_record
from arangovis.services.erasing.ledger import Entry
from arangovis.services.erasing.writing import Moved
from arangovis.services.series.chunk_log import ChunkLog
from arangovis.services.series.chunks import CHUNK, HEAD, Chunk, Head, Place
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction

PAGE = 500
TEXT = "s"
"""The letter of a column of texts."""


@dataclass(frozen=True, slots=True)
class NewChunk:
    """A chunk's record as it was, and the chunk without the texts."""

    old: Record
    new: Chunk
    values: int


class SeriesTexts:
    """Goes through all rows of all series."""

    def __init__(self, store: GraphStore, blobs: Blobs) -> None:
        self._store = store
        self._blobs = blobs
        self._log = ChunkLog(store, blobs)

    def count(self, entry: Entry) -> dict[NodeId, int]:
        """Return how many texts name a person, by series data."""
        found: dict[NodeId, int] = {}
        for head in self._heads():
            for chunk in map(Chunk.of, self._chunks(head)):
                values = self._rewritten(chunk, entry)[1]
                node = NodeId("series_data", chunk.series_data)
                if values:
                    found[node] = found.get(node, 0) + values
        return found

    def erase(self, entry: Entry, caller: Caller) -> dict[NodeId, int]:
        """Take a person out of all texts, logger by logger, and return how many texts changed by series data.

        Raises:
            Moved: rows came or were merged meanwhile; erasing again goes on.

        """
        found: dict[NodeId, int] = {}
        for head in self._heads():
            made = [new for record in self._chunks(head) if (new := self._new(record, entry, caller)) is not None]
            if made:
                counted = self._counted(head, made)  # an action does not read beside itself
                self._store.transact(
                    partial(self._write, entry=entry, heads=(head, counted.record()), made=made), caller
                )
                node = NodeId("series_data", head.group)
                found[node] = found.get(node, 0) + sum(new.values for new in made)
        return found

    def _rewritten(self, chunk: Chunk, entry: Entry) -> "tuple[Table | None, int]":
        if TEXT not in chunk.letters:
            return None, 0
        change = partial(erased_text, names=entry.subject.is_named_by)
        names = [str(number) for number in range(len(chunk.letters))]
        rows, values = decode(self._log.payload(chunk), names), 0
        for number, letter in enumerate(chunk.letters):
            if letter == TEXT:
                column, changed = changed_texts(rows.column(number), change)
                values += changed
                rows = rows.set_column(number, rows.schema.field(number), column) if changed else rows
        return (rows, values) if values else (None, 0)

    def _new(self, record: Record, entry: Entry, caller: Caller) -> NewChunk | None:
        chunk = Chunk.of(record)
        rows, values = self._rewritten(chunk, entry)
        if rows is None:
            return None
        place = Place(chunk.series_data, chunk.logger, chunk.first, chunk.last)
        if chunk.form is Form.TABLE:
            owner = f"{place} {uuid.uuid4().hex}"
            payload = encode_table(rows, owner=owner, parts=parts_of(self._log.payload(chunk)))
            digest = hashlib.sha256(payload.data).hexdigest()[: 2 * DIGEST_BYTES]
        else:
            batch = rows.combine_chunks().to_batches()[0]
            payload, digest = encode(batch), digest_of_rows(batch)
        blob = None if chunk.blob is None else self._blobs.save(payload.data, caller).digest
        made = Chunk.made(place, chunk.rows, digest, payload=payload, blob=blob)
        kept = None if chunk.statistics is None else statistics_of(rows)
        return NewChunk(record, replace(made, statistics=kept), values)

    def _write(
        self, transaction: Transaction, entry: Entry, heads: tuple[Record, Record], made: list[NewChunk]
    ) -> None:
        head, counted = heads
        if transaction.record(HEAD, head.key) != head:
            raise Moved(f"{head.key} got more rows")
        for chunk in made:
            if transaction.record(CHUNK, chunk.old.key) != chunk.old:
                raise Moved(f"{chunk.old.key} was merged")
            old = Chunk.of(chunk.old).blob
            if chunk.new.blob is not None:
                self._blobs.keep(transaction, [chunk.new.blob])
            if old is not None:
                transaction.put_record(erased_record(old, chunk.new.blob, erasure=entry.key, at=transaction.now))
            transaction.put_record(chunk.new.record())
        transaction.put_record(counted)

    def _counted(self, head: Record, made: list[NewChunk]) -> Head:
        """Return a head whose least and greatest texts are those of its rows now."""
        found = Head.of(head)
        new = {chunk.new.first: chunk.new for chunk in made}
        seen = [chunk for chunk in map(Chunk.of, self._chunks(head)) if chunk.last < found.next]
        statistics = [self._log.statistics(new.get(chunk.first, chunk)) for chunk in seen]
        return replace(found, statistics=reduce(joined, statistics)) if statistics else found

    def _heads(self) -> Iterator[Record]:
        return self._records(HEAD, None)

    def _chunks(self, head: Record) -> Iterator[Record]:
        return self._records(CHUNK, head.key)

    def _records(self, kind: str, group: str | None) -> Iterator[Record]:
        after: Record | None = None
        while page := self._store.records(kind, group, after=after, limit=PAGE):
            yield from page
            after = page[-1]
