"""Counters for Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

BUCKETS_S = (0.001, 0.005, 0.02, 0.1, 0.5, 2, 10)


class Telemetry:
    """The counters of one app; each app has its own, so that tests do not share them."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        labels = ("method", "route", "status")
        self._requests = Counter("arangovis_requests", "Requests answered.", labels, registry=self._registry)
        self._seconds = Histogram(
            "arangovis_request_seconds",
            "Time to answer.",
            ("method", "route"),
            buckets=BUCKETS_S,
            registry=self._registry,
        )
        self._open_runs = Gauge(
            "arangovis_open_runs", "Runs that wait or are computed.", ("state",), registry=self._registry
        )

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answered request."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)

    def show_queue(self, *, pending: int, started: int) -> None:
        """Set the length of the queue."""
        self._open_runs.labels("pending").set(pending)
        self._open_runs.labels("started").set(started)

    def text(self) -> bytes:
        """Return everything in the exposition format."""
        return generate_latest(self._registry)
