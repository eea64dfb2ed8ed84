"""Fair turns between processes.

SQLite's own waiting is by sleeping and trying again, so a busy writer can keep another out for seconds. Here a
writer first takes `gate`, then `turn`, then leaves the gate: whoever waits for the turn holds the gate, so a
writer that has just finished queues behind it. The kernel frees the locks of a process that dies.
"""

import fcntl
import os
from pathlib import Path
from types import TracebackType

from arangovis.domain.errors import StoreUnavailable


class Turn:
    """A lock between processes on two files beside the database; threads must not share it at the same time."""

    def __init__(self, database: Path) -> None:
        self._gate_path = database.with_name(f"{database.name}-gate")
        self._turn_path = database.with_name(f"{database.name}-turn")
        self._gate = self._turn = -1

    def __enter__(self) -> None:
        """Wait for the turn.

        Raises:
            StoreUnavailable: the lock files cannot be opened or locked.

        """
        try:
            self._open()
            fcntl.flock(self._gate, fcntl.LOCK_EX)
            try:
                fcntl.flock(self._turn, fcntl.LOCK_EX)
            finally:
                fcntl.flock(self._gate, fcntl.LOCK_UN)
        except OSError as error:
            raise StoreUnavailable("the store's lock files cannot be used") from error

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        fcntl.flock(self._turn, fcntl.LOCK_UN)

    def close(self) -> None:
        """Close the lock files; in a forked child this leaves the parent's turn alone."""
        for descriptor in (self._gate, self._turn):
            if descriptor >= 0:
                os.close(descriptor)
        self._gate = self._turn = -1

    def _open(self) -> None:
        if self._gate < 0:
            self._gate = _opened(self._gate_path)
        if self._turn < 0:
            self._turn = _opened(self._turn_path)


def _opened(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
