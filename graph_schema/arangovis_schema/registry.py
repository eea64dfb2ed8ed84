"""The kinds in force: the built-in ones and those that users added."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from arangovis_schema.edges import EDGE_KINDS
from arangovis_schema.kinds import EdgeKind, VertexKind
from arangovis_schema.vertices import VERTEX_KINDS


@dataclass(frozen=True)
class Schema:
    """An immutable set of kinds, looked up by name."""

    vertex_kinds: tuple[VertexKind, ...]
    edge_kinds: tuple[EdgeKind, ...]

    @cached_property
    def vertices(self) -> dict[str, VertexKind]:
        """Vertex kinds by name."""
        return {kind.name: kind for kind in self.vertex_kinds}

    @cached_property
    def edges(self) -> dict[str, EdgeKind]:
        """Edge kinds by name."""
        return {kind.name: kind for kind in self.edge_kinds}

    def extended(self, vertices: Iterable[VertexKind] = (), edges: Iterable[EdgeKind] = ()) -> "Schema":
        """Return a schema with further kinds; one of a name already known replaces it."""
        return Schema(
            tuple((self.vertices | {kind.name: kind for kind in vertices}).values()),
            tuple((self.edges | {kind.name: kind for kind in edges}).values()),
        )


BUILT_IN = Schema(VERTEX_KINDS, EDGE_KINDS)
