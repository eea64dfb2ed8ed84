"""A trace of one request through the API, the worker and the compute process, sent to a real receiver of OTLP."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.processes import register, running_service, until

pytest.importorskip("opentelemetry.proto")
pytestmark = pytest.mark.acceptance
REQUEST = "traced-request-1"


@pytest.fixture
def collector() -> Iterator[tuple[str, list[Any]]]:
    """Run a receiver; give its address and the spans that came, with the part of the service that sent each."""
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    came: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent = ExportTraceServiceRequest()
            sent.ParseFromString(_plain(self))
            for group in sent.resource_spans:
                part = {item.key: item.value.string_value for item in group.resource.attributes}
                came.extend(
                    (part["service.instance.part"], span) for scope in group.scope_spans for span in scope.spans
                )
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", came
        server.shutdown()
        thread.join()


def _plain(request: BaseHTTPRequestHandler) -> bytes:
    import gzip

    body = request.rfile.read(int(request.headers["Content-Length"]))
    return gzip.decompress(body) if request.headers.get("Content-Encoding") == "gzip" else body


def test_a_request_is_one_trace(tmp_path: Path, collector: tuple[str, list[Any]]) -> None:
    endpoint, came = collector
    with running_service(tmp_path / "home", otel_endpoint=endpoint) as server:
        body = {"model_version_id": register(server)}
        answer = server.post("/visualization/plottable_embeddings/pca", body, **{"X-Request-Id": REQUEST})
        task = answer.body["task_id"]
        until(lambda: server.state(task) == "SUCCESS", what="the projection")
        name = "POST /visualization/plottable_embeddings/{method}"
        until(lambda: {"run", "compute", name} <= {span.name for _, span in came}, what="every span")
    (request,) = [span for _, span in came if span.name == name]
    trace = [(part, span) for part, span in came if span.trace_id == request.trace_id]
    assert {(part, span.name) for part, span in trace} == {
        ("api", name), ("api", "store action"), ("worker", "run"), ("compute", "compute"),
    }  # fmt: skip
    assert {span.parent_span_id for _, span in trace if span is not request} == {request.span_id}
