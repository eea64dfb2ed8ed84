"""Cursors over query results (page "HTTP interfaces for AQL queries"). Results are complete when they are created."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.arango_simulator.clock import Clock
from tests.arango_simulator.errors import error

TTL_S = 30.0


@dataclass
class Cursor:
    """A result that is handed out in batches; batch numbers begin with 1."""

    id: str
    rows: list[Any]
    batch_size: int
    ttl_s: float
    keep_last: bool
    facts: Mapping[str, Any] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)
    handed_out: int = 0
    used_s: float = 0.0

    def batch(self, number: int) -> dict[str, Any]:
        """Return a batch as it is sent."""
        start, end = (number - 1) * self.batch_size, number * self.batch_size
        more = end < len(self.rows)
        self.handed_out = max(self.handed_out, number)
        body = {"result": self.rows[start:end], "hasMore": more, "cached": False, "error": False, **self.facts}
        if more or self.keep_last or number > 1:
            body["id"] = self.id
        if more:
            body["nextBatchId"] = str(number + 1)
        if number == 1:
            body["extra"] = self.extra
        return body

    def exhausted(self) -> bool:
        """Whether every batch was handed out."""
        return self.handed_out * self.batch_size >= len(self.rows)


class Cursors:
    """The cursors of a database; one that nobody asked for in its time to live is gone."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._open: dict[str, Cursor] = {}

    def first(self, cursor: Cursor) -> dict[str, Any]:
        """Return the first batch, and keep the cursor if there is need."""
        body = cursor.batch(1)
        if body["hasMore"] or cursor.keep_last:
            cursor.used_s = self._clock.now_s()
            self._open[cursor.id] = cursor
        return body

    def next(self, cursor_id: str, batch: str | None = None) -> dict[str, Any]:
        """Return the next batch, or again the last one if it was asked for by its number; 1600 if there is none."""
        with self._lock:
            cursor = self._get(cursor_id)
            number = cursor.handed_out + 1 if batch is None else self._number(cursor, batch)
            if (number - 1) * cursor.batch_size >= max(len(cursor.rows), 1):
                raise error(1600)
            body = cursor.batch(number)
            if cursor.exhausted() and not cursor.keep_last:
                del self._open[cursor_id]
            return body

    def _number(self, cursor: Cursor, batch: str) -> int:
        """Only the batch after the last one handed out, and with `allowRetry` that one again, can be had."""
        allowed = {cursor.handed_out + 1} | ({cursor.handed_out} if cursor.keep_last else set())
        if not batch.isdigit() or int(batch) not in allowed:
            raise error(1600, "batch id not found")
        return int(batch)

    def drop(self, cursor_id: str) -> None:
        """Forget a cursor; 1600 if there is none."""
        with self._lock:
            self._get(cursor_id)
            del self._open[cursor_id]

    def lose_all(self) -> None:
        """Forget all of them."""
        with self._lock:
            self._open.clear()

    def _get(self, cursor_id: str) -> Cursor:
        now_s = self._clock.now_s()
        for old in [cursor for cursor in self._open.values() if cursor.used_s + cursor.ttl_s < now_s]:
            del self._open[old.id]
        try:
            cursor = self._open[cursor_id]
        except KeyError:
            raise error(1600) from None
        cursor.used_s = now_s
        return cursor
