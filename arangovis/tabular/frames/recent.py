"""Rows that were read a moment ago, still in memory for who asks for them next."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import pyarrow as pa

BYTES_MAX = 64 << 20
"""Of all that is remembered; a larger frame is not."""

Tables: TypeAlias = "Sequence[pa.Table]"


class RecentTables:
    """The tables of frames by the digests of their segments, those used last."""

    def __init__(self, bytes_max: int = BYTES_MAX) -> None:
        self._bytes_max = bytes_max
        self._lock = threading.Lock()
        self._tables: OrderedDict[tuple[str, ...], Tables] = OrderedDict()

    def keep(self, digests: Sequence[str], collected: "Collected") -> None:
        """Remember the tables of a frame, and forget the oldest until all fit."""
        tables = collected.tables
        if tables is None:
            return
        with self._lock:
            self._tables[tuple(digests)] = tables
            while sum(map(_bytes, self._tables.values())) > self._bytes_max:
                self._tables.popitem(last=False)

    def find(self, digests: Sequence[str]) -> "Tables | None":
        """Return the tables of a frame, or None."""
        with self._lock:
            found = self._tables.get(tuple(digests))
            if found is not None:
                self._tables.move_to_end(tuple(digests))
            return found

    def forget(self, digests: Sequence[str]) -> None:
        """Forget a frame."""
        with self._lock:
            self._tables.pop(tuple(digests), None)


class Collected:
    """The tables of one frame as they come, as long as they are few enough to be remembered."""

    def __init__(self, bytes_max: int = BYTES_MAX) -> None:
        self._left = bytes_max
        self._tables: list[pa.Table] = []

    def add(self, table: "pa.Table") -> None:
        """Take the next one."""
        self._left -= table.nbytes
        if self._left < 0:
            self._tables.clear()
        else:
            self._tables.append(table)

    @property
    def tables(self) -> "Tables | None":
        """All of them, or None if they were too large."""
        return self._tables if self._left >= 0 else None


def _bytes(tables: "Tables") -> int:
    return sum(table.nbytes for table in tables)
