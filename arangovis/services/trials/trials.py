"""Trials: the runs that trained or measured the models of a project or a task, with what they read and how they did.

A run is a trial of a model if it generated a version of it, or read one as the model that it trained and measured
something. Its metrics are its own, and over them those of its evaluations. What projects, scores, compares, exports or
verifies a model is no trial of it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from arangovis.domain.errors import NotFound
from arangovis.domain.graph import Direction, Edge, Node
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Scalar, digest_of
from arangovis.domain.search import EVERYTHING, AnyOf, Comparison, Operator
from arangovis.domain.views import items, mapping, optional_integer, optional_text, scalars
from arangovis.services.catalogue.names import find_project
from arangovis.services.lineage.bulk import edges_at, live_nodes
from arangovis.services.lineage.reach import some
from arangovis.services.searching.past import VERSIONS_MAX
from arangovis.stores.base import GraphStore

TRIALS_MAX = 100_000
MODEL_ROLES = frozenset({"", "model"})
NO_TRIALS = ("projection.", "anomaly.score", "anomaly.export", "compatibility.", "verify.", "gate", "drift.")
"""Beginnings of the methods of runs that read a model without trying it."""
UNKNOWN = "unknown"
_TECHNIQUE = ("technique", "type")


@dataclass(frozen=True, slots=True)
class TrialScope:
    """Whose trials: of a project by name, of the models of a task, or of all; as of a time, or now.

    A model is of a task if its attribute `task` says so, or one of its tags.
    """

    project: str | None = None
    task: str | None = None
    at: int | None = None


@dataclass(frozen=True, slots=True)
class Trial:
    """One trial. Times are microseconds since 1970; `read` are its inputs, as what each was read."""

    run: NodeId
    model: NodeId
    version: NodeId
    technique: str
    started: int
    actor: str
    params: Mapping[str, Scalar]
    metrics: Mapping[str, float]
    datasets: frozenset[NodeId]
    featuresets: frozenset[NodeId]

    @property
    def params_digest(self) -> str:
        """Two trials with equal parameters have the same."""
        return digest_of(dict(self.params))


@dataclass(frozen=True, slots=True)
class TrialTable:
    """Trials, oldest first, and the nodes that they speak of."""

    trials: Sequence[Trial]
    nodes: Mapping[NodeId, Node]
    derived: Sequence[Edge]
    """The edges over which their feature sets were derived."""
    partial_reasons: tuple[str, ...] = ()

    def name(self, node_id: NodeId) -> str | None:
        """Return what a node is called."""
        node = self.nodes.get(node_id)
        return None if node is None else optional_text(node.attributes, "name")


@dataclass(slots=True)
class _Parts:
    """What was read of the graph."""

    versions: dict[NodeId, NodeId] = field(default_factory=dict)
    """Of each model version its model."""
    runs: dict[NodeId, NodeId] = field(default_factory=dict)
    """Of each trial the model version."""
    nodes: dict[NodeId, Node] = field(default_factory=dict)
    read: dict[NodeId, list[Edge]] = field(default_factory=dict)
    made: dict[NodeId, list[Edge]] = field(default_factory=dict)
    actors: dict[NodeId, str] = field(default_factory=dict)


class Trials:
    """Collects trials."""

    def __init__(self, store: GraphStore) -> None:
        self._store = store

    def of(self, scope: TrialScope) -> TrialTable:
        """Return the trials of a scope.

        Raises:
            NotFound: there is no such project.

        """
        return self.of_models(self.models(scope), at=scope.at)

    def of_models(self, models: Mapping[NodeId, Node], *, at: int | None = None) -> TrialTable:
        """Return the trials of some models."""
        parts = _Parts()
        contained = edges_at(self._store, models, Direction.DOWNSTREAM, ("contains",), at=at)
        parts.versions = {e.id.target: e.id.source for e in contained if e.id.target.kind == "model_version"}
        parts.nodes |= {**models, **live_nodes(self._store, parts.versions, at=at)}
        cut = self._read_runs(parts, at)
        derived = self._read_inputs(parts, at)
        trials = sorted(_trials(parts, derived), key=lambda trial: (trial.started, trial.run))
        return TrialTable(trials, parts.nodes, derived, ("runs",) if cut else ())

    def models(self, scope: TrialScope) -> Mapping[NodeId, Node]:
        """Return the models of a scope.

        Raises:
            NotFound: there is no such project.

        """
        found = self._of_project(scope) if scope.project is not None else self._searched(scope)
        return {node.id: node for node in found if scope.task is None or _is_of_task(node, scope.task)}

    def tried(self, runs: Iterable[NodeId], *, at: int | None = None) -> Mapping[NodeId, Node]:
        """Return those of some runs that tried a model, if they read one."""
        found = live_nodes(self._store, runs, at=at)
        return {run: node for run, node in found.items() if may_be_trial(node)}

    def _of_project(self, scope: TrialScope) -> Iterable[Node]:
        home = find_project(self._store, str(scope.project)).id
        project = self._store.find(home, at=scope.at)
        if project is None or project.version.deleted:
            raise NotFound(f"there is no project {scope.project!r}")
        edges = self._store.all_edges(home, Direction.DOWNSTREAM, "contains", at=scope.at)
        ids = [edge.id.target for edge in edges if edge.id.target.kind == "model"]
        return live_nodes(self._store, ids, at=scope.at).values()

    def _searched(self, scope: TrialScope) -> Sequence[Node]:
        where = EVERYTHING
        if scope.task is not None:
            of_task = (Comparison("attributes.task", Operator.EQUAL, scope.task),)
            where = AnyOf((*of_task, Comparison("tags", Operator.EQUAL, scope.task)))  # type: ignore[assignment]
        return some(self._store, ("model",), where, limit=VERSIONS_MAX, at=scope.at).nodes

    def _read_runs(self, parts: _Parts, at: int | None) -> bool:
        """Read the runs of the versions; say whether there are more than are looked at."""
        made = edges_at(self._store, parts.versions, Direction.UPSTREAM, ("generated",), at=at)
        read = edges_at(self._store, parts.versions, Direction.DOWNSTREAM, ("input_to",), at=at)
        read = [edge for edge in read if edge.id.role in MODEL_ROLES]
        by_run = {edge.id.target: edge.id.source for edge in read} | {e.id.source: e.id.target for e in made}
        runs = live_nodes(self._store, list(by_run)[:TRIALS_MAX], at=at)
        generated = {edge.id.source for edge in made}
        tried = {run: node for run, node in runs.items() if run in generated or may_be_trial(node)}
        parts.nodes |= tried
        parts.runs = {run: by_run[run] for run in tried}
        parts.actors = {edge.id.target: edge.version.actor for edge in read}
        return len(by_run) > TRIALS_MAX

    def _read_inputs(self, parts: _Parts, at: int | None) -> list[Edge]:
        for edge in edges_at(self._store, parts.runs, Direction.UPSTREAM, ("input_to",), at=at):
            parts.read.setdefault(edge.id.target, []).append(edge)
        for edge in edges_at(self._store, parts.runs, Direction.DOWNSTREAM, ("generated",), at=at):
            parts.made.setdefault(edge.id.source, []).append(edge)
        wanted = [edge.id.source for edges in parts.read.values() for edge in edges]
        wanted += [e.id.target for edges in parts.made.values() for e in edges if e.id.target.kind == "evaluation"]
        parts.nodes |= live_nodes(self._store, wanted, at=at)
        return self._derivations(parts, at)

    def _derivations(self, parts: _Parts, at: int | None) -> list[Edge]:
        """Read how the feature sets were derived, up to data sets."""
        found: list[Edge] = []
        level = [node for node in parts.nodes if node.kind == "featureset"]
        while level:
            edges = edges_at(self._store, level, Direction.UPSTREAM, ("derived_into",), at=at)
            found += edges
            new = {edge.id.source for edge in edges} - parts.nodes.keys()
            parts.nodes |= live_nodes(self._store, new, at=at)
            level = [node for node in new if node.kind == "featureset"]
        return found


def _trials(parts: _Parts, derived: Sequence[Edge]) -> Iterator[Trial]:
    above: dict[NodeId, list[NodeId]] = {}
    for edge in derived:
        above.setdefault(edge.id.target, []).append(edge.id.source)
    for run_id, version in parts.runs.items():
        run, model = parts.nodes[run_id], parts.versions[version]
        read = [edge.id.source for edge in parts.read.get(run_id, ())]
        metrics = _metrics(run, parts)
        if not metrics and not any(e.id.target == version for e in parts.made.get(run_id, ())):
            continue
        yield Trial(
            run=run_id,
            model=model,
            version=version,
            technique=_technique(run, parts.nodes.get(version), parts.nodes.get(model)),
            started=optional_integer(run.attributes, "started") or run.created,
            actor=parts.actors.get(run_id, run.version.actor),
            params=scalars(run.attributes, "params"),
            metrics=metrics,
            datasets=frozenset(_sources(read, above)),
            featuresets=frozenset(node for node in read if node.kind == "featureset"),
        )


def _sources(read: Iterable[NodeId], above: Mapping[NodeId, Sequence[NodeId]]) -> Iterator[NodeId]:
    """Yield the data sets among what was read, and those that its feature sets were derived from."""
    todo, seen = list(read), set[NodeId]()
    while todo:
        node = todo.pop()
        if node in seen:
            continue
        seen.add(node)
        if node.kind == "dataset":
            yield node
        elif node.kind == "featureset":
            todo += above.get(node, ())


def _metrics(run: Node, parts: _Parts) -> Mapping[str, float]:
    made = [edge.id.target for edge in parts.made.get(run.id, ()) if edge.id.target.kind == "evaluation"]
    measured = [run, *(parts.nodes[node] for node in made if node in parts.nodes)]
    values = {name: value for node in measured for name, value in scalars(node.attributes, "metrics").items()}
    return {name: float(value) for name, value in values.items() if _is_number(value)}  # type: ignore[arg-type]


def _technique(*nodes: Node | None) -> str:
    for node in nodes:
        own = {} if node is None else mapping(node.attributes, "attributes")
        for name in _TECHNIQUE:
            if isinstance(own.get(name), str):
                return str(own[name])
    return UNKNOWN


def _is_of_task(node: Node, task: str) -> bool:
    return mapping(node.attributes, "attributes").get("task") == task or task in items(node.attributes, "tags")


def may_be_trial(run: Node) -> bool:
    """Say whether a run that read a model tried it, by its method."""
    return not str(run.attributes.get("method", "")).startswith(NO_TRIALS)


def _is_number(value: Scalar) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value
