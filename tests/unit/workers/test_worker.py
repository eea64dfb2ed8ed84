"""The worker: what it claims, how it stops, and what it does if something around it fails."""

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from arangovis.domain.errors import Conflict, StoreUnavailable
from arangovis.domain.runs import RunState
from arangovis.services.runs import Runs
from arangovis.stores.embedded import EmbeddedStore
from arangovis.wiring import build, worker_context
from arangovis.workers import worker as worker_module
from arangovis.workers.methods import declared_methods
from arangovis.workers.worker import Worker
from tests.acceptance.toy_methods import METHODS
from tests.unit.workers.conftest import CALLER, Bench
from tests.unit.workers.test_supervisor import is_dead, until


class Inline(Executor):
    """An executor that does what is submitted at once."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self.calls.append((fn, *args))
        future.set_result(fn(*args, **kwargs))
        return future


class Broken(Executor):
    """An executor that is shut down."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        raise RuntimeError("cannot schedule new futures after shutdown")


class Background:
    """A worker that runs in a thread of this process."""

    def __init__(self, worker: Worker) -> None:
        self.worker = worker
        self.error: BaseException | None = None
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            self.worker.run()
        except BaseException as error:
            self.error = error

    def stop(self) -> None:
        self.worker.stop()
        self._thread.join(20)
        assert not self._thread.is_alive()


@pytest.fixture
def start(bench: Bench) -> Iterator[Callable[..., Background]]:
    """Start workers; they are stopped at the end."""
    started: list[Background] = []

    def start(methods: tuple[str, ...] = METHODS, **options: Any) -> Background:
        started.append(Background(Worker(bench.place, methods, **options)))
        return started[-1]

    yield start
    for background in started:
        background.stop()


def test_it_computes_what_is_asked(bench: Bench, start: Callable[..., Background]) -> None:
    runs = [bench.ask("done") for _ in range(3)]
    start()
    until(lambda: all(bench.runs.get(run.id).state is RunState.SUCCESS for run in runs))


def test_a_worker_that_rests_sees_at_once_that_there_may_be_work(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_module, "GLANCE_EVERY_S", 0.01)
    worker = Worker(bench.place, METHODS)
    worker._rest(0.05)  # what it finds when it first looks counts as seen
    started = threading.Thread(target=worker._rest, args=(600.0,))
    started.start()
    bench.ask("done")
    started.join(20)
    assert not started.is_alive()
    worker._shut_down()


def test_it_claims_the_methods_it_declares_only(bench: Bench, start: Callable[..., Background]) -> None:
    other, mine = bench.ask("done"), bench.ask("no_data")
    start(("toy.no_data",))
    until(lambda: bench.runs.get(mine.id).state is RunState.NO_DATA)
    assert bench.runs.get(other.id).state is RunState.PENDING


def test_slots_are_runs_at_once(bench: Bench, start: Callable[..., Background], tmp_path: Path) -> None:
    for number in range(3):
        bench.ask("wait", gate=str(tmp_path / "gate"), began=str(tmp_path / f"began-{number}"))
    start(slots=2)
    until(lambda: len(list(tmp_path.glob("began-*"))) == 2)
    states = [record.data["owner"] != "" for record in bench.queue.store.records("lease")]
    assert sorted(states) == [False, True, True]
    (tmp_path / "gate").touch()
    until(lambda: not bench.queue.store.records("lease"))


def test_any_executor_will_do(bench: Bench, start: Callable[..., Background]) -> None:
    run, executor = bench.ask("done"), Inline()
    start(executor=executor)
    until(lambda: bench.runs.get(run.id).state is RunState.SUCCESS)
    assert len(executor.calls) == 1


def test_stopping_gives_back_what_is_not_finished(
    bench: Bench, start: Callable[..., Background], tmp_path: Path
) -> None:
    began = tmp_path / "began"
    run = bench.ask("wait", gate=str(tmp_path / "gate"), began=str(began))
    working = start()
    until(lambda: began.exists() and bool(began.read_text()))
    assert bench.queue.store.records("worker")
    working.stop()
    assert bench.runs.get(run.id).state is RunState.PENDING
    lease = bench.runs.lease(run.id)
    assert lease is not None
    assert (lease.owner, lease.failures, lease.due) == ("", 0, lease.queued)
    assert is_dead(int(began.read_text()))
    assert not bench.queue.store.records("worker")


def test_a_broken_executor_ends_the_worker_but_not_the_run(bench: Bench, start: Callable[..., Background]) -> None:
    run = bench.ask("done")
    working = start(executor=Broken())
    until(lambda: working.error is not None)
    assert isinstance(working.error, RuntimeError)
    lease = bench.runs.lease(run.id)
    assert lease is not None
    assert (lease.owner, lease.failures) == ("", 0)


@pytest.mark.parametrize("error", [StoreUnavailable("the disk is full"), Conflict("kept conflicting")])
def test_a_store_that_does_not_answer_is_asked_again(
    bench: Bench, start: Callable[..., Background], monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    failures: list[Exception] = []
    claim = Runs.claim

    def fails_first(self: Runs, *args: Any, **kwargs: Any) -> Any:
        if len(failures) < 3:
            failures.append(error)
            raise error
        return claim(self, *args, **kwargs)

    monkeypatch.setattr(Runs, "claim", fails_first)
    run = bench.ask("done")
    start()
    until(lambda: bench.runs.get(run.id).state is RunState.SUCCESS)


def test_supervising_that_fails_is_not_the_end_of_the_worker(bench: Bench, start: Callable[..., Background]) -> None:
    class Failing(ThreadPoolExecutor):
        def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
            future: Future[Any] = Future()
            future.set_exception(MemoryError())
            return future

    bench.ask("done")
    working = start(executor=Failing())
    until(lambda: any(record.data["owner"] for record in bench.queue.store.records("lease")))
    second = bench.ask("done")
    until(lambda: bench.runs.lease(second.id).owner != "")  # type: ignore[union-attr]
    assert working.error is None


def test_it_shows_that_it_lives(bench: Bench, start: Callable[..., Background]) -> None:
    working = start()
    until(lambda: bool(bench.queue.store.records("worker")))
    (record,) = bench.queue.store.records("worker")
    assert record.key == working.worker.name
    assert record.data["pid"] == os.getpid()
    assert record.due > bench.queue.store.now()


def test_it_makes_rounds_of_housekeeping(
    bench: Bench, start: Callable[..., Background], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "TIDY_FIRST_S", 0.0)
    past = bench.queue.store.now()
    bench.queue.store.transact(lambda tx: tx.put_record(_forgotten(past)), CALLER)
    start()
    until(lambda: bench.queue.store.record("idempotency", "old") is None)


def _forgotten(due: int) -> Any:
    from arangovis.domain.graph import Record

    return Record("idempotency", "old", due=due)


def test_declared_methods_are_those_with_handlers(bench: Bench) -> None:
    service = build(bench.queue.settings)
    assert set(declared_methods()) == set(worker_context(service).handlers)
    service.close()


def test_two_supervisors_of_one_process_share_a_store(bench: Bench) -> None:
    first, second = Worker(bench.place, METHODS), Worker(bench.place, METHODS)
    assert first.name != second.name
    assert first._queue.store is second._queue.store
    assert isinstance(first._queue.store, EmbeddedStore)
    for worker in (first, second):
        worker._shut_down()
