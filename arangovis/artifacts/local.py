"""Artifacts in a folder.

    root/blobs/ab/ab34...      the bytes, named by their digest, in 256 folders by its first two digits
    root/temporary/...         files being written; what a crash leaves there is swept
    root/removal.lock          locked by whoever may remove blobs

Bytes are written to a temporary file, fsynced, renamed into place, and the folder is fsynced: a reader sees all of a
blob or nothing, and what `put` returned survives a power cut.
"""

import fcntl
import hashlib
import os
import re
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from arangovis.artifacts.base import ArtifactStore, StoredBlob
from arangovis.domain.errors import Conflict, Fault, InvalidInput, NotFound

CHUNK_BYTES = 1 << 20
LOCK_PAUSE_S = 0.01
_DIGEST = re.compile(r"[0-9a-f]{64}\Z")


class LocalArtifactStore(ArtifactStore):
    """Content-addressed files under one folder, which belongs to one graph store."""

    def __init__(self, root: Path) -> None:
        self._blobs = root / "blobs"
        self._temporary = root / "temporary"
        self._lock = root / "removal.lock"
        self._durable: set[Path] = set()  # folders whose own names this process has synced

    def put(self, data: bytes) -> str:
        """Store bytes; see `ArtifactStore.put`. A present file of another size is damaged and written again."""
        digest = hashlib.sha256(data).hexdigest()
        if not self._has(digest, len(data)):
            temporary, _, _ = self._write_temporary((data,))
            self._publish(temporary, digest)
        return digest

    def put_stream(self, stream: BinaryIO) -> tuple[str, int]:
        """Store a stream; see `ArtifactStore.put_stream`."""
        temporary, digest, size = self._write_temporary(iter(lambda: stream.read(CHUNK_BYTES), b""))
        if self._has(digest, size):
            temporary.unlink(missing_ok=True)
        else:
            self._publish(temporary, digest)
        return digest, size

    def open(self, digest: str) -> BinaryIO:
        """Open a blob; see `ArtifactStore.open`."""
        try:
            return self._path(digest).open("rb")
        except FileNotFoundError as error:
            raise NotFound(f"there is no blob {digest[:12]}") from error

    def exists(self, digest: str) -> bool:
        """Say whether the blob is there."""
        return self._path(digest).is_file()

    def remove(self, digest: str) -> None:
        """Remove a blob; one that is not there stays not there."""
        path = self._path(digest)
        try:
            path.unlink()
        except FileNotFoundError:
            return
        _sync_folder(path.parent)

    def blobs(self) -> Iterator[StoredBlob]:
        """Walk all blobs; files that are none of ours are passed over."""
        for path in self._blobs.glob("??/*"):
            if _DIGEST.match(path.name) and (status := _status(path)) is not None:
                yield StoredBlob(path.name, status.st_size, status.st_mtime_ns // 1000)

    @contextmanager
    def removal_lock(self, timeout_s: float) -> Iterator[None]:
        """Hold the right to remove; the kernel frees it when the process dies. See `ArtifactStore.removal_lock`."""
        self._lock.parent.mkdir(parents=True, exist_ok=True)
        with self._lock.open("ab") as file:
            _lock_within(file, timeout_s)
            yield

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
        if not _DIGEST.match(digest):
            raise InvalidInput.of(Fault("digest", f"{digest[:80]!r} is not 64 lower-case hex digits"))
        return self._blobs / digest[:2] / digest

    def _has(self, digest: str, size: int) -> bool:
        """Say whether the blob is there, of this size; if so, it is durable on return."""
        path = self._path(digest)
        status = _status(path)
        if status is None or status.st_size != size:
            return False
        self._sync(path.parent)  # whoever wrote it may not have come to this yet
        return True

    def _write_temporary(self, chunks: Iterable[bytes]) -> tuple[Path, str, int]:
        """Write chunks to a durable temporary file; return its path, digest and size."""
        self._temporary.mkdir(parents=True, exist_ok=True)
        digest, size = hashlib.sha256(), 0
        with tempfile.NamedTemporaryFile(dir=self._temporary, delete=False) as file:
            path = Path(file.name)
            try:
                for chunk in chunks:
                    digest.update(chunk)
                    size += file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            except BaseException:
                path.unlink(missing_ok=True)
                raise
        return path, digest.hexdigest(), size

    def _publish(self, temporary: Path, digest: str) -> None:
        path = self._path(digest)
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.replace(path)
        self._sync(path.parent)

    def _sync(self, folder: Path) -> None:
        """Make the names in a folder durable, and once in a process those of the folders above it."""
        _sync_folder(folder)
        if folder not in self._durable:
            for above in (self._blobs, self._blobs.parent, self._blobs.parent.parent):
                _sync_folder(above)
            self._durable.add(folder)


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


def _lock_within(file: BinaryIO, timeout_s: float) -> None:
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() >= deadline:
                raise Conflict("another process is removing blobs; try again") from error
        time.sleep(LOCK_PAUSE_S)
