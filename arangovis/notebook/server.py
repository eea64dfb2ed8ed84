"""The REST API and the page over a service that this process has open, for its own notebook only.

Whoever knows the address may ask: its path begins with a secret of this process. A cookie would not do, since a
notebook shows the page in a frame of another site, where browsers keep cookies back.
"""

import re
import secrets
import threading
from collections.abc import Callable, Iterable, Iterator
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
SECRET_BYTES = 16
NOTEBOOKS = (
    "http://localhost:* http://127.0.0.1:* https://localhost:* https://127.0.0.1:* file: "
    "vscode-webview: vscode-file: https://*.vscode-cdn.net"
)
"""Whose pages may show ours in a frame: notebooks on this machine, in a browser or an editor, and saved ones."""
_FRAMES = re.compile(r"frame-ancestors 'self'")
_NOT_FOUND = b"There is nothing here."


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


class Door:
    """Lets in who knows the secret that the path begins with, and lets notebooks show the page in a frame."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self.path = f"/{secrets.token_urlsafe(SECRET_BYTES)}"

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a request: WSGI calls this."""
        asked = str(environ.get("PATH_INFO", ""))
        given, rest = asked[: len(self.path)], asked[len(self.path) :]
        if not secrets.compare_digest(given.encode("latin-1"), self.path.encode("ascii")) or rest[:1] not in ("", "/"):
            start_response("404 Not Found", [("Content-Type", "text/plain"), ("Content-Length", str(len(_NOT_FOUND)))])
            return [_NOT_FOUND]
        environ["SCRIPT_NAME"] = str(environ.get("SCRIPT_NAME", "")) + self.path
        environ["PATH_INFO"] = rest or "/"

        def framed(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            return start_response(status, [_for_notebooks(header) for header in headers], *more)

        answer: Iterable[bytes] = self._app(environ, framed)
        return answer


def _for_notebooks(header: tuple[str, str]) -> tuple[str, str]:
    name, value = header
    if name.lower() != "content-security-policy":
        return header
    return name, _FRAMES.sub(f"frame-ancestors 'self' {NOTEBOOKS}", value)


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
            door = Door(app_over(backend.service))
            _servers[backend] = (_started(door, port or 0), door.path)
        server, path = _servers[backend]
        return server.url + path


def close_server(client: "Client") -> None:
    """Stop the server of a client, if it has one."""
    backend = client.backend
    if not isinstance(backend, LocalBackend):
        return
    with _lock:
        started = _servers.pop(backend, None)
    if started is not None:
        started[0].close()


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
_servers: "WeakKeyDictionary[LocalBackend, tuple[EmbeddedServer, str]]" = WeakKeyDictionary()
