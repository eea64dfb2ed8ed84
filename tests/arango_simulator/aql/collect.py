"""COLLECT (page "COLLECT"): groups are sorted by their values, the elements of a group in any order."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.arango_simulator.aql import nodes
from tests.arango_simulator.aql.expressions import Evaluate, compile_value
from tests.arango_simulator.aql.failures import INVALID_AGGREGATE, failure, not_implemented
from tests.arango_simulator.aql.functions import FUNCTIONS
from tests.arango_simulator.aql.run import Frame, Run
from tests.arango_simulator.aql.scope import Scope
from tests.arango_simulator.aql.settings import checked_options
from tests.arango_simulator.aql.values import identity, sort_key
from tests.arango_simulator.aql.words import words

Stage = Callable[[Run, Iterable[Frame]], Iterable[Frame]]

_OPTIONS = words("method disableIndex aggregateIntoExpressionOnDBServers")
_COUNTING = frozenset(("COUNT", "LENGTH"))
_AGGREGATES = _COUNTING | words(
    "AVERAGE AVG COUNT_DISTINCT COUNT_UNIQUE MAX MIN SORTED_UNIQUE STDDEV STDDEV_POPULATION STDDEV_SAMPLE SUM UNIQUE "
    "VARIANCE VARIANCE_POPULATION VARIANCE_SAMPLE"
)


@dataclass(slots=True)
class _Group:
    """The rows of a group: one of their frames, its values, what the aggregates take, and the elements of INTO."""

    frame: Frame
    values: list[Any]
    taken: list[list[Any]]
    count: int = 0
    elements: list[Any] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Aggregate:
    function: str
    argument: Evaluate

    def result(self, run: Run, group: _Group, place: int) -> Any:
        if self.function in _COUNTING:
            return group.count
        return FUNCTIONS[self.function].call(run, group.taken[place])


class Collect:
    """A compiled COLLECT."""

    def __init__(self, statement: nodes.Collect, scope: Scope) -> None:
        checked_options(statement.options, scope, _OPTIONS)
        self._groups = [compile_value(value, scope) for _, value in statement.groups]
        self._aggregates = [_aggregate(call, scope) for _, call in statement.aggregates]
        self._element = _element(statement, scope)
        scope.forget_collected()
        self._group_slots = [scope.declare(name) for name, _ in statement.groups]
        self._aggregate_slots = [scope.declare(name) for name, _ in statement.aggregates]
        self._into = None if statement.into is None else scope.declare(statement.into)
        self._count = None if statement.count_into is None else scope.declare(statement.count_into)

    def within(self, base: Frame) -> Stage:
        """Return the stage inside a block whose own frame is given: what is visible if there are no rows at all."""
        return lambda run, frames: self._rows(run, frames, base)

    def _rows(self, run: Run, frames: Iterable[Frame], base: Frame) -> Iterator[Frame]:
        groups: dict[Any, _Group] = {}
        for frame in frames:
            run.step()
            self._take(run, frame, groups)
        if not groups and not self._groups:
            groups[()] = _Group(base, [], [[] for _ in self._aggregates])
        for key in sorted(groups, key=lambda key: [sort_key(value) for value in groups[key].values]):
            yield self._row(run, groups[key])

    def _take(self, run: Run, frame: Frame, groups: dict[Any, _Group]) -> None:
        values = [evaluate(run, frame) for evaluate in self._groups]
        key = tuple(map(identity, values))
        group = groups.get(key)
        if group is None:
            group = groups[key] = _Group(frame, values, [[] for _ in self._aggregates])
            run.charge(values)
        group.count += 1
        for aggregate, taken in zip(self._aggregates, group.taken, strict=True):
            taken.append(aggregate.argument(run, frame))
        if self._into is not None:
            element = self._element(run, frame)
            run.charge(element)
            group.elements.append(element)

    def _row(self, run: Run, group: _Group) -> Frame:
        row = group.frame.copy()
        for slot, value in zip(self._group_slots, group.values, strict=True):
            row[slot] = value
        for place, (slot, aggregate) in enumerate(zip(self._aggregate_slots, self._aggregates, strict=True)):
            row[slot] = aggregate.result(run, group, place)
        if self._into is not None:
            row[self._into] = run.shuffled(group.elements)
        if self._count is not None:
            row[self._count] = group.count
        return row


def compile_collect(statement: nodes.Collect, scope: Scope) -> Collect:
    """Return a COLLECT, which becomes a stage within a block."""
    return Collect(statement, scope)


def _aggregate(call: nodes.Expression, scope: Scope) -> _Aggregate:
    if not isinstance(call, nodes.Call) or len(call.arguments) > 1:
        raise failure(INVALID_AGGREGATE)
    if call.name in ("BIT_AND", "BIT_OR", "BIT_XOR", "PUSH"):
        raise not_implemented(f"the aggregate function {call.name}()")
    if call.name not in _AGGREGATES or (not call.arguments and call.name not in _COUNTING):
        raise failure(INVALID_AGGREGATE)
    argument = call.arguments[0] if call.arguments else nodes.Literal(None)
    return _Aggregate(call.name, compile_value(argument, scope))


def _element(statement: nodes.Collect, scope: Scope) -> Evaluate:
    """Return what gives an element of INTO: a projection, or an object of variables."""
    if statement.projection is not None:
        return compile_value(statement.projection, scope)
    kept = {name: scope.kept(name) for name in statement.keep} if statement.keep else scope.collected()
    return lambda run, frame: {name: frame[slot] for name, slot in kept.items()}
