"""Page "Date functions", the part that needs no calendar of months: all times are UTC."""

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.arango_simulator.aql.failures import INVALID_DATE
from tests.arango_simulator.aql.functions.registry import Function, pure
from tests.arango_simulator.aql.run import Run
from tests.arango_simulator.aql.values import finite, is_number, number, string

_DATE = re.compile(
    r"\s*(\d{4})(?:-(\d{1,2}))?(?:-(\d{1,2}))?"
    r"(?:[T ](\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,9}))?)?)?(Z|[+-]\d{1,2}:\d{2})?\s*"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS_MS = {
    "w": 604_800_000, "week": 604_800_000, "weeks": 604_800_000, "d": 86_400_000, "day": 86_400_000,
    "days": 86_400_000, "h": 3_600_000, "hour": 3_600_000, "hours": 3_600_000, "i": 60_000, "minute": 60_000,
    "minutes": 60_000, "s": 1000, "second": 1000, "seconds": 1000, "f": 1, "millisecond": 1, "milliseconds": 1,
}  # fmt: skip


def looks_like_date(value: Any) -> bool:
    """Say whether a string has the form of a date."""
    return isinstance(value, str) and _DATE.fullmatch(value) is not None


def moment(value: Any) -> datetime | None:
    """Return the time that a number of milliseconds or a date string means, None if it means none."""
    try:
        if is_number(value):
            return _EPOCH + timedelta(milliseconds=int(value))
        match = _DATE.fullmatch(value) if isinstance(value, str) else None
        return None if match is None else _matched(match)
    except (ValueError, OverflowError):
        return None


def _matched(match: re.Match[str]) -> datetime:
    parts = [int(part or default) for part, default in zip(match.groups()[:6], (0, 1, 1, 0, 0, 0), strict=True)]
    millisecond = int((match.group(7) or "0").ljust(3, "0")[:3])
    zone = match.group(8)
    found = datetime(*parts, microsecond=millisecond * 1000, tzinfo=UTC)  # type: ignore[misc,arg-type]
    if zone in (None, "Z"):
        return found
    hours, _, minutes = zone[1:].partition(":")
    shift = timedelta(hours=int(hours), minutes=int(minutes))
    return found - shift if zone[0] == "+" else found + shift


def iso8601(when: datetime) -> str:
    """Return a time as text with milliseconds."""
    return f"{when:%Y-%m-%dT%H:%M:%S}.{when.microsecond // 1000:03d}Z"


def milliseconds(when: datetime) -> int:
    """Return milliseconds since 1970."""
    return (when - _EPOCH) // timedelta(milliseconds=1)


def of_date(compute: Callable[[datetime], Any]) -> Function:
    """Return a function of a date; null and a warning for what is none."""

    def call(run: Run, *values: Any) -> Any:
        found = moment(values[0]) if len(values) == 1 else _of_parts(values)
        if found is None:
            run.warn(INVALID_DATE)
            return None
        return compute(found)

    return Function(call, 1, 7)


def _of_parts(values: tuple[Any, ...]) -> datetime | None:
    parts = [int(number(value)) for value in values] + [1, 1, 0, 0, 0, 0][len(values) - 1 :]
    try:
        return datetime(*parts[:6], microsecond=parts[6] * 1000, tzinfo=UTC)  # type: ignore[misc,arg-type]
    except ValueError:
        return None


def shifted(run: Run, date: Any, amount: Any, unit: Any, *, sign: int) -> str | None:
    """Add an amount of a unit; months and years are not done."""
    found, step_ms = moment(date), _UNITS_MS.get(string(unit).lower())
    if found is None or step_ms is None:
        run.warn(INVALID_DATE)
        return None
    return iso8601(found + timedelta(milliseconds=sign * number(amount) * step_ms))


def difference(run: Run, first: Any, second: Any, unit: Any, as_float: Any = False) -> Any:
    """Return the time between two dates in a unit."""
    one, other, step_ms = moment(first), moment(second), _UNITS_MS.get(string(unit).lower())
    if one is None or other is None or step_ms is None:
        run.warn(INVALID_DATE)
        return None
    between = (milliseconds(other) - milliseconds(one)) / step_ms
    return finite(between) if as_float else int(between)


FUNCTIONS: dict[str, Function] = {
    "DATE_ADD": Function(lambda run, *arguments: shifted(run, *arguments, sign=1), 3, 3),
    "DATE_DAY": of_date(lambda when: when.day),
    "DATE_DAYOFWEEK": of_date(lambda when: when.isoweekday() % 7),
    "DATE_DIFF": Function(difference, 3, 4),
    "DATE_HOUR": of_date(lambda when: when.hour),
    "DATE_ISO8601": of_date(iso8601),
    "DATE_MILLISECOND": of_date(lambda when: when.microsecond // 1000),
    "DATE_MINUTE": of_date(lambda when: when.minute),
    "DATE_MONTH": of_date(lambda when: when.month),
    "DATE_NOW": pure(lambda: time.time_ns() // 1_000_000, 0),
    "DATE_SECOND": of_date(lambda when: when.second),
    "DATE_SUBTRACT": Function(lambda run, *arguments: shifted(run, *arguments, sign=-1), 3, 3),
    "DATE_TIMESTAMP": of_date(milliseconds),
    "DATE_YEAR": of_date(lambda when: when.year),
}
