"""Canaries: secrets that are given in every way there is, and are nowhere to be read afterwards."""

import logging
import os
import subprocess
import sys
import time
import traceback
from http.client import HTTPConnection
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner
from falcon.testing import TestClient

from arangovis.cli import group
from arangovis.client.connection import connect
from arangovis.client.transport import Identity
from arangovis.domain.access import Role
from arangovis.domain.errors import ArangovisError
from arangovis.services.access.credentials import Credential
from arangovis.services.access.tokens import TokenWanted
from arangovis.settings import Settings, read_settings
from arangovis.stores.registry import open_store
from arangovis.wiring import Arangovis
from arangovis_api.app import create_app
from tests.api.access import ADMIN, holder
from tests.api.test_server import PROGRAM, READY_S, free_port
from tests.backends import build_service, settings_of

CANARY = "c4n4ry-in-the-coal-mine"


def test_settings_show_no_secret(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, store_password=CANARY)

    assert CANARY not in repr(settings)
    assert CANARY not in str(settings)


@pytest.mark.parametrize(
    "environ",
    [
        {"ARANGOVIS_STORE_PASSWORD": CANARY, "ARANGOVIS_PORT": "none"},
        {"ARANGOVIS_STORE_PASSWORD": CANARY, "ARANGOVIS_INSECURE": "perhaps"},
    ],
)
def test_wrong_settings_show_no_secret(environ: dict[str, str]) -> None:
    with pytest.raises(ArangovisError) as refused:
        read_settings(environ=environ)

    assert CANARY not in told(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        f"arango+http://user:{CANARY}@127.0.0.1:1/db",
        f"arango+http://user@127.0.0.1:1/db?password={CANARY}",
        f"postgres://user:{CANARY}@host/db",
        f"arango+http://user:{CANARY}@[/db",
    ],
)
def test_a_store_that_does_not_open_shows_no_secret(url: str) -> None:
    with pytest.raises(ArangovisError) as refused:
        open_store(url, CANARY).migrate()

    assert CANARY not in told(refused.value)


def told(error: BaseException) -> str:
    """Return what a person is shown of an error, without the lines of this file."""
    return f"{error} {error!r} {getattr(error, 'detail', '')}"


def test_clients_show_no_token() -> None:
    identity = Identity(CANARY, "ada")
    with connect("http://127.0.0.1:9", token=CANARY) as client:
        shown = f"{client!r} {client} {client.backend} {client.backend.api()!r} {identity!r}"
        with pytest.raises(ArangovisError) as refused:
            client.tokens()
    assert CANARY not in shown + told(refused.value)
    for url in (f"http://ada:{CANARY}@127.0.0.1:9", f"http://127.0.0.1:9/?token={CANARY}"):
        with pytest.raises(ArangovisError) as refused:
            connect(url)
        assert CANARY not in told(refused.value)


def test_tokens_and_sign_ins_show_no_secret(service: Arangovis) -> None:
    made = service.access.tokens.create(TokenWanted("ada", Role.ADMIN), ADMIN)
    secret = str(Credential.read(made.secret, "avt").secret)  # type: ignore[union-attr]
    sign_in, cookie = service.access.gate.sign_in(made.secret)

    shown = repr((made, sign_in, cookie, service.access.tokens.find(made.token.id), service.access.tokens.all()))

    assert secret not in shown
    assert cookie.secret not in shown


def test_answers_errors_and_logs_show_no_secret(service: Arangovis, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    client = TestClient(create_app(service))
    who = holder(service, client, Role.READ)
    stranger = Credential.new("avt")
    texts = []
    for token in (str(who.token), stranger.text):
        for method, path in (
            ("GET", "/api/v1/runs"),
            ("GET", "/api/v1/nodes/run/none"),
            ("POST", "/api/v1/projects"),
            ("DELETE", "/api/v1/tokens/x"),
            ("GET", "/metrics"),
            ("POST", "/api/v1/session"),
            ("GET", "/3/Frames/none"),
        ):
            answer = client.simulate_request(
                method,
                path,
                json={"token": token, "secret": token},
                host="localhost",
                headers={"Authorization": f"Bearer {token}", "X-Request-Id": "r1"},
            )
            headers = {name: value for name, value in answer.headers.items() if name != "set-cookie"}
            texts.append(f"{answer.text} {headers}")

    kept = [Credential.read(str(who.token), "avt").secret, stranger.secret]  # type: ignore[union-attr]
    for secret in kept:
        assert secret not in "".join(texts)
        assert secret not in caplog.text


def test_what_goes_wrong_within_is_logged_without_the_token(
    service: Arangovis, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = TestClient(create_app(service))
    who = holder(service, client, Role.READ)

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("out of order")

    monkeypatch.setattr(type(service.search), "find", broken)
    answer = who.get("/api/v1/runs", params={"filter": "a = 1"})
    shown = caplog.text + "".join(
        "".join(traceback.format_exception(record.exc_info[1])) for record in caplog.records if record.exc_info
    )

    assert answer.status_code == 500
    assert "out of order" not in answer.text
    assert "out of order" in shown
    assert str(who.token) not in shown


def test_backups_let_nobody_in(service: Arangovis, tmp_path: Path, caller: object) -> None:
    made = service.access.tokens.create(TokenWanted("ada", Role.ADMIN), ADMIN)
    service.access.gate.sign_in(made.secret)
    kept = service.access.tokens.find(made.token.id)
    assert kept is not None
    home = service.settings.home
    target = tmp_path / "backup"

    ended = CliRunner().invoke(group, ["backup", str(target), "--home", str(home)], catch_exceptions=False)

    assert ended.exit_code == 0, ended.output
    files = [path for path in target.rglob("*") if path.is_file()]
    assert files
    for path in files:
        data = path.read_bytes()
        assert kept.hash.encode() not in data, path
        assert kept.key.encode() not in data, path


@pytest.mark.acceptance
def test_a_real_server_logs_no_secret(tmp_path: Path) -> None:
    """Everything that a process writes, while it is asked rightly, wrongly and in words that are none."""
    service = build_service(settings_of(tmp_path / "home"))
    made = service.access.tokens.create(TokenWanted("ada", Role.ADMIN), ADMIN)
    service.close()
    port = free_port()
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "ARANGOVIS_STORE_PASSWORD": CANARY}
    arguments = [sys.executable, "-c", PROGRAM, str(tmp_path / "home"), str(port)]
    log = tmp_path / "log"
    with log.open("wb") as sink, subprocess.Popen(arguments, env=environment, stdout=sink, stderr=sink) as process:
        try:
            deadline = time.monotonic() + READY_S
            while ask(port, "GET", "/api/v1/runs", made.secret) != 200:
                assert time.monotonic() < deadline
            assert ask(port, "GET", f"/api/v1/runs?filter={CANARY}", made.secret) in (200, 400)
            assert ask(port, "POST", "/api/v1/session", made.secret, {"token": made.secret}) == 201
            assert ask(port, "GET", "/api/v1/runs", f"{made.secret}x") == 401
            assert ask(port, "GET", "/" + "x" * 9000, made.secret) in (400, 414)
        finally:
            process.terminate()
            assert process.wait(READY_S) == 0
    written = log.read_text("utf-8", "replace")
    assert made.secret not in written
    assert CANARY not in written


def ask(port: int, method: str, path: str, token: str, body: object = None) -> int:
    connection = HTTPConnection("127.0.0.1", port, timeout=READY_S)
    try:
        sent = None if body is None else orjson.dumps(body)
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        connection.request(method, path, body=sent, headers=headers)
        answer = connection.getresponse()
        answer.read()
    except OSError:
        return 0
    else:
        return answer.status
    finally:
        connection.close()


def test_doctor_and_the_rest_of_the_commands_show_no_secret(tmp_path: Path) -> None:
    environment = {"ARANGOVIS_HOME": str(tmp_path), "ARANGOVIS_STORE_PASSWORD": CANARY}
    runner = CliRunner(env=environment)
    for command in (["init"], ["doctor"], ["doctor", "--json"], ["verify"], ["token", "list"]):
        ended = runner.invoke(group, command)
        assert CANARY not in ended.output, command
