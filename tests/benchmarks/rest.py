"""One kept-alive connection to a service, with as little of its own as can be, so that the service is what is timed."""

import http.client
import time
from urllib.parse import urlsplit

IDLE_MAX_S = 1.0
"""A connection that idled longer is opened anew: the service may have closed it."""


class Rest:
    """GET and POST of bytes; anything but a good answer is an error."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=120)
        self._used = time.monotonic()

    def get(self, path: str) -> bytes:
        return self._exchange("GET", path, None)

    def post(self, path: str, body: bytes) -> bytes:
        return self._exchange("POST", path, body)

    def close(self) -> None:
        self._connection.close()

    def _exchange(self, method: str, path: str, body: bytes | None) -> bytes:
        if time.monotonic() - self._used > IDLE_MAX_S:
            self._connection.close()
        self._connection.request(method, path, body=body, headers={"Content-Type": "application/json"})
        answer = self._connection.getresponse()
        data = answer.read()
        self._used = time.monotonic()
        assert answer.status < 400, (answer.status, data[:500])
        return data
