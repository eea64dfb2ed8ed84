"""Steps into a value: attributes, items, array expansion, the question mark (page "Operators", "Array Operators").

What follows an expansion is done to each of its elements; brackets around it end that.
"""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from tests.arango_simulator.aql import nodes
from tests.arango_simulator.aql.failures import BIND_TYPE, failure
from tests.arango_simulator.aql.run import Frame, Run
from tests.arango_simulator.aql.scope import Scope
from tests.arango_simulator.aql.values import number, string, truth

Evaluate = Callable[[Run, Frame], Any]
Into = Callable[[Run, Frame, Any], Any]


class Compile(Protocol):
    def __call__(self, expression: nodes.Expression, scope: Scope, /) -> Evaluate: ...


def compile_access(node: nodes.Access, scope: Scope, compile_value: Compile) -> Evaluate:
    """Return the closure of an access."""
    base = compile_value(node.base, scope)
    if len(node.steps) == 1 and isinstance(node.steps[0], nodes.Attribute):
        return _one_attribute(base, node.steps[0].name)
    into = compile_steps(node.steps, scope, compile_value)
    return lambda run, frame: into(run, frame, base(run, frame))


def _one_attribute(base: Evaluate, name: str) -> Evaluate:
    def evaluate(run: Run, frame: Frame) -> Any:
        value = base(run, frame)
        return value.get(name) if type(value) is dict else None

    return evaluate


def compile_steps(steps: Sequence[nodes.Step], scope: Scope, compile_value: Compile) -> Into:
    """Return what follows the steps from a value on."""
    if not steps:
        return lambda run, frame, value: value
    first, rest = steps[0], steps[1:]
    if isinstance(first, nodes.Expansion):
        return _expansion(first, scope, compile_value, compile_steps(rest, scope, compile_value))
    step: Into = _COMPILERS[type(first)](first, scope, compile_value)
    if not rest:
        return step
    further = compile_steps(rest, scope, compile_value)
    return lambda run, frame, value: further(run, frame, step(run, frame, value))


def attribute_of(value: Any, name: str) -> Any:
    """Return an attribute, null if there is none."""
    return value.get(name) if type(value) is dict else None


def item_of(value: Any, index: Any) -> Any:
    """Return `value[index]`: an element, from the end if negative, or an attribute; null if there is none."""
    if isinstance(value, dict):
        return value.get(string(index))
    if not isinstance(value, list):
        return None
    place = int(number(index))
    return value[place] if -len(value) <= place < len(value) else None


def _attribute(step: nodes.Attribute, _scope: Scope, _compile: Compile) -> Into:
    name = step.name
    return lambda run, frame, value: attribute_of(value, name)


def _bound_attribute(step: nodes.BoundAttribute, scope: Scope, _compile: Compile) -> Into:
    name = step.name
    scope.bind(name)

    def into(run: Run, _frame: Frame, value: Any) -> Any:
        for attribute in bound_path(run, name):
            value = attribute_of(value, attribute)
        return value

    return into


def bound_path(run: Run, name: str) -> list[str]:
    """Return the attribute path that a bind parameter gives: a name, or a list of names; 1553 for anything else."""
    bound = run.binds[name]
    path = bound if isinstance(bound, list) else [bound]
    if not path or not all(isinstance(part, str) and part for part in path):
        raise failure(BIND_TYPE, name)
    return path


def _item(step: nodes.Item, scope: Scope, compile_value: Compile) -> Into:
    index = compile_value(step.index, scope)
    return lambda run, frame, value: item_of(value, index(run, frame))


def _expansion(step: nodes.Expansion, scope: Scope, compile_value: Compile, further: Into) -> Into:
    with scope.pseudo("CURRENT") as slot:
        condition = None if step.condition is None else compile_value(step.condition, scope)
        projection = None if step.projection is None else compile_value(step.projection, scope)
    limit = None if step.limit is None else _limit(step.limit, scope, compile_value)
    levels = step.levels - 1

    def into(run: Run, frame: Frame, value: Any) -> list[Any]:
        items = flattened(value, levels) if isinstance(value, list) else []
        if condition is not None:
            items = [item for item in items if truth(_with(run, frame, slot, item, condition))]
        if limit is not None:
            items = items[limit(run, frame)]
        if projection is not None:
            items = [_with(run, frame, slot, item, projection) for item in items]
        return [further(run, frame, item) for item in items]

    return into


def _with(run: Run, frame: Frame, slot: int, item: Any, evaluate: Evaluate) -> Any:
    frame[slot] = item
    return evaluate(run, frame)


def _limit(
    limit: tuple[nodes.Expression | None, nodes.Expression], scope: Scope, compile_value: Compile
) -> Callable[[Run, Frame], slice]:
    offset = None if limit[0] is None else compile_value(limit[0], scope)
    count = compile_value(limit[1], scope)

    def evaluate(run: Run, frame: Frame) -> slice:
        start = 0 if offset is None else max(0, int(number(offset(run, frame))))
        return slice(start, start + max(0, int(number(count(run, frame)))))

    return evaluate


def flattened(items: list[Any], levels: int) -> list[Any]:
    """Return an array with so many levels of nested arrays dissolved."""
    if levels <= 0:
        return items
    found: list[Any] = []
    for item in items:
        if isinstance(item, list):
            found.extend(flattened(item, levels - 1))
        else:
            found.append(item)
    return found


def _question(step: nodes.Question, scope: Scope, compile_value: Compile) -> Into:
    with scope.pseudo("CURRENT") as slot:
        condition = None if step.condition is None else compile_value(step.condition, scope)
    enough = _QUANTITIES.get(step.word) or _counted(step, scope, compile_value)

    def into(run: Run, frame: Frame, value: Any) -> bool:
        items = value if isinstance(value, list) else []
        found = len(items)
        if condition is not None:
            found = sum(truth(_with(run, frame, slot, item, condition)) for item in items)
        return bool(enough(run, frame, (found, len(items))))

    return into


def _counted(step: nodes.Question, scope: Scope, compile_value: Compile) -> Into:
    """The quantities with numbers: exactly n, between two, or AT LEAST (n)."""
    count = step.count
    if isinstance(count, nodes.Range):
        low, high = compile_value(count.low, scope), compile_value(count.high, scope)
        return lambda run, frame, found: number(low(run, frame)) <= found[0] <= number(high(run, frame))
    if count is None:
        raise AssertionError(step.word)
    wanted = compile_value(count, scope)
    if step.word:
        return lambda run, frame, found: found[0] >= number(wanted(run, frame))
    return lambda run, frame, found: found[0] == number(wanted(run, frame))


_QUANTITIES: dict[str, Into] = {
    "ANY": lambda run, frame, found: found[0] > 0,
    "ALL": lambda run, frame, found: found[0] == found[1],
    "NONE": lambda run, frame, found: found[0] == 0,
}
_COMPILERS: dict[type, Any] = {
    nodes.Attribute: _attribute, nodes.BoundAttribute: _bound_attribute, nodes.Item: _item,
    nodes.Question: _question,
}  # fmt: skip
