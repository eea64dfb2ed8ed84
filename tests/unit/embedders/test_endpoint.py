"""Embedders that answer over HTTP, asked at a real server."""

import http.server
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

from arangovis.domain.errors import ComputeFailed, InvalidInput, NotSupported
from arangovis.embedders.endpoint import Dialect, EndpointEmbedder
from tests.embedding_functions import halves
from tests.pixel_rows import PIXELS, pixel_rows

Answer = Callable[[dict[str, Any]], tuple[int, object]]


@contextmanager
def answering(answer: Answer) -> Iterator[tuple[str, list[dict[str, str]]]]:
    """Run a server; give its address, and the headers of the requests that it got."""
    seen: list[dict[str, str]] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            seen.append({**self.headers, "path": self.path})
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, document = answer(body)
            data = document if isinstance(document, bytes) else json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.send_header("Location", "http://127.0.0.1:1/elsewhere")
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/embed", seen
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def columns(rows: int = 5) -> dict[str, Any]:
    held = pixel_rows(0, rows)
    return {name: held[name] for name in PIXELS}


def by_halves(body: dict[str, Any]) -> tuple[int, object]:
    given = dict(zip(body["columns"], np.array(body["rows"]).T, strict=True))
    return 200, {"embeddings": halves(given).tolist()}


def test_rows_are_sent_and_vectors_come_back() -> None:
    with answering(by_halves) as (url, seen):
        found = EndpointEmbedder(url, url, token="secret")(columns())
        assert "secret" not in repr(EndpointEmbedder(url, url, token="secret"))
    np.testing.assert_allclose(found, halves(columns()), rtol=1e-6)
    assert found.dtype == np.float32
    assert (seen[0]["path"], seen[0]["Authorization"]) == ("/embed", "Bearer secret")


def test_the_dialect_of_openai_is_spoken() -> None:
    texts = ["first", "second text", ""]

    def answer(body: dict[str, Any]) -> tuple[int, object]:
        assert body["model"] == "lengths"
        data = [{"index": n, "embedding": [len(text), n]} for n, text in enumerate(body["input"])]
        return 200, {"data": data[::-1]}

    with answering(answer) as (url, _):
        embedder = EndpointEmbedder(url, url, Dialect.OPENAI, "lengths")
        assert embedder({"text": texts}).tolist() == [[5, 0], [11, 1], [0, 2]]
        with pytest.raises(NotSupported, match="reads one column, of texts"):
            embedder({"ink": np.zeros(3)})


def test_one_that_is_busy_is_asked_again() -> None:
    answers = iter([(503, b"later"), (429, b"later"), None])
    with answering(lambda body: next(answers) or by_halves(body)) as (url, seen):
        assert EndpointEmbedder(url, url, pauses_s=(0.01, 0.01, 0.01))(columns()).shape == (5, 16)
    assert len(seen) == 3


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ((500, b"Traceback: /srv/secret.py"), r"^the embedder at 127.0.0.1:\d+ answered 500 Internal Server Error$"),
        ((302, b""), "answered 302 Found"),
        ((200, {"vectors": []}), "not in the dialect 'rows'"),
        ((200, b"<html>"), "not in the dialect 'rows'"),
        ((200, {"embeddings": [[1.0, 2.0]]}), "gave 1 x 2 numbers for 5 rows"),
        ((200, {"embeddings": [["a"]] * 5}), "not a table of numbers"),
        ((200, {"embeddings": [[1.0], [1.0, 2.0], [1.0], [1.0], [1.0]]}), "not a table of numbers"),
    ],
)
def test_what_goes_wrong_is_said_clearly(answer: tuple[int, object], problem: str) -> None:
    with answering(lambda body: answer) as (url, seen), pytest.raises(ComputeFailed, match=problem):
        EndpointEmbedder(url, url, pauses_s=())(columns())
    assert len(seen) == 1


def test_nobody_there_is_said_after_a_few_tries() -> None:
    with answering(by_halves) as (url, _):
        pass
    with pytest.raises(ComputeFailed, match="does not answer"):
        EndpointEmbedder(url, url, pauses_s=(0.01,))(columns())


@pytest.mark.parametrize(
    "url",
    [
        "http://models:8080/embedder",
        "http://models:8080/embed/../admin",
        "http://models:8080/embed/%2e%2e/admin",
        "http://models:8081/embed",
        "https://models:8080/embed",
        "http://other@models:8080/embed",
        "http://models:8080/embed#part",
        "file:///etc/passwd",
        "http://models:8080/embed\\..\\admin",
        "",
    ],
)
def test_an_address_that_the_settings_do_not_name_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput, match="url"):
        EndpointEmbedder(url, "http://models:8080/embed, https://elsewhere")


@pytest.mark.parametrize(
    "url", ["http://models:8080/embed", "http://models:8080/embed/a?b=c", "https://elsewhere:443/x"]
)
def test_an_address_below_one_that_the_settings_name_is_taken(url: str) -> None:
    assert EndpointEmbedder(url, "http://models:8080/embed, https://elsewhere/").url == url
