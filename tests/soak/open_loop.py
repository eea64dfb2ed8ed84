"""Requests at set times, whether or not those before are answered: as many users do, who do not know of each other.

A request's time counts from when it was due: a server that stalls is not spared the requests that had to wait for it.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Protocol

import orjson

ANSWER_WITHIN_S = 60.0
_SHED = (429, 503)


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent; `kind` is what it is counted as."""

    kind: str
    method: str
    path: str
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a request: its status, 0 if there was no answer; seconds since it was due; whether it was shed."""

    kind: str
    status: int
    seconds: float
    shed: bool = False
    problem: str = ""


class Client(Protocol):
    """One of many who ask, one request after the other."""

    def next(self, chance: Random) -> Request:
        """Return what is asked next."""

    def answered(self, request: Request, status: int) -> None:
        """Hear what came of it."""


@dataclass(slots=True)
class Connection:
    """A connection that is kept alive; a new one is opened where the server closed it."""

    port: int
    _streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = field(default=None, init=False)

    async def exchange(self, request: Request) -> tuple[int, dict[str, str], bytes]:
        """Send a request and return status, headers and body.

        Raises:
            OSError: there was no whole answer.

        """
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            status, headers, body = await self._exchange(*self._streams, request)
        except BaseException:
            await self.close()
            raise
        if headers.get("connection", "").lower() == "close":
            await self.close()
        return status, headers, body

    async def close(self) -> None:
        """Close it."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None

    async def _exchange(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: Request
    ) -> tuple[int, dict[str, str], bytes]:
        head = f"{request.method} {request.path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        writer.write(f"{head}Content-Length: {len(request.body)}\r\n\r\n".encode() + request.body)
        try:
            first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines if line)}
            if "chunked" in headers.get("transfer-encoding", ""):
                body = await _chunks(reader)
            else:
                body = await reader.readexactly(int(headers.get("content-length", 0)))
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            raise ConnectionResetError("the server closed the connection") from error
        return int(first.split()[1]), headers, body


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    parts = []
    while length := int(await reader.readuntil(b"\r\n"), 16):
        parts.append(await reader.readexactly(length))
        await reader.readexactly(2)
    await reader.readexactly(2)
    return b"".join(parts)


async def offer(port: int, clients: Sequence[Client], *, rate: float, seconds: float, chance: Random) -> list[Outcome]:
    """Offer so many requests a second, at random times, and return what came of each.

    A request that is due while all clients wait for answers is taken by the first who is free again.
    """
    due: asyncio.Queue[float] = asyncio.Queue()
    outcomes: list[Outcome] = []
    async with asyncio.TaskGroup() as group:  # a client that fails ends it all: nobody waits for what it had taken
        asking = [group.create_task(_ask(port, client, due, outcomes.append, chance)) for client in clients]
        moment = begun = time.monotonic()
        while moment < begun + seconds:
            moment += chance.expovariate(rate)
            await asyncio.sleep(max(0.0, moment - time.monotonic()))
            due.put_nowait(moment)
        await due.join()
        for task in asking:
            task.cancel()
    return outcomes


async def _ask(
    port: int, client: Client, due: "asyncio.Queue[float]", keep: Callable[[Outcome], None], chance: Random
) -> None:
    connection = Connection(port)
    try:
        while True:
            moment = await due.get()
            request = client.next(chance)
            keep(await _outcome(connection, client, request, moment))
            due.task_done()
    finally:
        await connection.close()


async def _outcome(connection: Connection, client: Client, request: Request, moment: float) -> Outcome:
    try:
        status, headers, body = await asyncio.wait_for(connection.exchange(request), ANSWER_WITHIN_S)
    except OSError as error:  # TimeoutError is one
        client.answered(request, 0)
        return Outcome(request.kind, 0, time.monotonic() - moment, problem=repr(error))
    client.answered(request, status)
    shed = status in _SHED and headers.get("retry-after", "").isdecimal()
    problem = "" if status < 400 or shed else _detail(body)
    return Outcome(request.kind, status, time.monotonic() - moment, shed, problem)


def _detail(body: bytes) -> str:
    try:
        return str(orjson.loads(body)["detail"])
    except (ValueError, KeyError):
        return body[:300].decode("utf-8", "replace")
