"""Rules of retention: which runs are past their time."""

from dataclasses import dataclass
from enum import StrEnum

from arangovis.domain.errors import Fault, InvalidInput
from arangovis.domain.filter_grammar import parse
from arangovis.domain.runs import RunState

DAYS_MAX = 36_500
KEEP_MAX = 10_000
LIMIT_DEFAULT, LIMIT_MAX = 1000, 10_000
FINAL_STATES = tuple(state.value for state in RunState if not state.is_open)


class What(StrEnum):
    """What is removed of a run."""

    FILES = "files"
    """What it made and nobody uses: files, data sets, rows of series. The run stays with its facts."""
    RUNS = "runs"
    """That, and the run itself where nothing rests on it; its tombstone stays, with its edges."""


class Per(StrEnum):
    """Within what `keep_last` and `keep_best` count."""

    PROJECT = "project"
    METHOD = "method"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class RetentionRule:
    """Runs that have ended, of which all of these are true, and that are not among those to be kept.

    Args:
        project: of this project (its name); None for all that the caller acts for.
        older_than_days: ended at least so long ago.
        states: in one of these states; empty for every final one.
        tags: with all of these tags.
        methods: of one of these methods.
        where: that this holds for, in the filter language.
        keep_last: so many of the newest are kept, within each `per`.
        keep_best: so many of those with the best `metric` are kept, within each `per`.
        metric: the name of a metric.
        lowest: whether less is better.
        per: within what the two count: project, method (of a project), or name (of a method of a project).
        what: `files` or `runs`.
        limit: so many runs at most, the oldest first.

    Raises:
        InvalidInput: it names what cannot be.

    """

    project: str | None = None
    older_than_days: float = 30.0
    states: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    where: str = ""
    keep_last: int = 0
    keep_best: int = 0
    metric: str | None = None
    lowest: bool = False
    per: str = Per.METHOD.value
    what: str = What.FILES.value
    limit: int = LIMIT_DEFAULT

    def __post_init__(self) -> None:
        faults = [
            *_outside("older_than_days", self.older_than_days, 0, DAYS_MAX),
            *_outside("keep_last", self.keep_last, 0, KEEP_MAX),
            *_outside("keep_best", self.keep_best, 0, KEEP_MAX),
            *_outside("limit", self.limit, 1, LIMIT_MAX),
            *_unknown("states", self.states, FINAL_STATES),
            *_unknown("per", (self.per,), tuple(Per)),
            *_unknown("what", (self.what,), tuple(What)),
        ]
        if (self.keep_best > 0) != (self.metric is not None):
            faults.append(Fault("metric", "metric and keep_best go together"))
        if faults:
            raise InvalidInput.of(*faults)
        parse(self.where)


def _outside(name: str, value: float, least: float, most: float) -> list[Fault]:
    return [] if least <= value <= most else [Fault(name, f"{value} is not between {least} and {most}")]


def _unknown(name: str, given: tuple[str, ...], known: tuple[str, ...]) -> list[Fault]:
    return [Fault(name, f"{value[:80]!r} is not one of {', '.join(known)}") for value in given if value not in known]
