"""Which service `connect` means, and who acts."""

from pathlib import Path

import pytest

import arangovis as av
from arangovis.client.app_transport import AppTransport, app_over
from arangovis.client.problems import json_of
from arangovis.client.transport import Identity
from arangovis.settings import Settings
from arangovis.wiring import build
from tests.unit.client.server import answer, serving

SECRET = "s3cret-token-of-ada"
NO_RUNS = b'{"items": [], "next_cursor": null}'


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("ARANGOVIS_URL", "ARANGOVIS_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ARANGOVIS_HOME", str(tmp_path / "by environment"))


def test_without_a_url_it_works_in_this_process(tmp_path: Path) -> None:
    with av.connect(actor="ada") as client:
        node = client.register_project("vision")
        assert client.node(node).version.actor == "ada"
        assert repr(client) == f"Client(in process, {tmp_path / 'by environment'})"
    assert (tmp_path / "by environment" / "graph.db").is_file()


def test_the_environment_names_a_server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with serving(lambda _: answer(body=NO_RUNS)) as server:
        monkeypatch.setenv("ARANGOVIS_URL", server.url)
        monkeypatch.setenv("ARANGOVIS_TOKEN", SECRET)
        with av.connect(actor="ada") as client:
            assert client.runs().items == []
        assert server.asked[0].headers["authorization"] == f"Bearer {SECRET}"
        with av.connect(token="another") as client:
            client.runs()
        assert server.asked[1].headers["authorization"] == "Bearer another"
        with av.connect(home=tmp_path / "home") as client:
            assert repr(client) == f"Client(in process, {tmp_path / 'home'})"
    assert len(server.asked) == 2


def test_the_users_name_is_the_actor_where_none_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "grace")
    with av.connect() as client:
        assert client.node(client.register_project("vision")).version.actor == "grace"


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"url": "http://host", "home": "/srv"}, "^url: is given together with a home"),
        ({"url": "/srv/arangovis"}, "^url: .* a folder is given as `home`"),
        ({"actor": "a\tb"}, "^actor: is not 1 to 128 printable characters"),
        ({"url": "http://host", "token": f"{SECRET}\n{SECRET}"}, "^token: is not printable ASCII"),
    ],
)
def test_what_cannot_be_meant_is_refused(given: dict[str, str], error: str) -> None:
    with pytest.raises(av.errors.InvalidInput, match=error) as caught:
        av.connect(**given)
    assert SECRET not in str(caught.value)


def test_the_app_in_this_process_is_asked_as_a_server_is(tmp_path: Path) -> None:
    service = build(Settings(home=tmp_path))
    app = AppTransport(app_over(service), Identity(actor="ada"))
    posted = app.send("POST", "/api/v1/projects", body=b'{"name":"a"}', headers={"Content-Type": "application/json"})
    assert posted.status == 201
    assert posted.headers["content-type"] == "application/json"
    found = json_of(app.send("GET", "/api/v1/projects?filter=name%20%3D%20%27a%27"))
    assert [item["version"]["actor"] for item in found["items"]] == ["ada"]
    assert app.send("GET", "/api/v1/nodes/run/%2e%2e").status == 400
    assert app.send("GET", "/nowhere").status == 404
    app.close()
    with pytest.raises(av.errors.Conflict, match="closed"):
        app.send("GET", "/health")
    service.close()
