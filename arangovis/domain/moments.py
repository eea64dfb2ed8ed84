"""Times as they are written, ISO 8601, and as they are kept: microseconds since 1970."""

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def read_moment(text: str) -> datetime:
    """Read ISO 8601; without a zone it is UTC.

    Raises:
        ValueError: it is none.

    """
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def microseconds_of(moment: datetime) -> int:
    """Return a time with a zone in microseconds since 1970, exactly."""
    return (moment - EPOCH) // _MICROSECOND
