"""Page "Numeric functions", the part on arrays of numbers: null elements are ignored."""

from collections.abc import Callable
from typing import Any

from tests.arango_simulator.aql.failures import ARGUMENT_TYPE
from tests.arango_simulator.aql.functions.registry import Function, on_array
from tests.arango_simulator.aql.run import Run
from tests.arango_simulator.aql.values import finite, is_number, sort_key


def _present(items: list[Any]) -> list[Any]:
    return [item for item in items if item is not None]


def least(items: list[Any]) -> Any:
    """Return the smallest value, null if there is none."""
    return min(_present(items), key=sort_key, default=None)


def greatest(items: list[Any]) -> Any:
    """Return the greatest value, null if there is none."""
    return max(_present(items), key=sort_key, default=None)


def of_numbers(name: str, compute: Callable[[list[Any]], Any]) -> Function:
    """Return a function of an array of numbers; null and a warning if something else is in it."""

    def call(run: Run, items: Any) -> Any:
        found = _present(items) if isinstance(items, list) else None
        if found is None or not all(map(is_number, found)):
            run.warn(ARGUMENT_TYPE, name)
            return None
        return rounded(compute(found))

    return Function(call, 1, 1)


def rounded(value: int | float | None) -> int | float | None:
    """Return a result as JSON shows it."""
    return finite(value) if isinstance(value, float) else value


def product(items: list[Any]) -> int | float:
    """Multiply; 1 for nothing."""
    result: int | float = 1
    for item in items:
        result *= item
    return result


def average(items: list[Any]) -> float | None:
    """Return the arithmetic mean, null of nothing."""
    return sum(items) / len(items) if items else None


def median(items: list[Any]) -> float | None:
    """Return the element in the middle, or the mean of the two there."""
    found, half = sorted(items), len(items) // 2
    if not found:
        return None
    return float(found[half] if len(found) % 2 else (found[half - 1] + found[half]) / 2)


def variance(items: list[Any], *, sample: bool) -> float | None:
    """Return the variance of a population or a sample, null if there are too few elements."""
    count = len(items) - int(sample)
    if count < 1:
        return None
    mean = sum(items) / len(items)
    return float(sum((item - mean) ** 2 for item in items) / count)


def deviation(items: list[Any], *, sample: bool) -> float | None:
    """Return the root of the variance."""
    found = variance(items, sample=sample)
    return None if found is None else found**0.5


FUNCTIONS: dict[str, Function] = {
    "AVERAGE": of_numbers("AVERAGE", average),
    "AVG": of_numbers("AVG", average),
    "MAX": on_array("MAX", greatest),
    "MEDIAN": of_numbers("MEDIAN", median),
    "MIN": on_array("MIN", least),
    "PRODUCT": of_numbers("PRODUCT", product),
    "STDDEV": of_numbers("STDDEV", lambda items: deviation(items, sample=False)),
    "STDDEV_POPULATION": of_numbers("STDDEV_POPULATION", lambda items: deviation(items, sample=False)),
    "STDDEV_SAMPLE": of_numbers("STDDEV_SAMPLE", lambda items: deviation(items, sample=True)),
    "SUM": of_numbers("SUM", sum),
    "VARIANCE": of_numbers("VARIANCE", lambda items: variance(items, sample=False)),
    "VARIANCE_POPULATION": of_numbers("VARIANCE_POPULATION", lambda items: variance(items, sample=False)),
    "VARIANCE_SAMPLE": of_numbers("VARIANCE_SAMPLE", lambda items: variance(items, sample=True)),
}
