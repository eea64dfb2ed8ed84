"""Function calls: the name is looked up and the arguments counted when the query is compiled."""

from collections.abc import Callable
from typing import Any

from tests.arango_simulator.aql import nodes
from tests.arango_simulator.aql.failures import (
    ARGUMENT_NUMBER,
    NO_USER_FUNCTION,
    UNKNOWN_FUNCTION,
    failure,
    not_implemented,
)
from tests.arango_simulator.aql.functions import FUNCTIONS, NOT_IMPLEMENTED
from tests.arango_simulator.aql.run import Frame, Run
from tests.arango_simulator.aql.scope import Scope

Evaluate = Callable[[Run, Frame], Any]


def compile_call(node: nodes.Call, scope: Scope, argument: Callable[[nodes.Expression, bool], Evaluate]) -> Evaluate:
    """Return the closure of a call.

    Raises:
        ArangoError: 1540 for an unknown function, 1541 for a wrong number of arguments, 1582 for a user function, 501
            for a documented function that the simulator does not have.

    """
    function = FUNCTIONS.get(node.name)
    if function is None:
        raise _unknown(node.name)
    if not function.least <= len(node.arguments) <= function.most:
        raise failure(ARGUMENT_NUMBER, node.name)
    arguments = [argument(expression, place in function.collections) for place, expression in enumerate(node.arguments)]
    if function.reads:
        scope.touch("function", detail=node.name)
    return _closure(function.call, arguments)


def _closure(call: Callable[..., Any], arguments: list[Evaluate]) -> Evaluate:
    if len(arguments) == 1:
        only = arguments[0]
        return lambda run, frame: call(run, only(run, frame))
    return lambda run, frame: call(run, *[argument(run, frame) for argument in arguments])


def _unknown(name: str) -> Exception:
    if "::" in name:
        return failure(NO_USER_FUNCTION, name)
    if name in NOT_IMPLEMENTED:
        return not_implemented(f"the function {name}()")
    return failure(UNKNOWN_FUNCTION, name)
