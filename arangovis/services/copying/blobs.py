"""Bytes from one artifact store to another, each verified by its digest on the way."""

import hashlib
import io
from typing import BinaryIO, cast

from arangovis.artifacts.base import ArtifactStore
from arangovis.domain.errors import IntegrityError, NotFound

CHUNK_BYTES = 1 << 20


def copy_blob(digest: str, source: ArtifactStore, target: ArtifactStore) -> int:
    """Copy a blob unless it is there undamaged, in constant memory; return how many bytes were written.

    Raises:
        IntegrityError: the source's bytes are damaged or gone; then nothing is written.

    """
    if target.exists(digest):
        if target.is_intact(digest):
            return 0
        target.remove(digest)
    try:
        with source.open(digest) as stream:
            return target.put_stream(cast("BinaryIO", _Verified(stream, digest)))[1]
    except NotFound as error:
        raise IntegrityError(f"the bytes of blob {digest[:12]} are gone from the source") from error


class _Verified(io.RawIOBase):
    """A stream that refuses to end if what was read has not the digest: who stores it then stores nothing."""

    def __init__(self, stream: BinaryIO, digest: str) -> None:
        super().__init__()
        self._stream = stream
        self._digest = digest
        self._found = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # any writable buffer will do
        chunk = self._stream.read(len(buffer))
        self._found.update(chunk)
        if not chunk and len(buffer) and self._found.hexdigest() != self._digest:
            raise IntegrityError(f"the bytes of blob {self._digest[:12]} changed in the source")
        buffer[: len(chunk)] = chunk
        return len(chunk)
