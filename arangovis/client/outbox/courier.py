"""Carries one request after another to a service, and knows how long to leave it alone."""

from collections.abc import Callable

from arangovis.client.outbox.frames import Request
from arangovis.client.outbox.verdicts import Outcome, Verdict, verdict
from arangovis.client.transport import Transport

PAUSE_FIRST_S = 0.1
PAUSE_MAX_S = 30.0


class Courier:
    """For one thread at a time. `connect` is called when the first request is to go."""

    def __init__(self, connect: Callable[[], Transport]) -> None:
        self._connect = connect
        self._transport: Transport | None = None
        self.failures = 0
        """In a row."""

    def carry(self, request: Request) -> Verdict:
        """Send a request and judge the answer; whatever is raised on the way means that it is to be sent again."""
        try:
            if self._transport is None:
                self._transport = self._connect()
            headers = dict(request.headers)
            judged = verdict(self._transport.send(request.method, request.path, body=request.body, headers=headers))
        except Exception as error:  # nothing that happens to one request may end the delivery
            judged = Verdict(Outcome.LATER, error)
        self.failures = self.failures + 1 if judged.outcome is Outcome.LATER else 0
        return judged

    def pause_s(self, judged: Verdict) -> float:
        """Return how long to wait before the next request, in seconds: 0 if all is well."""
        if judged.outcome is not Outcome.LATER:
            return 0.0
        return max(judged.pause_s, min(PAUSE_MAX_S, PAUSE_FIRST_S * 2.0 ** min(self.failures - 1, 20)))

    def close(self) -> None:
        """Close the connection, if there is one; the next request opens another."""
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.close()
