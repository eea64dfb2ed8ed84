"""Data sets and models: which were used when, which influence which, and what a withdrawn one affects."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from arangovis.domain.errors import Fault, InvalidInput
from arangovis.domain.graph import Direction, Edge, Node, Walk
from arangovis.domain.ids import NodeId
from arangovis.domain.views import optional_text
from arangovis.services.lineage.bulk import edges_at, live_nodes
from arangovis.services.stewardship.deletion import is_active
from arangovis.services.trials.trials import MODEL_ROLES, Trials, TrialScope
from arangovis.stores.base import DEPTH_MAX, NODE_LIMIT_MAX, GraphStore
from arangovis_schema import LINEAGE_EDGE_KINDS

NODES_DEFAULT = 10_000
_EDGES = frozenset(LINEAGE_EDGE_KINDS)


@dataclass(frozen=True, slots=True)
class DatasetUse:
    """A data set and how many runs used it; the first and the last began then (microseconds since 1970)."""

    dataset: NodeId
    name: str | None
    runs: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class DatasetsAnswer:
    """The distinct data sets of a scope in a period, the most used first; `count` of them, used by `runs`."""

    count: int
    runs: int
    datasets: tuple[DatasetUse, ...]
    partial_reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InfluencingDataset:
    """A data set upstream of a model version, and over how many edges at least."""

    dataset: NodeId
    name: str | None
    hops: int


@dataclass(frozen=True, slots=True)
class InfluencedModel:
    """A model version and the data sets upstream of it, the nearest first."""

    version: NodeId
    model: NodeId
    name: str | None
    datasets: tuple[InfluencingDataset, ...]


@dataclass(frozen=True, slots=True)
class InfluencesAnswer:
    """Which data sets influence which models; `count` distinct data sets."""

    models: tuple[InfluencedModel, ...]
    count: int
    partial_reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DerivedThing:
    """Something that came of a data set, and over how many edges at least; `is_active` for deployments in service."""

    node: NodeId
    name: str | None
    hops: int
    state: str | None
    is_active: bool


@dataclass(frozen=True, slots=True)
class DerivedAnswer:
    """What came of a data set, by kind, each once: models that were trained on it or on what was made of it."""

    dataset: NodeId
    models: tuple[DerivedThing, ...]
    versions: tuple[DerivedThing, ...]
    runs: int
    deployments: tuple[DerivedThing, ...]
    partial_reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TrialPeriod:
    """From when on, and until before when; microseconds since 1970, None without end."""

    start: int | None = None
    end: int | None = None

    def holds(self, moment: int) -> bool:
        """Say whether a time is in it."""
        return (self.start is None or moment >= self.start) and (self.end is None or moment < self.end)


class DataUses:
    """Answers which data was used for what."""

    def __init__(self, store: GraphStore, trials: Trials) -> None:
        self._store = store
        self._trials = trials

    def datasets(self, scope: TrialScope, period: TrialPeriod) -> DatasetsAnswer:
        """Return the distinct data sets that the trials of a scope used in a period.

        Raises:
            NotFound: there is no such project.
            InvalidInput: the period ends before it begins.

        """
        if period.start is not None and period.end is not None and period.end < period.start:
            raise InvalidInput.of(Fault("end", f"{period.end} is before the start, {period.start}"))
        table = self._trials.of(scope)
        used: dict[NodeId, list[int]] = {}
        within = [trial for trial in table.trials if period.holds(trial.started)]
        for trial in within:
            for dataset in trial.datasets:
                used.setdefault(dataset, []).append(trial.started)
        found = [DatasetUse(d, table.name(d), len(times), min(times), max(times)) for d, times in used.items()]
        found.sort(key=lambda use: (-use.runs, use.first, use.dataset))
        return DatasetsAnswer(len(found), len(within), tuple(found), table.partial_reasons)

    def influences(self, scope: TrialScope, *, limit: int = NODES_DEFAULT) -> InfluencesAnswer:
        """Return which data sets influence the model versions of a scope.

        Raises:
            NotFound: there is no such project.
            InvalidInput: the limit is out of range.

        """
        _check(limit)
        models = self._trials.models(scope)
        contained = edges_at(self._store, models, Direction.DOWNSTREAM, ("contains",), at=scope.at)
        parents = {e.id.target: e.id.source for e in contained if e.id.target.kind == "model_version"}
        starts, edges = tuple(sorted(parents)), self._training_edges(parents, scope.at)
        if not starts:
            return InfluencesAnswer((), 0, ())
        runs = tuple({edge.id.target for edge in edges})
        walk = Walk((*starts, *runs)[:limit], Direction.UPSTREAM, _EDGES, DEPTH_MAX, limit, scope.at)
        found = self._store.walk(walk)
        nodes = {visit.node.id: visit.node for visit in found.visits}
        above = _above([*found.edges, *(_reversed(edge) for edge in edges)])
        answers = [_influenced(version, parents[version], (nodes, above, models)) for version in starts]
        distinct = {item.dataset for answer in answers for item in answer.datasets}
        return InfluencesAnswer(tuple(answers), len(distinct), tuple(sorted(found.cuts)))

    def _training_edges(self, versions: Iterable[NodeId], at: int | None) -> list[Edge]:
        """Return the edges from versions to the trials that read them: those made a model of what else they read."""
        read = edges_at(self._store, versions, Direction.DOWNSTREAM, ("input_to",), at=at)
        tried = self._trials.tried([edge.id.target for edge in read], at=at)
        return [edge for edge in read if edge.id.role in MODEL_ROLES and edge.id.target in tried]

    def derived(
        self, node_id: NodeId, *, at: int | None = None, active_only: bool = False, limit: int = NODES_DEFAULT
    ) -> DerivedAnswer:
        """Return the models and deployments that came of a data set or a feature set.

        Args:
            node_id: the node.
            at: as of this time (microseconds since 1970), or None for now.
            active_only: only deployments that are in service, and the models that these serve.
            limit: nodes to walk through at most.

        Raises:
            NotFound: the node does not exist, or not yet at that time.
            InvalidInput: the limit is out of range.

        """
        _check(limit)
        self._store.get(node_id, at=at)
        found = self._store.walk(Walk((node_id,), Direction.DOWNSTREAM, _EDGES, DEPTH_MAX, limit, at))
        live = {v.node.id: (v.node, v.depth) for v in found.visits if not v.node.version.deleted and v.depth}
        live |= self._tried_on(live, at)
        deployments = [pair for pair in live.values() if pair[0].id.kind == "deployment"]
        served = [pair for pair in deployments if is_active(pair[0])] if active_only else deployments
        if active_only:
            live = self._serving(live, [node.id for node, _ in served], at)
        versions = [pair for pair in live.values() if pair[0].id.kind == "model_version"]
        return DerivedAnswer(
            dataset=node_id,
            models=tuple(self._models(versions, at)),
            versions=tuple(_things(versions)),
            runs=sum(node.kind == "run" for node in live),
            deployments=tuple(_things(served)),
            partial_reasons=tuple(sorted(found.cuts)),
        )

    def _tried_on(self, live: Mapping[NodeId, tuple[Node, int]], at: int | None) -> dict[NodeId, tuple[Node, int]]:
        """Return the model versions that trials among the runs trained: these read the version beside the data."""
        tried = self._trials.tried([node for node in live if node.kind == "run"], at=at)
        edges = edges_at(self._store, tried, Direction.UPSTREAM, ("input_to",), at=at)
        hops: dict[NodeId, int] = {}
        for edge in edges:
            version = edge.id.source
            if version.kind == "model_version" and edge.id.role in MODEL_ROLES and version not in live:
                hops[version] = min(live[edge.id.target][1] + 1, hops.get(version, DEPTH_MAX))
        return {version: (node, hops[version]) for version, node in live_nodes(self._store, hops, at=at).items()}

    def _serving(
        self, live: Mapping[NodeId, tuple[Node, int]], deployments: Sequence[NodeId], at: int | None
    ) -> dict[NodeId, tuple[Node, int]]:
        edges = edges_at(self._store, deployments, Direction.UPSTREAM, ("deployed_as",), at=at)
        kept = {edge.id.source for edge in edges}
        return {node: pair for node, pair in live.items() if node in kept}

    def _models(self, versions: Sequence[tuple[Node, int]], at: int | None) -> list[DerivedThing]:
        hops = {node.id: depth for node, depth in versions}
        edges = edges_at(self._store, hops, Direction.UPSTREAM, ("contains",), at=at)
        nearest: dict[NodeId, int] = {}
        for edge in edges:
            if edge.id.source.kind == "model":
                nearest[edge.id.source] = min(hops[edge.id.target] + 1, nearest.get(edge.id.source, DEPTH_MAX))
        nodes = live_nodes(self._store, nearest, at=at)
        return _things([(node, nearest[node.id]) for node in nodes.values()])


def _influenced(
    version: NodeId,
    model: NodeId,
    known: tuple[Mapping[NodeId, Node], Mapping[NodeId, Sequence[NodeId]], Mapping[NodeId, Node]],
) -> InfluencedModel:
    nodes, above, models = known
    found, level, seen, hops = list[InfluencingDataset](), [version], {version}, 0
    while level:
        for node in level:
            if node.kind == "dataset" and node in nodes and not nodes[node].version.deleted:
                found.append(InfluencingDataset(node, optional_text(nodes[node].attributes, "name"), hops))
        level = list(dict.fromkeys(one for node in level for one in above.get(node, ()) if one not in seen))
        seen.update(level)
        hops += 1
    return InfluencedModel(version, model, optional_text(models[model].attributes, "name"), tuple(found))


def _above(edges: Iterable[Edge]) -> Mapping[NodeId, list[NodeId]]:
    found: dict[NodeId, list[NodeId]] = {}
    for edge in edges:
        found.setdefault(edge.id.target, []).append(edge.id.source)
    return found


def _reversed(edge: Edge) -> Edge:
    """Return an edge from a trial to the version that it tried, as if it had generated it."""
    return edge._replace(id=edge.id._replace(source=edge.id.target, target=edge.id.source))


def _things(found: Sequence[tuple[Node, int]]) -> list[DerivedThing]:
    made = [
        DerivedThing(
            node=node.id,
            name=optional_text(node.attributes, "name"),
            hops=hops,
            state=optional_text(node.attributes, "state"),
            is_active=is_active(node),
        )
        for node, hops in found
    ]
    return sorted(made, key=lambda thing: (thing.hops, thing.node))


def _check(limit: int) -> None:
    if not 1 <= limit <= NODE_LIMIT_MAX:
        raise InvalidInput.of(Fault("limit", f"{limit} is not between 1 and {NODE_LIMIT_MAX}"))
