"""Spools that nobody delivers any more: their process was killed, was offline, or did not wait for the service."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from arangovis.client.outbox.courier import Courier
from arangovis.client.outbox.spool import Spool, target_of
from arangovis.client.outbox.target import Target
from arangovis.client.outbox.verdicts import Outcome, Verdict
from arangovis.domain.errors import Conflict, InvalidContent


@dataclass(frozen=True, slots=True)
class Waiting:
    """A spool that somebody left: its folder, and where its requests go."""

    folder: Path
    target: Target


def waiting_in(folder: Path, pattern: str = "*") -> Iterator[Waiting]:
    """Yield the spools in a folder, oldest first; some may be in use."""
    for path in sorted(folder.glob(pattern)):
        with suppress(InvalidContent):
            if path.is_dir() and not path.name.startswith("."):
                yield Waiting(path, target_of(path))


def delivered(folder: Path, target: Target, courier: Courier, pattern: str = "*") -> Iterator[Verdict]:
    """Deliver what processes left for a target, a request at each step; end when the service does not take one now.

    A spool in use is passed over. Close this generator to let go of what it has locked.
    """
    for waiting in waiting_in(folder, pattern):
        spool = _opened(waiting.folder) if waiting.target == target else None
        if spool is None:
            continue
        try:
            yield from emptied(spool, courier)
        finally:
            spool.close()
        if spool.requests:
            return


def emptied(spool: Spool, courier: Courier) -> Iterator[Verdict]:
    """Deliver the requests of a spool in order, one at each step, until one is not taken now."""
    while (found := spool.first()) is not None:
        judged = courier.carry(found[0])
        if judged.outcome is Outcome.REFUSED:
            spool.set_aside(*found)
        elif judged.outcome is Outcome.DELIVERED:
            spool.advance(found[1])
        yield judged
        if judged.outcome is Outcome.LATER:
            return


def _opened(folder: Path) -> Spool | None:
    """Open a spool, if no process has it, and it may be changed."""
    try:
        return Spool(folder)
    except (Conflict, OSError):
        return None
