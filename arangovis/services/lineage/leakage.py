"""The policy on leakage: no test data upstream of the training of a model.

Data are test data if a tag says so, if any run reads them in a role of testing, or if they have the content of such
data under another name. A training run that reads them in a role of testing itself does what they are for; in any
other role, or through data made from them, they leaked.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from arangovis.domain.graph import Direction, Edge, Lineage, Node
from arangovis.domain.ids import NodeId
from arangovis.domain.search import Comparison, Operator
from arangovis.domain.views import items
from arangovis.services.lineage.bulk import edges_at
from arangovis.services.lineage.reach import BUDGET, Budget, Some, digest_of_node, name_of, reach, reasons, some
from arangovis.services.searching.past import VERSIONS_MAX
from arangovis.stores.base import GraphStore

TEST_WORDS = frozenset({"test", "testing", "holdout", "hold-out", "evaluation", "validation"})
DATA = ("dataset", "featureset")
TWINS_MAX = 100
"""So many other data sets of one content are looked at."""


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
    """Whether a model keeps to the policy; `runs` are the training runs that were looked at.

    If the answer is partial, `clean` says only that nothing was found so far: `twins` that there are more data of one
    content than were looked at.
    """

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
        cuts = reasons(found.cuts, ["twins"] if evidence.cut else ())
        return LeakageReport(question.model, not leaks, tuple(leaks), runs, cuts)

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


class _Content(NamedTuple):
    """What data of one content share."""

    kind: str
    digest: str


class _Evidence:
    """Which of the data upstream are test data, and why."""

    def __init__(self, store: GraphStore, question: LeakageQuestion, found: Lineage) -> None:
        self._store = store
        self._question = question
        data = [visit.node for visit in found.visits if visit.node.id.kind in DATA]
        self._nodes = {node.id: node for node in data}
        twins, self.cut = _twins(store, data, question.at)
        others = {twin.id: twin for some in twins.values() for twin in some}
        proofs = self._proofs({**others, **self._nodes})
        self.test_data: Mapping[NodeId, tuple[str, NodeId]] = {
            node: proof
            for node in self._nodes
            if (proof := proofs.get(node) or self._of_content(twins.get(node, ()), proofs)) is not None
        }

    def name(self, node: NodeId) -> str | None:
        """Return the name of data."""
        return name_of(self._nodes[node])

    def _proofs(self, nodes: Mapping[NodeId, Node]) -> Mapping[NodeId, tuple[str, NodeId]]:
        question = self._question
        read = edges_at(self._store, nodes, Direction.DOWNSTREAM, ("input_to",), at=question.at)
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


def _twins(store: GraphStore, data: Iterable[Node], at: int | None) -> tuple[Mapping[NodeId, Sequence[Node]], bool]:
    """Return the other data of the content of each, at most TWINS_MAX, and whether there are more."""
    contents = {node.id: content for node in data if (content := _content(node)) is not None}
    wanted = sorted(set(contents.values()))
    same = _same_now(store, wanted) if at is None else _same_then(store, wanted, at)
    twins = {node: [twin for twin in same[content].nodes if twin.id != node] for node, content in contents.items()}
    return twins, any(found.cut for found in same.values())


def _same_now(store: GraphStore, wanted: Iterable[_Content]) -> Mapping[_Content, Some]:
    return {
        content: some(store, (content.kind,), Comparison("digest", Operator.EQUAL, content.digest), limit=TWINS_MAX + 1)
        for content in wanted
    }


def _same_then(store: GraphStore, wanted: Sequence[_Content], at: int) -> Mapping[_Content, Some]:
    """Look at all data of that time once: no index knows the past."""
    then = some(store, DATA, limit=VERSIONS_MAX, at=at) if wanted else Some((), cut=False)
    same: dict[_Content, list[Node]] = {content: [] for content in wanted}
    for node in then.nodes:
        content = _content(node)
        if content is not None and content in same:
            same[content].append(node)
    return {
        content: Some(nodes[: TWINS_MAX + 1], then.cut or len(nodes) > TWINS_MAX + 1) for content, nodes in same.items()
    }


def _content(node: Node) -> _Content | None:
    digest = None if node.version.deleted else digest_of_node(node)
    return None if digest is None else _Content(node.id.kind, digest)


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
