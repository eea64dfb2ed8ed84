"""Children of a fork log under names of their own, and what they log arrives once."""

import multiprocessing
import os
import threading
from collections import Counter
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pyarrow as pa
import pytest

from arangovis.client.logger_options import LoggerOptions
from arangovis.client.outbox import Outbox, OutboxOptions, Role, Target
from arangovis.client.outbox.sync import SyncOptions, synchronise
from arangovis.client.series_logger import SeriesLogger
from tests.unit.client.outbox.services import Service

TARGET = Target(url="http://127.0.0.1:1", actor="ada")
pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")


class Logging:
    """A logger that is offline, and its folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.outbox = Outbox(TARGET, OutboxOptions(folder, offline=True))
        self.outbox.put("PUT", "/begin", role=Role.OPENING)
        self.logger = SeriesLogger(self.outbox, "0" * 32, options=LoggerOptions(flush_every_s=3600))

    def arrived(self) -> tuple[Counter[int], set[str]]:
        """Send all; return how often each value came, and the loggers they came from."""
        self.logger.close()
        self.outbox.close()
        service, values, loggers = Service(), Counter(), set()
        for report in synchronise(self.folder, SyncOptions(lambda target: service)):
            assert report.problem is None
        for sent in service.sent:
            if sent.path != "/begin":
                table = pa.ipc.open_stream(sent.body).read_all()
                if "value" not in table.column_names:
                    continue
                values.update(table.column("value").to_pylist())
                loggers.add(parse_qs(urlsplit(sent.path).query)["logger"][0])
        return values, loggers


def test_a_child_sends_what_it_logged_and_not_what_its_parent_did(tmp_path: Path) -> None:
    logging = Logging(tmp_path)
    logging.logger.log({"value": 0})
    child = os.fork()
    if child == 0:
        try:
            logging.logger.log({"value": 1})
            logging.logger.flush()
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    logging.logger.log({"value": 2})
    values, loggers = logging.arrived()
    assert values == {0: 1, 1: 1, 2: 1}
    assert len(loggers) == 2


def test_a_fork_while_other_threads_log_never_hangs_the_child(tmp_path: Path) -> None:
    logging, stopped = Logging(tmp_path), threading.Event()

    def write() -> None:
        while not stopped.is_set():
            logging.logger.log({"noise": 1.0})
            logging.logger.spill()

    threads = [threading.Thread(target=write) for _ in range(2)]
    for thread in threads:
        thread.start()
    children = []
    for number in range(20):
        child = os.fork()
        if child == 0:
            try:
                logging.logger.log({"value": number})
                logging.logger.flush()
            finally:
                os._exit(0)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * 20
    stopped.set()
    for thread in threads:
        thread.join()


def test_a_worker_of_multiprocessing_sends_what_it_has_when_it_ends(tmp_path: Path) -> None:
    logging = Logging(tmp_path)
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=logging.logger.log, args=({"value": number},)) for number in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
        assert worker.exitcode == 0
    values, loggers = logging.arrived()
    assert values == {0: 1, 1: 1, 2: 1}
    assert len(loggers) == 3


def test_workers_of_a_data_loader_log(tmp_path: Path) -> None:
    from sklearn.datasets import load_wine
    from torch.utils.data import DataLoader, Dataset

    logging = Logging(tmp_path)

    class Wines(Dataset):
        rows = load_wine().data

        def __len__(self) -> int:
            return len(self.rows)

        def __getitem__(self, number: int) -> object:
            logging.logger.log({"value": number})
            return self.rows[number]

    for _ in range(2):
        for batch in DataLoader(Wines(), batch_size=16, num_workers=2):
            logging.logger.log({"mean": batch.mean()})
    values, loggers = logging.arrived()
    assert values == dict.fromkeys(range(len(Wines.rows)), 2)
    assert len(loggers) == 4
