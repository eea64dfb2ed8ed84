"""Traces by OpenTelemetry, for those who set where to send them; without that, everything here does nothing.

All that is done for a request is one trace, in whichever process: its id, and that of the request's own span, follow
from the request's id, which travels with the run that came of it. So nothing else has to.
"""

import hashlib
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from arangovis.domain.errors import MissingExtra

DELAY_MS = 1000
"""Spans of servers and workers are sent together after so long; those of a computation at once."""
_tracer: Any = None
_wanted: ContextVar[int] = ContextVar("wanted span", default=0)


def set_up(endpoint: str, part: str, *, at_once: bool = False) -> None:
    """Send spans to an OTLP endpoint, `http(s)://host:4318`, from now on; nowhere if it is empty.

    Args:
        endpoint: spans are posted to `/v1/traces` below it.
        part: which part of the service this process is: `api`, `worker` or `compute`.
        at_once: whether each span is sent when it ends, by a process that may be killed at any time.

    Raises:
        MissingExtra: OpenTelemetry is not installed.

    """
    global _tracer  # noqa: PLW0603  # as logging has it: what traces is of the whole process
    if not endpoint:
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor
    except ImportError as error:
        raise MissingExtra("traces need OpenTelemetry, which is not installed; install arangovis[otel]") from error
    exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces", timeout=5)
    batch = SimpleSpanProcessor(exporter) if at_once else BatchSpanProcessor(exporter, schedule_delay_millis=DELAY_MS)
    resource = Resource.create({"service.name": "arangovis", "service.instance.part": part})
    provider = TracerProvider(resource=resource, id_generator=_ids())
    provider.add_span_processor(batch)
    _tracer = provider.get_tracer("arangovis")


@contextmanager
def request_span(request_id: str, name: str) -> Iterator[Any]:
    """Trace a request until the context ends: the span is given, None without tracing."""
    if _tracer is None:
        yield None
        return
    trace, span = _numbers(request_id)
    token = _wanted.set(span)
    try:
        started = _tracer.start_span(name, context=_context(trace, span ^ 1), kind=_kind("SERVER"))
    finally:
        _wanted.reset(token)
    with _used(started) as current:
        yield current


@contextmanager
def span(request_id: str, name: str, attributes: Mapping[str, Any]) -> Iterator[None]:
    """Trace what is done for a run, as a part of the request that it came of, until the context ends."""
    if _tracer is None or not request_id:
        yield
        return
    started = _tracer.start_span(name, context=_context(*_numbers(request_id)), attributes=dict(attributes))
    with _used(started):
        yield


def past(name: str, seconds: float) -> None:
    """Trace something that just ended and took so long, as a part of the span that this thread is in."""
    if _tracer is None:
        return
    end = time.time_ns()
    _tracer.start_span(name, start_time=end - int(seconds * 1e9)).end(end)


def _numbers(request_id: str) -> tuple[int, int]:
    digest = hashlib.sha256(request_id.encode()).digest()
    return int.from_bytes(digest[:16], "big"), int.from_bytes(digest[16:24], "big")


def _context(trace: int, parent: int) -> Any:
    from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, set_span_in_context

    return set_span_in_context(NonRecordingSpan(SpanContext(trace, parent, is_remote=True, trace_flags=TraceFlags(1))))


def _kind(name: str) -> Any:
    from opentelemetry.trace import SpanKind

    return SpanKind[name]


def _used(started: Any) -> Any:
    from opentelemetry.trace import use_span

    return use_span(started, end_on_exit=True)


def _ids() -> Any:
    from opentelemetry.sdk.trace.id_generator import RandomIdGenerator

    class Ids(RandomIdGenerator):
        """Random ids, but for the span of a request."""

        def generate_span_id(self) -> int:
            """Return the id of the next span."""
            return _wanted.get() or super().generate_span_id()

    return Ids()
