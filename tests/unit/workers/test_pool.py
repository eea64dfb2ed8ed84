"""The pool of warm compute processes."""

from collections.abc import Iterator

import pytest

from arangovis.domain.errors import Cancelled
from arangovis.workers import pool as pool_module
from arangovis.workers.pool import ComputePool
from tests.unit.workers.conftest import Bench
from tests.unit.workers.test_supervisor import is_dead, until


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pool(bench: Bench, clock: Clock) -> Iterator[ComputePool]:
    pool = ComputePool(bench.place, idle_s=300, clock=clock)
    yield pool
    pool.close()


def test_idle_processes_are_stopped_after_a_while(pool: ComputePool, clock: Clock) -> None:
    process = pool.take()
    pool.give_back(process)
    clock.now = 299
    pool.sweep()
    assert process.poll() is None
    clock.now = 300
    pool.sweep()
    assert process.poll() is not None


def test_the_keeper_sweeps_by_itself(pool: ComputePool, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_module, "SWEEP_EVERY_S", 0.01)
    process = pool.take()
    pool.give_back(process)
    clock.now = 301
    until(lambda: process.poll() is not None)


def test_a_warm_process_that_died_is_not_given_out(pool: ComputePool) -> None:
    process = pool.take()
    pool.give_back(process)
    process.kill()
    process.wait()
    fresh = pool.take()
    assert fresh.pid != process.pid
    assert fresh.poll() is None
    pool.discard(fresh)


def test_a_process_that_grew_too_large_is_not_kept(pool: ComputePool, monkeypatch: pytest.MonkeyPatch) -> None:
    process = pool.take()
    until(lambda: pool_module.resident_bytes(process.pid) > 1 << 20)
    monkeypatch.setattr(pool_module, "WARM_BYTES_MAX", 1 << 20)
    pool.give_back(process)
    assert process.poll() is not None


def test_closing_kills_busy_and_idle_processes_and_gives_out_no_more(pool: ComputePool) -> None:
    busy, idle = pool.take(), pool.take()
    pool.give_back(idle)
    pool.close()
    until(lambda: is_dead(busy.pid) and is_dead(idle.pid))
    pool.discard(busy)
    with pytest.raises(Cancelled):
        pool.take()


def test_what_cannot_be_started_is_an_error_of_the_one_who_asked(
    pool: ComputePool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: object, **kwargs: object) -> None:
        raise OSError(11, "Resource temporarily unavailable")

    with monkeypatch.context() as patch:
        patch.setattr(pool_module, "start_module", full)
        with pytest.raises(OSError, match="temporarily"):
            pool.take()
    pool.discard(pool.take())
