"""Webhooks: who is told what, and where.

The secret is a record of its own, which no answer, version or log shows. With it is the whole address: what receivers
put into its path is as good as a secret, and everybody who reads a project reads its nodes, where the host is enough.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from heapq import nlargest
from itertools import chain, starmap
from urllib.parse import urlsplit

import orjson

from arangovis.domain.errors import Fault, InvalidInput, NotFound
from arangovis.domain.filter_grammar import parse
from arangovis.domain.graph import Caller, Node, Record
from arangovis.domain.ids import NodeId
from arangovis.domain.json import EMPTY, Document, exact
from arangovis.domain.views import items, optional_text, text
from arangovis.services.catalogue.names import check_name
from arangovis.services.catalogue.standing import Standing
from arangovis.services.webhooks.deliveries import SETTLED, WAITING, Delivery, DeliveryState
from arangovis.services.webhooks.events import SUBSCRIBABLE, EventType, moment_text
from arangovis.services.webhooks.hosts import WebhookHosts
from arangovis.services.webhooks.signing import check_secret, new_secret
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction
from arangovis_schema import Field, FieldType, KeyRule, VertexKind

WEBHOOK = VertexKind(
    "webhook",
    "Somebody who is told what happens.",
    KeyRule.NAMED,
    (
        Field("name", FieldType.TEXT, "The name people know it by.", required=True, searchable=True),
        Field("description", FieldType.TEXT, "What it is for."),
        Field("owner", FieldType.TEXT, "Who set it up.", required=True, searchable=True),
        Field("url", FieldType.TEXT, "Where messages are sent.", required=True),
        Field("events", FieldType.TEXTS, "What it is told of.", searchable=True),
        Field("filter", FieldType.TEXT, "Of which runs, in the filter language."),
        Field("enabled", FieldType.BOOLEAN, "Whether it is told anything.", searchable=True),
    ),
    custom=True,
)
SECRETS = "webhook"
STANDING = Standing(WEBHOOK, SECRETS)
FEED, FEED_KEY = "feed", "webhooks"
DELIVERIES_SHOWN = 1000


@dataclass(frozen=True, slots=True)
class WebhookWanted:
    """A webhook to make or change.

    Args:
        name: unique in its project, or among those of none.
        url: where messages are sent.
        events: what it is told of; see `events.EventType`.
        filter: only of runs that this holds for.
        project: only of runs of this project (its name); None for all.
        description: what it is for.
        enabled: whether it is told anything.
        secret: what messages are signed with; None for a fresh one, or the one that it has.

    """

    name: str
    url: str
    events: tuple[str, ...]
    filter: str = ""
    project: str | None = None
    description: str | None = None
    enabled: bool = True
    secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Webhook:
    """A webhook as it stands; `project` is a key, `since` when it was made, microseconds since 1970."""

    node: NodeId
    name: str
    project: str | None
    description: str | None
    owner: str
    url: str
    events: tuple[str, ...]
    filter: str
    enabled: bool
    since: int


@dataclass(frozen=True, slots=True)
class RegisteredWebhook:
    """What making a webhook answers: its node, whether it is new, and a secret that was made for it, shown once."""

    node: NodeId
    created: bool
    secret: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class DeliveryShown:
    """A message as it is listed; times are microseconds since 1970. `next_at` is None once it is settled."""

    id: str
    event: str
    state: DeliveryState
    created: int
    attempts: int
    status: int | None
    error: str | None
    last_at: int | None
    next_at: int | None


class Webhooks:
    """Makes, changes, lists and removes webhooks, and shows what became of their messages."""

    def __init__(self, store: GraphStore, hosts: WebhookHosts) -> None:
        self._store = store
        self._hosts = hosts

    def put(self, wanted: WebhookWanted, caller: Caller) -> RegisteredWebhook:
        """Make a webhook, or change the one of this name.

        Raises:
            InvalidInput: the name, the host, an event or the secret is not valid.
            InvalidFilter: the filter cannot be read.
            NotFound: there is no such project.

        """
        check_name("name", wanted.name)
        self._hosts.check(wanted.url)
        _check_events(wanted.events)
        parse(wanted.filter)
        given = None if wanted.secret is None else check_secret(wanted.secret)
        fresh = new_secret()
        return self._store.transact(lambda transaction: _put(transaction, wanted, caller, given or fresh), caller)

    def set_enabled(self, node: NodeId, enabled: bool, caller: Caller) -> Webhook:
        """Switch a webhook off or on; what happens while it is off, it is not told of.

        Raises:
            NotFound: there is no such webhook.

        """

        def action(transaction: Transaction) -> None:
            transaction.update(node, {**STANDING.draft(transaction, node).attributes, "enabled": enabled})

        self._store.transact(action, caller)
        return self.get(node)

    def delete(self, node: NodeId, caller: Caller) -> None:
        """Remove a webhook with its secret; messages that wait are given up.

        Raises:
            NotFound: there is no such webhook.

        """
        self._store.transact(lambda transaction: STANDING.remove(transaction, node), caller)

    def get(self, node: NodeId) -> Webhook:
        """Return a webhook.

        Raises:
            NotFound: there is no such webhook.

        """
        return webhook_of(*STANDING.get(self._store, node))

    def all(self, project: str | None = None) -> Sequence[Webhook]:
        """Return the webhooks of a project, or all, by name.

        Raises:
            NotFound: there is no such project.

        """
        hooks = starmap(webhook_of, STANDING.all(self._store, project))
        return tuple(sorted(hooks, key=lambda hook: (hook.name, hook.node)))

    # --- messages ---------------------------------------------------------------------------------------------

    def deliveries(self, node: NodeId, state: DeliveryState | None = None) -> Sequence[DeliveryShown]:
        """Return the newest DELIVERIES_SHOWN messages to a webhook, newest first.

        Raises:
            NotFound: there is no such webhook.

        """
        self.get(node)
        # those that wait are first, so that one that is settled meanwhile is seen in its later state
        records = chain(self._store.all_records(WAITING), self._store.all_records(SETTLED, node.key))
        found = {one.id: one for one in map(Delivery.of, records) if one.webhook == node.key}
        shown = (one for one in found.values() if state is None or one.state is state)
        newest = nlargest(DELIVERIES_SHOWN, shown, key=lambda one: (one.created, one.id))
        return [_shown(delivery) for delivery in newest]

    def ping(self, node: NodeId, caller: Caller) -> DeliveryShown:
        """Put down a trial message.

        Raises:
            NotFound: there is no such webhook.

        """

        def action(transaction: Transaction) -> Delivery:
            STANDING.draft(transaction, node)
            now = transaction.now
            number = transaction.next_number(f"pings of {node}")
            own_id = f"{node.key[:20]}-ping-{number}"
            data = {"webhook": str(node), "actor": caller.actor, "request_id": caller.request_id}
            body = {"id": own_id, "type": EventType.PING.value, "timestamp": moment_text(now), "data": data}
            text_ = orjson.dumps(body).decode()
            ping = Delivery(own_id, node.key, EventType.PING.value, text_, DeliveryState.WAITING, created=now, due=now)
            transaction.put_record(ping.record())
            return ping

        return _shown(self._store.transact(action, caller))

    def send_again(self, node: NodeId, delivery: str, caller: Caller) -> DeliveryShown:
        """Have a message that is settled sent again, with the id that it had.

        Raises:
            NotFound: there is no such webhook, or no such message of it that is settled.

        """

        def action(transaction: Transaction) -> Delivery:
            STANDING.draft(transaction, node)
            record = transaction.record(SETTLED, delivery)
            if record is None or record.group != node.key:
                raise NotFound(f"{node} has no settled message {delivery[:80]!r}")
            again = Delivery.of(record).again(transaction.now)
            transaction.remove_record(SETTLED, delivery)
            transaction.put_record(again.record())
            return again

        return _shown(self._store.transact(action, caller))


def webhook_of(node: Node, record: Record | None = None) -> Webhook:
    """Read a webhook from its node; its whole address is in the record with its secret."""
    said, kept = node.attributes, None if record is None else optional_text(record.data, "url")
    return Webhook(
        node=node.id,
        name=text(said, "name"),
        project=node.project,
        description=optional_text(said, "description"),
        owner=text(said, "owner"),
        url=kept or text(said, "url"),
        events=tuple(str(event) for event in items(said, "events")),
        filter=optional_text(said, "filter") or "",
        enabled=said.get("enabled") is True,
        since=node.created,
    )


def _check_events(events: tuple[str, ...]) -> None:
    if not events:
        raise InvalidInput.of(Fault("events", f"name at least one of {', '.join(SUBSCRIBABLE)}"))
    if wrong := [event for event in events if event not in SUBSCRIBABLE]:
        raise InvalidInput.of(Fault("events", f"{wrong[0][:80]!r} is not one of {', '.join(SUBSCRIBABLE)}"))


def _put(transaction: Transaction, wanted: WebhookWanted, caller: Caller, secret: str) -> RegisteredWebhook:
    named, facts = STANDING.named(transaction, wanted.project, wanted.name), _document(wanted)
    node = named.node
    present = transaction.find(node)
    if present is not None:
        kept = transaction.record(SECRETS, node.key)
        before = EMPTY if kept is None else kept.data
        owned = {**facts, "owner": text(present.attributes, "owner")}
        if exact(owned) != exact(present.attributes) or optional_text(before, "url") != wanted.url:
            transaction.update(node, {**facts, "owner": caller.actor})
        told = secret if wanted.secret is not None else optional_text(before, "secret") or secret
        transaction.put_record(_kept(node, wanted, told))
        return RegisteredWebhook(node, created=False, secret=None)
    _begin_feed(transaction)
    named.create(transaction, {**facts, "owner": caller.actor})
    transaction.put_record(_kept(node, wanted, secret))
    return RegisteredWebhook(node, created=True, secret=None if wanted.secret is not None else secret)


def _begin_feed(transaction: Transaction) -> None:
    """With the first webhook what happens is followed from now on: what was before, nobody wants to be told."""
    if not transaction.records(SECRETS, limit=1):
        transaction.put_record(Record(FEED, FEED_KEY, data={"at": transaction.now}))


def _document(wanted: WebhookWanted) -> Document:
    said = {"description": wanted.description, "filter": wanted.filter or None}
    return {name: value for name, value in said.items() if value is not None} | {
        "name": wanted.name,
        "url": _host_of(wanted.url),
        "events": sorted(set(wanted.events)),
        "enabled": wanted.enabled,
    }


def _kept(node: NodeId, wanted: WebhookWanted, secret: str) -> Record:
    return Record(SECRETS, node.key, data={"secret": secret, "url": wanted.url})


def _host_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _shown(delivery: Delivery) -> DeliveryShown:
    waits = delivery.state is DeliveryState.WAITING
    return DeliveryShown(
        id=delivery.id,
        event=delivery.event,
        state=delivery.state,
        created=delivery.created,
        attempts=delivery.attempts,
        status=delivery.status,
        error=delivery.error,
        last_at=delivery.last_at,
        next_at=delivery.due if waits else None,
    )
