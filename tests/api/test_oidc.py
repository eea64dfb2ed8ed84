"""Signing in with a provider of OpenID Connect: a real one over HTTP, which also misbehaves."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from urllib.request import Request, urlopen

import pytest
from falcon.testing import Result, TestClient

from arangovis.domain.access import Role, Scope
from arangovis.domain.errors import Forbidden, InvalidInput
from arangovis.services.access.claims import Rule, account_of, read_rules, scope_of
from arangovis.services.catalogue.names import find_project
from arangovis.settings import Settings
from arangovis.wiring import Arangovis
from arangovis_api.app import create_app
from arangovis_api.oidc_client import Provider, checked_issuer
from tests.api.access import ADMIN, holder
from tests.api.oidc_provider import CLIENT, SECRET
from tests.backends import settings_of

ROLES = "ml-admins=admin, ml-team=write:vision;hearing, guests=read:vision"
BEGIN, BACK = "/api/v1/session/oidc", "/api/v1/session/oidc/callback"


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """Run the provider and return its address."""
    program = [sys.executable, str(Path(__file__).parent / "oidc_provider.py")]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.terminate()


@pytest.fixture
def settings(tmp_path: Path, provider: str) -> Settings:
    """Return settings that name the provider."""
    file = tmp_path / "secret"
    file.write_text(SECRET)
    return settings_of(
        tmp_path / "home",
        oidc_issuer=provider,
        oidc_client_id=CLIENT,
        oidc_client_secret_file=file,
        oidc_roles=ROLES,
    )


@pytest.fixture
def browser(service: Arangovis) -> TestClient:
    """Return a client that is no API client: it sends what a browser would."""
    client = TestClient(create_app(service))
    for name in ("vision", "hearing", "other"):
        service.catalogue.register_project(name, ADMIN)
    holder(service, client, Role.ADMIN)  # from here on somebody must be somebody
    return client


def told(provider: str, wrong: str = "", **claims: Any) -> None:
    body = json.dumps({"claims": {"email": "ada@example.org", "groups": ["ml-team"], **claims}, "wrong": wrong})
    with urlopen(Request(f"{provider}/control", body.encode(), {"Content-Type": "application/json"})):
        pass


def begun(browser: TestClient) -> tuple[str, dict[str, str]]:
    """Begin, and return where the browser is sent, and its cookies."""
    sent = browser.simulate_get(BEGIN, host="localhost")
    assert sent.status_code == 303, sent.text
    cookie = sent.cookies["arangovis_sign_in"]
    assert (cookie.http_only, cookie.same_site, cookie.path) == (True, "Lax", "/")
    return sent.headers["location"], {"arangovis_sign_in": cookie.value}


def visited(url: str) -> dict[str, str]:
    """Go to the provider and return what it sends the browser back with."""
    import http.client

    parts = urlsplit(url)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port)
    connection.request("GET", f"{parts.path}?{parts.query}")
    answer = connection.getresponse()
    answer.read()
    connection.close()
    assert answer.status == 302
    back = urlsplit(str(answer.getheader("Location")))
    assert back.path == BACK
    return {name: values[0] for name, values in parse_qs(back.query).items()}


def signed_in(browser: TestClient) -> Result:
    url, cookies = begun(browser)
    return browser.simulate_get(BACK, params=visited(url), cookies=cookies, host="localhost")


def session(browser: TestClient, came_back: Result) -> Any:
    cookies = {"arangovis_session": came_back.cookies["arangovis_session"].value}
    return browser.simulate_get("/api/v1/session", cookies=cookies, host="localhost").json


def test_somebody_is_signed_in(browser: TestClient, provider: str) -> None:
    told(provider)

    back = signed_in(browser)

    assert (back.status_code, back.headers["location"]) == (303, "/")
    cookie = back.cookies["arangovis_session"]
    assert (cookie.http_only, cookie.same_site, cookie.path) == (True, "Strict", "/")
    assert 11 * 3600 < int(str(cookie.max_age)) <= 12 * 3600
    answer = session(browser, back)
    assert (answer["account"], answer["role"], answer["via"]) == ("ada@example.org", "write", "session")
    assert answer["projects"] == ["hearing", "vision"]
    made = browser.simulate_post(
        "/api/v1/runs",
        json={"method": "training", "project": "vision"},
        cookies={"arangovis_session": cookie.value},
        headers={"X-CSRF-Token": answer["csrf"], "Origin": "http://localhost"},
        host="localhost",
    )
    assert made.status_code == 201
    elsewhere = browser.simulate_post(
        "/api/v1/runs",
        json={"method": "training", "project": "other"},
        cookies={"arangovis_session": cookie.value},
        headers={"X-CSRF-Token": answer["csrf"]},
        host="localhost",
    )
    assert elsewhere.status_code == 404


def test_the_browser_is_sent_with_pkce_and_a_nonce(browser: TestClient, provider: str) -> None:
    url, cookies = begun(browser)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}

    assert url.startswith(f"{provider}/authorize?")
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == f"http://localhost{BACK}"
    state, nonce, verifier = cookies["arangovis_sign_in"].split(".")
    assert (asked["state"], asked["nonce"]) == (state, nonce)
    assert verifier not in url
    assert SECRET not in url


@pytest.mark.parametrize(
    "wrong", ["issuer", "audience", "expired", "nonce", "unsigned", "symmetric", "key", "tampered", "at_hash"]
)
def test_what_cannot_be_believed_signs_nobody_in(browser: TestClient, provider: str, wrong: str) -> None:
    told(provider, wrong)

    back = signed_in(browser)

    assert back.status_code == 401
    assert "arangovis_session" not in back.cookies
    assert SECRET not in back.text


def test_the_provider_says_no(browser: TestClient, provider: str) -> None:
    told(provider, "denied")
    assert signed_in(browser).status_code == 401


def test_a_provider_that_is_another_is_not_asked(browser: TestClient, provider: str) -> None:
    told(provider, "discovery")
    assert browser.simulate_get(BEGIN, host="localhost").status_code == 503


def test_new_keys_are_asked_for(browser: TestClient, provider: str) -> None:
    told(provider)
    assert signed_in(browser).status_code == 303
    told(provider, "rotated")
    assert signed_in(browser).status_code == 303


def test_a_code_is_for_the_browser_that_began_and_once(browser: TestClient, provider: str) -> None:
    told(provider)
    url, cookies = begun(browser)
    _, others = begun(browser)
    back = visited(url)

    assert browser.simulate_get(BACK, params=back, host="localhost").status_code == 401, "no cookie"
    assert browser.simulate_get(BACK, params=back, cookies=others, host="localhost").status_code == 401
    forged = {**back, "state": "x"}
    assert browser.simulate_get(BACK, params=forged, cookies=cookies, host="localhost").status_code == 401
    assert browser.simulate_get(BACK, params=back, cookies=cookies, host="localhost").status_code == 303
    assert browser.simulate_get(BACK, params=back, cookies=cookies, host="localhost").status_code == 401, "again"


@pytest.mark.parametrize(
    ("claims", "status"),
    [
        ({"groups": []}, 403),
        ({"groups": ["strangers"]}, 403),
        ({"groups": None}, 403),
        ({"email": None}, 403),
        ({"email_verified": False}, 403),
        ({"groups": "ml-team"}, 303),
        ({"groups": ["guests", "ml-admins"]}, 303),
    ],
)
def test_who_has_no_role_stays_out(browser: TestClient, provider: str, claims: dict[str, Any], status: int) -> None:
    told(provider, **claims)
    assert signed_in(browser).status_code == status


def test_without_a_provider_nobody_signs_in_so(tmp_path: Path, client: TestClient) -> None:
    from tests.backends import build_service

    service = build_service(settings_of(tmp_path / "plain"))
    try:
        plain = TestClient(create_app(service))
        assert plain.simulate_get(BEGIN, host="localhost").status_code == 404
        assert plain.simulate_get("/api/v1/session", host="localhost").json["oidc"] is False
    finally:
        service.close()


# --- what claims mean -------------------------------------------------------------------------------------------


def test_rules_are_read() -> None:
    assert read_rules(ROLES) == (
        Rule("ml-admins", Role.ADMIN, None),
        Rule("ml-team", Role.WRITE, ("vision", "hearing")),
        Rule("guests", Role.READ, ("vision",)),
    )
    assert read_rules("cn=ml=read") == (Rule("cn=ml", Role.READ, None),)
    assert read_rules("") == ()


@pytest.mark.parametrize("text", ["team", "team=", "team=owner", "=read", "team=read:", "team=admin:vision"])
def test_bad_rules_are_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="oidc_roles"):
        read_rules(text)


def test_the_highest_role_counts_in_all_projects_that_give_it(service: Arangovis) -> None:
    vision = service.catalogue.register_project("vision", ADMIN).node.key
    rules = Settings(oidc_roles="a=write:vision,b=write:not-made-yet,c=read,d=admin")

    assert scope_of(rules, {"groups": ["a", "b", "c"]}, service.store) == Scope(Role.WRITE, frozenset((vision,)))
    assert scope_of(rules, {"groups": ["c"]}, service.store) == Scope(Role.READ)
    assert scope_of(rules, {"groups": ["a", "d"]}, service.store) == Scope(Role.ADMIN)
    assert find_project(service.store, "vision").id.key == vision


def test_an_account_is_named() -> None:
    settings = Settings(oidc_account_claim="sub")
    assert account_of(settings, {"sub": "248289761001", "email_verified": False}) == "248289761001"
    with pytest.raises(Forbidden):
        account_of(settings, {"sub": 5})


@pytest.mark.parametrize(
    "issuer", ["http://accounts.example.org", "accounts.example.org", "https://", "ftp://127.0.0.1", "https://a?b"]
)
def test_a_provider_is_asked_over_https(issuer: str) -> None:
    with pytest.raises(InvalidInput, match="oidc_issuer"):
        checked_issuer(issuer)


def test_a_provider_needs_to_know_us(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="oidc_client_id"):
        Provider(Settings(home=tmp_path, oidc_issuer="https://accounts.example.org"))
