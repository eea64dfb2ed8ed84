"""Backups: a folder that holds a whole service, and a manifest that says what must be in it.

    graph.db          the graph, as an embedded store, whatever store it came from
    artifacts/        its bytes, as a local artifact store
    manifest.json     digests of both; written last

A backup is a copy, made while the service runs, into `NAME.partial`; it gets its name when all of it is durable. One
that was cut off is continued by the next of that name.
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson

from arangovis.artifacts.local import LocalArtifactStore
from arangovis.domain.errors import Conflict, IntegrityError, NotFound, StoreUnavailable
from arangovis.domain.version import VERSION
from arangovis.services.copying.blobs import CHUNK_BYTES
from arangovis.services.copying.copying import Copying, CopyReport, Place, Progress
from arangovis.stores.embedded import EmbeddedStore
from arangovis_schema import SCHEMA_VERSION

GRAPH, ARTIFACTS, MANIFEST, PARTIAL = "graph.db", "artifacts", "manifest.json", ".partial"
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Manifest:
    """What must be in a backup.

    `at` is the time of the last action in it, microseconds since 1970; `blobs_sha256` is over the sorted digests of
    the blobs, a line each.
    """

    format: int
    version: str
    schema_version: int
    at: int
    actions: int
    graph_sha256: str
    graph_bytes: int
    blobs: int
    blobs_sha256: str


def back_up(source: Place, folder: Path, progress: Progress | None = None) -> tuple[Manifest, CopyReport]:
    """Make a backup of a service that may go on working.

    Raises:
        Conflict: there is something of this name, or what an earlier attempt left is of another store.
        IntegrityError: bytes of the source are damaged or gone.
        OSError: the folder cannot be written.
        StoreUnavailable: a store did not answer; the next attempt goes on.

    """
    if folder.exists():
        raise Conflict(f"{folder.name} is there already; a backup gets a new name")
    partial = folder.with_name(folder.name + PARTIAL)
    partial.mkdir(parents=True, exist_ok=True)
    (partial / MANIFEST).unlink(missing_ok=True)
    with _opened(partial / GRAPH) as store:
        target = Place(store, LocalArtifactStore(partial / ARTIFACTS))
        report = Copying(source, target, progress).run(for_use=False)
        actions = _count(store)
    manifest = _sealed(partial, report.at, actions)
    partial.rename(folder)
    synced(folder.parent)
    return manifest, report


def restore(
    folder: Path,
    target: Place,
    progress: Progress | None = None,
    before_use: Callable[[], object] | None = None,
) -> CopyReport:
    """Copy a backup into an empty store, after all of it was verified; the backup is not touched.

    `before_use` is called when all is there, before anybody may use the target; see `Copying.run`.

    Raises:
        Conflict: the target is not empty, or the backup was made by a later version.
        IntegrityError: the backup is not what its manifest says; nothing was written.
        NotFound: the folder is no backup.
        StoreUnavailable: a store did not answer; restoring again goes on.

    """
    check_backup(folder, progress)
    with tempfile.TemporaryDirectory() as scratch:  # opening a database writes beside it
        graph = Path(shutil.copyfile(folder / GRAPH, Path(scratch) / GRAPH))
        with _opened(graph) as store:
            return Copying(Place(store, LocalArtifactStore(folder / ARTIFACTS)), target, progress).run(
                before_use=before_use
            )


def check_backup(folder: Path, progress: Progress | None = None) -> Manifest:
    """Read all of a backup and return its manifest.

    Raises:
        IntegrityError: it is not what its manifest says.
        NotFound: the folder is no backup.

    """
    manifest = _read_manifest(folder)
    path = folder / GRAPH
    if not path.is_file() or (path.stat().st_size, _sha256(path)) != (manifest.graph_bytes, manifest.graph_sha256):
        raise IntegrityError(f"{GRAPH} of the backup is not what its manifest says")
    artifacts = LocalArtifactStore(folder / ARTIFACTS)
    digests = sorted(blob.digest for blob in artifacts.blobs())
    if (len(digests), _list_sha256(digests)) != (manifest.blobs, manifest.blobs_sha256):
        raise IntegrityError(f"the backup has {len(digests)} blobs that are not the {manifest.blobs} of its manifest")
    for number, digest in enumerate(digests):
        if progress is not None:
            progress("checking", number, len(digests))
        if not artifacts.is_intact(digest):
            raise IntegrityError(f"the bytes of blob {digest[:12]} changed in the backup")
    return manifest


def set_aside(database: Path, now: int) -> Path | None:
    """Rename the file of an embedded store that nobody uses, and return its new place; None if there is none.

    Raises:
        Conflict: a process has the store open.

    """
    if not database.exists():
        return None
    log = database.with_name(f"{database.name}-wal")
    store = EmbeddedStore(database)
    try:
        store.migrate()  # the last one to close it takes its log away
    finally:
        store.close()
    if log.exists():
        raise Conflict("a process has the store open; stop every server and worker first")
    place = database.with_name(f"{database.name}.before-{now}")
    database.rename(place)
    synced(database.parent)
    return place


# --- files --------------------------------------------------------------------------------------------------------


@contextmanager
def _opened(path: Path) -> Iterator[EmbeddedStore]:
    store = EmbeddedStore(path)
    try:
        store.migrate()
        yield store
    finally:
        store.close()


def _count(store: EmbeddedStore) -> int:
    with store.frozen() as state:
        return state.action_count()


def _sealed(folder: Path, at: int, actions: int) -> Manifest:
    """Make all of a backup durable, the manifest last."""
    graph = folder / GRAPH
    if graph.with_name(f"{GRAPH}-wal").exists():
        raise StoreUnavailable("another process has the backup open")
    for name in ("gate", "turn"):
        graph.with_name(f"{GRAPH}-{name}").unlink(missing_ok=True)
    digests = sorted(blob.digest for blob in LocalArtifactStore(folder / ARTIFACTS).blobs())
    manifest = Manifest(
        FORMAT, VERSION, SCHEMA_VERSION, at, actions,
        graph_sha256=_sha256(graph), graph_bytes=graph.stat().st_size,
        blobs=len(digests), blobs_sha256=_list_sha256(digests),
    )  # fmt: skip
    synced(graph)
    (folder / MANIFEST).write_bytes(orjson.dumps(asdict(manifest), option=orjson.OPT_INDENT_2))
    synced(folder / MANIFEST)
    synced(folder)
    return manifest


def _read_manifest(folder: Path) -> Manifest:
    try:
        found = orjson.loads((folder / MANIFEST).read_bytes())
        manifest = Manifest(**found)
    except FileNotFoundError as error:
        raise NotFound(f"{folder.name} is no backup: it has no {MANIFEST}") from error
    except (ValueError, TypeError) as error:
        raise IntegrityError(f"{MANIFEST} of the backup cannot be read") from error
    if manifest.format != FORMAT:
        raise Conflict(f"the backup has format {manifest.format}; this version reads {FORMAT}")
    return manifest


def _sha256(path: Path) -> str:
    found = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            found.update(chunk)
    return found.hexdigest()


def _list_sha256(digests: list[str]) -> str:
    return hashlib.sha256("".join(f"{digest}\n" for digest in digests).encode()).hexdigest()


def synced(path: Path) -> None:
    """Make a file, or the names in a folder, durable."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
