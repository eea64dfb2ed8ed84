"""An HTTP proxy before a real server that does what networks and servers do: hang, cut, damage, refuse, lose.

Requests go on unchanged, so that signatures hold, until a fault matches one.
"""

import http.client
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

HANG_MAX_S = 60.0
_HOP_BY_HOP = {"connection", "transfer-encoding", "content-length", "keep-alive"}


@dataclass(frozen=True)
class Asked:
    """A request as it came in."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Fault:
    """What happens to the next `times` requests that match.

    `status`: answered with this status, not passed on. `cut_answer`: the answer's body ends after so many bytes.
    `lose_answer`: passed on, but the connection is closed instead of answered. `cut_request`: only so many bytes of
    the body are passed on. `damage`: the body that is passed on is another. `forget`: a header that the answer
    lacks. `hang`: nothing happens until the test is over, neither there nor here.
    """

    matches: Callable[[Asked], bool]
    times: int = 1
    status: int | None = None
    cut_answer: int | None = None
    lose_answer: bool = False
    cut_request: int | None = None
    damage: Callable[[bytes], bytes] | None = None
    forget: str | None = None
    hang: bool = False
    hit: threading.Event = field(default_factory=threading.Event)


class FaultProxy:
    """The proxy's side of a test: what it asked for, and what is to go wrong next."""

    def __init__(self, target: str, port: int) -> None:
        self.target = urlsplit(target).netloc
        self.endpoint = f"http://127.0.0.1:{port}"
        self.asked: list[Asked] = []
        self.over = threading.Event()
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def expect(self, fault: Fault) -> Fault:
        """Let a fault happen."""
        with self._lock:
            self._faults.append(fault)
        return fault

    def taken(self, asked: Asked) -> Fault | None:
        """Return the fault that this request meets, if any."""
        with self._lock:
            self.asked.append(asked)
            for fault in self._faults:
                if fault.times and fault.matches(asked):
                    fault.times -= 1
                    fault.hit.set()
                    return fault
        return None

    def count(self, method: str, part: str = "") -> int:
        """Return how many requests of a method came in, with this in their path."""
        return sum(asked.method == method and part in asked.path for asked in self.asked)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    proxy: FaultProxy


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def handle(self) -> None:
        with suppress(ConnectionError, BrokenPipeError):
            super().handle()

    def _take(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        asked = Asked(self.command, self.path, dict(self.headers.items()), body)
        fault = self.server.proxy.taken(asked) or Fault(lambda _: True)
        if fault.hang:
            self.server.proxy.over.wait(HANG_MAX_S)
            self.close_connection = True
        elif fault.status is not None:
            self._answer(fault.status, [], b"")
        elif fault.cut_request is not None:
            self._pass_on_a_part(asked, fault.cut_request)
        else:
            self._pass_on(asked, fault)

    def __getattr__(self, name: str) -> Callable[[], None]:
        if name.startswith("do_"):
            return self._take
        raise AttributeError(name)

    def _pass_on(self, asked: Asked, fault: Fault) -> None:
        connection = http.client.HTTPConnection(self.server.proxy.target, timeout=HANG_MAX_S)
        try:
            body = asked.body if fault.damage is None else fault.damage(asked.body)
            connection.request(asked.method, asked.path, body or None, asked.headers)
            answer = connection.getresponse()
            data = answer.read()
            headers = [(name, value) for name, value in answer.getheaders() if name.lower() != fault.forget]
        finally:
            connection.close()
        if fault.lose_answer:
            self.close_connection = True
        else:
            self._answer(answer.status, headers, data, cut=fault.cut_answer)

    def _pass_on_a_part(self, asked: Asked, size: int) -> None:
        host, _, port = self.server.proxy.target.partition(":")
        with socket.create_connection((host, int(port)), timeout=HANG_MAX_S) as connection:
            lines = [f"{asked.method} {asked.path} HTTP/1.1", *(f"{n}: {v}" for n, v in asked.headers.items())]
            connection.sendall("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + asked.body[:size])
        self.close_connection = True

    def _answer(self, status: int, headers: list[tuple[str, str]], data: bytes, *, cut: int | None = None) -> None:
        self.send_response_only(status)
        lengths = [value for name, value in headers if name.lower() == "content-length"]
        for name, value in headers:
            if name.lower() not in _HOP_BY_HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", lengths[0] if lengths else str(len(data)))
        self.end_headers()
        self.wfile.write(data if cut is None else data[:cut])
        if cut is not None:
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@contextmanager
def fault_proxy(target: str) -> Iterator[FaultProxy]:
    """Run a proxy before the server at a URL."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.proxy = FaultProxy(target, server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server.proxy
    finally:
        server.proxy.over.set()
        server.shutdown()
        thread.join()
        server.server_close()
