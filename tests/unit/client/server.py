"""A server of bytes: it reads HTTP requests from sockets and answers exactly what a test says."""

import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import BinaryIO


@dataclass(frozen=True)
class Asked:
    """A request as it came over the wire, and by which connection (from 1)."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    connection: int


Answer = Callable[[Asked], bytes | None]
"""Returns the bytes to send, or None to close the connection without a word."""


def answer(status: str = "200 OK", body: bytes = b"{}", **headers: str) -> bytes:
    """Return an answer; `content_length="5"` is the header Content-Length."""
    lines = {"Content-Length": str(len(body)), "Content-Type": "application/json"}
    lines |= {name.replace("_", "-").title(): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + body


@dataclass
class Server:
    """A running server."""

    url: str
    asked: list[Asked] = field(default_factory=list)
    connections: list[socket.socket] = field(default_factory=list)

    def hang_up(self) -> None:
        """Close every connection from the server's side."""
        for connection in self.connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


@contextmanager
def serving(respond: Answer, *, reads_bodies: bool = True) -> Iterator[Server]:
    """Run a server on a free port of this machine."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = Server(f"http://127.0.0.1:{listening.getsockname()[1]}")
        threading.Thread(target=_accept, args=(listening, server, respond, reads_bodies), daemon=True).start()
        yield server
        listening.shutdown(socket.SHUT_RDWR)
        server.hang_up()


def _accept(listening: socket.socket, server: Server, respond: Answer, reads_bodies: bool) -> None:
    with suppress(OSError):
        while True:
            connection, _ = listening.accept()
            server.connections.append(connection)
            arguments = connection, server, respond, (len(server.connections), reads_bodies)
            threading.Thread(target=_talk, args=arguments, daemon=True).start()


def _talk(connection: socket.socket, server: Server, respond: Answer, how: tuple[int, bool]) -> None:
    number, reads_bodies = how
    with suppress(OSError), connection, connection.makefile("rb") as stream:
        while (asked := _read(stream, number, reads_bodies)) is not None:
            server.asked.append(asked)
            said = respond(asked)
            if said is None:
                return
            connection.sendall(said)
            if not reads_bodies:
                return


def _read(stream: BinaryIO, number: int, reads_bodies: bool) -> Asked | None:
    first = stream.readline().decode("latin-1").split()
    if len(first) < 2:
        return None
    headers = {}
    while line := stream.readline().decode("latin-1").strip():
        name, _, value = line.partition(": ")
        headers[name.lower()] = value
    length = int(headers.get("content-length", "0")) if reads_bodies else 0
    return Asked(first[0], first[1], headers, stream.read(length), number)
