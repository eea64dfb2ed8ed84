"""Logging under random kills: `python -m tests.soak.series [--minutes 30] [--clients 3] [--seed N]`.

Clients log to a server with a worker; now and then one of them, or the server with its worker, is killed with
SIGKILL, stopped for a while, or ended by SIGTERM, and comes back. A reader follows the runs by cursor all along. In
the end everything is synchronised. It fails if a row is lost that was out of a client's hands, if a row comes twice, if
the reader saw anything else than what there is, or if the stores do not hold together.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import orjson

import arangovis as av
from arangovis.client import Client
from arangovis.domain.errors import NotFound, StoreUnavailable
from arangovis.domain.ids import time_ordered_id
from tests.acceptance.processes import ROOT, Server, end_all, environment_of, free_port
from tests.backends import running_backends

FIELDS = ("who", "n")
RUN_LIVES = 6
"""So many clients log to a run, one after the other, before the next run is begun."""
PAUSE_S = 0.02
"""Between two steps of a client."""
CALM_S = (0.3, 2.5)
AWAY_S = (0.0, 3.0)
SYNC_WITHIN_S = 300.0
HEARD_WITHIN_S = 60.0
UNHEARD = 0.2
"""How often a client is killed that may not have logged anything yet."""


@dataclass
class Tally:
    """What a client said: how many of its rows were out of its hands, and how many were delivered."""

    safe: int = 0
    delivered: int = 0


@dataclass
class Report:
    """What happened, and what is wrong."""

    seconds: float
    seed: int
    kills: dict[str, int] = field(default_factory=dict)
    runs: int = 0
    clients: int = 0
    rows: int = 0
    acknowledged: int = 0
    increments: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    misread: list[str] = field(default_factory=list)
    unsound: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.lost or self.doubled or self.misread or self.unsound)


class Place:
    """A place at which one client after the other logs, each under a number of its own."""

    _numbers = iter(range(1, 1 << 30))

    def __init__(self, url: str, spool: Path, *, pause_s: float = PAUSE_S) -> None:
        self._command = [sys.executable, "-m", "tests.soak.series_client", url, str(spool)]
        self._pause_s = pause_s
        self.runs: dict[str, dict[int, Tally]] = {}
        self.run = ""
        self._begin()

    def again(self) -> None:
        """Wait for the end of the client and begin another one."""
        self.end()
        self._begin()

    def end(self) -> None:
        """Wait for the end of the client and of what it said."""
        self.process.wait(120)
        self._listener.join()

    def _begin(self) -> None:
        if not self.runs or len(self.runs[self.run]) >= RUN_LIVES:
            self.run = time_ordered_id("run", time.time_ns() // 1000).key
            self.runs[self.run] = {}
        who = next(self._numbers)
        tally = self.runs[self.run][who] = Tally()
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        self.process = subprocess.Popen(
            [*self._command, self.run, str(who), str(self._pause_s)],
            env=environment,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.heard = threading.Event()
        self._listener = threading.Thread(target=self._listen, args=(self.process, tally, self.heard))
        self._listener.start()

    @staticmethod
    def _listen(process: "subprocess.Popen[str]", tally: Tally, heard: threading.Event) -> None:
        assert process.stdout is not None
        with process.stdout as said:
            for line in said:
                if line.endswith("\n"):  # what was cut by a kill was not said
                    what, number = line.split()
                    setattr(tally, what, int(number))
                    heard.set()


class Reader:
    """Follows runs by cursor; what it has must be what there is."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._cursors: dict[str, str] = {}
        self.seen: dict[str, list[np.ndarray]] = {}
        self.increments = 0

    def look(self, run: str) -> bool:
        """Read what is new; say whether there may be more."""
        part = self._client.series(f"run/{run}", fields=FIELDS, since=self._cursors.get(run))
        rows = np.stack([part.columns[name] for name in FIELDS if name in part.columns])
        self.seen[run] = [rows] if part.restart else [*self.seen.get(run, []), rows]
        self._cursors[run] = part.cursor
        self.increments += 1
        return bool(part.partial_reasons)

    def rows(self, run: str) -> np.ndarray:
        """Return all it has of a run: a row of two numbers for each, sorted."""
        parts = [part for part in self.seen.get(run, []) if len(part) == len(FIELDS)]
        return _sorted(np.concatenate(parts, axis=1)) if parts else np.empty((len(FIELDS), 0), np.int64)


class Soak:
    """The server, the clients, and what is done to them."""

    def __init__(self, home: Path, spool: Path, *, clients: int, seed: int) -> None:
        self.chance = random.Random(seed)
        self.home, self.spool = home, spool
        spool.mkdir()
        self.port = free_port()
        self.server = Server(home, workers=1, port=self.port).wait_until_ready()
        self.places = [Place(self.server.url, spool) for _ in range(clients)]
        self.client = av.connect(self.server.url)
        self.reader = Reader(self.client)
        self.kills: dict[str, int] = {}

    def go_on(self, seconds: float) -> None:
        """Do something to someone, again and again, and each deed once at least."""
        for place in self.places:
            place.heard.wait(HEARD_WITHIN_S)
        until = time.monotonic() + seconds
        deeds = {
            "client killed": self._kill_client,
            "client ended": self._end_client,
            "client stopped": self._stop_client,
            "server killed": self._kill_server,
        }
        while time.monotonic() < until or self.kills.keys() != deeds.keys():
            time.sleep(self.chance.uniform(*CALM_S))
            left = sorted(deeds.keys() - self.kills.keys()) if time.monotonic() >= until else list(deeds)
            name = self.chance.choice(left)
            deeds[name]()
            self.kills[name] = self.kills.get(name, 0) + 1
            for place in self.places:
                with suppress(StoreUnavailable, NotFound):  # the run is not there yet, or the server is away
                    self.reader.look(place.run)

    def finish(self) -> None:
        """End the clients, and have everything delivered that waits."""
        self._back()
        for place in self.places:
            place.process.terminate()
        for place in self.places:
            place.end()
        command = [sys.executable, "-m", "arangovis.cli", "sync", "--spool", str(self.spool), "--json"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=SYNC_WITHIN_S, check=False)
        assert done.returncode == 0, (done.stdout[-2000:], done.stderr[-2000:])

    def checked(self, report: Report) -> Report:
        """Return the report with all that is wrong."""
        runs = {run: tallies for place in self.places for run, tallies in place.runs.items()}
        for run, tallies in runs.items():
            rows = self._all_rows(run)
            compare(report, run, rows, tallies)
            while self._look_again(run):
                pass
            if not np.array_equal(self.reader.rows(run), rows):
                report.misread.append(f"{run}: {self.reader.rows(run).shape[1]} of {rows.shape[1]} rows")
        report.runs, report.clients = len(runs), sum(map(len, runs.values()))
        report.kills, report.increments = self.kills, self.reader.increments
        return report

    def verified(self, report: Report) -> Report:
        """Stop the server and ask `arangovis verify`."""
        self.server.stop()
        command = [sys.executable, "-m", "arangovis.cli", "verify", "--deep"]
        done = subprocess.run(command, env=environment_of(self.home), cwd=ROOT, capture_output=True, check=False)
        if done.returncode != 0:
            report.unsound.append((done.stdout + done.stderr).decode()[-2000:])
        return report

    def clear(self) -> None:
        """Leave no process and no connection behind."""
        self.client.close()
        for place in self.places:
            place.process.kill()
            place.end()
        end_all(self.home)
        self.server.process.wait()

    # --- deeds ------------------------------------------------------------------------------------------------

    def _chosen(self) -> Place:
        """Return the place of a client that has logged, mostly."""
        place = self.chance.choice(self.places)
        if self.chance.random() >= UNHEARD:
            place.heard.wait(HEARD_WITHIN_S)
        return place

    def _kill_client(self) -> None:
        place = self._chosen()
        place.process.kill()
        place.again()

    def _end_client(self) -> None:
        place = self._chosen()
        self._back()
        place.process.terminate()
        place.again()

    def _stop_client(self) -> None:
        place = self.chance.choice(self.places)
        place.process.send_signal(signal.SIGSTOP)
        time.sleep(self.chance.uniform(*AWAY_S))
        place.process.send_signal(signal.SIGCONT)

    def _kill_server(self) -> None:
        end_all(self.home)
        self.server.process.wait()
        time.sleep(self.chance.uniform(*AWAY_S))
        self.server = Server(self.home, workers=1, port=self.port)
        if self.chance.random() < 0.5:  # else what comes next finds it half started
            self.server.wait_until_ready()

    def _back(self) -> None:
        self.server.wait_until_ready()

    # --- what there is ----------------------------------------------------------------------------------------

    def _look_again(self, run: str) -> bool:
        try:
            return self.reader.look(run)
        except NotFound:
            return False  # its one client was killed before it had told anyone

    def _all_rows(self, run: str) -> np.ndarray:
        whole = Reader(self.client)
        with suppress(NotFound):
            while whole.look(run):
                pass
        return whole.rows(run)


def _sorted(rows: np.ndarray) -> np.ndarray:
    return rows[:, np.lexsort(rows[::-1])]


def compare(report: Report, run: str, rows: np.ndarray, tallies: Mapping[int, Tally]) -> None:
    """Compare the rows of a run with what its clients said."""
    report.rows += rows.shape[1]
    for who, tally in tallies.items():
        numbers, counts = np.unique(rows[1, rows[0] == who], return_counts=True)
        report.acknowledged += max(tally.safe, tally.delivered)
        if (counts > 1).any():
            report.doubled.append(f"{run}: {int((counts > 1).sum())} rows of client {who}")
        missing = len(set(range(max(tally.safe, tally.delivered))).difference(numbers.tolist()))
        if missing or (len(numbers) and numbers[-1] != len(numbers) - 1):
            report.lost.append(f"{run}: {missing} of {tally.safe} rows of client {who}")


@contextmanager
def soaking(folder: Path, *, clients: int, seed: int) -> Iterator[Soak]:
    """Give a soak that leaves no process behind."""
    soak = Soak(folder / "home", folder / "spool", clients=clients, seed=seed)
    try:
        yield soak
    finally:
        soak.clear()


def soaked(folder: Path, seconds: float, *, clients: int, seed: int) -> Report:
    """Soak for some seconds and say what came of it."""
    report = Report(seconds, seed)
    with soaking(folder, clients=clients, seed=seed) as soak:
        soak.go_on(seconds)
        soak.finish()
        return soak.verified(soak.checked(report))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--clients", type=int, default=3)
    parser.add_argument("--seed", type=int, default=None)
    given = parser.parse_args()
    seed = random.SystemRandom().randrange(1 << 32) if given.seed is None else given.seed
    with tempfile.TemporaryDirectory(prefix="arangovis-soak-") as folder, running_backends():
        report = soaked(Path(folder), 60 * given.minutes, clients=given.clients, seed=seed)
    print(orjson.dumps(asdict(report), option=orjson.OPT_INDENT_2).decode())
    raise SystemExit(0 if report.is_good else 1)


if __name__ == "__main__":
    main()
