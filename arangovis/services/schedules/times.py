"""When a schedule fires: by a cron expression in a time zone, or every so many seconds."""

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from arangovis.domain.errors import Fault, InvalidInput

US = 1_000_000
EVERY_MIN_S, EVERY_MAX_S = 1, 366 * 24 * 3600
CRON_FIELDS = 5
CRON_LENGTH_MAX = 200
ZONE_DEFAULT = "UTC"


@dataclass(frozen=True, slots=True)
class Times:
    """When to fire: `cron` (minute, hour, day of month, month, day of week) in `zone`, or every `every_s` seconds.

    Raises:
        InvalidInput: not exactly one of the two is given, or it cannot be read, or never comes.

    """

    cron: str | None = None
    every_s: int | None = None
    zone: str = ZONE_DEFAULT

    def __post_init__(self) -> None:
        if (self.cron is None) == (self.every_s is None):
            raise InvalidInput.of(Fault("cron", "give either cron or every_s"))
        if self.every_s is not None and not EVERY_MIN_S <= self.every_s <= EVERY_MAX_S:
            raise InvalidInput.of(Fault("every_s", f"{self.every_s} is not between {EVERY_MIN_S} and {EVERY_MAX_S}"))
        if self.cron is not None:
            _next_of_cron(self.cron, _zone(self.zone), 0)

    def after(self, moment: int, *, since: int | None = None) -> int:
        """Return the first time later than a moment, both in microseconds since 1970.

        Fires of an interval are whole intervals after `since`, so that late ones do not move those that follow;
        all that were missed count as one.
        """
        if self.every_s is None:
            return _next_of_cron(str(self.cron), _zone(self.zone), moment)
        begin, step = moment if since is None else since, self.every_s * US
        return begin + step * max(1, (moment - begin) // step + 1)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise InvalidInput.of(Fault("zone", f"{name[:80]!r} is no time zone such as Europe/Berlin")) from error


def _next_of_cron(expression: str, zone: ZoneInfo, moment: int) -> int:
    from cronsim import CronSim, CronSimError

    shown = f"{expression[:80]!r}"
    if len(expression) > CRON_LENGTH_MAX or len(expression.split()) != CRON_FIELDS or not expression.isascii():
        raise InvalidInput.of(Fault("cron", f"{shown} has not the five fields of a cron expression: 30 3 * * MON"))
    try:
        found = next(CronSim(expression, datetime.fromtimestamp(moment // US, zone)))
    except CronSimError as error:
        raise InvalidInput.of(Fault("cron", f"{shown} cannot be read: {error}")) from error
    except StopIteration as error:
        raise InvalidInput.of(Fault("cron", f"{shown} never comes")) from error
    return int(found.astimezone(UTC).timestamp()) * US
