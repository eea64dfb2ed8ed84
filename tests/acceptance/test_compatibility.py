"""Sweeps with real processes: a killed worker, a killed user's process, and two sweeps beside a comparison."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from arangovis.client import connect
from arangovis.domain.runs import RunState
from arangovis.services.compatibility.sweeps import Sweep
from arangovis.services.verification import check_store
from tests.acceptance.processes import LEASE_S, ROOT, Server, environment_of, kill, processes, running_workers, until
from tests.backends import build_service, settings_of
from tests.unit.services.sweep_world import OPTIONS, Sweeping

pytestmark = pytest.mark.acceptance

LONG = replace(OPTIONS, epochs=150)
WITHIN_S = 120.0


@pytest.fixture
def world(home: Path) -> Iterator[Sweeping]:
    service = build_service(settings_of(home, lease_s=LEASE_S))
    yield Sweeping(service)
    service.close()


def attempts(sweep: Sweep) -> list[int]:
    return [0 if point.run is None else point.run.attempt for point in sweep.points]


def test_a_killed_workers_sweep_is_finished_by_the_next(world: Sweeping, home: Path) -> None:
    run = world.ask(LONG)
    sweeps = world.service.sweeps

    def under_way() -> bool:
        sweep = sweeps.get(run.id)
        return sweep.done >= 1 and any(point.state is RunState.STARTED for point in sweep.points)

    with running_workers(home, 1):
        until(under_way, within_s=WITHIN_S, what="the second training")
        for process in processes(home):
            kill(process)
    killed = sweeps.get(run.id)
    done = {point.point.index for point in killed.points if point.state is RunState.SUCCESS}
    assert 1 <= len(done) < 6
    with running_workers(home, 1):
        until(lambda: not sweeps.get(run.id).run.state.is_open, within_s=WITHIN_S, what="the end of the sweep")
    whole = sweeps.get(run.id)
    assert (whole.run.state, whole.done) == (RunState.SUCCESS, 6)
    assert all(attempts(whole)[number] == 1 for number in done)
    assert sum(attempts(whole)) == 7
    assert check_store(world.service.store, world.service.artifacts) == []


def test_a_killed_users_process_trains_only_the_rest(home: Path) -> None:
    command = [sys.executable, "-m", "tests.acceptance.sweeping_script", str(home), "120"]
    environment = {**environment_of(home), "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        first = [process.stdout.readline().split() for _ in range(3)]
        children = psutil.Process(process.pid).children()
        os.kill(process.pid, signal.SIGKILL)
        # One more may have been trained before the signal was there.
        first += [line.split() for line in process.stdout if line.endswith("\n")]
    until(lambda: not any(_lives(child) for child in children), within_s=20, what="the end of the children")
    again = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=WITHIN_S)
    lines = [line.split() for line in again.stdout.splitlines()]
    before = {int(number) for word, number in first}
    after = {int(line[1]) for line in lines if line[0] == "trained"}
    assert {word for word, _ in first} == {"trained"}, "it was killed before its end"
    assert 3 <= len(before) < 10
    assert after.isdisjoint(before)
    assert after | before == set(range(10))
    assert lines[-1][0] == "sweep"
    assert lines[-1][2] == "SUCCESS"


def _lives(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def test_two_sweeps_and_a_comparison_at_once(world: Sweeping, home: Path, server: Server) -> None:
    other = replace(OPTIONS, seed=1, new_error="BCCrossEntropyLoss")
    runs = [world.ask(OPTIONS).id, world.ask(other).id]
    with connect(server.url, actor="ada") as client:
        compared = client.compatibility.compare([0, 1], [0, 0], [0, 1], ids=["digit-700", "digit-701"])
        assert compared.scores["regress"] == 1
        sweeps = [client.compatibility.get(run).wait(timeout_s=WITHIN_S) for run in runs]
        numbers = [[point["metrics"] for point in sweep.points] for sweep in sweeps]
        assert numbers[0] != numbers[1]
        assert client.compatibility.comparison(compared.run).scores == compared.scores
        for sweep in sweeps:
            whole = world.service.sweeps.get(sweep.run)
            assert [dict(point.metrics) for point in whole.points] == [p["metrics"] for p in sweep.points]
            assert sweep.image("digit-700").startswith(b"\x89PNG")
