"""The policy on leakage: no test data upstream of the training of a model.

Data are test data if a tag says so, if any run reads them in a role of testing, or if they have the content of such
data under another name. A training run that reads them in a role of testing itself does what they are for; in any
other role, or through data made from them, they leaked.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from arangovis.domain.graph import Direction, Edge, Lineage, Node
from arangovis.domain.ids import NodeId
from arangovis.domain.search import Comparison, Operator
from arangovis.domain.views import items
from arangovis.services.lineage.reach import BUDGET, Budget, digest_of_node, every, name_of, reach, reasons
from arangovis.stores.base import SCAN_LIMIT_MAX, GraphStore

TEST_WORDS = frozenset({"test", "testing", "holdout", "hold-out", "evaluation", "validation"})
TWINS_MAX = 100
"""So many data sets of one content are looked at."""


@dataclass(frozen=True, slots=True)
class LeakageQuestion:
    """Whose training: a model version, or a model with all its versions. With `strict`, a training run that reads
    test data in a role of testing breaks the policy too.
    """

    model: NodeId
    roles: frozenset[str] = TEST_WORDS
    tags: frozenset[str] = TEST_WORDS
    strict: bool = False
    budget: Budget = BUDGET
    at: int | None = None


class Leak(NamedTuple):
    """Test data that reached a training run over `chain`, from the data to the run.

    `because` says why they are test data: `tag`, `role` (some run, `witness`, reads them so) or `content` (that of
    `witness`).
    """

    data: NodeId
    name: str | None
    run: NodeId
    model_version: NodeId
    because: str
    witness: NodeId
    chain: tuple[NodeId, ...]


@dataclass(frozen=True, slots=True)
class LeakageReport:
    """Whether a model keeps to the policy; `runs` are the training runs that were looked at."""

    model: NodeId
    clean: bool
    leaks: tuple[Leak, ...]
    runs: tuple[NodeId, ...]
    partial_reasons: tuple[str, ...]


class Leakage:
    """Checks the policy over any store."""

    def __init__(self, store: GraphStore) -> None:
        self._store = store

    def of(self, question: LeakageQuestion) -> LeakageReport:
        """Check the training of a model version, or of every version of a model.

        Raises:
            NotFound: there is no such model, or not yet at that time.
            InvalidInput: the budget is out of range.

        """
        versions = self._versions(question)
        if not versions:
            return LeakageReport(question.model, clean=True, leaks=(), runs=(), partial_reasons=())
        found = reach(self._store, versions, Direction.UPSTREAM, question.budget, at=question.at)
        made = sorted(edge.id for edge in found.edges if edge.id.kind == "generated" and edge.id.target in versions)
        evidence = _Evidence(self._store, question, found)
        leaks = [leak for edge in made for leak in self._leaks(question, found, (edge.source, edge.target), evidence)]
        runs = tuple(dict.fromkeys(edge.source for edge in made))
        return LeakageReport(question.model, not leaks, tuple(leaks), runs, reasons(found.cuts))

    def _versions(self, question: LeakageQuestion) -> Sequence[NodeId]:
        node = self._store.get(question.model, at=question.at)
        if node.id.kind != "model":
            return (node.id,)
        edges = self._store.all_edges(node.id, Direction.DOWNSTREAM, "contains", at=question.at)
        return sorted(edge.id.target for edge in edges if edge.id.target.kind == "model_version")

    def _leaks(
        self, question: LeakageQuestion, found: Lineage, training: tuple[NodeId, NodeId], evidence: "_Evidence"
    ) -> Iterator[Leak]:
        run, version = training
        came_from = _backwards(found.edges, run, frozenset() if question.strict else question.roles)
        for node in evidence.test_data:
            if node in came_from:
                because, witness = evidence.test_data[node]
                chain = _chain(came_from, node)
                yield Leak(node, evidence.name(node), run, version, because, witness, chain)


class _Evidence:
    """Which of the data upstream are test data, and why."""

    def __init__(self, store: GraphStore, question: LeakageQuestion, found: Lineage) -> None:
        self._store = store
        self._question = question
        data = [visit.node for visit in found.visits if visit.node.id.kind in ("dataset", "featureset")]
        self._nodes = {node.id: node for node in data}
        twins = {node.id: self._twins(node) for node in data}
        others = {twin.id: twin for some in twins.values() for twin in some}
        proofs = self._proofs({**others, **self._nodes})
        self.test_data: Mapping[NodeId, tuple[str, NodeId]] = {
            node: proof
            for node in self._nodes
            if (proof := proofs.get(node) or self._of_content(twins[node], proofs)) is not None
        }

    def name(self, node: NodeId) -> str | None:
        """Return the name of data."""
        return name_of(self._nodes[node])

    def _twins(self, node: Node) -> Sequence[Node]:
        """Return other data of the same content."""
        digest = digest_of_node(node)
        if digest is None or node.version.deleted:
            return ()
        where = Comparison("digest", Operator.EQUAL, digest)
        same = every(self._store, node.id.kind, where, limit=TWINS_MAX)
        return [twin for twin in same if twin.id != node.id]

    def _proofs(self, nodes: Mapping[NodeId, Node]) -> Mapping[NodeId, tuple[str, NodeId]]:
        question = self._question
        read = self._store.edges_of(
            list(nodes), Direction.DOWNSTREAM, ("input_to",), at=question.at, limit=SCAN_LIMIT_MAX
        )
        readers = sorted(edge.id for edge in read if edge.id.role in question.roles)
        proofs = {edge.source: ("role", edge.target) for edge in reversed(readers)}
        for node in nodes.values():
            if question.tags.intersection(map(str, items(node.attributes, "tags"))):
                proofs[node.id] = ("tag", node.id)
        return proofs

    def _of_content(
        self, twins: Sequence[Node], proofs: Mapping[NodeId, tuple[str, NodeId]]
    ) -> tuple[str, NodeId] | None:
        return next((("content", twin.id) for twin in twins if twin.id in proofs), None)


def _backwards(edges: Sequence[Edge], start: NodeId, without: frozenset[str]) -> Mapping[NodeId, NodeId | None]:
    """Return all that flowed into a run, each with the next node on the way to it.

    Inputs in the roles `without` are not gone through, neither of this run nor of any before it.
    """
    sources: dict[NodeId, list[NodeId]] = {}
    for edge in sorted(edges, key=lambda edge: edge.id):
        if edge.id.kind != "input_to" or edge.id.role not in without:
            sources.setdefault(edge.id.target, []).append(edge.id.source)
    came: dict[NodeId, NodeId | None] = {start: None}
    todo = [start]
    for node in todo:
        for source in sources.get(node, ()):
            if source not in came:
                came[source] = node
                todo.append(source)
    return came


def _chain(came_from: Mapping[NodeId, NodeId | None], node: NodeId) -> tuple[NodeId, ...]:
    chain = [node]
    while (after := came_from[chain[-1]]) is not None:
        chain.append(after)
    return tuple(chain)
