"""What an operator sets up, over one store: schedules, webhooks, retention. Built once."""

from dataclasses import dataclass
from pathlib import Path

from arangovis.services.blobs import Blobs
from arangovis.services.erasing.erasures import Erasures
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
    """Schedules and their clock, webhooks, rules of retention, erasures, the collection of bytes that nothing names."""

    schedules: Schedules
    clock: ScheduleClock
    webhooks: Webhooks
    expiring: Expiring
    collecting: Collecting
    erasures: Erasures

    @classmethod
    def over(cls, store: GraphStore, blobs: Blobs, runs: Runs, *, webhook_hosts: str, home: Path) -> "Operations":
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
            erasures=Erasures(store, blobs, runs, folder=home),
        )
