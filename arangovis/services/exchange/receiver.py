"""The place that takes our events: one address, over HTTP, as the operator wrote it."""

import http.client
import ssl
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

import orjson

from arangovis.domain.errors import Fault, InvalidInput, StoreUnavailable
from arangovis.domain.json import Document, as_dict

PATH_DEFAULT = "/api/v1/lineage"
TIMEOUT_S = 10.0
ANSWER_BYTES_MAX = 1 << 20
REFUSALS = frozenset((400, 409, 410, 413, 415, 422))
"""Answers that sending the same event again will not change."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """Where events are sent. Redirects are not followed, and no proxy is asked.

    Raises:
        InvalidInput: the address is not one.

    """

    url: str
    token: str | None = field(default=None, repr=False)
    timeout_s: float = TIMEOUT_S

    def __post_init__(self) -> None:
        parts = _parts(self.url)
        if parts is None:
            problem = "is not of the form http(s)://host[:port][/path], without user name and password"
            raise InvalidInput.of(Fault("openlineage_url", problem))

    def send(self, event: Document) -> bool:
        """Send an event; return whether it was taken. One that is refused for what it is, is refused for good.

        Raises:
            StoreUnavailable: there was no answer, or one that says to come again.

        """
        body = orjson.dumps(event, default=as_dict)
        try:
            status = self._exchange(body)
        except (OSError, http.client.HTTPException) as error:
            raise StoreUnavailable(f"the receiver of events does not answer: {type(error).__name__}") from error
        if 200 <= status < 300:
            return True
        if status in REFUSALS:
            return False
        raise StoreUnavailable(f"the receiver of events answers {status}")

    def _exchange(self, body: bytes) -> int:
        parts = _parts(self.url)
        assert parts is not None  # noqa: S101  # looked at when it was made
        connection = _connection(parts, self.timeout_s)
        headers = {"Content-Type": "application/json"}
        if self.token is not None:
            headers["Authorization"] = f"Bearer {self.token}"
        query = f"?{parts.query}" if parts.query else ""
        try:
            connection.request("POST", (parts.path or PATH_DEFAULT) + query, body, headers)
            answer = connection.getresponse()
            answer.read(ANSWER_BYTES_MAX)
            return answer.status
        finally:
            connection.close()


def _connection(parts: SplitResult, timeout_s: float) -> http.client.HTTPConnection:
    if parts.scheme == "https":
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(str(parts.hostname), parts.port, timeout=timeout_s, context=context)
    return http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=timeout_s)


def _parts(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url.strip())
        is_sound = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        return None
    written = f"{parts.path}{parts.query}"
    if not is_sound or parts.username is not None or parts.fragment or not written.isascii() or " " in written:
        return None
    return parts if written.isprintable() else None
