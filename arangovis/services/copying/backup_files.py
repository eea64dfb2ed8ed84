"""A backup in one file: its folder as a tar archive, so that it can be sent somewhere."""

import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from arangovis.domain.errors import Conflict, IntegrityError
from arangovis.services.copying.backups import PARTIAL, Manifest, back_up, synced
from arangovis.services.copying.copying import Place, Progress

SUFFIX = ".tar"
FOLDER_SUFFIX = ".folder"


def back_up_to(source: Place, path: Path, progress: Progress | None = None) -> Manifest:
    """Make a backup: one file if the name ends in `.tar`, else a folder; see `back_up`.

    Raises:
        Conflict: there is something of this name.

    """
    if path.suffix != SUFFIX:
        return back_up(source, path, progress)[0]
    if path.exists():
        raise Conflict(f"{path.name} is there already; a backup gets a new name")
    folder = path.with_name(path.name + FOLDER_SUFFIX)
    if folder.exists():
        shutil.rmtree(folder)  # an earlier attempt ended before it was packed; it is older than what is wanted
    manifest, _ = back_up(source, folder, progress)
    _pack(folder, path)
    shutil.rmtree(folder)
    return manifest


@contextmanager
def folder_of(path: Path) -> Iterator[Path]:
    """Give the folder of a backup; that of a file is unpacked into a temporary one.

    Raises:
        IntegrityError: the file is no tar archive, or names places outside of it.

    """
    if path.is_dir():
        yield path
        return
    with tempfile.TemporaryDirectory() as scratch:
        try:
            with tarfile.open(path, "r:") as archive:
                archive.extractall(scratch, filter="data")
        except (tarfile.TarError, EOFError) as error:
            raise IntegrityError(f"{path.name} is no whole backup file") from error
        yield Path(scratch)


def _pack(folder: Path, path: Path) -> None:
    partial = path.with_name(path.name + PARTIAL)
    with tarfile.open(partial, "w:") as archive:
        for member in sorted(folder.iterdir()):
            archive.add(member, arcname=member.name)
    synced(partial)
    partial.rename(path)
    synced(path.parent)
