"""Rows of chunks. Those of large chunks are kept decoded, since many readers follow the same runs."""

import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

import numpy as np

from arangovis.series.codec import Form, Payload, as_table, decode, parts_of
from arangovis.series.kinds import Table
from arangovis.services.blobs import Blobs
from arangovis.services.series.chunk_log import ChunkLog
from arangovis.services.series.chunks import Chunk, Head

KEPT_BYTES_MAX = 256 << 20
"""Of decoded chunks, in one process."""


@dataclass(frozen=True, slots=True)
class _Decoded:
    """The rows of a chunk, its columns called by number, and how many rows there are before each of its sequences."""

    table: Table = field(repr=False)
    offsets: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Rows of one logger, up to but without a sequence."""

    table: "Table | None" = field(repr=False)
    until: int
    rows: int


class ChunkRows:
    """Reads stretches of what a logger sent."""

    def __init__(self, log: ChunkLog, blobs: Blobs) -> None:
        self._log = log
        self._blobs = blobs
        self._kept: OrderedDict[str, _Decoded] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def read(self, head: Head, names: Sequence[str], start: int, stop: int, *, rows_max: int | None = None) -> Stretch:
        """Return the rows of sequences from `start` to before `stop`, the columns called by these names.

        After the chunk that reaches `rows_max` no more are read.

        Raises:
            IntegrityError: bytes are damaged or gone.

        """
        if start >= stop:
            return Stretch(None, start, 0)
        taken = list(_some(self._log.of_logger(head, start, stop), rows_max))
        tables: list[Table] = []
        for (is_small, _), chunks in groupby(taken, key=lambda chunk: (chunk.is_small, chunk.letters)):
            if is_small:
                joined = self._log.rows(chunks, names)
                tables += [] if joined is None else [joined]
            else:
                tables += [self._cut(chunk, start, stop).rename_columns(list(names)) for chunk in chunks]
        table = as_table(tables) if tables else None
        until = min(stop, taken[-1].last + 1) if taken else start
        return Stretch(table, until, 0 if table is None else int(table.num_rows))

    def _cut(self, chunk: Chunk, start: int, stop: int) -> Table:
        decoded = self._decoded(chunk)
        first = decoded.offsets[max(0, start - chunk.first)]
        last = decoded.offsets[min(chunk.last + 1, stop) - chunk.first]
        return decoded.table.slice(first, last - first)

    def _decoded(self, chunk: Chunk) -> _Decoded:
        with self._lock:
            found = self._kept.get(chunk.digest)
            if found is not None:
                self._kept.move_to_end(chunk.digest)
                return found
        decoded = _decode(chunk, chunk.content() if chunk.blob is None else self._blobs.read(chunk.blob))
        with self._lock:
            self._keep(chunk.digest, decoded)
        return decoded

    def _keep(self, digest: str, decoded: _Decoded) -> None:
        if digest in self._kept:
            return
        self._kept[digest] = decoded
        self._bytes += decoded.table.nbytes
        while self._bytes > KEPT_BYTES_MAX:
            _, dropped = self._kept.popitem(last=False)
            self._bytes -= dropped.table.nbytes


def _decode(chunk: Chunk, data: bytes) -> _Decoded:
    payload = Payload(chunk.form, chunk.letters, data, chunk.unpacked)
    table = decode(payload, [str(number) for number in range(len(chunk.letters))])
    rows = [part.rows for part in parts_of(payload)] if chunk.form is Form.TABLE else [chunk.rows]
    return _Decoded(table, (0, *np.cumsum(rows).tolist()))


def _some(chunks: Iterable[Chunk], rows_max: int | None) -> Iterator[Chunk]:
    rows = 0
    for chunk in chunks:
        yield chunk
        rows += chunk.rows
        if rows_max is not None and rows >= rows_max:
            return
