"""Gates: saved conditions on what is known of a run, checked before it is deployed.

A condition is a filter over the run's own values (`metrics.accuracy`, `params.C`, `tags`), its evaluations
(`evaluation.f1`), and what the newest comparison and the newest search for a shift said of its model version and its
data (`compatibility.btc`, `drift.auc`). The decision is a run: what it looked at, what it found, and why.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from arangovis.domain.filter_grammar import parse, to_text
from arangovis.domain.graph import Caller, Direction, EdgeId, Node
from arangovis.domain.ids import NodeId, named_id, time_ordered_id
from arangovis.domain.json import Document
from arangovis.domain.runs import Executor, Run, RunState
from arangovis.domain.search import (
    PAGE_SIZE_MAX,
    AllOf,
    Comparison,
    Filter,
    Like,
    Operator,
    Property,
    Search,
    matches,
    properties_of,
)
from arangovis.domain.views import optional_text, text
from arangovis.services.catalogue.kinds import OWN_FIELDS
from arangovis.services.catalogue.names import Registered, check_name, home_of, project_id
from arangovis.services.catalogue.performance import Performance
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction
from arangovis_schema import BUILT_IN, Field, FieldType, KeyRule, VertexKind

GATE = VertexKind(
    "gate",
    "A condition that a run must meet before it is deployed.",
    KeyRule.NAMED,
    (
        *OWN_FIELDS,
        Field("filter", FieldType.TEXT, "The condition, in the filter language.", required=True, searchable=True),
        Field("model", FieldType.TEXT, "Node id of the only model that it is for.", searchable=True),
    ),
    custom=True,
)
"""Declared when it is first used, by the way that users' own kinds go."""
DECISION = "gate.decide"
"""The method of the run that a decision is."""
PASSED, FAILED, OVERRIDDEN = "passed", "failed", "overridden"
RESULTS_MAX = 500
"""So many of the newest comparisons, and of the newest searches for a shift, are looked through."""
_METRICS_OF = ("compatibility", "drift")
"""Methods whose newest results a gate sees, under the first word of their names."""


@dataclass(frozen=True, slots=True)
class Gate:
    """A gate as it stands."""

    node: NodeId
    name: str
    filter: str
    model: NodeId | None


@dataclass(frozen=True, slots=True)
class Decision:
    """What a gate said of a run: the conditions that do not hold, and the nodes that were looked at."""

    gate: Gate
    failed: tuple[str, ...]
    looked_at: tuple[NodeId, ...]

    @property
    def passed(self) -> bool:
        """Whether every condition holds."""
        return not self.failed


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of a run, and from where."""

    properties: tuple[Property, ...]
    nodes: tuple[NodeId, ...]


class Gates:
    """The gates of projects."""

    def __init__(self, store: GraphStore, performance: Performance) -> None:
        self._store = store
        self._performance = performance

    def put(
        self, project: str, name: str, condition: str, caller: Caller, *, model: NodeId | None = None
    ) -> Registered:
        """Make a gate, or change the one of this name; versions of it stay.

        Raises:
            InvalidFilter: the condition cannot be read.
            NotFound: the project or the model does not exist.

        """
        check_name("name", name)
        parse(condition)

        def action(transaction: Transaction) -> Registered:
            transaction.declare_vertex_kind(GATE)
            home = project_id(transaction, project)
            only: Document = {} if model is None else {"model": str(transaction.get(model).id)}
            node = named_id(GATE.name, home.key, name)
            facts: Document = {"name": name, "filter": condition, **only}
            present = transaction.find(node)
            if present is not None:
                transaction.update(node, facts)
                return Registered(node, created=False)
            transaction.create(node, home.key, facts)
            transaction.link(EdgeId("contains", home, node))
            return Registered(node, created=True)

        return self._store.transact(action, caller)

    def all(self, project: str | None) -> Sequence[Gate]:
        """Return the gates of the project of this key, by name; None is no project, rather than any."""
        if GATE.name not in self._store.schema().vertices:
            return []
        found = self._store.all_nodes(Search(GATE.name, home_of(project), limit=PAGE_SIZE_MAX))
        return sorted(map(_gate, found), key=lambda gate: gate.name)

    def decide(self, run: Node, versions: Sequence[Node]) -> Sequence[Decision]:
        """Return what each gate of its project says of a run that made or used these model versions."""
        models = {text(version.attributes, "model") for version in versions}
        gates = [gate for gate in self.all(run.project) if gate.model is None or str(gate.model) in models]
        if not gates:
            return []
        known = self._known(run)
        return [Decision(gate, failed_terms(parse(gate.filter), known.properties), known.nodes) for gate in gates]

    def _known(self, run: Node) -> _Known:
        found = list(properties_of(BUILT_IN.vertices["run"], run.attributes))
        evaluations = self._performance.evaluations(run.id)
        inputs = self._read_by(run.id)
        for evaluation in evaluations:
            found += _renamed(evaluation, "evaluation", "evaluation")
        judged = [*inputs, *self._made(run.id)]
        results = list(self._newest_results(judged))
        for word, other in results:
            found += _renamed(other, "run", word)
        seen = [*evaluations, *(other for _, other in results)]
        return _Known(tuple(found), (*inputs, *(node.id for node in seen)))

    def _read_by(self, run: NodeId) -> list[NodeId]:
        return [edge.id.source for edge in self._store.all_edges(run, Direction.UPSTREAM, "input_to")]

    def _made(self, run: NodeId) -> list[NodeId]:
        edges = self._store.all_edges(run, Direction.DOWNSTREAM, "generated")
        return [edge.id.target for edge in edges if edge.id.target.kind == "model_version"]

    def _newest_results(self, nodes: Sequence[NodeId]) -> Iterator[tuple[str, Node]]:
        """Yield the newest run of each sort that looked at one of the model versions or data sets."""
        judged = frozenset(node for node in nodes if node.kind in ("model_version", "dataset"))
        for word in _METRICS_OF:
            of_word = AllOf((Like("method", f"{word}.%"), Comparison("state", Operator.EQUAL, RunState.SUCCESS.value)))
            found = self._store.search(Search("run", of_word, limit=RESULTS_MAX)).items
            newest = self._first_that_read(judged, found)
            if newest is not None:
                yield word, newest

    def _first_that_read(self, judged: frozenset[NodeId], runs: Sequence[Node]) -> Node | None:
        """Return the first of some runs that read one of the nodes; those that read a node may be very many."""
        edges = self._store.all_edges_of([run.id for run in runs], Direction.UPSTREAM, "input_to") if runs else []
        readers = {edge.id.target for edge in edges if edge.id.source in judged}
        return next((run for run in runs if run.id in readers), None)


def failed_terms(condition: Filter, properties: Sequence[Property]) -> tuple[str, ...]:
    """Return the conditions, of those joined by `and`, that do not hold, as text."""
    terms = condition.terms if isinstance(condition, AllOf) else (condition,)
    return tuple(to_text(term) for term in terms if not matches(term, properties))


def record_decision(transaction: Transaction, run: Node, decision: Decision, *, override: str | None = None) -> NodeId:
    """Write a decision as a run inside an action: its inputs are what was looked at."""
    node = time_ordered_id("run", transaction.now)
    result = PASSED if decision.passed else FAILED if override is None else OVERRIDDEN
    said: Document = {"result": result, "judged": str(run.id), "failed": list(decision.failed)}
    reason: Document = {} if override is None or decision.passed else {"override": override}
    written = Run(
        id=node,
        project=run.project,
        method=DECISION,
        state=RunState.SUCCESS,
        executor=Executor.EXTERNAL,
        name=decision.gate.name,
        params={"gate": str(decision.gate.node), "filter": decision.gate.filter},
        started=transaction.now,
        ended=transaction.now,
        rest={"attributes": {**said, **reason}},
    )
    transaction.create_new(node, run.project, written.document())
    for looked_at in dict.fromkeys(decision.looked_at):
        # Data flow from runs through what they made; a run itself is looked at, not read.
        edge = "linked" if looked_at.kind == "run" else "input_to"
        transaction.link(EdgeId(edge, looked_at, node, looked_at.kind))
    transaction.link(EdgeId("linked", decision.gate.node, node, GATE.name))
    transaction.link(EdgeId("linked", run.id, node, "judged"))
    return node


def _gate(node: Node) -> Gate:
    model = optional_text(node.attributes, "model")
    condition = text(node.attributes, "filter")
    return Gate(node.id, text(node.attributes, "name"), condition, None if model is None else NodeId.parse(model))


def _renamed(node: Node, kind: str, word: str) -> list[Property]:
    """Return the metrics of a node as `word.name`."""
    found = properties_of(BUILT_IN.vertices[kind], node.attributes)
    return [item._replace(name=f"{word}.{item.name[8:]}") for item in found if item.name.startswith("metrics.")]
