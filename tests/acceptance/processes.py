"""Real processes of arangovis on a home, and a client of their API."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import psutil

from tests.backends import settings_of

ROOT = Path(__file__).parents[2]
READY_WITHIN_S = 30.0
DEADLINE_S = 40.0
LEASE_S = 3
EMBEDDING = {"name": "embedding", "shape": [1, 64], "dtype": "float32", "profile": "NUMERICAL"}


def until(holds: Callable[[], bool], *, within_s: float = DEADLINE_S, what: str = "it") -> None:
    """Wait for a condition."""
    deadline, pause = time.monotonic() + within_s, threading.Event()
    while not holds():
        assert time.monotonic() < deadline, f"{what} did not come true within {within_s:g} s"
        pause.wait(0.05)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment_of(home: Path, **settings: object) -> dict[str, str]:
    """Return the environment of a process on a home."""
    own = settings_of(home, **{"lease_s": LEASE_S, **settings}).environment()
    return {**os.environ, "PYTHONPATH": str(ROOT), **own}


@dataclass(frozen=True)
class Answer:
    """What a server answered."""

    status: int
    body: Any


def ask(url: str, body: object = None, *, method: str | None = None, **headers: str) -> Answer:
    """Send a request; raise OSError if there was no whole answer."""
    data = None if body is None else json.dumps(body).encode()
    sent = {"Content-Type": "application/json", "X-Arangovis-Actor": "ada", **headers}
    request = urllib.request.Request(url, data, sent, method=method)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return Answer(answer.status, _loaded(answer.read()))
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, _loaded(error.read()))


def _loaded(data: bytes) -> Any:
    try:
        return json.loads(data)
    except ValueError:
        return data.decode("utf-8", "replace")


class Server:
    """`arangovis serve` as a process."""

    def __init__(self, home: Path, *, workers: int = 1, port: int | None = None, **settings: object) -> None:
        self.home = home
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        command = [sys.executable, "-m", "arangovis.cli", "serve", "--port", str(self.port), "--workers", str(workers)]
        self.process = subprocess.Popen(command, env=environment_of(home, **settings), start_new_session=True)

    def wait_until_ready(self) -> "Server":
        until(self.is_ready, within_s=READY_WITHIN_S, what="/health")
        return self

    def is_ready(self) -> bool:
        assert self.process.poll() is None, "the server ended"
        try:
            return ask(f"{self.url}/health").status == 200
        except OSError:
            return False

    def get(self, path: str, **headers: str) -> Answer:
        return ask(self.url + path, **headers)

    def post(self, path: str, body: object, **headers: str) -> Answer:
        return ask(self.url + path, body, **headers)

    def task(self, path: str, number: int) -> str:
        """Ask for a projection; return its task."""
        answer = self.post(f"/visualization/{path}", {"model_version_id": number})
        assert answer.status == 202, answer
        return str(answer.body["task_id"])

    def state(self, task: str) -> str:
        return str(self.get(f"/api/v1/nodes/run/{task}").body["attributes"]["state"])

    def stop(self) -> None:
        """Stop it as a person would."""
        self.process.terminate()
        assert self.process.wait(20) == 0


@contextmanager
def running_service(home: Path, **options: Any) -> Iterator[Server]:
    """Run `arangovis serve` on a free port until it is done with; it must end well."""
    server = Server(home, **options)
    try:
        yield server.wait_until_ready()
        server.stop()
    finally:
        server.process.kill()  # all that it started dies with it
        server.process.wait()


@contextmanager
def running_workers(home: Path, count: int, module: Sequence[str] = ("arangovis.cli", "worker")) -> Iterator[list[Any]]:
    """Run workers on a home."""
    command = [sys.executable, "-m", *module]
    workers = [subprocess.Popen(command, env=environment_of(home), start_new_session=True) for _ in range(count)]
    try:
        yield workers
        for worker in workers:
            worker.terminate()
        for worker in workers:
            worker.wait(20)
        assert_no_orphans(home)
    finally:
        end_all(home)
        for worker in workers:
            worker.wait()


# --- processes ----------------------------------------------------------------------------------------------------


def processes(home: Path, *words: str) -> list[psutil.Process]:
    """Return the living processes on a home whose command line has these words."""
    found = []
    for process in psutil.process_iter():
        try:
            ours = process.environ().get("ARANGOVIS_HOME") == str(home)
            if ours and process.status() != psutil.STATUS_ZOMBIE and set(words) <= set(process.cmdline()):
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return sorted(found, key=lambda process: (process.create_time(), process.pid))


def kill(process: psutil.Process) -> None:
    """Kill a process; one that is gone is gone."""
    try:
        os.kill(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def end_all(home: Path) -> None:
    """Kill whatever is left on a home, so that a failed test leaves nothing behind."""
    for process in processes(home):
        kill(process)


def assert_no_orphans(home: Path) -> None:
    until(lambda: not processes(home), within_s=10, what="the end of all processes")


# --- rows ---------------------------------------------------------------------------------------------------------


@cache
def digits(count: int = 120) -> Sequence[Mapping[str, Any]]:
    """Return production rows: the pixels of digits as embeddings."""
    from sklearn.datasets import load_digits

    images = load_digits().data
    return [{"_id": f"digit-{n}", "embedding": [float(pixel) for pixel in images[n]]} for n in range(count)]


def register(server: Server) -> int:
    """Register a model version with production rows; return its id."""
    server.post("/api/v1/projects", {"name": "demo"})
    server.post("/api/v1/models", {"project": "demo", "name": "digits"})
    body = {"project": "demo", "model": "digits", "signature": {"inputs": [], "outputs": [EMBEDDING]}}
    answer = server.post("/api/v1/model-versions", body)
    assert answer.status in (200, 201), answer
    number = int(answer.body["id"])
    sent = server.post(f"/api/v1/model-versions/{number}/production-data", list(digits()))
    assert sent.status in (200, 201), sent
    return number
