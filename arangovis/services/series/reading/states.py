"""Where moving means stand after what a reader has read, so that a poll looks at new rows only.

Nothing is lost if a state is not kept: it is made again from the rows before.
"""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import TypeAlias

from arangovis.series.windows import WindowState

KEPT_BYTES_MAX = 64 << 20

States: TypeAlias = Mapping[str, WindowState]
"""By stream of rows that is averaged by itself."""


class WindowStates:
    """States by run and cursor, the least recently used dropped first."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, States] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def find(self, key: str) -> States | None:
        """Return the states that were kept, or None."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def keep(self, key: str, states: States) -> None:
        """Keep states while there is room."""
        with self._lock:
            self._bytes += _size(states) - _size(self._kept.pop(key, {}))
            self._kept[key] = states
            while self._bytes > KEPT_BYTES_MAX:
                _, dropped = self._kept.popitem(last=False)
                self._bytes -= _size(dropped)


def _size(states: States) -> int:
    return sum(state.bytes for state in states.values())
