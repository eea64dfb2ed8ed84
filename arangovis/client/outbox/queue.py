"""A spool that threads share, with a bound: what happens when it is full, and waiting until it is empty."""

import threading
from dataclasses import dataclass
from enum import StrEnum

from arangovis.client.outbox.frames import Request, Role
from arangovis.client.outbox.spool import Place, Spool
from arangovis.domain.errors import Conflict, StoreUnavailable, TooLarge

LOOK_EVERY_S = 1.0
"""How often a writer that waits for room on a full disk looks again."""


class FullPolicy(StrEnum):
    """What happens to rows when no more may wait."""

    BLOCK = "block"
    """The caller waits for room."""
    DROP_OLDEST = "drop_oldest"
    """The oldest rows that wait are dropped, and counted."""
    ERROR = "error"
    """The caller gets a TooLarge."""


@dataclass(frozen=True, slots=True)
class Bound:
    """How many bytes may wait, and what happens then; `is_emptied` if somebody delivers at the same time."""

    bytes_max: int
    policy: FullPolicy
    is_emptied: bool


class Queue:
    """Any number of threads append, one delivers."""

    def __init__(self, spool: Spool, bound: Bound) -> None:
        self._spool = spool
        self._bound = bound
        self._changed = threading.Condition()
        self._is_closed = self._spool_is_closed = False
        self.dropped = 0
        self.delivered = 0
        self.refused = 0

    @property
    def spool(self) -> Spool:
        """The files; for its owner, who knows when no other thread uses them."""
        return self._spool

    @property
    def waiting(self) -> int:
        """How many requests wait."""
        return self._spool.requests

    def append(self, request: Request) -> bool:
        """Add a request; False says that it had to wait for room, or that others had to go.

        Raises:
            Conflict: this is closed.
            TooLarge: there is no room for it, and the policy is to say so, or nobody empties the spool.
            StoreUnavailable: the disk does not take it, and the policy is to say so, or nobody empties the spool.

        """
        with self._changed:
            if self._spool_is_closed:
                raise Conflict("this outbox is closed")
            at_once = True
            while not self._has_room(request):
                at_once = False
                self._make_room(request)
            self._written(request)
            self._changed.notify_all()
        return at_once

    def first(self, wait_s: float) -> tuple[Request, Place] | None:
        """Return the request to deliver first; wait for one, but no longer than said."""
        with self._changed:
            if not self._spool.requests and not self._is_closed:
                self._changed.wait(wait_s)
            return self._spool.first()

    def done(self, place: Place) -> None:
        """Forget a request that was delivered."""
        with self._changed:
            self.delivered += 1
            self._spool.advance(place)
            self._changed.notify_all()

    def refuse(self, request: Request, place: Place) -> None:
        """Put a request aside that the service will not take; what takes its place waits behind the others."""
        with self._changed:
            self.refused += request.role is not Role.HOLLOW
            self._spool.set_aside(request, place)
            self._changed.notify_all()

    def sync(self) -> None:
        """Make sure that all of it survives a power cut."""
        with self._changed:
            self._spool.sync()

    def drain(self, timeout_s: float | None) -> bool:
        """Wait until nothing waits; say whether that came true in time."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._spool.requests, timeout_s)

    def wake(self) -> None:
        """Let nobody wait for a request any longer."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def close(self) -> None:
        """Let go of the files."""
        with self._changed:
            self._spool_is_closed = True
            self._spool.close()

    def _has_room(self, request: Request) -> bool:
        used = self._spool.bytes
        return request.role is not Role.DATA or not used or used + len(request.body) <= self._bound.bytes_max

    def _make_room(self, request: Request) -> None:
        excess = self._spool.bytes + len(request.body) - self._bound.bytes_max
        if self._bound.policy is FullPolicy.DROP_OLDEST:
            found = self._spool.drop(excess)
            self.dropped += found
            if found:
                return
        if not self._may_wait():
            raise TooLarge(f"{self._spool.bytes:,} bytes wait for the service; at most {self._bound.bytes_max:,} may")
        self._changed.wait(LOOK_EVERY_S)

    def _written(self, request: Request) -> None:
        """Append; while the disk is full, this waits as if the spool were."""
        while True:
            try:
                return self._spool.append(request)
            except StoreUnavailable:
                if not self._spool.requests or not self._may_wait():
                    raise
                self._changed.wait(LOOK_EVERY_S)

    def _may_wait(self) -> bool:
        return self._bound.policy is FullPolicy.BLOCK and self._bound.is_emptied and not self._is_closed
