"""What every request passes: an id, a size limit, the token, the origin, and counters."""

import hmac
import re
import secrets
import time

import falcon

from arangovis.domain.errors import Fault, Forbidden, InvalidInput, TooLarge, Unauthorized
from arangovis.domain.graph import Caller
from arangovis.settings import is_loopback
from arangovis_api.telemetry import Telemetry

ACTOR_LENGTH_MAX = 128
ANONYMOUS = "anonymous"
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}\Z")
_READING = ("GET", "HEAD", "OPTIONS")


class RequestId:
    """Gives each request an id, the client's own if it sends a proper one, and returns it."""

    def process_request(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Set the id."""
        given = req.get_header("X-Request-Id") or ""
        req.context.request_id = given if _REQUEST_ID.match(given) else secrets.token_hex(8)
        resp.set_header("X-Request-Id", req.context.request_id)


class BodyLimit:
    """Refuses bodies over the limit before reading them."""

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max

    def process_request(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Look at the announced length.

        Raises:
            TooLarge: it is over the limit.

        """
        if (req.content_length or 0) > self._bytes_max:
            raise TooLarge(f"the body has {req.content_length} bytes; at most {self._bytes_max} are read")
        if req.method not in _READING and "chunked" in (req.get_header("Transfer-Encoding") or "").lower():
            raise InvalidInput.of(Fault("Transfer-Encoding", "send a Content-Length instead of chunks"))


class Access:
    """The bearer token, the browser's origin, and who acts."""

    def __init__(
        self, token: str | None, *, open_paths: frozenset[str] = frozenset(), open_prefixes: tuple[str, ...] = ()
    ) -> None:
        self._token = token
        self._open_paths = open_paths
        self._open_prefixes = open_prefixes

    def process_request(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Let the request in and name its caller.

        Raises:
            Unauthorized: a token is configured and this is not it.
            Forbidden: a page of another origin asks for a change, or there is no token and the request was sent to
                another name than this machine's own: so speaks a page whose server lent its name to our address.

        """
        if self._token is None and not is_loopback(req.host):
            raise Forbidden("without a token this service answers to localhost only")
        origin = req.get_header("Origin")
        if origin and req.method not in _READING and origin != f"{req.scheme}://{req.netloc}":
            raise Forbidden("changes are not accepted from pages of another origin")
        if self._token is not None and not self._is_open(req.path) and not self._has_token(req):
            raise Unauthorized("a bearer token is required")
        req.context.caller = Caller(self._actor(req), req.context.request_id)

    def _has_token(self, req: falcon.Request) -> bool:
        scheme, _, given = (req.get_header("Authorization") or "").partition(" ")
        expected = (self._token or "").encode()
        return scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), expected)

    def _is_open(self, path: str) -> bool:
        return path in self._open_paths or path.startswith(self._open_prefixes)

    def _actor(self, req: falcon.Request) -> str:
        if self._token is not None:
            return "token"
        given = _text(req.get_header("X-Arangovis-Actor") or "").strip()
        return given[:ACTOR_LENGTH_MAX] if given.isprintable() and given else ANONYMOUS


def _text(header: str) -> str:
    """Return a header's text: names outside of ASCII are sent in UTF-8, which WSGI shows as Latin-1."""
    try:
        return header.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return header


class Counting:
    """Counts requests and their time by route."""

    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry

    def process_request(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Start the clock."""
        req.context.started = time.perf_counter()

    def process_response(
        self,
        req: falcon.Request,
        resp: falcon.Response,
        resource: object,
        req_succeeded: bool,
    ) -> None:
        """Count."""
        seconds = time.perf_counter() - req.context.started
        # a client may send any word as a method; each would be a counter of its own
        method = req.method if req.method in falcon.HTTP_METHODS else "other"
        self._telemetry.count(method, req.uri_template or "none", resp.status_code, seconds)


def caller_of(req: falcon.Request) -> Caller:
    """Return who acts in this request."""
    caller: Caller = req.context.caller
    return caller
