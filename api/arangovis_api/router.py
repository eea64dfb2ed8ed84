"""Falcon's router, and HEAD wherever there is GET."""

from collections.abc import Callable
from typing import Any

from falcon.routing import CompiledRouter


class Router(CompiledRouter):
    """Answers HEAD with the responder of GET; falcon leaves the body out and keeps its length."""

    def map_http_methods(self, resource: object, **kwargs: Any) -> dict[str, Callable[..., Any]]:
        """Map methods to responders."""
        responders: dict[str, Callable[..., Any]] = super().map_http_methods(resource, **kwargs)
        if "GET" in responders:
            responders.setdefault("HEAD", responders["GET"])
        return responders
