"""Group commit: calls that arrive while a commit is under way share the next one.

A caller who finds nobody committing leads: it commits its own call and those that queued up, in its own thread.
The others wait to be answered, or to lead the next group. One thread alone never waits for another.
"""

import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from arangovis.domain.errors import Conflict
from arangovis.domain.graph import Caller
from arangovis.stores.transaction import Transaction

T = TypeVar("T")

GROUP_SIZE_MAX = 256


class Call(Generic[T]):
    """One caller's action and what came of it. `answered` is set once its group is durable, or has failed."""

    __slots__ = ("_ready", "action", "answered", "caller", "error", "leads", "result")

    def __init__(self, action: Callable[[Transaction], T], caller: Caller) -> None:
        self.action = action
        self.caller = caller
        self.result: T | None = None
        self.error: BaseException | None = None
        self.answered = False
        self.leads = False
        self._ready: threading.Lock | None = None

    def run(self, transaction: Transaction) -> None:
        """Run the action in a transaction and keep its result."""
        self.result = self.action(transaction)

    def outcome(self) -> T:
        """Return the action's result, or raise what it raised."""
        if self.error is not None:
            raise self.error
        return self.result  # type: ignore[return-value]  # None only if the action returned None

    def prepare_to_wait(self) -> None:
        """Make the call able to wait; before others can see it."""
        self._ready = threading.Lock()
        self._ready.acquire()

    def wait(self) -> None:
        """Wait until the call is answered or has to lead."""
        if self._ready is not None:
            self._ready.acquire()

    def wake(self) -> None:
        """End its wait."""
        if self._ready is not None and self._ready.locked():
            self._ready.release()


class GroupCommit:
    """Chooses who leads. `commit` is given a function that takes the waiting calls, and answers all it took."""

    def __init__(self, commit: Callable[[Callable[[], Sequence[Call[object]]]], None]) -> None:
        self._commit = commit
        self._mutex = threading.Lock()
        self._waiting: list[Call[object]] = []
        self._taken: list[Call[object]] = []
        self._led = False
        self._leader = 0

    def run(self, call: Call[T]) -> T:
        """Have the call committed, and return or raise what came of it.

        Raises:
            Conflict: it was called from inside an action, which would wait for itself.

        """
        if self._leader == threading.get_ident():
            raise Conflict("an action must not call transact; it writes with the transaction it was given")
        try:
            if self._queue(call):
                call.wait()
        except BaseException:
            self._abandon(call)
            raise
        if not call.answered:
            self._lead(call)
        return call.outcome()

    def _queue(self, call: Call[T]) -> bool:
        """Queue a call and return whether another thread leads."""
        with self._mutex:
            follows, self._led = self._led, True
            call.leads = not follows
            if follows:
                call.prepare_to_wait()
            self._waiting.append(call)  # type: ignore[arg-type]  # the queue does not look at results
            return follows

    def _abandon(self, call: Call[T]) -> None:
        """Leave the queue, interrupted; leadership must not be lost with it."""
        with self._mutex:
            self._waiting = [other for other in self._waiting if other is not call]
            leads = call.leads
        if leads:
            self._pass_on()

    def _lead(self, own: Call[T]) -> None:
        self._leader = threading.get_ident()
        try:
            self._commit(self._take)
        finally:
            self._leader = 0
            self._answer(own)
            self._pass_on()

    def _take(self) -> Sequence[Call[object]]:
        with self._mutex:
            self._taken = self._waiting[:GROUP_SIZE_MAX]
            self._waiting = self._waiting[GROUP_SIZE_MAX:]
            return self._taken

    def _answer(self, own: Call[T]) -> None:
        """Wake who was answered; who was not, because the leader was interrupted, goes back to the queue."""
        with self._mutex:
            taken, self._taken = self._taken, []
            self._waiting[:0] = [call for call in taken if not call.answered]
            self._waiting = [call for call in self._waiting if call is not own]
        for call in taken:
            if call.answered:
                call.wake()

    def _pass_on(self) -> None:
        with self._mutex:
            self._led = bool(self._waiting)
            if self._led:
                self._waiting[0].leads = True
                self._waiting[0].wake()
