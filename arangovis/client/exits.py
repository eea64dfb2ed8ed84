"""The ends of a process, made into calls: the interpreter's end, a forked worker's, and SIGTERM."""

import atexit
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import util
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

TERMINATED = 128 + signal.SIGTERM
_AGAIN_S = 0.05
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
        _Lost.watch()
    _handler_users.add(user)


def _leave_sigterm(user: int) -> None:
    _handler_users.discard(user)
    is_ours = signal.getsignal(signal.SIGTERM) is _terminate
    if is_ours and not _handler_users and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        _Lost.leave()


def _terminate(number: int, frame: FrameType | None) -> NoReturn:  # noqa: ARG001
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # a second one ends the process at once
    _raised.append(Terminated())
    raise _raised[-1]


class _Lost:
    """The interpreter's hook for exceptions that nobody gets: raised in a finalizer, or in a weak reference's call.

    `Terminated` is lost like that if SIGTERM comes while one of them runs. The signal is sent again then.
    """

    def __init__(self) -> None:
        self.before = sys.unraisablehook

    @staticmethod
    def watch() -> None:
        if not isinstance(sys.unraisablehook, _Lost):
            sys.unraisablehook = _Lost()

    @staticmethod
    def leave() -> None:
        if isinstance(sys.unraisablehook, _Lost):
            sys.unraisablehook = sys.unraisablehook.before

    def __call__(self, lost: "UnraisableHookArgs") -> None:
        # At its end the interpreter goes on ending, whatever is lost.
        if isinstance(lost.exc_value, Terminated) and threading.main_thread().is_alive():
            self._send_again(lost.exc_value)
        else:
            self.before(lost)

    @staticmethod
    def _send_again(lost: Terminated) -> None:
        """Send it from a thread, in a moment: the main thread is still where exceptions are lost."""
        signal.signal(signal.SIGTERM, _terminate)
        timer = threading.Timer(_AGAIN_S, _send, (lost,))
        timer.daemon = True
        with suppress(RuntimeError):  # the interpreter ends by itself
            timer.start()


def _send(lost: Terminated) -> None:
    """Send SIGTERM to this process, unless another came meanwhile, which would end it at once, or it ends by itself."""
    if _raised[-1] is lost and threading.main_thread().is_alive():
        os.kill(os.getpid(), signal.SIGTERM)
