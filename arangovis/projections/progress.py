"""Progress of a whole, told by its parts; and of what tells none."""

import math
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from arangovis.projections.base import Progress

__all__ = ["part", "told_by_time"]

T = TypeVar("T")

TELL_EVERY_S = 0.1
_AT_EXPECTED = 2.0
"""How fast the estimate comes near the end: at the expected time it has told 1 - exp(-2), 0.86."""


def part(progress: Progress, *, start: float, end: float) -> Progress:
    """Return a progress whose 0 to 1 is `start` to `end` of the whole."""

    def report(fraction: float) -> None:
        progress(start + (end - start) * min(1.0, max(0.0, fraction)))

    return report


def told_by_time(compute: Callable[[], T], progress: Progress, *, expected_s: float) -> T:
    """Return what `compute` does, in a thread, while progress is estimated by the time that has passed.

    For native code that tells nothing and lets other threads run. If `progress` raises, that is raised at once; the
    thread computes on and its result is dropped, as native code cannot be stopped.
    """
    done: Future[T] = Future()

    def run() -> None:
        try:
            done.set_result(compute())
        except BaseException as error:  # raised again where it is waited for
            done.set_exception(error)

    begin = time.monotonic()
    thread = threading.Thread(target=run, daemon=True, name="layout")
    thread.start()
    while thread.is_alive():
        thread.join(TELL_EVERY_S)
        passed = (time.monotonic() - begin) / expected_s
        progress(1 - math.exp(-_AT_EXPECTED * passed))
    return done.result()
