"""The simulator as a process of its own, for tests."""

import base64
import json
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
START_WITHIN_S = 30.0
STOP_WITHIN_S = 10.0


@dataclass(frozen=True, slots=True)
class Simulator:
    """A running simulator: where it is, root's password, and what a test may ask of it beside ArangoDB's interface."""

    url: str
    root_password: str

    def fault(self, kind: str, *, method: str = "", path: str = "", times: int = 1, **more: float) -> None:
        """Do something to the next requests of a method and path prefix; `faults.Fault` says what there is.

        Args:
            kind: `drop`, `do_then_drop`, `unavailable`, `hang` (with `seconds`) or `error` (with `number`).
            method: as GET; empty for any.
            path: without the database's prefix, as `/_api/cursor`; empty for any.
            times: how many requests.
            **more: `skip` (requests that go well before), `seconds`, `number`.

        """
        self._ask("POST", "faults", {"kind": kind, "method": method, "path": path, "times": times, **more})

    def clear_faults(self) -> None:
        """Forget the faults still to come, and wake what hangs."""
        self._ask("DELETE", "faults")

    def restart(self) -> None:
        """Lose what a restart loses: open transactions, cursors, tokens and connections. Committed data stays.

        The process is not started again: it shows what a client sees of a restart, not what a disk survives.
        """
        self._ask("POST", "restart")

    def lose_cursors(self) -> None:
        """Make all cursors unknown."""
        self._ask("POST", "lose-cursors")

    def expire_tokens(self) -> None:
        """Make all tokens worthless."""
        self._ask("POST", "expire-tokens")

    def abort_transactions(self) -> None:
        """Abort all stream transactions, as an idle timeout does."""
        self._ask("POST", "abort-transactions")

    def copy(self, source: str, target: str) -> None:
        """Make the collections, indexes, graphs and documents of one database in another, unless it has some."""
        self._ask("POST", "copies", {"source": source, "target": target})

    def advance(self, seconds: float) -> None:
        """Put the server's clock forward."""
        self._ask("POST", "clock", {"advance": seconds})

    def requests(self, database: str | None = None) -> Mapping[tuple[str, str], int]:
        """Return the number of requests since the last reset, by method and path, of one or all databases."""
        counts: dict[tuple[str, str], int] = {}
        for each in self._ask("GET", "requests"):
            if database in (None, each["database"]):
                place = (each["method"], each["path"])
                counts[place] = counts.get(place, 0) + each["count"]
        return counts

    def reset_requests(self) -> None:
        """Begin to count anew."""
        self._ask("DELETE", "requests")

    def _ask(self, method: str, name: str, body: Mapping[str, object] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/_simulator/{name}", data, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read())

    def basic(self) -> str:
        """Return root's Authorization header."""
        return "Basic " + base64.b64encode(f"root:{self.root_password}".encode()).decode()


@contextmanager
def running_simulator(*, root_password: str = "secret", **options: float) -> Iterator[Simulator]:
    """Run a simulator on a free port until it is done with.

    Args:
        root_password: of the user root.
        **options: `token_lifetime`, `transaction_idle`, `lock_timeout`, in seconds.

    Raises:
        RuntimeError: it did not start.

    """
    with tempfile.TemporaryDirectory(prefix="arango-simulator-") as folder:
        port_file = Path(folder) / "port"
        flags = [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
        command = [sys.executable, "-m", "tests.arango_simulator", "--root-password", root_password]
        files = ["--port-file", str(port_file), "--until-stdin-ends"]
        process = subprocess.Popen([*command, *files, *flags], cwd=ROOT, stdin=subprocess.PIPE)
        try:
            yield Simulator(f"http://127.0.0.1:{_port(process, port_file)}", root_password)
        finally:
            _stop(process)


def _port(process: subprocess.Popen[bytes], port_file: Path) -> int:
    deadline, pause = time.monotonic() + START_WITHIN_S, threading.Event()
    while not (port_file.exists() and port_file.read_text()):
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError("the simulator did not start")
        pause.wait(0.02)
    return int(port_file.read_text())


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End it for sure; a test process that is killed itself ends it by closing its standard input."""
    process.terminate()
    try:
        process.wait(STOP_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdin is not None:
        process.stdin.close()
