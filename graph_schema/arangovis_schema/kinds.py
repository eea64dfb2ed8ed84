"""What a declaration of a vertex kind or an edge kind consists of."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from arangovis_schema.fields import Field

ANY_KIND = "*"
"""An edge endpoint that accepts every vertex kind."""


class KeyRule(StrEnum):
    """How the key of a vertex comes about."""

    NAMED = "named"
    """32 hex digits of SHA-256 over canonical JSON [kind, project, name, version]."""
    TIME_ORDERED = "time-ordered"
    """UUIDv7, or a UUID that the caller brings."""


@dataclass(frozen=True)
class VertexKind:
    """A kind of vertex: a collection in ArangoDB, rows of one table in SQLite."""

    name: str
    description: str
    key_rule: KeyRule
    fields: tuple[Field, ...]
    custom: bool = False
    retired: bool = False
    """Whether nothing new may be of it; what was is still read."""

    @cached_property
    def searchable_fields(self) -> tuple[Field, ...]:
        """The fields that are written to the search projection, in order of declaration."""
        return tuple(field for field in self.fields if field.searchable)


@dataclass(frozen=True, slots=True)
class EdgeKind:
    """A kind of edge. Edges point the way data flows: downstream is OUTBOUND, upstream INBOUND.

    `lineage` kinds are followed by default; the others only when named.
    """

    name: str
    description: str
    sources: tuple[str, ...]
    targets: tuple[str, ...]
    lineage: bool
    fields: tuple[Field, ...] = ()
    custom: bool = False
    retired: bool = False
    """As of a vertex kind."""

    def accepts(self, source_kind: str, target_kind: str) -> bool:
        """Say whether an edge of this kind may join these two kinds of vertex."""
        return _accepts(self.sources, source_kind) and _accepts(self.targets, target_kind)


def _accepts(kinds: tuple[str, ...], kind: str) -> bool:
    return ANY_KIND in kinds or kind in kinds
