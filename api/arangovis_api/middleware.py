"""What every request passes: an id, a size limit and counters; who asks is told in `arangovis_api.access`."""

import logging
import re
import secrets
import time
from contextlib import ExitStack

import falcon

from arangovis.domain.errors import Fault, InvalidInput, TooLarge
from arangovis.domain.graph import Caller
from arangovis.logs import ACCESS, FIELDS, enter, leave
from arangovis.tracing import request_span
from arangovis_api.telemetry import Telemetry

_access = logging.getLogger(ACCESS)
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}\Z")
READING = ("GET", "HEAD", "OPTIONS")


class RequestId:
    """Gives each request an id, the client's own if it sends a proper one, and returns it."""

    def process_request(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Set the id."""
        given = req.get_header("X-Request-Id") or ""
        req.context.request_id = given if _REQUEST_ID.match(given) else secrets.token_hex(8)
        resp.set_header("X-Request-Id", req.context.request_id)
        req.context.logged_as = enter(req.context.request_id)
        req.context.traced = ExitStack()
        req.context.span = req.context.traced.enter_context(request_span(req.context.request_id, req.method))

    def process_response(
        self, req: falcon.Request, resp: falcon.Response, resource: object, req_succeeded: bool
    ) -> None:
        """Log and trace nothing more in the name of this request."""
        if req.context.span is not None:
            req.context.span.update_name(f"{req.method} {req.uri_template or 'none'}")
            req.context.span.set_attribute("http.response.status_code", resp.status_code)
        req.context.traced.close()
        leave(req.context.logged_as)


class BodyLimit:
    """Refuses bodies over the limit before reading them."""

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max

    def process_request(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Look at the announced length.

        Raises:
            TooLarge: it is over the limit.

        """
        if (req.content_length or 0) > self._bytes_max:
            raise TooLarge(f"the body has {req.content_length} bytes; at most {self._bytes_max} are read")
        if req.method not in READING and "chunked" in (req.get_header("Transfer-Encoding") or "").lower():
            raise InvalidInput.of(Fault("Transfer-Encoding", "send a Content-Length instead of chunks"))


class Counting:
    """Counts requests and their time by route."""

    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry

    def process_request(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Start the clock."""
        req.context.started = time.perf_counter()

    def process_response(
        self,
        req: falcon.Request,
        resp: falcon.Response,
        resource: object,
        req_succeeded: bool,
    ) -> None:
        """Count."""
        seconds = time.perf_counter() - req.context.started
        # a client may send any word as a method; each would be a counter of its own
        method = req.method if req.method in falcon.HTTP_METHODS else "other"
        route = req.uri_template or "none"
        self._telemetry.count(method, route, resp.status_code, seconds)
        if _access.isEnabledFor(logging.INFO):
            _access.info("answered", extra={FIELDS: _fields(req, method, route, resp.status_code, seconds)})


def _fields(req: falcon.Request, method: str, route: str, status: int, seconds: float) -> dict[str, object]:
    """Return what is logged of a request: neither its query nor its body, which may hold what is nobody's business."""
    caller: Caller | None = req.context.get("caller")
    return {
        "method": method,
        "route": route,
        "status": status,
        "ms": round(1000 * seconds, 3),
        "actor": None if caller is None else caller.actor,
    }


def caller_of(req: falcon.Request) -> Caller:
    """Return who acts in this request."""
    caller: Caller = req.context.caller
    return caller
