"""The REST API and the page over a service that this process has open, for its own notebook only."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from arangovis.client.app_transport import app_over
from arangovis.client.local import LocalBackend
from arangovis.domain.errors import Conflict

if TYPE_CHECKING:
    from arangovis.client.client import Client

LOOPBACK = "127.0.0.1"


class _Server(ThreadingMixIn, WSGIServer):
    """One thread a request; none of them keeps the process alive."""

    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    """A notebook's cell is no place for a log of requests."""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the name is the base class's
        """Write nothing."""


class EmbeddedServer:
    """Serves on the loopback address until it is closed, or the process ends."""

    def __init__(self, app: Any, port: int) -> None:
        self._server = make_server(LOOPBACK, port, app, server_class=_Server, handler_class=_Quiet)
        self.url = f"http://{LOOPBACK}:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True, name="notebook-server").start()

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()


def url_of(client: "Client", port: int | None = None) -> str:
    """Return where a browser on this machine finds the page for a client: its server, or one that this starts.

    All widgets of a client share one server. Its port is `port` if that is free when it starts, else any.

    Raises:
        MissingExtra: the libraries of the server are not installed.

    """
    backend = client.backend
    if not isinstance(backend, LocalBackend):
        return str(backend.api())
    if backend.service.access.gate.is_required():
        raise Conflict("this home is served with a token; connect to its server by its URL")
    with _lock:
        if backend not in _servers:
            _servers[backend] = _started(app_over(backend.service), port or 0)
        return _servers[backend].url


def close_server(client: "Client") -> None:
    """Stop the server of a client, if it has one."""
    backend = client.backend
    if not isinstance(backend, LocalBackend):
        return
    with _lock:
        server = _servers.pop(backend, None)
    if server is not None:
        server.close()


def _started(app: Any, port: int) -> EmbeddedServer:
    try:
        return EmbeddedServer(app, port)
    except OSError:
        if port == 0:
            raise
        return EmbeddedServer(app, 0)


@contextmanager
def serving(client: "Client") -> Iterator[str]:
    """Serve a client's service and stop when it is done with."""
    try:
        yield url_of(client)
    finally:
        close_server(client)


_lock = threading.Lock()
_servers: "WeakKeyDictionary[LocalBackend, EmbeddedServer]" = WeakKeyDictionary()
