"""Everything that a logging client tells the service goes through here: written to disk at once, delivered in order."""

import logging
import os
import threading
import time
import uuid
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from arangovis.client.exits import closing_at_exit
from arangovis.client.outbox.abandoned import delivered
from arangovis.client.outbox.courier import Courier
from arangovis.client.outbox.delivery import Delivery
from arangovis.client.outbox.forking import tell_of_forks
from arangovis.client.outbox.frames import Request, Role
from arangovis.client.outbox.options import LoggingWarning, OutboxOptions, Status
from arangovis.client.outbox.queue import Bound, Queue
from arangovis.client.outbox.spool import SEGMENT_BYTES, Spool
from arangovis.client.outbox.target import Target
from arangovis.client.outbox.verdicts import Outcome, Verdict
from arangovis.client.transport import Transport
from arangovis.domain.errors import ArangovisError, ComputeFailed, Conflict

CLOSE_TIMEOUT_S = 30.0
EXIT_TIMEOUT_S = 10.0
ADOPT_AT_CLOSE_S = 5.0
"""How long closing goes on with what other processes left, when all of its own is delivered."""
_SEGMENTS = 8
"""Of how many segments a full spool has at least, so that dropping frees a part of it."""
_NONE: Mapping[str, str] = MappingProxyType({})
_parents: list[object] = []
"""Connections of a parent, kept in a forked child so that they are not closed there: the parent uses them."""
_log = logging.getLogger("arangovis.client.outbox")


class Outbox:
    """Takes idempotent requests and sees to it that the service gets them, each as often as it needs, in order.

    Any number of threads may use it. A forked child begins an outbox of its own under the same name: its first requests
    are the opening ones. What a process leaves behind when it is killed is delivered by the next one that has the same
    target and folder, or by `arangovis sync`.

    Args:
        target: where requests go.
        options: bounds and behaviour.
        transport: one that is open already, used in this process and not closed; by default the target is opened.
        token: for the target, by default that of `ARANGOVIS_TOKEN`; never written to disk.

    """

    def __init__(
        self,
        target: Target,
        options: OutboxOptions | None = None,
        *,
        transport: Transport | None = None,
        token: str | None = None,
    ) -> None:
        self._target = target
        self._options = options or OutboxOptions()
        self._transport = transport
        self._token = token
        self._family = uuid.uuid4().hex[:8]
        self._openings: list[Request] = []
        self._is_closed = False
        self._is_child = False
        self._begin()
        self._undo: Callable[[], None] | None = closing_at_exit(self._close_at_exit)
        tell_of_forks(self)

    def _begin(self) -> None:
        self._guard = threading.Lock()
        self._queue: Queue | None = None
        self._delivery: Delivery | None = None
        self._courier = Courier(self._connected)
        self._refusals: list[ArangovisError] = []
        self._last_error: str | None = None
        self._faults = 0
        self._told_of_waiting = False
        self.troubled = False
        """Whether `surface` has anything to say; cheap to ask."""

    @property
    def options(self) -> OutboxOptions:
        """Bounds and behaviour."""
        return self._options

    @property
    def target(self) -> Target:
        """Where requests go."""
        return self._target

    @property
    def status(self) -> Status:
        """How much waits and what became of the rest."""
        queue = self._queue
        if queue is None:
            return Status(faults=self._faults, last_error=self._last_error)
        counts = (queue.delivered, queue.refused, queue.dropped)
        return Status(queue.waiting, queue.spool.bytes, *counts, self._faults, self._last_error)

    # --- requests ---------------------------------------------------------------------------------------------

    def put(
        self,
        method: str,
        path: str,
        *,
        body: bytes = b"",
        headers: Mapping[str, str] = _NONE,
        role: Role = Role.DATA,
        hollow: bytes = b"",
    ) -> None:
        """Take a request; when this returns, it survives the end of this process.

        Args:
            method: such as `POST`.
            path: such as `/api/v1/runs/…`, with its query.
            body: what is sent.
            headers: such as `Content-Type`.
            role: what may become of it when no more may wait.
            hollow: the body that takes the place of a dropped or refused one.

        Raises:
            Conflict: this is closed.
            TooLarge: no more may wait, and the policy is to say so, or nobody delivers.
            StoreUnavailable: the disk does not take it.

        """
        self.put_request(Request(method, path, headers, body, role, hollow))

    def put_request(self, request: Request) -> None:
        """Take a request, as `put` does."""
        queue = self._opened() if self._queue is None or self._is_closed else self._queue
        if request.role is Role.OPENING:
            self._openings.append(request)
        if not queue.append(request):
            self._tell_of_waiting(queue)

    def sync(self) -> None:
        """Make sure that what was taken survives a power cut, too."""
        queue = self._queue
        if queue is not None:
            queue.sync()

    def flush(self, timeout_s: float | None = None) -> bool:
        """Wait until all that was taken is delivered; say whether it was in time. Offline: until it is on disk."""
        self.sync()
        if self._delivery is None:
            return True
        deadline = float("inf") if timeout_s is None else time.monotonic() + timeout_s
        return self._delivery.drain(deadline)

    def fault(self, error: Exception) -> None:
        """Count a fault of a thread that works for this outbox."""
        self._faults += 1
        self._last_error = _text(error)
        _log.warning("%s", self._last_error)

    def lose(self, error: Exception) -> None:
        """Count rows that could not be made ready to be sent; `surface` will say so."""
        self.fault(error)
        self._refuse(error if isinstance(error, ArangovisError) else ComputeFailed(f"rows are lost: {_text(error)}"))

    def surface(self) -> None:
        """Say what the service refused since the last call: by a warning, or with `strict` by raising it.

        Raises:
            ArangovisError: what was refused.

        """
        refusals, self._refusals, self.troubled = self._refusals, [], False
        if refusals and self._options.strict:
            raise refusals[0]
        if refusals:
            more = f" (and {len(refusals) - 1} more)" if len(refusals) > 1 else ""
            warnings.warn(LoggingWarning(f"refused by the service: {refusals[0].detail}{more}"), stacklevel=3)

    # --- life -------------------------------------------------------------------------------------------------

    def close(self, timeout_s: float = CLOSE_TIMEOUT_S) -> bool:
        """Deliver what waits, for no longer than said; False: something is left for `arangovis sync`. Again: harmless.

        Raises:
            ArangovisError: with `strict`, what was refused.

        """
        with self._guard:
            was_closed, self._is_closed = self._is_closed, True
        if self._undo is not None:
            self._undo()
            self._undo = None
        if was_closed or self._queue is None:
            return not self.status.waiting_requests
        is_done = self._finished(self._queue, time.monotonic() + timeout_s)
        self.surface()
        return is_done

    def __enter__(self) -> "Outbox":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def begin_in_child(self) -> None:
        """Let go of the parent's spool, thread and locks, here in the child."""
        if self._queue is not None:
            self._queue.spool.abandon()
        _parents.append((self._transport, self._courier))
        self._transport = None
        self._is_child = True
        self._undo = None
        self._begin()

    # --- inside -----------------------------------------------------------------------------------------------

    @property
    def _folder(self) -> Path:
        return self._options.folder or self._target.folder

    def _opened(self) -> Queue:
        with self._guard:
            if self._is_closed:
                raise Conflict("this outbox is closed")
            if self._queue is None:
                self._queue = self._new_queue()
                self._undo = self._undo or closing_at_exit(self._close_at_exit)
            return self._queue

    def _new_queue(self) -> Queue:
        options = self._options
        name = f"{time.time_ns() // 1000:016d}-{self._family}-{os.getpid()}"
        segment_bytes = min(SEGMENT_BYTES, options.bytes_max // _SEGMENTS)
        spool = Spool.create(self._folder / name, self._target, segment_bytes=segment_bytes)
        queue = Queue(spool, Bound(options.bytes_max, options.when_full, not options.offline))
        if self._is_child:
            for request in self._openings:
                queue.append(request)
        if not options.offline:
            self._delivery = Delivery(queue, self._courier, self._others, self._told)
            self._delivery.start()
        return queue

    def _connected(self) -> Transport:
        return self._transport or self._target.open(self._token)

    def _others(self, pattern: str = "*") -> Iterator[Verdict]:
        return delivered(self._folder, self._target, self._courier, pattern)

    def _told(self, request: Request | None, judged: Verdict) -> None:
        error = judged.error
        if error is None:
            return
        is_news = _text(error) != self._last_error
        self._last_error = _text(error)
        if judged.outcome is Outcome.LATER:
            self._faults += 1
            if is_news:
                _log.warning("what is logged waits: %s", self._last_error)
        elif request is not None and request.role is not Role.HOLLOW and isinstance(error, ArangovisError):
            self._refuse(error)

    def _refuse(self, error: ArangovisError) -> None:
        self._refusals.append(error)
        self.troubled = True

    def _tell_of_waiting(self, queue: Queue) -> None:
        if not self._told_of_waiting:
            self._told_of_waiting = True
            what = f"{queue.dropped} oldest requests are dropped" if queue.dropped else "the caller waits"
            bound = f"{self._options.bytes_max:,} bytes wait for the service"
            warnings.warn(LoggingWarning(f"{bound}, no more may: {what}"), stacklevel=4)

    def _finished(self, queue: Queue, deadline: float) -> bool:
        queue.sync()
        if self._delivery is not None:
            self._delivery.finish(deadline)
            if self._delivery.is_alive:
                return False  # it hangs in a request; the end of the process ends it, and the next one takes over
            if not queue.waiting:
                self._adopt(deadline)
        if self._transport is None:
            self._courier.close()
        queue.close()
        return not queue.waiting

    def _adopt(self, deadline: float) -> None:
        """Deliver what forked children left, and for a while what other processes did."""
        for pattern in (f"*-{self._family}-*", "*"):
            for judged in self._others(pattern):
                self._told(None, judged)
                if time.monotonic() >= deadline:
                    return
            deadline = min(deadline, time.monotonic() + ADOPT_AT_CLOSE_S)

    def _close_at_exit(self) -> None:
        try:
            self.close(EXIT_TIMEOUT_S)
        except ArangovisError as error:
            _log.warning("%s", error.detail)


def _text(error: Exception) -> str:
    return error.detail if isinstance(error, ArangovisError) else f"{type(error).__name__}: {error}"
