"""The process: where it runs, how it was called, how it ended."""

import getpass
import os
import platform
import socket
import sys
from collections.abc import Mapping
from contextlib import suppress

from arangovis.client.capture.secrets import masked, masked_command
from arangovis.domain.json import Scalar

COMMAND_LENGTH_MAX = 4000
MESSAGE_LENGTH_MAX = 2000


def process_facts() -> Mapping[str, Scalar]:
    """Return host, user, process id and command line, secrets masked."""
    facts: dict[str, Scalar] = {"host": socket.gethostname(), "pid": os.getpid(), "machine": platform.machine()}
    facts["command"] = " ".join(masked_command(sys.orig_argv))[:COMMAND_LENGTH_MAX]
    facts["cpus"] = os.cpu_count()
    with suppress(OSError, KeyError, ImportError):  # a container may know no user
        facts["user"] = getpass.getuser()
    return facts


def message_of(error: BaseException) -> str:
    """Return type and message of an exception, secrets masked; no values of variables."""
    kind = type(error)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    text = _text_of(error)
    return masked((f"{name}: {text}" if text else name)[:MESSAGE_LENGTH_MAX])


def _text_of(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # an exception that cannot even be printed
        return ""
