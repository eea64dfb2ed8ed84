"""Graph traversals (page "Graph traversals in AQL").

A path is a chain of steps. A step is taken from the front of the walk, and then: its vertex must fulfil the FILTERs on
the path and the restriction of collections, then be unique as asked; then it is emitted, if it is deep enough; then its
edges are followed, unless PRUNE says no or it is at the greatest depth.
"""

import heapq
import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from tests.arango_simulator.aql import nodes
from tests.arango_simulator.aql.expressions import compile_value
from tests.arango_simulator.aql.graphs import (
    Network,
    bad_option,
    compile_depth,
    compile_network,
    path_document,
    start_of,
    weigher,
)
from tests.arango_simulator.aql.pushdown import Tests, conditions_of
from tests.arango_simulator.aql.run import Frame, Run
from tests.arango_simulator.aql.scope import Scope
from tests.arango_simulator.aql.settings import checked_options
from tests.arango_simulator.aql.values import array, truth
from tests.arango_simulator.aql.words import words
from tests.arango_simulator.world import Document

Stage = Callable[[Run, Iterable[Frame]], Iterable[Frame]]

_OPTIONS = words(
    "bfs defaultWeight edgeCollections indexHint maxProjections order parallelism uniqueEdges uniqueVertices useCache "
    "vertexCollections weightAttribute"
)
STEP_BYTES = 100
"""What a step is charged to the memory limit."""


class Step:
    """The end of a path: its vertex, the edge that led there, and the step before."""

    __slots__ = ("before", "depth", "edge", "path", "vertex", "weight")

    def __init__(self, vertex: str, edge: Document | None, before: "Step | None", weight: int | float) -> None:
        self.vertex = vertex
        self.edge = edge
        self.before = before
        self.depth: int = 0 if before is None else before.depth + 1
        self.weight = weight
        self.path: tuple[list[Any], list[Any], list[int | float]] | None = None

    def back(self) -> Iterator["Step"]:
        """Yield the steps from here to the start."""
        step: Step | None = self
        while step is not None:
            yield step
            step = step.before


class Front(Protocol):
    """The steps that a walk has yet to take."""

    def add(self, steps: Iterable[Step]) -> None: ...
    def next(self) -> Step | None: ...


class DepthFirst:
    """Goes on where it last was. What a step led to is looked at only when it is needed."""

    def __init__(self) -> None:
        self._stack: list[Iterator[Step]] = []

    def add(self, steps: Iterable[Step]) -> None:
        self._stack.append(iter(steps))

    def next(self) -> Step | None:
        while self._stack:
            step = next(self._stack[-1], None)
            if step is not None:
                return step
            self._stack.pop()
        return None


class BreadthFirst:
    """Takes all steps of a depth before those of the next."""

    def __init__(self) -> None:
        self._waiting: deque[Iterator[Step]] = deque()

    def add(self, steps: Iterable[Step]) -> None:
        self._waiting.append(iter(steps))

    def next(self) -> Step | None:
        while self._waiting:
            step = next(self._waiting[0], None)
            if step is not None:
                return step
            self._waiting.popleft()
        return None


class Cheapest:
    """Takes the step with the least weight of its path."""

    def __init__(self) -> None:
        self._heap: list[tuple[int | float, int, Step]] = []
        self._numbers = itertools.count()

    def add(self, steps: Iterable[Step]) -> None:
        for step in steps:
            heapq.heappush(self._heap, (step.weight, next(self._numbers), step))

    def next(self) -> Step | None:
        return heapq.heappop(self._heap)[2] if self._heap else None


_FRONTS: Mapping[str, type[Any]] = {"dfs": DepthFirst, "bfs": BreadthFirst, "weighted": Cheapest}


@dataclass(frozen=True, slots=True)
class Rules:
    """The options of a traversal."""

    order: str
    unique_vertices: str
    unique_edges: str
    vertex_collections: frozenset[str]
    weigh: Callable[[Document], int | float]

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> "Rules":
        """Check the options; error 10 for what does not exist or does not go together."""
        order = settings.get("order", "bfs" if truth(settings.get("bfs", False)) else "dfs")
        vertices, edges = settings.get("uniqueVertices", "none"), settings.get("uniqueEdges", "path")
        if order not in _FRONTS:
            raise bad_option(f"unknown traversal order {order!r}")
        if vertices not in ("none", "path", "global"):
            raise bad_option(f"unknown uniqueVertices {vertices!r}")
        if edges not in ("none", "path"):
            raise bad_option(f"uniqueEdges: {edges!r} is not supported, use 'path' or 'none'")
        if vertices == "global" and order == "dfs":
            text = "uniqueVertices: 'global' is only supported, with order: bfs|weighted"
            raise bad_option(f"{text} due to otherwise unpredictable results.")
        restriction = frozenset(map(str, array(settings.get("vertexCollections"))))
        return cls(order, vertices, edges, restriction, weigher(settings))


class Walk:
    """One traversal from one start."""

    def __init__(self, network: Network, rules: Rules, tests: Tests, prune: Callable[[Step], bool] | None) -> None:
        self._network = network
        self._rules = rules
        self._tests = tests
        self._prune = prune
        self._seen: set[str] = set()
        self._front: Front = _FRONTS[rules.order]()
        self._weigh = rules.weigh if rules.order == "weighted" else lambda edge: 0
        self._tests_vertices = tests.any_of("vertices")
        self._tests_edges = tests.any_of("edges")

    def steps(self, start: str, least: int, most: int) -> Iterator[Step]:
        """Yield the ends of the paths from a start whose depth is within bounds."""
        self._front.add([Step(start, None, None, 0)])
        while (step := self._front.next()) is not None:
            if not (self._allowed(step) and self._is_new(step)):
                continue
            pruned = self._prune is not None and self._prune(step)
            if step.depth < most and not pruned:
                self._front.add(self._beyond(step))
            if step.depth >= least:
                yield step

    def _allowed(self, step: Step) -> bool:
        collections = self._rules.vertex_collections
        if collections and step.depth and step.vertex.partition("/")[0] not in collections:
            return False
        if not self._tests_vertices:
            return True
        return self._tests.passes("vertices", step.depth, self._network.vertex(step.vertex))

    def _is_new(self, step: Step) -> bool:
        unique = self._rules.unique_vertices
        if unique == "global":
            if step.vertex in self._seen:
                return False
            self._seen.add(step.vertex)
        elif unique == "path" and step.before is not None:
            return all(other.vertex != step.vertex for other in step.before.back())
        return True

    def _beyond(self, step: Step) -> Iterator[Step]:
        # A path without a vertex twice has no edge twice.
        once = self._rules.unique_edges == "path" and self._rules.unique_vertices == "none"
        used = {other.edge["_id"] for other in step.back() if other.edge is not None} if once else set()
        for hop in self._network.hops(step.vertex):
            if hop.edge["_id"] in used:
                continue
            if self._tests_edges and not self._tests.passes("edges", step.depth, hop.edge):
                continue
            if self._rules.unique_vertices == "global" and hop.target in self._seen:
                continue
            yield Step(hop.target, hop.edge, step, step.weight + self._weigh(hop.edge))


def path_to(step: Step, network: Network, *, weighted: bool) -> Document:
    """Return the path that ends in a step."""
    vertices, edges, weights = _path(step, network)
    return path_document(vertices, edges, **({"weights": list(weights)} if weighted else {}))


def _path(step: Step, network: Network) -> tuple[list[Any], list[Any], list[int | float]]:
    """Return vertices, edges and weights, made from those of the step before, which mostly has them already."""
    missing = []
    for one in step.back():
        if one.path is not None:
            break
        missing.append(one)
    for one in reversed(missing):
        vertex = network.vertex(one.vertex)
        if one.before is None or one.before.path is None:
            one.path = ([vertex], [], [one.weight])
        else:
            vertices, edges, weights = one.before.path
            one.path = ([*vertices, vertex], [*edges, one.edge], [*weights, one.weight])
    return step.path or ([], [], [])


# --- compilation ------------------------------------------------------------------------------------------------------


def compile_traversal(statement: nodes.Traversal, scope: Scope, following: Sequence[nodes.Statement]) -> Stage:
    """Return the stage of a traversal."""
    depth = compile_depth(statement.depth, scope)
    start = compile_value(statement.start, scope)
    network = compile_network(statement.graph, statement.direction, scope)
    settings = checked_options(statement.options, scope, _OPTIONS)
    names = statement.variables
    conditions = conditions_of(names[2], scope, following) if len(names) > 2 else []
    scope.looped = True
    slots = [scope.declare(name) for name in names]
    pruning = _compile_prune(statement.prune, scope)

    def stage(run: Run, frames: Iterable[Frame]) -> Iterator[Frame]:
        chosen = settings(run)
        rules = Rules.of(chosen)
        for frame in frames:
            least, most = depth(run, frame)
            identifier = start_of(run, start(run, frame))
            edges = network(run).restricted(chosen.get("edgeCollections"))
            if identifier is None or edges.lookup(identifier) is None:
                continue
            rows = _Rows(run, edges, slots, weighted=rules.order == "weighted")
            walk = Walk(edges, rules, Tests(conditions, run, frame), pruning(rows, frame))
            for step in walk.steps(identifier, least, most):
                yield pruning.marked(rows, rows.row(frame, step))

    return stage


class _Rows:
    """Makes rows of steps."""

    def __init__(self, run: Run, network: Network, slots: Sequence[int], *, weighted: bool) -> None:
        self.run = run
        self._network = network
        self._slots = slots
        self._weighted = weighted

    def row(self, frame: Frame, step: Step) -> Frame:
        """Return the row of a step."""
        self.run.step()
        row = frame.copy()
        row[self._slots[0]] = self._network.vertex(step.vertex)
        if len(self._slots) > 1:
            row[self._slots[1]] = step.edge
        if len(self._slots) > 2:
            row[self._slots[2]] = path_to(step, self._network, weighted=self._weighted)
        if self.run.options.memory_limit:
            self.run.charge(" " * STEP_BYTES)
        return row


class _Pruning:
    """A compiled PRUNE; the value goes into a variable if it has a name."""

    def __init__(self, condition: Any, slot: int | None) -> None:
        self._condition = condition
        self._slot = slot

    def __call__(self, rows: _Rows, frame: Frame) -> Callable[[Step], bool] | None:
        if self._condition is None:
            return None
        return lambda step: truth(self._condition(rows.run, rows.row(frame, step)))

    def marked(self, rows: _Rows, row: Frame) -> Frame:
        """Return a row with the value of the condition."""
        if self._slot is not None:
            row[self._slot] = self._condition(rows.run, row)
        return row


def _compile_prune(prune: nodes.Prune | None, scope: Scope) -> _Pruning:
    if prune is None:
        return _Pruning(None, None)
    condition = compile_value(prune.condition, scope)
    return _Pruning(condition, None if prune.variable is None else scope.declare(prune.variable))
