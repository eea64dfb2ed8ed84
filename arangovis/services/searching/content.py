"""Which nodes have exactly this content, whatever they are called, who made it and who read it."""

import re
from dataclasses import dataclass

from arangovis.domain.errors import Fault, InvalidInput
from arangovis.domain.graph import Direction, Node
from arangovis.domain.ids import NodeId
from arangovis.domain.search import PAGE_SIZE_MAX, Comparison, Filter, Operator, Search
from arangovis.services.searching.past import past_nodes
from arangovis.stores.base import GraphStore
from arangovis_schema import VertexKind

CONSUMERS_MAX = 1000
NODES_MAX = PAGE_SIZE_MAX
DIGEST = "digest"
NODES, CONSUMERS = "nodes", "consumers"
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")


@dataclass(frozen=True, slots=True)
class ContentUse:
    """A node with this content, the runs that made it, and those that read it."""

    node: Node
    makers: tuple[NodeId, ...]
    readers: tuple[NodeId, ...]


@dataclass(frozen=True, slots=True)
class ContentUses:
    """All that is known of a content: artifacts, data sets and parameters of this digest, newest first."""

    sha256: str
    uses: tuple[ContentUse, ...]
    partial_reasons: tuple[str, ...]


class Contents:
    """Looks content up by its digest, over any store."""

    def __init__(self, store: GraphStore) -> None:
        self._store = store

    def of(self, sha256: str, *, at: int | None = None) -> ContentUses:
        """Return the nodes of a digest; none if nothing has that content.

        Raises:
            InvalidInput: it is not 64 hex digits.

        """
        digest = sha256.lower()
        if not _SHA256.match(digest):
            raise InvalidInput.of(Fault("sha256", f"{sha256[:80]!r} is not a SHA-256: 64 hex digits"))
        nodes, reasons = self._nodes(Comparison(DIGEST, Operator.EQUAL, digest), at)
        uses = tuple(self._use(node, at) for node in nodes)
        if any(len(use.readers) == CONSUMERS_MAX for use in uses):
            reasons = (*reasons, CONSUMERS)
        return ContentUses(digest, uses, reasons)

    def _nodes(self, where: Filter, at: int | None) -> tuple[list[Node], tuple[str, ...]]:
        kinds = self._kinds()
        if at is not None:
            past = past_nodes(self._store, kinds, project=None, at=at).where(where)
            return _newest_first([node for node, _ in past.found]), past.reasons
        pages = [self._store.search(Search(kind, where, limit=NODES_MAX)) for kind in kinds]
        cut = any(page.next_cursor is not None for page in pages)
        return _newest_first([node for page in pages for node in page.items]), (NODES,) if cut else ()

    def _kinds(self) -> dict[str, VertexKind]:
        declared = self._store.schema().vertices.items()
        return {name: kind for name, kind in declared if any(field.name == DIGEST for field in kind.searchable_fields)}

    def _use(self, node: Node, at: int | None) -> ContentUse:
        made = self._store.edges_of((node.id,), Direction.UPSTREAM, ("generated",), at=at, limit=CONSUMERS_MAX)
        read = self._store.edges_of((node.id,), Direction.DOWNSTREAM, ("input_to",), at=at, limit=CONSUMERS_MAX)
        makers = sorted({edge.id.source for edge in made})
        readers = sorted({edge.id.target for edge in read}, reverse=True)
        return ContentUse(node, tuple(makers), tuple(readers))


def _newest_first(nodes: list[Node]) -> list[Node]:
    return sorted(nodes, key=lambda node: (node.created, node.id), reverse=True)
