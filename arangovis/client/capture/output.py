"""The last of what a process prints, kept beside printing it."""

import sys
import threading
from collections import deque
from typing import Any, TextIO

TAIL_BYTES_MAX = 64 << 10


class OutputTail:
    """Stands in for `sys.stdout` and `sys.stderr` while it is started; what is written goes where it went before."""

    def __init__(self) -> None:
        self._kept: deque[str] = deque()
        self._length = 0
        self._lock = threading.Lock()
        self._tees: dict[str, _Tee] = {}

    def start(self) -> None:
        """Begin to keep what is printed."""
        for name in ("stdout", "stderr"):
            stream = getattr(sys, name)
            if stream is not None:
                self._tees[name] = _Tee(stream, self._keep)
                setattr(sys, name, self._tees[name])

    def stop(self) -> bytes:
        """Put the streams back where nobody else has put others meanwhile, and return what was kept."""
        for name, tee in self._tees.items():
            if getattr(sys, name) is tee:
                setattr(sys, name, tee.stream)
        self._tees = {}
        with self._lock:
            return "".join(self._kept).encode("utf-8", "replace")[-TAIL_BYTES_MAX:]

    def _keep(self, text: str) -> None:
        with self._lock:
            self._kept.append(text[-TAIL_BYTES_MAX:])
            self._length += len(self._kept[-1])
            while self._length - len(self._kept[0]) >= TAIL_BYTES_MAX:
                self._length -= len(self._kept.popleft())


class _Tee:
    def __init__(self, stream: TextIO, keep: Any) -> None:
        self.stream = stream
        self._keep = keep

    def write(self, text: str) -> int:
        written = self.stream.write(text)
        self._keep(text)
        return written

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)
