"""What two nodes share upstream: common ancestors, and the rows that both were made from."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from arangovis.domain.errors import IntegrityError
from arangovis.domain.graph import Direction, Edge, Lineage, Node
from arangovis.domain.ids import NodeId
from arangovis.domain.views import integer, optional_text
from arangovis.services.blobs import Blobs
from arangovis.services.lineage.reach import BUDGET, Budget, digest_of_node, name_of, reach_each, reasons, sort_of
from arangovis.stores.base import GraphStore
from arangovis.tabular.arrow_stream import from_arrow

PAIRS_MAX = 100
"""So many pairs of data sets are compared row by row."""


class Ancestor(NamedTuple):
    """A node that is upstream of both, `depths` edges away from each at least.

    `nearest` says that no other common ancestor lies between it and the two.
    """

    node: NodeId
    sort: str
    name: str | None
    depths: tuple[int, int]
    nearest: bool


class SharedRows(NamedTuple):
    """Two data sets, one upstream of each, and how many rows they share; `same` if that is all of their content.

    `rows` is None if they are of one source, and which rows they hold cannot be read.
    """

    first: NodeId
    second: NodeId
    rows: int | None
    same: bool


@dataclass(frozen=True, slots=True)
class CommonAncestors:
    """What two nodes share, nearest first. `shared` is `all` pairs of data sets with rows in common."""

    first: NodeId
    second: NodeId
    ancestors: tuple[Ancestor, ...]
    shared_rows: tuple[SharedRows, ...]
    partial_reasons: tuple[str, ...]


class Common:
    """Answers what two nodes share, over any store."""

    def __init__(self, store: GraphStore, blobs: Blobs) -> None:
        self._store = store
        self._blobs = blobs

    def of(self, first: NodeId, second: NodeId, budget: Budget = BUDGET, *, at: int | None = None) -> CommonAncestors:
        """Return what two nodes share upstream. A node that is upstream of the other is a common ancestor itself.

        Raises:
            NotFound: one of the nodes does not exist, or not yet at that time.
            InvalidInput: the budget is out of range.

        """
        sides = reach_each(self._store, (first, second), Direction.UPSTREAM, budget, at=at)
        pairs = _row_pairs(*sides)
        shared = [self._shared(*pair) for pair in pairs[:PAIRS_MAX]]
        return CommonAncestors(
            first=first,
            second=second,
            ancestors=_ancestors(*sides),
            shared_rows=tuple(item for item in shared if item.rows != 0),
            partial_reasons=reasons(sides[0].cuts, sides[1].cuts, ["pairs"] if len(pairs) > PAIRS_MAX else ()),
        )

    def _shared(self, first: Node, second: Node) -> SharedRows:
        if first.id == second.id or digest_of_node(first) == digest_of_node(second):
            return SharedRows(first.id, second.id, integer(first.attributes, "rows", 0), same=True)
        return SharedRows(first.id, second.id, self._overlap(first, second), same=False)

    def _overlap(self, first: Node, second: Node) -> int | None:
        """Return how many rows of one source two samples of it both hold."""
        chosen = [optional_text(node.attributes, "selection") for node in (first, second)]
        if None in chosen:
            return None
        try:
            one, two = (np.asarray(from_arrow(self._blobs.read(str(digest)))["position"]) for digest in chosen)
        except IntegrityError:
            return None
        return int(np.intersect1d(one, two).size)


def _ancestors(first: Lineage, second: Lineage) -> tuple[Ancestor, ...]:
    depths = {visit.node.id: visit.depth for visit in second.visits}
    common = [visit for visit in first.visits if visit.node.id in depths]
    ids = {visit.node.id for visit in common}
    further = _leading_to(ids, (*first.edges, *second.edges))
    found = [
        Ancestor(
            node=visit.node.id,
            sort=sort_of(visit.node),
            name=name_of(visit.node),
            depths=(visit.depth, depths[visit.node.id]),
            nearest=visit.node.id not in further,
        )
        for visit in common
    ]
    return tuple(sorted(found, key=lambda item: (not item.nearest, sum(item.depths), item.node)))


def _leading_to(nodes: set[NodeId], edges: Iterable[Edge]) -> set[NodeId]:
    """Return those of the nodes that another of them was made from."""
    return {edge.id.source for edge in edges if edge.id.target in nodes and edge.id.target != edge.id.source}


def _row_pairs(first: Lineage, second: Lineage) -> Sequence[tuple[Node, Node]]:
    """Return the pairs that may share rows: of one content, or samples of one source."""
    sides = [_data(side) for side in (first, second)]
    by_fact: dict[str, list[Node]] = {}
    for node in sides[1].values():
        for fact in _facts(node):
            by_fact.setdefault(fact, []).append(node)
    pairs = {
        (node.id, other.id): (node, other)
        for node in sides[0].values()
        for fact in _facts(node)
        for other in by_fact.get(fact, ())
    }
    return [pairs[key] for key in sorted(pairs)]


def _data(side: Lineage) -> Mapping[NodeId, Node]:
    nodes = (visit.node for visit in side.visits if visit.node.id.kind == "dataset")
    return {node.id: node for node in nodes if not node.version.deleted and node.attributes.get("form") != "stream"}


def _facts(node: Node) -> tuple[str, ...]:
    facts = (digest_of_node(node), optional_text(node.attributes, "source"))
    return tuple(fact for fact in facts if fact is not None)
