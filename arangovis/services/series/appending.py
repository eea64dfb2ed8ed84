"""Appending a chunk: the columns that a logger sent are fitted to fields and added to the log, whole or not at all."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from arangovis.domain.errors import Conflict, IntegrityError, StoreUnavailable
from arangovis.domain.graph import Caller, EdgeId
from arangovis.domain.ids import NodeId
from arangovis.domain.series import FieldKind, SeriesData, SeriesField, check_logger
from arangovis.series.codec import Part, digest_of_rows, encode, encode_table
from arangovis.series.kinds import Batch, Table, as_rows, conformed, kinds_in
from arangovis.series.sent import table_of_lists
from arangovis.series.statistics import FieldStatistics, statistics_of
from arangovis.services.blobs import Blobs
from arangovis.services.series.aiming import Aim, Aiming, Sent
from arangovis.services.series.chunk_log import Appended, ChunkLog, check_same
from arangovis.services.series.chunks import CHUNK, HEAD, Chunk, Place, chunk_key, group_of
from arangovis.services.series.definitions import SeriesDefinitions, ensure_implicit
from arangovis.services.series.fields import Fields, add_field, field_named, mark_in_use, new_id
from arangovis.services.series.merging import Merging
from arangovis.services.series.target import check_run, find_run
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction

INLINE_BYTES_MAX = 256 << 10
"""A chunk with more is a blob; one that lies in its record costs one durable write less."""
STATISTICS_FROM_ROWS = 16
"""Of fewer rows statistics are quicker computed than read."""
ATTEMPTS_MAX = 5
MERGE_HERE_AT = 2000
"""Where no worker merges, who appends does, before so many chunks of a logger are loose."""


@dataclass(frozen=True, slots=True)
class ChunkStored:
    """What became of a chunk."""

    series: NodeId
    series_data: NodeId
    rows: int
    sequence: int


@dataclass(frozen=True, slots=True)
class Append:
    """What appending answers, and whether the chunk is new."""

    stored: ChunkStored
    created: bool


@dataclass(frozen=True, slots=True)
class _Ready:
    """Rows as they are stored; where is known but for the series data."""

    chunk: Chunk
    statistics: tuple[FieldStatistics, ...]


class _Outdated(Exception):
    """Fields or series changed since they were read."""


class Appending:
    """Takes chunks."""

    def __init__(
        self, store: GraphStore, blobs: Blobs, *, log: ChunkLog, fields: Fields, definitions: SeriesDefinitions
    ) -> None:
        self._store = store
        self._blobs = blobs
        self._log = log
        self._aiming = Aiming(fields, definitions)
        self._merging = Merging(store, blobs, log)

    def append(self, sent: Sent, table: Table, caller: Caller) -> Append:
        """Append rows; the same chunk again changes nothing.

        Raises:
            Conflict: another chunk was sent under this sequence number.
            InvalidInput: fields are missing, unknown or of another kind; all of them are listed.
            NotFound: there is no such run or series.
            RunGone, RunReplaced: the run was deleted, or is of another generation.

        """
        return self._append(sent, table.column_names, lambda kinds: table, caller)  # noqa: ARG005

    def append_lists(self, sent: Sent, columns: Mapping[str, object], caller: Caller) -> Append:
        """Append rows that JSON brought as a list a field.

        Raises:
            as `append`.

        """
        return self._append(sent, list(columns), lambda kinds: table_of_lists(columns, kinds), caller)

    def _append(
        self,
        sent: Sent,
        names: Sequence[str],
        read: Callable[[Mapping[str, FieldKind]], Table],
        caller: Caller,
    ) -> Append:
        check_logger(sent.logger, sent.sequence)
        for _ in range(ATTEMPTS_MAX):
            run = find_run(self._store, sent.run, sent.generation)
            known = self._aiming.known(run, sent, names)
            table = read({field.name: field.kind for field in known.fields.values()})
            aim = self._aiming.aim(run, known, kinds_in(table, [name for name in names if name not in known.fields]))
            batch = conformed(table, [(field.name, field.kind) for field in aim.fields])
            try:
                return self._store_chunk(sent, aim, batch, caller)
            except _Outdated:
                continue
        raise Conflict("the fields are being changed at this moment; send it again")

    def _store_chunk(self, sent: Sent, aim: Aim, batch: Batch, caller: Caller) -> Append:
        statistics = statistics_of(batch)
        chunk = self._chunk(sent, aim, batch, caller)
        if batch.num_rows >= STATISTICS_FROM_ROWS:
            chunk = replace(chunk, statistics=statistics)
        ready = _Ready(chunk, statistics)
        data, appended = self._store.transact(lambda tx: self._write(tx, sent, aim, ready), caller)
        if appended is Appended.MERGED:
            check_same(chunk, same=self._log.was_same(replace(chunk, series_data=data.node.key)))
        if sent.sequence % MERGE_HERE_AT == MERGE_HERE_AT - 1:
            self._merge(data, sent.logger, caller)
        stored = ChunkStored(data.series, data.node, batch.num_rows, sent.sequence)
        return Append(stored, created=appended is Appended.NEW)

    def _merge(self, data: SeriesData, logger: str, caller: Caller) -> None:
        """Merge a logger's chunks if nobody did for long; the chunk at hand is stored, so a failure is not its own."""
        head = self._log.head(data.node, logger)
        if head is not None and head.loose >= MERGE_HERE_AT:
            with suppress(IntegrityError, StoreUnavailable):
                self._merging.merge(head, data.fields, caller)

    def _chunk(self, sent: Sent, aim: Aim, batch: Batch, caller: Caller) -> Chunk:
        """Return the chunk, the bytes of a large one stored."""
        digest = digest_of_rows(batch)
        place = Place(self._likely_key(aim), sent.logger, sent.sequence, sent.sequence)
        if batch.nbytes <= INLINE_BYTES_MAX:
            return Chunk.made(place, batch.num_rows, digest, payload=encode(batch), blob=None)
        owner = uuid.uuid4().hex  # a repeat writes it in vain: equal rows under two names must not share a blob
        payload = encode_table(as_rows(batch), owner=owner, parts=[Part(batch.num_rows, digest)])
        blob = self._blobs.save(payload.data, caller).digest
        return Chunk.made(place, batch.num_rows, digest, payload=payload, blob=blob)

    def _likely_key(self, aim: Aim) -> str:
        return "" if aim.series is None else aim.data(aim.series, aim.fields).node.key

    def _write(self, transaction: Transaction, sent: Sent, aim: Aim, ready: _Ready) -> tuple[SeriesData, Appended]:
        chunk = ready.chunk
        place = chunk_key(chunk.series_data, chunk.logger, chunk.first), group_of(chunk.series_data, chunk.logger)
        transaction.expect(
            nodes=[aim.run.id, NodeId("series_data", chunk.series_data)] if chunk.series_data else [aim.run.id],
            records=[(CHUNK, place[0]), (HEAD, place[1])],
        )
        check_run(transaction, sent.run, aim.run.generation)
        data = self._ensure(transaction, aim)
        return data, self._log.append(transaction, replace(chunk, series_data=data.node.key), ready.statistics)

    def _ensure(self, transaction: Transaction, aim: Aim) -> SeriesData:
        """Return the series data, made with all that they need."""
        series, fields = aim.series, aim.fields
        if series is None:
            fields = tuple(_made(transaction, field, aim.new) for field in fields)
            series = ensure_implicit(transaction, fields)
        data = aim.data(series, fields)
        present = transaction.find(data.node)
        if present is None:
            _check_order(transaction, series, fields)
            mark_in_use(transaction, fields)
            transaction.create(data.node, data.project, data.document())
            transaction.link(EdgeId("generated", data.run, data.node, "series"))
            transaction.link(EdgeId("contains", data.series, data.node, "data"))
        elif SeriesData.read(present.id, present.project, present.attributes).fields != data.fields:
            raise _Outdated
        return data


def _made(transaction: Transaction, field: SeriesField, new: frozenset[str]) -> SeriesField:
    """Return a field that exists, or make one of those that are new."""
    if field.name not in new:
        return field
    present = field_named(transaction, field.project, field.name)
    if present is not None:
        raise _Outdated
    return add_field(transaction, replace(field, node=new_id(transaction, "field", field.project, field.name)))


def _check_order(transaction: Transaction, series: NodeId, fields: Sequence[SeriesField]) -> None:
    """Check that the columns are in the order of the series: another may have made it under other names."""
    keys = transaction.get(series).attributes["fields"]
    if list(keys) != [field.node.key for field in fields]:  # type: ignore[arg-type]
        raise _Outdated
