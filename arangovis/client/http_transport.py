"""HTTP: kept-alive connections for any number of threads, and repeats only where nothing can be done twice."""

import http.client
import os
import select
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import SplitResult, urlsplit

from arangovis.client.transport import IDEMPOTENCY_KEY, Identity, Response, closed, decoded
from arangovis.domain.errors import Fault, InvalidInput, Overloaded, StoreUnavailable

CONNECT_TIMEOUT_S = 10.0
TIMEOUT_S = 60.0
PATIENCE_S = 30.0
"""So long in all a request waits for its turn, where the server says that its caller, or all of them, ask too much."""
IDLE_MAX_S = 20.0
"""An older connection is not used again: our server closes it after 30 s."""
_OVERLOADED = f"urn:arangovis:error:{Overloaded.code}".encode()
_REPEATABLE = frozenset(("GET", "HEAD", "OPTIONS", "PUT", "DELETE"))
_CUT = (ConnectionResetError, BrokenPipeError, ConnectionAbortedError, http.client.IncompleteRead)
"""The connection broke in the midst of an exchange; `RemoteDisconnected` is one of these."""


class HttpTransport:
    """Sends requests to `http(s)://host[:port][/prefix]`. Any number of threads may use it, and a forked process.

    A request is sent again once, on a fresh connection, if a kept-alive one turned out to be dead, but only one that
    does no harm when done twice: not a POST, unless it has an `Idempotency-Key`.

    Raises:
        InvalidInput: the URL has another form.

    """

    def __init__(self, url: str, identity: Identity | None = None, *, timeout_s: float = TIMEOUT_S) -> None:
        parts = _parts(url)
        self._prefix = parts.path.rstrip("/")
        self._url = f"{parts.scheme}://{parts.netloc}{self._prefix}"
        self._timeout_s = timeout_s
        self._identity = identity or Identity()
        self._pool = _Pool(parts, timeout_s)

    def __repr__(self) -> str:
        return f"HttpTransport({self._url})"

    def __str__(self) -> str:
        return self._url

    def send(
        self, method: str, path: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Response:
        """Send a request and return the answer, whatever its status. Redirects are not followed.

        Raises:
            StoreUnavailable: no answer came, or none that can be read.
            Conflict: the transport is closed.

        """
        given = {name: value.encode() for name, value in (headers or {}).items()}
        sent = {"Accept-Encoding": b"gzip", **self._identity.headers(), **given}
        request = _Request(method, self._prefix + path, body, sent)
        patience_s = PATIENCE_S
        while True:
            try:
                response = self._carried(request)
            except (OSError, http.client.HTTPException) as error:
                raise self._unavailable(error) from error
            pause_s = _pause_of(response)
            if not 0 < pause_s <= patience_s:
                return response
            time.sleep(pause_s)  # nothing was done of a request that was one too many
            patience_s -= pause_s

    def _carried(self, request: "_Request") -> Response:
        connection = self._pool.kept()
        if connection is not None:
            try:
                return self._exchange(connection, request)
            except _CUT:
                if not request.is_repeatable:
                    raise
                self._pool.forget()
        return self._exchange(self._pool.fresh(), request)

    def close(self) -> None:
        """Close every connection; one in use is closed when its answer is there."""
        self._pool.close()

    def _exchange(self, connection: http.client.HTTPConnection, request: "_Request") -> Response:
        try:
            _write(connection, request)
            answer = connection.getresponse()
            data = answer.read()
        except BaseException:
            connection.close()
            raise
        headers = {name.lower(): value for name, value in answer.getheaders()}
        if answer.will_close:
            connection.close()
        else:
            self._pool.keep(connection)
        return Response(answer.status, headers, decoded(headers, data))

    def _unavailable(self, error: Exception) -> StoreUnavailable:
        if isinstance(error, TimeoutError):
            return StoreUnavailable(f"{self._url} did not answer within {self._timeout_s:g} s")
        if isinstance(error, _CUT):
            return StoreUnavailable(f"{self._url} closed the connection before it answered")
        if isinstance(error, http.client.HTTPException):
            return StoreUnavailable(f"{self._url} does not answer in HTTP")
        return StoreUnavailable(f"{self._url} does not answer: {_reason(error)}")


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    target: str
    body: bytes | None
    headers: Mapping[str, bytes] = field(repr=False)

    @property
    def is_repeatable(self) -> bool:
        return self.method in _REPEATABLE or IDEMPOTENCY_KEY in self.headers


@dataclass(frozen=True, slots=True)
class _Kept:
    connection: http.client.HTTPConnection
    since: float


class _Pool:
    """Connections that wait to be used again. A forked process begins with none of its parent's."""

    def __init__(self, parts: SplitResult, timeout_s: float) -> None:
        self._kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._host, self._port = str(parts.hostname), parts.port
        self._timeout_s = timeout_s
        self._is_closed = False
        self._start()

    def _start(self) -> None:
        self._process, self._lock = os.getpid(), threading.Lock()
        self._kept: list[_Kept] = []

    def kept(self) -> http.client.HTTPConnection | None:
        """Return a connection that was used before and seems alive, or None."""
        if self._is_closed:
            raise closed()
        if self._process != os.getpid():
            self._start()
        while True:
            with self._lock:
                if not self._kept:
                    return None
                kept = self._kept.pop()
            if time.monotonic() - kept.since < IDLE_MAX_S and not _is_dropped(kept.connection):
                return kept.connection
            kept.connection.close()

    def fresh(self) -> http.client.HTTPConnection:
        """Return a new connection."""
        connection = self._kind(self._host, self._port, timeout=min(CONNECT_TIMEOUT_S, self._timeout_s))
        connection.connect()
        connection.sock.settimeout(self._timeout_s)
        return connection

    def keep(self, connection: http.client.HTTPConnection) -> None:
        """Take a connection back."""
        with self._lock:
            if not self._is_closed:
                self._kept.append(_Kept(connection, time.monotonic()))
                return
        connection.close()

    def forget(self) -> None:
        """Close what waits."""
        with self._lock:
            waiting, self._kept = self._kept, []
        for kept in waiting:
            kept.connection.close()

    def close(self) -> None:
        self._is_closed = True
        self.forget()


def _pause_of(response: Response) -> float:
    """Return how long the server asks to wait before the same request is sent again; 0 if it does not."""
    shed = response.status == HTTPStatus.SERVICE_UNAVAILABLE and _OVERLOADED in response.body
    one_too_many = shed or response.status == HTTPStatus.TOO_MANY_REQUESTS
    wanted = response.headers.get("retry-after", "") if one_too_many else ""
    return float(wanted) if wanted.isascii() and wanted.isdecimal() else 0.0


def _write(connection: http.client.HTTPConnection, request: _Request) -> None:
    try:
        connection.request(request.method, request.target, body=request.body, headers=request.headers)
    except (BrokenPipeError, ConnectionResetError):
        # A server may refuse a large body before it has read it all; its answer is there if it did.
        if not request.body or connection.sock is None or not _has_data(connection):
            raise


def _is_dropped(connection: http.client.HTTPConnection) -> bool:
    """Say whether the server closed an idle connection; one that says anything unasked is as bad."""
    return connection.sock is None or _has_data(connection)


def _has_data(connection: http.client.HTTPConnection) -> bool:
    poll = select.poll()
    poll.register(connection.sock, select.POLLIN)
    return bool(poll.poll(0))


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url.strip())
        is_sound = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        is_sound = False
    if not is_sound:
        raise InvalidInput.of(Fault("url", "is not of the form http(s)://host[:port]; a folder is given as `home`"))
    if parts.username is not None or parts.password is not None:
        raise InvalidInput.of(Fault("url", "has a user name or a password in it; give a token instead"))
    if parts.query or parts.fragment or not parts.path.isprintable() or not parts.path.isascii() or " " in parts.path:
        raise InvalidInput.of(Fault("url", "has more than a host, a port and a path"))
    return parts


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return type(error).__name__
