"""The one table from domain errors to HTTP, and the problem document (RFC 9457) that every error is."""

import logging
import time
from http import HTTPStatus
from typing import Any

import falcon
import orjson

from arangovis.domain import errors
from arangovis.domain.errors import ArangovisError, InvalidInput

_log = logging.getLogger("arangovis.api")

PROBLEM_MEDIA_TYPE = "application/problem+json"
H2O_PREFIXES = ("/3/", "/4/")

STATUSES: dict[type[ArangovisError], int] = {
    errors.UnsupportedMedia: 415,
    errors.InvalidContent: 422,
    errors.InvalidInput: 400,
    errors.TooLarge: 413,
    errors.RunGone: 410,
    errors.Gone: 410,
    errors.NotFound: 404,
    errors.LeaseLost: 409,
    errors.RunReplaced: 409,
    errors.Conflict: 409,
    errors.Unauthorized: 401,
    errors.Forbidden: 403,
    errors.NotSupported: 422,
    errors.NoData: 404,
    errors.Cancelled: 409,
    errors.IntegrityError: 500,
    errors.StoreUnavailable: 503,
    errors.TooManyRequests: 429,
    errors.Overloaded: 503,
    errors.MissingExtra: 501,
    errors.ComputeFailed: 500,
    errors.ArangovisError: 500,
}
RETRY_AFTER_S = "2"


def status_of(error: ArangovisError) -> int:
    """Return the HTTP status of a domain error: that of the nearest class in the table."""
    return next(STATUSES[cls] for cls in type(error).__mro__ if cls in STATUSES)


def problem_of(error: ArangovisError, request_id: str) -> dict[str, Any]:
    """Return the problem document of a domain error."""
    status = status_of(error)
    faults = [{"field": f.field, "problem": f.problem} for f in error.faults] if isinstance(error, InvalidInput) else []
    dependants = list(error.dependants) if isinstance(error, errors.InUse) else []
    extra = {name: value for name, value in (("errors", faults), ("dependants", dependants)) if value}
    return _problem(error.code, status, error.detail, request_id) | extra


def _problem(code: str, status: int, detail: str, request_id: str) -> dict[str, Any]:
    return {
        "type": f"urn:arangovis:error:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        # clients of hydro-visualization read one of these two
        "message": detail,
        "description": detail,
        "request_id": request_id,
    }


def _send(req: falcon.Request, resp: falcon.Response, problem: dict[str, Any]) -> None:
    resp.status = problem["status"]
    if req.path.startswith(H2O_PREFIXES):
        resp.content_type = falcon.MEDIA_JSON
        resp.data = orjson.dumps(h2o_error(problem, req.path))
        return
    resp.content_type = PROBLEM_MEDIA_TYPE
    resp.data = orjson.dumps(problem)


def h2o_error(problem: dict[str, Any], path: str) -> dict[str, Any]:
    """Return a problem in the shape that clients of H2O read: without stack and class."""
    return {
        "__meta": {"schema_version": 3, "schema_name": "H2OErrorV3", "schema_type": "H2OError"},
        "timestamp": time.time_ns() // 1_000_000,
        "error_url": path[:200],
        "msg": problem["detail"],
        "dev_msg": problem["detail"],
        "http_status": problem["status"],
        "values": {fault["field"]: fault["problem"] for fault in problem.get("errors", ())},
        "exception_type": problem["type"].rpartition(":")[2],
        "exception_msg": problem["detail"],
        "stacktrace": [],
        "request_id": problem["request_id"],
    }


def request_id_of(req: falcon.Request) -> str:
    """Return the id that the middleware gave the request."""
    return str(getattr(req.context, "request_id", ""))


def handle_domain_error(req: falcon.Request, resp: falcon.Response, error: ArangovisError, params: object) -> None:
    """Answer a domain error."""
    problem = problem_of(error, request_id_of(req))
    if problem["status"] >= HTTPStatus.INTERNAL_SERVER_ERROR and not isinstance(error, errors.Overloaded):
        _log.error("%s %s failed (request %s)", req.method, req.path, request_id_of(req), exc_info=error)
    if isinstance(error, errors.StoreUnavailable):
        resp.set_header("Retry-After", str(getattr(error, "retry_after_s", RETRY_AFTER_S)))
    if isinstance(error, errors.Unauthorized):
        resp.set_header("WWW-Authenticate", "Bearer")
    _send(req, resp, problem)


def handle_http_error(req: falcon.Request, resp: falcon.Response, error: falcon.HTTPError, params: object) -> None:
    """Answer an error that falcon itself raised: no route, wrong method, malformed body."""
    phrase = HTTPStatus(error.status_code).phrase
    code = phrase.lower().replace(" ", "-")
    detail = error.description or f"{req.method} {req.path[:200]}: {phrase}"
    for name, value in dict(error.headers or {}).items():
        resp.set_header(name, value)
    _send(req, resp, _problem(code, error.status_code, detail, request_id_of(req)))


def handle_unexpected(req: falcon.Request, resp: falcon.Response, error: Exception, params: object) -> None:
    """Answer a bug of ours: the log has it all, the client gets the request id."""
    request_id = request_id_of(req)
    _log.error("%s %s failed (request %s)", req.method, req.path, request_id, exc_info=error)
    detail = f"Internal error; the server's log has it under request {request_id}."
    _send(req, resp, _problem("internal", 500, detail, request_id))
