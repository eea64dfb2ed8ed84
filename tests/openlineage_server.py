"""A receiver of OpenLineage events over HTTP, which can be stopped, started again on its port, and told to refuse."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

PATH = "/api/v1/lineage"


class Receiver:
    """Keeps the events that it took."""

    def __init__(self) -> None:
        self.events: list[Mapping[str, Any]] = []
        self.tokens: list[str | None] = []
        self.status = 201
        self.port = 0
        self._server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{PATH}"

    def types(self, run: str) -> list[str]:
        """Return the types of the events of a run, in the order they came."""
        return [event["eventType"] for event in self.events if event["run"]["runId"] == run]

    def start(self) -> None:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if receiver.status < 300 and self.path == PATH:
                    receiver.events.append(json.loads(body))
                    receiver.tokens.append(self.headers["Authorization"])
                self.send_response(receiver.status if self.path == PATH else 404)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *arguments: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_address[1]
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def stop(self) -> None:
        """Go away: whoever connects is refused."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


@contextmanager
def running_receiver() -> Iterator[Receiver]:
    """Run a receiver."""
    receiver = Receiver()
    receiver.start()
    try:
        yield receiver
    finally:
        receiver.stop()
