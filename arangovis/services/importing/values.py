"""What an import answers."""

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """What became of one thing."""

    NEW = "new"
    CHANGED = "changed"
    """It was there, and is other now: its history shows both."""
    UNCHANGED = "unchanged"
    REFUSED = "refused"
    """Nothing of it was written."""


@dataclass(frozen=True, slots=True)
class ImportedItem:
    """One thing that was to be taken over: of which kind, its name, and why it was refused if it was.

    `rows` counts the entries of histories that are new.
    """

    kind: str
    name: str
    outcome: Outcome
    problem: str | None = None
    rows: int = 0


@dataclass(frozen=True, slots=True)
class ImportAnswer:
    """What became of each thing, in the order sent: runs, versions, models."""

    items: tuple[ImportedItem, ...]
