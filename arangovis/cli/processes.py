"""The processes of `arangovis serve`: the API and the local workers, each started again if it dies.

This parent holds nothing: kill it and its children die with it (the kernel sees to that), and all state is in the
store.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from types import FrameType

import click

from arangovis.settings import Settings

API = ("arangovis_api", "--dies-with-parent")
WORKER = ("arangovis.cli", "worker", "--dies-with-parent")
LOOK_EVERY_S = 0.5
RESTART_PAUSE_S = 1.0
STOP_PATIENCE_S = 10.0


@dataclass(slots=True)
class _Child:
    module: tuple[str, ...]
    process: subprocess.Popen[bytes]
    started: float


class Processes:
    """The API and the workers of one `serve`."""

    def __init__(self, settings: Settings, *, workers: int) -> None:
        self._environment = {**os.environ, **settings.environment()}
        self._url = f"http://{settings.host}:{settings.port}"
        self._modules = [API] + [WORKER] * workers
        self._stop = threading.Event()

    def run(self) -> None:
        """Run until SIGTERM or SIGINT."""
        signal.signal(signal.SIGTERM, self._on_signal)
        signal.signal(signal.SIGINT, self._on_signal)
        children = [self._start(module) for module in self._modules]
        click.echo(f"arangovis listens on {self._url}")
        try:
            while not self._stop.wait(LOOK_EVERY_S):
                for child in children:
                    self._revive(child)
        finally:
            _stop_all(children)

    def _on_signal(self, signum: int, frame: FrameType | None) -> None:  # noqa: ARG002
        self._stop.set()

    def _start(self, module: tuple[str, ...]) -> _Child:
        arguments = [sys.executable, "-m", *module]
        # a session of its own: Ctrl-C reaches this parent only, which then stops them in good order
        process = subprocess.Popen(arguments, env=self._environment, start_new_session=True)  # noqa: S603
        return _Child(module, process, time.monotonic())

    def _revive(self, child: _Child) -> None:
        if child.process.poll() is None or self._stop.is_set():
            return
        click.echo(f"{child.module[0]} ended with code {child.process.returncode}; starting it again", err=True)
        if time.monotonic() - child.started < RESTART_PAUSE_S:
            self._stop.wait(RESTART_PAUSE_S)
        fresh = self._start(child.module)
        child.process, child.started = fresh.process, fresh.started


def _stop_all(children: list[_Child]) -> None:
    for child in children:
        child.process.terminate()
    deadline = time.monotonic() + STOP_PATIENCE_S
    for child in children:
        try:
            child.process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.process.kill()
            child.process.wait()
