"""Loading actions of another store: a page of them is one read of all that they touch, and one query that writes.

The times are known, so every document is made here: the newest versions, those that are replaced by then, the walked
edges' former lives, the searchable values as they are in the end, and the actions. As a commit, the query looks first
whether all is as it was read, writes all or nothing, and may be sent again when its answer is lost.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from uuid import uuid4

from arangovis.domain.errors import Conflict, InvalidInput, StoreUnavailable
from arangovis.domain.graph import Action, Caller, Edge, Node
from arangovis.stores.arango.aql import Query
from arangovis.stores.arango.commit import (
    EMPTY_KEEP_S,
    add_checks,
    add_fresh,
    add_receipt,
    property_rows,
    refuse_changed,
    searchable_row,
)
from arangovis.stores.arango.documents import Row, action_row, edge_rows
from arangovis.stores.arango.places import Place, edge_place, node_place
from arangovis.stores.arango.problems import UNKNOWN, Unanswered
from arangovis.stores.arango.properties import Stored
from arangovis.stores.arango.server import Server
from arangovis.stores.arango.sortable import text_key
from arangovis.stores.arango.transaction import ArangoTransaction
from arangovis.stores.drafts import Draft, EdgeDraft

ACTIONS_PER_PAGE = 500
ITEMS_PER_PAGE = 3000
"""Versions in one query; an action with more is one page of its own."""

_NODE_ONLY = frozenset(("_id", "_rev", "properties"))
_EDGE_ONLY = frozenset(("_id", "_rev", "_from", "_to", "alive_from", "alive_to"))


def load(server: Server, actions: Sequence[Action], *, after: int) -> None:
    """Write actions, which are to be later than `after` and each than the one before; see `GraphStore.load`."""
    for page in _pages(actions):
        _load_page(server, page, after)
        after = page[-1].time


def _pages(actions: Sequence[Action]) -> Iterator[Sequence[Action]]:
    begin = items = 0
    for end, action in enumerate(actions):
        size = len(action.nodes) + len(action.edges)
        if end > begin and (end - begin == ACTIONS_PER_PAGE or items + size > ITEMS_PER_PAGE):
            yield actions[begin:end]
            begin, items = end, 0
        items += size
    if actions:
        yield actions[begin:]


def _load_page(server: Server, actions: Sequence[Action], after: int) -> None:
    page = _Page(server, actions, after)
    for number, action in enumerate(actions):
        try:
            page.add(action)
        except (Conflict, InvalidInput):
            if number:
                _load_page(server, actions[:number], after)
            raise
    page.write()


class _Page:
    """The documents of a page in the making."""

    def __init__(self, server: Server, actions: Sequence[Action], after: int) -> None:
        self._server = server
        self._receipt = uuid4().hex
        self._first = actions[0].time
        self._last = after
        self._count = 0
        self._transaction = ArangoTransaction(server.read_in_action, self._first)
        self._expect(actions)
        self._newest: dict[Place, Row] = {}
        self._indexed: dict[Place, list[Stored]] = {}
        self._others: dict[str, list[Row]] = defaultdict(list)
        """What is never replaced: versions that were, former lives of edges, actions."""

    def _expect(self, actions: Sequence[Action]) -> None:
        """Read what the page touches."""
        nodes = [node for action in actions for node in action.nodes]
        edges = [edge for action in actions for edge in action.edges]
        made = {node.id for node in nodes if node.version.number == 1}
        ends = {end for edge in edges for end in (edge.id.source, edge.id.target)}
        self._transaction.expect(
            nodes=sorted((ends | {node.id for node in nodes}) - made),
            edges=dict.fromkeys(edge.id for edge in edges if edge.version.number > 1),
        )

    def add(self, action: Action) -> None:
        """Add an action.

        Raises:
            Conflict: it does not follow what is there.
            InvalidInput: it has an unknown kind, or what is not JSON.

        """
        if action.time <= self._last:
            raise Conflict(f"the actions are not in order of time at {action.time}")
        self._transaction.replay(action)
        written = action_row(Caller(action.actor, action.request_id), action.action_id)
        try:
            for node in action.nodes:
                self._add_node(node, written, action.time)
        except UnicodeEncodeError:
            raise InvalidInput("a text is not valid Unicode") from None
        for edge in action.edges:
            self._add_edge(edge, written, action.time)
        self._others["action"].append(self._action(action))
        self._last = action.time

    def _action(self, action: Action) -> Row:
        self._count += 1
        return {
            "_key": f"{self._receipt}.{self._count}",
            "time": action.time,
            "action_id": action.action_id,
            "actor": action.actor,
            "request_id": action.request_id,
        }

    def _add_node(self, node: Node, written: Row, time: int) -> None:
        place = node_place(node.id)
        old = self._newest_at(place)
        draft = Draft(node.id, node.project, node.attributes, node.version.deleted)
        row, self._indexed[place] = searchable_row(draft, old, self._transaction)
        times = {"valid_from": time, "created": time if old is None else old["created"]}
        self._newest[place] = row | written | times | {"actor_key": text_key(written["actor"])}
        if old is not None:
            kept = {name: value for name, value in old.items() if name not in _NODE_ONLY}
            kept |= {"_key": f"{old['digest']}.{old['number']}", "node": old["id"], "valid_to": time}
            self._others["node_version"].append(kept)

    def _add_edge(self, edge: Edge, written: Row, time: int) -> None:
        place = edge_place(edge.id)
        old = self._newest_at(place)
        row, *lived = (
            _timed(row | written, time)
            for row in edge_rows(EdgeDraft(edge.id, edge.attributes, edge.version.deleted), old)
        )
        self._newest[place] = row
        self._others[place.collection] += lived
        if old is not None:
            kept = {name: value for name, value in old.items() if name not in _EDGE_ONLY}
            kept |= {"_key": f"{old['edge']}.{old['number']}", "valid_to": time}
            self._others["edge_version"].append(kept)

    def _newest_at(self, place: Place) -> Row | None:
        return self._newest.get(place) or self._transaction.found.get(place)

    # --- writing ----------------------------------------------------------------------------------------------

    def write(self) -> None:
        """Write the page.

        Raises:
            Conflict: the store was written to meanwhile.
            StoreUnavailable: it is not known whether it was written.

        """
        query = Query()
        checks = add_checks(query, self._transaction, self._receipt)
        last = query.part("commit_last", {}, hidden=True)
        late = query.part("load_late", {"first": self._first}, words={"last": last})
        add_fresh(query, [*checks, late])
        for collection, documents in self._documents().items():
            query.part("load_documents", {"@collection": collection, "documents": documents}, hidden=True)
        add_receipt(query, self._receipt, 0)
        try:
            seen, *stale, late_times = self._server.ask(query)
        except Unanswered:
            raise StoreUnavailable(UNKNOWN) from None
        if seen:
            return
        refuse_changed(self._transaction, stale)
        if late_times:
            raise Conflict("others write to the store at the same time")

    def _documents(self) -> dict[str, list[Row]]:
        documents: dict[str, list[Row]] = defaultdict(list, {name: [*rows] for name, rows in self._others.items()})
        for place, row in self._newest.items():
            documents[place.collection].append(row)
        expires = {"expires": self._server.clock.now() // 1_000_000 + EMPTY_KEEP_S}
        for place, indexed in self._indexed.items():
            rows = property_rows(self._newest[place], indexed, self._transaction.found.get(place))
            documents["property"] += (row if "kind" in row else row | expires for row in rows)
        return {collection: rows for collection, rows in documents.items() if rows}


def _timed(row: Row, time: int) -> Row:
    """Fill in the time of the action where an edge's row leaves it open."""
    return row | {name: time for name in ("valid_from", "alive_from", "alive_to") if row[name] is None}
