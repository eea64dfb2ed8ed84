"""Page "Miscellaneous functions" but for those on documents."""

import hashlib
import time
from typing import Any

from tests.arango_simulator.aql.failures import FAIL_CALLED, USER_ASSERT, USER_WARN, failure
from tests.arango_simulator.aql.functions.registry import MANY, Function, pure
from tests.arango_simulator.aql.run import Run
from tests.arango_simulator.aql.values import encoded, equal, less, number, string, truth


def checked(_run: Run, condition: Any, text: Any) -> bool:
    """ASSERT(): true, or the query's end."""
    if not truth(condition):
        raise failure(USER_ASSERT, string(text))
    return True


def warned(run: Run, condition: Any, text: Any) -> bool:
    """WARN(): true, or false and a warning."""
    if truth(condition):
        return True
    run.warn(USER_WARN, string(text))
    return False


def failed(_run: Run, text: Any = "") -> Any:
    """FAIL(): the query's end."""
    raise failure(FAIL_CALLED, string(text))


def first_not_null(*values: Any) -> Any:
    """Return the first value that is not null."""
    return next((value for value in values if value is not None), None)


def in_range(value: Any, low: Any, high: Any, with_low: Any, with_high: Any) -> bool:
    """Say whether a value lies between two."""
    above = less(low, value) or (truth(with_low) and equal(low, value))
    return above and (less(value, high) or (truth(with_high) and equal(high, value)))


def min_match(*values: Any) -> bool:
    """Say whether at least so many of the conditions hold; the number comes last."""
    return sum(map(truth, values[:-1])) >= number(values[-1])


def value_hash(value: Any) -> int:
    """Return a number that is the same for equal values, whatever the order of attributes."""
    digest = hashlib.sha256(encoded(_canonical(value)).encode()).digest()
    return int.from_bytes(digest[:6])


def _canonical(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _canonical(value[name]) for name in sorted(value)}
    return [_canonical(item) for item in value] if isinstance(value, list) else value


def slept(run: Run, seconds: Any) -> None:
    """SLEEP(): wait, and stop when the query is killed or out of time."""
    until_s = time.monotonic() + number(seconds)
    while time.monotonic() < until_s:
        time.sleep(min(0.01, max(0.0, until_s - time.monotonic())))
        run.check_now()


FUNCTIONS: dict[str, Function] = {
    "ASSERT": Function(checked, 2, 2),
    "FAIL": Function(failed, 0, 1),
    "FIRST_DOCUMENT": pure(lambda *values: next((one for one in values if isinstance(one, dict)), None), 1, MANY),
    "FIRST_LIST": pure(lambda *values: next((one for one in values if isinstance(one, list)), None), 1, MANY),
    "HASH": pure(value_hash, 1),
    "IN_RANGE": pure(in_range, 5),
    "MIN_MATCH": pure(min_match, 2, MANY),
    "NOEVAL": pure(lambda value: value, 1),
    "NOOPT": pure(lambda value: value, 1),
    "NOT_NULL": pure(first_not_null, 1, MANY),
    "PASSTHRU": pure(lambda value: value, 1),
    "SLEEP": Function(slept, 1, 1),
    "WARN": Function(warned, 2, 2),
}
