"""Answers that are errors, as the same classes that the services raise in process."""

from collections.abc import Mapping
from typing import Any

import orjson

from arangovis.client.transport import Response
from arangovis.domain import errors
from arangovis.domain.errors import ArangovisError, Fault, InvalidInput, StoreUnavailable

_LOCATION_LENGTH_MAX = 200
_BY_STATUS: Mapping[int, type[ArangovisError]] = {
    400: errors.InvalidInput,
    401: errors.Unauthorized,
    403: errors.Forbidden,
    404: errors.NotFound,
    409: errors.Conflict,
    410: errors.Gone,
    413: errors.TooLarge,
    415: errors.UnsupportedMedia,
    422: errors.NotSupported,
    429: errors.StoreUnavailable,
    501: errors.MissingExtra,
    502: errors.StoreUnavailable,
    503: errors.StoreUnavailable,
    504: errors.StoreUnavailable,
}
"""For answers that are no problem documents of ours: a proxy's, or another server's."""


def raise_for(response: Response) -> Response:
    """Return a good answer.

    Raises:
        ArangovisError: the class that the problem document names, with its text and faults.

    """
    if response.status < 300:
        return response
    if response.status < 400:
        raise _redirected(response)
    raise _error_of(response)


def json_of(response: Response) -> Any:
    """Return the JSON of a good answer.

    Raises:
        ArangovisError: as `raise_for`.
        StoreUnavailable: it is no JSON, so it is no answer of ours.

    """
    try:
        return orjson.loads(raise_for(response).body)
    except orjson.JSONDecodeError as error:
        raise StoreUnavailable("the answer is no JSON; is this the address of an arangovis server?") from error


def _redirected(response: Response) -> InvalidInput:
    location = response.headers.get("location", "")[:_LOCATION_LENGTH_MAX]
    shown = f" to {location!r}" if location.isprintable() and location else ""
    return InvalidInput.of(Fault("url", f"the server answers {response.status}{shown}; redirects are not followed"))


def _error_of(response: Response) -> ArangovisError:
    problem = _document(response.body)
    status_class = _BY_STATUS.get(response.status, ArangovisError)
    kind = _BY_CODE.get(str(problem.get("type", "")).rpartition(":")[2], status_class)
    detail = problem.get("detail") or problem.get("message")
    if not isinstance(detail, str):
        detail = f"the server answered {response.status}"
    if issubclass(kind, InvalidInput):
        return kind(detail, _faults(problem))
    if issubclass(kind, errors.InUse):
        return kind(detail, tuple(str(node) for node in _list(problem, "dependants")))
    return kind(detail)


def _document(body: bytes) -> Mapping[str, Any]:
    try:
        loaded = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return loaded if isinstance(loaded, dict) else {}


def _faults(problem: Mapping[str, Any]) -> tuple[Fault, ...]:
    given = [fault for fault in _list(problem, "errors") if isinstance(fault, dict)]
    return tuple(Fault(str(fault.get("field", "")), str(fault.get("problem", ""))) for fault in given)


def _list(problem: Mapping[str, Any], name: str) -> list[Any]:
    value = problem.get(name)
    return value if isinstance(value, list) else []


def _tree(kind: type[ArangovisError]) -> dict[str, type[ArangovisError]]:
    found = {kind.code: kind}
    for child in kind.__subclasses__():
        found |= _tree(child)
    return found


_BY_CODE = _tree(ArangovisError)
