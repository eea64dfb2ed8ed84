"""Every run's start and end, told to a receiver of OpenLineage events.

What is to be told is read from the actions of the store, in order; how far it has been told is a record. So whoever
writes never waits for the receiver, and nothing is lost while it is away: what was not told is told when it is there
again. After a crash an event may be told twice.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Protocol
from uuid import uuid4

from arangovis.domain.errors import Conflict, StoreUnavailable
from arangovis.domain.graph import Action, Caller, Direction, Node, Record
from arangovis.domain.json import Document
from arangovis.domain.runs import RunState
from arangovis.domain.views import integer, mapping, text
from arangovis.exchange.openlineage.accounts import KEPT
from arangovis.exchange.openlineage.events import EventType
from arangovis.exchange.openlineage.telling import ToldRun, end_type, moments, run_event
from arangovis.services.catalogue.names import project_names
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction, record_key

_log = logging.getLogger("arangovis.openlineage")

TELLER = Caller("openlineage")
FEED = "feed"
ACTIONS_AT_ONCE = 200
EDGES_MAX = 10_000
"""Inputs, or outputs, of a run that are told."""
HOLD_US = 60_000_000
"""So long one process has the telling to itself without saying that it lives."""
PAUSE_FIRST_US = 2_000_000
PAUSE_MAX_US = 300_000_000


class Sender(Protocol):
    """What takes events; see `receiver.Receiver`."""

    @property
    def url(self) -> str:
        """Its address."""

    def send(self, event: Document) -> bool:
        """Send an event; return whether it was taken. Raises StoreUnavailable if it is to be sent again."""


@dataclass(frozen=True, slots=True)
class Feed:
    """How far the actions have been told. `due` is when the next round may begin; until then `owner` has it."""

    key: str
    at: int = 0
    due: int = 0
    owner: str = ""
    failures: int = 0

    def record(self) -> Record:
        """Return the record to store."""
        return Record(
            FEED, self.key, due=self.due, data={"at": self.at, "owner": self.owner, "failures": self.failures}
        )

    @classmethod
    def of(cls, record: Record) -> "Feed":
        """Read it from its record."""
        data = record.data
        return cls(record.key, integer(data, "at"), record.due, text(data, "owner"), integer(data, "failures"))

    def paused(self, now: int) -> "Feed":
        """Return the feed as it waits after a failure: longer each time."""
        pause = min(PAUSE_FIRST_US * 2 ** min(self.failures, 20), PAUSE_MAX_US)
        return replace(self, due=now + pause, owner="", failures=self.failures + 1)


@dataclass(frozen=True, slots=True)
class Emitted:
    """What a round did: events that were taken, and those that were refused for good."""

    sent: int = 0
    refused: int = 0


class Emitting:
    """Tells in rounds. Rounds of several processes take turns, and may be stopped at any time."""

    def __init__(self, store: GraphStore, receiver: Sender) -> None:
        self._store = store
        self._receiver = receiver
        self._key = record_key("openlineage", receiver.url)
        self._told_change = -1

    def is_due(self) -> bool:
        """Say whether anything was written since this process found that all was told."""
        return self._store.change_number() != self._told_change

    def __call__(self) -> Emitted:
        """Tell what is not told yet; nothing if another process does, or it is too early after a failure.

        Raises:
            StoreUnavailable: the store does not answer, or the receiver does not.

        """
        change = self._store.change_number()
        feed = self._store.transact(self._claim, TELLER)
        if feed is None:
            return Emitted()
        total = Emitted()
        while actions := self._next(feed.at):
            for action in actions:
                done = self._told(action, feed)
                total = Emitted(total.sent + done.sent, total.refused + done.refused)
                feed = replace(feed, at=action.time)
                if done != Emitted():
                    self._keep(feed)
            self._keep(feed)
        self._store.transact(lambda tx: self._held(tx, feed, replace(feed, due=tx.now, owner="", failures=0)), TELLER)
        self._told_change = change
        return total

    def _claim(self, transaction: Transaction) -> Feed | None:
        record = transaction.record(FEED, self._key)
        feed = Feed(self._key) if record is None else Feed.of(record)
        if feed.due > transaction.now:
            return None
        mine = replace(feed, owner=uuid4().hex, due=transaction.now + HOLD_US)
        transaction.put_record(mine.record())
        return mine

    def _keep(self, feed: Feed) -> None:
        """Note how far we are; whoever holds the feed says so that it lives."""
        self._store.transact(lambda tx: self._held(tx, feed, replace(feed, due=tx.now + HOLD_US)), TELLER)

    def _held(self, transaction: Transaction, feed: Feed, wanted: Feed) -> None:
        record = transaction.record(FEED, self._key)
        if record is None or Feed.of(record).owner != feed.owner:
            raise Conflict("another process tells the events now")
        transaction.put_record(wanted.record())

    def _next(self, after: int) -> Sequence[Action]:
        """Return the next actions; the state of the store is let go before anything is sent."""
        with self._store.frozen() as state:
            return tuple(islice(state.actions(after=after), ACTIONS_AT_ONCE))

    def _told(self, action: Action, feed: Feed) -> Emitted:
        total = Emitted()
        for event in self._events(action):
            try:
                taken = self._receiver.send(event)
            except StoreUnavailable:
                self._store.transact(lambda tx: self._held(tx, feed, feed.paused(tx.now)), TELLER)
                raise
            if not taken:
                _log.warning("an event of %s was refused by the receiver, and is not sent again", action.action_id)
            total = Emitted(total.sent + taken, total.refused + (not taken))
        return total

    def _events(self, action: Action) -> Iterator[Document]:
        """Yield the events of what runs did in an action; runs that came in by events are not told back."""
        runs = [node for node in action.nodes if node.id.kind == "run" and not node.version.deleted]
        runs = [run for run in runs if KEPT not in mapping(run.attributes, "extra")]
        if not runs:
            return
        before = self._store.get_many([run.id for run in runs], at=action.time - 1)
        for run in runs:
            kinds = told_by(None if (old := before.get(run.id)) is None else _state(old), _state(run))
            told = [(kind, at) for kind, at in moments(run) if kind in kinds]
            if told:
                found, names = self._run(run, action.time)
                yield from (run_event(found, kind, at, names) for kind, at in told)

    def _run(self, run: Node, at: int) -> tuple[ToldRun, Mapping[str, str]]:
        """Return a run with what it read and made as of a time, and the names of the projects."""
        kinds = ("input_to", "spawned")
        upward = self._store.edges_of((run.id,), Direction.UPSTREAM, kinds, at=at, limit=EDGES_MAX)
        downward = self._store.edges_of((run.id,), Direction.DOWNSTREAM, ("generated",), at=at, limit=EDGES_MAX)
        ends = [*(edge.id.source for edge in upward), *(edge.id.target for edge in downward)]
        nodes = self._store.get_many(ends, at=at)
        parents = [nodes[edge.id.source] for edge in upward if edge.id.kind == "spawned"]
        told = ToldRun(
            run,
            inputs=tuple((nodes[e.id.source], e.id.role) for e in sorted(upward) if e.id.kind == "input_to"),
            outputs=tuple((nodes[e.id.target], e.id.role) for e in sorted(downward)),
            parent=parents[0] if parents else None,
        )
        return told, project_names(self._store, (node.project for node in (run, *nodes.values())))


def told_by(before: RunState | None, now: RunState) -> frozenset[EventType]:
    """Return the events that a change of state is told by. None is a run that was not there."""
    if before is now:
        return frozenset()
    end = end_type(now)
    if end is None:
        return frozenset((EventType.START,)) if now is RunState.STARTED else frozenset()
    return frozenset((end,)) if before not in (None, RunState.PENDING) else frozenset((EventType.START, end))


def _state(run: Node) -> RunState:
    return RunState(text(run.attributes, "state"))
