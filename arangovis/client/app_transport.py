"""The REST API in this process: requests go to the WSGI app itself, without a socket."""

import io
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes
from wsgiref.util import setup_testing_defaults

from arangovis.client.transport import Identity, Response, closed, decoded

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

    from arangovis.wiring import Arangovis


class AppTransport:
    """Drives a WSGI app. Any number of threads may use it, as far as the app allows."""

    def __init__(self, app: "WSGIApplication", identity: Identity | None = None) -> None:
        self._app = app
        self._identity = identity or Identity()
        self._is_closed = False

    def __repr__(self) -> str:
        return "AppTransport(an app in this process)"

    def __str__(self) -> str:
        return "an app in this process"

    def send(
        self, method: str, path: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Response:
        """Hand a request to the app and return its answer, whatever its status.

        Raises:
            Conflict: the transport is closed.

        """
        if self._is_closed:
            raise closed()
        sent = {"Accept-Encoding": b"gzip", **self._identity.headers()}
        sent |= {name: value.encode() for name, value in (headers or {}).items()}
        return _call(self._app, _environ(method, path, body or b"", sent))

    def close(self) -> None:
        """Take no more requests; the app is not ours to close."""
        self._is_closed = True


def app_over(service: "Arangovis") -> "WSGIApplication":
    """Return the REST API over a service, for this process alone."""
    from arangovis_api.app import create_app

    return create_app(service, in_process=True)


def _call(app: "WSGIApplication", environ: dict[str, Any]) -> Response:
    begun = _Begun()
    answer = app(environ, begun)
    try:
        body = b"".join([*begun.written, *answer])
    finally:
        close = getattr(answer, "close", None)
        if close is not None:
            close()
    return Response(begun.status, begun.headers, decoded(begun.headers, body))


class _Begun:
    """The beginning of an answer; it is what WSGI calls `start_response`."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.written: list[bytes] = []

    def __call__(
        self,
        status: str,
        headers: list[tuple[str, str]],
        exc_info: object = None,  # noqa: ARG002 - an app may begin again after an error
        /,
    ) -> Callable[[bytes], object]:
        self.status = int(status.partition(" ")[0])
        self.headers = {name.lower(): value for name, value in headers}
        return self.written.append


def _environ(method: str, target: str, body: bytes, headers: Mapping[str, bytes]) -> dict[str, Any]:
    path, _, query = target.partition("?")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query,
        "CONTENT_LENGTH": str(len(body)),
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
    }
    for name, value in headers.items():
        variable = name.upper().replace("-", "_")
        environ[variable if variable == "CONTENT_TYPE" else f"HTTP_{variable}"] = value.decode("latin-1")
    setup_testing_defaults(environ)
    return environ
