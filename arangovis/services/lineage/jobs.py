"""Lineage of jobs instead of runs: what a step of a pipeline reads and makes, over all of its runs."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from arangovis.domain.errors import Fault, InvalidInput, NotFound
from arangovis.domain.graph import Direction, Lineage, Node
from arangovis.domain.ids import NodeId
from arangovis.domain.search import AllOf, Comparison, Operator
from arangovis.domain.views import integer, optional_text
from arangovis.services.catalogue.names import project_key
from arangovis.services.lineage.reach import BUDGET, Budget, Some, reach, reasons, some
from arangovis.stores.base import GraphStore

RUNS_MAX = 2_000
"""So many runs of a job are put together, the newest."""


@dataclass(frozen=True, slots=True)
class JobQuestion:
    """Which job: all runs of a method, of a name if one is given. `project` is the name of a project.

    With `by_name`, runs of one method and another name are other jobs.
    """

    method: str
    name: str | None = None
    project: str | None = None
    direction: Direction = Direction.BOTH
    by_name: bool = False
    budget: Budget = BUDGET
    at: int | None = None


@dataclass(frozen=True, slots=True)
class JobNode:
    """A job (all its runs), or data of one kind and name that jobs read and make; `count` nodes stand behind it.

    `states` counts the runs of a job by their state; `newest` is the youngest of the nodes.
    """

    id: str
    sort: str
    label: str
    count: int
    states: Mapping[str, int]
    newest: NodeId


@dataclass(frozen=True, slots=True)
class JobEdge:
    """Data flow between two of them, over `count` edges in these roles."""

    source: str
    target: str
    roles: tuple[str, ...]
    count: int


@dataclass(frozen=True, slots=True)
class JobLineage:
    """What is upstream and downstream of a job. `job` is its node; times are microseconds since 1970."""

    job: str
    runs: int
    states: Mapping[str, int]
    first: int
    last: int
    duration_s: float | None
    nodes: tuple[JobNode, ...]
    edges: tuple[JobEdge, ...]
    partial_reasons: tuple[str, ...]


class Jobs:
    """Answers for jobs, over any store."""

    def __init__(self, store: GraphStore) -> None:
        self._store = store

    def lineage(self, question: JobQuestion) -> JobLineage:
        """Return the lineage of a job.

        Raises:
            NotFound: no run is of this method and name, or there is no such project.
            InvalidInput: the method is empty, or the budget is out of range.

        """
        runs, cut = self._runs(question)
        found = self._reached(question, runs)
        names = {visit.node.id: _group_of(visit.node, by_name=question.by_name) for visit in found.visits}
        durations = sorted(d for run in runs if (d := duration_s(run)) is not None)
        return JobLineage(
            job=_group_of(runs[0], by_name=question.by_name),
            runs=len(runs),
            states=_states(runs),
            first=min(run.created for run in runs),
            last=max(run.created for run in runs),
            duration_s=durations[len(durations) // 2] if durations else None,
            nodes=_nodes(found, names),
            edges=_edges(found, names),
            partial_reasons=reasons(found.cuts, ["runs"] if cut else ()),
        )

    def _runs(self, question: JobQuestion) -> Some:
        if not question.method.strip():
            raise InvalidInput.of(Fault("method", "is the method of the runs, such as projection.umap"))
        equal = [("method", question.method), *([] if question.name is None else [("name", question.name)])]
        where = AllOf(tuple(Comparison(name, Operator.EQUAL, value) for name, value in equal))
        project = project_key(self._store, question.project)
        runs = some(self._store, ("run",), where, project=project, limit=RUNS_MAX, at=question.at)
        if not runs.nodes:
            shown = f"{question.method} {question.name or ''}".strip()
            raise NotFound(f"there is no run of {shown}")
        return runs

    def _reached(self, question: JobQuestion, runs: Sequence[Node]) -> Lineage:
        """Return what all the runs reach: for both ways, upstream and then downstream, not to and fro."""
        both = question.direction is Direction.BOTH
        ways = (Direction.UPSTREAM, Direction.DOWNSTREAM) if both else (question.direction,)
        ids = [run.id for run in runs]
        sides = [reach(self._store, ids, way, question.budget, at=question.at) for way in ways]
        visits = {visit.node.id: visit for side in sides for visit in side.visits}
        edges = {edge.id: edge for side in sides for edge in side.edges}
        return Lineage(tuple(visits.values()), tuple(edges.values()), frozenset().union(*(side.cuts for side in sides)))


def duration_s(run: Node) -> float | None:
    """Return how long a run took, in seconds, if it says so."""
    started, ended = (integer(run.attributes, name, 0) for name in ("started", "ended"))
    return (ended - started) / 1_000_000 if 0 < started <= ended else None


def _group_of(node: Node, *, by_name: bool) -> str:
    attributes = node.attributes
    if node.id.kind == "run":
        method = str(attributes.get("method", "deleted"))
        name = optional_text(attributes, "name") if by_name else None
        return f"run:{method}" if name is None else f"run:{method}:{name}"
    label = attributes.get("name") if node.id.kind != "artifact" else attributes.get("role")
    return f"{node.id.kind}:{label or attributes.get('method') or attributes.get('role') or ''}"


def _nodes(found: Lineage, names: Mapping[NodeId, str]) -> tuple[JobNode, ...]:
    members: dict[str, list[Node]] = {}
    for visit in found.visits:
        members.setdefault(names[visit.node.id], []).append(visit.node)
    return tuple(
        JobNode(
            id=group,
            sort="job" if group.startswith("run:") else group.partition(":")[0],
            label=group.partition(":")[2],
            count=len(nodes),
            states=_states(nodes) if group.startswith("run:") else {},
            newest=max(nodes, key=lambda node: (node.created, node.id)).id,
        )
        for group, nodes in sorted(members.items())
    )


def _edges(found: Lineage, names: Mapping[NodeId, str]) -> tuple[JobEdge, ...]:
    roles: dict[tuple[str, str], Counter[str]] = {}
    for edge in found.edges:
        ends = names[edge.id.source], names[edge.id.target]
        roles.setdefault(ends, Counter())[edge.id.role] += 1
    return tuple(
        JobEdge(source, target, tuple(sorted(role for role in counts if role)), counts.total())
        for (source, target), counts in sorted(roles.items())
    )


def _states(runs: Iterable[Node]) -> Mapping[str, int]:
    return dict(sorted(Counter(str(run.attributes.get("state", "deleted")) for run in runs).items()))
