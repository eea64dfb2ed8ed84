"""What deleting a node would do: what depends on it, what stays, and which bytes could go."""

from collections.abc import Sequence
from dataclasses import dataclass

from arangovis.domain.errors import Fault, InvalidInput
from arangovis.domain.graph import Direction, Node, Walk
from arangovis.domain.ids import NodeId
from arangovis.domain.views import optional_text
from arangovis.services.lineage.bulk import edges_at
from arangovis.services.stewardship.stored import StoredBytes, StoredFiles
from arangovis.stores.base import DEPTH_MAX, NODE_LIMIT_MAX, GraphStore
from arangovis_schema import LINEAGE_EDGE_KINDS

LIMIT_DEFAULT, LIMIT_MAX = 10_000, NODE_LIMIT_MAX
HOLDING_KINDS = (*LINEAGE_EDGE_KINDS, "contains")
"""Edges that keep what they come from: a node with a live one is deleted only by force."""


@dataclass(frozen=True, slots=True)
class DeleteEffect:
    """Something downstream of the node: how far, in which state, and whether it is in service now."""

    node: NodeId
    name: str | None
    state: str | None
    depth: int
    is_direct: bool
    is_active: bool


@dataclass(frozen=True, slots=True)
class RetainedBytes:
    """Bytes that stay, since another node refers to them, or because they are kept elsewhere (`by` is None)."""

    digest: str
    bytes: int
    by: NodeId | None


@dataclass(frozen=True, slots=True)
class FreedBytes:
    """Bytes that only this node refers to."""

    digest: str
    bytes: int


@dataclass(frozen=True, slots=True)
class DeletePlan:
    """What deleting a node would do.

    It is refused without force if something depends on it directly. A tombstone with the content's hash and all edges
    stay, so lineage still shows it; `upstream` is what it came from, untouched. Bytes go when tombstones are purged.
    """

    node: NodeId
    is_deleted: bool
    is_refused: bool
    breaks: tuple[DeleteEffect, ...]
    upstream: tuple[NodeId, ...]
    freed: tuple[FreedBytes, ...]
    bytes_freed: int
    retained: tuple[RetainedBytes, ...]
    partial_reasons: tuple[str, ...]


class Deletions:
    """Answers what a deletion would do; deletes nothing."""

    def __init__(self, store: GraphStore) -> None:
        self._store = store
        self._files = StoredFiles(store)

    def plan(self, node_id: NodeId, *, limit: int = LIMIT_DEFAULT) -> DeletePlan:
        """Return what deleting a node would do.

        Raises:
            NotFound: it never existed.
            InvalidInput: the limit is out of range.

        """
        if not 1 <= limit <= LIMIT_MAX:
            raise InvalidInput.of(Fault("limit", f"{limit} is not between 1 and {LIMIT_MAX}"))
        node = self._store.get(node_id)
        breaks, cuts = self._breaks(node_id, limit)
        own = self._files.of(node)
        shared, all_seen = self._files.shared((found.digest for found in own), node_id) if own else ({}, True)
        freed = tuple(FreedBytes(f.digest, f.bytes) for f in _each_once(own) if f.is_kept and f.digest not in shared)
        rest = (f for f in _each_once(own) if not f.is_kept or f.digest in shared)
        above = edges_at(self._store, (node_id,), Direction.UPSTREAM, LINEAGE_EDGE_KINDS)
        return DeletePlan(
            node=node_id,
            is_deleted=node.version.deleted,
            is_refused=any(affected.is_direct for affected in breaks),
            breaks=tuple(breaks),
            upstream=tuple(sorted({edge.id.source for edge in above})),
            freed=freed,
            bytes_freed=sum(found.bytes for found in freed),
            retained=tuple(RetainedBytes(f.digest, f.bytes, shared.get(f.digest)) for f in rest),
            partial_reasons=(*cuts, *(() if all_seen else ("references",))),
        )

    def _breaks(self, node_id: NodeId, limit: int) -> tuple[list[DeleteEffect], tuple[str, ...]]:
        walk = Walk((node_id,), Direction.DOWNSTREAM, frozenset(HOLDING_KINDS), DEPTH_MAX, limit)
        found = self._store.walk(walk)
        direct = {edge.id.target for edge in found.edges if edge.id.source == node_id}
        below = [(v.node, v.depth) for v in found.visits if v.depth > 0 and not v.node.version.deleted]
        return [_affected(node, depth, direct) for node, depth in below], tuple(sorted(found.cuts))


def is_active(node: Node) -> bool:
    """Say whether a node is a deployment in service."""
    return node.id.kind == "deployment" and node.attributes.get("state") == "active"


def _affected(node: Node, depth: int, direct: set[NodeId]) -> DeleteEffect:
    facts = node.attributes
    return DeleteEffect(
        node=node.id,
        name=optional_text(facts, "name") or optional_text(facts, "method") or optional_text(facts, "role"),
        state=optional_text(facts, "state"),
        depth=depth,
        is_direct=node.id in direct,
        is_active=is_active(node),
    )


def _each_once(found: Sequence[StoredBytes]) -> Sequence[StoredBytes]:
    return tuple({item.digest: item for item in found}.values())
