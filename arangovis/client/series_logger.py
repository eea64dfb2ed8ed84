"""Logs rows to the series of one run: taken in memory at once, on disk within seconds, delivered by an outbox."""

import operator
import threading
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

from arangovis.client.columns.buffers import Buffer
from arangovis.client.columns.forms import STEP, flattened
from arangovis.client.columns.kinds import checked_int, refused
from arangovis.client.columns.table import Table
from arangovis.client.exits import closing_at_exit
from arangovis.client.logger_options import LoggerOptions
from arangovis.client.outbox import Outbox
from arangovis.client.outbox.forking import tell_of_forks
from arangovis.domain.errors import Conflict, Fault, InvalidInput
from arangovis.tabular.column_stream import ColumnStream

CHUNK_ROWS_MAX = 65_536
CHUNK_BYTES_MAX = 4 << 20
HELD_BYTES_MAX = 16 << 20
"""What waits in memory before a caller takes part in writing it to disk."""
_HEADERS = {"Content-Type": "application/vnd.apache.arrow.stream"}
_NAME_LENGTH_MAX = 40


class SeriesLogger:
    """Any number of threads may use it. A forked child logs under an id of its own, and begins with nothing waiting.

    Args:
        outbox: delivers the chunks; it is not closed here.
        run_key: the run that is logged to.
        generation: of the run; None: the current one when the chunks arrive.
        logger_id: the beginning of the id that tells this logger from others of the run, such as `rank0`.
        options: how it behaves.

    """

    def __init__(
        self,
        outbox: Outbox,
        run_key: str,
        *,
        generation: int | None = 0,
        logger_id: str | None = None,
        options: LoggerOptions | None = None,
    ) -> None:
        self._outbox = outbox
        self._path = f"/api/v1/runs/{run_key}/chunks"
        self._generation = generation
        self._prefix = _sound_id(logger_id)
        self._options = options or LoggerOptions()
        self._next_step = self._options.next_step
        self._table = Table(self._options.kinds, self._options.series, copy=self._options.copy)
        self._is_closed = False
        self._begin()
        tell_of_forks(self)

    def _begin(self) -> None:
        self.logger_id = f"{self._prefix}{uuid.uuid4().hex[:16]}"
        self._lock = threading.Lock()
        self._spilling = threading.Lock()
        self._woken = threading.Event()
        self._thread: threading.Thread | None = None
        self._undo: Callable[[], None] | None = None

    # --- logging ----------------------------------------------------------------------------------------------

    def log(self, values: Mapping[str, Any], step: int | None = None) -> int:
        """Log values under a step, in the series of exactly these fields; return the step.

        Nested mappings become fields joined by dots. Without `step` it is one more than the highest before.

        Raises:
            InvalidInput: a value cannot be stored, or is of another kind than its field; nothing is logged.
            Conflict: this is closed.
            TooLarge: no more may wait, and the outbox is to say so.

        """
        self._ready()
        if STEP in values:
            step = _only_step(values, step)
            values = {name: value for name, value in values.items() if name != STEP}
        with self._lock:
            number = self._next_step if step is None else _step(step)
            if not self._table.add_row(None, (*values, STEP), (*values.values(), number)):
                self._table.add(None, {**flattened(values), STEP: number})
            if number >= self._next_step:
                self._next_step = number + 1
        return number

    def write(self, series: str | None = None, /, **arrays: Any) -> int:
        """Write values to a series, by name or that of exactly these fields; return how many rows they are.

        All are broadcast to one shape, whose elements in C order are the rows.

        Raises:
            InvalidInput: as `log`; or the values do not broadcast to one shape, or are not the fields of the series.
            Conflict: this is closed.
            TooLarge: no more may wait, and the outbox is to say so.

        """
        return self.write_columns(series, arrays)

    def write_columns(self, series: str | None, columns: Mapping[str, Any]) -> int:
        """Write values whose fields have any names, as `write` does."""
        self._ready()
        with self._lock:
            if self._table.add_row(series, tuple(columns), tuple(columns.values())):
                return 1
            return self._table.add(series, columns)

    def declare(self, series: str, kinds: Mapping[str, str]) -> None:
        """Hold the writes to a named series to these fields and kinds from here on.

        Raises:
            InvalidInput: there is no such kind, or a field or the series is known with others.

        """
        with self._lock:
            self._table.declare(series, kinds)

    @property
    def is_full(self) -> bool:
        """Whether the next call writes to disk before it takes anything."""
        return self._table.held >= HELD_BYTES_MAX

    # --- leaving ----------------------------------------------------------------------------------------------

    def spill(self) -> None:
        """Move what waits in memory to the outbox.

        Raises:
            TooLarge: no more may wait there; what did not fit stays here.
            StoreUnavailable: the disk does not take it; it stays here.

        """
        with self._spilling:
            with self._lock:
                buffers = self._table.buffers()
            for buffer in buffers:
                if buffer.leaving is None:
                    self._load(buffer)
                self._send(buffer)

    def flush(self, timeout_s: float | None = None) -> bool:
        """Wait until the service has all that was logged; say whether it was in time. Offline: until it is on disk."""
        self.spill()
        return self._outbox.flush(timeout_s)

    def close(self) -> None:
        """Move what waits to the outbox and take no more. Again: harmless."""
        self._is_closed = True
        self._woken.set()
        if self._undo is not None:
            self._undo()
        self.spill()
        self._outbox.sync()

    def __enter__(self) -> "SeriesLogger":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def begin_in_child(self) -> None:
        """Forget what the parent will send, and be another logger, here in the child."""
        self._table.forget()
        self._begin()

    # --- inside -----------------------------------------------------------------------------------------------

    def _ready(self) -> None:
        if self._outbox.troubled:
            self._outbox.surface()
        if self._thread is None or self._is_closed:
            self._start()
        if self.is_full:
            self.spill()

    def _start(self) -> None:
        with self._lock:
            if self._is_closed:
                raise Conflict("this logger is closed")
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="arangovis-flush", daemon=True)
                with suppress(RuntimeError):  # the interpreter ends; it will call `_leave`
                    self._thread.start()
                self._undo = closing_at_exit(self._leave, order=20)

    def _run(self) -> None:
        woken = self._woken
        while not woken.wait(self._options.flush_every_s):
            self._leave()

    def _leave(self) -> None:
        """Spill; whatever is wrong is counted, and told by the next call."""
        try:
            self.spill()
            self._outbox.sync()
        except Exception as error:  # supervised: the thread goes on
            self._outbox.fault(error)

    def _load(self, buffer: Buffer) -> None:
        """Make columns of what waits in a buffer."""
        with self._lock:
            blocks = buffer.take()
        if not blocks:
            return
        try:
            buffer.leaving, buffer.left = ColumnStream(buffer.columns(blocks)), 0
        except Exception as error:  # a device that failed, say; the other series go on
            self._outbox.lose(error)
            self._sent(buffer)

    def _send(self, buffer: Buffer) -> None:
        """Put columns into the outbox, chunk by chunk; after an error the next call goes on from there."""
        stream = buffer.leaving
        if stream is None:
            return
        rows_max = max(1, min(CHUNK_ROWS_MAX, CHUNK_BYTES_MAX * len(stream) // max(1, stream.nbytes)))
        hollow = stream.piece(0, 0)
        while buffer.left < len(stream):
            rows = min(rows_max, len(stream) - buffer.left)
            path = f"{self._path}?{self._query(buffer)}"
            self._outbox.put("POST", path, body=stream.piece(buffer.left, rows), headers=_HEADERS, hollow=hollow)
            buffer.left += rows
            buffer.sequence += 1
        self._sent(buffer)

    def _sent(self, buffer: Buffer) -> None:
        with self._lock:
            self._table.held -= buffer.leaving_bytes
        buffer.leaving, buffer.leaving_bytes = None, 0

    def _query(self, buffer: Buffer) -> str:
        named = {"generation": self._generation, "logger": self.logger_id, "sequence": buffer.sequence}
        return urlencode({k: v for k, v in (named | {"series": buffer.series}).items() if v is not None})


def _only_step(values: Mapping[str, Any], step: int | None) -> Any:
    if step is not None:
        raise refused(STEP, "is given twice: among the values, and as the step")
    return values[STEP]


def _step(step: object) -> int:
    if isinstance(step, bool) or not hasattr(step, "__index__"):
        raise refused(STEP, f"{str(step)[:80]!r} is no whole number")
    return checked_int(STEP, operator.index(step))


def _sound_id(logger_id: str | None) -> str:
    if logger_id is None:
        return ""
    plain = logger_id.replace("-", "").replace("_", "")
    if not (plain.isascii() and plain.isalnum() and len(logger_id) <= _NAME_LENGTH_MAX):
        problem = f"{logger_id[:80]!r} is not 1 to {_NAME_LENGTH_MAX} letters, digits, - and _"
        raise InvalidInput.of(Fault("logger_id", problem))
    return f"{logger_id}-"
