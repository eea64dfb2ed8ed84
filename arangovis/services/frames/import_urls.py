"""Files fetched from `https:` addresses: of a checked address, of bounded length and time, without a redirect."""

import http.client
import time
from urllib.parse import SplitResult

from arangovis.domain.errors import Forbidden, NoData, NotFound, TooLarge
from arangovis.services.outgoing import PinnedConnection, address_of, addresses_of, is_public

BYTES_MAX = 4 << 30
SECONDS_MAX = 300.0


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


def fetched(wanted: SplitResult, root: SplitResult) -> Fetched:
    """Ask for a file below a root.

    Raises:
        Forbidden: an address of the host is not public, and the root does not name it.
        NotFound: there is no such host or file.
        NoData: the host did not answer.

    """
    host = wanted.hostname or ""
    port = wanted.port or (443 if wanted.scheme == "https" else 80)
    address = _public_address(host, port, literal=address_of(root.hostname or "") is not None)
    connection = PinnedConnection(host, port, address)
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


def _public_address(host: str, port: int, *, literal: bool) -> str:
    """Return an address of a host.

    Raises:
        Forbidden: one of its addresses is not public, and the root does not name it.
        NotFound: there is no such host.

    """
    found = addresses_of(host, port)
    if not literal and not all(map(is_public, found)):
        raise Forbidden("the host has an address that is not public")
    return min(map(str, found))
