"""The side of a worker that gives out work."""

from dataclasses import dataclass

from arangovis.artifacts.registry import open_artifacts
from arangovis.services.blobs import Blobs
from arangovis.services.copying.opening import usable_store
from arangovis.services.exchange.emitting import Emitting
from arangovis.services.exchange.receiver import Receiver
from arangovis.services.housekeeping import Housekeeping
from arangovis.services.plans import Plans
from arangovis.services.runs import Runs
from arangovis.services.schedules.firing import ScheduleClock
from arangovis.services.webhooks.hosts import WebhookHosts
from arangovis.services.webhooks.outbox import Outbox
from arangovis.services.webhooks.sending import Sending
from arangovis.settings import Settings
from arangovis.stores.base import GraphStore


@dataclass(frozen=True, slots=True)
class Queue:
    """The side of the service that gives out work. It computes nothing, so it loads nothing that does."""

    settings: Settings
    store: GraphStore
    runs: Runs
    housekeeping: Housekeeping
    clock: ScheduleClock
    """Fires schedules."""
    outbox: Outbox
    """Puts down messages to webhooks."""
    sending: Sending
    """Sends them."""
    emitting: Emitting | None = None
    """Tells runs to a receiver of OpenLineage events, if one is configured."""


def open_queue(settings: Settings) -> Queue:
    """Open the stores that the settings name, as `arangovis.wiring.build` does.

    Raises:
        Conflict: the store is newer than this code, or a copy that was not finished.
        StoreUnavailable: the store does not answer.

    """
    receiver = Receiver(settings.openlineage_url, settings.openlineage_token()) if settings.openlineage_url else None
    store = usable_store(settings)
    blobs = Blobs(store, open_artifacts(settings.artifacts_url))
    emitting = None if receiver is None else Emitting(store, receiver)
    runs = Plans(store, blobs).runs
    return Queue(
        settings,
        store,
        runs,
        Housekeeping(store, blobs),
        ScheduleClock(store, runs),
        Outbox(store),
        Sending(store, WebhookHosts.of(settings.webhook_hosts), hold_s=settings.lease_s),
        emitting,
    )
