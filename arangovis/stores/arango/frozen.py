"""One state of the database for copying, in a stream transaction that only reads.

The server drops a transaction that is idle for a minute; a reader must come back within that time. An action that
was being written when the state was frozen is not in it, though its time may be before the last one's.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from arangovis.domain.errors import StoreUnavailable
from arangovis.domain.graph import Action, Record
from arangovis.stores.arango import reads
from arangovis.stores.arango.aql import Query
from arangovis.stores.arango.connection import Connection
from arangovis.stores.arango.documents import Row, edge_of, node_of, record_of
from arangovis.stores.arango.places import EDGE_COLLECTIONS, VERTEX_COLLECTIONS
from arangovis.stores.arango.problems import Unanswered
from arangovis.stores.arango.reads import RecordScan
from arangovis.stores.frozen import FrozenStore

ACTIONS_PAGE = 100
RECORDS_PAGE = 1000

NODE_SOURCES = (*VERTEX_COLLECTIONS, "node_version")
EDGE_SOURCES = (*EDGE_COLLECTIONS, "edge_version")

Ask = Callable[[Query], list[list[Any]]]


@contextmanager
def frozen(connection: Connection) -> Iterator[FrozenStore]:
    """Hold one state; see `GraphStore.frozen`."""
    try:
        with connection.snapshot([*NODE_SOURCES, *EDGE_SOURCES, "action", "record"]) as run:
            yield ArangoFrozen(lambda query: _asked(run, query))
    except Unanswered:
        raise StoreUnavailable("the store does not answer") from None


def _asked(run: Callable[[str, Row], Any], query: Query) -> list[list[Any]]:
    try:
        parts: list[list[Any]] = run(query.text, query.binds)["parts"]
    except Unanswered:
        raise StoreUnavailable("the store does not answer") from None
    return parts


class ArangoFrozen(FrozenStore):
    """What one transaction sees, page by page."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        query = Query()
        query.part("commit_last", {})
        ((*last,),) = ask(query)
        self.at = int(last[0]) if last else 0

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
