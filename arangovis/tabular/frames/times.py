"""Times as people write them, in UTC unless they say otherwise.

Accepted: ISO 8601 (`2020-01-02`, `2020-01`, `2020-01-02T03:04:05.6Z`, `... +02:00`), `20200102-03:04:05`,
`02-Jan-2020`, `02-Jan-20`, `20-Jan` (January 2020), `01/02/2020` (month first, unless the column is day first), and
bare times of day, which fall on 1970-01-01. A time of day may follow any date that has a day: `HH:mm[:ss[.ffffff]]`,
with AM or PM.
"""

import re
from datetime import UTC, datetime, timedelta, timezone

from arangovis.domain import moments

_CLOCK = (
    r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,6}))?)?"
    r"(?:[ ]?(?P<half>[AaPp][Mm]))?(?:[ ]?(?P<zone>[Zz]|[+-]\d{2}:?\d{2}))?"
)
_DATES = (
    (r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})", r"[ T]"),
    (r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})", r"-"),
    (r"(?P<day>\d{1,2})-(?P<word>[A-Za-z]{3})-(?P<year>\d{4}|\d{2})", r"[ T]"),
    (r"(?P<first>\d{1,2})/(?P<second_part>\d{1,2})/(?P<year>\d{4}|\d{2})", r"[ ]"),
)
_PATTERNS = (
    *(
        re.compile(rf"{date}(?:{gap}{_CLOCK})?\Z" if gap != "-" else rf"{date}-{_CLOCK}\Z", re.ASCII)
        for date, gap in _DATES
    ),
    re.compile(r"(?P<year>\d{4})-(?P<month>\d{2})\Z", re.ASCII),
    re.compile(r"(?P<year>\d{2})-(?P<word>[A-Za-z]{3})\Z", re.ASCII),
    re.compile(rf"{_CLOCK}\Z", re.ASCII),
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_TEXT_LENGTH_MAX = 40
_SLASHES = re.compile(r"(\d{1,2})/(\d{1,2})/\d", re.ASCII)


def microseconds_of(text: str, *, day_first: bool = False) -> int | None:
    """Return the time that a text says, in microseconds since 1970 in UTC, or None if it says none."""
    if len(text) > _TEXT_LENGTH_MAX:
        return None
    for pattern in _PATTERNS:
        if match := pattern.match(text):
            return _microseconds(match.groupdict(), day_first=day_first)
    return None


def slashed(text: str) -> tuple[int, int] | None:
    """Return the two numbers before the year of a date with slashes, which are month and day in either order."""
    match = _SLASHES.match(text)
    return (int(match[1]), int(match[2])) if match else None


def _microseconds(parts: dict[str, str | None], *, day_first: bool) -> int | None:
    try:
        month, day = _month_and_day(parts, day_first=day_first)
        moment = datetime(
            _year(parts.get("year") or "1970"),
            month,
            day,
            _hour(parts),
            int(parts.get("minute") or 0),
            int(parts.get("second") or 0),
            int((parts.get("fraction") or "0").ljust(6, "0")),
            _zone(parts.get("zone")),
        )
        return moments.microseconds_of(moment)
    except (ValueError, OverflowError):
        return None


def _month_and_day(parts: dict[str, str | None], *, day_first: bool) -> tuple[int, int]:
    if parts.get("first"):
        pair = (int(parts["first"] or 0), int(parts["second_part"] or 0))
        return (pair[1], pair[0]) if day_first else pair
    word = parts.get("word")
    month = _MONTHS.index(word.lower()) + 1 if word else int(parts.get("month") or 1)
    return month, int(parts.get("day") or 1)


def _year(text: str) -> int:
    year = int(text)
    if len(text) > 2:
        return year
    return year + (1900 if year >= 69 else 2000)  # as POSIX reads two digits


def _hour(parts: dict[str, str | None]) -> int:
    hour, half = int(parts.get("hour") or 0), parts.get("half")
    if not half:
        return hour
    if not 1 <= hour <= 12:
        raise ValueError(hour)
    return hour % 12 + (12 if half.lower() == "pm" else 0)


def _zone(text: str | None) -> timezone:
    if not text or text in "Zz":
        return UTC
    offset = timedelta(hours=int(text[1:3]), minutes=int(text[-2:]))
    return timezone(-offset if text[0] == "-" else offset)
