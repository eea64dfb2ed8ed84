"""What can be said of expressions before they are compiled: conjuncts, attribute paths, what they depend on."""

from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from tests.arango_simulator.aql import nodes
from tests.arango_simulator.aql.scope import Scope
from tests.arango_simulator.aql.words import words

_UNSTEADY = words("ASSERT DATE_NOW DOCUMENT FAIL NOOPT RAND RANDOM_TOKEN SLEEP UUID WARN")
_MIRRORED = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


def conjuncts(expression: nodes.Expression) -> Iterator[nodes.Expression]:
    """Yield the parts that AND joins."""
    if isinstance(expression, nodes.Both):
        yield from conjuncts(expression.left)
        yield from conjuncts(expression.right)
    else:
        yield expression


def below(node: Any) -> Iterator[Any]:
    """Yield a node and everything in it."""
    yield node
    if isinstance(node, tuple):
        children: Sequence[Any] = node
    elif is_dataclass(node):
        children = [getattr(node, field.name) for field in fields(node)]
    else:
        return
    for child in children:
        if isinstance(child, tuple) or is_dataclass(child):
            yield from below(child)


def is_constant(expression: nodes.Expression | None) -> bool:
    """Whether a value is known when the query is compiled and its bind values are given."""
    moving = nodes.Reference | nodes.CollectionBind | nodes.Subquery | nodes.Call
    return not any(isinstance(node, moving) for node in below(expression))


def is_settled(expression: nodes.Expression, scope: Scope) -> bool:
    """Whether a value depends only on variables of a scope, and is the same each time."""
    for node in below(expression):
        if isinstance(node, nodes.Subquery | nodes.CollectionBind):
            return False
        if isinstance(node, nodes.Reference) and node.name != "CURRENT" and scope.slot_of(node.name) is None:
            return False
        if isinstance(node, nodes.Call) and node.name in _UNSTEADY:
            return False
    return True


def path_of(expression: nodes.Expression, variable: str) -> tuple[str, ...] | None:
    """Return the attributes of `variable.a.b`, None for anything else."""
    if not isinstance(expression, nodes.Access) or not isinstance(expression.base, nodes.Reference):
        return None
    if expression.base.name != variable:
        return None
    path = tuple(_attribute(step) for step in expression.steps)
    return None if None in path else path  # type: ignore[return-value]


def _attribute(step: nodes.Step) -> str | None:
    if isinstance(step, nodes.Attribute):
        return step.name
    literal = step.index if isinstance(step, nodes.Item) else None
    return literal.value if isinstance(literal, nodes.Literal) and isinstance(literal.value, str) else None


def sides(comparison: nodes.Binary) -> Iterator[tuple[str, nodes.Expression, nodes.Expression]]:
    """Yield a comparison as it is written, and the other way around where that means the same."""
    yield comparison.operator, comparison.left, comparison.right
    if comparison.operator in _MIRRORED:
        yield _MIRRORED[comparison.operator], comparison.right, comparison.left


def following_filters(following: Sequence[nodes.Statement], passing: type | tuple[type, ...]) -> Iterator[nodes.Filter]:
    """Yield the FILTERs up to the first statement that neither is one nor may stand between."""
    for statement in following:
        if isinstance(statement, nodes.Filter):
            yield statement
        elif not isinstance(statement, passing):
            return
