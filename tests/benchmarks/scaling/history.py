"""A node that was changed many times: its whole history, one version of the past, and one change more."""

import json
import sqlite3
from functools import partial
from pathlib import Path

from arangovis.domain.ids import NodeId
from arangovis.stores.embedded import EmbeddedStore
from tests.benchmarks.lineage.targets.embedded import CALLER
from tests.benchmarks.scaling.measured import Figure, median_ms, rounds_of

REPEATS = 5
NODE = NodeId("project", "changing")


class History:
    """One node with more and more versions, and the same versions as rows of plain SQLite."""

    def __init__(self, folder: Path) -> None:
        self._store = EmbeddedStore(folder / "history.db")
        self._store.migrate()
        self._store.transact(lambda transaction: transaction.create_new(NODE, None, _facts(0)), CALLER)
        self._floor = sqlite3.connect(folder / "history-floor.db", isolation_level=None)
        self._floor.execute("PRAGMA journal_mode = WAL")
        self._floor.execute("CREATE TABLE version (node, number, document, PRIMARY KEY (node, number)) WITHOUT ROWID")
        self._count = 1
        self._add_to_floor(0)

    def close(self) -> None:
        self._store.close()
        self._floor.close()

    def grown_to(self, versions: int, *, rounds: int) -> tuple[list[Figure], bool]:
        """Change the node until it has so many versions and measure there; say too whether all is in the history."""
        for number in range(self._count, versions):
            self._change(number)
            self._add_to_floor(number)
        self._count = versions
        told = self._store.history(NODE)
        right = [version.version.number for version in told] == list(range(1, versions + 1))
        middle = told[versions // 2].version.valid_from
        past = [partial(self._store.get, NODE, at=middle)] * REPEATS
        whole = rounds_of(
            "history: every version",
            versions,
            partial(median_ms, [partial(self._store.history, NODE)] * REPEATS),
            partial(median_ms, [self._floor_history] * REPEATS),
            rounds=rounds,
        )
        return [
            whole,
            rounds_of("history: the one in the middle", versions, partial(median_ms, past), rounds=rounds),
        ], right

    def _change(self, number: int) -> None:
        self._store.transact(lambda transaction: transaction.update(NODE, _facts(number)), CALLER)

    def _add_to_floor(self, number: int) -> None:
        self._floor.execute("INSERT INTO version VALUES (1, ?, ?)", (number, json.dumps(_facts(number))))

    def _floor_history(self) -> object:
        rows = self._floor.execute("SELECT document FROM version WHERE node = 1 ORDER BY number")
        return [json.loads(document) for (document,) in rows]


def _facts(number: int) -> dict[str, str]:
    return {"name": "changing", "description": f"as described for the {number}th time"}
