"""What of the package's own requirements is installed, as its metadata declare them."""

import importlib.metadata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from packaging.requirements import Requirement

BASE = "base"
NOT_FOR_USERS = frozenset({"all", "audit", "demo", "dev", "test"})
"""Extras that are made of others, or that work on the project needs."""


@dataclass(frozen=True, slots=True)
class Installed:
    """A distribution that is required, and what is there: None if nothing is."""

    name: str
    wanted: str
    version: str | None
    fits: bool


def installed(distribution: str = "arangovis") -> Mapping[str, Sequence[Installed]]:
    """Return what each extra of a distribution requires, by its name; BASE is what it requires without any."""
    found: dict[str, list[Installed]] = defaultdict(list)
    metadata = importlib.metadata.metadata(distribution)
    extras = [name for name in metadata.get_all("Provides-Extra") or () if name not in NOT_FOR_USERS]
    for said in importlib.metadata.requires(distribution) or ():
        requirement = Requirement(said)
        for extra in _extras_of(requirement, extras):
            found[extra].append(_look(requirement))
    return found


def _extras_of(requirement: Requirement, extras: Sequence[str]) -> Sequence[str]:
    if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
        return (BASE,)
    return [extra for extra in extras if requirement.marker.evaluate({"extra": extra})]


def _look(requirement: Requirement) -> Installed:
    wanted = str(requirement.specifier)
    try:
        version = importlib.metadata.version(requirement.name)
    except importlib.metadata.PackageNotFoundError:
        return Installed(requirement.name, wanted, None, fits=False)
    return Installed(requirement.name, wanted, version, requirement.specifier.contains(version, prereleases=True))
