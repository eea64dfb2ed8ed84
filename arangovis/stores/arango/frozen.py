"""One state of the database for copying, in a stream transaction that only reads.

The server drops a transaction that was idle for its idle timeout, a minute if nobody changed it: who comes back later
gets StoreUnavailable, and copies again from a new state. Pages are read as they are asked for, so what counts is the
time that the reader takes for one of them.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

from arangovis.domain.errors import StoreUnavailable
from arangovis.domain.graph import Action, Record
from arangovis.stores.arango import reads
from arangovis.stores.arango.aql import Query
from arangovis.stores.arango.connection import Connection
from arangovis.stores.arango.documents import Row, edge_of, node_of, record_of
from arangovis.stores.arango.places import EDGE_COLLECTIONS, VERTEX_COLLECTIONS
from arangovis.stores.arango.problems import Collision, Unanswered
from arangovis.stores.arango.reads import RecordScan
from arangovis.stores.frozen import FrozenStore

ACTIONS_PAGE = 250
RECORDS_PAGE = 1000

NODE_SOURCES = (*VERTEX_COLLECTIONS, "node_version")
EDGE_SOURCES = (*EDGE_COLLECTIONS, "edge_version")

Ask = Callable[[Query], list[list[Any]]]
Run = Callable[[str, Row], Any]


@contextmanager
def frozen(connection: Connection) -> Iterator[FrozenStore]:
    """Hold one state; see `GraphStore.frozen`.

    An action takes its time when it begins to write, and is seen when it has written. So that none comes later with
    an earlier time, nobody writes actions while the state is taken: those who do are waited for, those who come wait,
    for some three calls, and take their times behind it.
    """
    with ExitStack() as held:
        with _told(), connection.alone(["action"]) as run:
            _last_time(run)  # in a cluster this is what takes the lock
            state = held.enter_context(snapshot(connection))
        yield state


@contextmanager
def snapshot(connection: Connection) -> Iterator[FrozenStore]:
    """Hold the state of this moment; while others write, actions may come later with times before its last."""
    with ExitStack() as held:
        with _told():
            run = held.enter_context(connection.snapshot([*NODE_SOURCES, *EDGE_SOURCES, "action", "record"]))
            state = ArangoFrozen(run)
        yield state


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except Unanswered:
        raise StoreUnavailable("the store does not answer") from None
    except Collision:
        raise StoreUnavailable("the store is busy, or let go of the state") from None


def _asked(run: Run, query: Query) -> list[list[Any]]:
    with _told():
        parts: list[list[Any]] = run(query.text, query.binds)["parts"]
    return parts


def _last_time(run: Run) -> int:
    query = Query()
    query.part("commit_last", {})
    ((*last,),) = _asked(run, query)
    return int(last[0]) if last else 0


class ArangoFrozen(FrozenStore):
    """What one transaction sees, page by page."""

    def __init__(self, run: Run) -> None:
        self._ask: Ask = partial(_asked, run)
        self.at = _last_time(run)

    def actions(self, *, after: int = 0, until: int | None = None) -> Iterator[Action]:
        """Read the actions of a page, then their versions."""
        end = self.at if until is None else until
        while page := self._page(after, end):
            nodes = self._written(NODE_SOURCES, after, page[-1][0])
            edges = self._written(EDGE_SOURCES, after, page[-1][0])
            for time, action_id, actor, request_id in page:
                wrote = sorted((node_of(row) for row in nodes[time]), key=lambda node: node.id)
                linked = sorted((edge_of(row) for row in edges[time]), key=lambda edge: edge.id)
                yield Action(time, action_id, actor, request_id, tuple(wrote), tuple(linked))
            after = page[-1][0]

    def action_count(self, *, after: int = 0, until: int | None = None) -> int:
        """Count in the index."""
        query = Query()
        query.part("frozen_count", {"after": after, "until": self.at if until is None else until})
        ((count,),) = self._ask(query)
        return int(count)

    def records(self, kind: str) -> Iterator[Record]:
        """Scan page by page."""
        after: Record | None = None
        while True:
            query = Query()
            reads.add_scans(query, [RecordScan(kind, after=after)], RECORDS_PAGE)
            ((rows,),) = self._ask(query)
            yield from map(record_of, rows)
            if len(rows) < RECORDS_PAGE:
                return
            after = record_of(rows[-1])

    def _page(self, after: int, until: int) -> list[tuple[int, str, str, str]]:
        query = Query()
        query.part("frozen_actions", {"after": after, "until": until, "limit": ACTIONS_PAGE})
        (page,) = self._ask(query)
        return page

    def _written(self, collections: tuple[str, ...], after: int, until: int) -> dict[int, list[Row]]:
        query = Query()
        for collection in collections:
            query.part("frozen_versions", {"@collection": collection, "after": after, "until": until})
        written: dict[int, list[Row]] = defaultdict(list)
        for row in reads.rows_of(self._ask(query)):
            written[row["valid_from"]].append(row)
        return written
