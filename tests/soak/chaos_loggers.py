"""Trainings that log with the SDK while chaos reigns, and what must be there of their rows.

What the service said that it has is looked for after each round; what only the spool took, in the end, once it was
synchronised: then each row is there once.
"""

import random
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np

import arangovis as av
from arangovis.domain.errors import NotFound
from tests.acceptance.processes import ROOT
from tests.soak.series import SYNC_WITHIN_S, Place, Reader, Report, Tally, compare

COUNT = 2
BEGUN_WITHIN_S = 60.0
PAUSE_S = 0.25
"""The simulator of ArangoDB takes a few dozen requests a second of all that ask it."""
HEARD_WITHIN_S = 1.0
"""So long a logger has to begin before it is killed; on a full disk none begins."""


class Loggers:
    """Clients of `series_client`, one after the other at each place, all with one spool."""

    def __init__(self, url: str, spool: Path, chance: random.Random) -> None:
        spool.mkdir()
        self._spool = spool
        self._chance = chance
        self._client = av.connect(url)
        self._reader = Reader(self._client)
        self.places = [Place(url, spool, pause_s=PAUSE_S) for _ in range(COUNT)]
        self.killed = 0
        for place in self.places:
            place.heard.wait(BEGUN_WITHIN_S)

    def kill(self) -> None:
        """Kill one that has logged, and begin another."""
        place = self._chance.choice(self.places)
        place.heard.wait(HEARD_WITHIN_S)
        place.process.kill()
        place.again()
        self.killed += 1

    def revive(self) -> None:
        """Begin another for each that ended by itself."""
        for place in self.places:
            if place.process.poll() is not None:
                place.again()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let them stand still: what is read of a series that is written to need not be one state of it."""
        self._signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._signal(signal.SIGCONT)

    def missing(self) -> Iterator[str]:
        """Yield what the service had acknowledged and does not have, or has twice."""
        for run, tallies in self._runs().items():
            told = {who: tally.delivered for who, tally in tallies.items()}
            rows = self._read(self._reader, run)
            for who, count in told.items():
                numbers, times = np.unique(rows[1, rows[0] == who], return_counts=True)
                gone = count - int((numbers < count).sum())
                if gone or (times > 1).any():
                    yield f"{run}: {gone} of {count} rows of logger {who}, {int((times > 1).sum())} twice"

    def finish(self) -> None:
        """End all loggers, and send what their spools hold."""
        for place in self.places:
            place.process.terminate()
        for place in self.places:
            place.end()
        command = [sys.executable, "-m", "arangovis.cli", "sync", "--spool", str(self._spool), "--json"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=SYNC_WITHIN_S, check=False)
        assert done.returncode == 0, (done.stdout[-2000:], done.stderr[-2000:])

    def compared(self) -> Report:
        """Compare what there is in the end with what the loggers said."""
        report = Report(0.0, 0)
        for run, tallies in self._runs().items():
            compare(report, run, self._read(Reader(self._client), run), tallies)
        return report

    def clear(self) -> None:
        """Leave no process and no connection behind."""
        self._client.close()
        for place in self.places:
            place.process.kill()
            place.end()

    def _signal(self, number: signal.Signals) -> None:
        for place in self.places:
            place.process.send_signal(number)

    def _runs(self) -> Mapping[str, Mapping[int, Tally]]:
        return {run: tallies for place in self.places for run, tallies in place.runs.items()}

    @staticmethod
    def _read(reader: Reader, run: str) -> np.ndarray:
        with suppress(NotFound):  # its one logger was killed before it had told anyone
            while reader.look(run):
                pass
        return reader.rows(run)
