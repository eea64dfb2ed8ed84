"""Files imported from an address: below a root that names it, never by a redirect, never by a private name."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import urlencode

import pytest
from falcon.testing import Result

from arangovis.domain.errors import Forbidden, NotFound
from arangovis.services.frames.import_roots import ImportRoots
from arangovis_api.app import create_app
from tests.api.contract import ContractClient
from tests.api.detecting import FORM, Detecting, everything
from tests.backends import build_service, settings_of


class Files(BaseHTTPRequestHandler):
    """Serves one file, and a redirect to it."""

    asked: list[str] = []
    rows = 20

    def do_GET(self) -> None:
        self.asked.append(self.path)
        found = self.path == "/data/rows.csv"
        self.send_response(200 if found else 302)
        self.send_header("Location", "/data/rows.csv")
        self.end_headers()
        self.wfile.write(everything(self.rows) if found else b"")

    def log_message(self, *said: object) -> None:
        """Say nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    Files.asked.clear()
    everything(20)  # made before it is asked for, so that the server answers at once on a busy machine
    server = HTTPServer(("127.0.0.1", 0), Files)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def world(tmp_path: Path, port: int) -> Iterator[Detecting]:
    service = build_service(settings_of(tmp_path / "home", import_roots=f"http://127.0.0.1:{port}/data"))
    yield Detecting(service, ContractClient(create_app(service)))
    service.close()


def post(world: Detecting, route: str, **fields: str) -> Result:
    return world.client.simulate_post(route, body=urlencode(fields), headers={"Content-Type": FORM})


def test_a_file_at_an_allowed_address_is_a_frame(world: Detecting, port: int) -> None:
    url = f"http://127.0.0.1:{port}/data/rows.csv"

    imported = post(world, "/3/ImportFiles", path=url)
    parsed = post(world, "/3/Parse", source_frames=url, destination_frame="rows", blocking="true")

    assert imported.json["destination_frames"] == [url]
    assert parsed.json["rows"] == 20


def test_a_file_that_changed_is_read_again(world: Detecting, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"http://127.0.0.1:{port}/data/rows.csv"
    for rows in (20, 30):
        monkeypatch.setattr(Files, "rows", rows)
        assert post(world, "/3/ImportFiles", path=url).json["destination_frames"] == [url]
        parsed = post(world, "/3/Parse", source_frames=url, destination_frame="rows", blocking="true")
        assert parsed.json["rows"] == rows


@pytest.mark.parametrize(
    "path", ["/other/rows.csv", "/data/../other", "/data/%2e%2e/other", "/database/rows.csv", "/data/.rows.csv"]
)
def test_what_is_not_below_the_root_is_not_asked_for(world: Detecting, port: int, path: str) -> None:
    assert post(world, "/3/ImportFiles", path=f"http://127.0.0.1:{port}{path}").status_code == 403
    assert Files.asked == []


def test_redirects_are_not_followed(world: Detecting, port: int) -> None:
    assert post(world, "/3/ImportFiles", path=f"http://127.0.0.1:{port}/data/moved.csv").status_code == 404
    assert Files.asked == ["/data/moved.csv"]


def test_another_port_name_or_user_is_refused(world: Detecting, port: int) -> None:
    for authority in (f"127.0.0.1:{port + 1}", f"localhost:{port}", f"ada@127.0.0.1:{port}", f"127.0.0.1:{port}x"):
        assert post(world, "/3/ImportFiles", path=f"http://{authority}/data/rows.csv").status_code == 403
    assert Files.asked == []


def test_a_name_that_means_a_private_address_is_refused() -> None:
    roots = ImportRoots.of("https://localhost/data")

    with pytest.raises(Forbidden, match="not public"):
        roots.open("https://localhost/data/rows.csv")


def test_a_name_that_nobody_has_is_not_found() -> None:
    with pytest.raises(NotFound):
        ImportRoots.of("https://nobody.invalid/data").open("https://nobody.invalid/data/rows.csv")
