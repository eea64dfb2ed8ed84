"""The edges of one node page by page, each with the node at its other end: what of a hub does not fit one answer."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import orjson

from arangovis.domain.errors import Fault, InvalidInput
from arangovis.domain.graph import Direction, Edge, EdgeId, Node
from arangovis.domain.ids import NodeId
from arangovis.stores.base import EDGE_PAGE_MAX, GraphStore
from arangovis_schema import LINEAGE_EDGE_KINDS

EDGES_DEFAULT = 100


class Neighbour(NamedTuple):
    """An edge at the node that was asked about, and the node at its other end."""

    edge: Edge
    node: Node


@dataclass(frozen=True, slots=True)
class EdgesQuestion:
    """Which edges of a node to list.

    Args:
        node: whose edges.
        direction: those that enter it (UPSTREAM) or leave it (DOWNSTREAM).
        edges: kinds of edge; one comes after the other, in order of their names.
        cursor: `next_cursor` of the page before.
        limit: page size.
        at: as of this time (microseconds since 1970), or None for now.

    """

    node: NodeId
    direction: Direction = Direction.UPSTREAM
    edges: frozenset[str] = frozenset(LINEAGE_EDGE_KINDS)
    cursor: str | None = None
    limit: int = EDGES_DEFAULT
    at: int | None = None

    def faults(self) -> Iterator[Fault]:
        """Yield what is wrong with it, apart from the names of the kinds."""
        if self.direction is Direction.BOTH:
            yield Fault("direction", "edges are listed one way: upstream or downstream")
        if not 1 <= self.limit <= EDGE_PAGE_MAX:
            yield Fault("limit", f"{self.limit} is not between 1 and {EDGE_PAGE_MAX}")

    def after(self) -> EdgeId | None:
        """Return the edge behind which the page begins; None for the first page.

        Raises:
            InvalidInput: the cursor is not one of this question.

        """
        if self.cursor is None:
            return None
        try:
            kind, other, role = _read(self.cursor)
            ends = (self.node, other) if self.direction is Direction.DOWNSTREAM else (other, self.node)
        except (ValueError, TypeError) as error:
            raise bad_cursor() from error
        if kind not in self.edges:
            raise bad_cursor()
        return EdgeId(kind, *ends, role)

    def other_end(self, edge_id: EdgeId) -> NodeId:
        """Return the end of an edge that is not the node's."""
        return edge_id.target if self.direction is Direction.DOWNSTREAM else edge_id.source

    def cursor_behind(self, edge_id: EdgeId) -> str:
        """Return the cursor of the page that begins behind an edge."""
        document = [edge_id.kind, str(self.other_end(edge_id)), edge_id.role]
        return base64.urlsafe_b64encode(orjson.dumps(document)).decode("ascii").rstrip("=")


def bad_cursor() -> InvalidInput:
    """Return the error for a cursor that no page of this question gave."""
    return InvalidInput.of(Fault("cursor", "is not the `next_cursor` of a page of these edges"))


def page_of(store: GraphStore, question: EdgesQuestion, after: EdgeId | None) -> list[Edge]:
    """Return the edges of a page, and one more if there is more."""
    found: list[Edge] = []
    for kind in sorted(question.edges):
        if after is not None and kind < after.kind:
            continue
        behind = after if after is not None and after.kind == kind else None
        room = question.limit + 1 - len(found)
        found += store.edge_page(question.node, question.direction, kind, at=question.at, after=behind, limit=room)
        if len(found) > question.limit:
            break
    return found


def _read(cursor: str) -> tuple[str, NodeId, str]:
    """Read a cursor.

    Raises:
        ValueError: it is none. (InvalidInput is one, too.)
        TypeError: it is JSON of another form.

    """
    padded = cursor + "=" * (-len(cursor) % 4)
    kind, other, role = orjson.loads(base64.b64decode(padded.encode("ascii"), altchars=b"-_", validate=True))
    if not (isinstance(kind, str) and isinstance(other, str) and isinstance(role, str)):
        raise TypeError("a cursor is three texts")
    return kind, NodeId.parse(other), role
