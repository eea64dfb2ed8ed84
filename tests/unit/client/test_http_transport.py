"""HTTP as it really comes: kept-alive connections that die, servers that are away, proxies, redirects, gzip."""

import gzip
import subprocess
import sys
import threading
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from arangovis.client.http_transport import HttpTransport
from arangovis.client.problems import json_of, raise_for
from arangovis.client.remote import RemoteBackend
from arangovis.client.transport import IDEMPOTENCY_KEY, Identity
from arangovis.domain import errors
from tests.unit.client.server import Answer, Asked, answer, serving

SECRET = "s3cret-token-of-ada"


class Reach:
    """Makes transports, and closes them in the end."""

    def __init__(self) -> None:
        self.made: list[HttpTransport] = []

    def __call__(self, url: str, identity: Identity | None = None, *, timeout_s: float = 60.0) -> HttpTransport:
        self.made.append(HttpTransport(url, identity, timeout_s=timeout_s))
        return self.made[-1]


@pytest.fixture
def reach() -> Iterator[Reach]:
    made = Reach()
    yield made
    for transport in made.made:
        transport.close()


def echo(asked: Asked) -> bytes:
    return answer(body=asked.target.encode() + asked.body)


# --- connections ------------------------------------------------------------------------------------------------


def test_a_connection_is_used_again(reach: Reach) -> None:
    with serving(echo) as server:
        transport = reach(f"{server.url}/prefix/")
        bodies = [transport.send("GET", f"/{n}").body for n in range(5)]
        assert bodies == [f"/prefix/{n}".encode() for n in range(5)]
        assert {asked.connection for asked in server.asked} == {1}


def test_threads_get_their_own_answers(reach: Reach) -> None:
    with serving(echo) as server, ThreadPoolExecutor(8) as threads:
        transport = reach(server.url)
        sent = [(f"/{n}", str(n).encode() * 1000) for n in range(200)]
        answers = list(threads.map(lambda item: transport.send("PUT", item[0], body=item[1]).body, sent))
        assert answers == [path.encode() + body for path, body in sent]
        assert len(server.connections) <= 8


def test_a_connection_that_the_server_closed_is_not_used_again(reach: Reach) -> None:
    with serving(echo) as server:
        transport = reach(server.url)
        transport.send("GET", "/first")
        server.hang_up()
        assert transport.send("POST", "/second", body=b"x").body == b"/secondx"
        assert [asked.target for asked in server.asked] == ["/first", "/second"]


def test_an_answer_that_closes_is_believed(reach: Reach) -> None:
    with serving(lambda _: answer(connection="close")) as server:
        transport = reach(server.url)
        assert [transport.send("GET", "/").status for _ in range(2)] == [200, 200]
        assert [asked.connection for asked in server.asked] == [1, 2]


def once_silent(silent: list[str]) -> Answer:
    """Return a responder that closes on the first request for each of these targets."""

    def respond(asked: Asked) -> bytes | None:
        if asked.target in silent:
            silent.remove(asked.target)
            return None
        return answer()

    return respond


@pytest.mark.parametrize(("method", "headers"), [("GET", {}), ("PUT", {}), ("POST", {IDEMPOTENCY_KEY: "k"})])
def test_what_can_be_done_twice_is_sent_again_on_a_fresh_connection(
    reach: Reach, method: str, headers: dict[str, str]
) -> None:
    with serving(once_silent(["/x"])) as server:
        transport = reach(server.url)
        transport.send("GET", "/warm")
        assert transport.send(method, "/x", body=b"rows", headers=headers).status == 200
        assert [(asked.target, asked.connection) for asked in server.asked] == [("/warm", 1), ("/x", 1), ("/x", 2)]


def test_a_post_that_may_have_been_read_is_never_sent_again(reach: Reach) -> None:
    with serving(once_silent(["/x"])) as server:
        transport = reach(server.url)
        transport.send("GET", "/warm")
        with pytest.raises(errors.StoreUnavailable, match="closed the connection before it answered"):
            transport.send("POST", "/x", body=b"rows")
        assert [asked.target for asked in server.asked] == ["/warm", "/x"]


def test_a_fresh_connection_that_fails_is_not_tried_again(reach: Reach) -> None:
    with serving(lambda _: None) as server:
        with pytest.raises(errors.StoreUnavailable, match="closed the connection"):
            reach(server.url).send("GET", "/")
        assert len(server.asked) == 1


def test_a_closed_transport_says_so(reach: Reach) -> None:
    with serving(echo) as server:
        transport = reach(server.url)
        transport.send("GET", "/")
        transport.close()
        transport.close()
        with pytest.raises(errors.Conflict, match="closed"):
            transport.send("GET", "/")


FORKED = """
import os, sys
from arangovis.client.http_transport import HttpTransport
transport = HttpTransport(sys.argv[1])
transport.send("GET", "/parent")
child = os.fork()
for number in range(20):
    name = f"/{'child' if child == 0 else 'parent'}/{number}"
    assert transport.send("GET", name).body == name.encode(), name
if child == 0:
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
"""


def test_a_forked_process_does_not_talk_on_its_parents_connection() -> None:
    with serving(echo) as server:
        subprocess.run([sys.executable, "-c", FORKED, server.url], check=True, cwd=Path(__file__).parents[3])
        by_connection = {asked.connection: asked.target.split("/")[1] for asked in server.asked}
        assert sorted(by_connection.values()) == ["child", "parent"]


# --- servers that do not answer ---------------------------------------------------------------------------------


def test_a_server_that_is_away(reach: Reach) -> None:
    with serving(echo) as server:
        url = server.url
    with pytest.raises(errors.StoreUnavailable, match=f"{url} does not answer: Connection refused"):
        reach(url).send("GET", "/")


def test_a_name_that_nobody_has(reach: Reach) -> None:
    with pytest.raises(errors.StoreUnavailable, match="does not answer"):
        reach("http://nobody.invalid").send("GET", "/")


def test_a_server_that_takes_too_long_is_asked_once(reach: Reach) -> None:
    free = threading.Event()

    def respond(asked: Asked) -> bytes:
        if asked.target == "/slow":
            free.wait(10)
        return answer()

    with serving(respond) as server:
        transport = reach(server.url, timeout_s=0.2)
        transport.send("GET", "/quick")
        with pytest.raises(errors.StoreUnavailable, match=r"did not answer within 0\.2 s"):
            transport.send("GET", "/slow")
        assert transport.send("GET", "/quick").status == 200
        free.set()
        assert [asked.target for asked in server.asked] == ["/quick", "/slow", "/quick"]


@pytest.mark.parametrize(
    ("said", "match"),
    [
        (b"SSH-2.0-OpenSSH_9.2\r\n", "does not answer in HTTP"),
        (answer(body=b"half", content_length="4000"), "closed the connection before it answered"),
        (answer(body=b"{", content_encoding="gzip"), "damaged gzip"),
        (answer(body=gzip.compress(b"{}" * 100)[:20], content_encoding="gzip"), "damaged gzip"),
        (answer(body=b"{", content_encoding="br"), "encoded as 'br'"),
    ],
)
def test_an_answer_that_cannot_be_read(reach: Reach, said: bytes, match: str) -> None:
    with serving(lambda _: said, reads_bodies=False) as server:
        transport = reach(server.url)
        for _ in range(2):
            with pytest.raises(errors.StoreUnavailable, match=match):
                transport.send("GET", "/")


def test_a_large_body_that_is_refused_unread_gets_its_answer(reach: Reach) -> None:
    problem = answer("413 Content Too Large", b'{"type":"urn:arangovis:error:too-large","detail":"too much"}')
    with serving(lambda _: problem, reads_bodies=False) as server:
        backend = RemoteBackend(reach(server.url))
        with pytest.raises((errors.TooLarge, errors.StoreUnavailable)):
            backend.store_rows(1, "training-data", b"x" * (64 << 20), "text/csv", key=None)


def test_gzip_is_asked_for_and_read(reach: Reach) -> None:
    with serving(lambda _: answer(body=gzip.compress(b'{"a": 1}'), content_encoding="gzip")) as server:
        assert json_of(reach(server.url).send("GET", "/")) == {"a": 1}
        assert server.asked[0].headers["accept-encoding"] == "gzip"


# --- answers that are errors ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("401 Unauthorized", errors.Unauthorized),
        ("404 Not Found", errors.NotFound),
        ("405 Method Not Allowed", errors.ArangovisError),
        ("502 Bad Gateway", errors.StoreUnavailable),
        ("500 Internal Server Error", errors.ArangovisError),
    ],
)
@pytest.mark.parametrize("body", [b"<html>nginx</html>", b"", b"[1]", b'{"detail": 7}'])
def test_an_error_of_a_proxy_keeps_its_meaning(
    reach: Reach, status: str, kind: type[errors.ArangovisError], body: bytes
) -> None:
    with serving(lambda _: answer(status, body)) as server:
        with pytest.raises(kind) as caught:
            raise_for(reach(server.url).send("GET", "/"))
        assert caught.value.detail == f"the server answered {status[:3]}"


def test_a_problem_document_comes_back_as_the_error_it_was(reach: Reach) -> None:
    body = (
        b'{"type":"urn:arangovis:error:invalid-filter","detail":"no","errors":[{"field":"filter","problem":"bad"},3]}'
    )
    with serving(lambda _: answer("400 Bad Request", body)) as server:
        with pytest.raises(errors.InvalidFilter) as caught:
            raise_for(reach(server.url).send("GET", "/"))
        assert caught.value.faults == (errors.Fault("filter", "bad"),)


def test_what_is_in_use_names_who_uses_it(reach: Reach) -> None:
    body = b'{"type":"urn:arangovis:error:in-use","detail":"in use","dependants":["run/a","run/b"]}'
    with serving(lambda _: answer("409 Conflict", body)) as server:
        with pytest.raises(errors.InUse) as caught:
            raise_for(reach(server.url).send("GET", "/"))
        assert caught.value.dependants == ("run/a", "run/b")


def test_a_redirect_is_not_followed(reach: Reach) -> None:
    with serving(lambda _: answer("308 Permanent Redirect", b"", location="https://else.example/")) as server:
        transport = reach(server.url, Identity(SECRET))
        with pytest.raises(errors.InvalidInput, match=r"308 to 'https://else.example/'; redirects are not followed"):
            json_of(transport.send("GET", "/api/v1/runs"))
        assert len(server.asked) == 1


def test_a_page_in_place_of_json_asks_for_the_right_address(reach: Reach) -> None:
    match = "is this the address of an arangovis server"
    with (
        serving(lambda _: answer(body=b"<html>hello</html>")) as server,
        pytest.raises(errors.StoreUnavailable, match=match),
    ):
        json_of(reach(server.url).send("GET", "/"))


# --- who asks ---------------------------------------------------------------------------------------------------


def test_token_and_actor_are_sent(reach: Reach) -> None:
    with serving(echo) as server:
        reach(server.url, Identity(f"{SECRET}\n", "Łukasz")).send("GET", "/")
        headers = server.asked[0].headers
        assert headers["authorization"] == f"Bearer {SECRET}"
        assert headers["x-arangovis-actor"].encode("latin-1").decode() == "Łukasz"


def test_the_token_is_never_shown(reach: Reach) -> None:
    with serving(lambda _: None) as server:
        identity = Identity(SECRET, "ada")
        transport = reach(server.url, identity)
        shown = [repr(identity), repr(transport), str(transport), repr(RemoteBackend(transport))]
        with pytest.raises(errors.StoreUnavailable) as caught:
            transport.send("GET", "/")
        shown += traceback.format_exception(caught.value)
    assert not [text for text in shown if SECRET in text]


@pytest.mark.parametrize("token", [f"{SECRET}\n{SECRET}", f"{SECRET}é", " ", f"{SECRET}\0"])
def test_a_token_that_cannot_be_sent_is_refused_without_showing_it(token: str) -> None:
    with pytest.raises(errors.InvalidInput, match=r"^token: is not printable ASCII$"):
        Identity(token)


@pytest.mark.parametrize("actor", ["", " ", "a\nb", "x" * 129])
def test_an_actor_that_cannot_be_sent_is_refused(actor: str) -> None:
    with pytest.raises(errors.InvalidInput, match=r"^actor: "):
        Identity(actor=actor)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "127.0.0.1:5000",
        "/srv/arangovis",
        "ftp://host",
        "http://",
        "http://host:port",
        "http://host:99999",
        "http://host/?a=1",
        "http://host/#a",
        "http://host/a b",
        f"http://ada:{SECRET}@host",
        f"http://{SECRET}@host",
    ],
)
def test_a_url_of_another_form_is_refused_without_showing_it(reach: Reach, url: str) -> None:
    with pytest.raises(errors.InvalidInput, match=r"^url: ") as caught:
        reach(url)
    assert SECRET not in str(caught.value)


# --- asking too much ----------------------------------------------------------------------------------------------


def too_many(times: int, wait: str = "1") -> Answer:
    """Return answers that ask to wait, so many times, and then do what was asked."""
    left = [times]

    def answered(asked: Asked) -> bytes:
        left[0] -= 1
        return answer("429 Too Many Requests", retry_after=wait) if left[0] >= 0 else answer(body=asked.body)

    return answered


def test_who_asks_too_much_waits_and_asks_again(reach: Reach) -> None:
    with serving(too_many(2)) as server:
        sent = reach(server.url).send("POST", "/runs", body=b"once")

        assert (sent.status, sent.body) == (200, b"once")
        assert len(server.asked) == 3


@pytest.mark.parametrize(("code", "times_asked"), [("overloaded", 2), ("store-unavailable", 1)])
def test_what_was_shed_is_sent_again_but_not_what_may_have_been_done(reach: Reach, code: str, times_asked: int) -> None:
    problem = b'{"type":"urn:arangovis:error:%s","status":503}' % code.encode()
    shed = [answer("503 Service Unavailable", problem, retry_after="1")]
    with serving(lambda asked: shed.pop() if shed else answer(body=asked.body)) as server:
        reach(server.url).send("POST", "/runs", body=b"once")
        assert len(server.asked) == times_asked


@pytest.mark.parametrize("wait", ["3600", "", "tomorrow", "-1"])
def test_nobody_waits_for_ever(reach: Reach, wait: str) -> None:
    with serving(too_many(9, wait)) as server, pytest.raises(errors.StoreUnavailable):
        raise_for(reach(server.url).send("GET", "/runs"))
