"""From what happened to messages that wait: nothing is lost between the two.

How far the actions of the store have been gone through is a record. The action that moves it on writes the messages
too, so a process that dies has done both or neither, and two that do it at once do it once. Whoever writes to the
graph knows nothing of it and never waits for it.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice

import orjson

from arangovis.domain.graph import Action, Caller, Node, Record
from arangovis.domain.ids import NodeId
from arangovis.domain.json import digest_of
from arangovis.domain.search import PAGE_SIZE_MAX, Search
from arangovis.domain.views import integer
from arangovis.services.webhooks.deliveries import SETTLED, WAITING, Delivery, DeliveryState
from arangovis.services.webhooks.events import EventType, Happening, happenings, holds_for, message_of
from arangovis.services.webhooks.subscriptions import FEED, FEED_KEY, WEBHOOK, Webhook, webhook_of
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction

TELLER = Caller("webhooks")
ACTIONS_AT_ONCE = 200
_ID_LENGTH = 32


class Outbox:
    """Goes through the actions in rounds. Rounds may run side by side, and may be stopped at any time."""

    def __init__(self, store: GraphStore) -> None:
        self._store = store
        self._seen_change = -1

    def is_due(self) -> bool:
        """Say whether anything was written since this process went through all."""
        return self._store.change_number() != self._seen_change

    def __call__(self) -> int:
        """Put down the messages about all that happened since the last round; return how many.

        Raises:
            StoreUnavailable: the store does not answer.

        """
        change, count = self._store.change_number(), 0
        feed = self._store.record(FEED, FEED_KEY)
        # gone through without a live webhook too: what happens while one is off, it is not told of later
        while feed is not None and (actions := self._next(integer(feed.data, "at"))):
            hooks = live_webhooks(self._store)  # read after the actions: none that was made before them is missing
            messages = [message for action in actions if hooks for message in self._messages(action, hooks)]
            moved = Record(FEED, FEED_KEY, data={"at": actions[-1].time})
            if not self._store.transact(partial(_put, seen=feed, moved=moved, messages=messages), TELLER):
                return count  # another process did these; it goes on
            feed, count = moved, count + len(messages)
        self._seen_change = change
        return count

    def _next(self, after: int) -> Sequence[Action]:
        with self._store.frozen() as state:
            return tuple(islice(state.actions(after=after), ACTIONS_AT_ONCE))

    def _messages(self, action: Action, hooks: Sequence[Webhook]) -> Iterator[Delivery]:
        for happening in happenings(self._store, action):
            name: str | None = None
            for hook in hooks:
                for kind in sorted(_wanted(hook, happening)):
                    name = name or self._project(happening.run)
                    yield message(hook, kind, happening, name)

    def _project(self, run: Node) -> str | None:
        node = None if run.project is None else self._store.find(NodeId("project", run.project))
        return None if node is None else str(node.attributes.get("name", run.project))


def live_webhooks(store: GraphStore) -> Sequence[Webhook]:
    """Return the webhooks that are in force."""
    if WEBHOOK.name not in store.schema().vertices:
        return ()
    found = store.all_nodes(Search(WEBHOOK.name, limit=PAGE_SIZE_MAX))
    return [hook for hook in map(webhook_of, found) if hook.enabled]


def message(hook: Webhook, kind: EventType, happening: Happening, project: str | None) -> Delivery:
    """Return the message about a happening; it has the same id whoever makes it."""
    action = happening.action
    own_id = digest_of([hook.node.key, kind.value, str(happening.run.id), action.action_id])[:_ID_LENGTH]
    body = orjson.dumps({"id": own_id, **message_of(kind, happening, project)}, default=_plain).decode()
    waiting, at = DeliveryState.WAITING, action.time
    return Delivery(own_id, hook.node.key, kind.value, body, waiting, created=at, due=at)


def _wanted(hook: Webhook, happening: Happening) -> frozenset[EventType]:
    """Return the events that a webhook wants to be told of a happening."""
    run = happening.run
    if happening.action.time <= hook.since or (hook.project is not None and run.project != hook.project):
        return frozenset()
    wanted = happening.types & frozenset(map(EventType, hook.events))
    return wanted if wanted and holds_for(hook.filter, run) else frozenset()


def _put(transaction: Transaction, seen: Record, moved: Record, messages: Sequence[Delivery]) -> bool:
    """Write messages and move on, unless another process did."""
    if transaction.record(FEED, FEED_KEY) != seen:
        return False
    for item in messages:
        if transaction.record(WAITING, item.id) is None and transaction.record(SETTLED, item.id) is None:
            transaction.put_record(item.record())
    transaction.put_record(moved)
    return True


def _plain(value: object) -> object:
    """Help orjson with the read-only mappings that documents may be."""
    return dict(value)  # type: ignore[call-overload]  # nothing else is in documents
