"""Parameters of (model version, method). They are never edited: setting them writes the next revision.

The audit of parameters is the chain of revisions: when, by whom, and which runs used each.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from arangovis.domain.catalogue import ModelVersion, ProjectionParams
from arangovis.domain.errors import Conflict
from arangovis.domain.graph import Caller, Direction, EdgeId, Node
from arangovis.domain.ids import NodeId, named_id
from arangovis.domain.json import Document, digest_of
from arangovis.domain.views import integer
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Revision:
    """One revision of parameters: what was set, by whom, when (microseconds), and the runs that used it."""

    node: NodeId
    number: int
    params: ProjectionParams
    actor: str
    request_id: str
    at: int
    runs: tuple[NodeId, ...]
    current: bool


class ParamsHistory:
    """The revisions of parameters."""

    def __init__(self, store: GraphStore) -> None:
        self._store = store

    def current(self, version: ModelVersion, method: str, default: ProjectionParams) -> ProjectionParams:
        """Return the parameters in force, or the default if none were ever set. Reading writes nothing."""
        node_id = self.in_force(version, method)
        return default if node_id is None else ProjectionParams.of(self._store.get(node_id).attributes)

    def set(self, version: ModelVersion, method: str, params: ProjectionParams, caller: Caller) -> NodeId:
        """Put parameters in force. The ones already in force change nothing; earlier ones are a new revision."""
        return self._store.transact(lambda tx: self.write(tx, version, method, params), caller)

    def write(self, transaction: Transaction, version: ModelVersion, method: str, params: ProjectionParams) -> NodeId:
        """Put parameters in force inside an action."""
        return self.write_content(transaction, version, method, _content(method, params))

    def write_content(self, transaction: Transaction, version: ModelVersion, method: str, content: Document) -> NodeId:
        """Put parameters of any form in force inside an action: `content` has `method`, `values` and `options`."""
        slot = params_slot(version, method)
        before = transaction.reserved("current-params", slot)
        digest = digest_of(content)
        if before is not None and transaction.get(before).attributes["digest"] == digest:
            return before
        revision = transaction.next_number(f"params {slot}")
        node = named_id("params", version.project, f"{version.id}/{method}", str(revision))
        own: Document = {"revision": revision, "owner": str(version.id), "digest": digest}
        transaction.create(node, version.project, {**content, **own})
        transaction.link(EdgeId("contains", version.id, node, method))
        if before is not None:
            transaction.link(EdgeId("succeeded_by", before, node))
        transaction.move_reservation("current-params", slot, node)
        return node

    def in_force(self, version: ModelVersion, method: str) -> NodeId | None:
        """Return the node of the parameters in force, or None if none were ever set."""
        return self._store.reserved("current-params", params_slot(version, method))

    def write_first(
        self, transaction: Transaction, version: ModelVersion, method: str, params: ProjectionParams
    ) -> NodeId:
        """Record the defaults as the first revision inside an action.

        Raises:
            Conflict: others were put in force meanwhile.

        """
        now = transaction.reserved("current-params", params_slot(version, method))
        if now is not None and transaction.get(now).attributes["digest"] != digest_of(_content(method, params)):
            raise Conflict("the parameters were set at this moment; ask again")
        return self.write(transaction, version, method, params)

    def history(self, version: ModelVersion, method: str) -> Sequence[Revision]:
        """Return every revision, oldest first."""
        edges = self._store.all_edges(version.id, Direction.DOWNSTREAM, "contains")
        ids = [edge.id.target for edge in edges if edge.id.target.kind == "params" and edge.id.role == method]
        used: dict[NodeId, list[NodeId]] = {node_id: [] for node_id in ids}
        for edge in self._store.all_edges_of(ids, Direction.DOWNSTREAM, "input_to"):
            used[edge.id.source].append(edge.id.target)
        current = self._store.reserved("current-params", params_slot(version, method))
        nodes = sorted(self._store.get_many(ids).values(), key=lambda node: integer(node.attributes, "revision"))
        return [_revision(node, tuple(sorted(used[node.id])), current=node.id == current) for node in nodes]


def _content(method: str, params: ProjectionParams) -> Document:
    return {"method": method, "values": dict(params.values), "options": params.options()}


def _revision(node: Node, runs: tuple[NodeId, ...], *, current: bool) -> Revision:
    return Revision(
        node=node.id,
        number=integer(node.attributes, "revision"),
        params=ProjectionParams.of(node.attributes),
        actor=node.version.actor,
        request_id=node.version.request_id,
        at=node.version.valid_from,
        runs=runs,
        current=current,
    )


def params_slot(version: ModelVersion, method: str) -> str:
    """Return the name under which the parameters in force are reserved."""
    return f"{version.id} {method}"
