"""A hub: one data set that many runs read. What it costs to look at it, to add to it, and to try to delete it."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path

from arangovis.domain.errors import InUse
from arangovis.domain.graph import Cut, Direction, EdgeId, Page, Walk
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Document
from arangovis.services.lineage.edge_pages import EdgesQuestion, Neighbour
from arangovis.services.lineage.lineage import LineageService
from arangovis.stores.embedded import EmbeddedStore
from arangovis.stores.transaction import Transaction
from arangovis_schema import LINEAGE_EDGE_KINDS
from tests.benchmarks.lineage.targets.embedded import CALLER
from tests.benchmarks.lineage.targets.floor import NODES, STEP, TABLES
from tests.benchmarks.scaling.measured import Figure, median_ms, rounds_of

PAGE = 1000
BATCH = 1000
REPEATS = 5
COMMITS = 40
HUB = NodeId("artifact", "hub")
FACTS: Document = {"role": "upload", "digest": "0" * 64, "bytes": 1, "media_type": "text/csv"}
KINDS = frozenset(LINEAGE_EDGE_KINDS)


class Hub:
    """The hub in the embedded store and in plain SQLite, with the same consumers."""

    def __init__(self, folder: Path) -> None:
        self._store = EmbeddedStore(folder / "hub.db")
        self._store.migrate()
        self._store.transact(lambda transaction: transaction.create_new(HUB, None, FACTS), CALLER)
        self._floor = sqlite3.connect(folder / "hub-floor.db", isolation_level=None)
        self._floor.execute("PRAGMA journal_mode = WAL")
        self._floor.executescript(TABLES)
        self._floor.execute("INSERT INTO node VALUES (1, 'hub', 'artifact', ?)", (json.dumps(FACTS),))
        self._lineage = LineageService(self._store)
        self._degree = 0
        self._consumers = 0

    def close(self) -> None:
        self._store.close()
        self._floor.close()

    def grown_to(self, degree: int, *, rounds: int) -> tuple[list[Figure], bool]:
        """Add consumers up to a degree and measure there; say too whether all answers were right."""
        for first in range(self._degree, degree, BATCH):
            numbers = range(first, min(first + BATCH, degree))
            self._store.transact(partial(_add_consumers, numbers=numbers), CALLER)
            self._add_to_floor(numbers)
        self._consumers += degree - self._degree
        self._degree = degree
        page = self._store.walk(self._walk(PAGE))
        right = len(page.visits) == PAGE and page.cuts == {Cut.LIMIT}
        listed = {found.node.id for page in self._pages() for found in page.items}
        right &= len(listed) == self._consumers
        return self._figures(rounds), right

    def _figures(self, rounds: int) -> list[Figure]:
        store = self._store
        consumer = Walk((_consumer(self._degree // 2),), Direction.UPSTREAM, KINDS, depth_max=10, node_limit=PAGE)
        first, middle = self._question(), self._question(behind=self._middle())
        at_depth = replace(self._walk(PAGE), depth_max=0)
        reads: list[tuple[str, Callable[[], object], Callable[[], object] | None]] = [
            ("hub: 1,000 of its edges", self._some_edges, partial(self._floor_page, PAGE)),
            ("hub: impact cut at 1,000 nodes", lambda: store.walk(self._walk(PAGE)), partial(self._floor_page, PAGE)),
            ("hub: whole impact", lambda: store.walk(self._walk(100_000)), partial(self._floor_page, -1)),
            ("hub: its first 100 consumers", lambda: self._lineage.edges(first), partial(self._floor_page, 100)),
            ("hub: 100 from the middle", lambda: self._lineage.edges(middle), partial(self._floor_page, 100)),
            ("hub: all, by pages of 1,000", lambda: list(self._pages()), partial(self._floor_page, -1)),
            ("hub: lineage that ends at it", lambda: store.walk(at_depth), None),
            ("hub: upstream of a consumer", lambda: store.walk(consumer), None),
            ("hub: deleting it is refused", self._refused, None),
        ]
        return [
            rounds_of(question, self._degree, _median(own), None if least is None else _median(least), rounds=rounds)
            for question, own, least in reads
        ] + [
            rounds_of("hub: one more consumer", self._degree, partial(median_ms, [self._one_more] * COMMITS), rounds=1)
        ]

    def _walk(self, limit: int) -> Walk:
        return Walk((HUB,), Direction.DOWNSTREAM, KINDS, depth_max=10, node_limit=limit)

    def _question(self, *, behind: EdgeId | None = None) -> EdgesQuestion:
        question = EdgesQuestion(HUB, Direction.DOWNSTREAM)
        return question if behind is None else replace(question, cursor=question.cursor_behind(behind))

    def _middle(self) -> EdgeId:
        return next(islice(self._store.all_edges(HUB, Direction.DOWNSTREAM, "input_to"), self._degree // 2, None)).id

    def _pages(self) -> Iterator[Page[Neighbour]]:
        question: EdgesQuestion | None = replace(self._question(), limit=PAGE)
        while question is not None:
            page = self._lineage.edges(question)
            yield page
            question = replace(question, cursor=page.next_cursor) if page.next_cursor else None

    def _some_edges(self) -> object:
        return self._store.edges_of((HUB,), Direction.DOWNSTREAM, ("input_to",), limit=PAGE)

    def _one_more(self) -> None:
        self._consumers += 1
        self._store.transact(partial(_add_consumers, numbers=range(-1, 0)), CALLER)

    def _refused(self) -> None:
        with suppress(InUse):
            self._store.transact(lambda transaction: transaction.delete(HUB), CALLER)
            raise AssertionError("a hub in use was deleted")

    def _add_to_floor(self, numbers: range) -> None:
        self._floor.execute("BEGIN")
        for number in numbers:
            row = self._floor.execute(
                "INSERT INTO node (key, kind, doc) VALUES (?, 'run', ?)", (str(number), json.dumps(_facts(number)))
            ).lastrowid
            self._floor.execute("INSERT INTO edge VALUES (1, ?, 'input_to')", (row,))
        self._floor.execute("COMMIT")

    def _floor_page(self, limit: int) -> object:
        ends = [row[1] for row in self._floor.execute(f"{STEP.format('source')} LIMIT {limit:d}", ("[1]",))]
        rows = self._floor.execute(NODES, (json.dumps(ends),))
        return [(row[1], row[2], json.loads(row[3])) for row in rows]


def _median(ask: Callable[[], object]) -> Callable[[], float]:
    return partial(median_ms, [ask] * REPEATS)


def _facts(number: int) -> Document:
    return {"method": "training", "state": "SUCCESS", "executor": "external", "params": {"fold": number}}


def _consumer(number: int) -> NodeId:
    return NodeId("run", f"consumer-{number:09d}")


def _add_consumers(transaction: Transaction, numbers: range) -> None:
    for number in numbers:
        run = _consumer(number) if number >= 0 else NodeId("run", f"more-{transaction.now}")
        transaction.create_new(run, None, _facts(number))
        transaction.link(EdgeId("input_to", HUB, run))
