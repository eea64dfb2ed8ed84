"""`arangovis token`, on a home and against a server's API."""

import re
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result

from arangovis.cli import group
from arangovis.client.connection import connect
from arangovis.domain.errors import Forbidden, InvalidInput, NotFound, Unauthorized
from arangovis.notebook.server import EmbeddedServer
from arangovis.settings import Settings
from arangovis.wiring import build
from arangovis_api.app import create_app


def call(home: Path, *arguments: str) -> Result:
    return CliRunner().invoke(group, [*arguments, "--home", str(home)])


@pytest.fixture
def home(tmp_path: Path) -> Path:
    assert call(tmp_path, "init").exit_code == 0
    assert call(tmp_path, "register", "project", "vision").exit_code == 0
    return tmp_path


def test_a_token_is_made_listed_and_revoked(home: Path) -> None:
    made = call(
        home, "token", "create", "ci", "--role", "write", "--project", "vision", "--account", "bot", "--days", "7"
    )
    secret = made.output.strip()
    assert re.fullmatch(r"avt_[0-9a-f]{16}_[\w-]{43}", secret)

    (listed,) = orjson.loads(call(home, "token", "list", "--json").output)
    assert (listed["name"], listed["account"], listed["role"], listed["projects"]) == ("ci", "bot", "write", ["vision"])
    assert listed["expires"] - listed["created"] == pytest.approx(7 * 86400e6, abs=60e6)
    assert secret.rpartition("_")[2] not in call(home, "token", "list").output

    assert call(home, "token", "revoke", listed["id"]).output == "ci is revoked\n"
    assert orjson.loads(call(home, "token", "list", "--json").output)[0]["state"] == "revoked"


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("create", "x", "--role", "admin", "--project", "vision"), InvalidInput),
        (("create", "x", "--role", "read", "--project", "none"), NotFound),
        (("revoke", "none"), NotFound),
    ],
)
def test_what_cannot_be(home: Path, arguments: tuple[str, ...], error: type[Exception]) -> None:
    assert isinstance(call(home, "token", *arguments).exception, error)


def test_a_server_is_asked_by_an_admin(home: Path) -> None:
    with connect(home=home) as local:
        admin, reader = (local.create_token(name, name).secret for name in ("admin", "read"))
    service = build(Settings(home=home))
    try:
        server = EmbeddedServer(create_app(service), 0)
        url = server.url
        try:
            with connect(url, token=admin) as client:
                made = client.create_token("from-afar", "read", projects=["vision"])
                assert [token.name for token in client.tokens()] == ["from-afar", "read", "admin"]
                assert client.revoke_token(made.token.id).state == "revoked"
            with connect(url, token=reader) as client, pytest.raises(Forbidden, match="needs the role admin"):
                client.tokens()
            with connect(url, token=made.secret) as client, pytest.raises(Unauthorized):
                client.runs()
        finally:
            server.close()
    finally:
        service.close()
