"""Reading a blob from a server that may break off: what is missing is asked for again, from where it stopped."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from arangovis.domain.errors import IntegrityError, StoreUnavailable

REOPENS_MAX = 5
"""How often one reader asks again; every time the client repeats what fails before the first byte, too."""
CHUNK_BYTES = 1 << 20


class Body(Protocol):
    """The bytes of an answer, in order. Both methods raise StoreUnavailable if the connection broke."""

    def read(self, size: int) -> bytes:
        """Return at most this many bytes; none at the end."""

    def close(self) -> None:
        """Give the connection up."""


@dataclass(frozen=True, slots=True)
class Opened:
    """An answer: its bytes from where they were asked for, and how many bytes the whole blob has."""

    body: Body
    total: int


Fetch = Callable[[int], Opened]
"""Ask for a blob from a position on."""


class S3Reader(io.RawIOBase):
    """The bytes of a blob, all of them or an error: an answer that ends early is never taken for the whole.

    Raises:
        StoreUnavailable: the server broke off too often.
        IntegrityError: the blob changed while it was read.

    """

    def __init__(self, fetch: Fetch) -> None:
        super().__init__()
        self._fetch = fetch
        self._position = self._reopens = 0
        self._opened = fetch(0)

    def readable(self) -> bool:
        """Say yes."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Fill the buffer as far as bytes are there; 0 at the end."""
        view = memoryview(buffer).cast("B")
        data = self._next(len(view))
        view[: len(data)] = data
        return len(data)

    def readall(self) -> bytes:
        """Return all bytes from here to the end."""
        return b"".join(iter(lambda: self._next(CHUNK_BYTES), b""))

    def close(self) -> None:
        """Give the connection up."""
        if not self.closed:
            self._opened.body.close()
        super().close()

    def _next(self, size: int) -> bytes:
        while size and self._position < self._opened.total:
            try:
                data = self._opened.body.read(min(size, self._opened.total - self._position))
            except StoreUnavailable:
                data = b""
            if data:
                self._position += len(data)
                return data
            self._reopen()
        return b""

    def _reopen(self) -> None:
        at = f"at byte {self._position} of {self._opened.total}"
        if self._reopens == REOPENS_MAX:
            raise StoreUnavailable(f"the S3 server broke off too often, the last time {at}; try again")
        self._reopens += 1
        self._opened.body.close()
        opened = self._fetch(self._position)
        if opened.total != self._opened.total:
            opened.body.close()
            raise IntegrityError(f"a blob changed while it was read, {at}: it has {opened.total} bytes now")
        self._opened = opened
