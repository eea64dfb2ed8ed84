"""The Falcon app: it only adds routes."""

import falcon

from arangovis.domain.errors import ArangovisError
from arangovis.wiring import Arangovis
from arangovis_api.errors import handle_domain_error, handle_http_error, handle_unexpected
from arangovis_api.middleware import Access, BodyLimit, Counting, RequestId
from arangovis_api.resources.h2o.path import RawPath
from arangovis_api.router import Router
from arangovis_api.routes import OPENAPI_PATH, all_routes
from arangovis_api.telemetry import Telemetry

App = falcon.App[falcon.Request, falcon.Response]


def create_app(service: Arangovis) -> App:
    """Return the WSGI app over a service.

    Raises:
        InvalidInput: a token file is configured and cannot be read.

    """
    settings = service.settings
    telemetry = Telemetry()
    health = f"/{settings.url_prefix.strip('/ ')}/health"
    app = falcon.App(
        router=Router(),
        middleware=[  # type: ignore[arg-type]  # each has the methods of a middleware that it needs
            RequestId(),
            RawPath(),
            Counting(telemetry),
            BodyLimit(settings.body_max_mb << 20),
            Access(
                settings.token(),
                open_paths=frozenset(("/", "/health", health, OPENAPI_PATH)),
                open_prefixes=("/assets/",),
            ),
        ],
    )
    app.req_options.strip_url_path_trailing_slash = True
    app.req_options.auto_parse_qs_csv = False
    app.add_error_handler(Exception, handle_unexpected)
    app.add_error_handler(falcon.HTTPError, handle_http_error)
    app.add_error_handler(ArangovisError, handle_domain_error)
    for route in all_routes(service, telemetry):
        app.add_route(route.path, route.resource, suffix=route.suffix)
    return app
