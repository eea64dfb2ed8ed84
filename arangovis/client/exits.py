"""The ends of a process, made into calls: the interpreter's end, a forked worker's, and SIGTERM."""

import atexit
import multiprocessing
import signal
import threading
from collections.abc import Callable
from multiprocessing import util
from types import FrameType
from typing import NoReturn

TERMINATED = 128 + signal.SIGTERM
_handler_users: set[int] = set()
_raised: "list[Terminated]" = []


class Terminated(SystemExit):
    """SIGTERM came. It unwinds the main thread as an exception does, so that what is open is closed."""

    def __init__(self) -> None:
        super().__init__(TERMINATED)


def terminated() -> Terminated | None:
    """Return what SIGTERM raised, if it came; the interpreter itself does not remember it."""
    return _raised[-1] if _raised else None


def closing_at_exit(close: Callable[[], object], *, order: int = 10) -> Callable[[], None]:
    """Call `close` when this process ends, unless it is killed; return what undoes that.

    In a child of `multiprocessing`, which runs no `atexit`, calls of a higher `order` come first; elsewhere those that
    were asked for last. SIGTERM ends the main thread by `Terminated` meanwhile, if nobody else handles it.
    """
    if multiprocessing.parent_process() is not None:
        finalizer = util.Finalize(None, close, exitpriority=order)
        return lambda: _cancelled(finalizer)
    atexit.register(close)
    user = id(close)
    _handle_sigterm(user)

    def undo() -> None:
        atexit.unregister(close)
        _leave_sigterm(user)

    return undo


def _cancelled(finalizer: util.Finalize) -> None:
    if finalizer.still_active():
        finalizer.cancel()


def _handle_sigterm(user: int) -> None:
    if threading.current_thread() is not threading.main_thread():
        return
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, _terminate)
    _handler_users.add(user)


def _leave_sigterm(user: int) -> None:
    _handler_users.discard(user)
    is_ours = signal.getsignal(signal.SIGTERM) is _terminate
    if is_ours and not _handler_users and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _terminate(number: int, frame: FrameType | None) -> NoReturn:  # noqa: ARG001
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # a second one ends the process at once
    _raised.append(Terminated())
    raise _raised[-1]
