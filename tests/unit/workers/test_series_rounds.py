"""A worker merges rows of series beside its work."""

import threading
from collections.abc import Iterator

import pyarrow as pa
import pytest

from arangovis.artifacts.registry import open_artifacts
from arangovis.domain.graph import Record
from arangovis.domain.runs import RunState
from arangovis.services.blobs import Blobs
from arangovis.services.run_log import LoggedRun, RunLog
from arangovis.services.series.aiming import Sent
from arangovis.services.series.series import series_services
from arangovis.workers import worker as worker_module
from arangovis.workers.worker import Worker
from tests.acceptance.toy_methods import METHODS
from tests.unit.workers.conftest import CALLER, Bench
from tests.unit.workers.test_supervisor import until


@pytest.fixture
def _working(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have a worker at work that looks at series at every turn."""
    monkeypatch.setattr(worker_module, "SERIES_EVERY_S", 0.0)
    worker = Worker(bench.place, METHODS)
    thread = threading.Thread(target=worker.run)
    thread.start()
    yield
    worker.stop()
    thread.join()


def logged(bench: Bench, rows: int) -> None:
    """Log rows one by one; say that they are due to be merged."""
    store = bench.queue.store
    series = series_services(store, Blobs(store, open_artifacts(bench.queue.settings.artifacts_url)))
    run = RunLog(store).log(LoggedRun("script", state=RunState.STARTED), CALLER).node
    for sequence in range(rows):
        series.appending.append(Sent(run, "rank-0", sequence), pa.table({"step": [sequence]}), CALLER)
    (work,) = store.records("series_work")
    store.transact(lambda tx: tx.put_record(Record("series_work", work.key, due=store.now())), CALLER)


@pytest.mark.usefixtures("_working")
def test_rows_are_merged_when_it_is_due(bench: Bench) -> None:
    logged(bench, 5)
    until(lambda: len(bench.queue.store.records("chunk")) == 1)
    (chunk,) = bench.queue.store.records("chunk")
    assert chunk.data["rows"] == 5
    until(lambda: not bench.queue.housekeeping.series_is_due())
