"""Small valid documents and helpers that the suites for graph stores share."""

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import TypeVar

from arangovis.domain.graph import Caller, Direction, Edge, EdgeId, Lineage, Node, Record, Walk
from arangovis.domain.ids import NodeId
from arangovis.domain.json import EMPTY, Document
from arangovis.domain.search import EVERYTHING, Filter, Search
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction

T = TypeVar("T")

CALLER = Caller("ada", "request-1")
EVERY_EDGE = frozenset({"input_to", "generated", "derived_into", "succeeded_by", "contains", "linked", "spawned"})

SAMPLES: dict[str, Document] = {
    "project": {"name": "vision"},
    "dataset": {"name": "digits", "form": "table"},
    "run": {"method": "train", "state": "PENDING", "executor": "worker"},
    "artifact": {"role": "plot", "digest": "0" * 64, "bytes": 3, "media_type": "text/plain"},
    "params": {"method": "projection.umap", "values": {"n_neighbours": 15}},
    "deployment": {"name": "live", "state": "active"},
}
"""A valid document of some kinds."""


def dataset(key: str) -> NodeId:
    """Return the id of a data set."""
    return NodeId("dataset", key)


def run(key: str) -> NodeId:
    """Return the id of a run."""
    return NodeId("run", key)


def edge(kind: str, source: NodeId, target: NodeId, role: str = "") -> EdgeId:
    """Return the id of an edge."""
    return EdgeId(kind, source, target, role)


def act(store: GraphStore, action: Callable[[Transaction], T], caller: Caller = CALLER) -> T:
    """Run an action as the suite's caller."""
    return store.transact(action, caller)


def create(store: GraphStore, *ids: NodeId, attributes: Document | None = None, project: str | None = None) -> None:
    """Create nodes in one action, with the sample document of their kind unless one is given."""

    def action(transaction: Transaction) -> None:
        for node_id in ids:
            transaction.create(node_id, project, SAMPLES[node_id.kind] if attributes is None else attributes)

    act(store, action)


def update(store: GraphStore, node_id: NodeId, attributes: Document) -> None:
    """Write a new version of a node in an action of its own."""
    act(store, lambda transaction: transaction.update(node_id, attributes))


def delete(store: GraphStore, node_id: NodeId, *, force: bool = False) -> None:
    """Delete a node in an action of its own."""
    act(store, lambda transaction: transaction.delete(node_id, force=force))


def link(store: GraphStore, *edges: EdgeId, attributes: Document = EMPTY) -> None:
    """Link edges in one action."""

    def action(transaction: Transaction) -> None:
        for edge_id in edges:
            transaction.link(edge_id, attributes)

    act(store, action)


def unlink(store: GraphStore, edge_id: EdgeId) -> None:
    """Delete an edge in an action of its own."""
    act(store, lambda transaction: transaction.unlink(edge_id))


def put(store: GraphStore, *records: Record) -> None:
    """Write records in one action."""

    def action(transaction: Transaction) -> None:
        for record in records:
            transaction.put_record(record)

    act(store, action)


def chain(store: GraphStore, length: int) -> list[NodeId]:
    """Create data sets, each derived into the next."""
    nodes = [dataset(f"chain-{number:03}") for number in range(length)]
    create(store, *nodes)
    link(store, *(edge("derived_into", source, target) for source, target in pairwise(nodes)))
    return nodes


def written_at(store: GraphStore, node_id: NodeId) -> int:
    """Return when the current version of a node was written."""
    return store.get(node_id).version.valid_from


def follow(
    store: GraphStore,
    *starts: NodeId,
    direction: Direction = Direction.DOWNSTREAM,
    kinds: Iterable[str] = EVERY_EDGE,
    depth_max: int = 100,
    node_limit: int = 1000,
    at: int | None = None,
) -> Lineage:
    """Walk from some nodes, by default downstream over edges of every kind."""
    return store.walk(Walk(starts, direction, frozenset(kinds), depth_max, node_limit, at))


def depths(lineage: Lineage) -> dict[NodeId, int]:
    """Return the depth of each node of an answer."""
    return {visit.node.id: visit.depth for visit in lineage.visits}


def edge_ids(edges: Iterable[Edge]) -> set[EdgeId]:
    """Return the ids of edges, and check that none comes twice."""
    ids = [found.id for found in edges]
    assert len(ids) == len(set(ids))
    return set(ids)


def told(value: object) -> str:
    """Return a test's parameter as its id: the same in every process, which a set's own text is not."""
    return " ".join(sorted(map(str, value))) if isinstance(value, set | frozenset) else str(value)


def found(store: GraphStore, where: Filter = EVERYTHING, kind: str = "run", project: str | None = None) -> set[str]:
    """Return the keys of all nodes of a kind that satisfy a condition."""
    return {node.id.key for node in store.search(Search(kind, where, project)).items}


def pages(store: GraphStore, search: Search) -> list[Sequence[Node]]:
    """Return all pages of a search."""
    return list(store.all_pages(search))
