"""The contract of an artifact store: bytes under their SHA-256.

Bytes are written before the graph speaks of them, so a crash leaves at most an orphan blob. Deciding which blob
is an orphan, and who may remove it, is the business of `arangovis.services.blobs`, not of the store.
"""

import hashlib
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, TypeAlias

from arangovis.domain.errors import Fault, IntegrityError, InvalidInput, NotFound

REMOVE_MAX_S = 30.0
"""How long `remove` may last: whoever has the right to remove has it for a while only."""
Announce: TypeAlias = Callable[[str, int], None]
"""Told the digest and the size of a stream after it was read, and before its bytes appear."""
_DIGEST = re.compile(r"[0-9a-f]{64}\Z")
_CHUNK_BYTES = 1 << 20


def is_digest(text: str) -> bool:
    """Say whether a text is the name of a blob: 64 lower-case hex digits."""
    return _DIGEST.match(text) is not None


def checked_digest(digest: str) -> str:
    """Return the digest.

    Raises:
        InvalidInput: it is none.

    """
    if not is_digest(digest):
        raise InvalidInput.of(Fault("digest", f"{digest[:80]!r} is not 64 lower-case hex digits"))
    return digest


@dataclass(frozen=True, slots=True)
class StoredBlob:
    """A blob as the store lists it; `modified` in microseconds since 1970."""

    digest: str
    bytes: int
    modified: int


def unannounced(digest: str, size: int) -> None:
    """Tell nobody."""


class ArtifactStore(ABC):
    """Content-addressed bytes. All methods may be called from any thread and any process.

    All of them raise StoreUnavailable if the place where the bytes are kept does not answer or does not let us in.
    """

    @abstractmethod
    def prepare(self) -> None:
        """Make the place where the bytes are kept, if it is not there. Repeating it changes nothing.

        Nothing else makes it, so that a wrong name is told instead of filled.
        """

    @abstractmethod
    def put(self, data: bytes, digest: str | None = None) -> str:
        """Store bytes durably and return their digest, 64 hex digits of SHA-256; who knows it already gives it.

        Atomic: another reader sees all of it or nothing. Storing what is there already changes nothing.
        """

    @abstractmethod
    def put_stream(self, stream: BinaryIO, announce: Announce = unannounced) -> tuple[str, int]:
        """Store a stream of any length durably; return (digest, bytes). Atomic as `put`; constant memory.

        If `announce` raises, nothing is stored.

        Raises:
            IntegrityError: the stream had to be read twice, and changed meanwhile.

        """

    @abstractmethod
    def open(self, digest: str) -> BinaryIO:
        """Open a blob for reading from its start. The bytes are not verified.

        Raises:
            NotFound: there is no such blob.

        """

    @abstractmethod
    def exists(self, digest: str) -> bool:
        """Say whether the blob is there."""

    @abstractmethod
    def remove(self, digest: str) -> None:
        """Remove a blob; one that is not there stays not there.

        It ends within REMOVE_MAX_S, and has no effect after that.
        """

    def erase(self, digest: str) -> None:
        """Remove a blob for good, with whatever the place keeps of removed ones; one that is not there stays not there.

        For bytes that may not come back: it may last longer than `remove`, and is repeated where it failed.
        """
        self.remove(digest)

    @abstractmethod
    def blobs(self) -> Iterator[StoredBlob]:
        """Walk all blobs, in no particular order."""

    @abstractmethod
    def sweep_temporary(self, older_than_us: int) -> int:
        """Remove what writers that died left half-written before this time (microseconds since 1970); return how many.

        It does not hinder writers that began later.
        """

    def is_intact(self, digest: str) -> bool:
        """Say whether a blob is there and its bytes have its digest; it is read in constant memory."""
        found = hashlib.sha256()
        try:
            with self.open(digest) as stream:
                while chunk := stream.read(_CHUNK_BYTES):
                    found.update(chunk)
        except NotFound:
            return False
        return found.hexdigest() == digest

    def read(self, digest: str) -> bytes:
        """Return all bytes of a blob, verified.

        Raises:
            NotFound: there is no such blob.
            IntegrityError: the bytes do not have this digest.

        """
        with self.open(digest) as stream:
            data = stream.read()
        if hashlib.sha256(data).hexdigest() != digest:
            raise IntegrityError(f"the bytes of blob {digest[:12]} do not have its digest")
        return data

    def view(self, digest: str) -> memoryview:
        """Return all bytes of a blob, verified as by `read`, without holding them in memory where that can be done.

        For processes that may die of a disk that fails: pages of a file that are gone cannot be told politely.

        Raises:
            NotFound, IntegrityError: as `read`.

        """
        return memoryview(self.read(digest))
