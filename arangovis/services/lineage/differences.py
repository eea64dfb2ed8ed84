"""What differs between two runs: parameters, metrics, inputs, code, environment, and all that is upstream."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from arangovis.domain.errors import NotFound
from arangovis.domain.graph import Direction, Lineage, Node
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Document
from arangovis.domain.views import mapping
from arangovis.services.catalogue.performance import Performance
from arangovis.services.lineage.bulk import maker_of
from arangovis.services.lineage.reach import (
    BUDGET,
    Budget,
    Value,
    digest_of_node,
    name_of,
    reach_each,
    reasons,
    sort_of,
)
from arangovis.stores.base import GraphStore

CODE_NAMES = ("git", "code", "commit", "branch", "dirty", "script", "entry_point", "command")
"""Facts of a run that was logged by hand, whose names begin so, say which code ran; captured runs have `code`."""
_NEVER_SAME = frozenset({"pid"})
"""What tells nothing of two processes."""
_FACTS = ("method", "name", "state", "seed", "message", "reason", "executor")


@dataclass(frozen=True, slots=True)
class Difference:
    """A fact by its name on both sides; null on the side that does not have it."""

    name: str
    first: Value
    second: Value


class InputSide(NamedTuple):
    """What one side read."""

    node: NodeId
    name: str | None
    digest: str | None


class InputDifference(NamedTuple):
    """What each side read in a role, where it is not the same; `same_content` if only the nodes differ."""

    role: str
    first: tuple[InputSide, ...]
    second: tuple[InputSide, ...]
    same_content: bool


class Foreign(NamedTuple):
    """A node that only one side has upstream."""

    node: NodeId
    sort: str
    name: str | None
    depth: int


@dataclass(frozen=True, slots=True)
class RunDiff:
    """What differs between two runs; what is equal is not told. `same` if nothing does but the runs themselves.

    `asked` are the nodes in question, where they are not runs: then their runs are compared.
    """

    first: NodeId
    second: NodeId
    asked: tuple[NodeId, NodeId]
    facts: tuple[Difference, ...]
    params: tuple[Difference, ...]
    metrics: tuple[Difference, ...]
    code: tuple[Difference, ...]
    environment: tuple[Difference, ...]
    inputs: tuple[InputDifference, ...]
    only_first: tuple[Foreign, ...]
    only_second: tuple[Foreign, ...]
    same: bool
    partial_reasons: tuple[str, ...]


class Differences:
    """Compares runs over any store."""

    def __init__(self, store: GraphStore) -> None:
        self._store = store
        self._performance = Performance(store)

    def between(self, first: NodeId, second: NodeId, budget: Budget = BUDGET, *, at: int | None = None) -> RunDiff:
        """Compare two runs, or the runs that made two nodes.

        Raises:
            NotFound: a node does not exist, or not yet at that time, or no run made it.
            InvalidInput: the budget is out of range.

        """
        runs = [self._run_of(node, at) for node in (first, second)]
        sides = reach_each(self._store, [run.id for run in runs], Direction.UPSTREAM, budget, at=at)
        params = differing(*(params_of(run, side) for run, side in zip(runs, sides, strict=True)))
        codes, environments = zip(*(split_code(run) for run in runs), strict=True)
        facts = differing(*({name: run.attributes.get(name) for name in _FACTS} for run in runs))
        metrics = differing(*(self._measured(run, at) for run in runs))
        code, environment = differing(*codes), differing(*environments)
        inputs = _inputs(*(_by_role(run, side) for run, side in zip(runs, sides, strict=True)))
        only = _only(sides[0], sides[1]), _only(sides[1], sides[0])
        return RunDiff(
            first=runs[0].id,
            second=runs[1].id,
            asked=(first, second),
            facts=facts,
            params=params,
            metrics=metrics,
            code=code,
            environment=environment,
            inputs=inputs,
            only_first=only[0],
            only_second=only[1],
            same=not any((facts, params, metrics, code, environment, inputs, *only)),
            partial_reasons=reasons(*(side.cuts for side in sides)),
        )

    def _measured(self, run: Node, at: int | None) -> Document:
        """Return the metrics of a run and its evaluations; what both have is told of both, if it is not the same."""
        metrics = dict(mapping(run.attributes, "metrics"))
        for evaluation in self._performance.evaluations(run.id, at=at):
            for name, value in mapping(evaluation.attributes, "metrics").items():
                if metrics.setdefault(name, value) != value:
                    metrics[f"evaluation.{name}"] = value
        return metrics

    def _run_of(self, node_id: NodeId, at: int | None) -> Node:
        node = self._store.get(node_id, at=at)
        if node.id.kind == "run":
            return node
        run = maker_of(self._store, node_id, at=at)
        if run is None:
            raise NotFound(f"no run made {node_id}, so there is nothing to compare")
        return self._store.get(run, at=at)


def differing(first: Document, second: Document) -> tuple[Difference, ...]:
    """Return the facts that are not the same on both sides, by name."""
    names = sorted(first.keys() | second.keys())
    pairs = (Difference(name, first.get(name), second.get(name)) for name in names)
    return tuple(pair for pair in pairs if pair.first != pair.second)


def params_of(run: Node, side: Lineage) -> Document:
    """Return the parameters of a run: its own, or those of the revision that it read."""
    own = mapping(run.attributes, "params")
    if own:
        return own
    near = (visit.node for visit in side.visits if visit.depth == 1 and visit.node.id.kind == "params")
    return next((mapping(node.attributes, "values") for node in near), own)


def split_code(run: Node) -> tuple[Document, Document]:
    """Return what a run says of its code, and of the rest of its environment."""
    known = {**mapping(run.attributes, "attributes"), **mapping(run.attributes, "environment")}
    said = {name: value for name, value in known.items() if name.lower().startswith(CODE_NAMES)}
    rest = {name: value for name, value in known.items() if name not in said}
    process = {name: value for name, value in mapping(run.attributes, "process").items() if name not in _NEVER_SAME}
    return {**said, **mapping(run.attributes, "code")}, {**rest, **process}


def _by_role(run: Node, side: Lineage) -> Mapping[str, Sequence[Node]]:
    nodes = {visit.node.id: visit.node for visit in side.visits}
    found: dict[str, list[Node]] = {}
    for edge in side.edges:
        if edge.id.kind == "input_to" and edge.id.target == run.id:
            found.setdefault(edge.id.role, []).append(nodes[edge.id.source])
    return found


def _inputs(first: Mapping[str, Sequence[Node]], second: Mapping[str, Sequence[Node]]) -> tuple[InputDifference, ...]:
    found = []
    for role in sorted(first.keys() | second.keys()):
        sides = first.get(role, ()), second.get(role, ())
        if {node.id for node in sides[0]} != {node.id for node in sides[1]}:
            contents = [sorted(str(digest_of_node(node) or node.id) for node in side) for side in sides]
            found.append(InputDifference(role, _shown(sides[0]), _shown(sides[1]), contents[0] == contents[1]))
    return tuple(found)


def _shown(nodes: Iterable[Node]) -> tuple[InputSide, ...]:
    ordered = sorted(nodes, key=lambda node: node.id)
    return tuple(InputSide(node.id, name_of(node), digest_of_node(node)) for node in ordered)


def _only(side: Lineage, other: Lineage) -> tuple[Foreign, ...]:
    """Return what only one side has upstream; the runs themselves are not told."""
    shared = {visit.node.id for visit in other.visits}
    return tuple(
        Foreign(visit.node.id, sort_of(visit.node), name_of(visit.node), visit.depth)
        for visit in side.visits
        if visit.depth and visit.node.id not in shared
    )
