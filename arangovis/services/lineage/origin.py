"""Where a thing comes from, in one answer: which run made it, from which data, with which parameters, set by whom."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from arangovis.domain.errors import NotFound
from arangovis.domain.graph import Direction, Node, Version
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Scalar
from arangovis.domain.views import scalars
from arangovis.services.lineage.bulk import edges_at, maker_of
from arangovis.stores.base import GraphStore


@dataclass(frozen=True, slots=True)
class OriginInput:
    """Something that was read: as what, and which data it was itself derived from."""

    role: str
    node: Node
    derived_from: tuple[NodeId, ...]


@dataclass(frozen=True, slots=True)
class ParametersSet:
    """Who put the parameters in force, when (microseconds since 1970), and the node that records it."""

    node: NodeId
    actor: str
    at: int


@dataclass(frozen=True, slots=True)
class Origin:
    """The origin of a node.

    `run` is None for what no run made: an upload, or data derived from data, whose sources are then the inputs.
    `requested` is the first version of the run, `created` that of the node itself.
    """

    node: Node
    created: Version
    run: Node | None
    requested: Version | None
    inputs: Sequence[OriginInput]
    parameters: Mapping[str, Scalar]
    parameters_set: ParametersSet | None


class Origins:
    """Answers the question of origin over any store."""

    def __init__(self, store: GraphStore) -> None:
        self._store = store

    def of(self, node_id: NodeId, *, at: int | None = None) -> Origin:
        """Return where a node comes from. For a run the run itself; of several runs the newest that made it.

        Raises:
            NotFound: the node never existed, or not yet at that time.

        """
        node = self._store.get(node_id, at=at)
        run = self._producer(node, at)
        inputs = self._inputs(node if run is None else run, at)
        params = next((item.node for item in inputs if item.node.id.kind == "params"), None)
        created = self._first(node.id)
        requested = created if run is node else None if run is None else self._first(run.id)
        return Origin(
            node=node,
            created=created,
            run=run,
            requested=requested,
            inputs=[item for item in inputs if item.node is not params],
            parameters=_parameters(run, params),
            parameters_set=self._parameters_set(run, params),
        )

    def _producer(self, node: Node, at: int | None) -> Node | None:
        if node.id.kind == "run":
            return node
        run = maker_of(self._store, node.id, at=at)
        return None if run is None else self._store.get(run, at=at)

    def _inputs(self, reader: Node, at: int | None) -> list[OriginInput]:
        kinds = ("input_to",) if reader.id.kind == "run" else ("derived_into",)
        read = edges_at(self._store, (reader.id,), Direction.UPSTREAM, kinds, at=at)
        edges = sorted(read, key=lambda edge: (edge.id.role, edge.id.source))
        ids = [edge.id.source for edge in edges]
        nodes = self._store.get_many(ids, at=at)
        sources: dict[NodeId, list[NodeId]] = {}
        for edge in edges_at(self._store, ids, Direction.UPSTREAM, ("derived_into",), at=at):
            sources.setdefault(edge.id.target, []).append(edge.id.source)
        return [
            OriginInput(edge.id.role, nodes[edge.id.source], tuple(sorted(sources.get(edge.id.source, ()))))
            for edge in edges
        ]

    def _parameters_set(self, run: Node | None, params: Node | None) -> ParametersSet | None:
        """Say who set the parameters: a revision's maker, or whoever logged the run that brought its own."""
        holder = params or (run if run is not None and run.attributes.get("params") else None)
        if holder is None:
            return None
        first = self._first(holder.id)
        return ParametersSet(holder.id, first.actor, first.valid_from)

    def _first(self, node_id: NodeId) -> Version:
        versions = self._store.history(node_id)
        if not versions:
            raise NotFound(f"there is no {node_id}")
        return versions[0].version


def _parameters(run: Node | None, params: Node | None) -> Mapping[str, Scalar]:
    used = {} if run is None else scalars(run.attributes, "params")
    return used or ({} if params is None else scalars(params.attributes, "values"))
