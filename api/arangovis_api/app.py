"""The Falcon app: it only adds routes."""

from typing import cast

import falcon
from falcon.routing import CompiledRouter

from arangovis.domain.errors import ArangovisError
from arangovis.stores.guarded import watch_commits
from arangovis.wiring import Arangovis
from arangovis_api.access import Access, needs_of
from arangovis_api.admission import Admission, Admitting
from arangovis_api.errors import handle_domain_error, handle_http_error, handle_unexpected
from arangovis_api.headers import Headers
from arangovis_api.middleware import BodyLimit, Counting, RequestId
from arangovis_api.resources.h2o.path import RawPath
from arangovis_api.router import Router
from arangovis_api.routes import all_routes
from arangovis_api.telemetry import Telemetry

App = falcon.App[falcon.Request, falcon.Response]


def create_app(service: Arangovis, *, in_process: bool = False) -> App:
    """Return the WSGI app over a service.

    Args:
        service: what answers.
        in_process: whether only this process asks: then no token is asked for, as everything is open to it anyway.

    Raises:
        InvalidInput: a token file is configured and cannot be read.

    """
    settings = service.settings
    telemetry = Telemetry()
    watch_commits(service.store, telemetry.committed)
    table = all_routes(service, telemetry)
    access = Access(service.access.gate, settings, needs_of(table), in_process=in_process)
    admission = Admission(settings.requests_at_once, settings.requests_waiting)
    telemetry.watch(admission)
    app = falcon.App(
        router=cast("CompiledRouter", Router()),  # falcon calls no more of a router than Router has
        middleware=[  # type: ignore[arg-type]  # each has the methods of a middleware that it needs
            RequestId(),
            RawPath(),
            Counting(telemetry),
            *([] if in_process else [Admitting(admission)]),
            BodyLimit(settings.body_max_mb << 20),
            Headers(settings),
            access,
        ],
    )
    app.req_options.strip_url_path_trailing_slash = True
    app.req_options.auto_parse_qs_csv = False
    app.add_error_handler(Exception, handle_unexpected)
    app.add_error_handler(falcon.HTTPError, handle_http_error)
    app.add_error_handler(ArangovisError, handle_domain_error)
    app.add_sink(access.no_route, "/")
    for route in table:
        app.add_route(route.path, route.resource, suffix=route.suffix)
    return app
