"""HTTP for the client: one method, kept-alive connections, errors as the same tree that the services raise."""

import http.client
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import orjson

from arangovis.domain import errors
from arangovis.domain.errors import ArangovisError, Fault, InvalidInput, StoreUnavailable

TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True)
class Response:
    """An answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server is, and how to show who we are. The token is never printed."""

    url: str
    token: str | None = field(default=None, repr=False)
    actor: str | None = None


class HttpTransport:
    """Sends requests; a connection a thread. A request is repeated once if a kept-alive connection turned out dead."""

    def __init__(self, address: Address, *, timeout_s: float = TIMEOUT_S) -> None:
        parts = urlsplit(address.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise InvalidInput.of(Fault("url", "is not of the form http(s)://host[:port]"))
        self._secure = parts.scheme == "https"
        self._host, self._port = parts.hostname, parts.port
        self._prefix = parts.path.rstrip("/")
        self._timeout_s = timeout_s
        self._headers = _identity(address)
        self._local = threading.local()

    def send(
        self, method: str, path: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Response:
        """Send a request and return the answer, whatever its status.

        Raises:
            StoreUnavailable: no answer came.

        """
        fresh = getattr(self._local, "connection", None) is None
        try:
            return self._exchange(method, path, body, {**self._headers, **(headers or {})})
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError) as error:
            # a POST is repeated only if nothing of it can have been read: the server had closed an idle connection
            self.close()
            if fresh:
                raise StoreUnavailable("the server closed the connection") from error
        except OSError as error:
            self.close()
            raise StoreUnavailable(f"the server does not answer: {error.strerror or type(error).__name__}") from error
        return self._exchange(method, path, body, {**self._headers, **(headers or {})})

    def close(self) -> None:
        """Close this thread's connection."""
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
            self._local.connection = None

    def _exchange(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Response:
        connection = self._connection()
        connection.request(method, self._prefix + path, body=body, headers=dict(headers))
        answer = connection.getresponse()
        return Response(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())

    def _connection(self) -> http.client.HTTPConnection:
        connection: http.client.HTTPConnection | None = getattr(self._local, "connection", None)
        if connection is None:
            kind = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
            connection = kind(self._host, self._port, timeout=self._timeout_s)
            self._local.connection = connection
        return connection


def raise_for(response: Response) -> Response:
    """Return a good answer.

    Raises:
        ArangovisError: the class that the problem document names, with its text.

    """
    if response.status < 400:
        return response
    raise _error_of(response)


def _error_of(response: Response) -> ArangovisError:
    try:
        problem = orjson.loads(response.body)
        code, detail = str(problem["type"]).rpartition(":")[2], str(problem["detail"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return ArangovisError(f"the server answered {response.status}")
    kind = _BY_CODE.get(code, ArangovisError)
    if issubclass(kind, InvalidInput):
        return kind(detail, tuple(Fault(fault["field"], fault["problem"]) for fault in problem.get("errors", ())))
    if issubclass(kind, errors.InUse):
        return kind(detail, tuple(problem.get("dependants", ())))
    return kind(detail)


def _identity(address: Address) -> dict[str, str]:
    headers = {} if address.token is None else {"Authorization": f"Bearer {address.token}"}
    return headers if address.actor is None else {**headers, "X-Arangovis-Actor": address.actor}


def _tree(kind: type[ArangovisError]) -> dict[str, type[ArangovisError]]:
    found = {kind.code: kind}
    for child in kind.__subclasses__():
        found |= _tree(child)
    return found


_BY_CODE = _tree(ArangovisError)
