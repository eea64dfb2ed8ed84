"""Sending messages: each at least once, in no particular order, until it is taken or given up.

A message is taken hold of in one action and settled in another; what is sent in between may be sent again by another
process, with the same id, if this one dies.
"""

import http.client
import ssl
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from uuid import uuid4

from arangovis.domain.errors import Forbidden, InvalidInput, NotFound
from arangovis.domain.graph import Caller
from arangovis.domain.ids import NodeId
from arangovis.domain.version import VERSION
from arangovis.domain.views import text
from arangovis.services.outgoing import PinnedConnection
from arangovis.services.webhooks.deliveries import WAITING, Delivery
from arangovis.services.webhooks.hosts import WebhookHosts, port_of
from arangovis.services.webhooks.signing import headers_of
from arangovis.services.webhooks.subscriptions import SECRETS, WEBHOOK, webhook_of
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction

SENDER = Caller("webhooks")
AT_ONCE = 4
TIMEOUT_S = 5.0
"""To connect, to send, and to be answered, each."""
HOLD_S = 30
"""So long a process has the messages to itself that it sends; longer than sending takes."""
WAIT_MAX_S = 3600
"""No longer than that a receiver can have us wait by `Retry-After`."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What a round did: messages that were taken, and attempts that failed."""

    taken: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int | None
    error: str | None = None
    wait_s: int = 0


class Sending:
    """Sends in rounds. Rounds may run side by side, and may be stopped at any time."""

    def __init__(self, store: GraphStore, hosts: WebhookHosts, *, hold_s: int = HOLD_S) -> None:
        self._store = store
        self._hosts = hosts
        self._hold_us = hold_s * 1_000_000

    def is_due(self) -> bool:
        """Say whether a message is to be sent."""
        return bool(self._store.records(WAITING, due_max=self._store.now(), limit=1))

    def __call__(self) -> Sent:
        """Send what is due.

        Raises:
            StoreUnavailable: the store does not answer; what was sent meanwhile may be sent again.

        """
        total, owner = Sent(), uuid4().hex
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="webhooks") as threads:
            while held := self._store.transact(lambda tx: take_hold(tx, owner, self._hold_us), SENDER):
                taken = sum(threads.map(self._deliver, held))
                total = Sent(total.taken + taken, total.failed + len(held) - taken)
        return total

    def _deliver(self, delivery: Delivery) -> bool:
        """Make one attempt, and settle it. Return whether it was taken."""
        node = self._store.find(NodeId(WEBHOOK.name, delivery.webhook))
        record = self._store.record(SECRETS, delivery.webhook)
        if node is None or node.version.deleted or record is None:
            self._settle(delivery, lambda now: delivery.dead("the webhook was removed", now))
            return False
        hook = webhook_of(node, record)
        if not hook.enabled:
            self._settle(delivery, lambda now: delivery.failed(None, "the webhook is switched off", now))
            return False
        answer = self._post(hook.url, text(record.data, "secret"), delivery)
        if answer.error is None:
            self._settle(delivery, lambda now: delivery.taken(int(answer.status or 0), now))
            return True
        error, wait_s = answer.error, answer.wait_s
        self._settle(delivery, lambda now: delivery.failed(answer.status, error, now, wait_s=wait_s))
        return False

    def _settle(self, held: Delivery, settled: Callable[[int], Delivery]) -> None:
        def action(transaction: Transaction) -> None:
            present = transaction.record(WAITING, held.id)
            if present is None or Delivery.of(present).owner != held.owner:
                return  # it took so long that another process sends it now
            transaction.remove_record(WAITING, held.id)
            transaction.put_record(settled(transaction.now).record())

        self._store.transact(action, SENDER)

    def _post(self, url: str, secret: str, delivery: Delivery) -> _Answer:
        body, timestamp = delivery.body.encode(), int(time.time())
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"arangovis/{VERSION}",
            **headers_of(secret, delivery.id, timestamp, body),
        }
        try:
            return self._exchange(url, body, headers)
        except (Forbidden, NotFound, InvalidInput) as error:
            return _Answer(None, error.detail)
        except ssl.SSLError as error:
            return _Answer(None, f"its certificate was not accepted: {error.reason}")
        except (OSError, http.client.HTTPException) as error:
            return _Answer(None, f"no answer: {type(error).__name__}")

    def _exchange(self, url: str, body: bytes, headers: dict[str, str]) -> _Answer:
        parts = self._hosts.check(url)
        port = port_of(parts)
        connection = PinnedConnection(parts.hostname or "", port, self._hosts.address(parts), timeout_s=TIMEOUT_S)
        if parts.scheme == "https":
            connection.secure()
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        try:
            connection.request("POST", target, body, headers)
            answer = connection.getresponse()  # its body says nothing that is looked at
        finally:
            connection.close()
        if 200 <= answer.status < 300:
            return _Answer(answer.status)
        # a redirect could lead anywhere, so none is followed
        return _Answer(answer.status, f"it answered {answer.status}", _wait_s(answer.headers.get("Retry-After")))


def take_hold(transaction: Transaction, owner: str, hold_us: int) -> Sequence[Delivery]:
    """Take messages that are due, inside an action: nobody else sends them for so long."""
    due = transaction.records(WAITING, due_max=transaction.now, limit=AT_ONCE)
    held = [Delivery.of(record).held(owner, transaction.now, hold_us) for record in due]
    for delivery in held:
        transaction.put_record(delivery.record())
    return held


def _wait_s(header: str | None) -> int:
    return min(int(header), WAIT_MAX_S) if header is not None and header.isdecimal() and len(header) < 10 else 0
