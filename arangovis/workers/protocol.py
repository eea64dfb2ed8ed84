"""What a supervisor and its compute process say to each other: one JSON object a line.

To the process: a job. From it: any number of progress lines, then one end line. Nothing else is written to its
standard output; its log goes to standard error.
"""

import os
import select
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import IO

import orjson

_CHUNK_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class Job:
    """Compute this run as this attempt of this owner."""

    run: str
    owner: str
    attempt: int
    request: str = ""
    """The id of the request that the run came of."""


@dataclass(frozen=True, slots=True)
class Advance:
    """The computation got so far."""

    progress: float
    stage: str = ""


@dataclass(frozen=True, slots=True)
class End:
    """The computation is over. `written` says whether the run's end is stored; if not, it is to be tried again."""

    written: bool
    state: str = ""


def job_line(job: Job) -> bytes:
    """Return a job as a line."""
    return orjson.dumps(asdict(job)) + b"\n"


def read_job(line: bytes) -> Job:
    """Read a job from its line."""
    return Job(**orjson.loads(line))


def report_line(report: Advance | End) -> bytes:
    """Return a report as a line."""
    return orjson.dumps(asdict(report)) + b"\n"


def read_report(line: bytes) -> Advance | End | None:
    """Read a report from its line; None if it is none, since something else wrote it."""
    try:
        fields = orjson.loads(line)
        return End(**fields) if "written" in fields else Advance(float(fields["progress"]), str(fields["stage"]))
    except (orjson.JSONDecodeError, TypeError, KeyError, ValueError):
        return None


class Reports:
    """The reports of a process as they come: it never waits for the rest of a line."""

    def __init__(self, output: IO[bytes]) -> None:
        self._descriptor = output.fileno()
        self._poll = select.poll()
        self._poll.register(self._descriptor, select.POLLIN)
        self._rest = b""
        self.ended = False
        """Whether nothing more can come."""

    def wait(self, timeout_s: float) -> Sequence[Advance | End]:
        """Return what is there, or comes within this time."""
        if not self._poll.poll(timeout_s * 1000):
            return ()
        data = os.read(self._descriptor, _CHUNK_BYTES)
        self.ended = not data
        *lines, self._rest = (self._rest + data).split(b"\n")
        return [report for line in lines if (report := read_report(line)) is not None]
