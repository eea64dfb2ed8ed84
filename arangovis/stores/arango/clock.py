"""The server's time, told by this machine's clock."""

import threading
import time
from collections.abc import Callable


class ServerClock:
    """The clock of this machine, set by what the server says with each answer.

    An answer tells the server's time, in milliseconds, at some moment between question and answer. So it bounds how
    far the two clocks are apart; the correction moves only if it is out of bounds. Time never goes back.

    Args:
        fixed: tells the time instead, and no server is listened to.

    """

    def __init__(self, fixed: Callable[[], int] | None = None) -> None:
        self._fixed = fixed
        self._ahead_us = 0
        self._told_us = 0
        self._lock = threading.Lock()

    def now(self) -> int:
        """Return microseconds since 1970."""
        if self._fixed is not None:
            return self._fixed()
        with self._lock:
            self._told_us = max(self._told_us, local_us() + self._ahead_us)
            return self._told_us

    def hear(self, server_ms: float, asked_us: int) -> None:
        """Take in what an answer said; `asked_us` is `local_us` before the question."""
        said_us = int(server_ms) * 1000
        least, most = said_us - local_us(), said_us + 1000 - asked_us
        with self._lock:
            self._ahead_us = min(max(self._ahead_us, least), most)


def local_us() -> int:
    """Return this machine's time in microseconds since 1970."""
    return time.time_ns() // 1000
