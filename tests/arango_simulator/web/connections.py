"""The open connections of the server, so that they can be cut."""

import socket
import threading
import weakref

SOCKET = "gunicorn.socket"
"""Where gunicorn puts a request's connection."""


class Connections:
    """Every connection that sent a request and is still open."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: weakref.WeakSet[socket.socket] = weakref.WeakSet()

    def seen(self, connection: socket.socket) -> None:
        """Take note of a connection."""
        with self._lock:
            self._open.add(connection)

    def cut_all(self, *, but: object = None) -> None:
        """Cut every connection but the one that asks for it."""
        with self._lock:
            for connection in list(self._open):
                if connection is not but:
                    cut(connection)
                    self._open.discard(connection)


def cut(connection: socket.socket) -> None:
    """Cut a connection: the peer reads the end of it, and what is still written to it is lost."""
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it is cut already
