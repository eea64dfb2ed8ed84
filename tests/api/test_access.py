from pathlib import Path

import pytest
from falcon.testing import TestClient

from arangovis.domain.errors import InvalidInput
from arangovis.settings import Settings, check_bind
from arangovis_api.app import create_app
from tests.backends import build_service, settings_of

TOKEN = "a-token-of-some-length"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Return settings with a token."""
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    return settings_of(tmp_path / "home", token_file=file)


@pytest.mark.parametrize(
    "path", ["/health", "/visualization/health", "/", "/assets/nothing.js", "/api/v1/openapi.json"]
)
def test_what_is_open(client: TestClient, path: str) -> None:
    assert client.simulate_get(path).status_code in (200, 404)


@pytest.mark.parametrize(
    "given", [None, "", "Bearer", "Bearer wrong", f"Basic {TOKEN}", TOKEN, f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}"]
)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v1/runs"),
        ("POST", "/api/v1/projects"),
        ("GET", "/metrics"),
        ("GET", "/nowhere"),
        ("GET", "/visualization/supported"),
    ],
)
def test_without_the_token(client: TestClient, method: str, path: str, given: str | None) -> None:
    headers = {} if given is None else {"Authorization": given}

    result = client.simulate_request(method, path, headers=headers)

    assert result.status_code == 401
    assert result.headers["www-authenticate"] == "Bearer"
    assert TOKEN not in result.text


@pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
def test_with_the_token(client: TestClient, scheme: str) -> None:
    headers = {"Authorization": f"{scheme} {TOKEN}", "X-Arangovis-Actor": "somebody else"}
    made = client.simulate_post("/api/v1/projects", json={"name": "vision"}, headers=headers)

    node = client.simulate_get(made.headers["location"], headers=headers)

    assert made.status_code == 201
    assert node.json["version"]["actor"] == "token"


@pytest.mark.parametrize(("origin", "status"), [("http://localhost", 201), ("http://evil.example", 403), ("null", 403)])
def test_changes_come_from_our_own_pages(client: TestClient, origin: str, status: int) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}", "Origin": origin}

    assert client.simulate_post("/api/v1/projects", json={"name": "vision"}, headers=headers).status_code == status
    assert client.simulate_get("/api/v1/projects", headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [("localhost", 200), ("127.0.0.1", 200), ("[::1]", 200), ("evil.example", 403), ("127.0.0.1.evil.example", 403)],
)
def test_without_a_token_only_this_machine_is_answered(tmp_path: Path, host: str, status: int) -> None:
    service = build_service(settings_of(tmp_path / "open"))
    try:
        client = TestClient(create_app(service))
        assert client.simulate_get("/api/v1/runs", host=host).status_code == status
    finally:
        service.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "[::1]", "127.8.0.1"])
def test_loopback_needs_no_token(host: str) -> None:
    check_bind(host, guarded=False)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "example.org", "", "localhost.example.org"])
def test_another_address_needs_a_token(host: str) -> None:
    check_bind(host, guarded=True)
    with pytest.raises(InvalidInput) as refused:
        check_bind(host, guarded=False)
    assert refused.value.faults[0].field == "host"
