"""Arithmetic (page "Operators"): any operand is cast to a number; 64-bit integers become doubles when they overflow."""

import math
from collections.abc import Callable
from typing import Any

from tests.arango_simulator.aql.failures import DIVISION_BY_ZERO
from tests.arango_simulator.aql.run import Run
from tests.arango_simulator.aql.values import clipped, finite, number

Value = int | float | None


def _settled(value: int | float) -> Value:
    return clipped(value) if isinstance(value, int) else finite(value)


def negated(value: Any) -> Value:
    """Return `-value`."""
    return _settled(-number(value))


def add(_run: Run, left: Any, right: Any) -> Value:
    """Return `left + right`."""
    return _settled(number(left) + number(right))


def subtract(_run: Run, left: Any, right: Any) -> Value:
    """Return `left - right`."""
    return _settled(number(left) - number(right))


def multiply(_run: Run, left: Any, right: Any) -> Value:
    """Return `left * right`."""
    return _settled(number(left) * number(right))


def divide(run: Run, left: Any, right: Any) -> Value:
    """Return `left / right`; null and a warning for division by zero."""
    divisor = number(right)
    if divisor == 0:
        run.warn(DIVISION_BY_ZERO)
        return None
    return finite(number(left) / divisor)


def modulo(run: Run, left: Any, right: Any) -> Value:
    """Return `left % right` with the sign of the left operand; null and a warning for division by zero."""
    value, divisor = number(left), number(right)
    if divisor == 0:
        run.warn(DIVISION_BY_ZERO)
        return None
    if isinstance(value, int) and isinstance(divisor, int):
        return int(math.copysign(abs(value) % abs(divisor), value))
    return finite(math.fmod(value, divisor))


OPERATIONS: dict[str, Callable[[Run, Any, Any], Value]] = {
    "+": add, "-": subtract, "*": multiply, "/": divide, "%": modulo,
}  # fmt: skip
