"""A relay of TCP before a real server: its connections are cut at any byte, hang, or are refused.

`fault_proxy` does one thing to one request; here nothing knows what a request is, so whatever is under way is met.
"""

import random
import select
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

HOST = "127.0.0.1"
PIECE_BYTES = 1 << 16
CUT_BITS_MAX = 15
"""A connection is cut after up to so many bits' worth of bytes, either way; half of all numbers have half as many."""
HANG_MAX_S = 120.0


@dataclass(eq=False)
class _Pair:
    """The two ends of a connection, and how many bytes it lasts, if it is to be cut."""

    near: socket.socket
    far: socket.socket
    left: int | None = None
    answers_only: bool = False

    def other(self, end: socket.socket) -> socket.socket:
        return self.far if end is self.near else self.near

    def allowed(self, end: socket.socket, size: int) -> int:
        """Take so many bytes that came from an end from what it lasts; return how many there were."""
        if self.left is None or (self.answers_only and end is self.near):
            return size
        given = min(size, self.left)
        self.left -= given
        return given

    def cut(self) -> None:
        """End both connections; who waits for one wakes."""
        for end in (self.near, self.far):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


class BrokenLink:
    """A way to the server at a URL, which works until it is told otherwise."""

    def __init__(self, target: str, chance: random.Random) -> None:
        parts = urlsplit(target)
        self._target = (parts.hostname, parts.port)
        self._chance = chance
        self._lock = threading.Lock()
        self._flowing = threading.Event()
        self._flowing.set()
        self._is_cutting = False
        self._pairs: set[_Pair] = set()
        self._threads: list[threading.Thread] = []
        self._listener: socket.socket | None = None
        self._port = 0
        self.met = 0
        self._listen()
        self.url = parts._replace(netloc=f"{HOST}:{self._port}").geturl()

    # --- what goes wrong --------------------------------------------------------------------------------------

    def cut(self) -> None:
        """From now on each connection, new or not, ends at some byte."""
        with self._lock:
            self._is_cutting = True
            for pair in self._pairs:
                pair.left = self._lifetime()

    def cut_answer_after(self, size: int) -> None:
        """End the connections that there are after so many bytes of the next answer."""
        with self._lock:
            for pair in self._pairs:
                pair.left, pair.answers_only = size, True

    def hang(self) -> None:
        """From now on nothing passes; nobody is told."""
        self._flowing.clear()

    def refuse(self) -> None:
        """End all connections, and take no more."""
        self._close_listener()
        self._cut_all()

    def heal(self, *, late: bool = True) -> None:
        """Work again: what hung arrives now, late, or its connections are cut."""
        if not self._flowing.is_set() and not late:
            self._cut_all()
        with self._lock:
            self._is_cutting = False
            for pair in self._pairs:
                pair.left = None
        self._flowing.set()
        if self._listener is None:
            self._listen()

    def close(self) -> None:
        """End all of it."""
        self.refuse()
        self._flowing.set()
        for thread in self._threads:
            thread.join()

    # --- relaying ---------------------------------------------------------------------------------------------

    def _listen(self) -> None:
        self._listener = socket.create_server((HOST, self._port))
        self._port = int(self._listener.getsockname()[1])
        self._start(self._accept, self._listener)

    def _close_listener(self) -> None:
        if self._listener is not None:
            with suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)  # who accepts wakes
            self._listener.close()
            self._listener = None

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                near, _ = listener.accept()
                self._start(self._relay, near)

    def _relay(self, near: socket.socket) -> None:
        with near, suppress(OSError), socket.create_connection(self._target) as far:
            pair = _Pair(near, far)
            with self._lock:
                if self._listener is None:
                    return
                pair.left = self._lifetime() if self._is_cutting else None
                self._pairs.add(pair)
            try:
                while self._passed_on(pair):
                    pass
            finally:
                with self._lock:
                    self._pairs.discard(pair)

    def _passed_on(self, pair: _Pair) -> bool:
        """Pass on what comes next; say whether the connection goes on."""
        for end in select.select([pair.near, pair.far], [], [])[0]:
            data = end.recv(PIECE_BYTES)
            if not self._flowing.is_set():
                self.met += 1
                self._flowing.wait(HANG_MAX_S)
            allowed = pair.allowed(end, len(data))
            pair.other(end).sendall(data[:allowed])
            if allowed < len(data):
                self.met += 1
                return False
            if not data:
                return False
        return True

    def _lifetime(self) -> int:
        return int(2 ** self._chance.uniform(0, CUT_BITS_MAX))

    def _cut_all(self) -> None:
        with self._lock:
            for pair in self._pairs:
                pair.cut()

    def _start(self, work: Callable[[socket.socket], None], end: socket.socket) -> None:
        with self._lock:
            self._threads = [thread for thread in self._threads if thread.is_alive()]
            self._threads.append(threading.Thread(target=work, args=(end,), daemon=True))
            self._threads[-1].start()


@contextmanager
def broken_link(target: str, chance: random.Random) -> Iterator[BrokenLink]:
    """Relay to the server at a URL until it is done with."""
    link = BrokenLink(target, chance)
    try:
        yield link
    finally:
        link.close()
