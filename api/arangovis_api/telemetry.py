"""Metrics for Prometheus: `deploy/grafana/arangovis.json` draws them, `docs/howto/operate.md` says what they mean."""

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from arangovis.services.figures import Figures
from arangovis.tracing import past
from arangovis_api.admission import Admission

BUCKETS_S = (0.001, 0.005, 0.02, 0.1, 0.5, 2, 10)
SHED = (429, 503)
NOT_MODIFIED = 304


class Telemetry:
    """The metrics of one app; each app has its own, so that tests do not share them."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._count_requests()
        self._gauges: dict[str, Gauge] = {}

    def _count_requests(self) -> None:
        registry, route = self._registry, ("method", "route")
        labels = (*route, "status")
        self._requests = Counter("arangovis_requests", "Requests answered.", labels, registry=registry)
        self._seconds = Histogram(
            "arangovis_request_seconds", "Time to answer.", route, buckets=BUCKETS_S, registry=registry
        )
        self._cached = Counter(
            "arangovis_cached_answers", "Requests whose answer the client had already.", ("route",), registry=registry
        )
        self._shed = Counter(
            "arangovis_requests_shed", "Requests refused for want of room or a store.", ("status",), registry=registry
        )
        self._commits = Histogram(
            "arangovis_store_commit_seconds", "Time of an action.", buckets=BUCKETS_S, registry=registry
        )

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answered request."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)
        if status == NOT_MODIFIED:
            self._cached.labels(route).inc()
        if status in SHED:
            self._shed.labels(str(status)).inc()

    def watch(self, admission: Admission) -> None:
        """Show how many requests are answered and wait, whenever it is asked."""
        answered = Gauge("arangovis_requests_being_answered", "Requests being answered.", registry=self._registry)
        answered.set_function(lambda: admission.open)
        waiting = Gauge("arangovis_requests_waiting", "Requests that wait for their turn.", registry=self._registry)
        waiting.set_function(lambda: admission.waiting)

    def committed(self, seconds: float) -> None:
        """Count one action of the store."""
        self._commits.observe(seconds)
        past("store action", seconds)

    def show(self, found: Figures) -> None:
        """Set the gauges to the figures of this moment."""
        self._queue(found)
        self._each("arangovis_runs", "Runs there are.", "state", found.runs)
        self._each("arangovis_runs_by_method", "Runs there are.", "method", found.methods)
        self._one("arangovis_workers", "Workers that show signs of life.", found.workers)
        self._one("arangovis_worker_slots", "Runs that they compute at once.", found.slots)
        self._each("arangovis_schedules", "Schedules.", "state", found.schedules)
        self._one("arangovis_schedule_late_seconds", "How late the most overdue schedule is.", found.late_s)
        self._each("arangovis_webhook_messages", "Messages to webhooks.", "state", found.messages)
        self._one("arangovis_webhook_age_seconds", "How long the first due message has waited.", found.message_age_s)
        for name, text in _UPKEEP.items():
            self._one(f"arangovis_{name}", text, found.upkeep.get(name, 0))

    def _queue(self, found: Figures) -> None:
        totals = {
            "pending": sum(queue.pending for queue in found.queues),
            "started": sum(queue.started for queue in found.queues),
        }
        self._each("arangovis_open_runs", "Runs that wait or are computed.", "state", totals)
        waiting = {queue.method: queue.pending for queue in found.queues}
        ages = {queue.method: queue.age_s for queue in found.queues}
        self._each("arangovis_queue_runs", "Runs that wait.", "method", waiting)
        self._each("arangovis_queue_age_seconds", "How long the first has waited.", "method", ages)

    def _one(self, name: str, text: str, value: float) -> None:
        if name not in self._gauges:
            self._gauges[name] = Gauge(name, text, registry=self._registry)
        self._gauges[name].set(value)

    def _each(self, name: str, text: str, label: str, values: Mapping[str, float]) -> None:
        if name not in self._gauges:
            self._gauges[name] = Gauge(name, text, (label,), registry=self._registry)
        gauge = self._gauges[name]
        gauge.clear()  # what is gone is not shown as it was
        for key, value in values.items():
            gauge.labels(key).set(value)

    def text(self) -> bytes:
        """Return everything in the exposition format."""
        return generate_latest(self._registry)


_UPKEEP = {
    "artifact_bytes": "Bytes that nodes refer to, as of the last round of housekeeping.",
    "artifact_blobs": "How many blobs they are.",
    "housekeeping_timestamp_seconds": "When the last round of housekeeping ended, since 1970.",
    "housekeeping_removed_blobs": "Blobs that the last round removed.",
    "housekeeping_removed_bytes": "Bytes that the last round removed.",
    "housekeeping_forgotten_records": "Records that the last round forgot.",
}
