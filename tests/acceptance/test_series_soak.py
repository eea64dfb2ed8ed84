"""Some seconds of `tests/soak/series.py`, and a server that is away for half a minute: no row missing, none doubled."""

import threading
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

import arangovis as av
from arangovis.client import series_logger
from arangovis.client.outbox import OutboxOptions
from tests.acceptance.processes import Server, end_all, free_port
from tests.soak.series import Report, Tally, compare, soaked

pytestmark = pytest.mark.acceptance

SECONDS = 6.0
"""Each deed comes once at least, however long that takes; `make soak` goes on for half an hour."""


def test_nothing_that_was_acknowledged_is_lost_and_nothing_is_doubled(tmp_path: Path) -> None:
    report = soaked(tmp_path, SECONDS, clients=2, seed=20261121)
    assert (report.lost, report.doubled, report.misread, report.unsound) == ([], [], [], [])
    assert report.kills["server killed"] > 0
    assert report.rows >= report.acknowledged > 0


@pytest.mark.parametrize(
    ("numbers", "lost", "doubled"),
    [([0, 1, 2], 0, 0), ([0, 1], 1, 0), ([0, 2], 1, 0), ([0, 1, 1, 2], 0, 1), ([0, 1, 2, 4], 1, 0), ([], 1, 0)],
)
def test_it_would_notice(numbers: list[int], lost: int, doubled: int) -> None:
    report = Report(1.0, 0)
    compare(report, "run", np.array([[7] * len(numbers), numbers], dtype=np.int64), {7: Tally(safe=3)})
    assert (len(report.lost), len(report.doubled), report.is_good) == (lost, doubled, not lost + doubled)


AWAY_S = 30.0
WRITES_A_SECOND = 1000
GROWTH_MAX = 96 << 20
"""Of this process: what waits in memory, and what reading it back takes."""


@pytest.mark.slow
def test_a_server_may_be_away_for_half_a_minute(home: Path, tmp_path: Path) -> None:
    port = free_port()
    server = Server(home, workers=0, port=port).wait_until_ready()
    try:
        with av.run("p", url=server.url, outbox=OutboxOptions(tmp_path / "spool"), capture=False) as run:
            run.log({"loss": 1.0})
            assert run.flush(60)
            end_all(home)
            server.process.wait()
            before = psutil.Process().memory_info().rss
            held, rows = _log_for(run, AWAY_S)
            assert max(held) < series_logger.HELD_BYTES_MAX
            assert psutil.Process().memory_info().rss - before < GROWTH_MAX
            server = Server(home, workers=0, port=port).wait_until_ready()
            assert run.flush(60)
            assert run.connection.outbox.status.dropped == 0
        with av.connect(server.url) as client:
            assert client.series(run.id, fields=["step"]).columns["step"].tolist() == list(range(rows + 1))
    finally:
        end_all(home)
        server.process.wait()


def _log_for(run: "av.client.active_run.ActiveRun", seconds: float) -> tuple[list[int], int]:
    """Log so many rows a second; return how much was held in memory each second, and how many rows they were."""
    begun, pause, held, rows = time.monotonic(), threading.Event(), [], 0
    while time.monotonic() < begun + seconds:
        while rows < WRITES_A_SECOND * (time.monotonic() - begun):
            run.log({"loss": 1 / (rows + 1)})
            rows += 1
        held.append(run.logger._table.held)
        pause.wait(0.05)
    return held, rows
