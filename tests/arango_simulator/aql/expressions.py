"""Expressions to closures (page "Operators").

A closure takes the run and a row's frame and returns a value. AND, OR and the ternary evaluate only what they need,
subqueries included, as the server does from 3.12.1 on.
"""

from collections.abc import Callable
from typing import Any

from tests.arango_simulator.aql import arithmetic, nodes
from tests.arango_simulator.aql.access import compile_access
from tests.arango_simulator.aql.calls import compile_call
from tests.arango_simulator.aql.failures import PARSE, failure, not_implemented
from tests.arango_simulator.aql.patterns import PATTERNS
from tests.arango_simulator.aql.run import CollectionRef, Frame, Run
from tests.arango_simulator.aql.scope import Scope
from tests.arango_simulator.aql.values import COMPARISONS, number, string, truth

Evaluate = Callable[[Run, Frame], Any]
EXPANDED_MAX = 10_000_000


def compile_expression(expression: nodes.Expression, scope: Scope) -> Evaluate:
    """Return the closure of an expression."""
    compiled: Evaluate = _COMPILERS[type(expression)](expression, scope)
    return compiled


def _literal(node: nodes.Literal, _scope: Scope) -> Evaluate:
    value = node.value
    return lambda run, frame: value


def _bind(node: nodes.Bind, scope: Scope) -> Evaluate:
    name = node.name
    scope.bind(name)
    return lambda run, frame: run.binds[name]


def _reference(node: nodes.Reference, scope: Scope) -> Evaluate:
    slot = scope.slot_of(node.name)
    if slot is None and node.name in ("OLD", "NEW"):
        raise failure(PARSE, f"there is no {node.name} here")
    if slot is None:
        return _collection(node, scope)
    return lambda run, frame: frame[slot]


def _collection(node: nodes.Expression, scope: Scope) -> Evaluate:
    """A collection as a value; only functions take it."""
    name = compile_collection(node, scope)
    scope.touch("read", node)
    return lambda run, frame: CollectionRef(name(run))


def compile_collection(node: nodes.Expression, scope: Scope) -> Callable[[Run], str]:
    """Return what gives the name of a collection, by itself or by `@@name`."""
    if isinstance(node, nodes.CollectionBind):
        bound = node.name
        scope.bind(f"@{bound}")
        return lambda run: run.collection_bind(bound)
    if not isinstance(node, nodes.Reference):
        raise not_implemented("computed collection names")
    name = node.name
    return lambda run: name


def is_collection(node: nodes.Expression, scope: Scope) -> bool:
    """Whether an expression names a collection."""
    if isinstance(node, nodes.Reference):
        return scope.slot_of(node.name) is None
    return isinstance(node, nodes.CollectionBind)


def compile_value(expression: nodes.Expression, scope: Scope) -> Evaluate:
    """Return the closure of an operand; a collection is none, which is told when the query runs (1568)."""
    evaluate = compile_expression(expression, scope)
    if is_collection(expression, scope):
        scope.touch("operand", expression)
    return evaluate


def _array(node: nodes.Array, scope: Scope) -> Evaluate:
    items = [compile_value(item, scope) for item in node.items]
    return lambda run, frame: [item(run, frame) for item in items]


def _object(node: nodes.Object, scope: Scope) -> Evaluate:
    if all(isinstance(key, nodes.Literal) for key, _ in node.entries):
        named = [(key.value, compile_value(value, scope)) for key, value in node.entries]  # type: ignore[attr-defined]
        return lambda run, frame: {name: value(run, frame) for name, value in named}
    entries = [(compile_value(key, scope), compile_value(value, scope)) for key, value in node.entries]
    return lambda run, frame: {string(key(run, frame)): value(run, frame) for key, value in entries}


def _unary(node: nodes.Unary, scope: Scope) -> Evaluate:
    operand = compile_value(node.operand, scope)
    if node.operator == "!":
        return lambda run, frame: not truth(operand(run, frame))
    if node.operator == "-":
        return lambda run, frame: arithmetic.negated(operand(run, frame))
    return lambda run, frame: number(operand(run, frame))


def _binary(node: nodes.Binary, scope: Scope) -> Evaluate:
    left, right = compile_value(node.left, scope), compile_value(node.right, scope)
    operator = node.operator.upper()
    compare = comparison(operator)
    if compare is not None:
        return lambda run, frame: compare(left(run, frame), right(run, frame))
    if operator in PATTERNS:
        match, wanted = PATTERNS[operator]
        if wanted:
            return lambda run, frame: match(run, left(run, frame), right(run, frame))
        return lambda run, frame: not match(run, left(run, frame), right(run, frame))
    compute = arithmetic.OPERATIONS[operator]
    return lambda run, frame: compute(run, left(run, frame), right(run, frame))


def comparison(operator: str) -> Callable[[Any, Any], bool] | None:
    """Return the function of a comparison or array comparison, None for another operator."""
    quantifier, _, plain = operator.partition(" ")
    if quantifier not in _QUANTIFIERS:
        return COMPARISONS.get(operator)
    compare, holds = COMPARISONS[plain], _QUANTIFIERS[quantifier]

    def quantified(left: Any, right: Any) -> bool:
        return isinstance(left, list) and holds(compare(item, right) for item in left)

    return quantified


_QUANTIFIERS: dict[str, Callable[[Any], bool]] = {"ANY": any, "ALL": all, "NONE": lambda found: not any(found)}


def _at_least(node: nodes.AtLeast, scope: Scope) -> Evaluate:
    left, right = compile_value(node.left, scope), compile_value(node.right, scope)
    count, compare = compile_value(node.count, scope), COMPARISONS[node.operator.upper()]

    def evaluate(run: Run, frame: Frame) -> bool:
        items, against = left(run, frame), right(run, frame)
        found = sum(compare(item, against) for item in items) if isinstance(items, list) else 0
        return isinstance(items, list) and found >= number(count(run, frame))

    return evaluate


def _both(node: nodes.Both, scope: Scope) -> Evaluate:
    left, right = compile_value(node.left, scope), compile_value(node.right, scope)

    def evaluate(run: Run, frame: Frame) -> Any:
        value = left(run, frame)
        return right(run, frame) if truth(value) else value

    return evaluate


def _either(node: nodes.Either, scope: Scope) -> Evaluate:
    left, right = compile_value(node.left, scope), compile_value(node.right, scope)

    def evaluate(run: Run, frame: Frame) -> Any:
        value = left(run, frame)
        return value if truth(value) else right(run, frame)

    return evaluate


def _ternary(node: nodes.Ternary, scope: Scope) -> Evaluate:
    condition, otherwise = compile_value(node.condition, scope), compile_value(node.otherwise, scope)
    then = None if node.then is None else compile_value(node.then, scope)

    def evaluate(run: Run, frame: Frame) -> Any:
        value = condition(run, frame)
        if not truth(value):
            return otherwise(run, frame)
        return value if then is None else then(run, frame)

    return evaluate


def _range(node: nodes.Range, scope: Scope) -> Evaluate:
    low, high = compile_value(node.low, scope), compile_value(node.high, scope)

    def evaluate(run: Run, frame: Frame) -> list[int]:
        first, last = int(number(low(run, frame))), int(number(high(run, frame)))
        if abs(last - first) >= EXPANDED_MAX:
            raise not_implemented(f"ranges of more than {EXPANDED_MAX} numbers as an array")
        return list(range(first, last + 1)) if first <= last else list(range(first, last - 1, -1))

    return evaluate


def _call(node: nodes.Call, scope: Scope) -> Evaluate:
    def argument(expression: nodes.Expression, takes_collection: bool) -> Evaluate:
        evaluate = compile_expression(expression, scope)
        return evaluate if takes_collection or not is_collection(expression, scope) else _refused(evaluate, node.name)

    return compile_call(node, scope, argument)


def _refused(collection: Evaluate, function: str) -> Evaluate:
    """A collection handed to a function that takes arrays: the server reads all of it, the simulator does not."""

    def refuse(run: Run, frame: Frame) -> Any:
        raise not_implemented(f"{function}() on the collection {collection(run, frame).name}")

    return refuse


def _access(node: nodes.Access, scope: Scope) -> Evaluate:
    return compile_access(node, scope, compile_value)


def _subquery(node: nodes.Subquery, scope: Scope) -> Evaluate:
    from tests.arango_simulator.aql.pipeline import compile_block

    rows = compile_block(node.block, scope.subquery())
    return lambda run, frame: rows(run, list(frame))


_COMPILERS: dict[type, Any] = {
    nodes.Literal: _literal, nodes.Bind: _bind, nodes.Reference: _reference, nodes.CollectionBind: _collection,
    nodes.Array: _array, nodes.Object: _object, nodes.Unary: _unary, nodes.Binary: _binary, nodes.AtLeast: _at_least,
    nodes.Both: _both, nodes.Either: _either, nodes.Ternary: _ternary, nodes.Range: _range, nodes.Call: _call,
    nodes.Access: _access, nodes.Subquery: _subquery,
}  # fmt: skip
