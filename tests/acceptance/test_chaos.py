"""Rounds of the faults of `tests/soak/chaos.py`: nothing acknowledged is lost, and nothing is there by half."""

import shutil
from pathlib import Path

import pytest

from tests.soak.chaos import ANYWHERE, DISK, Faults, Report, chaos

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.skipif(shutil.which("cc") is None, reason="there is no compiler for the shim that makes calls fail"),
]


FAR_ROUNDS = ("arango_cut", "s3_cut", "cut_and_kill")
"""As many as there is time for; `make soak` has all of them."""


def test_nothing_is_lost_whatever_fails(tmp_path: Path) -> None:
    report = chaos(tmp_path, seed=20261121)
    assert_nothing_is_lost(report)
    assert set(report.rounds) == {*DISK, *ANYWHERE}


@pytest.mark.slow
def test_nothing_is_lost_when_connections_to_arangodb_and_s3_are_cut(tmp_path: Path) -> None:
    report = chaos(tmp_path, only=FAR_ROUNDS, seed=20261121, store="arango", artifacts="s3")
    assert_nothing_is_lost(report)
    assert set(report.rounds) == set(FAR_ROUNDS)
    assert report.broken_off["arango"] > 0


def assert_nothing_is_lost(report: Report) -> None:
    assert (report.lost, report.unsound, report.unnoticed) == ([], [], [])
    assert min(report.acknowledged_rows, report.acknowledged_runs, report.logged_rows) > 0
    assert set(report.refused) <= {429, 503}, "what a disk or a network refuses is not an error of the service"


def test_a_process_obeys(tmp_path: Path) -> None:
    """The faults do happen: a file cannot be synced, written, and the clock is wrong."""
    import subprocess
    import sys

    script = """
import os, sys, time
def fails(call):
    try:
        call()
    except OSError as error:
        return error.errno
file = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)
print(fails(lambda: os.fsync(file)), fails(lambda: os.write(file, b"x")), time.time() - float(sys.argv[2]) > 3000)
"""
    import time

    faults = Faults(tmp_path)
    found = []
    with faults.loaded():
        for told in ({}, {"fsync": True}, {"full": True}, {"skew_s": 3600}):
            faults.tell(**told)  # type: ignore[arg-type]
            command = [sys.executable, "-c", script, str(tmp_path / "file"), str(time.time())]
            found.append(subprocess.run(command, capture_output=True, check=True, text=True).stdout.split())
    assert found == [
        ["None", "None", "False"], ["5", "None", "False"], ["None", "28", "False"], ["None", "None", "True"],
    ]  # fmt: skip


def test_it_would_notice() -> None:
    assert Report(0).is_good
    assert not Report(0, lost=["row"]).is_good
    assert not Report(0, unsound=["torn-run"]).is_good
    assert not Report(0, unnoticed=["blob"]).is_good
