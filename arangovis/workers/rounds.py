"""What a worker does beside its work, from time to time: each in a thread of its own, one round at a time."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from arangovis.domain.errors import ArangovisError

_log = logging.getLogger("arangovis.worker")


def _always() -> bool:
    return True


@dataclass(slots=True)
class Round:
    """Something that is done from time to time.

    Args:
        name: what it is about, for the log.
        every_s: how often it is looked whether it is due.
        do: does a round, and returns what is to be said of it; nothing is said of what is empty.
        is_due: a quick look whether there is anything to do.
        first_s: when it is looked first, by the worker's clock.

    """

    name: str
    every_s: float
    do: Callable[[], object]
    is_due: Callable[[], bool] = _always
    first_s: float = 0.0
    _thread: threading.Thread | None = field(default=None, repr=False)

    def look(self, now: float) -> None:
        """Start a round beside the work if it is due, and the one before is done."""
        if now < self.first_s or (self._thread is not None and self._thread.is_alive()):
            return
        self.first_s = now + self.every_s
        if self.is_due():
            self._thread = threading.Thread(target=self._make, daemon=True, name=self.name)
            self._thread.start()

    def _make(self) -> None:
        try:
            if done := self.do():
                _log.info("%s: %s", self.name, done)
        except ArangovisError as error:
            _log.info("%s: waits for the next round: %s", self.name, error.detail)
