"""Signs of life of a run, from a thread of its own. They are sent at once or not at all: an old one says nothing."""

import threading

from arangovis.client.run_requests import ROOT, json_bytes
from arangovis.client.transport import Transport
from arangovis.domain.errors import ArangovisError

BEATS_WITHIN = 4
"""How many signs of life may get lost before the run counts as lost."""


class Heartbeat:
    """Tells the service every now and then that a run's process is there, until it is stopped."""

    def __init__(self, transport: Transport, key: str, session: str, *, within_s: float) -> None:
        self._transport = transport
        self._path = f"{ROOT}/{key}/heartbeat"
        self._body = json_bytes({"session": session, "within_s": within_s})
        self._every_s = within_s / BEATS_WITHIN
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True, name="arangovis-heartbeat")

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, timeout_s: float = 2.0) -> None:
        """End, without waiting for long for an answer that is under way."""
        self._stopped.set()
        self._thread.join(timeout_s)

    def _beat(self) -> None:
        while not self._stopped.wait(self._every_s):
            try:
                headers = {"Content-Type": "application/json"}
                self._transport.send("POST", self._path, body=self._body, headers=headers)
            except (ArangovisError, OSError):
                continue  # the service is away; what is logged waits in the outbox, and the next beat may arrive
