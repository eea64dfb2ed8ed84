"""Artifacts in a bucket of S3, or of any server that speaks its protocol.

    prefix/blobs/ab/ab34...    one object a blob, named by its digest

An object appears at once and whole: that is what S3 promises of a PUT and of completing a multipart upload. What a
writer that died left half-uploaded is never listed or read, and is swept.

The name is the digest, so it must be known before the upload. A stream is read twice for that, from where it stands;
one that cannot be rewound is spooled to a temporary file. The alternative, an upload under a temporary name that is
copied to its own, would send again what is there already, and would leave whole objects behind that none asked for.
"""

import hashlib
import io
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import BinaryIO, cast

from arangovis.artifacts.base import (
    REMOVE_MAX_S,
    Announce,
    ArtifactStore,
    StoredBlob,
    checked_digest,
    is_digest,
    unannounced,
)
from arangovis.artifacts.s3.client import Patience, S3Client, Upload
from arangovis.artifacts.s3.place import S3Place
from arangovis.artifacts.s3.reader import CHUNK_BYTES, S3Reader
from arangovis.domain.errors import IntegrityError, StoreUnavailable

PART_BYTES = 16 << 20
"""What is sent in one request and held in memory; more only where a blob would have too many parts."""
PARTS_MAX = 10_000
"""What S3 allows."""
HASTE = Patience(connect_s=REMOVE_MAX_S / 6, read_s=REMOVE_MAX_S / 2, attempts=1)
"""For removals, which must end in time, and for tidying up after a failure."""


class S3ArtifactStore(ArtifactStore):
    """Content-addressed objects under one prefix of a bucket, which belong to one graph store."""

    def __init__(self, place: S3Place, *, patience: Patience | None = None, part_bytes: int = PART_BYTES) -> None:
        self._client = S3Client(place, patience or Patience())
        self._hasty_client = S3Client(place, HASTE)
        self._part_bytes = part_bytes
        self._folder = f"{place.prefix}/blobs/".lstrip("/")

    def prepare(self) -> None:
        """Make the bucket if it is not there; see `ArtifactStore.prepare`. Nothing else makes it."""
        self._client.make_bucket()

    # --- writing ----------------------------------------------------------------------------------------------

    def put(self, data: bytes, digest: str | None = None) -> str:
        """Store bytes; see `ArtifactStore.put`. A present object of another size is damaged and written again."""
        digest = digest or hashlib.sha256(data).hexdigest()
        self._store(io.BytesIO(data), digest, len(data))
        return digest

    def put_stream(self, stream: BinaryIO, announce: Announce = unannounced) -> tuple[str, int]:
        """Store a stream; see `ArtifactStore.put_stream`."""
        with _rewindable(stream) as source:
            start = source.tell()
            digest, size = _measured(source)
            source.seek(start)
            announce(digest, size)
            self._store(source, digest, size)
        return digest, size

    def _store(self, source: BinaryIO, digest: str, size: int) -> None:
        key = self._key(digest)
        if self._client.size(key) == size:
            return
        parts = _Parts(source, size, max(self._part_bytes, -(-size // PARTS_MAX)))
        if size <= self._part_bytes:
            data = b"".join(parts)
            parts.check(digest)
            self._client.put(key, data)
        else:
            self._upload(key, parts, digest)
        if (arrived := self._client.size(key)) != size:
            raise IntegrityError(f"of the {size} bytes of blob {digest[:12]}, {arrived or 0} arrived")

    def _upload(self, key: str, parts: "_Parts", digest: str) -> None:
        upload = self._client.begin(key)
        try:
            tags = [self._client.send(upload, number, data) for number, data in enumerate(parts, 1)]
            parts.check(digest)
            self._client.complete(upload, tags)
        except BaseException:
            self._abort(upload)
            raise

    def _abort(self, upload: Upload) -> None:
        with suppress(StoreUnavailable):  # what stays is swept
            self._hasty_client.abort(upload)

    # --- reading ----------------------------------------------------------------------------------------------

    def open(self, digest: str) -> BinaryIO:
        """Open a blob; see `ArtifactStore.open`. Where the server breaks off, the rest is asked for again."""
        return io.BufferedReader(S3Reader(partial(self._client.fetch, self._key(digest))), CHUNK_BYTES)

    def exists(self, digest: str) -> bool:
        """Say whether the blob is there."""
        return self._client.size(self._key(digest)) is not None

    def blobs(self) -> Iterator[StoredBlob]:
        """Walk all blobs; objects that are none of ours are passed over."""
        for found in self._client.objects(self._folder):
            folder, _, digest = found.key.removeprefix(self._folder).rpartition("/")
            if is_digest(digest) and folder == digest[:2]:
                yield StoredBlob(digest, found.bytes, found.modified)

    # --- removing ---------------------------------------------------------------------------------------------

    def remove(self, digest: str) -> None:
        """Remove a blob, in one attempt; see `ArtifactStore.remove`."""
        self._hasty_client.remove(self._key(digest))

    def erase(self, digest: str) -> None:
        """Remove a blob with the versions that the bucket keeps of it; see `ArtifactStore.erase`."""
        self.remove(digest)
        self._client.remove_versions(self._key(digest))

    def sweep_temporary(self, older_than_us: int) -> int:
        """Abort multipart uploads that began before this time; see `ArtifactStore.sweep_temporary`."""
        old = [upload for upload in self._client.uploads(self._folder) if upload.begun < older_than_us]
        return sum(self._client.abort(upload) for upload in old)

    def _key(self, digest: str) -> str:
        return f"{self._folder}{checked_digest(digest)[:2]}/{digest}"


class _Parts:
    """A source in parts, each of this many bytes but the last, and the digest of all that was taken from it."""

    def __init__(self, source: BinaryIO, size: int, part_bytes: int) -> None:
        self._source = source
        self._size = size
        self._part_bytes = part_bytes
        self._seen = hashlib.sha256()

    def __iter__(self) -> Iterator[bytes]:
        for begin in range(0, self._size, self._part_bytes):
            data = _up_to(self._source, min(self._part_bytes, self._size - begin))
            self._seen.update(data)
            yield data

    def check(self, digest: str) -> None:
        """Raise unless the source gave the same bytes as when it was measured."""
        if self._seen.hexdigest() != digest:
            raise IntegrityError("the stream changed while it was stored; nothing was")


@contextmanager
def _rewindable(stream: BinaryIO) -> Iterator[BinaryIO]:
    """Give the stream itself if it can be read twice, or a temporary file with the rest of it."""
    if stream.seekable():
        yield stream
        return
    with tempfile.TemporaryFile() as spool:
        while chunk := stream.read(CHUNK_BYTES):
            spool.write(chunk)
        spool.seek(0)
        yield cast("BinaryIO", spool)


def _measured(source: BinaryIO) -> tuple[str, int]:
    """Read to the end; return the digest and the number of bytes."""
    digest, size = hashlib.sha256(), 0
    while chunk := source.read(CHUNK_BYTES):
        digest.update(chunk)
        size += len(chunk)
    return digest.hexdigest(), size


def _up_to(source: BinaryIO, size: int) -> bytes:
    """Read this many bytes, or what there is: a stream may give fewer at a time."""
    chunks: list[bytes] = []
    missing = size
    while missing and (chunk := source.read(min(missing, CHUNK_BYTES))):
        chunks.append(chunk)
        missing -= len(chunk)
    return b"".join(chunks)
