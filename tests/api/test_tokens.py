"""Bearer tokens: made, shown once, held against every route, listed, used, expired and revoked."""

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from falcon.testing import TestClient

from arangovis.domain.access import Role
from arangovis.domain.errors import InvalidInput, NotFound
from arangovis.domain.graph import Caller
from arangovis.services.access import gate as gate_module
from arangovis.services.access.credentials import TOKEN_PREFIX, Credential
from arangovis.services.access.tokens import TokenWanted
from arangovis.settings import Settings
from arangovis.wiring import Arangovis
from arangovis_api.app import create_app
from arangovis_api.routes import all_routes, declared_operations
from arangovis_api.telemetry import Telemetry
from tests.api.access import ADMIN, Holder, holder
from tests.api.contract import ContractClient
from tests.backends import build_service, settings_of

PATIENCE_S = 30
OPEN_ROUTES = {
    ("GET", "/"),
    ("GET", "/ui/{name}"),
    ("GET", "/assets/{name}"),
    ("GET", "/health"),
    ("GET", "/visualization/health"),
    ("GET", "/api/v1/openapi.json"),
    ("GET", "/api/v1/session"),
    ("POST", "/api/v1/session"),
    ("DELETE", "/api/v1/session"),
    ("GET", "/api/v1/session/oidc"),
    ("GET", "/api/v1/session/oidc/callback"),
}
READ_BY_POST = {
    "/3/ParseSetup",
    "/4/sessions",
    "/api/v1/anomaly-models/{number}/score",
    "/api/v1/lineage/around",
    "/api/v1/parse-setups",
    "/api/v1/retention/plan",
    "/api/v1/run-searches",
    "/api/v1/search",
    "/api/v1/series-common",
    "/api/v1/series-queries",
    "/visualization/plottable_embeddings/{method}",
}
ADMINISTRATION = {
    ("GET", "/api/v1/tokens"),
    ("POST", "/api/v1/tokens"),
    ("DELETE", "/api/v1/tokens/{key}"),
    ("POST", "/api/v1/kinds"),
    ("DELETE", "/api/v1/kinds/{kind}"),
}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Return settings without a limit on requests: these tests ask for every route."""
    return settings_of(settings.home, token_rate=0)


@pytest.fixture
def admin(service: Arangovis, client: TestClient) -> Holder:
    return holder(service, client, Role.ADMIN, name="an-admin")


def routes(service: Arangovis) -> Iterator[tuple[str, str, Any]]:
    for route in all_routes(service, Telemetry()):
        for method, declared in declared_operations(route):
            yield method.upper(), route.path, declared


def concrete(template: str) -> str:
    return re.sub(r"{[a-z_]+}", "1", template.replace("{kind}", "run"))


# --- what routes need ---------------------------------------------------------------------------------------------


def test_what_every_route_needs_is_known(service: Arangovis) -> None:
    """A new route that lets everybody in, or a POST that readers may send, is decided here and not by accident."""
    needs = {(method, path): declared.needs for method, path, declared in routes(service)}

    assert {route for route, role in needs.items() if role is None} == OPEN_ROUTES
    assert {path for (method, path), role in needs.items() if method == "POST" and role is Role.READ} == READ_BY_POST
    assert {route for route, role in needs.items() if role is Role.ADMIN} >= ADMINISTRATION
    writing = {(method, path) for (method, path), role in needs.items() if role in (Role.WRITE, Role.ADMIN)}
    assert all(method != "GET" or needs[method, path] is Role.ADMIN for method, path in writing)


@pytest.mark.parametrize("who", ["none", "unknown", "expired", "revoked", "of another service", "basic"])
def test_no_route_is_open_to_who_shows_no_good_token(service: Arangovis, who: str) -> None:
    plain = TestClient(create_app(service))
    now = service.store.now()
    good = holder(service, plain, Role.ADMIN, name="good", expires=now + 60_000_000)
    assert good.get("/api/v1/runs").status_code == 200
    shown = {
        "none": None,
        "unknown": Credential.new(TOKEN_PREFIX).text,
        "expired": expired(service),
        "revoked": revoked(service),
        "of another service": f"{good.token}"[:-1] + ("A" if f"{good.token}"[-1] != "A" else "B"),
        "basic": "",
    }[who]
    asked = 0
    for method, template, _ in routes(service):
        if (method, template) in OPEN_ROUTES:
            continue
        headers = {"Authorization": f"Basic {good.token}"} if who == "basic" else {}
        answer = Holder(plain, shown or None).ask(method, concrete(template), json={}, headers=headers)
        assert answer.status_code in (401, 429), f"{method} {template}: {answer.status}"
        asked += 1
    assert asked > 150


def expired(service: Arangovis) -> str:
    """Return a token whose time is over: made with a record of the past, as no service makes one."""
    made = service.access.tokens.create(TokenWanted("old", Role.ADMIN, expires=service.store.now() + 60_000_000), ADMIN)
    kept = service.access.tokens.find(made.token.id)
    assert kept is not None
    from dataclasses import replace

    past = replace(kept, expires=service.store.now() - 1).record()
    service.store.transact(lambda transaction: transaction.put_record(past), ADMIN)
    return made.secret


def revoked(service: Arangovis) -> str:
    made = service.access.tokens.create(TokenWanted("gone", Role.ADMIN), ADMIN)
    service.access.tokens.revoke(made.token.id, ADMIN)
    return made.secret


@pytest.mark.parametrize("role", [Role.READ, Role.WRITE])
def test_no_route_does_more_than_the_role(service: Arangovis, role: Role) -> None:
    plain = TestClient(create_app(service))
    who = holder(service, plain, role)
    refused = let_in = 0
    for method, template, declared in routes(service):
        if declared.needs is None:
            continue
        answer = who.ask(method, concrete(template), json={})
        if declared.needs is Role.ADMIN or (declared.needs is Role.WRITE and role is Role.READ):
            assert answer.status_code == 403, f"{method} {template}: {answer.status}"
            assert "needs the role" in answer.text
            refused += 1
        else:
            assert answer.status_code not in (401, 403, 500), f"{method} {template}: {answer.status} {answer.text}"
            let_in += 1
    assert refused >= len(ADMINISTRATION)
    assert let_in > 90


def test_what_is_there_is_not_told_to_strangers(service: Arangovis, admin: Holder) -> None:
    plain = TestClient(create_app(service))

    assert plain.simulate_get("/api/v1/nowhere", host="localhost").status_code == 401
    assert plain.simulate_request("TRACE", "/api/v1/runs", host="localhost").status_code in (400, 401, 405)
    assert plain.simulate_options("/api/v1/runs", host="localhost").status_code == 401
    assert admin.get("/api/v1/nowhere").status_code == 404
    assert admin.ask("PATCH", "/api/v1/runs").status_code == 405


# --- making and revoking ------------------------------------------------------------------------------------------


def test_a_token_is_made_shown_once_listed_and_revoked(service: Arangovis, admin: Holder) -> None:
    service.catalogue.register_project("vision", ADMIN)
    body = {"name": "nightly", "role": "write", "projects": ["vision"], "account": "builder"}
    made = admin.post("/api/v1/tokens", body)
    token, secret = made.json["token"], made.json["secret"]
    its = Holder(admin.client, secret)

    assert made.status_code == 201
    assert secret.startswith(f"avt_{token['id']}_")
    assert len(secret) == 4 + 16 + 1 + 43
    assert (token["state"], token["created_by"], token["projects"]) == ("active", "an-admin", ["vision"])
    run = its.post("/api/v1/runs", {"method": "training", "project": "vision"}).json["node"]
    assert admin.get(f"/api/v1/nodes/{run}").json["version"]["actor"] == "builder"
    audit = admin.get(f"/api/v1/audit/{run}").text
    assert "builder" in audit
    listed = admin.get("/api/v1/tokens")
    assert secret not in listed.text
    assert secret.rpartition("_")[2] not in listed.text
    assert [item["name"] for item in listed.json["items"]] == ["nightly", "an-admin"]

    gone = admin.ask("DELETE", f"/api/v1/tokens/{token['id']}")

    assert (gone.status_code, gone.json["state"], gone.json["revoked_by"]) == (200, "revoked", "an-admin")
    refused = its.get("/api/v1/runs")
    assert (refused.status_code, refused.json["detail"]) == (401, "the token was revoked")
    assert admin.ask("DELETE", f"/api/v1/tokens/{token['id']}").json["revoked"] == gone.json["revoked"]


def test_other_servers_see_a_revocation_before_long(settings: Settings, service: Arangovis) -> None:
    other = build_service(settings)
    try:
        made = service.access.tokens.create(TokenWanted("one", Role.READ), ADMIN)
        there = Holder(ContractClient(create_app(other)), made.secret)
        deadline = time.monotonic() + PATIENCE_S
        while there.get("/api/v1/runs").status_code != 200:  # it may not have heard yet that tokens are asked for
            assert time.monotonic() < deadline
        service.access.tokens.revoke(made.token.id, ADMIN)
        revoked_at = time.monotonic()
        while there.get("/api/v1/runs").status_code == 200:
            assert time.monotonic() < revoked_at + PATIENCE_S
        assert gate_module.KNOWN_FOR_S <= 5
    finally:
        other.close()


def test_the_service_stays_closed_when_the_last_token_is_revoked(service: Arangovis) -> None:
    plain = TestClient(create_app(service))
    assert plain.simulate_get("/api/v1/runs", host="localhost").status_code == 200

    revoked(service)

    assert plain.simulate_get("/api/v1/runs", host="localhost").status_code == 401


def test_a_token_that_expired_is_told_so(service: Arangovis, client: TestClient) -> None:
    refused = Holder(client, expired(service)).get("/api/v1/runs")

    assert (refused.status_code, refused.json["detail"]) == (401, "the token has expired")


def test_the_last_use_is_written_down_now_and_then(service: Arangovis, client: TestClient) -> None:
    who = holder(service, client, Role.READ)
    before = service.store.change_number()
    for _ in range(5):
        assert who.get("/api/v1/runs").status_code == 200
    service.access.close()

    (token,) = service.access.tokens.all()
    assert token.last_used is not None
    assert abs(token.last_used - service.store.now()) < PATIENCE_S * 1_000_000
    first = token.last_used
    assert who.get("/api/v1/runs").status_code == 200
    service.access.close()
    assert service.access.tokens.all()[0].last_used == first, "at most once a minute"
    assert service.store.change_number() == before, "no answer that clients have became stale"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"role": "read"}, "name"),
        ({"name": "x"}, "role"),
        ({"name": "x", "role": "owner"}, "role"),
        ({"name": "x", "role": "admin", "projects": ["vision"]}, "projects"),
        ({"name": "x", "role": "read", "projects": []}, "projects"),
        ({"name": "x", "role": "read", "expires": 1}, "expires"),
        ({"name": "x\n", "role": "read"}, "name"),
        ({"name": "x", "role": "read", "account": " "}, "account"),
    ],
)
def test_bad_tokens_are_refused(admin: Holder, body: dict[str, Any], field: str) -> None:
    refused = admin.post("/api/v1/tokens", body)

    assert refused.status_code == 400
    assert [error["field"] for error in refused.json["errors"]] == [field]


def test_a_token_is_of_projects_that_there_are(admin: Holder) -> None:
    assert admin.post("/api/v1/tokens", {"name": "x", "role": "read", "projects": ["none"]}).status_code == 404
    assert admin.ask("DELETE", "/api/v1/tokens/0123456789abcdef").status_code == 404


def test_tokens_are_in_no_lineage_search_or_export(service: Arangovis, admin: Holder) -> None:
    found = admin.post("/api/v1/search", {"text": "an-admin"})
    kinds = admin.get("/api/v1/kinds").text

    assert found.json["items"] == []
    assert '"artifact"' in kinds
    assert '"token"' not in kinds
    with service.store.frozen() as state:
        assert [action for action in state.actions() if "an-admin" in str(action)] == []


def test_only_hashes_are_kept(service: Arangovis, admin: Holder) -> None:
    with service.store.frozen() as state:
        (record,) = state.records("token")

    assert len(str(record.data["hash"])) == 64
    assert str(admin.token).rpartition("_")[2] not in str(record)


# --- the services below -------------------------------------------------------------------------------------------


def test_services_say_what_is_wrong(service: Arangovis) -> None:
    with pytest.raises(InvalidInput, match="all projects"):
        service.access.tokens.create(TokenWanted("x", Role.ADMIN, projects=("a",)), ADMIN)
    with pytest.raises(NotFound):
        service.access.tokens.revoke("none", Caller("x"))


@pytest.mark.parametrize("text", ["", "avt_", "avt_0123456789abcdef_short", "avs_0123456789abcdef_" + "x" * 43, "a b"])
def test_what_is_no_token(text: str) -> None:
    assert Credential.read(text, TOKEN_PREFIX) is None


def test_a_credential_hides_its_secret() -> None:
    made = Credential.new(TOKEN_PREFIX)

    assert Credential.read(made.text, TOKEN_PREFIX) == made
    assert made.secret not in repr(made)
    assert made.matches(made.hash)
    assert not Credential.new(TOKEN_PREFIX).matches(made.hash)
