"""The log of rows on every store: the same chunks, merged and dropped, and many writers at once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from arangovis.artifacts.local import LocalArtifactStore
from arangovis.domain.graph import Caller
from arangovis.domain.ids import NodeId
from arangovis.domain.runs import RunState
from arangovis.services.blobs import Blobs
from arangovis.services.catalogue import Catalogue
from arangovis.services.run_log import LoggedRun, RunLog
from arangovis.services.series import merging
from arangovis.services.series.aiming import Sent
from arangovis.services.series.release import delete_series_data
from arangovis.services.series.series import SeriesServices, series_services
from arangovis.services.verification import check_store
from arangovis.stores.arango import ArangoStore
from arangovis.stores.base import GraphStore
from arangovis.stores.embedded import EmbeddedStore
from arangovis.stores.memory import MemoryStore
from tests.arango_databases import PATIENCE, Server, drop

ADA = Caller("ada")


@pytest.fixture(params=["memory", "embedded", "arango"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[GraphStore]:
    with ExitStack() as stack:
        opened: GraphStore = MemoryStore()
        if request.param == "embedded":
            opened = EmbeddedStore(tmp_path / "graph.db")
        if request.param == "arango":
            server: Server = request.getfixturevalue("arango")
            address = server.fresh()
            stack.callback(drop, address)
            opened = ArangoStore(address, patience=PATIENCE)
        stack.callback(opened.close)
        opened.migrate()
        yield opened


@dataclass
class Logging:
    """A run on a store."""

    store: GraphStore
    artifacts: LocalArtifactStore
    series: SeriesServices
    run: NodeId

    def send(self, sequence: int, *, logger: str = "rank-0", rows: int = 1) -> bool:
        first = sequence * rows
        table = pa.table({"step": list(range(first, first + rows)), "name": [f"{logger} {sequence}"] * rows})
        return self.series.appending.append(Sent(self.run, logger, sequence), table, ADA).created

    @property
    def data(self) -> NodeId:
        (logged,) = self.series.data.of_run(self.run, 0)
        return logged.data.node

    def read(self, since: dict[str, int] | None = None) -> list[dict[str, Any]]:
        found = self.series.log.rows(self.series.log.chunks(self.data, since), ["name", "step"])
        return [] if found is None else found.to_pylist()

    def problems(self) -> list[object]:
        return list(check_store(self.store, self.artifacts))


@pytest.fixture
def logging(store: GraphStore, tmp_path: Path) -> Logging:
    artifacts = LocalArtifactStore(tmp_path / "artifacts")
    Catalogue(store).register_project("p", ADA)
    run = RunLog(store).log(LoggedRun("script", project="p", state=RunState.STARTED), ADA).node
    return Logging(store, artifacts, series_services(store, Blobs(store, artifacts)), run)


def expected(count: int, logger: str = "rank-0") -> list[dict[str, Any]]:
    return [{"name": f"{logger} {sequence}", "step": sequence} for sequence in range(count)]


def test_chunks_come_in_any_order_and_are_read_in_theirs(logging: Logging) -> None:
    for sequence in (3, 0, 2, 5, 1, 2):
        logging.send(sequence)
    assert logging.read() == expected(4)
    assert logging.read({"rank-0": 2}) == expected(4)[2:]
    (head,) = logging.series.log.heads(logging.data)
    assert (head.next, head.rows, head.ahead, head.loose) == (4, 4, 1, 5)
    assert logging.problems() == []


def test_merged_chunks_read_the_same_from_every_place(logging: Logging, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merging, "INLINE_BYTES_MAX", 100)
    for sequence in range(12):
        logging.send(sequence)
    kept = logging.series.upkeep.look_at(logging.data)
    assert (kept.before, kept.after) == (12, 1)
    assert not logging.send(7)
    for since in range(13):
        assert logging.read({"rank-0": since}) == expected(12)[since:]
    assert logging.problems() == []


def test_four_writers_in_any_order_and_a_poller_lose_and_double_nothing(logging: Logging) -> None:
    logging.send(0, logger="rank-0")

    def write(rank: int) -> None:
        order = [*range(1, 20, 2), *range(0, 20, 2)]
        for sequence in order:
            logging.send(sequence, logger=f"rank-{rank}")

    def poll(_: int) -> list[dict[str, Any]]:
        seen: list[dict[str, Any]] = []
        cursor: dict[str, int] = {}
        while len(seen) < 80:
            for chunk in logging.series.log.chunks(logging.data, cursor):
                seen += logging.series.log.read(chunk, ["name", "step"]).to_pylist()
                cursor[chunk.logger] = chunk.last + 1
            logging.series.upkeep.look_at(logging.data)
        return seen

    with ThreadPoolExecutor(5) as pool:
        polled = pool.submit(poll, 0)
        list(pool.map(write, range(4)))
        increments = polled.result(timeout=120)
    wanted = [row for rank in range(4) for row in expected(20, f"rank-{rank}")]
    assert sorted(increments, key=str) == sorted(wanted, key=str) == sorted(logging.read(), key=str)
    assert logging.problems() == []


def test_writers_of_one_logger_that_repeat_each_other_store_each_chunk_once(logging: Logging) -> None:
    with ThreadPoolExecutor(4) as pool:
        created = list(pool.map(logging.send, [sequence for sequence in range(15) for _ in range(4)]))
    assert sum(created) == 15
    assert logging.read() == expected(15)


def test_what_a_deleted_run_logged_is_dropped(logging: Logging) -> None:
    for sequence in range(5):
        logging.send(sequence)

    def delete(transaction: Any) -> None:
        delete_series_data(transaction, logging.run)
        transaction.delete(logging.run, force=True)

    logging.store.transact(delete, ADA)
    assert logging.series.upkeep().dropped == 5
    assert list(logging.store.records("chunk")) == []
    assert logging.problems() == []
