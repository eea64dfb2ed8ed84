"""What a supervisor and its compute process say to each other: one JSON object a line.

To the process: a job. From it: any number of progress lines, then one end line. Nothing else is written to its
standard output; its log goes to standard error.
"""

from dataclasses import asdict, dataclass

import orjson


@dataclass(frozen=True, slots=True)
class Job:
    """Compute this run as this attempt of this owner."""

    run: str
    owner: str
    attempt: int


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


def read_report(line: bytes) -> Advance | End:
    """Read a report from its line."""
    fields = orjson.loads(line)
    return End(**fields) if "written" in fields else Advance(**fields)
