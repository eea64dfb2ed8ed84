"""A service of series on the memory store, and a run to log to."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from arangovis.artifacts.local import LocalArtifactStore
from arangovis.domain.graph import Caller
from arangovis.domain.ids import NodeId, named_id, time_ordered_id
from arangovis.domain.json import Document
from arangovis.series.cursors import Cursor
from arangovis.services.blobs import Blobs
from arangovis.services.series.appending import Appending, Sent
from arangovis.services.series.chunk_log import ChunkLog
from arangovis.services.series.definitions import SeriesDefinitions
from arangovis.services.series.fields import Fields
from arangovis.services.series.reading.contents import Contents
from arangovis.services.series.reading.question import SeriesQuestion
from arangovis.services.series.reading.reading import Reading, RunRows
from arangovis.services.series.reading.rows import ChunkRows
from arangovis.services.series.reading.sources import Sources
from arangovis.services.series.series_data import SeriesDatas
from arangovis.stores.base import GraphStore
from arangovis.stores.memory import MemoryStore
from arangovis.stores.transaction import Transaction

CALLER = Caller("ada")


class Bench:
    """Everything that appends and reads, over one store."""

    def __init__(self, store: GraphStore, folder: Path) -> None:
        self.store = store
        self.blobs = Blobs(store, LocalArtifactStore(folder))
        self.log = ChunkLog(store, self.blobs)
        self.fields = Fields(store)
        self.definitions = SeriesDefinitions(store, self.fields)
        self.data = SeriesDatas(store, self.definitions)
        self.appending = Appending(store, self.blobs, log=self.log, fields=self.fields, definitions=self.definitions)
        self.contents = Contents(store, self.fields, self.data)
        sources = Sources(self.fields, self.definitions)
        self.reading = Reading(self.contents, sources, self.log, ChunkRows(self.log, self.blobs))
        project = named_id("project", None, "p")
        store.transact(lambda tx: tx.ensure(project, project.key, {"name": "p"}), CALLER)
        self.project = project.key

    def run(self, **attributes: Any) -> NodeId:
        """Make a run."""

        def action(transaction: Transaction) -> NodeId:
            run = time_ordered_id("run", transaction.now)
            document: Document = {"method": "script", "state": "STARTED", "executor": "external", **attributes}
            transaction.create_new(run, self.project, document)
            return run

        return self.store.transact(action, CALLER)

    def change(self, run: NodeId, **attributes: Any) -> None:
        """Change attributes of a run."""
        self.store.transact(lambda tx: tx.update(run, {**tx.get(run).attributes, **attributes}), CALLER)

    def append(self, run: NodeId, sequence: int, columns: Mapping[str, Any], *, logger: str = "a", **sent: Any) -> None:
        """Append a chunk."""
        self.appending.append(Sent(run, logger, sequence, **sent), pa.table(dict(columns)), CALLER)

    def read(self, run: NodeId, question: SeriesQuestion, since: str | None = None) -> RunRows:
        """Read rows."""
        cursor = None if since is None else Cursor.of(since)
        return self.reading.rows(self.reading.look(run, question, cursor))


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """Give a service on the memory store."""
    store = MemoryStore()
    store.migrate()
    yield Bench(store, tmp_path)
    store.close()
