"""Files that may be imported by their path: below roots that the operator allows, and nowhere else.

A root is an absolute folder or `https://host/prefix`. A folder's files are opened one path part at a time without
following links, so none leads out. A host's address is looked up once and must be public, unless the root itself
names an address; then `http` is allowed too, for that address is what the operator wrote.
"""

import http.client
import ipaddress
import os
import socket
import ssl
import stat
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast
from urllib.parse import SplitResult, unquote, urlsplit

from arangovis.domain.errors import Fault, Forbidden, InvalidInput, NoData, NotFound, TooLarge

BYTES_MAX = 4 << 30
SECONDS_MAX = 300.0
CONNECT_S = 10.0
_REFUSED = "the path is not below a folder or address that imports are allowed from"
_READ_ONLY = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW


@dataclass(frozen=True, slots=True)
class ImportRoots:
    """The roots that imports are allowed from; none by default."""

    folders: tuple[Path, ...] = ()
    places: tuple[SplitResult, ...] = ()

    @classmethod
    def of(cls, setting: str) -> "ImportRoots":
        """Read the roots, separated by commas.

        Raises:
            InvalidInput: one is neither an absolute folder nor an address with a host.

        """
        roots = [root.strip() for root in setting.split(",") if root.strip()]
        folders = tuple(Path(root) for root in roots if "://" not in root)
        places = tuple(urlsplit(root) for root in roots if "://" in root)
        wrong = [str(folder) for folder in folders if not folder.is_absolute() or ".." in folder.parts]
        wrong += [place.geturl() for place in places if not _is_usable(place)]
        if wrong:
            problem = "is neither an absolute folder nor https://host/prefix"
            raise InvalidInput.of(*(Fault("import_roots", f"{root[:80]!r} {problem}") for root in wrong))
        return cls(folders, places)

    def open(self, path: str) -> BinaryIO:
        """Open a file for reading.

        Raises:
            Forbidden: it is not below a root, or a host's address is not public.
            NotFound: there is no such file.
            TooLarge: it has more than BYTES_MAX bytes.

        """
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
                return cast("BinaryIO", _fetched(wanted, root))
        raise Forbidden(_REFUSED)


class Fetched:
    """The body of an answer, of bounded length and time."""

    def __init__(self, connection: http.client.HTTPConnection, answer: http.client.HTTPResponse) -> None:
        self._connection = connection
        self._answer = answer
        self._left = BYTES_MAX
        self._until = time.monotonic() + SECONDS_MAX

    def read(self, size: int = -1) -> bytes:
        """Return up to so many bytes.

        Raises:
            TooLarge: there are too many in all, or they take too long.
            NoData: the connection broke.

        """
        if time.monotonic() > self._until:
            raise TooLarge(f"the file took longer than {SECONDS_MAX:g} s")
        try:
            data = self._answer.read(min(size, 1 << 20) if size >= 0 else 1 << 20)
        except (OSError, http.client.HTTPException) as error:
            raise NoData("the file broke off while it was fetched") from error
        self._left -= len(data)
        if self._left < 0:
            raise TooLarge(f"the file has more than {BYTES_MAX:,} bytes")
        return data

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def __enter__(self) -> "Fetched":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


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
        known = place.scheme == "https" or (place.scheme == "http" and _address(place.hostname or "") is not None)
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


def _fetched(wanted: SplitResult, root: SplitResult) -> Fetched:
    host = wanted.hostname or ""
    port = wanted.port or (443 if wanted.scheme == "https" else 80)
    connection = _Pinned(host, port, _public_address(host, port, literal=_address(root.hostname or "") is not None))
    if wanted.scheme == "https":
        connection.secure()
    target = wanted.path or "/"
    try:
        connection.request("GET", f"{target}?{wanted.query}" if wanted.query else target, headers={"Accept": "*/*"})
        answer = connection.getresponse()
    except (OSError, http.client.HTTPException) as error:
        connection.close()
        raise NoData(f"{host} did not answer") from error
    if answer.status != http.client.OK:  # a redirect could lead anywhere, so none is followed
        connection.close()
        raise NotFound(f"{host} answered {answer.status}")
    return Fetched(connection, answer)


class _Pinned(http.client.HTTPConnection):
    """A connection to the address that was checked, whatever the name means by then."""

    def __init__(self, host: str, port: int, address: str) -> None:
        super().__init__(host, port, timeout=CONNECT_S)
        self._pinned = address
        self._secure = False

    def secure(self) -> None:
        """Speak TLS."""
        self._secure = True

    def connect(self) -> None:
        """Connect to the address."""
        self.sock = socket.create_connection((self._pinned, self.port), self.timeout)
        if self._secure:
            self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self.host)


def _public_address(host: str, port: int, *, literal: bool) -> str:
    """Return an address of a host.

    Raises:
        Forbidden: one of its addresses is not public, and the root does not name it.
        NotFound: there is no such host.

    """
    try:
        found = {info[4][0] for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError) as error:
        raise NotFound("there is no such host") from error
    if not literal and not all(ipaddress.ip_address(str(address).partition("%")[0]).is_global for address in found):
        raise Forbidden("the host has an address that is not public")
    return min(map(str, found))


def _address(host: str) -> str | None:
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return None
