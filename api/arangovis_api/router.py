"""Which resource answers at a path, and with which responders; HEAD wherever there is GET.

It takes the place of falcon's own router, which writes and compiles a program for all routes. That finds a route no
quicker, and takes some thirty milliseconds for each app; the SDK makes one for every home that it opens.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

import falcon
from falcon.routing import set_default_responders

from arangovis_api.routes import METHODS

Responders: TypeAlias = dict[str, Callable[..., Any]]
Found: TypeAlias = tuple[object, Responders, dict[str, str], str]
"""A resource, its responders by HTTP method, the values of the path's fields, and the template of the path."""


class _Place:
    """What may stand behind the same first segments of a path."""

    __slots__ = ("behind_field", "field", "literals", "route")

    def __init__(self) -> None:
        self.literals: dict[str, _Place] = {}
        self.field = ""
        self.behind_field: _Place | None = None
        self.route: tuple[object, Responders, str] | None = None

    def next(self, segment: str, template: str) -> "_Place":
        """Return the place behind one more segment of a template, made where it is missing."""
        if not segment.startswith("{"):
            return self.literals.setdefault(segment, _Place())
        name = segment[1:-1]
        if self.behind_field is None:
            self.field, self.behind_field = name, _Place()
        if self.field != name:
            raise ValueError(f"{template} calls a field {name!r} that other routes call {self.field!r}")
        return self.behind_field


class Router:
    """Paths of literal segments and fields, as `/runs/{key}`; a literal comes before a field."""

    def __init__(self) -> None:
        self._root = _Place()

    def add_route(self, uri_template: str, resource: object, *, suffix: str | None = None) -> None:
        """Let a resource answer at a path, also in the place of one that did: without a prefix, `/health` is hydro's.

        Args:
            uri_template: the path.
            resource: has methods as `on_get`.
            suffix: of those methods, as in `on_get_rows`.

        Raises:
            ValueError: the resource has no such method, or another route gives the path's fields other names.

        """
        place = self._root
        for segment in _segments(uri_template):
            place = place.next(segment, uri_template)
        place.route = (resource, _responders(uri_template, resource, suffix), uri_template)

    def find(self, uri: str, req: falcon.Request | None = None) -> Found | None:
        """Return what answers at a path, or None; falcon gives the request too."""
        values: dict[str, str] = {}
        place = _place(self._root, _segments(uri), 0, values)
        if place is None or place.route is None:
            return None
        resource, responders, template = place.route
        return resource, responders, values, template


def _segments(path: str) -> list[str]:
    return path.lstrip("/").split("/")


def _place(start: _Place, segments: list[str], index: int, values: dict[str, str]) -> _Place | None:
    """Return the place of a route behind the segments from an index on, and fill in the values of its fields."""
    if index == len(segments):
        return None if start.route is None else start
    literal = start.literals.get(segments[index])
    found = None if literal is None else _place(literal, segments, index + 1, values)
    if found is None and start.behind_field is not None:
        found = _place(start.behind_field, segments, index + 1, values)
        if found is not None:
            values[start.field] = segments[index]
    return found


def _responders(template: str, resource: object, suffix: str | None) -> Responders:
    ending = f"_{suffix}" if suffix else ""
    own = {method.upper(): getattr(resource, f"on_{method}{ending}", None) for method in METHODS}
    responders: Responders = {method: responder for method, responder in own.items() if responder is not None}
    if not responders:
        raise ValueError(f"{template} has no responder with the suffix {suffix!r}")
    if "GET" in responders:
        responders["HEAD"] = responders["GET"]  # falcon leaves the body out and keeps its length
    set_default_responders(responders)
    return responders
