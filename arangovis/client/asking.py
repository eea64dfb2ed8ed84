"""Calls that travel through the REST API in both modes, and come back as the values that the services answer."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

import orjson

from arangovis.client.backend import Backend
from arangovis.client.problems import json_of, raise_for
from arangovis.client.values import microseconds
from arangovis.client.waiting import succeeded
from arangovis.domain.errors import Fault, InvalidInput, StoreUnavailable
from arangovis.domain.ids import NodeId
from arangovis.domain.wire import from_wire

T = TypeVar("T")

API = "/api/v1"
_JSON = {"Content-Type": "application/json"}


class Asking:
    """What the mixins of the client share: requests whose answers are read as declared values."""

    @property
    def _backend(self) -> Backend:
        raise NotImplementedError

    def _ask(
        self, answer: type[T], method: str, path: str, body: Mapping[str, Any] | None = None, /, **query: object
    ) -> T:
        """Send a request and read its answer; of `query`, what is None is left out.

        Raises:
            ArangovisError: as the service refuses it.
            StoreUnavailable: no answer came, or one of another form.

        """
        document = self._ask_document(method, path, body, **query)
        try:
            return from_wire(document, answer)
        except (ValueError, KeyError, TypeError) as error:
            raise StoreUnavailable(f"the answer of {path} is not what this version of arangovis reads") from error

    def _ask_document(self, method: str, path: str, body: Mapping[str, Any] | None = None, /, **query: object) -> Any:
        """Send a request and return its answer as JSON."""
        target = _target(path, query)
        sent = None if body is None else _json(body)
        response = self._backend.api().send(method, target, body=sent, headers={} if body is None else _JSON)
        return None if response.status == 204 else json_of(response)

    def _ask_bytes(self, path: str, /, **query: object) -> bytes:
        """Ask for something that is no JSON, such as a picture; of `query`, what is None is left out."""
        return raise_for(self._backend.api().send("GET", _target(path, query))).body

    def _ask_pages(self, item: type[T], path: str, /, **query: object) -> Iterator[T]:
        """Yield the items of all pages; a page is asked for when it is come to."""
        cursor: str | None = None
        while True:
            page = self._ask_document("GET", path, None, **query, cursor=cursor)
            yield from (from_wire(document, item) for document in page["items"])
            cursor = page["next_cursor"]
            if cursor is None:
                return

    def _finished(self, run: NodeId, timeout_s: float) -> NodeId:
        """Wait until a run has succeeded.

        Raises:
            ArangovisError: as `Client.wait`.

        """
        return succeeded(self._backend, run, timeout_s=timeout_s).id


def _target(path: str, query: Mapping[str, object]) -> str:
    given = {name: _text(value) for name, value in query.items() if value is not None}
    return f"{API}{path}?{urlencode(given)}" if given else f"{API}{path}"


def _json(body: Mapping[str, Any]) -> bytes:
    try:
        return orjson.dumps(body, default=_text)
    except TypeError as error:
        raise InvalidInput.of(Fault("body", f"is no JSON: {error}")) from error


def segment(text: str) -> str:
    """Return a text as one segment of a path."""
    return quote(text, safe="")


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return str(microseconds(value))
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple | set | frozenset) and not isinstance(value, NodeId):
        return ",".join(map(str, value))
    return str(value)
