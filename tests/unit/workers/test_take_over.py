"""Runs that one process claims and another supervises in its own name."""

import threading
from pathlib import Path

import pytest

from arangovis.domain.errors import LeaseLost
from arangovis.domain.runs import Run, RunState
from arangovis.domain.work import Claim
from arangovis.workers import supervisor
from arangovis.workers.protocol import Job
from tests.unit.workers.conftest import CALLER, Bench
from tests.unit.workers.test_supervisor import DEADLINE_S, is_dead, until


def job_of(claim: Claim) -> Job:
    return Job(str(claim.run.id), claim.owner, claim.attempt)


class TakenOver:
    """A run that was taken over and waits at its gate."""

    def __init__(self, bench: Bench, folder: Path) -> None:
        self.bench = bench
        self.gate, self.began = folder / "gate", folder / "began"
        bench.ask("wait", gate=str(self.gate), began=str(self.began))
        self.claim = bench.claim()
        self.thread = threading.Thread(target=supervisor.take_over, args=(job_of(self.claim), bench.place))
        self.thread.start()
        until(lambda: self.began.exists() and bool(self.began.read_text()))
        self.pid = int(self.began.read_text())

    @property
    def run(self) -> Run:
        return self.bench.runs.get(self.claim.run.id)

    def end(self) -> Run:
        self.thread.join(DEADLINE_S)
        assert not self.thread.is_alive()
        return self.run


def test_the_run_is_its_new_owners(bench: Bench, tmp_path: Path) -> None:
    taken = TakenOver(bench, tmp_path)
    lease = bench.runs.lease(taken.claim.run.id)
    assert lease is not None
    assert lease.owner not in ("", taken.claim.owner)
    assert lease.attempt == taken.claim.attempt
    with pytest.raises(LeaseLost):
        bench.runs.release(taken.claim, counted=False)
    taken.gate.touch()
    assert taken.end().state is RunState.SUCCESS
    assert list(bench.queue.store.history(taken.run.id))[-1].version.actor == lease.owner


def test_a_call_that_is_made_again_ends_quietly(bench: Bench, tmp_path: Path) -> None:
    """Dask makes a call again when it thinks its worker dead; that the worker may live is what this is about."""
    taken = TakenOver(bench, tmp_path)
    supervisor.take_over(job_of(taken.claim), bench.place)
    assert taken.run.state is RunState.STARTED
    assert not is_dead(taken.pid)
    taken.gate.touch()
    assert taken.end().state is RunState.SUCCESS
    supervisor.take_over(job_of(taken.claim), bench.place)
    assert len(list(bench.queue.store.history(taken.run.id))) == 3


def test_a_call_for_an_attempt_that_was_lost_ends_quietly(bench: Bench) -> None:
    bench.ask("done")
    first = bench.claim()
    bench.runs.release(first, counted=False)
    second = bench.claim()
    supervisor.take_over(job_of(first), bench.place)
    assert bench.runs.get(first.run.id).state is RunState.STARTED
    supervisor.take_over(job_of(second), bench.place)
    assert bench.runs.get(first.run.id).state is RunState.SUCCESS


def test_a_cancelled_run_is_not_taken(bench: Bench) -> None:
    bench.ask("done")
    claim = bench.claim()
    bench.runs.cancel(claim.run.id, CALLER)
    supervisor.take_over(job_of(claim), bench.place)
    assert bench.runs.get(claim.run.id).state is RunState.CANCELLED


def test_a_process_that_is_about_to_end_gives_back_what_it_took(bench: Bench, tmp_path: Path) -> None:
    taken = TakenOver(bench, tmp_path)
    supervisor.give_back_all()
    assert taken.end().state is RunState.PENDING
    assert is_dead(taken.pid)
    lease = bench.runs.lease(taken.claim.run.id)
    assert lease is not None
    assert (lease.owner, lease.failures) == ("", 0)
