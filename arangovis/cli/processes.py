"""The processes of `arangovis serve`: the API and the local workers, each started again if it dies.

This parent holds nothing: kill it and its children die with it (the kernel sees to that), and all state is in the
store.
"""

import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from types import FrameType

import click

from arangovis.domain.errors import Fault, InvalidInput
from arangovis.settings import Settings
from arangovis.workers.process import child_environment, signal_group

API = ("arangovis_api", "--dies-with-parent")
WORKER = ("arangovis.cli", "worker", "--dies-with-parent")
LOOK_EVERY_S = 0.5
RESTART_PAUSE_FIRST_S = 1.0
RESTART_PAUSE_MAX_S = 30.0
STEADY_AFTER_S = 60.0
"""A child that lived this long is started again without a pause."""
STOP_PATIENCE_S = 15.0
"""Longer than the server takes to answer what was asked before it was told to stop."""


@dataclass(slots=True)
class _Child:
    """A child that runs, or one that died and is started again at `start_at`."""

    module: tuple[str, ...]
    process: subprocess.Popen[bytes]
    started: float
    pause_s: float = RESTART_PAUSE_FIRST_S
    start_at: float | None = None


class Processes:
    """The API and the workers of one `serve`."""

    def __init__(self, settings: Settings, *, workers: int) -> None:
        self._address = (settings.host, settings.port)
        self._environment = settings.environment()
        self._modules = [API] + [WORKER] * workers
        self._stop: SimpleQueue[int] = SimpleQueue()  # unlike an Event, it may be used in a signal handler

    def run(self) -> None:
        """Run until SIGTERM or SIGINT.

        Raises:
            InvalidInput: the address cannot be listened on.

        """
        check_free(*self._address)
        signal.signal(signal.SIGTERM, self._on_signal)
        signal.signal(signal.SIGINT, self._on_signal)
        children = [_Child(module, self._start(module), time.monotonic()) for module in self._modules]
        click.echo("arangovis listens on http://{}:{}".format(*self._address))
        try:
            while not self._is_stopped():
                for child in children:
                    self._look_after(child)
        finally:
            _stop_all(children)

    def _on_signal(self, signum: int, frame: FrameType | None) -> None:  # noqa: ARG002
        self._stop.put(signum)

    def _is_stopped(self) -> bool:
        try:
            return self._stop.get(timeout=LOOK_EVERY_S) > 0
        except Empty:
            return False

    def _start(self, module: tuple[str, ...]) -> subprocess.Popen[bytes]:
        arguments = [sys.executable, "-m", *module]
        # a session of its own: Ctrl-C reaches this parent only, which then stops them in good order
        return subprocess.Popen(arguments, env=child_environment(self._environment), start_new_session=True)  # noqa: S603

    def _look_after(self, child: _Child) -> None:
        if child.process.poll() is None:
            return
        now = time.monotonic()
        if child.start_at is None:
            self._bury(child, now)
        elif now >= child.start_at:
            child.process, child.started, child.start_at = self._start(child.module), now, None

    def _bury(self, child: _Child, now: float) -> None:
        """Clear away what a dead child started, such as a process that holds the port, and say when it is revived."""
        click.echo(f"{child.module[0]} ended with code {child.process.returncode}; starting it again", err=True)
        signal_group(child.process, signal.SIGKILL)
        steady = now - child.started >= STEADY_AFTER_S
        child.start_at = now if steady else now + child.pause_s
        child.pause_s = RESTART_PAUSE_FIRST_S if steady else min(2 * child.pause_s, RESTART_PAUSE_MAX_S)


def check_free(host: str, port: int) -> None:
    """Look whether an address can be listened on.

    Raises:
        InvalidInput: it is in use, or not one of this machine.

    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host.strip("[]"), port))
        except OSError as error:
            raise InvalidInput.of(Fault("port", f"{host}:{port} cannot be listened on: {error.strerror}")) from error


def _stop_all(children: list[_Child]) -> None:
    for child in children:
        child.process.terminate()
    deadline = time.monotonic() + STOP_PATIENCE_S
    for child in children:
        try:
            child.process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            signal_group(child.process, signal.SIGKILL)
            child.process.wait()
