"""What an answer means for a request that waits."""

from dataclasses import dataclass
from enum import Enum, auto

from arangovis.client.problems import raise_for
from arangovis.client.transport import Response
from arangovis.domain.errors import ArangovisError

RETRY_AFTER_MAX_S = 30.0
_LATER = frozenset((401, 403, 407, 408, 425, 429))
"""A person or time may put these right without another request: a token that expired, too much at once."""


class Outcome(Enum):
    """What is to be done with the request."""

    DELIVERED = auto()
    REFUSED = auto()
    LATER = auto()


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome; what was wrong, if anything; and how many seconds the service wants to be left alone."""

    outcome: Outcome
    error: Exception | None = None
    pause_s: float = 0.0


def verdict(response: Response) -> Verdict:
    """Judge an answer: a request is refused only if sending the very same again can never help."""
    if 200 <= response.status < 300:
        return Verdict(Outcome.DELIVERED)
    try:
        raise_for(response)
    except ArangovisError as error:
        final = 400 <= response.status < 500 and response.status not in _LATER
        return Verdict(Outcome.REFUSED if final else Outcome.LATER, error, _retry_after(response))
    return Verdict(Outcome.LATER)


def _retry_after(response: Response) -> float:
    given = response.headers.get("retry-after", "")
    return min(RETRY_AFTER_MAX_S, float(given)) if given.isascii() and given.isdigit() else 0.0
