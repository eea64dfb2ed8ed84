"""Child processes: groups, parents, and the protocol on their pipes."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from arangovis.cli import processes as processes_module
from arangovis.cli.processes import (
    RESTART_PAUSE_FIRST_S,
    RESTART_PAUSE_MAX_S,
    STEADY_AFTER_S,
    Processes,
    _Child,
    check_free,
)
from arangovis.domain.errors import InvalidInput
from arangovis.settings import Settings
from arangovis.workers.process import PARENT, PeakMemory, child_environment, kill_group, resident_bytes, start_module
from arangovis.workers.protocol import Advance, End, Job, Reports, job_line, read_job, read_report, report_line
from tests.unit.workers.conftest import ROOT
from tests.unit.workers.test_supervisor import is_dead, until

CHILD = "from arangovis.workers.process import die_with_parent; die_with_parent(); print('up', flush=True); input()"


def start(code: str, **environment: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=child_environment(environment),
        cwd=ROOT,
        start_new_session=True,
    )


def test_a_child_whose_parent_is_there_lives() -> None:
    process = start(CHILD)
    assert process.stdout is not None
    assert process.stdout.readline() == b"up\n"
    kill_group(process)
    assert process.returncode == -signal.SIGKILL


def test_a_child_whose_parent_died_before_it_looked_ends_itself() -> None:
    command, environment = [sys.executable, "-c", CHILD], {**os.environ, PARENT: "1"}
    orphan = subprocess.run(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, timeout=20, check=False)
    assert (orphan.returncode, orphan.stdout) == (1, b"")


def test_a_child_dies_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    parent = start(
        f"import subprocess, sys, pathlib\n"
        f"from arangovis.workers.process import child_environment\n"
        f"child = subprocess.Popen([sys.executable, '-c', {CHILD!r}], stdin=subprocess.PIPE, stdout=subprocess.PIPE,"
        f" env=child_environment({{}}), start_new_session=True)\n"
        f"child.stdout.readline()\n"
        f"pathlib.Path({str(pid)!r}).write_text(str(child.pid))\n"
        f"input()\n"
    )
    until(lambda: pid.exists() and bool(pid.read_text()))
    child = int(pid.read_text())
    assert not is_dead(child)
    kill_group(parent)
    until(lambda: is_dead(child))


def test_killing_a_group_twice_is_no_error_and_takes_the_grandchildren() -> None:
    code = (
        "import subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "print(child.pid, flush=True); input()"
    )
    process = start(code)
    assert process.stdout is not None
    grandchild = int(process.stdout.readline())
    kill_group(process)
    kill_group(process)
    until(lambda: is_dead(grandchild))


def test_resident_memory_is_that_of_the_system() -> None:
    own = resident_bytes(os.getpid())
    assert abs(own - psutil.Process().memory_info().rss) < own / 4
    assert resident_bytes(2**22 + 1) == 0


# --- the protocol -------------------------------------------------------------------------------------------------


def test_what_is_written_is_read() -> None:
    for report in (Advance(0.5, "fit"), End(True, "SUCCESS"), End(False)):
        assert read_report(report_line(report)) == report
    assert read_job(job_line(Job("run/x", "w", 3))) == Job("run/x", "w", 3)


@pytest.mark.parametrize(
    "line", [b"", b"hello", b"[]", b"5", b"{}", b'{"written": 1, "odd": 2}', b'{"progress": null}']
)
def test_what_is_no_report_is_passed_over(line: bytes) -> None:
    assert read_report(line) is None


def test_reports_are_read_as_they_come_and_never_waited_for() -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb", buffering=0) as output, os.fdopen(writing, "wb", buffering=0) as input_:
        reports = Reports(output)
        assert reports.wait(0) == ()
        line = report_line(Advance(0.5))
        input_.write(line[:5])
        assert reports.wait(0) == []
        input_.write(line[5:] + b"noise\n" + report_line(Advance(0.75)) + report_line(End(True, "SUCCESS"))[:3])
        assert reports.wait(1) == [Advance(0.5), Advance(0.75)]
        assert not reports.ended
        input_.close()
        assert reports.wait(1) == []
        assert reports.ended


# --- the processes of `arangovis serve` ---------------------------------------------------------------------------


def test_an_address_in_use_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(InvalidInput, match=f"port: 127.0.0.1:{port} cannot be listened on"):
            check_free("127.0.0.1", port)
    check_free("127.0.0.1", port)
    with pytest.raises(InvalidInput, match="cannot be listened on"):
        check_free("192.0.2.1", port)


def dead_child(module: str, *, started: float) -> _Child:
    process = subprocess.Popen([sys.executable, "-c", "pass"], start_new_session=True)
    process.wait()
    return _Child((module,), process, started)


def test_a_child_that_dies_again_and_again_is_started_ever_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent = Processes(Settings(home=tmp_path), workers=0)
    now = 1000.0
    monkeypatch.setattr(processes_module.time, "monotonic", lambda: now)
    child = dead_child("this", started=now)
    pauses = []
    for _ in range(8):
        parent._look_after(child)
        assert child.start_at is not None
        pauses.append(child.start_at - now)
        now = child.start_at
        parent._look_after(child)
        assert child.start_at is None
        child.process.wait()
    assert pauses[:3] == [RESTART_PAUSE_FIRST_S, 2 * RESTART_PAUSE_FIRST_S, 4 * RESTART_PAUSE_FIRST_S]
    assert pauses[-1] == RESTART_PAUSE_MAX_S
    now += STEADY_AFTER_S
    parent._look_after(child)
    assert child.start_at == now
    assert child.pause_s == RESTART_PAUSE_FIRST_S


def test_a_living_child_is_left_alone(tmp_path: Path) -> None:
    parent = Processes(Settings(home=tmp_path), workers=0)
    process = start("input()")
    child = _Child(("this",), process, time.monotonic())
    parent._look_after(child)
    assert (child.process, child.start_at) == (process, None)
    kill_group(process)


@pytest.mark.parametrize("threads", [1, 2])
def test_libraries_take_no_more_threads_than_they_are_given(threads: int) -> None:
    process = start_module(("tests.thread_counter",), {"PYTHONPATH": str(ROOT)}, threads=threads)
    assert process.stdout is not None
    try:
        counts = [int(count) for count in process.stdout.readline().split()]
    finally:
        kill_group(process)
    everything, pool, arrow = counts
    assert max(pool, arrow) <= threads
    assert everything <= 2 * threads + 3, "those of the pools, the main one, and what allocators keep"


def test_the_peak_of_memory_is_that_since_it_was_looked_at() -> None:
    peak = PeakMemory()
    before = peak.mib()
    held = bytearray(80 << 20)
    during = peak.mib()
    del held
    assert before is not None
    assert during is not None
    assert during >= before + 79
    assert abs((peak.mib() or 0) - during) <= 1  # the kernel counts pages by the handful
    assert (PeakMemory().mib() or 0) <= during - 70, "the next run does not count what this one held"
