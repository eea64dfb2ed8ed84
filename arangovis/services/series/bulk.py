"""Histories of runs taken over from elsewhere: many series of many runs in one action, entries that came before left.

Each history is a series of its own with the fields of `arangovis.series.histories`; it is cut into chunks so small that
they lie in their records, so that nothing is written before the action. The chunks of one origin are one logger's.
"""

import hashlib
import re
from dataclasses import dataclass, replace

from arangovis.domain.errors import InvalidInput
from arangovis.domain.graph import EdgeId
from arangovis.domain.ids import NodeId
from arangovis.domain.runs import Run
from arangovis.domain.series import FieldKind, SeriesData, SeriesField, series_data_id
from arangovis.exchange.imported import History
from arangovis.series.histories import STEP, WALLTIME, EncodedRows, Entries, encode_entries, value_field
from arangovis.services.catalogue import check_name
from arangovis.services.series.chunk_log import find_head, plan_work
from arangovis.services.series.chunks import Chunk, Head, Place
from arangovis.services.series.definitions import ensure_implicit, field_keys
from arangovis.services.series.fields import add_field, field_named, mark_in_use, new_id
from arangovis.stores.transaction import Transaction

CHUNK_ROWS = 8_192
"""24 bytes each, so that a chunk of numbers lies in its record."""
MERGED_FROM = 16
"""So many loose chunks of a logger are merged soon."""
STATISTICS_FROM_ROWS = 16
_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")


@dataclass(frozen=True, slots=True)
class _Shape:
    """A series: its node, and its fields in the order of the columns."""

    series: NodeId
    fields: tuple[SeriesField, ...]


class HistoryLog:
    """Writes histories inside one action; it remembers the fields and series that it came across."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._shapes: dict[tuple[str | None, str, bool], _Shape] = {}

    def append(self, run: Run, history: History, *, is_new: bool) -> int:
        """Append the entries of a history that are not there yet; return how many those are.

        Args:
            run: the run, written before in this action.
            history: all its entries, or those after the ones that it says are here.
            is_new: whether the run was made by this action, so that nothing can be there.

        Raises:
            InvalidInput: it has no proper name, entries are not complete, or a field of its name is of another kind.

        """
        kind = FieldKind.TEXT if history.is_text else FieldKind.FLOAT
        shape = self._shape(run.project, history.name, kind)
        data = self._data(run, shape, is_new=is_new)
        logger = logger_of(history.origin)
        head = Head(data.node.key, logger) if is_new else find_head(self._transaction, data.node.key, logger)
        if history.end <= head.rows:
            return 0
        if head.rows < history.first:
            raise InvalidInput(f"{history.name!r} goes on at entry {history.first}, but {head.rows} are here")
        entries = Entries(history.name, history.steps, history.times, history.values, kind)
        before, count = head.rows - history.first, len(history.steps)
        for start in range(before, count, CHUNK_ROWS):
            head = self._put(head, encode_entries(entries.part(start, start + CHUNK_ROWS)))
        self._transaction.put_record(replace(head, updated=self._transaction.now).record())
        if head.loose >= MERGED_FROM:
            plan_work(self._transaction, data.node.key, self._transaction.now)
        return count - before

    def _put(self, head: Head, encoded: EncodedRows) -> Head:
        """Put a chunk that follows all that readers see; return the head with it."""
        place = Place(head.series_data, head.logger, head.next, head.next)
        chunk = Chunk.made(place, encoded.rows, encoded.digest, payload=encoded.payload, blob=None)
        if encoded.rows >= STATISTICS_FROM_ROWS:
            chunk = replace(chunk, statistics=encoded.statistics)
        self._transaction.put_record(chunk.record())
        return replace(head.seen(chunk, encoded.statistics), loose=head.loose + 1)

    def _data(self, run: Run, shape: _Shape, *, is_new: bool) -> SeriesData:
        """Return the run's rows of a series, made if there are none."""
        node = series_data_id(run.project, run.id, run.generation, shape.series)
        keys = tuple(field.node.key for field in shape.fields)
        data = SeriesData(node, run.project, run.id, shape.series, run.generation, keys)
        if is_new:
            self._transaction.create_new(node, run.project, data.document())
        elif self._transaction.find(node) is not None:
            return data
        else:
            self._transaction.create(node, run.project, data.document())
        self._transaction.link(EdgeId("generated", run.id, node, "series"))
        self._transaction.link(EdgeId("contains", shape.series, node, "data"))
        return data

    def _shape(self, project: str | None, name: str, kind: FieldKind) -> _Shape:
        asked = project, name, kind is FieldKind.TEXT
        found = self._shapes.get(asked)
        if found is None:
            found = self._shapes[asked] = self._made(project, name, kind)
        return found

    def _made(self, project: str | None, name: str, kind: FieldKind) -> _Shape:
        check_name("histories.name", name)
        kinds = {STEP: FieldKind.INT, WALLTIME: FieldKind.TIMESTAMP, value_field(name): kind}
        fields = {column: self._field(project, column, kinds[column]) for column in sorted(kinds)}
        series = ensure_implicit(self._transaction, list(fields.values()))
        mark_in_use(self._transaction, fields.values())
        by_key = {field.node.key: field for field in fields.values()}
        keys = field_keys(self._transaction.get(series).attributes)
        if [by_key[key].name for key in keys] != sorted(fields):
            raise InvalidInput(f"the series of {name!r} has its fields in another order, since one was renamed")
        return _Shape(series, tuple(by_key[key] for key in keys))

    def _field(self, project: str | None, name: str, kind: FieldKind) -> SeriesField:
        present = field_named(self._transaction, project, name)
        if present is None:
            wanted = SeriesField(new_id(self._transaction, "field", project, name), project, name, kind)
            return add_field(self._transaction, wanted)
        if present.kind is not kind:
            raise InvalidInput(f"field {name!r} of the project is of kind {present.kind.value}, not {kind.value}")
        return present


def logger_of(origin: str) -> str:
    """Return the name of the logger of an origin: its own if it can be one."""
    return origin if _PLAIN.match(origin) else f"log-{hashlib.sha256(origin.encode()).hexdigest()[:32]}"
