"""SHORTEST_PATH, ALL_SHORTEST_PATHS, K_SHORTEST_PATHS and K_PATHS (pages of the same names).

All of them first measure how far every vertex is from the target, then walk from the start without ever going where the
target cannot be reached.
"""

import heapq
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from tests.arango_simulator.aql import nodes
from tests.arango_simulator.aql.expressions import compile_value
from tests.arango_simulator.aql.graphs import Network, compile_depth, compile_network, path_document, start_of, weigher
from tests.arango_simulator.aql.run import Frame, Run
from tests.arango_simulator.aql.scope import Scope
from tests.arango_simulator.aql.settings import checked_options
from tests.arango_simulator.aql.traversal import Step
from tests.arango_simulator.world import Document

Stage = Callable[[Run, Iterable[Frame]], Iterable[Frame]]
Weight = int | float
Weigh = Callable[[Document], Weight]

_OPTIONS = frozenset(("algorithm", "defaultWeight", "parallelism", "useCache", "weightAttribute"))


class Search:
    """The paths from one vertex to another, shortest first."""

    def __init__(self, network: Network, weigh: Weigh, target: str) -> None:
        self.network = network
        self._weigh = weigh
        self._target = target
        self._left = self._distances()

    def _distances(self) -> dict[str, Weight]:
        """Return for each vertex from which the target can be reached the least weight of a path."""
        numbers = itertools.count()
        found: dict[str, Weight] = {}
        heap: list[tuple[Weight, int, str]] = [(0, next(numbers), self._target)]
        while heap:
            weight, _, vertex = heapq.heappop(heap)
            if vertex in found:
                continue
            found[vertex] = weight
            for hop in self.network.hops(vertex, backwards=True):
                if hop.target not in found:
                    heapq.heappush(heap, (weight + self._weigh(hop.edge), next(numbers), hop.target))
        return found

    def paths(self, start: str) -> Iterator[Step]:
        """Yield the paths without a vertex twice, by growing weight."""
        if start not in self._left:
            return
        numbers = itertools.count()
        heap: list[tuple[Weight, int, Step]] = [(self._left[start], next(numbers), Step(start, None, None, 0))]
        while heap:
            _, _, step = heapq.heappop(heap)
            if step.vertex == self._target:
                yield step
                continue
            for longer in self._longer(step):
                heapq.heappush(heap, (longer.weight + self._left[longer.vertex], next(numbers), longer))

    def _longer(self, step: Step) -> Iterator[Step]:
        passed = {other.vertex for other in step.back()}
        for hop in self.network.hops(step.vertex):
            if hop.target not in passed and hop.target in self._left:
                yield Step(hop.target, hop.edge, step, step.weight + self._weigh(hop.edge))

    def within(self, start: str, least: int, most: int) -> Iterator[Step]:
        """Yield the paths without a vertex twice whose number of edges is within bounds, in no order."""
        stack = [iter([Step(start, None, None, 0)])]
        while stack:
            step = next(stack[-1], None)
            if step is None:
                stack.pop()
            elif step.vertex == self._target:
                if step.depth >= least:
                    yield step
            elif step.vertex in self._left and step.depth + self._left[step.vertex] <= most:
                stack.append(self._longer(step))


def compile_path_search(statement: nodes.PathSearch, scope: Scope) -> Stage:
    """Return the stage of a search for paths."""
    depth = compile_depth(statement.depth, scope)
    start, target = compile_value(statement.start, scope), compile_value(statement.target, scope)
    network = compile_network(statement.graph, statement.direction, scope)
    settings = checked_options(statement.options, scope, _OPTIONS)
    scope.looped = True
    slots = [scope.declare(name) for name in statement.variables]
    kind = statement.kind

    def stage(run: Run, frames: Iterable[Frame]) -> Iterator[Frame]:
        weigh = _weigh(kind, settings(run))
        for frame in frames:
            edges = network(run)
            ends = (start_of(run, start(run, frame)), start_of(run, target(run, frame)))
            if ends[0] is None or ends[1] is None or any(edges.lookup(end) is None for end in ends if end):
                continue
            search = Search(edges, weigh, ends[1])
            for values in _FOUND[kind](search, ends[0], depth(run, frame)):
                run.step()
                yield _row(frame, slots, values)

    return stage


def _row(frame: Frame, slots: list[int], values: tuple[Any, ...]) -> Frame:
    row = frame.copy()
    for slot, value in zip(slots, values, strict=False):
        row[slot] = value
    return row


def _weigh(kind: str, settings: Mapping[str, Any]) -> Weigh:
    return weigher(settings) if kind in ("SHORTEST_PATH", "K_SHORTEST_PATHS") else lambda edge: 1


def _shortest(search: Search, start: str, _depth: tuple[int, int]) -> Iterator[tuple[Any, ...]]:
    """Yield the vertices of one shortest path, each with the edge that leads to it."""
    found = next(search.paths(start), None)
    for step in [] if found is None else list(found.back())[::-1]:
        yield search.network.vertex(step.vertex), step.edge


def _all_shortest(search: Search, start: str, _depth: tuple[int, int]) -> Iterator[tuple[Any, ...]]:
    paths = search.paths(start)
    first = next(paths, None)
    if first is None:
        return
    for step in itertools.chain([first], itertools.takewhile(lambda step: step.weight == first.weight, paths)):
        yield (_path(search, step),)


def _k_shortest(search: Search, start: str, _depth: tuple[int, int]) -> Iterator[tuple[Any, ...]]:
    for step in search.paths(start):
        yield (_path(search, step, weight=step.weight),)


def _k_paths(search: Search, start: str, depth: tuple[int, int]) -> Iterator[tuple[Any, ...]]:
    for step in search.within(start, *depth):
        yield (_path(search, step),)


def _path(search: Search, step: Step, **more: Any) -> Document:
    steps = list(step.back())[::-1]
    return path_document([search.network.vertex(one.vertex) for one in steps], [one.edge for one in steps[1:]], **more)


_FOUND: Mapping[str, Callable[[Search, str, tuple[int, int]], Iterator[tuple[Any, ...]]]] = {
    "SHORTEST_PATH": _shortest,
    "ALL_SHORTEST_PATHS": _all_shortest,
    "K_SHORTEST_PATHS": _k_shortest,
    "K_PATHS": _k_paths,
}
