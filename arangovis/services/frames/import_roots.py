"""Files that may be imported by their path: below roots that the operator allows, and nowhere else.

A root is an absolute folder, `s3://bucket/prefix` or `https://host/prefix`. A folder's files are opened one path part
at a time without following links, so none leads out. A host's address is looked up once and must be public, unless
the root itself names an address; then `http` is allowed too, for that address is what the operator wrote. The server
of S3 is the one that the settings name, whatever a client writes.
"""

import io
import os
import stat
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast
from urllib.parse import SplitResult, unquote, urlsplit

from arangovis.artifacts.registry import open_objects
from arangovis.artifacts.s3.place import S3Place, place_of
from arangovis.domain.errors import Fault, Forbidden, InvalidInput, NotFound, TooLarge
from arangovis.services.frames.import_urls import BYTES_MAX, fetched
from arangovis.services.outgoing import address_of

S3 = "s3://"
_REFUSED = "the path is not below a folder or address that imports are allowed from"
_READ_ONLY = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW


@dataclass(frozen=True, slots=True)
class ImportRoots:
    """The roots that imports are allowed from; none by default."""

    folders: tuple[Path, ...] = ()
    places: tuple[SplitResult, ...] = ()
    buckets: tuple[S3Place, ...] = ()

    @classmethod
    def of(cls, setting: str, *, s3_query: str = "") -> "ImportRoots":
        """Read the roots, separated by commas; `s3_query` is the query of those in S3: their endpoint and region.

        Raises:
            InvalidInput: one is neither an absolute folder nor an address with a host or a bucket.

        """
        roots = [root.strip() for root in setting.split(",") if root.strip()]
        folders = tuple(Path(root) for root in roots if "://" not in root)
        buckets = tuple(_bucket(root, s3_query) for root in roots if root.startswith(S3))
        places = tuple(urlsplit(root) for root in roots if "://" in root and not root.startswith(S3))
        wrong = [str(folder) for folder in folders if not folder.is_absolute() or ".." in folder.parts]
        wrong += [place.geturl() for place in places if not _is_usable(place)]
        if wrong:
            problem = "is neither an absolute folder nor s3://bucket/prefix nor https://host/prefix"
            raise InvalidInput.of(*(Fault("import_roots", f"{root[:80]!r} {problem}") for root in wrong))
        return cls(folders, places, buckets)

    def open(self, path: str) -> BinaryIO:
        """Open a file for reading.

        Raises:
            Forbidden: it is not below a root, or a host's address is not public.
            NotFound: there is no such file.
            TooLarge: it has more than BYTES_MAX bytes.
            StoreUnavailable: the server of S3 does not answer or does not let us in.

        """
        if path.startswith(S3):
            return self._open_object(path)
        if "://" in path:
            return self._open_url(path)
        return self._open_file(path)

    def _open_file(self, path: str) -> BinaryIO:
        wanted = Path(path)
        folder = next((folder for folder in self.folders if wanted.is_relative_to(folder)), None)
        if folder is None or "\0" in path:
            raise Forbidden(_REFUSED)
        parts = wanted.relative_to(folder).parts
        if any(_is_hidden(part) for part in parts):
            raise Forbidden(_REFUSED)
        return _opened(folder, parts)

    def _open_url(self, path: str) -> BinaryIO:
        wanted = _split(path)
        for root in self.places:
            if _is_below(wanted, root):
                return cast("BinaryIO", fetched(wanted, root))
        raise Forbidden(_REFUSED)

    def _open_object(self, path: str) -> BinaryIO:
        bucket, _, key = path.removeprefix(S3).partition("/")
        root = next((root for root in self.buckets if root.bucket == bucket and _holds(root, key)), None)
        if root is None:
            raise Forbidden(_REFUSED)
        return _object(root, key)


def _bucket(root: str, query: str) -> S3Place:
    """Read a root in S3.

    Raises:
        InvalidInput: it has no bucket, or a query of its own: the server is that of the settings.

    """
    try:
        if "?" not in root:
            return place_of(urlsplit(f"{root}?{query}" if query else root))
        problem = "has a query; set s3_endpoint and s3_region"
    except InvalidInput as error:
        problem = error.faults[0].problem
    raise InvalidInput.of(Fault("import_roots", f"{root.partition('?')[0][:80]!r} {problem}"))


def _holds(root: S3Place, key: str) -> bool:
    """Say whether a key is below a root: keys are texts, but steps that look hidden or lead up are refused as well."""
    steps = key.split("/")
    below = not root.prefix or key.startswith(f"{root.prefix}/")
    return below and key.isprintable() and all(step and not _is_hidden(step) for step in steps)


def _object(root: S3Place, key: str) -> BinaryIO:
    objects = open_objects(root)
    size = objects.size(key)
    if size is None:
        raise NotFound("there is no such file")
    if size > BYTES_MAX:
        raise TooLarge(f"over {BYTES_MAX:,} bytes")
    return io.BufferedReader(objects.open(key), 1 << 20)


def _opened(folder: Path, parts: Sequence[str]) -> BinaryIO:
    """Open a file below a folder, no part of the way being a link."""
    if not parts:
        raise Forbidden(_REFUSED)
    try:
        place = os.open(folder, os.O_RDONLY | os.O_CLOEXEC | os.O_DIRECTORY)
        for part in parts[:-1]:
            with closing(_Descriptor(place)):
                place = os.open(part, _READ_ONLY | os.O_DIRECTORY, dir_fd=place)
        with closing(_Descriptor(place)):
            found = os.open(parts[-1], _READ_ONLY | os.O_NONBLOCK, dir_fd=place)
    except FileNotFoundError as error:
        raise NotFound("there is no such file") from error
    except OSError as error:
        raise Forbidden(_REFUSED) from error
    about = os.fstat(found)
    if not stat.S_ISREG(about.st_mode) or about.st_size > BYTES_MAX:
        os.close(found)
        raise Forbidden(_REFUSED) if not stat.S_ISREG(about.st_mode) else TooLarge(f"over {BYTES_MAX:,} bytes")
    return os.fdopen(found, "rb")


@dataclass(frozen=True, slots=True)
class _Descriptor:
    number: int

    def close(self) -> None:
        os.close(self.number)


def _split(path: str) -> SplitResult:
    try:
        wanted = urlsplit(path)
        _ = wanted.port
    except ValueError as error:
        raise Forbidden(_REFUSED) from error
    if wanted.username is not None or not path.isascii() or not path.isprintable() or " " in path:
        raise Forbidden(_REFUSED)
    return wanted


def _is_usable(place: SplitResult) -> bool:
    try:
        known = place.scheme == "https" or (place.scheme == "http" and address_of(place.hostname or "") is not None)
        return known and bool(place.hostname) and place.username is None and not place.query and place.port != 0
    except ValueError:
        return False


def _is_below(wanted: SplitResult, root: SplitResult) -> bool:
    if (wanted.scheme, wanted.hostname, wanted.port) != (root.scheme, root.hostname, root.port):
        return False
    parts = unquote(wanted.path).split("/")
    if any(_is_hidden(part) for part in parts) or "\\" in wanted.path:
        return False
    prefix = root.path.rstrip("/")
    return wanted.path == prefix or wanted.path.startswith(f"{prefix}/")


def _is_hidden(part: str) -> bool:
    """Say whether a part of a path is hidden, or leads up."""
    return part.startswith(".")
