"""Signing in to the page: a cookie that no script reads, and changes that only our own page can ask for."""

from pathlib import Path
from typing import Any

import pytest
from falcon.testing import Result, TestClient

from arangovis.domain.access import Role
from arangovis.domain.graph import Caller
from arangovis.services.access.tokens import TokenWanted
from arangovis.settings import Settings
from arangovis.wiring import Arangovis
from arangovis_api.app import create_app
from arangovis_api.limits import REFUSALS_BURST
from tests.api.access import ADMIN
from tests.api.contract import ContractClient
from tests.backends import build_service, settings_of

SESSION, COOKIE = "/api/v1/session", "arangovis_session"


class Browser:
    """Keeps the cookie, and sends what a page of ours sends."""

    def __init__(self, client: TestClient) -> None:
        self.client = client
        self.cookie: str | None = None
        self.csrf = ""

    def sign_in(self, token: str) -> Result:
        answer = self.ask("POST", SESSION, json={"token": token})
        if answer.status_code == 201:
            self.cookie = answer.cookies[COOKIE].value
            self.csrf = answer.json["csrf"]
        return answer

    def ask(self, method: str, path: str, *, headers: dict[str, str] | None = None, **more: Any) -> Result:
        cookies = {} if self.cookie is None else {COOKIE: self.cookie}
        return self.client.simulate_request(method, path, cookies=cookies, headers=headers or {}, **more)

    def change(self, method: str, path: str, **more: Any) -> Result:
        return self.ask(method, path, headers={"X-CSRF-Token": self.csrf, "Origin": "http://localhost"}, **more)


@pytest.fixture
def browser(client: TestClient) -> Browser:
    return Browser(client)


def token(service: Arangovis, role: Role = Role.WRITE, **wanted: Any) -> Any:
    return service.access.tokens.create(TokenWanted("ada", role, **wanted), ADMIN)


def test_signing_in_and_out(service: Arangovis, browser: Browser) -> None:
    made = token(service)
    before = browser.ask("GET", SESSION).json
    signed = browser.sign_in(made.secret)

    assert (before["required"], before["account"], before["csrf"]) == (True, None, None)
    assert browser.client.simulate_get("/api/v1/runs").status_code == 401
    cookie = signed.cookies[COOKIE]
    assert (cookie.http_only, cookie.same_site, cookie.path, cookie.domain) == (True, "Strict", "/", None)
    assert not cookie.secure
    assert made.secret not in signed.text + str(signed.headers)
    assert browser.ask("GET", "/api/v1/runs").status_code == 200
    now = browser.ask("GET", SESSION).json
    assert (now["account"], now["role"], now["via"], now["csrf"]) == ("ada", "write", "session", browser.csrf)

    out = browser.change("DELETE", SESSION)

    assert (out.status_code, out.cookies[COOKIE].value, out.cookies[COOKIE].expires.year) == (204, "", 1970)
    assert browser.ask("GET", "/api/v1/runs").status_code == 401


def test_who_acts_is_the_tokens_account(service: Arangovis, browser: Browser) -> None:
    browser.sign_in(token(service, account="ada@example.org").secret)

    made = browser.change("POST", "/api/v1/projects", json={"name": "vision"})

    assert made.status_code == 201
    node = browser.ask("GET", made.headers["location"]).json
    assert node["version"]["actor"] == "ada@example.org"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 403),
        ({"X-CSRF-Token": ""}, 403),
        ({"X-CSRF-Token": "guessed"}, 403),
        ({"Origin": "http://localhost"}, 403),
        ({"X-CSRF-Token": "right"}, 201),
        ({"X-CSRF-Token": "right", "Origin": "http://localhost"}, 201),
        ({"X-CSRF-Token": "right", "Origin": "http://evil.example"}, 403),
        ({"X-CSRF-Token": "right", "Origin": "null"}, 403),
    ],
)
def test_a_change_with_the_cookie_needs_more(
    service: Arangovis, browser: Browser, headers: dict[str, str], status: int
) -> None:
    browser.sign_in(token(service).secret)
    sent = {name: browser.csrf if value == "right" else value for name, value in headers.items()}

    assert browser.ask("POST", "/api/v1/projects", json={"name": "vision"}, headers=sent).status_code == status


def test_the_csrf_token_of_another_sign_in_is_none(service: Arangovis, client: TestClient) -> None:
    one, other = Browser(client), Browser(client)
    one.sign_in(token(service).secret)
    other.sign_in(token(service).secret)
    one.csrf = other.csrf

    assert one.change("POST", "/api/v1/projects", json={"name": "vision"}).status_code == 403


def test_a_form_of_another_site_signs_nobody_in(service: Arangovis, browser: Browser) -> None:
    body = f"token={token(service).secret}"
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    text = {"Content-Type": "text/plain"}
    there = {"Content-Type": "application/json", "Origin": "https://evil.example"}

    assert browser.ask("POST", SESSION, body=body, headers=form).status_code == 415
    assert browser.ask("POST", SESSION, body='{"token": "x"}', headers=text).status_code == 415
    assert browser.ask("POST", SESSION, body='{"token": "x"}', headers=there).status_code == 403


@pytest.mark.parametrize("given", ["", "avt_0123456789abcdef_" + "x" * 43, "x" * 2000])
def test_a_bad_token_signs_nobody_in(service: Arangovis, browser: Browser, given: str) -> None:
    token(service)
    answer = browser.sign_in(given)

    assert answer.status_code in (400, 401)
    assert COOKIE not in answer.cookies
    assert len(answer.text) < 1200


def test_who_tries_many_tokens_is_slowed_down(service: Arangovis, browser: Browser) -> None:
    token(service)
    statuses = [browser.sign_in(f"guess {number}").status_code for number in range(REFUSALS_BURST + 50)]

    assert statuses[:REFUSALS_BURST] == [401] * REFUSALS_BURST
    assert 429 in statuses[REFUSALS_BURST:]


def test_a_sign_in_ends_with_its_token(service: Arangovis, browser: Browser) -> None:
    made = token(service)
    browser.sign_in(made.secret)
    assert browser.ask("GET", "/api/v1/runs").status_code == 200

    service.access.tokens.revoke(made.token.id, ADMIN)
    service.access.gate.forget(made.token.id)

    assert browser.ask("GET", "/api/v1/runs").status_code == 401
    assert browser.ask("GET", SESSION).json["account"] is None


def test_a_sign_in_ends_in_time(service: Arangovis, browser: Browser) -> None:
    now = service.store.now()
    browser.sign_in(token(service, expires=now + 3600 * 1_000_000).secret)
    expires = browser.ask("GET", SESSION).json["expires"]
    assert expires == now + 3600 * 1_000_000, "not longer than the token lives"

    from dataclasses import replace

    from arangovis.services.access.credentials import COOKIE_PREFIX, Credential

    cookie = Credential.read(str(browser.cookie), COOKIE_PREFIX)
    assert cookie is not None
    kept = service.access.sign_ins.find(cookie.key)
    assert kept is not None
    over = replace(kept, expires=now - 1).record()
    service.store.transact(lambda transaction: transaction.put_record(over), ADMIN)
    service.access.gate._signed_in.forget(cookie.key)

    assert browser.ask("GET", "/api/v1/runs").json["detail"] == "the sign-in has ended; sign in again"


def test_what_is_over_is_tidied_away(service: Arangovis) -> None:
    from arangovis.services.housekeeping import Housekeeping

    token(service)
    service.access.sign_ins.begin(
        "ada",
        service.access.tokens.find(service.access.tokens.all()[0].id).scope,  # type: ignore[union-attr]
        expires=service.store.now() - 1,
        token=None,
    )

    Housekeeping(service.store, service.blobs)()

    with service.store.frozen() as state:
        assert list(state.records("sign_in")) == []
        assert len(list(state.records("token"))) == 1


def test_a_bearer_token_goes_before_the_cookie(service: Arangovis, browser: Browser) -> None:
    browser.sign_in(token(service).secret)

    assert browser.ask("GET", "/api/v1/runs", headers={"Authorization": "Bearer wrong"}).status_code == 401


def test_over_https_the_cookie_is_for_this_host_alone(tmp_path: Path) -> None:
    service = build_service(settings_of(tmp_path / "home", public_url="https://lineage.example.org"))
    try:
        client = TestClient(create_app(service))
        made = token(service)
        answer = client.simulate_post(
            SESSION,
            json={"token": made.secret},
            host="lineage.example.org",
            headers={"Origin": "https://lineage.example.org"},
        )
        cookie = answer.cookies[f"__Host-{COOKIE}"]
        assert (answer.status_code, cookie.secure, cookie.http_only, cookie.domain) == (201, True, True, None)
        assert answer.headers["strict-transport-security"].startswith("max-age=")
    finally:
        service.close()


def test_the_token_file_signs_in_too(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("a-token-of-some-length\n")
    settings = settings_of(tmp_path / "home", token_file=file)
    service = build_service(settings)
    browser = Browser(ContractClient(create_app(service)))
    assert browser.sign_in("a-token-of-some-length").status_code == 201
    assert browser.ask("GET", SESSION).json["account"] == "token"
    service.close()

    file.write_text("another-token-of-some-length\n")
    again = build_service(settings)
    try:
        browser.client = ContractClient(create_app(again))
        assert browser.ask("GET", "/api/v1/runs").status_code == 401, "the token that it rested on is no more"
    finally:
        again.close()


def test_an_open_service_asks_nobody(service: Arangovis, browser: Browser, caller: Caller) -> None:
    answer = browser.ask("GET", SESSION).json

    assert (answer["required"], answer["via"], answer["role"]) == (False, "open", "admin")
    assert browser.sign_in("anything").status_code == 401


def test_settings_are_in_hours() -> None:
    assert Settings().session_hours == 12
