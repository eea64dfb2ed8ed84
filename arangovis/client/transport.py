"""How requests travel: over HTTP (`http_transport.py`), or to a WSGI app in this process (`app_transport.py`)."""

import gzip
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from arangovis.domain.errors import Conflict, Fault, InvalidInput, StoreUnavailable

IDEMPOTENCY_KEY = "Idempotency-Key"
ACTOR_LENGTH_MAX = 128


@dataclass(frozen=True, slots=True)
class Response:
    """An answer; the names of its headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


class Transport(Protocol):
    """Carries requests to a service."""

    def send(
        self, method: str, path: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Response:
        """Send a request and return the answer, whatever its status. Redirects are not followed.

        Raises:
            StoreUnavailable: no answer came, or none that can be read.
            Conflict: the transport is closed.

        """

    def close(self) -> None:
        """Release what is held; closing again changes nothing."""


@dataclass(frozen=True, slots=True)
class Identity:
    """How to show who we are. The token is never printed.

    Raises:
        InvalidInput: token or actor has characters that cannot be sent.

    """

    token: str | None = field(default=None, repr=False)
    actor: str | None = None

    def __post_init__(self) -> None:
        shown = None if self.token is None else self.token.strip()  # a token out of a file ends in a line break
        if shown is not None and not (shown.isascii() and shown.isprintable() and shown):
            raise InvalidInput.of(Fault("token", "is not printable ASCII"))
        if self.actor is not None:
            check_actor(self.actor)

    def headers(self) -> Mapping[str, bytes]:
        """Return the headers to send; the actor's name is sent in UTF-8."""
        sent = {} if self.token is None else {"Authorization": f"Bearer {self.token.strip()}".encode()}
        return sent if self.actor is None else {**sent, "X-Arangovis-Actor": self.actor.encode()}


def check_actor(actor: str) -> str:
    """Return the name of who acts.

    Raises:
        InvalidInput: it is empty, too long, or not printable.

    """
    if not actor.strip() or not actor.isprintable() or len(actor) > ACTOR_LENGTH_MAX:
        raise InvalidInput.of(Fault("actor", f"is not 1 to {ACTOR_LENGTH_MAX} printable characters"))
    return actor


def closed() -> Conflict:
    """Return the error of using what is closed."""
    return Conflict("this client is closed; connect again")


def decoded(headers: Mapping[str, str], body: bytes) -> bytes:
    """Return a body without its compression.

    Raises:
        StoreUnavailable: it cannot be read.

    """
    coding = headers.get("content-encoding", "identity").strip().lower()
    if not body or coding in ("", "identity"):
        return body
    if coding != "gzip":
        raise StoreUnavailable(f"the server's answer cannot be read: it is encoded as {coding[:40]!r}")
    try:
        return gzip.decompress(body)
    except (OSError, EOFError, zlib.error) as error:
        raise StoreUnavailable("the server's answer cannot be read: it is damaged gzip") from error
