"""What of the package's own requirements is installed, as its metadata declare them."""

import importlib.metadata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from arangovis.domain.versions import Requirement

NOT_FOR_USERS = frozenset({"all", "audit", "demo", "dev", "test"})
"""Extras that are made of others, or that work on the project needs."""


@dataclass(frozen=True, slots=True)
class Installed:
    """A package that is required, and the version that is there: None if there is none."""

    required: Requirement
    version: str | None

    @property
    def fits(self) -> bool:
        """Whether the version that is there is one that is wanted."""
        return self.version is not None and self.required.versions.holds(self.version)


def installed(package: str = "arangovis") -> Mapping[str, Sequence[Installed]]:
    """Return what each extra of a package requires, by the name of the extra; nothing if it is not installed itself."""
    if _version(package) is None:
        return {}
    found: dict[str, list[Installed]] = defaultdict(list)
    declared = importlib.metadata.metadata(package).get_all("Provides-Extra") or ()
    extras = [name for name in declared if name not in NOT_FOR_USERS]
    for said in importlib.metadata.requires(package) or ():
        required = Requirement.parse(said, extras)
        for extra in required.extras:
            found[extra].append(Installed(required, _version(required.name)))
    return found


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
