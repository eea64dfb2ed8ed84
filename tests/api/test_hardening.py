"""What a browser is told, to which names and origins we answer, and that nothing is served to others by accident."""

import os
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from http.client import HTTPSConnection
from pathlib import Path

import pytest
from click.testing import CliRunner
from falcon.testing import TestClient

from arangovis.cli import group
from arangovis.domain.access import Role
from arangovis.domain.errors import InvalidInput
from arangovis.services.access.tokens import TokenWanted
from arangovis.settings import Settings, check_tls
from arangovis.wiring import Arangovis
from arangovis_api.app import create_app
from arangovis_api.server import _tls_context, serve_api
from tests.api.access import ADMIN, holder
from tests.api.test_server import PROGRAM, READY_S, free_port
from tests.backends import build_service, settings_of
from tests.certificates import certificate

PAGES = ("/", "/health", "/api/v1/openapi.json", "/api/v1/runs", "/api/v1/nowhere", "/metrics", "/3/Cloud")


def served(tmp_path: Path, **settings: object) -> Iterator[Arangovis]:
    service = build_service(settings_of(tmp_path / "home", **settings))
    yield service
    service.close()


@pytest.mark.parametrize("path", PAGES)
def test_every_answer_tells_browsers_what_not_to_do(client: TestClient, path: str) -> None:
    headers = TestClient(client.app).simulate_get(path, host="localhost").headers

    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["cache-control"]
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy if path == "/" else policy == "default-src 'none'; frame-ancestors 'none'"
    assert "unsafe-eval" not in policy
    assert "access-control-allow-origin" not in headers
    assert "strict-transport-security" not in headers


def test_errors_have_them_too(client: TestClient) -> None:
    refused = client.simulate_get("/api/v1/runs", host="evil.example")

    assert refused.status_code == 403
    assert refused.headers["content-security-policy"].startswith("default-src 'none'")


def test_frames_are_for_whom_the_settings_say(tmp_path: Path) -> None:
    for service in served(tmp_path, frame_origins="http://localhost:8888 https://notebooks.example.org"):
        policy = TestClient(create_app(service)).simulate_get("/", host="localhost").headers["content-security-policy"]
        assert "frame-ancestors 'self' http://localhost:8888 https://notebooks.example.org" in policy
        other = TestClient(create_app(service)).simulate_get("/api/v1/runs", host="localhost")
        assert "frame-ancestors 'none'" in other.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("host", "status"), [("lineage.example.org", 200), ("localhost", 200), ("evil.example", 403), ("10.0.0.7", 403)]
)
def test_only_names_of_ours_are_answered(tmp_path: Path, host: str, status: int) -> None:
    for service in served(tmp_path, allowed_hosts="lineage.example.org, 10.0.0.8"):
        client = TestClient(create_app(service))
        who = holder(service, client, Role.READ)
        shown = {"Authorization": f"Bearer {who.token}"}
        assert client.simulate_get("/api/v1/runs", host=host, headers=shown).status_code == status


def test_without_tokens_a_name_of_ours_is_not_enough(tmp_path: Path) -> None:
    for service in served(tmp_path, allowed_hosts="lineage.example.org"):
        client = TestClient(create_app(service))
        assert client.simulate_get("/api/v1/runs", host="lineage.example.org").status_code == 403


def test_insecure_is_spelled_out(tmp_path: Path) -> None:
    for service in served(tmp_path, insecure=True):
        client = TestClient(create_app(service))
        assert client.simulate_get("/api/v1/runs", host="lineage.example.org").status_code == 200
        local = TestClient(create_app(service, in_process=True))
        assert local.simulate_get("/api/v1/runs", host="lineage.example.org").status_code == 403


@pytest.mark.parametrize(("origin", "status"), [("https://lineage.example.org", 201), ("https://evil.example", 403)])
def test_behind_a_proxy_changes_come_from_the_public_name(tmp_path: Path, origin: str, status: int) -> None:
    for service in served(tmp_path, public_url="https://lineage.example.org/"):
        client = TestClient(create_app(service))
        who = holder(service, client, Role.ADMIN)
        made = who.ask("POST", "/api/v1/projects", json={"name": "vision"}, headers={"Origin": origin})
        assert made.status_code == status


# --- binding --------------------------------------------------------------------------------------------------------


def test_others_are_not_served_without_tokens(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="reached from other machines"):
        serve_api(Settings(home=tmp_path, host="0.0.0.0", port=free_port()))

    ended = CliRunner().invoke(group, ["serve", "--home", str(tmp_path), "--host", "0.0.0.0"])
    assert isinstance(ended.exception, InvalidInput)
    assert "--insecure" in str(ended.exception)


def test_tokens_of_the_store_are_enough_to_serve_others(tmp_path: Path) -> None:
    from arangovis.cli.serve import _is_guarded

    settings = Settings(home=tmp_path, host="0.0.0.0")
    assert not _is_guarded(settings)
    for service in served(tmp_path.parent / tmp_path.name / "other"):
        assert not service.access.gate.is_required()
    service = build_service(settings)
    service.access.tokens.create(TokenWanted("ops", Role.ADMIN), ADMIN)
    service.close()

    assert _is_guarded(settings)
    assert _is_guarded(Settings(home=tmp_path / "none", host="0.0.0.0", insecure=True))


@pytest.mark.parametrize("given", ["tls_cert_file", "tls_key_file"])
def test_a_certificate_and_its_key_go_together(tmp_path: Path, given: str) -> None:
    file = tmp_path / "one.pem"
    file.write_text("x")
    with pytest.raises(InvalidInput, match="given together"):
        check_tls(Settings(home=tmp_path, **{given: file}))  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="cannot be read"):
        check_tls(Settings(home=tmp_path, tls_cert_file=file, tls_key_file=tmp_path / "none"))


def test_a_key_of_another_certificate_is_refused(tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
    (cert, key), (_, other) = certificate(tmp_path / "one"), certificate(tmp_path / "other")
    check_tls(Settings(home=tmp_path, tls_cert_file=cert, tls_key_file=key))
    nonsense = tmp_path / "nonsense.pem"
    nonsense.write_text("no key")
    for wrong in (other, cert, nonsense, locked(key, tmp_path / "locked.pem")):
        with pytest.raises(InvalidInput, match="is not the key of tls_cert_file"):
            check_tls(Settings(home=tmp_path, tls_cert_file=cert, tls_key_file=wrong))


def locked(key: Path, file: Path) -> Path:
    """Write a key with a password, which nobody is there to type."""
    from cryptography.hazmat.primitives import serialization

    found = serialization.load_pem_private_key(key.read_bytes(), None)
    kept = serialization.BestAvailableEncryption(b"secret")
    file.write_bytes(found.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, kept))
    return file


# --- TLS ------------------------------------------------------------------------------------------------------------


def test_old_protocols_are_not_spoken() -> None:
    loose = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    loose.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED

    assert _tls_context(None, lambda: loose).minimum_version is ssl.TLSVersion.TLSv1_2


@pytest.mark.acceptance
def test_https_is_served(tmp_path: Path) -> None:
    cert, key = certificate(tmp_path)
    port = free_port()
    program = PROGRAM.replace(
        "port=int(sys.argv[2])",
        "port=int(sys.argv[2]), tls_cert_file=Path(sys.argv[3]), tls_key_file=Path(sys.argv[4])",
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    arguments = [sys.executable, "-c", program, str(tmp_path / "home"), str(port), str(cert), str(key)]
    with subprocess.Popen(arguments, env=environment) as process:
        try:
            context = ssl.create_default_context(cafile=str(cert))
            status, headers = asked(port, context, time.monotonic() + READY_S)
        finally:
            process.terminate()
            assert process.wait(READY_S) == 0
    assert status == 200
    assert headers["strict-transport-security"].startswith("max-age=")


def asked(port: int, context: ssl.SSLContext, deadline: float) -> tuple[int, dict[str, str]]:
    """Ask for the runs over HTTPS, as soon as somebody answers."""
    while True:
        connection = HTTPSConnection("localhost", port, context=context, timeout=READY_S)
        try:
            connection.request("GET", "/api/v1/runs")
            answer = connection.getresponse()
            answer.read()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}
        except OSError:
            if time.monotonic() >= deadline:
                raise
        finally:
            connection.close()
