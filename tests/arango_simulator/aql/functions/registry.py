"""What a function is, and the cast of its arguments."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.arango_simulator.aql.failures import ARGUMENT_TYPE, ARRAY_EXPECTED
from tests.arango_simulator.aql.run import Run

MANY = 1_000_000


@dataclass(frozen=True, slots=True)
class Function:
    """A function of AQL.

    Attributes:
        call: takes the run and the arguments' values.
        least: the smallest number of arguments.
        most: the largest.
        collections: the places of arguments that may be a collection.
        reads: whether it may read any document, so that it may not follow a modification (1579).

    """

    call: Callable[..., Any]
    least: int
    most: int
    collections: tuple[int, ...] = ()
    reads: bool = False


def pure(call: Callable[..., Any], least: int, most: int | None = None) -> Function:
    """Return a function that needs nothing but its arguments."""
    return Function(lambda run, *arguments: call(*arguments), least, least if most is None else most)


def on_array(name: str, call: Callable[..., Any], least: int = 1, most: int | None = None) -> Function:
    """Return a function whose first argument must be an array; null and a warning for anything else."""

    def checked(run: Run, items: Any, *more: Any) -> Any:
        if not isinstance(items, list):
            run.warn(ARRAY_EXPECTED if least == 1 and most is None else ARGUMENT_TYPE, name)
            return None
        return call(items, *more)

    return Function(checked, least, least if most is None else most)


def on_object(name: str, call: Callable[..., Any], least: int = 1, most: int | None = None) -> Function:
    """Return a function whose first argument must be an object; null and a warning for anything else."""

    def checked(run: Run, value: Any, *more: Any) -> Any:
        if not isinstance(value, dict):
            run.warn(ARGUMENT_TYPE, name)
            return None
        return call(value, *more)

    return Function(checked, least, least if most is None else most)


def on_arrays(name: str, call: Callable[..., Any]) -> Function:
    """Return a function of two arrays or more; null and a warning if one is none."""

    def checked(run: Run, *arrays: Any) -> Any:
        if not all(isinstance(items, list) for items in arrays):
            run.warn(ARGUMENT_TYPE, name)
            return None
        return call(*arrays)

    return Function(checked, 2, MANY)
