"""The API as a process: gunicorn on a socket."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import orjson
import psutil
import pytest

from tests.api.samples import digits

pytestmark = pytest.mark.acceptance

READY_S = 30
IDLE_MB_MAX = 150
POST = b"POST /api/v1/projects HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
PROGRAM = """
import sys
from pathlib import Path
from arangovis.settings import Settings
from arangovis_api.server import serve_api
serve_api(Settings(home=Path(sys.argv[1]), port=int(sys.argv[2])))
"""


@dataclass(frozen=True)
class Server:
    process: subprocess.Popen[bytes]
    port: int

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> HTTPResponse:
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=READY_S)) as connection:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body=body, headers=named)
            response = connection.getresponse()
            response.content = response.read()  # type: ignore[attr-defined]
            return response

    def is_ready(self) -> bool:
        try:
            return self.ask("GET", "/health").status == 200
        except OSError:
            return False


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(home: Path) -> Server:
    port = free_port()
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, str(home), str(port)], env=environment)
    server = Server(process, port)
    deadline = time.monotonic() + READY_S
    while not server.is_ready():
        assert process.poll() is None, "the server ended"
        assert time.monotonic() < deadline, "the server is not ready"
    return server


def stop(server: Server) -> int:
    server.process.send_signal(signal.SIGTERM)
    return server.process.wait(READY_S)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = start(tmp_path_factory.mktemp("home"))
    yield running
    assert stop(running) == 0


def raw(server: Server, request: bytes) -> bytes:
    """Send bytes and return what is answered until the server closes."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=READY_S) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_an_idle_server_is_small(server: Server) -> None:
    processes = [psutil.Process(server.process.pid), *psutil.Process(server.process.pid).children(recursive=True)]

    assert len(processes) == 2
    assert sum(process.memory_full_info().pss for process in processes) < IDLE_MB_MAX * 1_000_000


def test_it_serves(server: Server) -> None:
    body = orjson.dumps({"name": "vision"})

    made = server.ask("POST", "/api/v1/projects", body, Content_Type="application/json")

    assert made.status == 201
    assert server.ask("GET", str(made.headers["Location"])).status == 200
    assert server.ask("HEAD", "/api/v1/projects").content == b""  # type: ignore[attr-defined]


def test_a_gigabyte_is_refused_by_its_length(server: Server) -> None:
    began = time.monotonic()
    request = b"POST /api/v1/projects HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1073741824\r\n\r\n{"

    answer = raw(server, request)

    assert answer.startswith(b"HTTP/1.1 413")
    assert b"application/problem+json" in answer
    assert time.monotonic() - began < READY_S / 2


def test_more_than_was_announced_is_not_read(server: Server) -> None:
    body = b'{"name": "exact"}'
    head = (
        b"POST /api/v1/projects HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n"
    )

    answer = raw(server, head + b"Content-Length: %d\r\n\r\n" % len(body) + body + b"!" * 100_000)

    assert answer.startswith(b"HTTP/1.1 201")


def test_chunks_are_refused(server: Server) -> None:
    answer = raw(server, POST + b'Transfer-Encoding: chunked\r\n\r\n11\r\n{"name": "chunk"}\r\n0\r\n\r\n')

    assert answer.startswith(b"HTTP/1.1 400")
    assert b"Content-Length instead" in answer


@pytest.mark.parametrize("length", [b"-1", b"many", b"1, 2"])
def test_a_length_that_is_none(server: Server, length: bytes) -> None:
    answer = raw(server, b"POST /api/v1/projects HTTP/1.1\r\nHost: localhost\r\nContent-Length: %s\r\n\r\n{}" % length)

    assert answer.startswith(b"HTTP/1.1 400")


def test_a_body_cut_short_stores_nothing(server: Server) -> None:
    raw(server, POST + b'Content-Length: 500\r\n\r\n{"name": "cut"')

    listed = orjson.loads(server.ask("GET", "/api/v1/projects").content)["items"]  # type: ignore[attr-defined]
    assert "cut" not in {item["attributes"]["name"] for item in listed}


def test_what_was_acknowledged_survives_a_kill(tmp_path: Path) -> None:
    first = start(tmp_path)
    body = orjson.dumps({"name": "kept"})
    assert first.ask("POST", "/api/v1/projects", body, Content_Type="application/json").status == 201
    everyone = [*psutil.Process(first.process.pid).children(recursive=True), first.process]
    for process in everyone:
        process.kill()
    first.process.wait(READY_S)

    second = start(tmp_path)
    listed = orjson.loads(second.ask("GET", "/api/v1/projects").content)["items"]  # type: ignore[attr-defined]

    assert [item["attributes"]["name"] for item in listed] == ["kept"]
    assert stop(second) == 0


def test_starting_loads_no_heavy_library(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path\n"
        "from arangovis.settings import Settings\n"
        "from arangovis.wiring import build\n"
        "from arangovis_api.app import create_app\n"
        "create_app(build(Settings(home=Path(sys.argv[1]))))\n"
        "heavy = {'pyarrow', 'umap', 'sklearn', 'scipy', 'numba', 'lark', 'apispec'} & set(sys.modules)\n"
        "sys.exit(', '.join(sorted(heavy)) or None)"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}

    ended = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], env=environment, capture_output=True, text=True, check=False
    )

    assert (ended.returncode, ended.stderr) == (0, "")


def test_rows_are_stored_by_the_process(server: Server) -> None:
    for path, body in (
        ("projects", {"name": "rows"}),
        ("models", {"project": "rows", "name": "digits"}),
        ("model-versions", {"project": "rows", "model": "digits", "signature": {"inputs": [], "outputs": []}}),
    ):
        made = server.ask("POST", f"/api/v1/{path}", orjson.dumps(body), Content_Type="application/json")
        assert made.status == 201
    number = orjson.loads(made.content)["id"]  # type: ignore[attr-defined]

    rows = orjson.dumps(list(digits(50)))
    sent = server.ask("POST", f"/api/v1/model-versions/{number}/production-data", rows, Content_Type="application/json")

    assert sent.status == 201
