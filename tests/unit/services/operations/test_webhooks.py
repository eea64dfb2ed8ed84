"""Messages about what happened: which, to whom, signed, tried again, and only where the operator allows."""

import base64
import ipaddress
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arangovis.domain.errors import Forbidden, InvalidFilter, InvalidInput, NotFound
from arangovis.domain.graph import Action
from arangovis.domain.runs import Reason, RunState
from arangovis.domain.work import Outcome
from arangovis.services.outgoing import is_public
from arangovis.services.webhooks.deliveries import ATTEMPTS_MAX, BACKOFF_S, Delivery, DeliveryState
from arangovis.services.webhooks.hosts import WebhookHosts
from arangovis.services.webhooks.outbox import Outbox
from arangovis.services.webhooks.sending import HOLD_S, Sending, Sent, take_hold
from arangovis.services.webhooks.signing import check_secret, headers_of, new_secret, signature_of
from arangovis.services.webhooks.subscriptions import DELIVERIES_SHOWN, Webhooks, WebhookWanted
from arangovis.stores.transaction import Transaction
from tests.unit.services.world import ADA, World
from tests.webhook_receiver import SECRET, Receiver, is_signed, receiving

HOSTS = WebhookHosts.of("127.0.0.1, hooks.example.org, *.corp.example, 10.1.0.0/16")
_S = 1_000_000


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World.at(tmp_path)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


class Post:
    """What workers do for webhooks, round by round."""

    def __init__(self, world: World, receiver: Receiver) -> None:
        self.world = world
        self.webhooks = Webhooks(world.service.store, HOSTS)
        self.outbox, self.sending = Outbox(world.service.store), Sending(world.service.store, HOSTS)
        self.wanted = WebhookWanted("ops", receiver.url, ("run.finished",), secret=SECRET)

    def subscribe(self, *events: str, **changes: object) -> object:
        wanted = replace(self.wanted, events=events or self.wanted.events, **changes)  # type: ignore[arg-type]
        node = self.webhooks.put(wanted, ADA).node
        self.world.clock.now += 100
        return node

    def round(self) -> Sent:
        self.outbox()
        self.world.clock.now += 1
        return self.sending()

    def finish(self, method: str = "toy", **metrics: object) -> None:
        self.world.ask(method)
        self.world.runs.succeed(self.world.claim(method), Outcome(metrics=metrics), ADA)  # type: ignore[arg-type]
        self.world.clock.now += 100  # actions that come in the same moment get later ones


@pytest.fixture
def post(world: World, receiver: Receiver) -> Post:
    return Post(world, receiver)


# --- what is told ---------------------------------------------------------------------------------------------------


def test_a_finished_run_is_told_signed_and_once(post: Post, receiver: Receiver) -> None:
    node = post.subscribe()
    post.finish(accuracy=0.9)
    assert post.round() == Sent(taken=1)
    assert post.round() == Sent()
    ((headers, body),) = receiver.came
    assert is_signed(headers, body)
    (message,) = receiver.bodies
    assert headers["webhook-id"] == message["id"]
    assert (message["type"], message["data"]["run"]["metrics"]) == ("run.finished", {"accuracy": 0.9})
    (delivery,) = post.webhooks.deliveries(node)  # type: ignore[arg-type]
    assert (delivery.state, delivery.status, delivery.attempts) == (DeliveryState.DELIVERED, 204, 1)


def test_what_was_before_the_webhook_is_not_told(post: Post, receiver: Receiver) -> None:
    post.finish()
    post.subscribe()
    assert (post.round(), receiver.came) == (Sent(), [])


def test_what_happens_while_the_only_webhook_is_off_is_not_told_later(post: Post, receiver: Receiver) -> None:
    node = post.subscribe()
    post.webhooks.set_enabled(node, False, ADA)  # type: ignore[arg-type]
    post.finish(number=1)
    assert post.round() == Sent()
    post.webhooks.set_enabled(node, True, ADA)  # type: ignore[arg-type]
    post.finish(number=2)
    assert post.round() == Sent(taken=1)
    assert [body["data"]["run"]["metrics"]["number"] for body in receiver.bodies] == [2]


def test_a_webhook_that_is_made_while_a_round_goes_on_misses_nothing(
    post: Post, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    post.subscribe(name="first")
    post.finish(number=1)
    read = post.outbox._next

    def made_meanwhile(after: int) -> Sequence[Action]:
        monkeypatch.undo()
        post.world.clock.now += 100
        post.subscribe(name="second")
        post.finish(number=2)
        return read(after)

    monkeypatch.setattr(post.outbox, "_next", made_meanwhile)
    assert post.round() == Sent(taken=3)
    assert sorted(body["data"]["run"]["metrics"]["number"] for body in receiver.bodies) == [1, 2, 2]


def test_messages_are_listed_newest_first_however_many_there_are_of_others(post: Post) -> None:
    node = post.subscribe()
    mine, state = node.key, DeliveryState.WAITING  # type: ignore[attr-defined]
    told = [
        Delivery(f"{whose[:5]}-{number:04}", whose, "run.finished", "{}", state, created=number, due=number)
        for whose in ("another", mine)
        for number in range(DELIVERIES_SHOWN + 1)
    ]
    settled = [one.held("", 0, 0).taken(200, one.created) for one in told if one.webhook == mine and one.created > 0]

    def put(transaction: Transaction) -> None:
        for one in [*told[: DELIVERIES_SHOWN + 2], *settled]:
            transaction.put_record(one.record())

    post.world.service.store.transact(put, ADA)
    (waiting,) = post.webhooks.deliveries(node, DeliveryState.WAITING)  # type: ignore[arg-type]
    assert waiting.created == 0
    shown = post.webhooks.deliveries(node)  # type: ignore[arg-type]
    assert [one.created for one in shown] == list(range(DELIVERIES_SHOWN, 0, -1))


def test_failures_drift_gates_and_thresholds_are_told_apart(post: Post, receiver: Receiver) -> None:
    post.subscribe("run.failed", "drift.found", "threshold.crossed", "gate.failed")
    post.world.ask("toy")
    post.world.runs.fail(post.world.claim(), RunState.ERROR, reason=Reason.MEMORY, message="stopped above 64 MB")
    post.finish("drift.detect", shifted=False)
    post.finish("drift.detect", shifted=True)
    post.finish("schedule.threshold", crossed=True, newly_crossed=False)
    post.finish("schedule.threshold", crossed=True, newly_crossed=True)
    post.round()
    assert sorted(receiver.types) == ["drift.found", "run.failed", "threshold.crossed"]
    (failed,) = [body for body in receiver.bodies if body["type"] == "run.failed"]
    assert (failed["data"]["run"]["reason"], failed["data"]["run"]["message"]) == ("memory", "stopped above 64 MB")


def test_a_filter_and_a_project_narrow_what_is_told(post: Post, receiver: Receiver) -> None:
    post.world.service.catalogue.register_project("p", ADA)
    post.subscribe(filter="metrics.accuracy < 0.8")
    post.subscribe(name="other", project="p")
    post.finish(accuracy=0.9)
    post.finish(accuracy=0.7)
    post.round()
    assert [body["data"]["run"]["metrics"]["accuracy"] for body in receiver.bodies] == [0.7]


def test_two_that_go_through_the_actions_at_once_put_each_message_down_once(post: Post) -> None:
    post.subscribe()
    post.finish()
    other = Outbox(post.world.service.store)
    seen = post.world.service.store.record("feed", "webhooks")
    assert (post.outbox(), other()) == (1, 0)
    assert seen is not None
    post.world.service.store.transact(lambda tx: tx.put_record(seen), ADA)  # as one that died before it moved on
    assert Outbox(post.world.service.store)() == 1
    assert len(post.world.service.store.records("delivery")) == 1


# --- trying again ---------------------------------------------------------------------------------------------------


def test_one_that_is_not_taken_is_tried_again_later_and_later_then_given_up(post: Post, receiver: Receiver) -> None:
    node = post.subscribe()
    post.finish()
    receiver.statuses = [500] * ATTEMPTS_MAX
    assert post.round() == Sent(failed=1)
    for wait_s in BACKOFF_S:
        post.world.clock.now += wait_s * _S - 2
        assert post.round() == Sent()
        post.world.clock.now += 2
        assert post.round() == Sent(failed=1)
    (delivery,) = post.webhooks.deliveries(node, DeliveryState.DEAD)  # type: ignore[arg-type]
    assert (delivery.attempts, delivery.status, delivery.error) == (ATTEMPTS_MAX, 500, "it answered 500")
    assert len({headers["webhook-id"] for headers, _ in receiver.came}) == 1
    post.webhooks.send_again(node, delivery.id, ADA)  # type: ignore[arg-type]
    assert post.round() == Sent(taken=1)
    assert all(is_signed(headers, body) for headers, body in receiver.came)


def test_a_receiver_may_ask_for_time(post: Post) -> None:
    with receiving(503, Retry_After="600") as slow:
        post.subscribe(url=slow.url)
        post.finish()
        assert post.round() == Sent(failed=1)
        post.world.clock.now += 599 * _S
        assert post.round() == Sent()
        post.world.clock.now += 2 * _S
        assert post.round() == Sent(taken=1)


def test_a_redirect_is_not_followed(post: Post, receiver: Receiver) -> None:
    with receiving(307, Location=receiver.url) as first:
        post.subscribe(url=first.url)
        post.finish()
        assert post.round() == Sent(failed=1)
    assert receiver.came == []


def test_one_that_died_while_it_sent_is_followed_by_another_with_the_same_id(post: Post, receiver: Receiver) -> None:
    post.subscribe()
    post.finish()
    post.outbox()
    post.world.clock.now += 1
    (held,) = post.world.service.store.transact(lambda tx: take_hold(tx, "dead", HOLD_S * _S), ADA)
    assert post.sending() == Sent()
    post.world.clock.now += HOLD_S * _S + 1
    assert post.sending() == Sent(taken=1)
    assert [body["id"] for body in receiver.bodies] == [held.id]


def test_nobody_there_is_a_failed_attempt(post: Post) -> None:
    with receiving() as gone:
        url = gone.url
    node = post.subscribe(url=url)
    post.finish()
    assert post.round() == Sent(failed=1)
    (delivery,) = post.webhooks.deliveries(node)  # type: ignore[arg-type]
    assert (delivery.state, delivery.error) == (DeliveryState.WAITING, "no answer: ConnectionRefusedError")


def test_a_removed_webhook_is_told_nothing_more(post: Post, receiver: Receiver) -> None:
    node = post.subscribe()
    post.finish()
    post.outbox()
    post.webhooks.delete(node, ADA)  # type: ignore[arg-type]
    post.world.clock.now += 1
    assert post.sending() == Sent(failed=1)
    assert receiver.came == []
    assert post.world.service.store.record("webhook", node.key) is None  # type: ignore[attr-defined]
    with pytest.raises(NotFound):
        post.webhooks.get(node)  # type: ignore[arg-type]


# --- secrets --------------------------------------------------------------------------------------------------------


def test_a_secret_is_in_no_answer_version_or_repr(post: Post) -> None:
    made = post.webhooks.put(replace(post.wanted, secret=None), ADA)
    assert made.secret is not None
    check_secret(made.secret)
    again = post.webhooks.put(replace(post.wanted, secret=SECRET), ADA)
    assert again.secret is None
    shown = [repr(made), repr(post.wanted), repr(post.webhooks.get(made.node)), repr(post.webhooks.all())]
    shown += [repr(node) for node in post.world.service.store.history(made.node)]
    assert not any(made.secret in text or SECRET in text for text in shown)


def test_the_signature_is_that_of_the_specification() -> None:
    """The example that the specification of Standard Webhooks gives."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'
    signature = signature_of(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@given(st.binary(max_size=200), st.integers(0, 2**40))
def test_every_body_is_signed(body: bytes, moment: int) -> None:
    secret = new_secret()
    assert is_signed(headers_of(secret, "m", moment, body), body, secret)
    assert not is_signed(headers_of(secret, "m", moment, body), body + b" ", secret)


@pytest.mark.parametrize(
    "secret", ["", "whsec_", "whsec_short", "plain", "whsec_" + "!" * 40, base64.b64encode(b"x" * 32).decode()]
)
def test_a_secret_of_another_form_is_refused_and_not_repeated(secret: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_secret(secret)
    assert secret in ("", "whsec_") or secret not in caught.value.detail


# --- where ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example.org/a?b=c",
        "https://hooks.example.org:8443/",
        "https://a.corp.example/x",
        "https://a.b.corp.example/x",
        "http://127.0.0.1:9000/x",
        "https://10.1.2.3/x",
    ],
)
def test_listed_hosts_are_allowed(url: str) -> None:
    assert HOSTS.check(url).geturl() == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hooks.example.org",
        "ftp://hooks.example.org/",
        "file:///etc/passwd",
        "https://example.org/",
        "https://corp.example/",
        "https://evilcorp.example/",
        "https://hooks.example.org.evil.com/",
        "https://hooks.example.org@evil.com/",
        "https://user:word@hooks.example.org/",
        "https://evil.com\\@hooks.example.org/",
        "https://hooks.example.org/#x",
        "https://hooks.example.org/a b",
        "https://hooks.example.org/\n",
        "https://10.2.0.1/",
        "https://[::1]/",
        "https://127.0.0.2/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://hooks.example.org:99999/",
        "https://" + "a" * 3000,
    ],
)
def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        HOSTS.check(url)
    assert caught.value.faults[0].field == "url"


@pytest.mark.parametrize(
    "address",
    [
        "10.1.2.3",
        "169.254.169.254",
        "100.64.0.1",
        "::1",
        "::7f00:1",
        "fd00::1",
        "fec0::1",
        "fe80::1",
        "64:ff9b::a00:1",
        "64:ff9b:1::a00:1",
        "2002:a00:1::",
        "224.0.1.1",
        "ff0e::1",
    ],
)
def test_addresses_of_our_own_networks_are_not_public_however_they_are_written(address: str) -> None:
    """Some of IPv6 hold one of IPv4, which a translator on the way takes for where to go."""
    assert not is_public(ipaddress.ip_address(address))
    assert is_public(ipaddress.ip_address("93.184.216.34"))
    assert is_public(ipaddress.ip_address("2606:2800:220:1::"))


def test_a_name_that_leads_to_this_machine_is_refused_when_it_is_looked_up() -> None:
    hosts = WebhookHosts.of("localhost")
    with pytest.raises(Forbidden):
        hosts.address(hosts.check("https://localhost/"))
    both = WebhookHosts.of("localhost, 127.0.0.0/8, ::1")
    assert both.address(both.check("http://localhost:1/")) in ("127.0.0.1", "::1")


def test_nothing_is_allowed_by_default() -> None:
    with pytest.raises(InvalidInput, match="webhook_hosts"):
        WebhookHosts.of("").check("https://hooks.example.org/")


@pytest.mark.parametrize("setting", ["https://a.org", "a..b", "*", "a b", "10.0.0.1/8", "*.*.org", "a.org:443"])
def test_a_setting_that_cannot_be_is_refused(setting: str) -> None:
    with pytest.raises(InvalidInput, match="webhook_hosts"):
        WebhookHosts.of(setting)


@given(st.text(max_size=60))
def test_any_text_is_an_allowed_url_or_refused(text: str) -> None:
    try:
        host = HOSTS.check(text).hostname or ""
    except InvalidInput:
        return
    assert host in ("127.0.0.1", "hooks.example.org") or host.endswith(".corp.example") or host.startswith("10.1.")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"events": ()}, InvalidInput),
        ({"events": ("run.started",)}, InvalidInput),
        ({"filter": "metrics.x <"}, InvalidFilter),
        ({"name": ""}, InvalidInput),
        ({"project": "none"}, NotFound),
        ({"secret": "short"}, InvalidInput),
    ],
)
def test_what_cannot_be_is_refused(post: Post, changes: dict[str, object], error: type[Exception]) -> None:
    with pytest.raises(error):
        post.webhooks.put(replace(post.wanted, **changes), ADA)  # type: ignore[arg-type]
    assert post.webhooks.all() == ()
