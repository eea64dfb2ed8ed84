"""One state of a store, whole, for those who copy it."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from itertools import zip_longest

from arangovis.domain.errors import Conflict
from arangovis.domain.graph import Action, Edge, Node, Record
from arangovis.domain.json import Document, exact


class FrozenStore(ABC):
    """A store as it was at one moment: all actions and all records, from one consistent state.

    Later writes are not seen, however long it is read, and it does not hinder them. It is used by one thread, within
    the context that `GraphStore.frozen` opened. Everything is streamed: memory does not grow with the store. The
    methods raise StoreUnavailable if the store does not answer, or let go of the state.
    """

    at: int
    """The time of the last action, 0 if there is none. Every action written later has a later time."""

    @abstractmethod
    def actions(self, *, after: int = 0, until: int | None = None) -> Iterator[Action]:
        """Yield whole actions later than `after`, up to and with `until`, in order of time.

        No two actions of a store have the same time. Every version of every node and edge is in one action,
        tombstones and deleted edges included.
        """

    @abstractmethod
    def action_count(self, *, after: int = 0, until: int | None = None) -> int:
        """Return how many actions `actions` would yield."""

    @abstractmethod
    def records(self, kind: str) -> Iterator[Record]:
        """Yield all records of a kind, in order of (group, due, key)."""


def new_actions(actions: Sequence[Action], present: FrozenStore) -> Sequence[Action]:
    """Return the actions that are later than all of a store, and check that the others are in it.

    Raises:
        Conflict: one is not there, or has other content; see `GraphStore.load`.

    """
    old = [action for action in actions if action.time <= present.at]
    if old:
        there = present.actions(after=old[0].time - 1, until=old[-1].time)
        for wanted, found in zip_longest(old, there):
            if wanted is None or found is None or content(wanted) != content(found):
                raise Conflict(f"the store has other content at time {(wanted or found).time}: it is no copy")
    return actions[len(old) :]


def content(action: Action) -> bytes:
    """Return bytes that are equal for actions that wrote the very same: `1`, `1.0` and `true` are not the same."""
    document: Document = {
        "action": [action.time, action.action_id, action.actor, action.request_id],
        "nodes": [_node_content(node) for node in action.nodes],
        "edges": [_edge_content(edge) for edge in action.edges],
    }
    return exact(document)


def _node_content(node: Node) -> Document:
    version = [node.version.number, node.version.deleted, node.created]
    return {"id": str(node.id), "project": node.project, "version": version, "attributes": node.attributes}


def _edge_content(edge: Edge) -> Document:
    kind, source, target, role = edge.id
    version = [edge.version.number, edge.version.deleted]
    return {"id": [kind, str(source), str(target), role], "version": version, "attributes": edge.attributes}
