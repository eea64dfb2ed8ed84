"""The FILTERs that a traversal applies while it walks (page "Graph traversals in AQL", "Using filters").

AND-combined comparisons of something on the path with a value that is known before the walk: `p.edges[2].a == x`,
`p.vertices[1].a IN x`, `p.edges[*].a ALL == x`, `p.vertices[*].a NONE == x`. An edge or vertex that does not fulfil
them is not walked, so it does not use up the uniqueness of a vertex. All other conditions, OR-combined ones and those
on the vertex and edge variables among them, are evaluated behind the walk only.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.arango_simulator.aql import nodes
from tests.arango_simulator.aql.access import Into, compile_steps
from tests.arango_simulator.aql.analysis import conjuncts, following_filters, is_settled, sides
from tests.arango_simulator.aql.expressions import Evaluate, comparison, compile_value
from tests.arango_simulator.aql.run import Frame, Run
from tests.arango_simulator.aql.scope import Scope
from tests.arango_simulator.world import Document

Test = Callable[[Document | None], bool]

_OPERATORS = frozenset(("==", "!=", "<", "<=", ">", ">=", "IN", "NOT IN"))


@dataclass(frozen=True, slots=True)
class Condition:
    """A test of the edges or vertices of a path: of one place, or of all with `place` None."""

    part: str
    place: int | None
    into: Into
    compare: Callable[[Any, Any], bool]
    negated: bool
    value: Evaluate

    def test(self, run: Run, frame: Frame) -> Test:
        """Return the test for a walk that begins in this row."""
        value, compare, into, wanted = self.value(run, frame), self.compare, self.into, not self.negated
        return lambda document: compare(into(run, frame, document), value) is wanted


def conditions_of(path: str, scope: Scope, following: Sequence[nodes.Statement]) -> list[Condition]:
    """Return what the FILTERs behind a traversal ask of its path; `scope` is that before the traversal."""
    found = []
    for statement in following_filters(following, (nodes.Let, nodes.Sort)):
        for part in conjuncts(statement.condition):
            condition = _condition(part, path, scope)
            if condition is not None:
                found.append(condition)
                # A condition on all edges or vertices holds for every path that the walk can end with.
                scope.layout.enforced += [part] if condition.place is None else []
    return found


def _condition(part: nodes.Expression, path: str, scope: Scope) -> Condition | None:
    if not isinstance(part, nodes.Binary):
        return None
    quantifier, _, plain = part.operator.upper().partition(" ")
    quantified = quantifier in ("ALL", "NONE")
    operator = plain if quantified else part.operator.upper()
    if operator not in _OPERATORS:
        return None
    for mirrored, left, right in [(operator, part.left, part.right)] if quantified else sides(part):
        place = _place(left, path, quantified=quantified)
        compare = comparison(mirrored.upper())
        if place is None or compare is None or not is_settled(right, scope):
            continue
        into = compile_steps(place.rest, scope, compile_value)
        negated = quantifier == "NONE"
        return Condition(place.part, place.index, into, compare, negated, compile_value(right, scope))
    return None


@dataclass(frozen=True, slots=True)
class _Place:
    part: str
    index: int | None
    rest: tuple[nodes.Step, ...]


def _place(expression: nodes.Expression, path: str, *, quantified: bool) -> _Place | None:
    """Return where on the path `p.edges[2].a` or `p.vertices[*].a` looks; None for anything else."""
    if not isinstance(expression, nodes.Access) or len(expression.steps) < 2:
        return None
    base, (first, second, *rest) = expression.base, expression.steps
    if not isinstance(base, nodes.Reference) or base.name != path or not all(map(_is_attribute, rest)):
        return None
    if not isinstance(first, nodes.Attribute) or first.name not in ("edges", "vertices"):
        return None
    if quantified:
        plain = isinstance(second, nodes.Expansion) and second.levels == 1
        bare = plain and second.condition is None and second.limit is None and second.projection is None  # type: ignore[attr-defined]
        return _Place(first.name, None, tuple(rest)) if bare else None
    index = second.index.value if isinstance(second, nodes.Item) and isinstance(second.index, nodes.Literal) else None
    if isinstance(index, bool) or not isinstance(index, int):
        return None
    return _Place(first.name, index, tuple(rest))


def _is_attribute(step: nodes.Step) -> bool:
    return isinstance(step, nodes.Attribute | nodes.BoundAttribute) or (
        isinstance(step, nodes.Item) and isinstance(step.index, nodes.Literal) and isinstance(step.index.value, str)
    )


class Tests:
    """The tests of one walk, by part and place."""

    def __init__(self, conditions: Sequence[Condition], run: Run, frame: Frame) -> None:
        self._found = [(condition.part, condition.place, condition.test(run, frame)) for condition in conditions]

    def any_of(self, part: str) -> bool:
        """Whether there are tests of edges, or of vertices."""
        return any(found[0] == part for found in self._found)

    def passes(self, part: str, place: int, document: Document | None) -> bool:
        """Whether an edge or vertex at a place of a path may be there."""
        return all(test(document) for which, where, test in self._found if which == part and where in (None, place))
