"""Liveness and counters."""

import falcon

from arangovis.services.figures import figures
from arangovis.stores.base import GraphStore
from arangovis_api.operation import operation
from arangovis_api.telemetry import Telemetry

TAG = "system"
TEXT = "text/plain; charset=utf-8"
EXPOSITION = "text/plain; version=0.0.4; charset=utf-8"


class Health:
    """Liveness."""

    @operation("Say that the service is alive", answers={200: "text/plain"}, tag=TAG, needs=None)
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
        """Answer in the exposition format, with the queue, the workers and the rest as they are now."""
        self._telemetry.show(figures(self._store))
        resp.content_type = EXPOSITION
        resp.data = self._telemetry.text()
