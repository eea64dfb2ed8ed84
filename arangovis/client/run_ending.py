"""How a run ended, as an exception or the end of the process tells."""

import sys
import time
from dataclasses import dataclass
from typing import Any

from arangovis.client.capture.options import Capture
from arangovis.client.capture.process import message_of
from arangovis.client.exits import Terminated, terminated
from arangovis.domain.runs import Reason, RunState

INTERRUPTED = 130
"""What a shell says of a process that Ctrl-C ended."""


@dataclass(frozen=True, slots=True)
class Ending:
    """The state of a run at its end, and why."""

    state: RunState
    reason: Reason | None = None
    exit_status: int | None = 0
    error: BaseException | None = None

    def document(self, session: str, capture: Capture) -> dict[str, Any]:
        """Return it as it is sent: of an exception only type and message, and only if they are to be captured."""
        document: dict[str, Any] = {
            "session": session,
            "state": self.state.value,
            "ended": time.time_ns() // 1000,
        }
        if self.reason is not None:
            document["reason"] = self.reason.value
        process: dict[str, Any] = {}
        if capture.process and self.exit_status is not None:
            process["exit_status"] = self.exit_status
        if self.error is not None and capture.exceptions:
            document["message"] = message_of(self.error)
            process["exception"] = type(self.error).__name__
        return {**document, **({"process": process} if process else {})}


def ending_of(error: BaseException | None) -> Ending:
    """Return how a run ends that an exception leaves, or none."""
    match error:
        case None:
            return Ending(RunState.SUCCESS)
        case Terminated():
            return Ending(RunState.ERROR, Reason.KILLED, _status(error), error)
        case KeyboardInterrupt():
            return Ending(RunState.ERROR, Reason.KILLED, INTERRUPTED, error)
        case SystemExit() if _status(error) == 0:
            return Ending(RunState.SUCCESS)
        case SystemExit():
            return Ending(RunState.ERROR, Reason.FAILED, _status(error), error)
        case MemoryError():
            return Ending(RunState.ERROR, Reason.MEMORY, 1, error)
    return Ending(RunState.ERROR, Reason.FAILED, 1, error)


def ending_of_process() -> Ending:
    """Return how a run ends that nobody ended before the interpreter did: by the exception that it printed last.

    Nothing tells here with which status `sys.exit` was called.
    """
    last = terminated() or getattr(sys, "last_value", None)
    return ending_of(last) if isinstance(last, BaseException) else Ending(RunState.SUCCESS, exit_status=None)


def _status(error: SystemExit) -> int:
    if error.code is None:
        return 0
    return error.code if isinstance(error.code, int) else 1
