"""Page "Numeric functions", the part on single numbers."""

import math
import random
from collections.abc import Callable
from typing import Any

from tests.arango_simulator.aql.failures import ARGUMENT_TYPE
from tests.arango_simulator.aql.functions.registry import Function, pure
from tests.arango_simulator.aql.run import Run
from tests.arango_simulator.aql.values import finite, number

RANGE_MAX = 10_000_000


def of_number(compute: Callable[[int | float], float]) -> Function:
    """Return a function of one number; null where it is not defined."""

    def call(value: Any) -> int | float | None:
        try:
            result = compute(number(value))
        except (ValueError, OverflowError):
            return None
        return result if isinstance(result, int) else finite(result)

    return pure(call, 1)


def power(base: Any, exponent: Any) -> int | float | None:
    """Return a power."""
    try:
        return finite(float(number(base)) ** number(exponent))
    except (ValueError, OverflowError, ZeroDivisionError, TypeError):
        return None


def numbers_between(run: Run, start: Any, stop: Any, step: Any = None) -> list[Any] | None:
    """Return the numbers from start to stop."""
    by = number(1 if step is None else step)
    first, last = number(start), number(stop)
    if step is None:
        first, last = int(first), int(last)
        by = 1 if first <= last else -1
    if by == 0 or ((last - first) / by < 0 and first != last) or (last - first) / by > RANGE_MAX:
        run.warn(ARGUMENT_TYPE, "RANGE")
        return None
    return [finite(float(first + place * by)) for place in range(math.floor((last - first) / by + 1e-9) + 1)]


FUNCTIONS: dict[str, Function] = {
    "ABS": of_number(abs),
    "ACOS": of_number(math.acos),
    "ASIN": of_number(math.asin),
    "ATAN": of_number(math.atan),
    "ATAN2": pure(lambda y, x: finite(math.atan2(number(y), number(x))), 2),
    "CEIL": of_number(math.ceil),
    "COS": of_number(math.cos),
    "DEGREES": of_number(math.degrees),
    "EXP": of_number(math.exp),
    "EXP2": of_number(lambda value: 2.0**value),
    "FLOOR": of_number(math.floor),
    "LOG": of_number(math.log),
    "LOG10": of_number(math.log10),
    "LOG2": of_number(math.log2),
    "PI": pure(lambda: math.pi, 0),
    "POW": pure(power, 2),
    "RADIANS": of_number(math.radians),
    "RAND": pure(random.random, 0),
    "RANGE": Function(numbers_between, 2, 3),
    "ROUND": of_number(lambda value: math.floor(value + 0.5)),
    "SIN": of_number(math.sin),
    "SQRT": of_number(math.sqrt),
    "TAN": of_number(math.tan),
}
