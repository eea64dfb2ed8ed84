"""What a service takes: `python -m tests.soak.load [--minutes 10] [--rate 100] [--clients 200] [--runs 10000]`.

A real `arangovis serve` with a store of runs is asked by many clients at set times: of 100 requests 70 read, 20 append
rows and 10 log a run. First at the rate it should hold, then at ten times that (it must shed what is too much, and say
when to come again), then at the first rate again (it must have recovered). In the end all that was acknowledged must be
there, and `arangovis verify` find nothing. It fails if a request failed, if something was shed at the rate it should
hold, or if something is lost; how long answers took is printed beside the goals, and fails nothing.
"""

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from threading import Event, Thread

import orjson

import arangovis as av
from arangovis.domain.ids import NodeId
from arangovis.services.verification import check_store
from tests.acceptance.processes import ROOT, Server, environment_of, processes, running_service
from tests.backends import build_service, running_backends, settings_of
from tests.soak.load_clients import ROWS_A_CHUNK, Mixed, fill
from tests.soak.open_loop import Outcome, offer

OVER = 10
"""So many times the rate is too much."""
GOALS_MS = {"read": 500, "append": 1000, "run": 1000}
"""The 99th percentile of answers at the rate that is held."""
MEMORY_EVERY_S = 5.0
MEMORY_SHOWN = 12


@dataclass
class Phase:
    """What came of some time at one rate."""

    rate: float
    seconds: float
    requests: int
    answered: int
    shed: int
    failed: dict[str, int]
    p50_ms: dict[str, float]
    p99_ms: dict[str, float]
    shed_p99_ms: float | None

    @classmethod
    def of(cls, rate: float, seconds: float, outcomes: Sequence[Outcome]) -> "Phase":
        """Sum outcomes up."""
        shed = [one for one in outcomes if one.shed]
        good = [one for one in outcomes if 200 <= one.status < 300]
        failed = [one for one in outcomes if not one.shed and not 200 <= one.status < 300]
        kinds = {kind: [one.seconds for one in good if one.kind == kind] for kind in GOALS_MS}
        return cls(
            rate,
            seconds,
            len(outcomes),
            len(good),
            len(shed),
            dict(Counter(f"{one.kind} {one.status} {one.problem}" for one in failed)),
            {kind: _ms(times, 50) for kind, times in kinds.items() if times},
            {kind: _ms(times, 99) for kind, times in kinds.items() if times},
            _ms([one.seconds for one in shed], 99) if shed else None,
        )


def _ms(seconds: Sequence[float], percent: int) -> float:
    if len(seconds) == 1:
        return round(1000 * seconds[0], 1)
    return round(1000 * statistics.quantiles(seconds, n=100, method="inclusive")[percent - 1], 1)


@dataclass
class Report:
    """What was found."""

    runs: int
    clients: int
    processors: int
    load: list[float] = field(default_factory=list)
    """Of the machine, over a minute, before each phase and after the last."""
    memory_mb: dict[str, list[float]] = field(default_factory=dict)
    """Of the server's processes together, by phase, from its begin to its end."""
    held: Phase | None = None
    over: Phase | None = None
    after: Phase | None = None
    acknowledged: dict[str, int] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        """Whether nothing failed or was lost, and nothing shed but where it was too much."""
        phases = [phase for phase in (self.held, self.over, self.after) if phase is not None]
        shed = [phase.shed for phase in (self.held, self.after) if phase is not None]
        return not (self.lost or any(phase.failed for phase in phases) or any(shed))


class Memory:
    """Looks at the memory of the API's processes now and then."""

    def __init__(self, home: Path, every_s: float = MEMORY_EVERY_S) -> None:
        self._home = home
        self._every_s = every_s
        self._done = Event()
        self.mb: list[float] = []
        self._thread = Thread(target=self._look)

    def __enter__(self) -> "Memory":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _look(self) -> None:
        api = processes(self._home, "arangovis_api")
        while True:
            self.mb.append(round(sum(process.memory_full_info().pss for process in api) / 1e6, 1))
            if self._done.wait(self._every_s):
                return


class Load:
    """A service under load."""

    def __init__(self, server: Server, report: Report, *, seed: int = 1) -> None:
        self.server = server
        self.report = report
        keys = fill(server, report.runs)
        self.clients = [Mixed.beginning(server, number, keys) for number in range(report.clients)]
        self._chance = Random(seed)

    def phase(self, name: str, rate: float, seconds: float) -> Phase:
        """Offer requests for a while."""
        self.report.load.append(round(os.getloadavg()[0], 2))
        offered = offer(self.server.port, self.clients, rate=rate, seconds=seconds, chance=self._chance)
        with Memory(self.server.home, min(MEMORY_EVERY_S, seconds / 2)) as memory:
            found = Phase.of(rate, seconds, asyncio.run(offered))
        every = max(1, len(memory.mb) // MEMORY_SHOWN)
        self.report.memory_mb[name] = [*memory.mb[:-1:every], memory.mb[-1]]
        return found

    def check(self) -> None:
        """Look for all that was acknowledged."""
        report, service = self.report, build_service(settings_of(self.server.home))
        report.load.append(round(os.getloadavg()[0], 2))
        with av.connect(self.server.url) as sdk:
            for client in self.clients:
                runs = [NodeId("run", key) for key in client.logged]
                report.lost += sorted(str(run) for run in set(runs) - set(service.store.get_many(runs)))
                steps = sdk.series(f"run/{client.run}", fields=["step"]).columns["step"].tolist()
                if steps != list(range(len(steps))) or len(steps) < client.chunks * ROWS_A_CHUNK:
                    report.lost.append(f"{client.run}: {client.chunks * ROWS_A_CHUNK} rows, {len(steps)} found")
        report.lost += [str(problem) for problem in check_store(service.store, service.artifacts)]
        report.acknowledged = {
            "chunks": sum(client.chunks for client in self.clients),
            "runs": sum(len(client.logged) for client in self.clients),
        }
        service.close()


def loaded(home: Path, report: Report, *, rate: float, seconds: float, over_s: float) -> Report:
    """Put a new service under load, and say what came of it."""
    with running_service(home, workers=1, lease_s=30) as server:
        load = Load(server, report)
        report.held = load.phase("held", rate, seconds)
        if over_s:
            report.over = load.phase("over", OVER * rate, over_s)
            time.sleep(min(over_s, 2.0))
            report.after = load.phase("after", rate, over_s)
        load.check()
    return report


def verified(home: Path) -> int:
    """Ask `arangovis verify`; return its exit code."""
    command = [sys.executable, "-m", "arangovis.cli", "verify"]
    return subprocess.run(command, env=environment_of(home), cwd=ROOT, check=False).returncode


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--over-seconds", type=float, default=30)
    parser.add_argument("--rate", type=float, default=100)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--runs", type=int, default=10_000)
    given = parser.parse_args()
    report = Report(given.runs, given.clients, os.cpu_count() or 1)
    with tempfile.TemporaryDirectory(prefix="arangovis-load-") as folder, running_backends():
        home = Path(folder) / "home"
        loaded(home, report, rate=given.rate, seconds=60 * given.minutes, over_s=given.over_seconds)
        sound = verified(home) == 0
    print(orjson.dumps(asdict(report), option=orjson.OPT_INDENT_2).decode())
    for kind, goal in GOALS_MS.items():
        p99 = {} if report.held is None else report.held.p99_ms
        print(f"{kind}: p99 {p99.get(kind)} ms, goal {goal} ms: {'met' if p99.get(kind, goal) < goal else 'missed'}")
    raise SystemExit(0 if report.is_good and sound else 1)


if __name__ == "__main__":
    main()
