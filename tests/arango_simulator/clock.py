"""The server's clock, which a test may put forward instead of waiting."""

import time


class Clock:
    """Seconds since 1970, plus what the test added."""

    def __init__(self) -> None:
        self._ahead_s = 0.0

    def now_s(self) -> float:
        """Return the time."""
        return time.time() + self._ahead_s

    def advance(self, seconds: float) -> None:
        """Put the clock forward."""
        self._ahead_s += seconds
