"""`@av.tracked`: each call of a function is a run."""

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar, Unpack, cast, overload

from arangovis.client.active_run import ActiveRun
from arangovis.client.begin_run import RunOptions, run
from arangovis.client.capture.guard import guarded, warn
from arangovis.client.capture.secrets import MASK, is_secret_name
from arangovis.client.contents import is_content
from arangovis.client.run_values import known_values
from arangovis.domain.errors import StoreUnavailable
from arangovis.domain.json import JsonValue

P = ParamSpec("P")
R = TypeVar("R")

RESULT = "result"
FUNCTION = "function"
TEXT_LENGTH_MAX = 1000
_OWN = ("project", "name", "tags")


class TrackedOptions(RunOptions, total=False):
    """The arguments of `tracked`: those of `run` but `params` and `run`, which each call brings."""

    project: str | None
    name: str | None
    tags: tuple[str, ...] | list[str]


@overload
def tracked(function: Callable[P, R], /) -> Callable[P, R]: ...
@overload
def tracked(**options: Unpack[TrackedOptions]) -> Callable[[Callable[P, R]], Callable[P, R]]: ...
def tracked(function: Callable[..., Any] | None = None, /, **options: Any) -> Any:
    """Make each call of a function a run.

    Arguments that are texts, numbers or booleans are its parameters; arrays, tables and paths that are there are its
    inputs, known by their content. What it returns are outputs and metrics likewise. A tracked function that another
    one calls is a child of its run. What cannot be recorded is a warning: the function runs, and returns, as ever.

    Args:
        function: what to track.
        options: `project`, `name`, `tags`, and those of `RunOptions`; the name is by default the function's.

    """
    if function is None:
        return lambda given: tracked_with(given, options)
    return tracked_with(function, options)


def tracked_with(function: Callable[..., Any], options: Mapping[str, Any]) -> Callable[..., Any]:
    """Return a function whose calls are runs."""
    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def awaited(*args: Any, **kwargs: Any) -> Any:
            with _call(function, options, args, kwargs) as call:
                return call.returned(await function(*args, **kwargs))

        return awaited

    @functools.wraps(function)
    def called(*args: Any, **kwargs: Any) -> Any:
        with _call(function, options, args, kwargs) as call:
            return call.returned(function(*args, **kwargs))

    return called


class _Call:
    """One call of a tracked function; without a run nothing is recorded of it."""

    def __init__(self, active: ActiveRun | None) -> None:
        self._active = active

    def given(self, arguments: Mapping[str, Any]) -> None:
        """Note what the function was given."""
        for name, value in _contents("", arguments):
            self._note("use", value, name)

    def returned(self, result: Any) -> Any:
        """Note what the function returned, and return it."""
        if self._active is not None:
            for name, value in _contents("", {RESULT: result}):
                self._note("made", value, name)
            guarded("what a function returned", lambda: self._metrics(result), None)
        return result

    def _note(self, verb: str, value: object, role: str) -> None:
        active = self._active
        if active is not None:
            guarded(f"{role!r}", lambda: getattr(active, verb)(value, role), None)

    def _metrics(self, result: Any) -> None:
        figures = known_values(result if isinstance(result, Mapping) else {RESULT: result})
        numbers = {name: value for name, value in figures.items() if isinstance(value, bool | int | float)}
        if numbers and self._active is not None:
            self._active.metrics(numbers)


@contextmanager
def _call(
    function: Callable[..., Any], options: Mapping[str, Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Iterator[_Call]:
    nothing: Mapping[str, Any] = {}
    arguments = guarded("the arguments of a function", lambda: _bound(function, args, kwargs), nothing)
    active = _begun(function, options, arguments)
    call = _Call(active)
    if active is None:
        yield call
        return
    with active:
        call.given(arguments)
        yield call


def _begun(function: Callable[..., Any], options: Mapping[str, Any], arguments: Mapping[str, Any]) -> ActiveRun | None:
    """Begin the run of a call; None if the disk does not take what is to be sent."""
    given = {"name": function.__qualname__, "method": FUNCTION, **options}
    own = {name: given.pop(name) for name in _OWN if name in given}
    try:
        return run(own.pop("project", None), params=_parameters(arguments), **own, **cast("Any", given))
    except (StoreUnavailable, OSError) as error:
        warn(f"a call of {function.__qualname__} is not recorded: {error}")
        return None


def _bound(function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the arguments by their names, defaults filled in; of a method, without the object it is called on."""
    signature = inspect.signature(function)
    bound = signature.bind(*args, **kwargs)
    bound.apply_defaults()
    arguments: dict[str, Any] = {}
    for name, value in bound.arguments.items():
        if signature.parameters[name].kind is inspect.Parameter.VAR_KEYWORD:
            arguments |= value
        elif name not in ("self", "cls"):
            arguments[name] = value
    return arguments


def _parameters(arguments: Mapping[str, Any]) -> dict[str, Any]:
    nothing: dict[str, JsonValue] = {}
    found: dict[str, JsonValue] = {}
    for name, value in arguments.items():
        if not _is_data(name, value):
            found |= guarded(f"{name!r}", lambda name=name, value=value: known_values({name: value}), nothing)  # type: ignore[misc]
    return {name: _short(name, value) for name, value in found.items()}


def _is_data(name: str, value: object) -> bool:
    return guarded(f"{name!r}", lambda: is_content(value), False)


def _short(name: str, value: Any) -> Any:
    if is_secret_name(name):
        return MASK
    return value[:TEXT_LENGTH_MAX] if isinstance(value, str) else value


def _contents(prefix: str, values: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    """Yield what of some values is data, also in lists and mappings, under its name."""
    for name, value in values.items():
        where = f"{prefix}{name}"
        if _is_data(where, value):
            yield where, value
        elif isinstance(value, list | tuple) and not prefix:
            yield from _contents(f"{where}.", {str(number): member for number, member in enumerate(value)})
        elif isinstance(value, Mapping) and not prefix:
            yield from _contents(f"{where}.", value)
