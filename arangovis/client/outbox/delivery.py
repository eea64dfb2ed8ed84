"""The one thread that delivers what waits. Whatever happens to a request, the thread goes on."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

from arangovis.client.outbox.courier import Courier
from arangovis.client.outbox.frames import Request
from arangovis.client.outbox.queue import Queue
from arangovis.client.outbox.verdicts import Outcome, Verdict

IDLE_S = 0.5
ADOPT_EVERY_S = 30.0
Told = Callable[[Request | None, Verdict], None]
"""Is told of every verdict; no request: it is of one that another process left."""


class Delivery:
    """Sends the requests of a queue in order, each until an answer settles it; idle, it sends what others left.

    Args:
        queue: what to deliver.
        courier: who carries it.
        others: begins to deliver what other processes left, a request at each step.
        told: hears of every verdict.

    """

    def __init__(self, queue: Queue, courier: Courier, others: Callable[[], Iterator[Verdict]], told: Told) -> None:
        self._queue = queue
        self._courier = courier
        self._others = others
        self._told = told
        self._adopting: Iterator[Verdict] | None = None
        self._adopt_at = 0.0
        self._hurried = threading.Event()
        self._is_stopped = False
        self._thread = threading.Thread(target=self._run, name="arangovis-delivery", daemon=True)

    def start(self) -> None:
        """Begin. While the interpreter ends no thread can be started; then `finish` does all the work."""
        with suppress(RuntimeError):
            self._thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def hurry(self) -> None:
        """Try again at once, if it pauses after a failure."""
        self._hurried.set()

    def drain(self, deadline: float) -> bool:
        """Deliver what waits, until a time of the monotonic clock at the latest; say whether nothing waits."""
        self.hurry()
        if self.is_alive:
            return self._queue.drain(_left(deadline))
        while self._queue.waiting and time.monotonic() < deadline:
            self._round()
        return not self._queue.waiting

    def finish(self, deadline: float) -> bool:
        """Drain, and end."""
        self.drain(deadline)
        self._is_stopped = True
        self._queue.wake()
        self.hurry()
        if self.is_alive:
            self._thread.join(max(IDLE_S, _left(deadline)))
        return not self._queue.waiting

    def _run(self) -> None:
        while not self._is_stopped:
            try:
                self._round()
            except Exception as error:  # supervised: a fault is told, and the work goes on
                self._told(None, Verdict(Outcome.LATER, error))
                self._pause(IDLE_S)
        self._end_adopting()

    def _round(self) -> None:
        """Deliver a request, or look for one."""
        found = self._queue.first(IDLE_S if self._adopting is None else 0.0)
        if found is None:
            return self._adopt()
        request, place = found
        judged = self._courier.carry(request)
        if judged.outcome is Outcome.DELIVERED:
            self._queue.done(place)
        elif judged.outcome is Outcome.REFUSED:
            self._queue.refuse(request, place)
        self._told(request, judged)
        return self._pause(self._courier.pause_s(judged))

    def _adopt(self) -> None:
        if self._adopting is None:
            if time.monotonic() >= self._adopt_at and not self._is_stopped:
                self._adopt_at = time.monotonic() + ADOPT_EVERY_S
                self._adopting = self._others()
            return
        judged = next(self._adopting, None)
        if judged is None:
            self._adopting = None
            return
        self._told(None, judged)
        self._pause(self._courier.pause_s(judged))

    def _end_adopting(self) -> None:
        close = getattr(self._adopting, "close", None)
        if close is not None:
            close()

    def _pause(self, seconds: float) -> None:
        if seconds > 0:
            self._hurried.wait(seconds)
            self._hurried.clear()


def _left(deadline: float) -> float:
    """Return how many seconds there are until a time of the monotonic clock, as far as threads can wait."""
    return min(threading.TIMEOUT_MAX, max(0.0, deadline - time.monotonic()))
