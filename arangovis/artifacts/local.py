"""Artifacts in a folder.

    root/blobs/ab/ab34...      the bytes, named by their digest, in 256 folders by its first two digits
    root/temporary/...         files being written; what a crash leaves there is swept

Bytes are written to a temporary file, fsynced, renamed into place, and the folder is fsynced: a reader sees all of a
blob or nothing, and what `put` returned survives a power cut.
"""

import hashlib
import mmap
import os
import tempfile
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, BinaryIO

from arangovis.artifacts.base import Announce, ArtifactStore, StoredBlob, checked_digest, is_digest, unannounced
from arangovis.domain.errors import IntegrityError, NotFound, StoreUnavailable

CHUNK_BYTES = 1 << 20
CHUNKS_AHEAD = 8
"""So many chunks of a stream may be written before they are hashed; they are held in memory."""


class LocalArtifactStore(ArtifactStore):
    """Content-addressed files under one folder, which belongs to one graph store."""

    def __init__(self, root: Path) -> None:
        self._blobs = root / "blobs"
        self._temporary = root / "temporary"
        self._durable: set[Path] = set()  # folders whose own names this process has synced

    def prepare(self) -> None:
        """Make the folder; see `ArtifactStore.prepare`. Storing makes it too: a folder is nobody's to provide."""
        self._blobs.mkdir(parents=True, exist_ok=True)

    def put(self, data: bytes, digest: str | None = None) -> str:
        """Store bytes; see `ArtifactStore.put`. A present file of another size is damaged and written again."""
        digest = digest or hashlib.sha256(data).hexdigest()
        if not self._has(digest, len(data)):
            with self._temporary_file((data,)) as temporary:
                self._publish(temporary, digest)
        return digest

    def put_stream(self, stream: BinaryIO, announce: Announce = unannounced) -> tuple[str, int]:
        """Store a stream, which is read once; see `ArtifactStore.put_stream`."""
        with _Hashing(stream) as seen, self._temporary_file(seen.chunks()) as temporary:
            digest = seen.digest()
            announce(digest, seen.bytes)
            if not self._has(digest, seen.bytes):
                self._publish(temporary, digest)
        return digest, seen.bytes

    def open(self, digest: str) -> BinaryIO:
        """Open a blob; see `ArtifactStore.open`."""
        try:
            return self._path(digest).open("rb")
        except FileNotFoundError as error:
            raise NotFound(f"there is no blob {digest[:12]}") from error

    def view(self, digest: str) -> memoryview:
        """Map a blob; see `ArtifactStore.view`. A file that is removed meanwhile stays readable on a local disk."""
        with self.open(digest) as stream:
            if os.fstat(stream.fileno()).st_size == 0:  # which cannot be mapped
                return super().view(digest)
            mapped = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
        if hashlib.sha256(mapped).hexdigest() != digest:
            raise IntegrityError(f"the bytes of blob {digest[:12]} do not have its digest")
        return memoryview(mapped)

    def exists(self, digest: str) -> bool:
        """Say whether the blob is there."""
        return self._path(digest).is_file()

    def remove(self, digest: str) -> None:
        """Remove a blob; one that is not there stays not there."""
        path = self._path(digest)
        with _disk_faults():
            try:
                path.unlink()
            except FileNotFoundError:
                return
            _sync_folder(path.parent)

    def blobs(self) -> Iterator[StoredBlob]:
        """Walk all blobs; files that are none of ours are passed over."""
        for path in self._blobs.glob("??/*"):
            if is_digest(path.name) and (status := _status(path)) is not None:
                yield StoredBlob(path.name, status.st_size, status.st_mtime_ns // 1000)

    def sweep_temporary(self, older_than_us: int) -> int:
        """Remove temporary files last written before this time; see `ArtifactStore.sweep_temporary`."""
        removed = 0
        for path in self._temporary.glob("*"):
            status = _status(path)
            if status is not None and status.st_mtime_ns // 1000 < older_than_us:
                path.unlink(missing_ok=True)
                removed += 1
        return removed

    def _path(self, digest: str) -> Path:
        return self._blobs / checked_digest(digest)[:2] / digest

    def _has(self, digest: str, size: int) -> bool:
        """Say whether the blob is there, of this size; if so, it is durable on return."""
        path = self._path(digest)
        status = _status(path)
        if status is None or status.st_size != size:
            return False
        with _disk_faults():
            self._sync(path.parent)  # whoever wrote it may not have come to this yet
        return True

    @contextmanager
    def _temporary_file(self, chunks: Iterable[bytes]) -> Iterator[Path]:
        """Write chunks to a durable temporary file, which is removed if it is not moved away."""
        with _disk_faults():
            self._temporary.mkdir(parents=True, exist_ok=True)
            file = tempfile.NamedTemporaryFile(dir=self._temporary, delete=False, buffering=0)  # noqa: SIM115
        path = Path(file.name)
        try:
            with file:
                written = 0
                for chunk in chunks:  # reading them may fail for reasons of its own
                    _write_all(file.file, chunk)
                    _begin_sync(file.fileno(), written, len(chunk))
                    written += len(chunk)
                _sync_file(file.fileno())
            yield path
        finally:
            path.unlink(missing_ok=True)

    def _publish(self, temporary: Path, digest: str) -> None:
        path = self._path(digest)
        with _disk_faults():
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary.replace(path)
            self._sync(path.parent)

    def _sync(self, folder: Path) -> None:
        """Make the names in a folder durable, and once in a process its own name and those of the folders above it."""
        _sync_folder(folder)
        if self._blobs not in self._durable:
            for above in (self._blobs.parent, self._blobs.parent.parent):
                _sync_folder(above)
            self._durable.add(self._blobs)
        if folder not in self._durable:
            _sync_folder(self._blobs)
            self._durable.add(folder)


class _Hashing:
    """A stream that is hashed beside what is done with its chunks: with the disk busy there is a processor to spare."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._seen = hashlib.sha256()
        self._pool = ThreadPoolExecutor(1, "hashing")  # which starts its thread with the first long stream
        self._ahead: deque[Future[None]] = deque()
        self.bytes = 0

    def __enter__(self) -> "_Hashing":
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def chunks(self) -> Iterator[bytes]:
        """Yield the stream."""
        while chunk := self._stream.read(CHUNK_BYTES):
            self._hash(chunk)
            self.bytes += len(chunk)
            yield chunk

    def digest(self) -> str:
        """Return the digest of all that was yielded."""
        self._catch_up(0)
        return self._seen.hexdigest()

    def _hash(self, chunk: bytes) -> None:
        if len(chunk) < CHUNK_BYTES:  # not worth a thread's turn
            self._catch_up(0)
            self._seen.update(chunk)
        else:
            self._ahead.append(self._pool.submit(self._seen.update, chunk))
            self._catch_up(CHUNKS_AHEAD)

    def _catch_up(self, ahead: int) -> None:
        while len(self._ahead) > ahead:
            self._ahead.popleft().result()


@contextmanager
def _disk_faults() -> Iterator[None]:
    """Say of a disk that is full or fails that it is not available, without naming a path.

    Raises:
        StoreUnavailable: it is.

    """
    try:
        yield
    except OSError as error:
        raise StoreUnavailable(f"the disk of the artifacts failed: {error.strerror or 'unknown'}") from error


def _write_all(file: IO[bytes], chunk: bytes) -> None:
    """Write a chunk whole; a disk that gets full takes part of it first."""
    left = memoryview(chunk)
    with _disk_faults():
        while left:
            left = left[file.write(left) or 0 :]


def _begin_sync(descriptor: int, start: int, size: int) -> None:
    """Have the disk begin with what was written, so that there is less to wait for at the end; a hint, no promise."""
    if size >= CHUNK_BYTES and hasattr(os, "posix_fadvise"):
        with suppress(OSError):
            os.posix_fadvise(descriptor, start, size, os.POSIX_FADV_DONTNEED)


def _sync_file(descriptor: int) -> None:
    with _disk_faults():
        os.fsync(descriptor)


def _status(path: Path) -> os.stat_result | None:
    """Return the status of a file, or None if it is gone."""
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def _sync_folder(path: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
