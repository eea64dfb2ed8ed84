"""Searching as of a time. No index knows the past, so what was written until then is gone through, oldest first."""

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from arangovis.domain.errors import Fault, InvalidInput
from arangovis.domain.facets import Facets, counted
from arangovis.domain.graph import Node, Page
from arangovis.domain.ids import NodeId
from arangovis.domain.ordering import Order, Position, rank_of
from arangovis.domain.search import CREATED, PAGE_SIZE_MAX, Filter, Property, matches, node_properties
from arangovis.services.searching.merging import NEWEST
from arangovis.stores.base import GraphStore
from arangovis.stores.frozen import FrozenStore
from arangovis_schema import VertexKind

VERSIONS_MAX = 500_000
"""How many versions of nodes are gone through before an answer is partial."""
HISTORY = "history"
"""Why it is partial then: later versions were not looked at."""


@dataclass(frozen=True, slots=True)
class Past:
    """Nodes of some kinds as they were, with what conditions look at; `complete` unless there was too much."""

    found: Sequence[tuple[Node, Sequence[Property]]]
    complete: bool

    def where(self, condition: Filter) -> "Past":
        """Return those that met a condition."""
        return replace(self, found=[item for item in self.found if matches(condition, item[1])])

    def facets(self, names: Sequence[str], limit: int) -> Facets:
        """Count their values."""
        return counted([properties for _, properties in self.found], names, limit)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it is not all."""
        return () if self.complete else (HISTORY,)

    def page(self, order: Order | None, limit: int, cursor: str | None) -> Page[Node]:
        """Return a page. What was does not change, so a cursor is a number.

        Raises:
            InvalidInput: the cursor or the limit is not valid.

        """
        begin, end = _begin(cursor), _begin(cursor) + _checked(limit)
        nodes = self._in_order(order or NEWEST)
        return Page(nodes[begin:end], f"p{end}" if len(nodes) > end else None)

    def _in_order(self, order: Order) -> list[Node]:
        placed = [(_place(order, node, properties), node) for node, properties in self.found]
        placed.sort(key=lambda item: item[0], reverse=order.descending)
        return [node for _, node in placed]


def past_nodes(store: GraphStore, kinds: Mapping[str, VertexKind], *, project: str | None, at: int) -> Past:
    """Return the nodes that there were at a time (microseconds since 1970), those deleted since included.

    Raises:
        StoreUnavailable: the store does not answer.

    """
    latest: dict[NodeId, Node] = {}
    seen = 0
    with store.frozen() as state:
        for node in islice(_versions(state, kinds, at), VERSIONS_MAX):
            seen += 1
            latest[node.id] = node
    alive = [node for node in latest.values() if not node.version.deleted and project in (None, node.project)]
    return Past([(node, node_properties(kinds[node.id.kind], node)) for node in alive], seen < VERSIONS_MAX)


def _versions(state: FrozenStore, kinds: Container[str], at: int) -> Iterator[Node]:
    """Yield all versions of nodes of some kinds that were written until a time, oldest first."""
    for action in state.actions(until=at):
        yield from (node for node in action.nodes if node.id.kind in kinds)


def _place(order: Order, node: Node, properties: Sequence[Property]) -> tuple[object, ...]:
    rank = None if order.name == CREATED else rank_of(order, properties)
    position = Position(rank, node.created, node.id.key)
    return (*position.sort_key(descending=order.descending), node.id.kind)


def _begin(cursor: str | None) -> int:
    if cursor is None:
        return 0
    number = cursor.removeprefix("p")
    if number == cursor or not number.isascii() or not number.isdecimal() or len(number) > 9:
        raise InvalidInput.of(Fault("cursor", "is not a cursor that a page ended with"))
    return int(number)


def _checked(limit: int) -> int:
    if not 1 <= limit <= PAGE_SIZE_MAX:
        raise InvalidInput.of(Fault("limit", f"{limit} is not between 1 and {PAGE_SIZE_MAX}"))
    return limit
