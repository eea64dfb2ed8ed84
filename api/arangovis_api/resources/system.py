"""Liveness and counters."""

import falcon

from arangovis.domain.graph import Record
from arangovis.domain.runs import Lease
from arangovis.stores.base import GraphStore
from arangovis_api.operation import operation
from arangovis_api.telemetry import Telemetry

TAG = "system"
TEXT = "text/plain; charset=utf-8"
EXPOSITION = "text/plain; version=0.0.4; charset=utf-8"
LEASES_PAGE = 1000
LEASES_MAX = 100_000


class Health:
    """Liveness."""

    @operation("Say that the service is alive", answers={200: "text/plain"}, tag=TAG)
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer Ok."""
        resp.content_type = TEXT
        resp.text = "Ok"


class Metrics:
    """Counters for Prometheus."""

    def __init__(self, store: GraphStore, telemetry: Telemetry) -> None:
        self._store = store
        self._telemetry = telemetry

    @operation("Read the counters", answers={200: "text/plain"}, tag=TAG)
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer in the exposition format, with the length of the queue as it is now."""
        pending, started = self._queue()
        self._telemetry.show_queue(pending=pending, started=started)
        resp.content_type = EXPOSITION
        resp.data = self._telemetry.text()

    def _queue(self) -> tuple[int, int]:
        pending = started = 0
        after: Record | None = None
        while pending + started < LEASES_MAX:
            page = self._store.records("lease", after=after, limit=LEASES_PAGE)
            held = sum(bool(Lease.of(record).owner) for record in page)
            pending, started = pending + len(page) - held, started + held
            if len(page) < LEASES_PAGE:
                break
            after = page[-1]
        return pending, started
