"""What schedules do, each with its options; what does it is `performing`, in a compute process."""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any, TypeAlias, get_args, get_type_hints

from arangovis.domain.errors import Fault, InvalidInput
from arangovis.domain.filter_grammar import parse
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Document, JsonValue
from arangovis.services.retention.rules import RetentionRule

METHOD_PREFIX = "schedule."
CAUSES_MAX = 1000
NAME_LENGTH_MAX = 100


@dataclass(frozen=True, slots=True)
class Projection:
    """Project a model version again, on a new sample of its traffic.

    Args:
        version: the integer id of the model version.
        method: the method.
        refit: whether the transformer is fitted again; else the newest one places the new rows.

    """

    version: int
    method: str = "umap"
    refit: bool = False


@dataclass(frozen=True, slots=True)
class Scoring:
    """Score a frame with a detector, and keep the scores.

    Args:
        detector: the integer id of its model version.
        frame: the frame's node, or its name for clients of H2O, which is looked up each time.
        name: of the scores.

    """

    detector: int
    frame: str
    name: str = "scheduled scores"


@dataclass(frozen=True, slots=True)
class Backup:
    """Make a backup in a folder below the setting `backup_root`.

    Args:
        prefix: what its name begins with; the time follows.
        keep: so many of the newest whole ones of this prefix stay; older ones are removed. 0 keeps all.

    """

    prefix: str = "scheduled"
    keep: int = 7

    def __post_init__(self) -> None:
        if not self.prefix.isascii() or not self.prefix.replace("-", "").replace("_", "").isalnum():
            raise InvalidInput.of(Fault("options.prefix", f"{self.prefix[:80]!r} is not letters, digits, - and _"))
        if len(self.prefix) > NAME_LENGTH_MAX or self.keep < 0:
            raise InvalidInput.of(Fault("options.keep", "is less than 0, or the prefix is too long"))


@dataclass(frozen=True, slots=True)
class Verify:
    """Check that the stores hold together; `deep` reads all bytes. The run fails if something is wrong."""

    deep: bool = False


@dataclass(frozen=True, slots=True)
class Recompute:
    """Do again what rests on inputs of which there is a newer version.

    Args:
        project: only runs of this project (its name).
        limit: so many outdated inputs at most.

    """

    project: str | None = None
    limit: int = 100

    def __post_init__(self) -> None:
        if not 1 <= self.limit <= CAUSES_MAX:
            raise InvalidInput.of(Fault("options.limit", f"{self.limit} is not between 1 and {CAUSES_MAX}"))


@dataclass(frozen=True, slots=True)
class Threshold:
    """Look whether a value has crossed a threshold.

    The value is a metric of the newest success that `where` holds for, or the last value of a field of a series that
    a run logs, or how far the scores of a deployment's newest period are from those of training (`psi`).

    Args:
        above: crossed if the value is greater.
        below: crossed if it is less.
        metric: the name of a metric.
        where: which runs count, in the filter language.
        series: the name of a series, with `metric` as its field.
        run: the run that logs it; without it the newest that `where` holds for.
        deployment: the node of a deployment, in the place of all of these.

    """

    above: float | None = None
    below: float | None = None
    metric: str | None = None
    where: str = ""
    series: str | None = None
    run: str | None = None
    deployment: str | None = None

    def __post_init__(self) -> None:
        if self.above is None and self.below is None:
            raise InvalidInput.of(Fault("options.above", "give above, below, or both"))
        if (self.metric is None) == (self.deployment is None):
            raise InvalidInput.of(Fault("options.metric", "give either metric or deployment"))
        if (self.series is not None or self.run is not None) and self.metric is None:
            raise InvalidInput.of(Fault("options.metric", "name the field of the series"))
        for node in (self.run, self.deployment):
            if node is not None:
                NodeId.parse(node)
        parse(self.where)

    def is_crossed(self, value: float) -> bool:
        """Say whether a value is above or below what was set."""
        return (self.above is not None and value > self.above) or (self.below is not None and value < self.below)


ActionOptions: TypeAlias = Projection | Scoring | Backup | Verify | Recompute | Threshold | RetentionRule
ACTIONS: Mapping[str, type[ActionOptions]] = {
    "projection": Projection,
    "scoring": Scoring,
    "retention": RetentionRule,
    "backup": Backup,
    "verify": Verify,
    "recompute": Recompute,
    "threshold": Threshold,
}
METHODS = tuple(METHOD_PREFIX + name for name in ACTIONS)
FOR_ALL = frozenset({"backup", "verify"})
"""Actions that concern the whole service, not a project."""


def read_action(name: str, options: Document) -> ActionOptions:
    """Return what a schedule is to do.

    Raises:
        InvalidInput: there is no such action, or it names every option that is wrong.

    """
    if name not in ACTIONS:
        raise InvalidInput.of(Fault("action", f"{name[:80]!r} is not one of {', '.join(ACTIONS)}"))
    wanted: ActionOptions = read_options(ACTIONS[name], options)
    return wanted


def read_options(kind: type[Any], options: Document) -> Any:
    """Read a dataclass of plain values from a document, field by field.

    Raises:
        InvalidInput: it names every option that is unknown, missing, or of another type.

    """
    declared = {item.name: item for item in fields(kind)}
    hints = get_type_hints(kind)
    given = {name: value for name, value in options.items() if value is not None}
    faults = [
        Fault(f"options.{name}", f"is not one of {', '.join(declared)}") for name in given if name not in declared
    ]
    faults += [
        Fault(f"options.{name}", "is missing")
        for name, item in declared.items()
        if name not in given and item.default is MISSING and item.default_factory is MISSING
    ]
    values = {}
    for name in given.keys() & declared.keys():
        problem, values[name] = _plain(given[name], hints[name])
        faults += [Fault(f"options.{name}", problem)] if problem else []
    if faults:
        raise InvalidInput.of(*sorted(faults, key=lambda fault: fault.field))
    return kind(**values)


def _plain(value: JsonValue, hint: Any) -> tuple[str, object]:
    kinds = {hint} if hint in _READERS else set(get_args(hint))
    for kind, (says, read) in _READERS.items():
        if kind in kinds:
            found = read(value)
            return ("", found) if found is not None else (f"{str(value)[:80]!r} is not {says}", None)
    raise AssertionError(f"{hint} is no type of an option")


def _integer(value: JsonValue) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _number(value: JsonValue) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) and value == value else None


def _texts(value: JsonValue) -> tuple[str, ...] | None:
    is_list = isinstance(value, list | tuple) and all(isinstance(member, str) for member in value)
    return tuple(map(str, value)) if is_list else None  # type: ignore[arg-type]  # it is a list


_READERS: Mapping[Any, tuple[str, Callable[[JsonValue], object]]] = {
    bool: ("true or false", lambda value: value if isinstance(value, bool) else None),
    float: ("a number", _number),
    int: ("an integer", _integer),
    str: ("a text", lambda value: value if isinstance(value, str) else None),
    tuple[str, ...]: ("a list of texts", _texts),
}
