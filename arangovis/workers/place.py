"""Where runs are computed. Loads nothing but the settings, so that a compute process can be started at once."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from urllib.parse import urlsplit

from arangovis.domain.errors import Fault, InvalidInput
from arangovis.settings import PREFIX, Settings, read_settings

FACTORY = "arangovis.computing:context_from_environment"
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
