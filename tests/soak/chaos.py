"""Faults of every sort under load: `python -m tests.soak.chaos [--minutes 10] [--store arango] [--artifacts s3]`.

A server with a worker is written to all along, and trainings log to it. Round by round a process is killed with
SIGKILL, the disk is full, fsync fails, the clock is wrong, a stored file changes, or connections to ArangoDB and S3 are
cut, hang or are refused. After each round the fault ends, the server is up again, and the stores are verified with all
their bytes: nothing may be wrong, and every row and run that was acknowledged is there. In the end each row that a
logger's spool took is there once.
"""

import argparse
import itertools
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.client import HTTPException
from pathlib import Path

import orjson

from arangovis.domain.errors import StoreUnavailable
from arangovis.domain.ids import NodeId
from arangovis.services.verification import Problem, check_store
from arangovis.tabular import Rows
from arangovis.wiring import Arangovis
from tests.acceptance.processes import Server, digits, end_all, kill, processes, register, until
from tests.backends import Backends, build_service, running_backends, settings_of
from tests.broken_link import BrokenLink, broken_link
from tests.soak.chaos_loggers import Loggers

HERE = Path(__file__).parent
FAULT_S = (0.3, 1.2)
CALM_S = (0.2, 0.6)
SKEWS_S = (-7200, -90, 90, 7200)
READY_WITHIN_S = 60.0
LOOKS_MAX = 4
LOOK_AGAIN_S = 0.5
LOGGER_DIES = 0.3
"""How often a logger is killed while something else goes wrong."""
DOWN = (OSError, HTTPException)
"""What it is to a client that the server is not there, or was killed while it answered."""
REFUSED = frozenset({409, 429, 500, 503, 507})
"""What may be answered while a fault lasts: not acknowledged, so nothing is expected of it."""


@dataclass
class Report:
    """What happened, and what is wrong."""

    seed: int
    rounds: Counter[str] = field(default_factory=Counter)
    acknowledged_rows: int = 0
    acknowledged_runs: int = 0
    logged_rows: int = 0
    loggers_killed: int = 0
    broken_off: Counter[str] = field(default_factory=Counter)
    refused: Counter[int] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    unsound: list[str] = field(default_factory=list)
    unnoticed: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def is_good(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.lost or self.unsound or self.unnoticed)


class Faults:
    """The file that tells processes which of their calls fail."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "faults"
        self._path.write_bytes(bytes(4096))
        self._library = folder / "faults.so"
        source = str(HERE / "faults.c")
        compiler = shutil.which("cc") or "gcc"
        subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", str(self._library), source], check=True)

    @contextmanager
    def loaded(self) -> Iterator[None]:
        """Let processes that are started meanwhile obey."""
        new = {"LD_PRELOAD": str(self._library), "CHAOS_FAULTS": str(self._path)}
        old = {name: os.environ.get(name) for name in new}
        os.environ.update(new)
        try:
            yield
        finally:
            for name, value in old.items():
                os.environ.pop(name) if value is None else os.environ.update({name: value})

    def tell(self, *, fsync: bool = False, full: bool = False, skew_s: int = 0) -> None:
        """Say what fails from now on; nothing if nothing is said."""
        with self._path.open("r+b") as file:
            file.write(struct.pack("<iii", fsync, full, skew_s))


@dataclass
class Writers:
    """Clients that append rows and log runs, and remember what was acknowledged."""

    report: Report
    server: Server
    number: int
    rows: set[str] = field(default_factory=set)
    runs: set[str] = field(default_factory=set)
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Write until the context ends."""
        self._stop.clear()
        self._threads = [threading.Thread(target=self._repeat, args=(act,)) for act in (self._append, self._log)]
        for thread in self._threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in self._threads:
                thread.join()

    def _repeat(self, act: Callable[[str], None]) -> None:
        while not self._stop.is_set():
            try:
                act(f"{act.__name__.strip('_')}-{time.monotonic_ns()}")
            except DOWN:
                self._stop.wait(0.05)
            except Exception as error:  # a thread that ended unsaid would write nothing that could be lost
                self.report.unsound.append(f"{act.__name__} ended: {error!r}")
                return

    def _append(self, name: str) -> None:
        path = f"/api/v1/model-versions/{self.number}/production-data"
        if self._is_taken(path, [{**digits()[0], "_id": name}]):
            self.rows.add(name)

    def _log(self, name: str) -> None:
        output = {"role": "model", "attributes": {"digest": "0" * 64, "bytes": 1, "media_type": "text/plain"}}
        if self._is_taken("/api/v1/runs", {"method": "train", "key": name, "outputs": [output]}):
            self.runs.add(name)

    def _is_taken(self, path: str, body: object) -> bool:
        answer = self.server.post(path, body)
        if answer.status in (200, 201, 202):
            return True
        self.report.refused[answer.status] += 1
        if answer.status not in REFUSED:
            self.report.unsound.append(f"{path} answered {answer.status}: {str(answer.body)[:200]}")
        self._stop.wait(0.05)
        return False


@dataclass(frozen=True)
class Surroundings:
    """Where the stores are, and the links to those that are not on the disk."""

    backends: Backends
    links: Mapping[str, BrokenLink]

    def rounds(self) -> tuple[str, ...]:
        """Return the sorts of rounds there are."""
        broken = tuple(f"{link}_{how}" for how in ("cut", "hung", "refused") for link in sorted(self.links))
        far = (*broken, "cut_and_kill") if broken else ()
        restart = ("arango_restarted",) if self.backends.simulator is not None else ()
        near = () if len(self.links) == len(KINDS) else DISK
        return (*far, *restart, *near, *ANYWHERE)


@contextmanager
def surrounded(store: str, artifacts: str, chance: random.Random) -> Iterator[Surroundings]:
    """Run the servers of the stores, each behind a link that breaks."""
    links: dict[str, BrokenLink] = {}
    with ExitStack() as stack:

        def through(kind: str, url: str) -> str:
            links[kind] = stack.enter_context(broken_link(url, chance))
            return links[kind].url

        with running_backends(store, artifacts, through) as backends:
            try:
                yield Surroundings(backends, links)
            finally:
                for link in links.values():
                    link.heal(late=False)


class Chaos:
    """Rounds of faults on one home."""

    def __init__(self, home: Path, faults: Faults, around: Surroundings, seed: int) -> None:
        self._home = home
        self._faults = faults
        self._around = around
        self._random = random.Random(seed)
        self._acts: dict[str, Callable[[], None]] = {
            f"{name}_{how}": partial(self._broken, link, act)
            for name, link in around.links.items()
            for how, act in (("cut", link.cut), ("hung", link.hang), ("refused", link.refuse))
        }
        self.report = Report(seed)
        self.server = Server(home, workers=1).wait_until_ready()
        self.writers = Writers(self.report, self.server, register(self.server))
        self.loggers = Loggers(self.server.url, home.parent / "spool", self._random)

    def round(self, name: str) -> None:
        """Do one thing to the service while it is written to; then look at everything."""
        with self.writers.writing():
            self._pause(CALM_S)
            self._acts[name]() if name in self._acts else getattr(self, f"_{name}")()
            if self._random.random() < LOGGER_DIES:
                self.loggers.kill()
            self._mend()
            self._up_again()
            self.loggers.revive()
            self._pause(CALM_S)
        self.report.rounds[name] += 1
        self._look(name)

    def _mend(self) -> None:
        self._faults.tell()
        for link in self._around.links.values():
            link.heal(late=self._random.random() < 0.5)

    def _pause(self, seconds: tuple[float, float]) -> None:
        time.sleep(self._random.uniform(*seconds))

    # --- faults -----------------------------------------------------------------------------------------------

    def _kill(self) -> None:
        kill(self._random.choice(processes(self._home)))

    def _full(self) -> None:
        self._faults.tell(full=True)
        self._pause(FAULT_S)

    def _fsync(self) -> None:
        self._faults.tell(fsync=True)
        self._pause(FAULT_S)

    def _skew(self) -> None:
        self._faults.tell(skew_s=self._random.choice(SKEWS_S))
        self._pause(FAULT_S)

    def _kill_logger(self) -> None:
        self.loggers.kill()

    def _broken(self, link: BrokenLink, act: Callable[[], None]) -> None:
        act()
        self._pause(FAULT_S)

    def _cut_and_kill(self) -> None:
        for link in self._around.links.values():
            link.cut()
        self._pause((0.05, 0.3))
        self._kill()

    def _arango_restarted(self) -> None:
        """Open transactions, cursors, tokens and connections are gone."""
        assert self._around.backends.simulator is not None
        self._around.backends.simulator.restart()
        self._around.links["arango"].refuse()
        self._pause(FAULT_S)

    def _fsync_and_kill(self) -> None:
        self._faults.tell(fsync=True)
        self._pause((0.05, 0.3))
        self._kill()

    def _full_and_kill(self) -> None:
        self._faults.tell(full=True)
        self._pause((0.05, 0.3))
        self._kill()

    def _corrupt(self) -> None:
        """Change stored bytes: verifying has to name them; then they are put back from a copy, as from a backup."""
        with self._opened() as service:
            digest = self._random.choice(_segments(service, self.writers.number))
            whole = service.blobs.read(digest)
            place = self._random.randrange(len(whole))
            changed = whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]
            self._around.backends.overwrite(self._home, digest, changed)
            try:
                codes = {problem.code for problem in check_store(service.store, service.artifacts)}
                if "damaged-blob" not in codes:
                    self.report.unnoticed.append(digest)
            finally:
                self._around.backends.overwrite(self._home, digest, whole)

    # --- looking ----------------------------------------------------------------------------------------------

    def _up_again(self) -> None:
        """Wait until the server answers; start another if it ended."""
        if self.server.process.poll() is None:
            until(lambda: self._answers() or self.server.process.poll() is not None, within_s=READY_WITHIN_S)
        if self.server.process.poll() is not None:
            end_all(self._home)
            self.server = Server(self._home, workers=1, port=self.server.port).wait_until_ready()
            self.writers.server = self.server

    def _answers(self) -> bool:
        try:
            return self.server.get("/health").status == 200
        except DOWN:
            return False

    @contextmanager
    def _opened(self) -> Iterator[Arangovis]:
        service = build_service(settings_of(self._home))
        try:
            yield service
        finally:
            service.close()

    def _look(self, name: str) -> None:
        with self.loggers.held(), self._opened() as service:
            for problem in self._problems(service):
                self.report.unsound.append(f"after {name}: {problem.code} {problem.subject}: {problem.text}")
            rows = _stored_rows(service, self.writers.number)
            self.report.lost += [f"row {row} after {name}" for row in sorted(self.writers.rows - rows)]
            known = {node.key for node in service.store.get_many([NodeId.of("run", run) for run in self.writers.runs])}
            self.report.lost += [f"run {run} after {name}" for run in sorted(self.writers.runs - known)]
        self.report.lost += [f"{what} after {name}" for what in self._missing()]
        self.report.acknowledged_rows, self.report.acknowledged_runs = len(self.writers.rows), len(self.writers.runs)

    def _missing(self) -> list[str]:
        """Ask the server what loggers miss; whose master was killed answers `_up_again` with its last breath."""
        for _ in range(LOOKS_MAX - 1):
            try:
                return list(self.loggers.missing())
            except StoreUnavailable:
                time.sleep(LOOK_AGAIN_S)
                self._up_again()
        return list(self.loggers.missing())

    def _problems(self, service: Arangovis) -> list[Problem]:
        """Look at everything; again, if rows were taken or merged meanwhile, which is no problem a moment later."""
        found = check_store(service.store, service.artifacts)
        for _ in range(LOOKS_MAX - 1):
            if not any(problem.code == "broken-rows" for problem in found):
                break
            time.sleep(LOOK_AGAIN_S)
            found = check_store(service.store, service.artifacts)
        return found

    def finish(self) -> None:
        """Let the loggers end and their spools be sent; then look at every row, and once more at everything."""
        self.loggers.finish()
        found = self.loggers.compared()
        self.report.logged_rows, self.report.loggers_killed = found.rows, self.loggers.killed
        self.report.lost += found.lost + found.doubled
        self._look("the end")

    def end(self) -> None:
        """Leave nothing running."""
        self.loggers.clear()
        end_all(self._home)
        self.server.process.wait()
        for name, link in self._around.links.items():
            self.report.broken_off[name] = link.met


KINDS = ("arango", "s3")
DISK = ("full", "fsync", "fsync_and_kill", "full_and_kill")
ANYWHERE = ("kill", "skew", "corrupt", "kill_logger")


def _segments(service: Arangovis, number: int) -> list[str]:
    stream = service.datasets.production(service.catalogue.version(number))
    return [] if stream is None else [segment.digest for segment in service.datasets.segments(stream)]


def _stored_rows(service: Arangovis, number: int) -> set[str]:
    return {row for digest in _segments(service, number) for row in Rows.from_parquet(service.blobs.read(digest)).ids}


def chaos(
    folder: Path,
    *,
    only: Sequence[str] = (),
    seconds: float = 0.0,
    seed: int = 0,
    store: str = "sqlite",
    artifacts: str = "file",
) -> Report:
    """Do rounds for so many seconds, each sort in turn, or each of these or all once; return what happened."""
    with surrounded(store, artifacts, random.Random(seed)) as around:
        return _chaos(Faults(folder), folder, around, seed, _turns(only or around.rounds(), seconds))


def _turns(names: Sequence[str], seconds: float) -> Iterator[str]:
    """Yield each sort of round in turn for so long, or once."""
    begun = time.monotonic()
    if not seconds:
        yield from names
    for name in itertools.cycle(names):
        if time.monotonic() >= begun + seconds:
            return
        yield name


def _chaos(faults: Faults, folder: Path, around: Surroundings, seed: int, turns: Iterator[str]) -> Report:
    begun = time.monotonic()
    with faults.loaded():
        made = Chaos(folder / "home", faults, around, seed)
        try:
            for name in turns:
                made.round(name)
                if not made.report.is_good:
                    break
            else:
                made.finish()
        finally:
            faults.tell()
            made.end()
    made.report.seconds = time.monotonic() - begun
    return made.report


def main() -> int:
    """Run it, and say in JSON what happened."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000)
    parser.add_argument("--store", choices=("sqlite", "arango"), default="sqlite")
    parser.add_argument("--artifacts", choices=("file", "s3"), default="file")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        stores = {"store": given.store, "artifacts": given.artifacts}
        report = chaos(Path(folder), seconds=60 * given.minutes, seed=given.seed, **stores)
    said: Mapping[str, object] = {
        **vars(report),
        "rounds": dict(report.rounds),
        "refused": {str(status): count for status, count in report.refused.items()},
        "broken_off": dict(report.broken_off),
    }
    sys.stdout.write(orjson.dumps(said, option=orjson.OPT_INDENT_2).decode() + "\n")
    return 0 if report.is_good else 1


if __name__ == "__main__":
    raise SystemExit(main())
