"""Every route of the API, in one table. OpenAPI is generated from it, so the two cannot disagree."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from arangovis.wiring import Arangovis
from arangovis_api.operation import Operation, declared_operation
from arangovis_api.telemetry import Telemetry

OPENAPI_PATH = "/api/v1/openapi.json"
METHODS = ("get", "put", "post", "delete", "patch")


@dataclass(frozen=True, slots=True)
class Route:
    """A path, the resource that answers there, and which of its responders (falcon's suffix)."""

    path: str
    resource: object
    suffix: str | None = None


def all_routes(service: Arangovis, telemetry: Telemetry) -> Sequence[Route]:
    """Return every route, the document that describes them included."""
    from arangovis_api.resources.openapi import OpenApiResource

    table = [*native_routes(service, telemetry), *visualization_routes(service), *h2o_routes(service)]
    table.append(Route(OPENAPI_PATH, OpenApiResource(table)))
    return table


def native_routes(service: Arangovis, telemetry: Telemetry) -> Sequence[Route]:
    """Return the routes of `/api/v1`, health, metrics and the page."""
    from arangovis_api.resources.native import routes

    return routes(service, telemetry)


def visualization_routes(service: Arangovis) -> Sequence[Route]:
    """Return the routes for clients of hydro-visualization."""
    from arangovis_api.resources.visualization import routes

    return routes(service)


def h2o_routes(service: Arangovis) -> Sequence[Route]:
    """Return the routes for clients of H2O's scoring sequence."""
    from arangovis_api.resources.h2o.routes import routes

    return routes(service)


def declared_operations(route: Route) -> Iterator[tuple[str, Operation]]:
    """Yield (method, what is declared) for the responders of a route."""
    suffix = f"_{route.suffix}" if route.suffix else ""
    for method in METHODS:
        declared = declared_operation(getattr(route.resource, f"on_{method}{suffix}", None))
        if declared is not None:
            yield method, declared
