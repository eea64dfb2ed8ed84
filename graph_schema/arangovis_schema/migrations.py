"""Versions of the schema, oldest first. Each store applies a migration in its own way.

A released migration is never edited; a change of the declarations that a store must act on is a new entry.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Migration:
    """One step from schema version `version - 1` to `version`."""

    version: int
    description: str


MIGRATIONS = (
    Migration(1, "the first schema: versioned vertices and edges, search projection, records"),
    Migration(2, "full text: the words of nodes; collections of the kinds added since"),
)

SCHEMA_VERSION = MIGRATIONS[-1].version
