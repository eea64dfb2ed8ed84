"""A real receiver of webhooks: it keeps what came, and checks signatures as Standard Webhooks specifies them."""

import base64
import hashlib
import hmac
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()


@dataclass
class Receiver:
    """What came, and how it is answered: `statuses` in turn, then 204."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    came: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def bodies(self) -> list[dict[str, Any]]:
        """The messages, as they came."""
        with self.lock:
            return [orjson.loads(body) for _, body in self.came]

    @property
    def types(self) -> list[str]:
        """What they are about."""
        return [body["type"] for body in self.bodies]

    def take(self, headers: dict[str, str], body: bytes) -> int:
        """Keep a message; return how it is answered."""
        with self.lock:
            self.came.append((headers, body))
            return self.statuses.pop(0) if self.statuses else 204


def is_signed(headers: dict[str, str], body: bytes, secret: str = SECRET) -> bool:
    """Say whether the signature is right, worked out anew."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = b".".join((headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body))
    wanted = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return hmac.compare_digest(wanted, headers["webhook-signature"])


@contextmanager
def receiving(*statuses: int, **headers: str) -> Iterator[Receiver]:
    """Run a receiver on a free port of this machine."""
    receiver = Receiver(statuses=list(statuses), headers=headers)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = receiver.take({name.lower(): value for name, value in self.headers.items()}, body)
            self.send_response(status)
            for name, value in receiver.headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        receiver.url = f"http://127.0.0.1:{server.server_port}/hooks"
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()
