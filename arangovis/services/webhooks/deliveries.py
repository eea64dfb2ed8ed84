"""Messages on their way, as records: waiting for their next attempt, or settled."""

from dataclasses import dataclass, replace
from enum import StrEnum

from arangovis.domain.graph import Record
from arangovis.domain.views import integer, optional_integer, optional_text, text

WAITING, SETTLED = "delivery", "delivered"
"""The kinds of their records."""
_S = 1_000_000
BACKOFF_S = (5, 30, 120, 600, 1800, 3600, 3 * 3600, 6 * 3600, 12 * 3600)
"""How long after each failed attempt the next one is made; after the last a message is given up."""
ATTEMPTS_MAX = len(BACKOFF_S) + 1
KEEP_DELIVERED_US = 7 * 24 * 3600 * _S
KEEP_DEAD_US = 30 * 24 * 3600 * _S


class DeliveryState(StrEnum):
    """Where a message stands."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    DEAD = "dead"
    """It was given up; it can be sent again by hand."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message to a webhook. Times are microseconds since 1970.

    Args:
        id: the id that it travels with, the same in each attempt: receivers know by it what they have already.
        webhook: the key of its webhook.
        event: what it is about.
        body: what is sent.
        state: where it stands.
        created: when it was put here.
        due: waiting: when it is sent next; else: when it is forgotten.
        attempts: how often it was sent.
        status: the HTTP status of the last answer.
        error: why the last attempt failed.
        last_at: when that was.
        owner: which process sends it now.

    """

    id: str
    webhook: str
    event: str
    body: str
    state: DeliveryState
    created: int
    due: int
    attempts: int = 0
    status: int | None = None
    error: str | None = None
    last_at: int | None = None
    owner: str = ""

    def record(self) -> Record:
        """Return its record."""
        kept = {
            "webhook": self.webhook,
            "event": self.event,
            "body": self.body,
            "state": self.state.value,
            "created": self.created,
            "attempts": self.attempts,
            "status": self.status,
            "error": self.error,
            "last_at": self.last_at,
            "owner": self.owner,
        }
        data = {name: value for name, value in kept.items() if value is not None}
        waits = self.state is DeliveryState.WAITING
        return Record(WAITING if waits else SETTLED, self.id, "" if waits else self.webhook, self.due, data)

    @classmethod
    def of(cls, record: Record) -> "Delivery":
        """Read it from its record."""
        data = record.data
        return cls(
            id=record.key,
            webhook=text(data, "webhook"),
            event=text(data, "event"),
            body=text(data, "body"),
            state=DeliveryState(text(data, "state")),
            created=integer(data, "created"),
            due=record.due,
            attempts=integer(data, "attempts", 0),
            status=optional_integer(data, "status"),
            error=optional_text(data, "error"),
            last_at=optional_integer(data, "last_at"),
            owner=optional_text(data, "owner") or "",
        )

    def held(self, owner: str, now: int, hold_us: int) -> "Delivery":
        """Return it as a process begins an attempt, and has it to itself for a while."""
        return replace(self, owner=owner, due=now + hold_us, attempts=self.attempts + 1, last_at=now)

    def taken(self, status: int, now: int) -> "Delivery":
        """Return it as the receiver took it."""
        due = now + KEEP_DELIVERED_US
        return replace(self, state=DeliveryState.DELIVERED, status=status, error=None, owner="", due=due)

    def failed(self, status: int | None, error: str, now: int, *, wait_s: int = 0) -> "Delivery":
        """Return it as it waits after a failed attempt, at least `wait_s`; after the last one it is dead."""
        told = replace(self, status=status, error=error, owner="")
        if self.attempts >= ATTEMPTS_MAX:
            return replace(told, state=DeliveryState.DEAD, due=now + KEEP_DEAD_US)
        return replace(told, due=now + max(BACKOFF_S[self.attempts - 1], wait_s) * _S)

    def dead(self, error: str, now: int) -> "Delivery":
        """Return it given up."""
        return replace(self, state=DeliveryState.DEAD, error=error, owner="", due=now + KEEP_DEAD_US)

    def again(self, now: int) -> "Delivery":
        """Return it as somebody asks for it to be sent again: the same id, with all attempts before it."""
        return replace(self, state=DeliveryState.WAITING, attempts=0, owner="", due=now)
