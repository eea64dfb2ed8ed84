"""Logs of servers and workers: to standard error, as text or as one JSON object a line.

What is done for a request, and then for the run that came of it, is logged with the id of the request, in whichever
process: the id travels with the run.
"""

import json
import logging
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token

from arangovis.domain.errors import Fault, InvalidInput

FORMATS = ("text", "json")
ACCESS = "arangovis.access"
"""The logger that has a line for each request; it is silent in text."""
FIELDS = "fields"
"""Of a log record: further members of its JSON object, given as `extra={FIELDS: {...}}`."""

_about: ContextVar[tuple[str, str]] = ContextVar("about", default=("", ""))


@contextmanager
def about(request_id: str, run: str = "") -> Iterator[None]:
    """Have what this thread logs name a request, and a run, until the context ends."""
    token = enter(request_id, run)
    try:
        yield
    finally:
        leave(token)


def enter(request_id: str, run: str = "") -> Token[tuple[str, str]]:
    """Do as `about` until `leave` is given, in the same thread, what this returns."""
    return _about.set((request_id, run))


def leave(token: Token[tuple[str, str]]) -> None:
    """Name what was named before."""
    _about.reset(token)


def set_up(form: str) -> None:
    """Log to standard error from now on.

    Raises:
        InvalidInput: there is no such form.

    """
    if form not in FORMATS:
        raise InvalidInput.of(Fault("log_format", f"{form[:80]!r} is not one of {', '.join(FORMATS)}"))
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if form == "json" else TextFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    logging.getLogger(ACCESS).setLevel(logging.INFO if form == "json" else logging.WARNING)


class TextFormatter(logging.Formatter):
    """A line for people; what it is about stands before the message."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  # so logging calls it
        """Return the line."""
        request_id, run = _about.get()
        shown = " ".join(part for part in (request_id, run) if part)
        if shown:
            record.message = f"[{shown}] {record.message}"
        return super().formatMessage(record)


class JsonFormatter(logging.Formatter):
    """One object a line: `time` (ISO 8601, UTC), `level`, `logger`, `message`, `pid`, and what it is about."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        request_id, run = _about.get()
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        said: dict[str, object] = {
            "time": f"{moment}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "pid": os.getpid(),
            "request_id": request_id,
            "run": run,
            **getattr(record, FIELDS, {}),
        }
        if record.exc_info:
            said["error"] = self.formatException(record.exc_info)
        return json.dumps({name: value for name, value in said.items() if value not in ("", None)}, default=str)
