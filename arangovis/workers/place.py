"""Where runs are computed, and what gives out the work there."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from urllib.parse import urlsplit

from arangovis.artifacts.registry import open_artifacts
from arangovis.compatibility.methods import WORKER_METHODS
from arangovis.domain.errors import Fault, InvalidInput
from arangovis.drift.methods import DETECT
from arangovis.projections.registry import METHOD_PREFIX, STEP_METHODS, names
from arangovis.services.blobs import Blobs
from arangovis.services.exchange.emitting import Emitting
from arangovis.services.exchange.receiver import Receiver
from arangovis.services.housekeeping import Housekeeping
from arangovis.services.methods import FRAME_METHODS, SCHEDULED, VERIFY
from arangovis.services.plans import Plans
from arangovis.services.runs import Runs
from arangovis.services.schedules.firing import ScheduleClock
from arangovis.services.webhooks.hosts import WebhookHosts
from arangovis.services.webhooks.outbox import Outbox
from arangovis.services.webhooks.sending import Sending
from arangovis.settings import PREFIX, Settings, read_settings
from arangovis.stores.base import GraphStore
from arangovis.stores.registry import open_store

FACTORY = "arangovis.wiring:context_from_environment"
"""What gives a compute process its stores and handlers."""


@dataclass(frozen=True, slots=True)
class Place:
    """All that a process needs to compute runs: plain values, so that it can travel to another machine.

    Args:
        environment: the settings, as environment variables.
        factory: dotted name of the function that makes the compute process's `WorkerContext`.
        threads: how many threads the libraries of one compute process use.

    """

    environment: tuple[tuple[str, str], ...] = field(repr=False)  # it may hold secrets, and places get into logs
    factory: str
    threads: int

    @property
    def settings(self) -> Settings:
        """The settings."""
        return read_settings(environ=dict(self.environment))


def place_of(settings: Settings, *, slots: int, factory: str = FACTORY) -> Place:
    """Return the place that the settings mean; the machine's processors are shared by `slots` compute processes."""
    threads = max(1, (os.cpu_count() or 1) // slots)
    return Place(tuple(sorted(settings.environment().items())), factory, threads)


def place_abroad(settings: Settings, *, factory: str = FACTORY) -> Place:
    """Return a place for supervisors on other machines: which stores, and the settings that are not at their default.

    No secret is in it, and no file or folder: those each machine has from its own environment (`settle`).

    Raises:
        InvalidInput: a store's URL has a password in it.

    """
    stores = {"store": settings.store_url, "artifacts": settings.artifacts_url}
    for name, url in stores.items():
        if urlsplit(url).password is not None:
            raise InvalidInput.of(Fault(name, "has a password in its URL, which would travel to other machines"))
    values = {**_travelling(settings), **stores}
    return Place(tuple(sorted((PREFIX + name.upper(), str(value)) for name, value in values.items())), factory, 0)


def _travelling(settings: Settings) -> dict[str, object]:
    """Return what may leave the machine: a setting whose value is kept out of its `repr` is a secret."""
    shown = {item.name: item.default for item in fields(settings) if item.repr and not _is_local(item.name)}
    values = {name: getattr(settings, name) for name in shown}
    return {name: value for name, value in values.items() if value != shown[name]}


def _is_local(name: str) -> bool:
    return name in ("home", "host", "port", "scheduler", "backup_root") or name.endswith("_file")


def settle(place: Place, environ: Mapping[str, str], *, slots: int) -> Place:
    """Return a place that travelled as this machine has it: its own environment adds secrets and has the last word.

    Raises:
        InvalidInput: a setting of this machine is wrong.

    """
    own = {name: value for name, value in environ.items() if value}
    settings = read_settings(environ={**dict(place.environment), **own})
    return place_of(settings, slots=slots, factory=place.factory)


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
    """Open the stores that the settings name, as `arangovis.wiring.build` does."""
    receiver = Receiver(settings.openlineage_url, settings.openlineage_token()) if settings.openlineage_url else None
    settings.home.mkdir(parents=True, exist_ok=True)
    store = open_store(settings.store_url, settings.store_secret())
    store.migrate()
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


def declared_methods() -> tuple[str, ...]:
    """Return the methods that `arangovis.wiring.worker_context` has handlers for, without loading the handlers."""
    projections = (METHOD_PREFIX + name for name in names())
    return (*projections, *STEP_METHODS, *WORKER_METHODS, *FRAME_METHODS, *SCHEDULED, DETECT, VERIFY)
