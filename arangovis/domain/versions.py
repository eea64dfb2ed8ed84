"""Versions of packages, compared as Python's packaging standard says (PEP 440)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from arangovis.domain.errors import Fault, InvalidInput

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet
    from packaging.version import Version

BASE = "base"
RANGE_LENGTH_MAX = 500
_MARKS = re.compile(r"[-_.]+")


@dataclass(frozen=True, slots=True)
class VersionRange:
    """A range such as `>=1.2,<2`; an empty one holds every version."""

    text: str

    @classmethod
    def parse(cls, text: str) -> "VersionRange":
        """Read a range.

        Raises:
            InvalidInput: it is none.

        """
        from packaging.specifiers import InvalidSpecifier

        problem = f"{text[:80]!r} is no range of versions, such as >=1.2,<2 or ==1.26.*"
        if len(text) > RANGE_LENGTH_MAX:
            raise InvalidInput.of(Fault("versions", problem))
        try:
            _specifiers(text)
        except InvalidSpecifier as error:
            raise InvalidInput.of(Fault("versions", problem)) from error
        return cls(text)

    @property
    def is_all(self) -> bool:
        """Whether every version is in it, also those that cannot be read."""
        return not self.text.strip()

    def holds(self, version: str) -> bool:
        """Say whether a version is in the range; one that cannot be read is in no range but that of all."""
        found = version_of(version)
        return self.is_all or (found is not None and _specifiers(self.text).contains(found, prereleases=True))


@dataclass(frozen=True, slots=True)
class Requirement:
    """A package that another one requires, and by which of its extras; BASE is what it requires without any."""

    name: str
    versions: VersionRange
    extras: tuple[str, ...]

    @classmethod
    def parse(cls, text: str, extras: Sequence[str]) -> "Requirement":
        """Read what the metadata of a package say, as `grpcio<2,>=1.66; extra == "grpc"`."""
        from packaging.requirements import Requirement as Read

        read = Read(text)
        marker = read.marker
        wanting = [extra for extra in extras if marker is not None and marker.evaluate({"extra": extra})]
        is_base = marker is None or marker.evaluate({"extra": ""})
        return cls(read.name, VersionRange(str(read.specifier)), (BASE,) if is_base else tuple(wanting))


def version_of(text: str) -> "Version | None":
    """Read a version; None if it is none."""
    from packaging.version import InvalidVersion, Version

    try:
        return Version(text)
    except InvalidVersion:
        return None


def normal_name(package: str) -> str:
    """Return the one form of a package's name: lower case, with single hyphens."""
    return _MARKS.sub("-", package.strip()).lower()


@lru_cache(16)
def _specifiers(text: str) -> "SpecifierSet":
    from packaging.specifiers import SpecifierSet

    return SpecifierSet(text)
