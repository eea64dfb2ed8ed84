"""A Dask scheduler, Dask workers and dispatchers as processes of their own, on one home and one machine."""

import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from arangovis.wiring import Arangovis
from tests.acceptance.processes import LEASE_S, assert_no_orphans, end_all, environment_of, free_port
from tests.backends import build_service, settings_of

Process = subprocess.Popen[bytes]
DASK = ("dask",)
DISPATCHER = ("tests.acceptance.toy_dispatcher",)


class Cluster:
    """Processes on a home. Each writes to a file of its own in `log`."""

    def __init__(self, home: Path, **settings: object) -> None:
        self.home = home
        self.log = home.parent / "log"
        self.log.mkdir()
        self.port = free_port()
        self.scheme = "tcp"
        self.processes: list[Process] = []
        self._settings = settings
        self.environment: Mapping[str, str] = {}

    @property
    def address(self) -> str:
        """The scheduler's address."""
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def scheduler(self) -> Process:
        """Start the scheduler; it has the same port each time."""
        place = ("--host", self.address.rpartition(":")[0], "--port", str(self.port))
        return self.start(*DASK, "scheduler", *place, "--dashboard-address", "127.0.0.1:0", "--no-show")

    def worker(self, *options: str, threads: int = 1) -> Process:
        """Start a Dask worker with so many threads."""
        given = ("--nthreads", str(threads), "--no-dashboard", "--local-directory", str(self.home.parent / "dask"))
        return self.start(*DASK, "worker", self.address, *given, *(options or ("--no-nanny",)))

    def dispatcher(self) -> Process:
        """Start a dispatcher of the toy methods."""
        return self.start(*DISPATCHER)

    def start(self, *module: str) -> Process:
        """Start `python -m MODULE` on the home and the scheduler."""
        number = len(self.processes)
        settings = {"scheduler": self.address, **self._settings}
        with (self.log / f"{number}-{Path(module[0]).name}-{'-'.join(module[1:2])}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", *module],
                env={**environment_of(self.home, **settings), **self.environment},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.processes.append(process)
        return process

    def logs(self) -> str:
        """Return what all of them wrote."""
        return "\n".join(path.read_text("utf-8", "replace") for path in sorted(self.log.iterdir()))


@contextmanager
def running_cluster(home: Path, *, workers: Sequence[int] = (1,), **settings: Any) -> Iterator[Cluster]:
    """Run a scheduler, workers with so many threads each, and a dispatcher; what is left at the end is stopped."""
    with a_cluster(Cluster(home, **settings)) as cluster:
        cluster.scheduler()
        for threads in workers:
            cluster.worker(threads=threads)
        cluster.dispatcher()
        yield cluster


@contextmanager
def a_cluster(cluster: Cluster) -> Iterator[Cluster]:
    """Give a cluster that nothing runs of yet; what runs at the end is stopped, and must leave nothing behind."""
    home = cluster.home
    try:
        yield cluster
        for process in reversed(cluster.processes):  # dispatchers first, the scheduler last
            process.terminate()
            process.wait(20)
        assert_no_orphans(home)
    finally:
        end_all(home)
        for process in cluster.processes:
            process.wait()


@contextmanager
def opened(home: Path) -> Iterator[Arangovis]:
    """Open the service on a home."""
    service = build_service(settings_of(home, lease_s=LEASE_S))
    try:
        yield service
    finally:
        service.close()


def kill_now(process: Process) -> None:
    """Kill a process that is ours, and collect it."""
    process.kill()
    process.wait(10)
