"""Where runs are computed, and what gives out the work there."""

import os
from dataclasses import dataclass

from arangovis.artifacts.registry import open_artifacts
from arangovis.projections.registry import METHOD_PREFIX, names
from arangovis.services.blobs import Blobs
from arangovis.services.housekeeping import Housekeeping
from arangovis.services.plans import Plans
from arangovis.services.runs import Runs
from arangovis.settings import Settings, read_settings
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

    environment: tuple[tuple[str, str], ...]
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


@dataclass(frozen=True, slots=True)
class Queue:
    """The side of the service that gives out work. It computes nothing, so it loads nothing that does."""

    settings: Settings
    store: GraphStore
    runs: Runs
    housekeeping: Housekeeping


def open_queue(settings: Settings) -> Queue:
    """Open the stores that the settings name, as `arangovis.wiring.build` does."""
    settings.home.mkdir(parents=True, exist_ok=True)
    store = open_store(settings.store_url)
    store.migrate()
    blobs = Blobs(store, open_artifacts(settings.artifacts_url))
    return Queue(settings, store, Plans(store, blobs).runs, Housekeeping(store, blobs))


def declared_methods() -> tuple[str, ...]:
    """Return the methods that `arangovis.wiring.worker_context` has handlers for, without loading the handlers."""
    return tuple(METHOD_PREFIX + name for name in names())
