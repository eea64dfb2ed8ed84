"""The demo's own service: started, waited for, and ended with the demo. What it logs goes to a file."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from arangovis.client.http_transport import HttpTransport
from arangovis.domain.errors import StoreUnavailable
from arangovis.settings import PREFIX, Settings
from arangovis.workers.process import PARENT

READY_WITHIN_S = 60.0
STOP_WITHIN_S = 20.0
LOG_LINES_SHOWN = 10
_LOOK_EVERY_S = 0.1


@dataclass(frozen=True, slots=True)
class Server:
    """A service that runs."""

    process: subprocess.Popen[bytes]
    url: str
    log: Path

    def wait_until_ready(self) -> None:
        """Wait until it answers.

        Raises:
            StoreUnavailable: it ended, or took too long.

        """
        transport, deadline = HttpTransport(self.url), time.monotonic() + READY_WITHIN_S
        try:
            while not _answers(transport):
                if self.process.poll() is not None:
                    raise self.failed()
                if time.monotonic() > deadline:
                    raise StoreUnavailable(f"the service was not ready within {READY_WITHIN_S:g} s")
                time.sleep(_LOOK_EVERY_S)
        finally:
            transport.close()

    def wait_until_ended(self) -> None:
        """Wait for the end, which does not come by itself.

        Raises:
            StoreUnavailable: it ended.

        """
        self.process.wait()
        raise self.failed()

    def failed(self) -> StoreUnavailable:
        """Return the error that says how it ended."""
        return StoreUnavailable(f"the service ended with code {self.process.returncode}")

    def last_words(self) -> str:
        """Return the end of its log, and where all of it is."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_LINES_SHOWN:]
        return "\n".join([f"The end of {self.log}:", *(f"  {line}" for line in lines)])


@contextmanager
def running(settings: Settings) -> Iterator[Server]:
    """Run a service with these settings and none of the environment; it dies with this process."""
    log = settings.home / "log" / "serve.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    arguments = [sys.executable, "-m", "arangovis.cli", "serve", "--dies-with-parent"]
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603
            arguments,
            env=_environment(settings),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C reaches this process only, which then ends the service
        )
    try:
        yield Server(process, f"http://{settings.host}:{settings.port}", log)
    finally:
        _stop(process)


def _answers(transport: HttpTransport) -> bool:
    try:
        return transport.send("GET", "/health").status == 200
    except StoreUnavailable:
        return False


def _environment(settings: Settings) -> dict[str, str]:
    """Return an environment in which no setting of the user's own service reaches the demo's."""
    foreign = {name for name in os.environ if name.startswith(PREFIX) or name == "URL_PREFIX"}
    kept = {name: value for name, value in os.environ.items() if name not in foreign}
    return {**kept, **settings.environment(), PARENT: str(os.getpid())}


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
