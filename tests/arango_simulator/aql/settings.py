"""OPTIONS of operations: objects that are known at compile time; an unknown name is a warning."""

from collections.abc import Callable, Mapping
from typing import Any

from tests.arango_simulator.aql import nodes
from tests.arango_simulator.aql.analysis import is_constant
from tests.arango_simulator.aql.expressions import compile_value
from tests.arango_simulator.aql.failures import OPTIONS_NOT_CONSTANT, PARSE, UNKNOWN_OPTION, failure
from tests.arango_simulator.aql.run import Run
from tests.arango_simulator.aql.scope import Scope

Settings = Callable[[Run], Mapping[str, Any]]


def checked_options(node: nodes.Expression | None, scope: Scope, known: frozenset[str]) -> Settings:
    """Return what gives the options of an operation.

    Raises:
        ArangoError: 1575 if they depend on variables.

    """
    if node is None:
        return lambda run: {}
    if not is_constant(node):
        raise failure(OPTIONS_NOT_CONSTANT)
    evaluate = compile_value(node, scope)

    def settings(run: Run) -> Mapping[str, Any]:
        found = evaluate(run, [])
        if not isinstance(found, dict):
            raise failure(PARSE, "OPTIONS takes an object")
        for name in found.keys() - known:
            run.warn(UNKNOWN_OPTION, name)
        return found

    return settings
