"""The supervisor over real compute processes with toy methods."""

import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from arangovis.domain.errors import LeaseLost, MissingExtra, StoreUnavailable
from arangovis.domain.graph import Direction
from arangovis.domain.runs import ATTEMPTS_MAX, Run, RunState
from arangovis.domain.work import Claim
from arangovis.services.runs import Runs
from arangovis.settings import Settings
from arangovis.workers import compute, supervisor
from arangovis.workers.context import WorkerContext
from arangovis.workers.pool import ComputePool
from arangovis.workers.protocol import Job
from tests.acceptance.toy_methods import SECRET
from tests.unit.workers.conftest import CALLER, ROOT, Bench

DEADLINE_S = 60.0


def until(holds: Callable[[], bool]) -> None:
    """Wait for a condition."""
    deadline = time.monotonic() + DEADLINE_S
    pause = threading.Event()
    while not holds():
        assert time.monotonic() < deadline
        pause.wait(0.01)


def is_dead(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


class Running:
    """A run that is being computed in the background and waits at its gate."""

    def __init__(self, bench: Bench, folder: Path, method: str = "wait", **params: str) -> None:
        self.bench = bench
        self.gate, self.began = folder / "gate", folder / "began"
        bench.ask(method, gate=str(self.gate), began=str(self.began), **params)
        self.claim = bench.claim()
        self.thread = threading.Thread(target=bench.supervise, args=(self.claim,))
        self.thread.start()
        until(lambda: self.began.exists() and bool(self.began.read_text()))
        self.pid = int(self.began.read_text())

    def end(self) -> Run:
        self.thread.join(DEADLINE_S)
        assert not self.thread.is_alive()
        return self.bench.runs.get(self.claim.run.id)


def generated(bench: Bench, run: Run) -> set[str]:
    return {edge.id.role for edge in bench.queue.store.edges_of((run.id,), Direction.DOWNSTREAM, ("generated",))}


def test_a_success_has_its_files_and_metrics_and_no_lease(bench: Bench) -> None:
    run = bench.compute("done")
    assert run.state is RunState.SUCCESS
    assert run.attempt == 1
    assert run.started is not None
    assert run.ended is not None
    assert generated(bench, run) == {"plot", "result"}
    assert bench.runs.lease(run.id) is None


def test_a_warm_process_computes_the_next_run(bench: Bench) -> None:
    first, second = bench.compute("done"), bench.compute("done")
    assert first.metrics["pid"] == second.metrics["pid"]


def test_a_prepared_process_warms_up_before_work_comes(bench: Bench, settings: Settings) -> None:
    warm = settings.home / "warm"
    bench.pool.prepare()
    until(lambda: warm.exists() and bool(warm.read_text()))
    assert bench.compute("done").metrics["pid"] == int(warm.read_text())


def test_a_process_with_work_to_do_does_not_warm_up_first(bench: Bench, settings: Settings) -> None:
    assert bench.compute("done").state is RunState.SUCCESS
    assert not (settings.home / "warm").exists()


def test_who_keeps_no_process_without_work_prepares_none(bench: Bench, settings: Settings) -> None:
    before = {child.pid for child in psutil.Process().children()}
    with closing(ComputePool(bench.place, idle_s=0)) as pool:
        pool.prepare()
        assert {child.pid for child in psutil.Process().children()} == before


def test_what_fails_in_warming_up_is_left_to_the_run(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> None:
        raise MissingExtra("umap-learn is not installed")

    context = WorkerContext(bench.queue.settings, bench.queue.store, bench.runs, {}, fail)
    with caplog.at_level("INFO"):
        compute.warm_up(context)
    assert "not warmed up: umap-learn is not installed" in caplog.text


def test_a_process_outlives_the_thread_that_asked_for_it(bench: Bench) -> None:
    """The kernel kills it with the thread that started it, so that must not be a thread of an executor."""
    with ThreadPoolExecutor(1) as executor:
        first = executor.submit(bench.compute, "done").result()
    assert bench.compute("done").metrics["pid"] == first.metrics["pid"]


def test_what_a_library_raises_is_an_error_without_internals(bench: Bench) -> None:
    run = bench.compute("raise")
    assert (run.state, run.reason) == (RunState.ERROR, "failed")
    assert str(run.id) in str(run.message)
    assert SECRET not in str(run.message)
    assert "Traceback" not in str(run.message)
    assert "ValueError" not in str(run.message)
    assert generated(bench, run) == set()


@pytest.mark.parametrize(
    ("method", "state", "message"),
    [
        ("no_data", RunState.NO_DATA, "There are no rows."),
        ("not_supported", RunState.NOT_SUPPORTED, "This model has no embeddings."),
    ],
)
def test_declining_is_a_state_of_its_own(bench: Bench, method: str, state: RunState, message: str) -> None:
    run = bench.compute(method)
    assert (run.state, run.message) == (state, message)


def test_an_error_leaves_the_process_warm(bench: Bench) -> None:
    first = bench.compute("done")
    bench.compute("raise")
    assert bench.compute("done").metrics["pid"] == first.metrics["pid"]


def test_noise_of_libraries_does_not_break_the_protocol(bench: Bench) -> None:
    run = bench.compute("noise")
    assert run.state is RunState.SUCCESS, run.message
    assert bench.compute("done").metrics["pid"] == run.metrics["pid"]


def test_a_crash_is_tried_again(bench: Bench) -> None:
    run = bench.compute("crash", times=1)
    assert (run.state, run.attempt) == (RunState.PENDING, 1)
    again = bench.claim()
    assert again.run.id == run.id
    done = bench.supervise(again)
    assert (done.state, done.attempt) == (RunState.SUCCESS, 2)


def test_a_run_that_crashes_every_time_ends_in_error(bench: Bench) -> None:
    bench.ask("crash")
    for _ in range(ATTEMPTS_MAX):
        run = bench.supervise(bench.claim())
    assert (run.state, run.reason) == (RunState.ERROR, "lost")
    assert bench.runs.claim(("toy.crash",), "worker-1", lease_us=1) is None


def test_progress_is_stored_with_the_lease(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "PROGRESS_EVERY_S", 0.0)
    running = Running(bench, tmp_path)

    def progress() -> float:
        lease = bench.runs.lease(running.claim.run.id)
        return 0.0 if lease is None else lease.progress

    until(lambda: progress() == 0.5)
    running.gate.touch()
    assert running.end().state is RunState.SUCCESS


def test_cancelling_kills_the_process_and_all_that_it_started(bench: Bench, tmp_path: Path) -> None:
    running = Running(bench, tmp_path, "child", child=str(tmp_path / "child"))
    grandchild = int((tmp_path / "child").read_text())
    bench.runs.cancel(running.claim.run.id, CALLER)
    run = running.end()
    assert (run.state, run.message) == (RunState.CANCELLED, "cancelled by ada")
    until(lambda: is_dead(running.pid) and is_dead(grandchild))
    assert generated(bench, run) == set()


def test_a_process_that_dies_while_its_child_holds_the_pipe_is_noticed(bench: Bench, tmp_path: Path) -> None:
    run = bench.compute("child", child=str(tmp_path / "child"), leave="yes")
    assert run.state is RunState.PENDING
    until(lambda: is_dead(int((tmp_path / "child").read_text())))


def test_a_run_that_takes_too_long_is_stopped(bench: Bench, settings: Settings, tmp_path: Path) -> None:
    slow = Bench(replace(settings, run_time_max_s=4))
    running = Running(slow, tmp_path)
    run = running.end()
    assert (run.state, run.reason) == (RunState.ERROR, "timeout")
    assert is_dead(running.pid)


def test_a_run_that_takes_too_much_memory_is_stopped(bench: Bench, settings: Settings) -> None:
    run = Bench(replace(settings, compute_memory_max_mb=128)).compute("eat_memory")
    assert (run.state, run.reason) == (RunState.ERROR, "memory")


def test_the_lease_is_renewed_while_it_computes(bench: Bench, settings: Settings, tmp_path: Path) -> None:
    running = Running(Bench(replace(settings, lease_s=1)), tmp_path)
    began = bench.queue.store.now()

    def heartbeat() -> int:
        lease = bench.runs.lease(running.claim.run.id)
        return 0 if lease is None else lease.heartbeat

    until(lambda: heartbeat() > began)
    running.gate.touch()
    assert running.end().state is RunState.SUCCESS


def test_a_store_that_does_not_answer_for_a_moment_does_not_cost_the_run(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = Running(bench, tmp_path)
    looked: list[Claim] = []
    check_held = Runs.check_held

    def unavailable(self: Runs, claim: Claim) -> None:
        looked.append(claim)
        if len(looked) < 3:
            raise StoreUnavailable("the disk is full")
        check_held(self, claim)

    monkeypatch.setattr(Runs, "check_held", unavailable)
    until(lambda: len(looked) > 3)
    running.gate.touch()
    assert running.end().state is RunState.SUCCESS


def test_an_end_that_is_seen_before_it_is_said_leaves_the_process_warm(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process stores the end, then says so; a supervisor that looks in between finds no lease."""
    running = Running(bench, tmp_path)
    looks: list[Claim] = []

    def gone(self: Runs, claim: Claim) -> None:
        looks.append(claim)
        raise LeaseLost("there is no lease")

    def ended(self: supervisor.Supervisor, claim: Claim) -> bool:
        running.gate.touch()
        return True

    with monkeypatch.context() as patch:
        patch.setattr(supervisor.Supervisor, "_was_ended_by", ended)
        patch.setattr(Runs, "check_held", gone)
        run = running.end()
    assert looks
    assert run.state is RunState.SUCCESS
    assert bench.compute("done").metrics["pid"] == running.pid


def test_only_an_end_of_our_own_attempt_is_waited_for(bench: Bench) -> None:
    run = bench.ask("done")
    claim = bench.claim()
    watching = supervisor.supervisor_at(bench.place)
    assert not watching._was_ended_by(claim)
    bench.supervise(claim)
    assert watching._was_ended_by(claim)
    assert not watching._was_ended_by(replace(claim, attempt=2))
    other = bench.ask("done")
    mine = bench.claim()
    assert other.id == mine.run.id != run.id
    bench.runs.cancel(other.id, CALLER)
    assert not watching._was_ended_by(mine)


def test_a_submitted_call_can_be_computed_in_another_process(bench: Bench) -> None:
    """What goes to an executor is a function of a module with plain arguments, as Dask wants it."""
    run = bench.ask("done")
    claim = bench.claim()
    call = pickle.dumps((supervisor.supervise, (Job(str(run.id), claim.owner, claim.attempt), bench.place)))
    code = (
        "import pickle, sys; f, a = pickle.load(sys.stdin.buffer); f(*a);"
        "from arangovis.workers.supervisor import close_supervisors; close_supervisors()"
    )
    subprocess.run([sys.executable, "-c", code], input=call, cwd=ROOT, check=True, timeout=60)
    assert bench.runs.get(run.id).state is RunState.SUCCESS
