"""A service that a test says everything about: it remembers what it was sent."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from arangovis.client.transport import Response
from arangovis.domain.errors import StoreUnavailable


@dataclass(frozen=True)
class Sent:
    method: str
    path: str
    body: bytes


def answered(status: int = 200, **headers: str) -> Response:
    return Response(status, {name.replace("_", "-"): value for name, value in headers.items()}, b"{}")


class Service:
    """Answers 200 to all, or what `respond` says; while `is_away`, nothing."""

    def __init__(self, respond: Callable[[Sent], Response] | None = None) -> None:
        self.sent: list[Sent] = []
        self.is_away = False
        self.tries = 0
        self._respond = respond or (lambda sent: answered())
        self._lock = threading.Lock()

    def send(
        self, method: str, path: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Response:
        with self._lock:
            self.tries += 1
            if self.is_away:
                raise StoreUnavailable("nobody is there")
            sent = Sent(method, path, body or b"")
            response = self._respond(sent)
            self.sent.append(sent)
            return response

    def close(self) -> None:
        """Nothing is held."""

    @property
    def paths(self) -> list[str]:
        return [sent.path for sent in self.sent]
