"""How many requests are answered at once, how many more wait for their turn, and that the rest are told so.

The one place where the server sheds load. A request that is shed has touched nothing: the same may be sent again.
"""

import math
import threading
from collections import deque

import falcon

from arangovis.domain.errors import Overloaded

WAIT_MAX_S = 5.0
"""A request that waited this long for its turn is shed: who asked has mostly given up by then."""
RETRY_AFTER_MAX_S = 8
"""So long are clients sent away when the waiting room is full; less when it is not."""
SPARE_THREADS = 8
"""Threads beyond those of requests that are answered and that wait: they tell the rest to come again."""
ALWAYS_ADMITTED = frozenset(("/health", "/metrics"))
"""An operator sees a server that is busy, and nobody restarts it for that."""


class Admission:
    """So many places, and a queue before them.

    Args:
        at_once: requests that are answered at the same time.
        waiting: requests that wait for one of these places, first come first served.
        wait_max_s: how long one waits.

    """

    def __init__(self, at_once: int, waiting: int, wait_max_s: float = WAIT_MAX_S) -> None:
        self._at_once = at_once
        self._waiting_max = waiting
        self._wait_max_s = wait_max_s
        self._taken = 0
        self._queue: deque[threading.Event] = deque()
        self._lock = threading.Lock()

    @property
    def open(self) -> int:
        """How many are being answered."""
        return self._taken

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._queue)

    def enter(self) -> None:
        """Take a place, waiting for one if there must be; `leave` gives it back.

        Raises:
            Overloaded: too many wait already, or no place became free in time; then none is taken.

        """
        with self._lock:
            if self._taken < self._at_once:
                self._taken += 1
                return
            if len(self._queue) >= self._waiting_max:
                raise self._overloaded()
            turn = threading.Event()
            self._queue.append(turn)
        if not turn.wait(self._wait_max_s):
            self._give_up(turn)

    def leave(self) -> None:
        """Give a place back: to the first who waits, if anybody does."""
        with self._lock:
            if self._queue:
                self._queue.popleft().set()
            else:
                self._taken -= 1

    def _give_up(self, turn: threading.Event) -> None:
        with self._lock:
            if turn.is_set():
                return  # a place became free at the last moment
            self._queue.remove(turn)
            raise self._overloaded()

    def _overloaded(self) -> Overloaded:
        share = len(self._queue) / max(1, self._waiting_max)
        text = f"{self._taken} requests are being answered and {len(self._queue)} wait; come again"
        return Overloaded(text, max(1, math.ceil(RETRY_AFTER_MAX_S * share)))


class Admitting:
    """Has each request take a place before anything is done for it."""

    def __init__(self, admission: Admission) -> None:
        self._admission = admission

    def process_request(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Take a place.

        Raises:
            Overloaded: there is none.

        """
        req.context.admitted = False
        if req.path not in ALWAYS_ADMITTED:
            self._admission.enter()
            req.context.admitted = True

    def process_response(self, req: falcon.Request, resp: falcon.Response, resource: object, succeeded: bool) -> None:
        """Give it back. What is streamed then is read from files, at the pace of who reads it."""
        if req.context.get("admitted"):
            self._admission.leave()
