"""The requests that a run of one's own is logged with; each may be sent again. They wait in an outbox."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import orjson

from arangovis.client.outbox import Outbox, Role
from arangovis.domain.errors import Fault, InvalidInput
from arangovis.services.external.values import UNKNOWN_MEDIA_TYPE

ROOT = "/api/v1/runs"
_JSON = {"Content-Type": "application/json"}
_BYTES = {"Content-Type": UNKNOWN_MEDIA_TYPE}


class RunRequests:
    """Puts the requests of one run into an outbox."""

    def __init__(self, outbox: Outbox, key: str) -> None:
        self._outbox = outbox
        self._path = f"{ROOT}/{key}"

    def begin(self, body: Mapping[str, Any]) -> None:
        """Begin, join, resume or replace the run."""
        self._put("PUT", "", body, Role.OPENING)

    def define(self, project: str, series: str, kinds: Mapping[str, str]) -> None:
        """Define a named series and its fields. A forked child repeats it: its rows may arrive first."""
        for name, kind in kinds.items():
            self._post("/api/v1/fields", {"project": project, "name": name, "kind": kind})
        self._post("/api/v1/series", {"project": project, "name": series, "fields": list(kinds)})

    def end(self, body: Mapping[str, Any]) -> None:
        """End this process's part of the run."""
        self._put("POST", "/end", body)

    def change(self, **facts: object) -> None:
        """Change what is known of the run; facts that are None are left out."""
        self._put("PATCH", "", {name: value for name, value in facts.items() if value is not None})

    def tag(self, add: tuple[str, ...] = (), remove: tuple[str, ...] = ()) -> None:
        """Add tags and remove others."""
        self._put("POST", "/tags", {"add": list(add), "remove": list(remove)})

    def link(self, side: str, content: Mapping[str, Any]) -> None:
        """Link an input or an output; `side` is `inputs` or `outputs`."""
        self._put("POST", "/links", {side: [content]})

    def file(self, data: bytes, **about: object) -> None:
        """Send a file; what is None is left out."""
        query = urlencode({name: value for name, value in about.items() if value is not None})
        self._outbox.put("POST", f"{self._path}/artifacts?{query}", body=data, headers=_BYTES, role=Role.KEPT)

    def _post(self, path: str, body: Mapping[str, Any]) -> None:
        self._outbox.put("POST", path, body=json_bytes(body), headers=_JSON, role=Role.OPENING)

    def _put(self, method: str, path: str, body: Mapping[str, Any], role: Role = Role.KEPT) -> None:
        self._outbox.put(method, f"{self._path}{path}", body=json_bytes(body), headers=_JSON, role=role)


def json_bytes(body: Mapping[str, Any]) -> bytes:
    """Return a body as JSON.

    Raises:
        InvalidInput: something in it is no JSON.

    """
    try:
        return orjson.dumps(body)
    except TypeError as error:
        raise InvalidInput.of(Fault("body", f"is no JSON: {error}")) from error
