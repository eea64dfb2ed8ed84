"""How much one caller may ask: a bucket of requests that fills up again, and so many at the same time.

Counted in this process; behind several servers each counts its own.
"""

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from arangovis.domain.errors import TooManyRequests

CALLERS_MAX = 10_000
"""So many callers are remembered: those that asked last."""
REFUSALS_RATE = 5
"""Requests a second with a wrong token, or none, that one address may make."""
REFUSALS_BURST = 100


@dataclass(slots=True)
class _Bucket:
    left: float
    filled: float
    open: int = 0


class Limits:
    """A bucket for each caller.

    Args:
        rate: requests a second; 0 is any number.
        burst: requests at once before that.
        concurrency: requests at the same time; 0 is any number.
        clock: seconds, of any origin.

    """

    def __init__(
        self, rate: int, burst: int, concurrency: int = 0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate = rate
        self._burst = burst
        self._concurrency = concurrency
        self._clock = clock
        self._buckets: dict[str, _Bucket] = {}
        self._lock = threading.Lock()

    def enter(self, caller: str) -> None:
        """Count a request that begins; `leave` when it ends.

        Raises:
            TooManyRequests: it is one too many; then it is not counted.

        """
        with self._lock:
            bucket = self._bucket(caller)
            if self._concurrency and bucket.open >= self._concurrency:
                raise TooManyRequests(f"{bucket.open} requests of this caller are being answered; wait for one", 1)
            if self._rate:
                self._take(bucket)
            bucket.open += 1

    def leave(self, caller: str) -> None:
        """Count a request that ended."""
        with self._lock:
            bucket = self._buckets.get(caller)
            if bucket is not None and bucket.open:
                bucket.open -= 1

    def _bucket(self, caller: str) -> _Bucket:
        bucket = self._buckets.pop(caller, None) or _Bucket(self._burst, self._clock())
        self._buckets[caller] = bucket  # the last in order
        if len(self._buckets) > CALLERS_MAX:
            idle = next((name for name, one in self._buckets.items() if not one.open), caller)
            del self._buckets[idle]
        return bucket

    def _take(self, bucket: _Bucket) -> None:
        now = self._clock()
        bucket.left = min(float(self._burst), bucket.left + (now - bucket.filled) * self._rate)
        bucket.filled = now
        if bucket.left < 1:
            wait_s = math.ceil((1 - bucket.left) / self._rate)
            raise TooManyRequests(f"more than {self._rate} requests a second of one caller; wait {wait_s} s", wait_s)
        bucket.left -= 1
