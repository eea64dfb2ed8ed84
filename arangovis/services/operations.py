"""What an operator sets up, over one store: schedules, webhooks, retention. Built once."""

from dataclasses import dataclass

from arangovis.services.blobs import Blobs
from arangovis.services.retention.applying import Expiring
from arangovis.services.retention.collecting import Collecting
from arangovis.services.runs import Runs
from arangovis.services.schedules.firing import ScheduleClock
from arangovis.services.schedules.schedules import Schedules
from arangovis.services.webhooks.hosts import WebhookHosts
from arangovis.services.webhooks.subscriptions import Webhooks
from arangovis.stores.base import GraphStore


@dataclass(frozen=True, slots=True)
class Operations:
    """Schedules and their clock, webhooks, rules of retention, and the collection of bytes that nothing names."""

    schedules: Schedules
    clock: ScheduleClock
    webhooks: Webhooks
    expiring: Expiring
    collecting: Collecting

    @classmethod
    def over(cls, store: GraphStore, blobs: Blobs, runs: Runs, *, webhook_hosts: str) -> "Operations":
        """Put them over a store.

        Raises:
            InvalidInput: the hosts that messages may be sent to cannot be read.

        """
        return cls(
            schedules=Schedules(store),
            clock=ScheduleClock(store, runs),
            webhooks=Webhooks(store, WebhookHosts.of(webhook_hosts)),
            expiring=Expiring(store),
            collecting=Collecting(store, blobs),
        )
