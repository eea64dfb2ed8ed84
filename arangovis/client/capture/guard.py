"""The fence around everything that is captured: what fails there is a warning."""

import logging
import warnings
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

_log = logging.getLogger("arangovis.client.capture")


class CaptureWarning(UserWarning):
    """Something about a run could not be recorded."""


def guarded(what: str, part: Callable[[], T], default: T) -> T:
    """Return what `part` does; if it raises, warn and return the default."""
    try:
        return part()
    except Exception as error:  # whatever it is, the user's job goes on
        warn(f"{what} could not be recorded: {type(error).__name__}: {error}")
        return default


def warn(message: str) -> None:
    """Warn; where warnings are errors, log, since a warning must not end the user's job either."""
    try:
        warnings.warn(message, CaptureWarning, stacklevel=3)
    except CaptureWarning:
        _log.warning("%s", message)
