"""How an outbox behaves, and what it says of itself."""

from dataclasses import dataclass
from pathlib import Path

from arangovis.client.outbox.queue import FullPolicy
from arangovis.domain.errors import Fault, InvalidInput

BYTES_MAX_DEFAULT = 1 << 30
BYTES_MAX_LEAST = 64 << 10


class LoggingWarning(UserWarning):
    """Something that was logged did not reach the service, or waits longer than it should."""


@dataclass(frozen=True, slots=True)
class OutboxOptions:
    """How an outbox behaves.

    Args:
        folder: where spools live; by default `spool` in the home.
        bytes_max: how many bytes may wait on disk.
        when_full: what happens to rows when no more may wait: `block`, `drop_oldest` or `error`.
        offline: only write; `arangovis sync` sends.
        strict: what the service refused is raised by the next call, instead of a warning.

    Raises:
        InvalidInput: the bound is too small, or there is no such policy.

    """

    folder: Path | None = None
    bytes_max: int = BYTES_MAX_DEFAULT
    when_full: FullPolicy = FullPolicy.BLOCK
    offline: bool = False
    strict: bool = False

    def __post_init__(self) -> None:
        if self.bytes_max < BYTES_MAX_LEAST:
            raise InvalidInput.of(Fault("bytes_max", f"{self.bytes_max} is less than {BYTES_MAX_LEAST}"))
        if self.when_full not in tuple(FullPolicy):
            known = ", ".join(FullPolicy)
            raise InvalidInput.of(Fault("when_full", f"{str(self.when_full)[:40]!r} is not one of {known}"))
        object.__setattr__(self, "when_full", FullPolicy(self.when_full))


@dataclass(frozen=True, slots=True)
class Status:
    """How much waits and what became of the rest.

    `waiting_bytes` are on disk. `delivered`, `refused`, `dropped` and `faults` count since this process began; a fault
    is a try that brought no answer that settles the request.
    """

    waiting_requests: int = 0
    waiting_bytes: int = 0
    delivered: int = 0
    refused: int = 0
    dropped: int = 0
    faults: int = 0
    last_error: str | None = None
